import { $, addStyle, make } from "./dom.js";
import { toggleSidebar } from "../sidebar/sidebar.js";
import { text } from "../strings.js";

// Keys that do the same wherever the focus is. All with Ctrl, or ⌘ on a Mac; none that a browser needs for itself.
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const mod = isMac ? "⌘" : "Ctrl";

/** `newChat` begins one; `settings` opens them. */
export function setUpShortcuts({ newChat, settings }) {
  const all = [
    { keys: [mod, "K"], label: text.shortcuts.search, is: (e) => !e.shiftKey && e.code === "KeyK", run: () => { if (!$("search-text").checkVisibility({ visibilityProperty: true })) toggleSidebar(); $("search-text").focus(); } },
    { keys: [mod, "Shift", "O"], label: text.shortcuts.newChat, is: (e) => e.shiftKey && e.code === "KeyO", run: newChat },
    { keys: [mod, "Shift", "S"], label: text.shortcuts.sidebar, is: (e) => e.shiftKey && e.code === "KeyS", run: toggleSidebar },
    { keys: [mod, "Shift", "C"], label: text.shortcuts.copy, is: (e) => e.shiftKey && e.code === "KeyC", run: () => [...document.querySelectorAll(".message.assistant .actions button")].filter((button) => button.querySelector(".said")).at(-1)?.click() },
    { keys: [mod, "."], label: text.settings, is: (e) => e.key === ".", run: settings },
    { keys: [mod, "/"], label: text.shortcuts.list, is: (e) => e.key === "/", run: () => list(all) }];
  window.addEventListener("keydown", async (event) => {
    if (document.querySelector("dialog[open]") || !$("gate").hidden) return;
    if (event.altKey && !event.ctrlKey && !event.metaKey) return step(event);
    if (!(isMac ? event.metaKey : event.ctrlKey) || event.altKey) return;
    const found = all.find((one) => one.is(event));
    if (!found) return;
    event.preventDefault();
    found.run();
  });
}

/** Alt with arrows goes from message to message, with brackets from citation to citation. */
async function step(event) {
  const messages = [...document.querySelectorAll(".message")];
  if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    if (!messages.length) return;
    event.preventDefault();
    const at = messages.findIndex((message) => message.contains(document.activeElement));
    const to = at < 0 ? messages.length - 1 : Math.max(0, Math.min(messages.length - 1, at + (event.key === "ArrowUp" ? -1 : 1)));
    messages[to].tabIndex = -1;
    messages[to].focus();
  } else if (event.code === "BracketLeft" || event.code === "BracketRight") {
    event.preventDefault();
    (await import("../reading/panel.js")).stepCitation(event.code === "BracketLeft" ? -1 : 1);
  }
}

async function list(all) {
  await addStyle("answers");
  const focused = document.activeElement;
  const fixed = [{ keys: ["Shift", "Esc"], label: text.shortcuts.box }, { keys: ["Esc"], label: text.shortcuts.stop }, { keys: ["↑"], label: text.shortcuts.edit },
    { keys: ["Alt", "↑ ↓"], label: text.shortcuts.messages }, { keys: ["Alt", "[ ]"], label: text.shortcuts.citations }];
  const dialog = make("dialog", { "aria-labelledby": "shortcuts-title" }, make("form", { method: "dialog" }, make("h2", { id: "shortcuts-title" }, text.shortcuts.title),
    make("dl", { class: "keys" }, ...[...all, ...fixed].flatMap(({ keys, label }) => [make("dt", {}, label), make("dd", {}, ...keys.flatMap((key) => [make("kbd", {}, key), " "]))])),
    make("div", { class: "buttons" }, make("button", { class: "primary", type: "submit" }, text.close))));
  dialog.addEventListener("close", () => { dialog.remove(); focused?.focus?.(); });
  document.body.append(dialog);
  dialog.showModal();
}
