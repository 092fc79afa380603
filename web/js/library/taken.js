import { addStyle, make } from "../parts/dom.js";
import { words } from "./words.js";

// What becomes of a file whose name a document has: asked once for each, or once for all that came together.
let before = Promise.resolve();

/**
 * Asks what becomes of `file`: resolves to `replace`, `keep` or `skip`. One question stands at a time; `batch` is `{choice, left}` of all files
 * that came with it and are not settled, and remembers an answer for all of them.
 */
export function askAbout(existing, file, batch) {
  const answer = before.then(() => batch.choice ?? ask(existing, file, batch));
  before = answer.catch(() => {});
  return answer;
}

async function ask(existing, file, batch) {
  await addStyle("views");
  const focused = document.activeElement;
  const others = batch.left - 1;
  const all = make("input", { type: "checkbox" });
  const dialog = make("dialog", { class: "taken", "aria-labelledby": "taken-title", "aria-describedby": "taken-text" }, make("form", { method: "dialog" },
    make("h2", { id: "taken-title", dir: "auto" }, words.taken(existing.name)),
    make("p", { id: "taken-text", class: "muted" }, words.takenText(existing, file)),
    make("div", { class: "choices-list" }, ...Object.entries(words.choices).map(([value, [label, note]]) =>
      make("button", { class: value === "replace" ? "primary" : "quiet", value, type: "submit" }, make("strong", {}, label), make("span", { class: "note" }, note)))),
    others > 0 ? make("label", { class: "scope" }, all, words.forAll(others)) : null));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      // Whoever closes it without a choice has not said that anything is to be stored.
      const choice = dialog.returnValue in words.choices ? dialog.returnValue : "skip";
      if (all.checked) batch.choice = choice;
      dialog.remove();
      focused?.focus?.({ preventScroll: true });
      resolve(choice);
    });
  });
}
