import { api } from "../server/api.js";

// Which chats are being answered, and which have an answer that nobody has seen. What is left while it is answered is looked at from time
// to time; what other people's pages do is not known here.
const pause = 3000;
const atMost = 20;
const busy = new Map();
const unseen = new Set();
let visible = null;
let timer = 0;

/** `running`, `unseen`, or null. */
export const stateOf = (chat) => (busy.has(chat) ? "running" : unseen.has(chat) ? "unseen" : null);

/** An answer is being written in a chat. */
export function chatRunning(chat) {
  if (busy.size >= atMost && !busy.has(chat)) return;
  busy.set(chat, Date.now());
  tell();
  look();
}

/** The answer is there, and was seen coming. */
export function chatFinished(chat) {
  busy.delete(chat);
  tell();
}

/** What somebody looks at now; null for none. */
export function showsChat(chat) {
  visible = chat;
  if (unseen.delete(chat)) tell();
  look();
}

function tell() { document.dispatchEvent(new Event("apus:activity")); }

function look() {
  clearTimeout(timer);
  if ([...busy.keys()].some((chat) => chat !== visible)) timer = setTimeout(check, pause);
}

async function check() {
  for (const chat of [...busy.keys()].filter((one) => one !== visible)) {
    try {
      const { running } = await api.tail(chat);
      if (running.length || chat === visible) continue;
      busy.delete(chat);
      unseen.add(chat);
    } catch (problem) {
      // Deleted, or not to be read any more; whatever else is wrong may pass.
      if (problem.status === 404 || problem.status === 403) busy.delete(chat);
    }
  }
  tell();
  look();
}
