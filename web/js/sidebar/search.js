import { $, announce, make } from "../parts/dom.js";
import { api } from "../server/api.js";
import { text, when } from "../strings.js";
import { placesFor } from "./places.js";
import { words as said } from "./words.js";

// Looking for chats by their words: while there are some in the field, what was found stands in the place of the list. A chat stands there
// once, with what was found in it; above them the places of the page that are called so.
const pause = 200;
/** How many messages of a chat are shown before the others are asked for. */
const shownOfChat = 3;
let go = () => {};
let timer = 0;
let running = null;
let next = null;
// The words that what is shown was found by.
let shown = "";

export function setUpSearch(navigate) {
  go = navigate;
  const field = $("search-text");
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, pause); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && links().length) { event.preventDefault(); links()[0].focus(); }
    if (event.key !== "Escape" || !field.value) return;
    // Otherwise it would close the menu, too.
    event.stopPropagation();
    event.preventDefault();
    field.value = "";
    look();
  });
  $("search").addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    if (shown !== field.value) await look();
    if (shown === field.value) links()[0]?.click();
  });
  $("hits").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    (links()[links().indexOf(document.activeElement) + step] ?? (step < 0 ? field : document.activeElement)).focus();
  });
  // More of what is shown, unless other words were typed since.
  $("more-hits").addEventListener("click", () => { clearTimeout(timer); look(shown === field.value); });
  // What was typed before this was there.
  if (field.value) look();
}

const links = () => [...$("hits").querySelectorAll("a")].filter((link) => link.checkVisibility());

async function look(more = false) {
  running?.abort();
  const asked = $("search-text").value;
  const words = asked.trim();
  shown = "";
  document.body.classList.toggle("searching", Boolean(words));
  if (!words) { $("hits").replaceChildren(); $("more-hits").hidden = true; return; }
  const controller = new AbortController();
  running = controller;
  try {
    const page = await api.search(asked, more ? next : null, controller.signal);
    if (running !== controller) return;
    next = page.next;
    shown = asked;
    if (!more) $("hits").replaceChildren(...placesFor(words).map(placeEntry));
    const fresh = page.hits.map((hit) => put(hit, more));
    for (const group of $("hits").querySelectorAll(".hit-chat")) fold(group);
    if (!$("hits").childElementCount) $("hits").append(make("li", { class: "muted none" }, text.noHits));
    $("more-hits").hidden = !next;
    announce(text.hits($("hits").querySelectorAll("a").length, Boolean(next)));
    if (more) fresh[0]?.focus();
  } catch (problem) {
    if (problem.name === "AbortError") return;
    $("hits").replaceChildren(...placesFor(words).map(placeEntry), make("li", { class: "muted none" }, problem.message));
    $("more-hits").hidden = true;
    announce(problem.message, true);
  }
}

const link = (address, properties, ...children) => make("a", {
  class: "hit", href: address, ...properties,
  onclick: (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(address);
  },
}, ...children);

/** A place of the page. The description of the API is a page of its own. */
const placeEntry = ({ address, name, isOther }) => make("li", {}, isOther ? make("a", { class: "hit", href: address }, make("span", { class: "hit-name" }, name)) : link(address, {}, make("span", { class: "hit-name" }, name)));

/** Puts a hit to those of its chat, which may be there already. Returns its link. */
function put({ chat, message, excerpt, highlights }, opens) {
  let group = [...$("hits").children].find((one) => one.dataset.chat === chat.id);
  if (!group) {
    group = make("li", { class: "hit-chat", "data-chat": chat.id }, make("p", { class: "hit-name", dir: "auto" }, chat.name), make("ul", {}));
    $("hits").append(group);
  }
  if (opens) group.dataset.isOpen = "yes";
  if (!message) {
    const named = link(`/c/${chat.id}`, {}, make("span", { class: "hit-name", dir: "auto" }, ...marked(excerpt, highlights)));
    group.firstElementChild.replaceWith(named);
    return named;
  }
  const said = link(`/c/${chat.id}?m=${message.id}`, { title: when(message.createdAt) }, make("span", { class: "hit-text", dir: "auto" },
    make("span", { class: "visually-hidden" }, message.role === "user" ? text.youSaid : text.answerSaid), ...marked(excerpt, highlights)));
  group.querySelector("ul").append(make("li", {}, said));
  return said;
}

/** Shows the first hits of a chat, and a button for the others. */
function fold(group) {
  group.querySelector("button")?.remove();
  const rest = [...group.querySelectorAll("ul > li")].slice(shownOfChat);
  const isFolded = !group.dataset.isOpen && rest.length > 0;
  for (const one of rest) one.hidden = isFolded;
  if (!isFolded) return;
  group.append(make("button", { class: "plain small", type: "button", onclick: () => {
    group.dataset.isOpen = "yes";
    fold(group);
    rest[0].querySelector("a").focus();
  } }, said.more(rest.length)));
}

/** The text with its words marked. Places count characters as Unicode does, not as JavaScript does. */
function marked(excerpt, highlights) {
  const scalars = Array.from(excerpt);
  const pieces = [];
  let end = 0;
  for (const [from, to] of highlights) {
    pieces.push(scalars.slice(end, from).join(""), make("mark", {}, scalars.slice(from, to).join("")));
    end = to;
  }
  return [...pieces, scalars.slice(end).join("")];
}
