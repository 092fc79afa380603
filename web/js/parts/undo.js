import { workspace } from "../account/session.js";
import { toast } from "./toast.js";
import { text } from "../strings.js";

// What can be taken back for a while. Until then nobody is told of it, so that taking it back needs nothing from anybody.
const patience = 8;
const pending = new Set();

/**
 * Does something when its time is over; `act` gets options for its request, which name the workspace that it was wanted in. `undone` is
 * called instead when somebody wants it back. Whoever leaves the page does not want it back.
 */
export function undoable(message, act, undone) {
  const place = workspace();
  const headers = place ? { headers: { "x-apus-workspace": place } } : {};
  const entry = { run(isLeaving) {
    if (!pending.delete(entry)) return;
    act({ ...headers, keepalive: Boolean(isLeaving) });
  } };
  pending.add(entry);
  toast(message, { seconds: patience, gone: () => entry.run(false), action: { label: text.undo, run: () => { if (pending.delete(entry)) undone(); } } });
}

window.addEventListener("pagehide", () => { for (const entry of pending) entry.run(true); });
