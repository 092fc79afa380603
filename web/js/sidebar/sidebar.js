import { $, icon, make } from "../parts/dom.js";
import { api } from "../server/api.js";
import { offline } from "../server/http.js";
import { stateOf } from "../chat/activity.js";
import { hearTabs, tellTabs, workspace } from "../account/session.js";
import { complain } from "../parts/toast.js";
import { groupOf, text, when } from "../strings.js";

// The chats, in groups by the day they were last used. Rows that are as they were stay: neither the focus nor the place is lost.
let chats = [];
let next = null;
let current = null;
let isReading = false;
let isArchive = false;
// Counts the lists that were begun: what was asked for another one comes too late.
let list = 0;
let shownPrint = "";
let go = () => {};
const removed = new Set();
const rows = new Map();

// Another workspace has others, even where they cannot be read.
document.addEventListener("apus:account", (event) => { if (event.detail.isMoved) { begin(false); removed.clear(); } });
document.addEventListener("apus:activity", show);

export function setUpSidebar(navigate) {
  go = navigate;
  const drawer = (isOpen) => {
    $("sidebar").classList.toggle("open", isOpen);
    $("backdrop").hidden = !isOpen;
    (isOpen ? $("new-chat") : $("open-sidebar")).focus();
  };
  const isNarrow = () => matchMedia("(max-width: 767px)").matches;
  const collapse = (isAway) => { $("shell").classList.toggle("without-sidebar", isAway); (isAway ? $("open-sidebar") : $("close-sidebar")).focus(); };
  $("open-sidebar").addEventListener("click", () => (isNarrow() ? drawer(true) : collapse(false)));
  $("close-sidebar").addEventListener("click", () => (isNarrow() ? drawer(false) : collapse(true)));
  $("backdrop").addEventListener("click", () => drawer(false));
  // More comes when the end of the list comes into sight; the button is there for the keyboard.
  $("chats").addEventListener("scroll", () => { if (next && !isReading && $("chats").scrollHeight - $("chats").scrollTop - $("chats").clientHeight < 200) refreshChats(true); });
}

/** Opens or closes the sidebar. */
export const toggleSidebar = () => (($("sidebar").checkVisibility({ visibilityProperty: true }) ? $("close-sidebar") : $("open-sidebar")).click());

export function closeDrawer() {
  const wasOpen = $("sidebar").classList.contains("open");
  $("sidebar").classList.remove("open");
  $("backdrop").hidden = true;
  return wasOpen;
}

/** The name of a chat that is in the list; null for others. */
export const nameOfChat = (id) => chats.find((chat) => chat.id === id)?.name ?? null;

/** Reads the newest chats, or the next ones before those that are there. */
export async function refreshChats(more = false) {
  const [place, mine] = [workspace(), list];
  isReading = true;
  try {
    // Those that are pinned stand above the others, however long ago they were used.
    const [page, pinned] = await Promise.all([api.chats(more ? next : null, isArchive), more || isArchive ? null : api.pinnedChats()]);
    // Those of another workspace, or of the other list, have been asked for meanwhile.
    if (mine !== list || (place && place !== workspace())) return;
    const fresh = new Set(page.chats.map((chat) => chat.id));
    const others = chats.filter((chat) => !fresh.has(chat.id));
    if (more) [chats, next] = [[...others, ...page.chats], page.next];
    else {
      // What was read before and is older than this page stays in the list.
      const oldest = page.chats.at(-1)?.updatedAt ?? "";
      const older = page.next ? others.filter((chat) => chat.updatedAt < oldest) : [];
      if (!older.length) next = page.next;
      const listed = new Set([...fresh, ...older.map((chat) => chat.id)]);
      chats = [...page.chats, ...older, ...(pinned?.chats ?? []).filter((chat) => !listed.has(chat.id))];
    }
  } catch (problem) { complain(problem); } finally { if (mine === list) isReading = false; }
  show();
}

/** Begins a list anew: of the archived chats, or of the others. */
function begin(ofArchive) {
  [isArchive, chats, next, isReading] = [ofArchive, [], null, false];
  list += 1;
}

export function markCurrent(id) { current = id; show(); }

function show() {
  $("documents-link").toggleAttribute("aria-current", false);
  if (location.pathname.startsWith("/documents")) $("documents-link").setAttribute("aria-current", "page");
  // Whoever gives a chat a name is not disturbed; the list is shown anew behind that.
  if ($("chats").querySelector(".rename")) return;
  const groups = new Map();
  const listed = chats.filter((one) => !removed.has(one.id));
  for (const chat of [...listed.filter((one) => one.pinned), ...listed.filter((one) => !one.pinned)]) {
    const name = chat.pinned ? text.pinned : groupOf(chat.updatedAt);
    groups.set(name, [...(groups.get(name) ?? []), chat]);
  }
  const focused = document.activeElement;
  const top = $("chats").scrollTop;
  const known = new Set([...groups.values()].flat().map((chat) => chat.id));
  for (const chat of [...groups.values()].flat()) rowOf(chat);
  const print = JSON.stringify([isArchive, [...groups].map(([title, items]) => [title, ...items.map((chat) => chat.id)]), Boolean(next)]);
  if (print !== shownPrint) draw(groups);
  shownPrint = print;
  for (const id of rows.keys()) if (!known.has(id)) rows.delete(id);
  $("chats").scrollTop = top;
  if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

/** Draws the groups. Rows that are there already are moved, not made. */
function draw(groups) {
  const sections = [...groups].map(([title, items], index) => make("section", { "aria-labelledby": `group-${index}` }, make("h3", { class: "label", id: `group-${index}` }, title),
    make("ul", {}, ...items.map((chat) => rows.get(chat.id).element))));
  const more = next ? [make("button", { class: "quiet wide small", id: "more-chats", type: "button", onclick: () => refreshChats(true) }, text.loadMore)] : [];
  const empty = isArchive && !groups.size ? [make("p", { class: "muted none" }, text.noArchived)] : [];
  const other = make("button", { class: "plain wide small other-chats", id: "other-chats", type: "button", onclick: () => showArchive(!isArchive) }, text.chatsOf[isArchive ? "current" : "archive"]);
  $("chats").replaceChildren(...sections, ...empty, ...more, other);
}

/** The chats that are not archived again, if others are listed. */
export function leaveArchive() { if (isArchive) showArchive(false); }

/** Lists the archived chats in the place of the others, or the others again. */
async function showArchive(value) {
  begin(value);
  $("chats-label").textContent = text.chatsOf[isArchive ? "archive" : "title"];
  await refreshChats();
  if (!document.activeElement || document.activeElement === document.body) $("other-chats")?.focus();
}

/** Brings the row of a chat up to date, or makes it. */
function rowOf(chat) {
  let row = rows.get(chat.id);
  if (!row) rows.set(chat.id, row = makeRow(chat.id));
  row.update(chat);
}

function makeRow(id) {
  let chat = null;
  const state = make("span", { class: "row-state" });
  const name = make("span", { class: "name", dir: "auto" });
  const link = make("a", { class: "row", href: `/c/${id}`, onclick: (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(`/c/${id}`);
  } }, name, state);
  const button = make("button", { class: "icon small row-menu", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => menu() }, icon("more"));
  const element = make("li", { oncontextmenu: (event) => { if (event.target.closest("input")) return; event.preventDefault(); menu(); } }, link, button);

  // What it offers comes when it is opened for the first time.
  const menu = async () => (await import("./rowmenu.js")).showRowMenu(button, chat, { rename, remove: () => remove(chat, element), take, drop, refresh: refreshChats });

  /** Shows the chat as it is kept now. */
  function take(kept) {
    chats = chats.map((one) => (one.id === id ? kept : one));
    show();
    tellTabs({ kept });
  }

  /** Leaves the chat out of this list. */
  function drop() {
    chats = chats.filter((one) => one.id !== id);
    show();
  }

  function rename() {
    const box = make("input", { class: "rename", value: chat.name, maxlength: "200", dir: "auto", "aria-label": text.rename(chat.name) });
    let isOver = false;
    const names = import("../parts/names.js");
    const end = async (saves) => {
      if (isOver) return;
      isOver = true;
      const hadFocus = document.activeElement === box;
      box.replaceWith(link);
      show();
      if (hadFocus) link.focus();
      const value = (await names).plainName(box.value);
      if (!saves || !value || value === chat.name) return;
      const before = chat.name;
      update({ ...chat, name: value });
      try { take({ ...chat, ...await api.rename(id, value) }); } catch (problem) { complain(problem); update({ ...chat, name: before }); return; }
      if (id === current) entitle(value);
    };
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); end(true); }
      if (event.key === "Escape") { event.stopPropagation(); end(false); }
    });
    box.addEventListener("blur", () => end(true));
    link.replaceWith(box);
    box.focus();
    box.select();
  }

  function update(value) {
    chat = value;
    name.textContent = chat.name;
    link.title = `${chat.name}\n${when(chat.updatedAt)}`;
    if (id === current) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    button.setAttribute("aria-label", text.menuOf(chat.name));
    button.title = text.menuOf(chat.name);
    const is = stateOf(id);
    state.className = is ? `row-state ${is}` : "row-state";
    state.replaceChildren(...(is === "running" ? [make("span", { class: "spinner", "aria-hidden": "true" })] : []), ...(is ? [make("span", { class: "visually-hidden" }, is === "running" ? text.isAnswering : text.isUnseen)] : []));
  }
  return { element, update };
}

function entitle(name) { $("title").textContent = name; document.title = `${name} – Apus`; }

/** What another page of this browser has done. */
hearTabs(({ kept, gone }) => {
  const id = kept?.id ?? gone;
  if (!id) return;
  const isListed = chats.some((one) => one.id === id);
  chats = chats.filter((one) => one.id !== gone && (one.id !== id || Boolean(kept.archived) === isArchive)).map((one) => (one.id === id ? kept : one));
  show();
  if (kept && id === current) entitle(kept.name);
  // One that comes into this list has a place that the server knows.
  if (kept && !isListed) refreshChats();
});

/** Takes a chat away; the server is told when nobody wants it back. */
async function remove(chat, element) {
  const neighbour = (element.nextElementSibling ?? element.previousElementSibling)?.querySelector("a");
  removed.add(chat.id);
  const wasShown = chat.id === current;
  if (wasShown) go("/");
  show();
  (neighbour?.isConnected ? neighbour : $("new-chat")).focus();
  const { undoable } = await import("../parts/undo.js");
  const back = () => { removed.delete(chat.id); show(); };
  undoable(text.chatDeleted(chat.name), (options) => api.deleteChat(chat.id, options).then(() => {
    chats = chats.filter((one) => one.id !== chat.id);
    removed.delete(chat.id);
    show();
    tellTabs({ gone: chat.id });
    offline().then((last) => last.forgetChat(chat.id)).catch(() => { /* nothing was kept */ });
  }, (problem) => { back(); complain(problem); }), () => { back(); if (wasShown && location.pathname === "/") go(`/c/${chat.id}`); rows.get(chat.id)?.element.querySelector("a")?.focus(); });
}
