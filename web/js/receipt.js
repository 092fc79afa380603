import { make } from "./dom.js";
import { text } from "./strings.js";

// What an answer took: tools as they work, and one line on who answered.

/** Adds or updates a tool's line. */
export function toolLine(list, { id, name, arguments: given, status, summary }) {
  const label = text.tools[name]?.(Object(given)) ?? text.tool(name);
  const line = status === "running" ? text.toolRunning(label) : `${label}: ${summary}`;
  const known = [...list.children].find((item) => item.dataset.id === id && item.dataset.running);
  const item = known ?? list.appendChild(make("li", {}));
  item.dataset.id = id;
  if (status === "running") item.dataset.running = "yes"; else delete item.dataset.running;
  item.className = status === "error" ? "failed" : "";
  item.textContent = line;
}

/** Who answered, where that is worth a line: not the first choice, remembered, or at a price. */
export function receiptLine(receipt) {
  if (!receipt) return null;
  const parts = [receipt.reason && text.insteadOf(receipt.reason), receipt.cacheHit && text.remembered, receipt.cost > 0 && text.cost(receipt.cost)].filter(Boolean);
  if (!parts.length) return null;
  return make("p", { class: "receipt muted" }, [text.answeredBy(receipt.model), ...parts].join(" · "));
}
