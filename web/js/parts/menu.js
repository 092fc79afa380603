/** Opens a menu at its button, as `menulist.js` has it, which comes when the first is opened. */
export async function openMenu(button, items, label) {
  (await import("./menulist.js")).openMenu(button, items, label);
}
