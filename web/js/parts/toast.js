import { $, announce, iconButton, make } from "./dom.js";
import { text } from "../strings.js";

// Notices that everybody sees. Those that need no answer go by themselves, but not while somebody is about to use them.
const atMost = 3;

/**
 * Shows a notice. `action` is `{label, run}`; `seconds` how long it stays, for ever when it is 0. `gone` is called when it has gone
 * without its action. Returns a function that takes it away.
 */
export function toast(message, { action = null, seconds = 6, isError = false, gone = () => {} } = {}) {
  const place = $("toasts");
  let timer = 0;
  const end = (wasUsed) => {
    if (!element.isConnected) return;
    clearTimeout(timer);
    const hadFocus = element.contains(document.activeElement);
    element.remove();
    if (hadFocus) $("message").focus({ preventScroll: true });
    if (!wasUsed) gone();
  };
  const wait = () => { clearTimeout(timer); if (seconds) timer = setTimeout(() => end(false), seconds * 1000); };
  const element = make("div", { class: isError ? "toast is-error" : "toast", onpointerenter: () => clearTimeout(timer), onpointerleave: wait, onfocusin: () => clearTimeout(timer), onfocusout: wait },
    make("p", { dir: "auto" }, message),
    action ? make("button", { class: "action small", type: "button", onclick: () => { end(true); action.run(); } }, action.label) : null,
    iconButton("close", text.dismissNotice, () => end(false)));
  element.end = end;
  place.append(element);
  while (place.childElementCount > atMost) place.firstElementChild.end(false);
  announce(action ? `${message} ${text.canBe(action.label)}` : message, isError);
  wait();
  return () => end(true);
}

/** Says what went wrong, to the eye as well as to the ear. */
export const complain = (problem) => void (problem.isUnreachable && document.body.classList.contains("is-offline") || toast(problem.message ?? String(problem), { isError: true, seconds: 12 }));
