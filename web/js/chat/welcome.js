import { $, icon, make } from "../parts/dom.js";
import { may } from "../account/session.js";
import { api } from "../server/api.js";
import { hasRead, pendingCount, readyDocuments, totalCount } from "../library/documents.js";
import { isWithoutModel } from "./models.js";
import { sampleQuestions } from "./presets.js";
import { answerableQuestions, samples } from "./samples.js";
import { complain } from "../parts/toast.js";
import { addFiles, chooseFiles } from "../library/uploads.js";
import { text } from "../strings.js";

// What a new chat shows: with nothing to ask about, how to begin; otherwise what can be asked.
let isFetching = false;

/** Shows it; `ask` asks a question. What is as it was stays, with the focus in it. */
export function showWelcome(ask) {
  const isFirst = hasRead() && !totalCount() && may("write");
  const count = readyDocuments().length;
  const ofPreset = sampleQuestions();
  const questions = count ? (ofPreset.length ? ofPreset : answerableQuestions()).slice(0, 4) : [];
  const note = count ? text.emptyWith(count) : pendingCount() ? text.beingRead(pendingCount()) : hasRead() ? text.emptyWithout : "";
  const print = JSON.stringify([isFirst, note, questions]);
  if ($("messages").firstElementChild?.print === print) return;
  const place = isFirst ? beginning() : hero(note, questions, ask);
  place.print = print;
  $("messages").replaceChildren(place);
}

function hero(note, questions, ask) {
  const entry = (question) => make("li", {}, make("button", { type: "button", onclick: () => ask(question) }, make("span", {}, question), icon("next", { small: true })));
  return make("div", { class: "empty" }, make("h2", {}, text.emptyTitle), make("p", { class: "muted" }, note),
    questions.length ? make("ul", { class: "examples", "aria-label": text.questionsToTry }, ...questions.map(entry)) : null);
}

function beginning() {
  const step = (number, title, words) => make("li", {}, make("span", { class: "step", "aria-hidden": "true" }, String(number)), make("span", {}, make("strong", {}, title), make("span", { class: "muted" }, words)));
  return make("div", { class: "empty welcome" }, make("h2", {}, text.emptyTitle), make("p", { class: "muted" }, text.welcome),
    make("div", { class: "target" }, icon("upload"), make("p", {}, make("strong", {}, text.dropHere)), make("p", { class: "muted" }, text.typesInWords),
      make("div", { class: "choices" }, make("button", { class: "primary", type: "button", onclick: chooseFiles }, text.chooseFiles),
        make("button", { class: "quiet", type: "button", onclick: (event) => trySamples(event.currentTarget), disabled: isFetching }, text.trySamples))),
    make("ol", { class: "steps-list" }, ...text.steps.map(([title, words], index) => step(index + 1, title, words))));
}

/** Uploads the samples as anybody's files are: whoever may not upload cannot. */
async function trySamples(button) {
  if (isFetching) return;
  isFetching = true;
  button.disabled = true;
  try {
    addFiles(await Promise.all(samples.map((name) => api.sample(name))));
  } catch (problem) { complain(problem); }
  isFetching = false;
  button.disabled = false;
}

/** Says calmly what limits the answers now: above the box what passes, below it what stays. */
export function showNotes() {
  const isReading = readyDocuments().length > 0 && pendingCount() > 0;
  $("notes").textContent = isReading ? text.stillReading(pendingCount()) : isWithoutModel() && totalCount() ? text.quotesOnly : "";
  $("notes").hidden = !$("notes").textContent;
  $("notes").classList.toggle("is-passing", isReading);
  $("hint").textContent = isWithoutModel() ? text.quotesHint : text.modelHint;
}
