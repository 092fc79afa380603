import { $, icon } from "./dom.js";
import { openMenu } from "./menu.js";
import { text } from "../strings.js";

/** The button with which somebody chooses light, dark, or what the system has. */
export function setUpTheme() {
  const show = () => $("theme").replaceChildren(icon(window.apusTheme.get()));
  $("theme").addEventListener("click", () => openMenu($("theme"), ["system", "light", "dark"].map((name) => ({
    label: text.themes[name], icon: name, isChosen: window.apusTheme.get() === name, run: () => window.apusTheme.set(name) })), text.theme));
  document.addEventListener("apus:look", show);
  show();
}
