import { icon, make } from "./dom.js";
import { openMenu } from "./menu.js";

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
