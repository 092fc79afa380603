import { $, announce, ask, make } from "./dom.js";
import { api } from "./api.js";
import { workspace } from "./account/session.js";
import { text, when } from "./strings.js";

let chats = [];
let next = null;
let current = null;
let go = () => {};

// Another workspace has others, even where they cannot be read.
document.addEventListener("apus:account", (event) => { if (event.detail.isMoved) { chats = []; next = null; } });

export function setUpSidebar(navigate) {
  go = navigate;
  $("more-chats").addEventListener("click", () => refreshChats(true));
  const open = (isOpen) => {
    $("sidebar").classList.toggle("open", isOpen);
    $("backdrop").hidden = !isOpen;
    (isOpen ? $("new-chat") : $("open-sidebar")).focus();
  };
  $("open-sidebar").addEventListener("click", () => open(true));
  $("close-sidebar").addEventListener("click", () => open(false));
  $("backdrop").addEventListener("click", () => open(false));
}

export function closeDrawer() {
  const wasOpen = $("sidebar").classList.contains("open");
  $("sidebar").classList.remove("open");
  $("backdrop").hidden = true;
  return wasOpen;
}

export async function refreshChats(more = false) {
  const place = workspace();
  try {
    const page = await api.chats(more ? next : null);
    // Those of another workspace have been asked for meanwhile.
    if (place && place !== workspace()) return;
    chats = more ? [...chats, ...page.chats] : page.chats;
    next = page.next;
  } catch (problem) { announce(problem.message, true); }
  show();
}

export function markCurrent(id) { current = id; show(); }

function show() {
  $("documents-link").toggleAttribute("aria-current", false);
  if (location.pathname.startsWith("/documents")) $("documents-link").setAttribute("aria-current", "page");
  $("more-chats").hidden = !next;
  $("chats").replaceChildren(...chats.map((chat) => make("li", {},
    make("a", {
      class: "row", href: `/c/${chat.id}`, dir: "auto", title: `${chat.name}\n${when(chat.updatedAt)}`,
      "aria-current": chat.id === current ? "page" : null,
      onclick: (event) => { event.preventDefault(); go(`/c/${chat.id}`); },
    }, chat.name),
    make("button", {
      type: "button", "aria-label": text.exportChat(chat.name), title: text.exportAction, "aria-haspopup": "dialog",
      onclick: () => document.dispatchEvent(new CustomEvent("apus:export", { detail: chat })),
    }, "⤓"),
    make("button", { type: "button", "aria-label": text.rename(chat.name), title: text.renameTitle, onclick: () => rename(chat) }, "✎"),
    make("button", { type: "button", "aria-label": text.remove(chat.name), title: text.deleteAction, onclick: () => remove(chat) }, "✕"))));
}

async function rename(chat) {
  const name = await ask({ title: text.renameTitle, value: chat.name, action: text.save });
  if (!name || name === chat.name) return;
  try { Object.assign(chat, await api.rename(chat.id, name)); } catch (problem) { announce(problem.message, true); }
  show();
  if (chat.id === current) { $("title").textContent = chat.name; document.title = `${chat.name} – Apus`; }
}

async function remove(chat) {
  const isSure = await ask({ title: text.deleteChat(chat.name), message: text.deleteChatText, action: text.deleteAction, danger: true });
  if (!isSure) return;
  try { await api.deleteChat(chat.id); } catch (problem) { return announce(problem.message, true); }
  chats = chats.filter((other) => other.id !== chat.id);
  if (chat.id === current) go("/"); else show();
  $("new-chat").focus();
}
