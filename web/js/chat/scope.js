import { $, kept, make } from "../parts/dom.js";
import { setUpChip, showChip } from "../parts/menu.js";
import { isWithoutModel } from "./models.js";
import { documentById, lasting, readyDocuments } from "../library/documents.js";
import { text } from "../strings.js";

// Which documents a question is about: all, some, or none. Kept for each chat.
let place = "new";
let scope = { mode: "all", ids: [] };

/** What the server is told of it. */
export function wantedDocuments() {
  if (scope.mode === "none") return { useDocuments: false };
  const ids = scope.mode === "some" ? scope.ids.filter((id) => documentById(id)) : [];
  return ids.length ? { useDocuments: true, documents: ids } : { useDocuments: true };
}

/** Shows the scope of a chat, or of a new one for null. */
export function showScopeOf(chat) {
  place = chat ?? "new";
  try { scope = JSON.parse(kept.get(`scope.${place}`)) ?? { mode: "all", ids: [] }; } catch { scope = { mode: "all", ids: [] }; }
  show();
}

/** A new chat that was begun with a scope keeps it. */
export function moveScopeTo(chat) {
  kept.set("scope.new", null);
  place = chat;
  keep();
}

/** Limits what is asked next to some documents. */
export function narrowTo(ids) { set({ mode: "some", ids }); }

export function setUpScope() {
  setUpChip($("scope"), text.scope, () => [
    { label: text.allDocuments, note: text.readyCount(readyDocuments().length), isChosen: scope.mode === "all", run: () => set({ mode: "all", ids: [] }) },
    { label: text.someDocuments, isChosen: scope.mode === "some", isDisabled: !readyDocuments().length, run: choose },
    { label: text.noDocumentsScope, note: isWithoutModel() ? text.needsModel : text.noDocumentsNote, isDisabled: isWithoutModel(), isChosen: scope.mode === "none", run: () => set({ mode: "none", ids: [] }) }]);
  document.addEventListener("apus:documents", show);
  show();
}

function set(value) { scope = value; keep(); show(); }
function keep() { kept.set(`scope.${place}`, scope.mode === "all" ? null : JSON.stringify(scope)); }

function show() {
  const named = scope.ids.filter((id) => documentById(id));
  if (scope.mode === "none") showChip($("scope"), text.scope, "file", text.noDocumentsScope, true);
  else if (scope.mode === "some" && named.length) showChip($("scope"), text.scope, "file", named.length === 1 ? documentById(named[0]).name : text.documentCount(named.length), true);
  else showChip($("scope"), text.scope, "library", readyDocuments().length ? text.allOf(readyDocuments().length) : text.allDocuments);
}

/** Asks which documents. */
function choose() {
  const filter = make("input", { type: "search", placeholder: text.filterDocuments, "aria-label": text.filterDocuments, dir: "auto", oninput: () => {
    const words = filter.value.trim().toLowerCase();
    for (const row of list.children) row.hidden = !row.textContent.toLowerCase().includes(words);
  } });
  const list = make("div", { class: "pick", role: "group", "aria-label": text.documents }, ...readyDocuments().map((item) => make("label", {},
    make("input", { type: "checkbox", value: lasting(item), checked: scope.ids.includes(lasting(item)) }), make("span", { dir: "auto" }, item.name))));
  const dialog = make("dialog", { "aria-labelledby": "scope-title" }, make("form", { method: "dialog" },
    make("h2", { id: "scope-title" }, text.whichDocuments), filter, list,
    make("div", { class: "buttons" }, make("button", { class: "quiet", value: "cancel", type: "submit" }, text.cancel), make("button", { class: "primary", value: "ok", type: "submit" }, text.useThese))));
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue === "ok") {
      const ids = [...list.querySelectorAll("input:checked")].map((box) => box.value);
      set(ids.length ? { mode: "some", ids } : { mode: "all", ids: [] });
    }
    $("scope").focus();
  });
  filter.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); dialog.close("ok"); } });
  document.body.append(dialog);
  dialog.showModal();
}
