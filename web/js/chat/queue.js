import { $, announce, icon, iconButton, make } from "../parts/dom.js";
import { putText } from "./composer.js";
import { text } from "../strings.js";

// What is sent while an answer is being written: it waits above the box, and goes out when the answer is there.
const atMost = 5;
let waiting = [];

/** Puts a question into the queue. Returns whether there was room. */
export function enqueue(question) {
  if (waiting.length >= atMost) return false;
  waiting.push(question);
  show();
  announce(text.queued);
  return true;
}

/** Takes the next one out; null when there is none. */
export function takeNext() {
  const next = waiting.shift() ?? null;
  show();
  return next;
}

/** Takes all of them out, for whoever leaves. */
export function takeAll() {
  const all = waiting;
  waiting = [];
  show();
  return all;
}

function show() {
  $("queue").hidden = !waiting.length;
  $("queue").replaceChildren(...waiting.map((question, index) => {
    const remove = () => { waiting = waiting.filter((_, at) => at !== index); show(); $("message").focus(); };
    return make("li", {}, icon("again", { small: true }), make("span", { class: "name", dir: "auto" }, question),
      iconButton("edit", text.editQueued, () => { remove(); putText([$("message").value, question].filter(Boolean).join("\n")); }),
      iconButton("close", text.removeQueued, remove));
  }));
}
