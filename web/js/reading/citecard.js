import { make } from "../parts/dom.js";
import { allDocuments, hasRead } from "../library/documents.js";
import { words } from "../library/words.js";
import { api } from "../server/api.js";
import { text } from "../strings.js";

// What a citation says, before it is opened: file, page, quotation. Beside the pointer or the focus; on touch the first tap shows it, and
// from there the source opens.
const pause = 250;
let shown = null;
let timer = 0;

/** Shows the card for a button when it is pointed at, focused or tapped; `open` opens the source. */
export function attachCard(button, citation, open) {
  let isTouch = false;
  button.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") later(() => show(button, citation)); });
  button.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") later(hideCard); });
  button.addEventListener("focus", () => { if (button.matches(":focus-visible")) show(button, citation); });
  button.addEventListener("blur", () => { if (!isTouch) later(hideCard); });
  button.addEventListener("pointerdown", (event) => { isTouch = event.pointerType === "touch"; });
  button.addEventListener("click", () => {
    if (isTouch && shown?.button !== button) return show(button, citation, open);
    hideCard();
    open();
  });
}

/** Takes the card away. Returns whether there was one. */
export function hideCard() {
  clearTimeout(timer);
  if (!shown) return false;
  shown.button.removeAttribute("aria-describedby");
  shown.card.remove();
  shown = null;
  return true;
}

function later(action) { clearTimeout(timer); timer = setTimeout(action, pause); }

// Whether documents that are not among the current ones were superseded; the others are gone.
const ages = new Map();

/** Says of a quotation from an old version that there is a newer one. */
async function noteAge(card, button, id) {
  if (!id || !hasRead() || allDocuments().some((item) => item.id === id)) return;
  if (!ages.has(id)) ages.set(id, api.document(id).then((item) => Boolean(item.supersededBy), () => false));
  if (!await ages.get(id) || !card.isConnected) return;
  card.querySelector("strong").after(make("span", { class: "muted" }, words.isOld));
  putBeside(card, button);
}

/** Puts the card above its button, or below where there is no room. */
function putBeside(card, button) {
  const at = button.getBoundingClientRect();
  const above = at.top - card.offsetHeight - 8;
  card.style.top = `${Math.max(8, above >= 8 ? above : Math.min(at.bottom + 8, innerHeight - card.offsetHeight - 8))}px`;
  card.style.left = `${Math.max(8, Math.min(at.left + at.width / 2 - card.offsetWidth / 2, innerWidth - card.offsetWidth - 8))}px`;
}

function show(button, citation, open = null) {
  hideCard();
  if (!button.isConnected) return;
  const place = [citation.page && text.page(citation.page), citation.support && text.support[citation.support]].filter(Boolean).join(" · ");
  const card = make("div", { class: "cite-card", id: "cite-card", role: open ? "group" : "tooltip", "aria-label": open ? text.source(citation.n, citation.name, citation.page) : null,
    onpointerenter: () => clearTimeout(timer), onpointerleave: () => later(hideCard) },
  make("strong", { dir: "auto" }, citation.name), place ? make("span", { class: "muted" }, place) : null,
  citation.quote ? make("q", { dir: "auto" }, citation.quote.length > 320 ? `${citation.quote.slice(0, 320)}…` : citation.quote) : make("span", { class: "muted" }, text.noQuote),
  open ? make("button", { class: "quiet small", type: "button", onclick: () => { hideCard(); open(); } }, text.openSource) : null);
  noteAge(card, button, citation.documentId);
  // Where the reading is: what stands outside of every landmark is not found.
  (button.closest("main, aside") ?? document.body).append(card);
  putBeside(card, button);
  if (!open) button.setAttribute("aria-describedby", "cite-card");
  shown = { button, card };
}

document.addEventListener("scroll", () => hideCard(), true);
document.addEventListener("pointerdown", (event) => {
  if (shown && !shown.card.contains(event.target) && !shown.button.contains(event.target)) hideCard();
});
// Before anything else that Escape closes.
window.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.shiftKey && hideCard()) event.stopImmediatePropagation(); }, true);
