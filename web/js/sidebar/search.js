import { $, announce, make } from "../parts/dom.js";
import { api } from "../server/api.js";
import { text, when } from "../strings.js";

// Looking for chats by their words: while there are some in the field, what was found stands in the place of the list.
const pause = 200;
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

const links = () => [...$("hits").querySelectorAll("a")];

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
    const first = more ? $("hits").childElementCount : 0;
    if (!more) $("hits").replaceChildren();
    $("hits").append(...page.hits.map(entry));
    if (!$("hits").childElementCount) $("hits").append(make("li", { class: "muted none" }, text.noHits));
    $("more-hits").hidden = !next;
    announce(text.hits($("hits").querySelectorAll("a").length, Boolean(next)));
    if (more) $("hits").children[first]?.querySelector("a")?.focus();
  } catch (problem) {
    if (problem.name === "AbortError") return;
    $("hits").replaceChildren(make("li", { class: "muted none" }, problem.message));
    $("more-hits").hidden = true;
    announce(problem.message, true);
  }
}

function entry({ chat, message, excerpt, highlights }) {
  const address = message ? `/c/${chat.id}?m=${message.id}` : `/c/${chat.id}`;
  return make("li", {}, make("a", {
    class: "hit", href: address, title: message ? when(message.createdAt) : null,
    onclick: (event) => { event.preventDefault(); go(address); },
  },
  message ? make("span", { class: "hit-name", dir: "auto" }, chat.name) : null,
  make("span", { class: message ? "hit-text" : "hit-name", dir: "auto" },
    message ? make("span", { class: "visually-hidden" }, message.role === "user" ? text.youSaid : text.answerSaid) : null,
    ...marked(excerpt, highlights))));
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
