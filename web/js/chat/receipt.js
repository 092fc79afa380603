import { make } from "../parts/dom.js";
import { dollars, text } from "../strings.js";

// What an answer took: tools as they work, and one line on who answered.

/** Adds or updates a tool's line. A call that waits for the user's word has a button, which gives it once. */
export function toolLine(list, { id, name, arguments: given, status, summary, confirmation }, onConfirm) {
  const label = text.tools[name]?.(Object(given)) ?? text.tool(name);
  const line = status === "running" ? text.toolRunning(label) : `${label}: ${summary}`;
  const known = [...list.children].find((item) => item.dataset.id === id && item.dataset.running);
  const item = known ?? list.appendChild(make("li", {}));
  item.dataset.id = id;
  if (status === "running") item.dataset.running = "yes"; else delete item.dataset.running;
  item.className = status === "error" ? "failed" : "";
  item.textContent = line;
  if (!confirmation) return;
  const button = make("button", { class: "quiet", type: "button", onclick: () => {
    if (onConfirm(`run ${name} ${confirmation}`)) button.remove();
  } }, text.runTool(name));
  item.append(" ", button);
}

/** Who answered and what was understood, where that is worth a line: not the first choice, remembered, completed, or at a price. */
export function receiptLine(receipt) {
  if (!receipt) return null;
  const parts = [receipt.reason && text.insteadOf(receipt.reason), receipt.cacheHit && text.remembered, receipt.question && text.understoodAs(receipt.question), receipt.cost > 0 && dollars(receipt.cost)].filter(Boolean);
  if (!parts.length) return null;
  return make("p", { class: "receipt muted" }, [text.answeredBy(receipt.model), ...parts].join(" · "));
}
