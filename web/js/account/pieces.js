import { $, announce, ask, copyText, make } from "../parts/dom.js";
import { text } from "../strings.js";

// What the views of the account are made of.
export const labelled = (label, input) => make("label", { class: "field" }, make("span", {}, label), input);

/** A small form: its action's outcome stands below it. */
export function section(title, action, submit, ...rows) {
  const result = make("p", { role: "status" });
  return make("form", { class: "fields", "aria-label": title, onsubmit: async (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button) button.disabled = true;
    try {
      await submit();
      result.className = "ready";
      result.textContent = text.saved;
      for (const input of event.target.querySelectorAll("input[type=password]")) input.value = "";
    } catch (problem) {
      result.className = "danger";
      result.textContent = [problem.message, ...(problem.fields ?? []).map(({ field, detail }) => `${field}: ${detail}`)].join(" ");
    } finally {
      if (button) button.disabled = false;
    }
  } }, make("h3", {}, title), ...rows, make("div", { class: "buttons" }, make("button", { class: "quiet", type: "submit" }, action)), result);
}

/** A button's action that draws the view again; `question` is asked before. */
export const act = (action, again, question) => async () => {
  if (question && !await ask({ ...question, danger: true })) return;
  try { await action(); } catch (problem) { announce(problem.message, true); showProblem(problem); return; }
  await again();
};

function showProblem(problem) {
  $("account-view").querySelector(".refusal")?.remove();
  $("account-view").prepend(make("p", { class: "danger refusal" }, problem.message));
}

/** Something that is shown this once, with a button that copies it. */
export function secret(label, value, note) {
  const input = make("input", { value, readOnly: true, spellcheck: "false", class: "code", onfocus: (event) => event.target.select() });
  const copy = make("button", { class: "primary", type: "button", onclick: async () => {
    copy.textContent = await copyText(value) ? text.copied : text.notCopied;
    setTimeout(() => { copy.textContent = text.copy; }, 2000);
  } }, text.copy);
  return make("div", { class: "secret" }, labelled(label, input), copy, make("p", { class: "muted" }, note));
}
