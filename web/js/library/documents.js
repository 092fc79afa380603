import { $, announce, ask, make } from "./dom.js";
import { api } from "./api.js";
import { openSource } from "./panel.js";
import { workspace } from "./account/session.js";
import { text, when } from "./strings.js";

let documents = [];
let timer = 0;

// Another workspace has others, even where they cannot be read.
document.addEventListener("apus:account", (event) => { if (event.detail.isMoved) documents = []; });

export const readyCount = () => documents.filter((d) => d.status === "ready").length;

/** Reads the list again and shows it; keeps reading while something is being worked on. */
export async function refreshDocuments() {
  clearTimeout(timer);
  const place = workspace();
  try {
    const read = await api.documents();
    if (place && place !== workspace()) return;
    documents = read;
  } catch (problem) { announce(problem.message, true); }
  $("document-count").textContent = documents.length || "";
  const passages = documents.reduce((sum, d) => sum + (d.passages ?? 0), 0);
  $("documents-summary").textContent = documents.length ? text.summary(documents.length, passages) : text.noDocuments;
  $("documents").replaceChildren(...documents.map(row));
  document.dispatchEvent(new CustomEvent("apus:documents"));
  if (documents.some((d) => !["ready", "failed"].includes(d.status))) timer = setTimeout(refreshDocuments, 1500);
}

function row(item) {
  const state = make("span", { class: item.status === "ready" ? "ready" : item.status === "failed" ? "failed" : "muted" }, text.states[item.status]);
  const name = item.status === "ready"
    ? make("button", { class: "name", type: "button", dir: "auto", onclick: (event) => openSource({ documentId: item.id, name: item.name }, event.currentTarget) }, item.name)
    : make("span", { class: "name", dir: "auto" }, item.name);
  const facts = make("p", { class: "muted" }, state, ` · ${text.facts(item)} · ${when(item.createdAt)}`);
  const buttons = make("div", { class: "buttons needs-write" },
    item.status === "failed" ? make("button", { class: "quiet", type: "button", onclick: () => retry(item) }, text.retry) : null,
    make("button", { class: "quiet danger", type: "button", "aria-label": text.remove(item.name), onclick: () => remove(item) }, text.deleteAction));
  const reason = item.error ? make("p", { class: "reason" }, item.error.detail) : null;
  return make("li", { class: "document", "data-id": item.id }, name, buttons, facts, reason);
}

async function retry(item) {
  try { await api.retry(item.id); } catch (problem) { announce(problem.message, true); }
  refreshDocuments();
}

async function remove(item) {
  const isSure = await ask({ title: text.deleteDocument(item.name), message: text.deleteDocumentText, action: text.deleteAction, danger: true });
  if (!isSure) return;
  try {
    announce(text.deleted(item.name, await api.deleteDocument(item.id)));
  } catch (problem) { announce(problem.message, true); }
  await refreshDocuments();
  ($("documents").querySelector("button") ?? $("title")).focus();
}
