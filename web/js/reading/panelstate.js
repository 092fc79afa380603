import { $ } from "../parts/dom.js";

// Whether a source is open, for those who need not know more: what shows sources comes when the first is opened.
let close = null;
let hasEntry = false;

export const isPanelOpen = () => !$("panel").hidden;

/** A source is open; `action` closes it. Where it covers the page, going back closes it first. */
export function panelIsOpen(action) {
  close = action;
  if (hasEntry || !matchMedia("(max-width: 1023px)").matches) return;
  history.pushState({ isPanel: true }, "", location.href);
  hasEntry = true;
}

/** Closes what is open. */
export function closePanel() {
  hasEntry = false;
  if (isPanelOpen()) close?.();
}

/** Closes what is open as somebody does who is done with it: the step back that it made is taken, too. */
export function leavePanel() {
  if (hasEntry && history.state?.isPanel) history.back(); else closePanel();
}

/** Whether a step through the history was one out of the panel, which it closes. */
export function closedByGoingBack() {
  if (!hasEntry || history.state?.isPanel) return false;
  closePanel();
  return true;
}
