import { announce, icon, iconButton, make } from "../parts/dom.js";
import { citationFinder, placeCitations, withPlaces } from "../reading/citations.js";
import { thumbs } from "./feedback.js";
import { clearMarkdown, confirmCopy, renderMarkdown } from "../reading/markdown.js";
import { placeName } from "./question.js";
import { receiptLine, toolLine } from "./receipt.js";
import { sourceList, withSources } from "./sources.js";
import { versionSteps } from "./versions.js";
import { text, when } from "../strings.js";

/** A button that has a question answered again, in the place of what is there. */
const againButton = (element, label, retry) => make("button", { class: "quiet small", type: "button", onclick: () => { element.remove(); retry(); } }, icon("again", { small: true }), label);

/** What stands where an answer should be. */
export function makeUnanswered(retry) {
  const element = make("article", { class: "message", "aria-label": text.answerLabel }, make("p", { class: "state" }, text.noAnswer));
  element.append(make("div", { class: "actions" }, againButton(element, text.askAgain, retry)));
  return element;
}

/**
 * An answer, while it is written and when it is there. `acts` has `open(source, button, all)`, `confirm(phrase)`, `tryAgain(element, id)`,
 * `branch(id)`, `showVersion(id)` and `isAnswering()`.
 */
export function makeAnswer({ createdAt, id = null }, acts) {
  const state = make("p", { class: "state" });
  const body = make("div", { class: "body", dir: "auto" });
  const tools = make("ul", { class: "tool-log" });
  const element = make("article", { class: "message assistant", "aria-label": text.saidAt(text.answerLabel, createdAt), title: createdAt ? when(createdAt) : null, id: placeName(id) },
    make("h2", { class: "visually-hidden" }, text.answerLabel), tools, body, state);
  let frame = 0;
  const draw = () => {
    frame = 0;
    const { marked, places } = withPlaces(answer.text);
    renderMarkdown(body, marked, (block) => placeCitations(block, places, null));
  };
  const openAt = (source, button) => {
    const cites = [...body.querySelectorAll("button.cite")];
    acts.open(source, button, { all: cites, at: cites.indexOf(button) >= 0 ? cites.indexOf(button) : cites.findIndex((one) => one.citation.n === source.n && one.citation.quote === source.quote) });
  };
  const answer = {
    element,
    text: "",
    passages: [],
    state(value, isBusy = true) {
      state.className = "state";
      state.replaceChildren(...(value && isBusy ? [make("span", { class: "spinner", "aria-hidden": "true" })] : []), value);
    },
    /** What was shown before comes again. */
    begin(place) {
      answer.place = place;
      answer.text = "";
      clearMarkdown(body);
      tools.replaceChildren();
    },
    tool(activity) { toolLine(tools, activity, acts.confirm); },
    append(piece) {
      answer.text += piece;
      answer.state("");
      if (!frame) frame = requestAnimationFrame(draw);
    },
    /** Shows an answer as it is stored. */
    restore(message, retry) {
      answer.passages = message.passages ?? [];
      if (message.finishReason !== "error") answer.finish(message, retry);
      else {
        answer.text = message.text;
        draw();
        answer.fail(message.problem ?? { detail: text.failed }, retry);
      }
      const steps = versionSteps(message, acts.showVersion);
      if (steps) element.querySelector(".actions")?.append(steps);
    },
    finish(done, retry) {
      const { text: whole, citations, finishReason, receipt, chatId: chat, answerId, feedback } = done;
      cancelAnimationFrame(frame);
      answer.text = whole;
      answer.state({ cancelled: text.stopped, interrupted: text.interrupted }[finishReason] ?? "", false);
      const { marked, places } = withPlaces(whole);
      clearMarkdown(body);
      const find = citationFinder(whole, citations, answer.passages);
      renderMarkdown(body, marked, (block) => placeCitations(block, places, find, openAt));
      if (!tools.children.length) for (const activity of receipt?.tools ?? []) toolLine(tools, activity, acts.confirm);
      const rating = answerId && !["cancelled", "error", "interrupted"].includes(finishReason) ? thumbs(chat, answerId, feedback) : null;
      element.append(...[sourceList(citations, answer.passages, finishReason, openAt), receiptLine(receipt), actions(done, rating), rating?.why].filter(Boolean));
      if (finishReason === "interrupted" && retry) element.querySelector(".actions").prepend(againButton(element, text.retry, retry));
    },
    fail(problem, retry) {
      cancelAnimationFrame(frame);
      const detail = problem.detail ?? problem.message;
      state.className = "state problem";
      state.replaceChildren(icon("warning", { small: true }), make("span", {}, problem.requestId ? `${detail} (${text.requestId(problem.requestId)})` : detail));
      announce(detail, true);
      const whole = [detail, problem.requestId && text.requestId(problem.requestId), new Date().toISOString()].filter(Boolean).join("\n");
      const copy = make("button", { class: "quiet small", type: "button", onclick: () => confirmCopy(copy, whole) }, icon("copy", { small: true }), make("span", { class: "said" }, text.copyDetails));
      element.append(make("div", { class: "actions" }, retry ? againButton(element, text.retry, retry) : null, problem.requestId ? copy : null));
    },
    /** The answer as it is read out: its words without the marks of markdown. */
    spoken: () => body.innerText,
  };

  function actions({ citations, answerId, finishReason, model, timings, usage, receipt }, rating) {
    const copy = make("button", { class: "plain small", type: "button", onclick: () => confirmCopy(copy, withSources(answer.text, citations)) }, icon("copy", { small: true }), make("span", { class: "said" }, text.copy));
    const again = answerId && finishReason !== "interrupted"
      ? make("button", { class: "plain small", type: "button", onclick: () => acts.tryAgain(element, answerId) }, icon("again", { small: true }), text.tryAgain) : null;
    const branch = answerId ? iconButton("branch", text.branch, () => acts.branch(answerId)) : null;
    const details = iconButton("info", text.details, async () => (await import("./details.js")).showDetails({ model, timings, usage, receipt, passages: answer.passages, citations }, details));
    return make("div", { class: "actions" }, copy, again, ...(rating?.buttons ?? []), branch, details);
  }
  return answer;
}
