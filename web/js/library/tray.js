import { $, announce, icon, make } from "../parts/dom.js";
import { text } from "../strings.js";

// The tray of uploads: a row for each file, and, of several, one line that says how far they are.
const lingers = 6000;
const rows = new Set();
let isOpen = true;
let timer = 0;
// Those that were ready and have gone.
let gone = 0;

const list = make("ul", { class: "uploads" });
const total = make("progress", { max: 1, value: 0, "aria-label": text.allUploads });
const words = make("span", { class: "summary" });
const toggle = make("button", { class: "plain small", type: "button", "aria-expanded": "true", onclick: () => { isOpen = !isOpen; show(); } }, words, icon("down", { small: true }));
const head = make("div", { class: "tray-head", hidden: true }, toggle, total);
const tray = make("div", { class: "tray-inner" }, head, list);

/** Puts the tray where it is seen: into the conversation, or above the library. */
export function placeTray(isLibrary) {
  const place = $(isLibrary ? "uploads-here" : "uploads");
  if (tray.parentElement !== place) place.replaceChildren(tray);
  show();
}

function show() {
  const all = [...rows];
  const count = (state) => all.filter((row) => row.is === state).length;
  for (const id of ["uploads", "uploads-here"]) $(id).hidden = !all.length;
  head.hidden = all.length < 2;
  if (all.length < 2) isOpen = true;
  list.hidden = !isOpen;
  toggle.setAttribute("aria-expanded", String(isOpen));
  if (!all.length) gone = 0;
  words.textContent = text.trayOf(count("ready") + gone, all.length - count("left out") + gone, count("failed"));
  total.value = all.reduce((sum, row) => sum + (row.is === "going" ? row.part : 1), 0) / Math.max(1, all.length);
  total.hidden = !count("going");
  clearTimeout(timer);
  // What is ready goes by itself, once nothing is on its way any more, and is still counted; what failed stays until it is read.
  const isDone = (row) => row.is === "ready" || row.is === "left out";
  if (!count("going") && all.some(isDone)) timer = setTimeout(() => { for (const row of all.filter(isDone)) { gone += row.is === "ready"; row.end(); } }, lingers);
}

/** A row for a file, with what can happen to it. */
export function makeRow(name) {
  const state = make("span", { class: "muted" }, text.waiting);
  const bar = make("progress", { max: 1, value: 0, "aria-label": name });
  const close = make("button", { class: "icon small", type: "button", "aria-label": text.dismiss(name), title: text.dismiss(name) }, icon("close", { small: true }));
  const place = make("span", { class: "upload-state" }, state, close);
  const element = make("li", { class: "upload", title: name }, make("span", { class: "name", dir: "auto" }, name), place, bar);
  let cancel = null;
  const row = { is: "going", part: 0, end() {
    const hadFocus = element.contains(document.activeElement);
    element.remove();
    rows.delete(row);
    show();
    if (hadFocus) (list.querySelector("button") ?? $("message")).focus({ preventScroll: true });
  } };
  rows.add(row);
  list.append(element);
  close.addEventListener("click", () => { if (cancel) cancel(); else row.end(); });
  show();
  return {
    onCancel(action) { cancel = action; },
    progress(part, told = text.uploading) { bar.value = part; row.part = part / 2; state.textContent = told(Math.round(part * 100)); show(); },
    state(value) { cancel = null; bar.removeAttribute("value"); state.textContent = value; row.part = 0.6; show(); },
    remove: () => row.end(),
    finish(value, document, isLeftOut = false) {
      cancel = null;
      bar.remove();
      state.className = isLeftOut ? "muted" : "ready";
      state.textContent = value;
      row.is = isLeftOut ? "left out" : "ready";
      announce(`${document}: ${value}`);
      show();
    },
    fail(reason, retry, again = text.retry) {
      cancel = null;
      bar.remove();
      state.className = "failed";
      state.textContent = text.states.failed;
      row.is = "failed";
      element.append(make("span", { class: "reason" }, reason));
      if (retry) close.before(make("button", { class: "quiet small", type: "button", onclick: () => { row.end(); retry(); } }, again));
      announce(`${name}: ${reason}`, true);
      show();
    },
  };
}
