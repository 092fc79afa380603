import { make } from "../parts/dom.js";
import { seconds, text } from "../strings.js";

// What an answer took, for those who want to know.

/** Opens the details of an answer; the focus goes back to `button` afterwards. */
export function showDetails({ model, timings, usage, receipt, passages, citations }, button) {
  const tokens = usage ?? (receipt?.tokens && { promptTokens: receipt.tokens.prompt, completionTokens: receipt.tokens.completion });
  const total = timings?.totalMs ?? receipt?.attempts?.reduce((sum, attempt) => sum + (attempt.milliseconds ?? 0), 0);
  const facts = [
    [text.model, text.modelName(receipt?.model ?? model)], [text.firstWord, timings?.firstTokenMs > 0 && seconds(timings.firstTokenMs)], [text.totalTime, total > 0 && seconds(total)],
    [text.tokens, tokens?.promptTokens > 0 && text.tokenCount(tokens.promptTokens, tokens.completionTokens)],
    [text.price, receipt?.cost > 0 && dollars(receipt.cost)], [text.understood, receipt?.question]].filter(([, value]) => value);
  const row = (passage) => {
    const own = citations.filter((citation) => citation.n === passage.n);
    const strength = own.some((c) => c.support === "supported") ? "supported" : own.some((c) => c.support === "partly") ? "partly" : own.length ? "unsupported" : "unused";
    return make("li", {}, make("span", { dir: "auto" }, [`[${passage.n}] ${passage.name}`, passage.page && text.page(passage.page)].filter(Boolean).join(", ")), make("span", { class: "muted" }, own.length && !own.some((c) => c.support) ? text.strengths.used : text.strengths[strength]));
  };
  const dialog = make("dialog", { class: "details", "aria-labelledby": "details-title" }, make("form", { method: "dialog" },
    make("h2", { id: "details-title" }, text.details),
    make("dl", {}, ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", { dir: "auto" }, value)])),
    passages.length ? make("h3", {}, text.passages) : null,
    passages.length ? make("ul", { class: "strengths", tabindex: "0", "aria-label": text.passages }, ...passages.map(row)) : null,
    make("div", { class: "buttons" }, make("button", { class: "primary", type: "submit" }, text.close))));
  dialog.addEventListener("close", () => { dialog.remove(); button.focus(); });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector(".primary").focus();
}
