import { $, icon, kept } from "../parts/dom.js";
import { addFiles } from "../library/uploads.js";
import { loadMessages } from "./loading.js";
import { may } from "../account/session.js";
import { toast } from "../parts/toast.js";
import { text } from "../strings.js";

// The box: its text, kept for each chat; how long it may be; the button that sends or stops.
const longest = 32000;
const longPaste = 4000;
let place = "new";
let isAnswering = false;

const isOffline = () => document.body.classList.contains("is-offline");
const box = () => $("message");
const length = () => Array.from(box().value).length;

/** `submit` gets a question; `stop` ends an answer; `editLast` is asked for by the arrow up in an empty box. */
export function setUpComposer({ submit, stop, editLast }) {
  const send = () => {
    const question = box().value.trim();
    if (!question || length() > longest || isOffline()) return;
    // It is taken out only by whoever sends it: while an answer is written it stays.
    if (submit(question)) putText("");
    box().focus();
  };
  box().addEventListener("input", () => { kept.set(`draft.${place}`, box().value); fit(); showSend(); });
  box().addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && !event.altKey && !event.shiftKey && !box().value && editLast()) event.preventDefault();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    // With a modifier it always sends; alone only where somebody wants that, and never on a keyboard of glass, where it breaks the line.
    const isAlone = !event.ctrlKey && !event.metaKey;
    if (isAlone && (kept.get("enter") === "modifier" || matchMedia("(pointer: coarse)").matches)) return;
    event.preventDefault();
    send();
  });
  // Whoever types will read an answer.
  box().addEventListener("input", () => loadMessages().catch(() => { /* said when it is needed */ }), { once: true });
  box().addEventListener("paste", offerFile);
  $("form").addEventListener("submit", (event) => { event.preventDefault(); if (isAnswering) stop(); else send(); });
  // A click anywhere on the card is one into the box.
  $("form").querySelector(".card").addEventListener("click", (event) => { if (event.target === event.currentTarget || event.target.className === "tools") box().focus(); });
  window.addEventListener("resize", fit);
  document.addEventListener("apus:connection", showSend);
}

/** Shows what was begun for a chat, or for a new one for null. */
export function showDraftOf(chat) {
  place = chat ?? "new";
  box().value = kept.get(`draft.${place}`) ?? "";
  fit();
  showSend();
}

/** Puts a text in the place of what is there. */
export function putText(value) {
  box().value = value;
  box().dispatchEvent(new Event("input"));
}

/** A question could not be sent: it is there again for whoever comes back. */
export function keepDraft(question) { if (!box().value) kept.set(`draft.${place}`, question); }

/** A question has arrived, perhaps at another try. */
export function dropDraft(question) { if (!box().value && kept.get(`draft.${place}`) === question) kept.set(`draft.${place}`, null); }

/** A new chat has its name now; what is typed meanwhile belongs to it. */
export function moveDraftTo(chat) {
  kept.set(`draft.${place}`, null);
  place = chat;
  kept.set(`draft.${place}`, box().value);
}

/** Has the button send, or stop what is being written. */
export function showAnswering(value) { isAnswering = value; showSend(); }

function fit() {
  box().style.height = "auto";
  box().style.height = `${Math.min(box().scrollHeight, 240, Math.max(64, innerHeight / 3))}px`;
}

function showSend() {
  const count = length();
  const isTooLong = count > longest;
  const send = $("send");
  $("counter").hidden = count < longest * 0.8;
  $("counter").textContent = text.lengthOf(count, longest);
  $("counter").classList.toggle("failed", isTooLong);
  const label = isAnswering ? text.stop : text.send;
  if (send.getAttribute("aria-label") !== label || !send.firstChild) send.replaceChildren(icon(isAnswering ? "stop" : "send"));
  send.setAttribute("aria-label", label);
  send.disabled = !isAnswering && (!box().value.trim() || isTooLong || isOffline());
  send.title = isAnswering ? text.stop : isTooLong ? text.tooLong(longest) : isOffline() ? text.unreachable : send.disabled ? text.nothingToSend : text.send;
}

/** A page of text may be meant as a document. It stands in the box, and can become a file. */
function offerFile(event) {
  const pasted = event.clipboardData?.getData("text/plain") ?? "";
  if (event.clipboardData?.files.length || pasted.length < longPaste || !may("write")) return;
  const before = box().value;
  toast(text.longPaste(pasted.length), { seconds: 20, action: { label: text.attachAsFile, run: () => {
    putText(before);
    addFiles([new File([pasted], text.pastedName(new Date()), { type: "text/plain" })]);
    box().focus();
  } } });
}
