import { $, addStyle, make, translate } from "./parts/dom.js";
import { freshen, isSettled, setUpSession, workspace } from "./account/session.js";
import { showsChat } from "./chat/activity.js";
import { api } from "./server/api.js";
import { calm, offline } from "./server/http.js";
import { isAnswering, leaveAnswer, setUpConversation, showChat, stopAnswer } from "./chat/conversation.js";
import { refreshDocuments, refreshSoon } from "./library/documents.js";
import { refreshModels, setUpModels } from "./chat/models.js";
import { setUpPresets } from "./chat/presets.js";
import { closePanel, closedByGoingBack, isPanelOpen, leavePanel } from "./reading/panelstate.js";
import { setUpScope } from "./chat/scope.js";
import { setUpShortcuts } from "./parts/shortcuts.js";
import { closeDrawer, leaveArchive, markCurrent, nameOfChat, refreshChats, setUpSidebar } from "./sidebar/sidebar.js";
import { setUpTheme } from "./parts/thememenu.js";
import { complain } from "./parts/toast.js";
import { offerUnfinished, placeUploads, setUpUploads } from "./library/uploads.js";
import { showNotes } from "./chat/welcome.js";
import { text } from "./strings.js";

translate(text.markup);

// The address says what is shown: /, /c/<chat>?m=<message>, /documents, /documents/<id>?page=N, /settings/<part>.
async function route() {
  const [view, id] = location.pathname.split("/").filter(Boolean);
  if (view && !["c", "documents", "settings"].includes(view)) {
    complain(new Error(text.nothingAt(location.pathname)));
    history.replaceState(null, "", "/");
    return route();
  }
  const isDocuments = view === "documents";
  const isSettings = view === "settings";
  $("chat-view").hidden = isDocuments || isSettings;
  $("documents-view").hidden = !isDocuments;
  $("settings-view").hidden = !isSettings;
  if (isSettings) $("settings-link").setAttribute("aria-current", "page"); else $("settings-link").removeAttribute("aria-current");
  placeUploads(isDocuments);
  closeDrawer();
  // A source belongs to what it was opened from.
  closePanel();
  const chat = view === "c" ? id : null;
  markCurrent(chat);
  showsChat(chat);
  if (!isDocuments && !isSettings) return showChat(chat, new URLSearchParams(location.search).get("m"));
  leaveAnswer();
  $("title").textContent = isSettings ? text.settings : text.documents;
  document.title = `${$("title").textContent} – Apus`;
  if (isSettings) return showSettings(id);
  refreshDocuments();
  if (id) showDocument(id);
  showLibrary();
}

async function showSettings(part) {
  try {
    const [settings] = await Promise.all([import("./settings/view.js"), addStyle("views"), addStyle("settings")]);
    if (location.pathname.startsWith("/settings")) settings.showSettings(part);
  } catch (problem) { complain(problem); }
}

let library = null;
async function showLibrary() {
  if (library) return;
  library = Promise.all([import("./library/table.js"), addStyle("views")]);
  (await library)[0].setUpLibrary(go);
}

async function showDocument(id) {
  try {
    const info = await api.document(id);
    const page = Number(new URLSearchParams(location.search).get("page")) || 1;
    (await import("./reading/panel.js")).openSource({ documentId: id, name: info.name, page });
  } catch (problem) { complain(problem); }
}

function go(path) {
  history.pushState(null, "", path);
  route();
  $("title").focus({ preventScroll: true });
}

function newChat() { go("/"); $("message").focus(); }

// Another workspace has other chats, documents and models.
document.addEventListener("apus:account", (event) => {
  if (!event.detail.isMoved) return;
  go("/");
  refreshChats();
  refreshDocuments();
  refreshModels();
});
// Links to settings stand in several places, some of them in dialogs.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="/settings"]');
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  link.closest("dialog")?.close();
  go(link.getAttribute("href"));
});
// A file that is fetched by a link cannot be asked for again.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[download]");
  if (!link || link.dataset.isFresh || !workspace()) return;
  event.preventDefault();
  follow(link).catch(complain);
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
document.addEventListener("apus:account", async () => { addStyle("views"); (await import("./account/account.js")).setUpAccount(); }, { once: true });
setUpSession(async (reason) => {
  const [gate] = await Promise.all([import("./account/gate.js"), addStyle("views")]);
  gate.showGate(reason);
}).then(offerUnfinished).catch(complain);
setUpTheme();
setUpSidebar(go);
// Looking for chats begins with the first look at the field.
$("search-text").addEventListener("focus", async () => (await import("./sidebar/search.js")).setUpSearch(go), { once: true });
$("search").addEventListener("submit", (event) => event.preventDefault());
const exports = async (detail) => (await import("./sidebar/transfer.js")).showTransfer(detail);
$("all-chats").addEventListener("click", () => exports(null));
document.addEventListener("apus:export", (event) => exports(event.detail));
setUpConversation({
  navigate: go, knownName: nameOfChat,
  chatMade(chat) {
    if (chat && location.pathname === "/") { history.replaceState(null, "", `/c/${chat}`); showsChat(chat); leaveArchive(); }
    if (chat && location.pathname === `/c/${chat}`) markCurrent(chat);
    refreshChats();
    // A model may find a better name while nobody waits for it.
    setTimeout(refreshChats, 4000);
  },
});
setUpUploads(refreshSoon);
setUpModels();
setUpScope();
setUpPresets(() => document.dispatchEvent(new Event("apus:documents")));
for (const name of ["apus:documents", "apus:models"]) document.addEventListener(name, showNotes);
$("new-chat").addEventListener("click", newChat);
$("documents-link").addEventListener("click", (event) => { event.preventDefault(); go("/documents"); });
window.addEventListener("popstate", () => { if (!closedByGoingBack()) route(); });
setUpShortcuts({ newChat, settings: () => go("/settings") });
window.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.shiftKey) return $("message").focus();
  if (closeDrawer()) return $("open-sidebar").focus();
  if (isPanelOpen()) leavePanel(); else if (isAnswering()) stopAnswer();
});
route();
refreshChats();
refreshDocuments();
// The server is there again: what is shown is read anew, unless something was asked already.
document.addEventListener("apus:back", () => { if (!isAnswering()) route(); refreshChats(); refreshDocuments(); refreshModels(); });
calm.then(offline).then((last) => last.setUpOffline()).catch(() => { /* it opens with a network alone */ });
