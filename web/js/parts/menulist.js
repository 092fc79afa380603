import { icon, make } from "./dom.js";

// Menus as the ARIA patterns have them: arrows, Home, End, first letters, Escape; Tab leaves. One is open at a time.
let open = null;

/** Closes the menu that is open; the focus goes back to its button when it was inside. */
export function closeMenu(returnsFocus = true) {
  if (!open) return;
  const { menu, button } = open;
  const hadFocus = menu.contains(document.activeElement);
  open = null;
  button.setAttribute("aria-expanded", "false");
  menu.remove();
  if (hadFocus && returnsFocus && button.isConnected) button.focus();
}

/**
 * Opens a menu below or above its button, or closes it when it is open. An item is `{label, icon, note, run, isDanger, isDisabled}`,
 * with `isChosen` one of several, and null is a line between groups.
 */
export function openMenu(button, items, label) {
  const wasHere = open?.button === button;
  closeMenu();
  if (wasHere) return;
  const menu = make("div", { class: "menu", role: "menu", "aria-label": label, onkeydown: keys });
  for (const item of items) menu.append(item ? entry(item) : make("hr", {}));
  // In a dialog it has to be in the dialog, which is above everything else; elsewhere in the landmark of its button.
  (button.closest("dialog, main, nav, aside") ?? document.body).append(menu);
  open = { menu, button };
  button.setAttribute("aria-expanded", "true");
  place(menu, button);
  (menu.querySelector('[aria-checked="true"]') ?? menu.querySelector("button")).focus();
}

function entry({ label, icon: name, note, run, isDanger, isChosen, isDisabled }) {
  const isChoice = isChosen !== undefined;
  return make("button", {
    type: "button", role: isChoice ? "menuitemradio" : "menuitem", tabIndex: -1, class: isDanger ? "danger" : null,
    "aria-checked": isChoice ? String(isChosen) : null, "aria-disabled": isDisabled ? "true" : null,
    onclick: () => { if (isDisabled) return; closeMenu(); run(); },
  }, name ? icon(name) : null, make("span", { class: "words", dir: "auto" }, label, note ? make("span", { class: "note" }, note) : null), isChosen ? icon("check") : null);
}

function place(menu, button) {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const isBelow = at.bottom + height + 8 <= innerHeight || at.top < height + 8;
  const start = document.documentElement.dir === "rtl" ? at.right - width : at.left;
  menu.style.top = `${Math.max(8, isBelow ? Math.min(at.bottom + 4, innerHeight - height - 8) : at.top - height - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(start, innerWidth - width - 8))}px`;
}

function keys(event) {
  const entries = [...event.currentTarget.querySelectorAll("button")];
  const at = entries.indexOf(document.activeElement);
  const step = { ArrowDown: at + 1, ArrowUp: at - 1 + entries.length, Home: 0, End: entries.length - 1 }[event.key];
  if (event.key === "Escape" || event.key === "Tab") {
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); }
    closeMenu();
  } else if (step !== undefined) {
    event.preventDefault();
    entries[step % entries.length].focus();
  } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== " ") {
    const following = [...entries.slice(at + 1), ...entries.slice(0, at + 1)];
    following.find((one) => one.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  }
}

document.addEventListener("pointerdown", (event) => {
  if (open && !open.menu.contains(event.target) && !open.button.contains(event.target)) closeMenu(false);
});
window.addEventListener("resize", () => closeMenu(false));
document.addEventListener("scroll", (event) => { if (open && !open.menu.contains(event.target)) closeMenu(false); }, true);
