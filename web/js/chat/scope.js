import { $, kept } from "../parts/dom.js";
import { setUpChip, showChip } from "../parts/menu.js";
import { isWithoutModel } from "./models.js";
import { documentById, readyDocuments } from "../library/documents.js";
import { text } from "../strings.js";

// Which documents a question is about: all, some, those with some tags, or none. Kept for each chat.
const everything = { mode: "all", ids: [] };
let place = "new";
let scope = everything;

const tagsWanted = () => scope.tags ?? [];
// Those that were chosen stay, also where no document has them at the moment: without them a question would be about more than was meant.
const knownTags = () => [...new Set([...readyDocuments().flatMap((item) => item.tags ?? []), ...tagsWanted()])].sort((a, b) => a.localeCompare(b));

/** What the server is told of it. */
export function wantedDocuments() {
  if (scope.mode === "none") return { useDocuments: false };
  if (scope.mode === "tags" && tagsWanted().length) return { useDocuments: true, tags: tagsWanted() };
  const ids = scope.mode === "some" ? scope.ids.filter((id) => documentById(id)) : [];
  return ids.length ? { useDocuments: true, documents: ids } : { useDocuments: true };
}

/** Shows the scope of a chat, or of a new one for null. */
export function showScopeOf(chat) {
  place = chat ?? "new";
  try { scope = JSON.parse(kept.get(`scope.${place}`)) ?? everything; } catch { scope = everything; }
  scope.ids ??= [];
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
    { label: text.allDocuments, note: text.readyCount(readyDocuments().length), isChosen: scope.mode === "all", run: () => set(everything) },
    { label: text.someDocuments, isChosen: scope.mode === "some", isDisabled: !readyDocuments().length, run: () => choose("some") },
    ...(knownTags().length ? [{ label: text.byTags, isChosen: scope.mode === "tags", run: () => choose("tags") }] : []),
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
  else if (scope.mode === "tags" && tagsWanted().length) showChip($("scope"), text.scope, "file", text.tagged(tagsWanted()), true);
  else showChip($("scope"), text.scope, "library", readyDocuments().length ? text.allOf(readyDocuments().length) : text.allDocuments);
}

/** Asks which documents, or which tags; the dialog comes when it is needed. */
async function choose(mode) {
  const pick = await import("./scopepick.js");
  const chosen = mode === "tags" ? await pick.chooseTags(knownTags(), tagsWanted()) : await pick.chooseDocuments(scope.ids);
  if (chosen) set(!chosen.length ? everything : mode === "tags" ? { mode, ids: [], tags: chosen } : { mode, ids: chosen });
  $("scope").focus();
}
