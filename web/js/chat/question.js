import { iconButton, make } from "../parts/dom.js";
import { confirmCopy } from "../reading/markdown.js";
import { versionSteps } from "./versions.js";
import { text, when } from "../strings.js";

export const placeName = (id) => (id ? `m-${id}` : null);

/**
 * A question in its bubble. `acts` has `edit(element, id, text)`, which resolves when it is on its way, and `showVersion(id)`;
 * `message` is as the history gives it.
 */
export function makeQuestion({ id, text: question, createdAt, ...versions }, acts) {
  const bubble = make("div", { class: "bubble", dir: "auto" }, question);
  const copy = iconButton("copy", text.copyQuestion, () => confirmCopy(copy, question));
  const edit = iconButton("edit", text.editQuestion, begin, { class: "icon small edit" });
  const actions = make("div", { class: "actions" }, copy, id ? edit : null, versionSteps(versions, acts.showVersion));
  const element = make("article", { class: "message user", "aria-label": text.saidAt(text.you, createdAt), title: createdAt ? when(createdAt) : null, id: placeName(id) }, bubble, actions);

  function begin() {
    const box = make("textarea", { "aria-label": text.editQuestion, dir: "auto", rows: 2 });
    box.value = question;
    const end = () => { form.replaceWith(bubble); actions.hidden = false; edit.focus(); };
    const send = async () => {
      const value = box.value.trim();
      if (!value) return box.focus();
      if (value === question) return end();
      const buttons = form.querySelectorAll("button");
      for (const button of buttons) button.disabled = true;
      if (!await acts.edit(element, id, value)) for (const button of buttons) button.disabled = false;
    };
    const form = make("form", { class: "edit-form", onsubmit: (event) => { event.preventDefault(); send(); } }, box,
      make("p", { class: "muted" }, text.editNote),
      make("div", { class: "buttons" }, make("button", { class: "quiet small", type: "button", onclick: end }, text.cancel), make("button", { class: "primary small", type: "submit" }, text.send)));
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); end(); }
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) { event.preventDefault(); send(); }
    });
    bubble.replaceWith(form);
    actions.hidden = true;
    box.style.height = `${Math.min(300, box.scrollHeight + 4)}px`;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }
  element.beginEdit = begin;
  return element;
}
