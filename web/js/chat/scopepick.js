import { make } from "../parts/dom.js";
import { lasting, readyDocuments } from "../library/documents.js";
import { text } from "../strings.js";

// The dialogs in which somebody says what a question is about.
/** How many tags a question can name. */
const tagsAtMost = 20;

/** Asks which documents. Resolves to their ids, and to null when it was cancelled. */
export const chooseDocuments = (chosen) => choose({
  title: text.whichDocuments, filterLabel: text.filterDocuments,
  options: readyDocuments().map((item) => ({ value: lasting(item), name: item.name })), chosen });

/** Asks which tags documents have to have, all of them. Resolves to the tags, and to null when it was cancelled. */
export function chooseTags(tags, chosen) {
  const count = (wanted) => readyDocuments().filter((item) => wanted.every((tag) => item.tags?.includes(tag))).length;
  return choose({ title: text.whichTags, note: text.tagsNote, filterLabel: text.filterTags, options: tags.map((tag) => ({ value: tag, name: tag })), chosen,
    state: (wanted) => (wanted.length > tagsAtMost ? { problem: text.tooManyTags(tagsAtMost) } : wanted.length && !count(wanted) ? { problem: text.noneTagged } : { words: wanted.length ? text.documentCount(count(wanted)) : text.allDocuments }) });
}

function choose({ title, note, filterLabel, options, chosen, state }) {
  const filter = make("input", { type: "search", placeholder: filterLabel, "aria-label": filterLabel, dir: "auto", oninput: () => {
    const words = filter.value.trim().toLowerCase();
    for (const row of list.children) row.hidden = !row.textContent.toLowerCase().includes(words);
  } });
  const list = make("div", { class: "pick", role: "group", "aria-label": title }, ...options.map(({ value, name }) => make("label", {},
    make("input", { type: "checkbox", value, checked: chosen.includes(value), onchange: () => judge() }), make("span", { dir: "auto" }, name))));
  const wanted = () => [...list.querySelectorAll("input:checked")].map((box) => box.value);
  const says = make("p", { class: "muted", role: "status" });
  const use = make("button", { class: "primary", value: "ok", type: "submit" }, text.useThese);
  const judge = () => {
    if (!state) return;
    const { problem, words } = state(wanted());
    says.textContent = problem ?? words;
    says.className = problem ? "danger" : "muted";
    use.disabled = Boolean(problem);
  };
  judge();
  const dialog = make("dialog", { "aria-labelledby": "scope-title" }, make("form", { method: "dialog" },
    make("h2", { id: "scope-title" }, title), note ? make("p", { class: "muted" }, note) : null, filter, list, state ? says : null,
    make("div", { class: "buttons" }, make("button", { class: "quiet", value: "cancel", type: "submit" }, text.cancel), use)));
  filter.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); if (!use.disabled) dialog.close("ok"); } });
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue === "ok" ? wanted() : null);
  }));
}
