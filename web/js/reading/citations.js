import { make } from "../parts/dom.js";
import { attachCard } from "./citecard.js";
import { text } from "../strings.js";

// `[n]` in an answer becomes a button that leads to the words it rests on. Which words these are depends on the sentence: the same
// passage may be quoted twice, so every number is marked with its place before markdown is read, and found again behind it.
const begin = "\uE000";
// A number stands behind its sentence, perhaps behind others.
const reach = 24;

/** The text with its numbers marked, and the places of these in Unicode scalars. */
export function withPlaces(source) {
  const places = [];
  let scalars = 0;
  let at = 0;
  const marked = source.replaceAll(begin, "\uFFFD").replace(/\[(\d{1,4})\](?!\()/g, (whole, n, offset, all) => {
    // A number in an address is a part of it.
    if (/\S*:\/\/\S*$/.test(all.slice(Math.max(0, offset - 300), offset))) return whole;
    scalars += Array.from(all.slice(at, offset)).length;
    at = offset;
    places.push(scalars);
    return `[${begin}${n}:${places.length - 1}]`;
  });
  return { marked, places };
}

/**
 * Finds the citation of a number at a place. The server names one sentence for each; where the same number stands behind other sentences, what
 * these quote is looked for in the passage, and the passage as a whole stands in for what is not found.
 */
export function citationFinder(answer, citations, passages) {
  const scalars = Array.from(answer);
  return (n, place) => {
    const own = citations.filter((citation) => citation.n === n);
    const exact = own.filter(({ sentence }) => sentence && place >= sentence.start && place - sentence.end <= reach).sort((a, b) => b.sentence.start - a.sentence.start)[0];
    const passage = passages.find((one) => one.n === n);
    if (exact || !own.length || !own[0].sentence || !passage?.text || own[0].url) return exact ?? own[0] ?? null;
    const words = /“([^“”]{12,})”[^“”\n]{0,12}$/u.exec(scalars.slice(Math.max(0, place - 900), place).join(""))?.[1];
    return { ...own[0], sentence: null, support: null, ...(placeOf(words, passage) ?? { start: passage.start, end: passage.end, quote: passage.text.trim() }) };
  };
}

/** Where words stand in a passage, whatever its lines are broken like; null where they do not. */
function placeOf(words, passage) {
  if (!words) return null;
  const pattern = words.trim().split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+");
  const found = new RegExp(pattern, "u").exec(passage.text);
  if (!found) return null;
  const start = passage.start + Array.from(passage.text.slice(0, found.index)).length;
  return { start, end: start + Array.from(found[0]).length, quote: found[0] };
}

/**
 * Turns the marks in a rendered block into buttons. While an answer is written nothing is confirmed (`find` is null), and numbers stand
 * as they are; afterwards only what the server confirmed is a button, and all others stay text.
 */
export function placeCitations(block, places, find, onCite) {
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) if (walker.currentNode.data.includes(begin)) nodes.push(walker.currentNode);
  for (const node of nodes) {
    const isPlain = node.parentElement.closest("code, pre, a, .host");
    const parts = node.data.split(/\[\uE000(\d+):(\d+)\]/);
    if (isPlain) {
      node.data = parts.map((part, index) => (index % 3 === 1 ? `[${part}]` : index % 3 === 2 ? "" : part)).join("");
      continue;
    }
    const pieces = [];
    for (let index = 0; index < parts.length; index += 3) {
      if (parts[index]) pieces.push(document.createTextNode(parts[index]));
      if (index + 1 < parts.length) pieces.push(pieceOf(Number(parts[index + 1]), places[Number(parts[index + 2])], find, onCite));
    }
    node.replaceWith(...pieces);
  }
}

function pieceOf(n, place, find, onCite) {
  if (!find) return make("span", { class: "cite is-open" }, String(n));
  const citation = find(n, place);
  if (!citation) return document.createTextNode(`[${n}]`);
  const isDoubtful = citation.support === "unsupported";
  const label = text.source(citation.n, citation.name, citation.page);
  const button = make("button", {
    class: isDoubtful ? "cite is-doubtful" : "cite", type: "button", "data-n": String(n),
    "aria-label": isDoubtful ? `${label}, ${text.support.unsupported}` : label,
  }, String(n), isDoubtful ? make("span", { "aria-hidden": "true" }, "?") : null);
  button.citation = citation;
  attachCard(button, citation, () => onCite(citation, button));
  return button;
}
