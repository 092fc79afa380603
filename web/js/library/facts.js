import { addStyle, make } from "../parts/dom.js";
import { plainName } from "../parts/names.js";
import { toast } from "../parts/toast.js";
import { call, withBody } from "../server/http.js";
import { text } from "../strings.js";
import { refreshDocuments } from "./documents.js";
import { words } from "./words.js";

/** Edits what is said of a document: tags, source, author, date. The focus goes back to `button` afterwards. */
export async function describe(item, button) {
  await addStyle("views");
  const input = (name, value, properties = {}) => make("input", { id: `fact-${name}`, value: value ?? "", maxlength: "300", dir: "auto", autocomplete: "off", ...properties });
  const fields = { tags: input("tags", (item.tags ?? []).join(", "), { "aria-describedby": "fact-tags-note", maxlength: "1100" }), source: input("source", item.source), author: input("author", item.author),
    date: input("date", item.date, { type: "date", "aria-describedby": "fact-date-note" }) };
  const failure = make("p", { class: "danger", role: "alert", hidden: true });
  const row = (name, note) => make("div", { class: "field" }, make("label", { for: `fact-${name}` }, words[name]), fields[name], note ? make("span", { class: "muted", id: `fact-${name}-note` }, note) : null);
  const dialog = make("dialog", { "aria-labelledby": "facts-title" }, make("form", { onsubmit: save },
    make("h2", { id: "facts-title", dir: "auto" }, words.describeTitle(item.name)),
    row("tags", words.tagsNote), row("source"), row("author"), row("date", words.dateNote), failure,
    make("div", { class: "buttons" }, make("button", { class: "quiet", type: "button", onclick: () => dialog.close() }, text.cancel), make("button", { class: "primary", type: "submit" }, text.save))));
  dialog.addEventListener("close", () => {
    dialog.remove();
    // The row may be another one by now.
    (button.isConnected ? button : document.querySelector(`#documents tr[data-id="${item.id}"] .row-actions button`))?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();

  async function save(event) {
    event.preventDefault();
    const said = { tags: fields.tags.value.split(",").map(plainName).filter(Boolean) };
    for (const name of ["source", "author", "date"]) said[name] = plainName(fields[name].value) || null;
    try {
      await call(`/api/documents/${item.id}`, withBody("PATCH", said));
      await refreshDocuments();
      dialog.close();
      toast(words.described);
    } catch (problem) {
      failure.textContent = problem.fields?.[0]?.detail ?? problem.message;
      failure.hidden = false;
    }
  }
}
