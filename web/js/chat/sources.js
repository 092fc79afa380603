import { make } from "../parts/dom.js";
import { linkHost } from "../reading/markdown.js";
import { text } from "../strings.js";

// What an answer rests on, below it; and what was looked at besides.
const distinct = (citations) => citations.filter((c, i) => citations.findIndex((o) => o.n === c.n && o.quote === c.quote) === i);

/** The list below an answer; null when there is nothing to list. `open` opens one of them. */
export function sourceList(citations, passages, finishReason, open) {
  const used = new Set(citations.map((c) => c.n));
  const others = passages.filter((p) => !used.has(p.n));
  if (!citations.length && !others.length) return null;
  const entry = (source, words) => {
    const quote = words ? make("span", { class: "quote", dir: "auto" }, words) : null;
    const label = make("span", { class: "source-name", dir: "auto" }, [`[${source.n}] ${source.name}`, source.page && text.page(source.page)].filter(Boolean).join(", "));
    if (source.url) return make("li", {}, make("a", { href: source.url, target: "_blank", rel: "noopener noreferrer nofollow" }, `[${source.n}] ${source.name}`, linkHost(source.url), quote));
    return make("li", {}, make("button", { type: "button", onclick: (event) => open(source, event.currentTarget) }, label, quote));
  };
  const list = citations.length ? [make("h3", { class: "sources-title" }, text.sources), make("ol", {}, ...distinct(citations).map((c) => entry(c, c.quote)))] : [];
  const isMissing = finishReason === "not_found";
  const rest = isMissing ? others.slice(0, 3) : others;
  const more = rest.length ? make("details", { open: isMissing }, make("summary", {}, isMissing ? text.nearest : text.alsoConsidered(rest.length)),
    make("ol", {}, ...rest.map((p) => entry(p, snippet(p.text))))) : null;
  return make("div", { class: "sources" }, ...list, more);
}

const snippet = (words) => (words && words.length > 160 ? `${words.slice(0, 160).trimEnd()}…` : words ?? null);

/** An answer as it is copied: its markdown, and below it what its numbers mean. */
export function withSources(answer, citations) {
  if (!citations.length) return answer;
  const lines = distinct(citations).map((c) => `[${c.n}] ${[c.name, c.page && text.page(c.page), c.url].filter(Boolean).join(", ")}${c.quote ? `: “${c.quote.replace(/\s+/g, " ")}”` : ""}`);
  return `${answer.trimEnd()}\n\n${text.sources}:\n${lines.join("\n")}\n`;
}
