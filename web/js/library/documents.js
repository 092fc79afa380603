import { $ } from "../parts/dom.js";
import { api } from "../server/api.js";
import { complain } from "../parts/toast.js";
import { workspace } from "../account/session.js";
import { text } from "../strings.js";

// The documents as the server has them. Whoever shows some listens for `apus:documents`.
let documents = [];
let isRead = false;
let timer = 0;
let soon = 0;

// Another workspace has others, even where they cannot be read.
document.addEventListener("apus:account", (event) => { if (event.detail.isMoved) { documents = []; isRead = false; } });

const isSettled = (item) => item.status === "ready" || item.status === "failed";

export const allDocuments = () => documents;
export const readyDocuments = () => documents.filter((item) => item.status === "ready" && !item.supersededAt);
/** The current version of a document, by its id or that of its first one. */
export const documentById = (id) => documents.find((item) => item.id === id || item.versionOf === id) ?? null;
/** What a choice of documents keeps, so that it means the next version, too. */
export const lasting = (item) => item.versionOf ?? item.id;
export const pendingCount = () => documents.filter((item) => !isSettled(item)).length;
export const totalCount = () => documents.length;
/** Whether it is known which there are. */
export const hasRead = () => isRead;

/** Reads the list again; keeps reading while something is being worked on. */
export async function refreshDocuments() {
  clearTimeout(timer);
  const place = workspace();
  try {
    const read = await api.documents();
    if (place && place !== workspace()) return;
    documents = read;
    isRead = true;
  } catch (problem) { complain(problem); }
  $("document-count").textContent = documents.length || "";
  const passages = documents.reduce((sum, item) => sum + (item.passages ?? 0), 0);
  $("documents-summary").textContent = documents.length ? text.summary(documents.length, passages) : isRead ? text.noDocuments : "";
  document.dispatchEvent(new CustomEvent("apus:documents"));
  clearTimeout(timer);
  if (pendingCount()) timer = setTimeout(refreshDocuments, 2000);
}

/** Reads the list again when what happens now has happened: forty uploads are one reading, not forty. */
export function refreshSoon() {
  if (soon) return;
  soon = setTimeout(() => { soon = 0; refreshDocuments(); }, 400);
}
