import { icon, make } from "./dom.js";

/** Opens a menu at its button, as `menulist.js` has it, which comes when the first is opened. */
export async function openMenu(button, items, label) {
  (await import("./menulist.js")).openMenu(button, items, label);
}


/** Has a chip say what is chosen, and open its menu; `items` gives the menu's items when it opens. */
export function setUpChip(button, label, items) {
  button.addEventListener("click", () => openMenu(button, items(), label));
}

/** Shows what is chosen on a chip. */
export function showChip(button, label, picture, name, isNarrowed = false) {
  button.replaceChildren(icon(picture, { small: true }), make("span", { class: "name", dir: "auto" }, name), icon("down", { small: true }));
  button.setAttribute("aria-label", `${label}: ${name}`);
  button.title = `${label}: ${name}`;
  button.classList.toggle("is-narrowed", isNarrowed);
}
