import { copyText, icon, make } from "../parts/dom.js";
import { text } from "../strings.js";

// Model and document text is data: markdown is parsed with raw HTML shown as text, the result is sanitised, and
// nothing that would fetch from elsewhere survives.
const escapeHTML = (value) => value.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);

let loading = null;

/** Fetches what reads markdown, which the page needs only once there is some. */
export function loadMarkdown() {
  loading ??= Promise.all([import("/vendor/marked.js"), import("/vendor/purify.js")]).then(prepare, (error) => { loading = null; throw error; });
  return loading;
}

// Formulas stand as they were written: markdown would take their backslashes for its own.
const formula = {
  name: "formula", level: "inline",
  start: (source) => source.search(/\\[([]|\$\$/),
  tokenizer(source) {
    const found = /^(?:\\\([\s\S]+?\\\)|\\\[[\s\S]+?\\\]|\$\$[\s\S]+?\$\$)/.exec(source);
    return found ? { type: "formula", raw: found[0] } : undefined;
  },
  renderer: (token) => `<code>${escapeHTML(token.raw)}</code>`,
};

function prepare() {
  // Debian's DOMPurify 2.4.1 (deb12u1) reads a variable `shadowNode` outside the function that declares it, so every
  // call would throw. With a global of that name the misplaced check passes; the checks in the loop are unaffected.
  window.shadowNode ??= { __depth: 1 };
  const renderer = new window.marked.Renderer();
  renderer.html = (html) => escapeHTML(html);
  renderer.image = (href, title, alt) => escapeHTML(alt || href || "");
  renderer.heading = (content, level) => `<h${Math.min(6, level + 2)}>${content}</h${Math.min(6, level + 2)}>`;
  renderer.code = (code, info) => `<pre data-language="${escapeHTML((info ?? "").trim().split(/\s/)[0].slice(0, 30))}"><code>${escapeHTML(code)}</code></pre>`;
  window.marked.setOptions({ renderer, gfm: true, breaks: false, mangle: false, headerIds: false });
  window.marked.use({ extensions: [formula] });
  window.DOMPurify.addHook("afterSanitizeAttributes", (node) => {
    if (node.tagName === "A") {
      node.setAttribute("target", "_blank");
      node.setAttribute("rel", "noopener noreferrer nofollow");
      // What a link's text and title say is the writer's choice, and may be a document's.
      node.removeAttribute("title");
    }
    // A box to tick is one of a list of tasks, and nothing to type into.
    if (node.tagName === "INPUT" && node.getAttribute("type") !== "checkbox") node.remove();
  });
}

const sanitised = (html) => window.DOMPurify.sanitize(html, {
  RETURN_TRUSTED_TYPE: true,
  ALLOWED_TAGS: ["p", "br", "strong", "em", "del", "code", "pre", "ul", "ol", "li", "blockquote", "a", "hr", "h3", "h4",
    "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "input"],
  ALLOWED_ATTR: ["href", "title", "start", "align", "type", "checked", "disabled", "data-language"],
  ALLOW_DATA_ATTR: false,
  ADD_URI_SAFE_ATTR: ["start", "align", "type", "checked", "disabled", "data-language"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
});

/**
 * Renders markdown into an element, block by block: those that are as they were are left alone. `finish` gets each new block.
 * What reads markdown has to be there.
 */
export function renderMarkdown(target, source, finish = () => {}) {
  const known = target.markdownBlocks ?? [];
  const tokens = window.marked.lexer(source).filter((token) => token.type !== "space" && token.type !== "def");
  let same = 0;
  while (same < known.length && same < tokens.length && known[same].raw === tokens[same].raw) same += 1;
  for (const block of known.slice(same)) block.element.remove();
  const added = tokens.slice(same).map((token) => {
    const element = make("div", { class: "block" });
    element.innerHTML = sanitised(window.marked.parser([token]));
    dress(element);
    finish(element);
    return { raw: token.raw, element };
  });
  target.append(...added.map((block) => block.element));
  target.markdownBlocks = [...known.slice(0, same), ...added];
}

/** Takes away what is rendered. */
export function clearMarkdown(target) {
  target.replaceChildren();
  target.markdownBlocks = [];
}

function dress(block) {
  for (const link of block.querySelectorAll("a[href]")) link.after(linkHost(link.href));
  for (const table of block.querySelectorAll("table")) dressTable(table);
  for (const code of block.querySelectorAll("pre")) dressCode(code);
  for (const box of block.querySelectorAll("input")) box.setAttribute("aria-label", box.checked ? text.done : text.open);
}

/** A table in a box of its own, which scrolls; columns of numbers are aligned as numbers are. */
function dressTable(table) {
  const rows = [...table.querySelectorAll("tbody tr")].map((row) => [...row.cells]);
  const heads = [...table.querySelectorAll("thead th")];
  heads.forEach((head, column) => {
    const cells = rows.map((row) => row[column]).filter((cell) => cell?.textContent.trim());
    const isNumbers = cells.length && !head.align && cells.every((cell) => /^[^\p{L}]{0,3}\d[\d.,'\s]*\s?(?:%|[\p{L}°/·²³]{0,5})(?:\s*\[[^\]]*\])?$/u.test(cell.textContent.trim()));
    if (isNumbers) for (const cell of [head, ...cells]) cell.classList.add("number");
  });
  const copy = make("button", { class: "icon small", type: "button", "aria-label": text.copyTable, title: text.copyTable }, icon("copy", { small: true }));
  copy.addEventListener("click", () => confirmCopy(copy, [...table.rows].map((row) => [...row.cells].map((cell) => quoted(cell.innerText)).join(",")).join("\r\n")));
  const box = make("div", { class: "table" }, make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": text.table }), copy);
  table.replaceWith(box);
  box.firstElementChild.append(table);
}

const quoted = (cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

function dressCode(code) {
  const language = code.dataset.language;
  code.tabIndex = 0;
  const box = make("div", { class: "code-box" });
  const wrap = make("button", { class: "icon small", type: "button", "aria-label": text.wrapCode, title: text.wrapCode, "aria-pressed": "false", onclick: () => {
    wrap.setAttribute("aria-pressed", String(box.classList.toggle("is-wrapped")));
  } }, icon("wrap", { small: true }));
  const copy = make("button", { class: "icon small", type: "button", "aria-label": text.copyCode, title: text.copyCode, onclick: () => confirmCopy(copy, code.textContent) }, icon("copy", { small: true }));
  code.replaceWith(box);
  box.append(make("div", { class: "code-head" }, make("span", {}, language || text.code), wrap, copy), code);
}

/** Copies, and says on the button whether it is copied. */
export async function confirmCopy(button, value) {
  const isCopied = await copyText(value);
  const said = button.querySelector(".said");
  const picture = button.querySelector(".i");
  const label = button.getAttribute("aria-label");
  if (said) said.textContent = isCopied ? text.copied : text.notCopied;
  picture?.replaceWith(icon(isCopied ? "check" : "warning", { small: true }));
  if (label) button.setAttribute("aria-label", isCopied ? text.copied : text.notCopied);
  setTimeout(() => {
    if (said) said.textContent = text.copy;
    button.querySelector(".i")?.replaceWith(picture);
    if (label) button.setAttribute("aria-label", label);
  }, 2000);
}

/** Where a link leads, to stand beside it: the host as the browser connects to it, whatever the text says. */
export function linkHost(address) {
  return make("span", { class: "host", dir: "ltr" }, ` (${hostOf(address)})`);
}

function hostOf(address) {
  try {
    const url = new URL(address);
    return url.protocol === "mailto:" ? url.pathname : url.host;
  } catch {
    return address;
  }
}
