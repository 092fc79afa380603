import { $, announce, make } from "./dom.js";
import { freshen, isSettled, setUpSession, workspace } from "./account/session.js";
import { api } from "./api.js";
import { isAnswering, leaveAnswer, setUpConversation, showChat, stopAnswer } from "./conversation.js";
import { refreshDocuments } from "./documents.js";
import { setUpPresets } from "./presets.js";
import { closePanel, isPanelOpen, openSource, setUpPanel } from "./panel.js";
import { setUpSearch } from "./search.js";
import { closeDrawer, markCurrent, refreshChats, setUpSidebar } from "./sidebar.js";
import { setUpTransfer } from "./transfer.js";
import { setUpUploads } from "./uploads.js";
import { text } from "./strings.js";

// The address says what is shown: /, /c/<chat>?m=<message>, /documents, /documents/<id>?page=N.
function route() {
  const [view, id] = location.pathname.split("/").filter(Boolean);
  const isDocuments = view === "documents";
  $("chat-view").hidden = isDocuments;
  $("documents-view").hidden = !isDocuments;
  closeDrawer();
  if (isDocuments) {
    leaveAnswer();
    $("title").textContent = text.documents;
    document.title = `${text.documents} – Apus`;
    markCurrent(null);
    refreshDocuments();
    if (id) showDocument(id);
    return;
  }
  const chat = view === "c" ? id : null;
  markCurrent(chat);
  showChat(chat, new URLSearchParams(location.search).get("m"));
}

async function showDocument(id) {
  try {
    const info = await api.document(id);
    const page = Number(new URLSearchParams(location.search).get("page")) || 1;
    openSource({ documentId: id, name: info.name, page });
  } catch (problem) { announce(problem.message, true); }
}

function go(path) {
  history.pushState(null, "", path);
  route();
  $("title").focus({ preventScroll: true });
}

function setUpModels() {
  api.models().then(({ models }) => {
    // What is not chosen is left to the server, which may have another one in trial.
    $("model").dataset.standard = models.find((model) => model.default)?.id ?? "";
    $("model").replaceChildren(...models.map((model) => new Option(model.id, model.id, model.default, model.default)));
    $("model").hidden = models.length < 2;
  }).catch((problem) => announce(problem.message, true));
}

// Another workspace has other chats, documents and models.
document.addEventListener("apus:account", (event) => {
  if (!event.detail.isMoved) return;
  closePanel();
  go("/");
  refreshChats();
  refreshDocuments();
  setUpModels();
});
// A file that is fetched by a link cannot be asked for again.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[download]");
  if (!link || link.dataset.isFresh || !workspace()) return;
  event.preventDefault();
  follow(link).catch((problem) => announce(problem.message, true));
});

async function follow(link) {
  await freshen();
  const file = isSettled() ? null : await api.file(link.href);
  const address = file ? URL.createObjectURL(file.blob) : link.href;
  const other = make("a", { href: address, download: file?.name ?? "", "data-is-fresh": "yes", hidden: true });
  link.after(other);
  other.click();
  other.remove();
  if (file) setTimeout(() => URL.revokeObjectURL(address), 60000);
}

// What only those see who sign in comes when it is needed.
document.addEventListener("apus:account", async () => { (await import("./account/account.js")).setUpAccount(); }, { once: true });
setUpSession(async (reason) => { (await import("./account/gate.js")).showGate(reason); }).catch((problem) => announce(problem.message, true));
setUpPanel();
setUpSidebar(go);
setUpSearch(go);
setUpTransfer();
setUpConversation((chat) => {
  if (chat && location.pathname === "/") history.replaceState(null, "", `/c/${chat}`);
  markCurrent(chat);
  refreshChats();
  // A model may find a better name while nobody waits for it.
  setTimeout(refreshChats, 4000);
});
setUpUploads(refreshDocuments);
setUpModels();
setUpPresets(() => document.dispatchEvent(new Event("apus:documents")));
$("new-chat").addEventListener("click", () => { go("/"); $("message").focus(); });
$("documents-link").addEventListener("click", (event) => { event.preventDefault(); go("/documents"); });
$("theme").value = window.apusTheme.get();
$("theme").addEventListener("change", () => window.apusTheme.set($("theme").value));
window.addEventListener("popstate", route);
window.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  if (closeDrawer()) return;
  if (isPanelOpen()) closePanel(); else if (isAnswering()) stopAnswer();
});
route();
refreshChats();
refreshDocuments();
