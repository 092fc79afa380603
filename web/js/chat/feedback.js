import { announce, icon, make } from "../parts/dom.js";
import { api } from "../server/api.js";
import { text } from "../strings.js";

/** Two buttons that say whether an answer helped; pressing one again takes it back. A thumb down may be explained. */
export function thumbs(chatId, answerId, given) {
  const kept = { rating: given?.rating ?? null };
  const up = button("up", text.helpful);
  const down = button("down", text.notHelpful);
  const why = make("div", { class: "why" });
  const note = make("span", { class: "note" });
  show();

  function button(rating, label) {
    const element = make("button", { class: "icon small", type: "button", "aria-label": label, title: label, onclick: () => {
      const withdraws = kept.rating === rating;
      send(element, { rating: withdraws ? null : rating, reason: null, comment: null }, withdraws ? text.withdrawn : text.thanks, rating === "down" && !withdraws);
    } }, icon(rating === "up" ? "up" : "thumb-down"));
    return element;
  }

  function show() {
    for (const [element, rating] of [[up, "up"], [down, "down"]]) element.setAttribute("aria-pressed", String(kept.rating === rating));
  }

  /** Sends what is thought now; the focus is then on `next`, or in the question why. */
  async function send(next, value, thanks, asksWhy) {
    const buttons = [up, down, ...why.querySelectorAll("button")];
    for (const element of buttons) element.disabled = true;
    let said = thanks;
    let failed = false;
    try {
      await api.feedback({ chatId, answerId, ...value });
      kept.rating = value.rating;
      why.replaceChildren(...(asksWhy ? [form()] : []));
    } catch (problem) {
      [said, failed] = [problem.message, true];
    }
    for (const element of buttons) element.disabled = false;
    note.textContent = said;
    announce(said, failed);
    show();
    (why.querySelector("select") ?? next).focus();
  }

  function form() {
    const reason = make("select", { "aria-label": text.whatIsWrong }, new Option(text.whatIsWrong, ""),
      ...Object.entries(text.reasons).map(([value, label]) => new Option(label, value)));
    const comment = make("textarea", { rows: 2, maxLength: 2000, "aria-label": text.ownWords, placeholder: text.ownWords });
    return make("form", { onsubmit: (event) => {
      event.preventDefault();
      send(down, { rating: "down", reason: reason.value || null, comment: comment.value.trim() || null }, text.thanks, false);
    } }, reason, comment, make("button", { class: "quiet", type: "submit" }, text.sendFeedback));
  }

  return { buttons: [up, down, note], why };
}
