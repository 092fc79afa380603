import { make } from "./dom.js";
import { text } from "./strings.js";

// Model and document text is data: markdown is parsed with raw HTML shown as text, the result is sanitised, and
// nothing that would fetch from elsewhere survives.
const escapeHTML = (value) => value.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);

let isReady = false;
function prepare() {
  if (isReady) return;
  isReady = true;
  // Debian's DOMPurify 2.4.1 (deb12u1) reads a variable `shadowNode` outside the function that declares it, so every
  // call would throw. With a global of that name the misplaced check passes; the checks in the loop are unaffected.
  window.shadowNode ??= { __depth: 1 };
  const renderer = new window.marked.Renderer();
  renderer.html = (html) => escapeHTML(html);
  renderer.image = (href, title, alt) => escapeHTML(alt || href || "");
  renderer.heading = (content, level) => `<h${Math.min(6, level + 2)}>${content}</h${Math.min(6, level + 2)}>`;
  window.marked.setOptions({ renderer, gfm: true, breaks: false, mangle: false, headerIds: false });
  window.DOMPurify.addHook("afterSanitizeAttributes", (node) => {
    if (node.tagName === "A") {
      node.setAttribute("target", "_blank");
      node.setAttribute("rel", "noopener noreferrer nofollow");
      // What a link's text and title say is the writer's choice, and may be a document's.
      node.removeAttribute("title");
    }
  });
}

/** Renders markdown into an element; `[n]` becomes a citation button where `citations` has that number. */
export function renderMarkdown(target, source, { citations = null, onCite = null } = {}) {
  prepare();
  const html = window.marked.parse(source);
  const clean = window.DOMPurify.sanitize(html, {
    RETURN_TRUSTED_TYPE: true,
    ALLOWED_TAGS: ["p", "br", "strong", "em", "del", "code", "pre", "ul", "ol", "li", "blockquote", "a", "hr", "h1", "h2", "h3", "h4",
      "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "input"],
    ALLOWED_ATTR: ["href", "title", "start", "align", "type", "checked", "disabled"],
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  });
  target.innerHTML = clean;
  for (const link of target.querySelectorAll("a[href]")) link.after(linkHost(link.href));
  for (const table of target.querySelectorAll("table")) {
    const box = make("div", { class: "table", tabindex: "0" });
    table.replaceWith(box);
    box.append(table);
  }
  markCitations(target, citations, onCite);
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

function markCitations(target, citations, onCite) {
  const walker = document.createTreeWalker(target, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) {
    if (/\[\d+\]/.test(walker.currentNode.data) && !walker.currentNode.parentElement.closest("code, pre, a, .host")) nodes.push(walker.currentNode);
  }
  for (const node of nodes) {
    const parts = node.data.split(/\[(\d+)\]/);
    const pieces = parts.map((part, index) => {
      if (index % 2 === 0) return document.createTextNode(part);
      const citation = citations?.find((c) => c.n === Number(part));
      // While the answer streams nothing is confirmed yet; afterwards only citations of passages are buttons.
      return make("button", {
        class: "cite", type: "button", disabled: !citation,
        "aria-label": citation ? text.source(citation.n, citation.name, citation.page) : `[${part}]`,
        title: citation ? `${citation.name}, ${text.page(citation.page)}\n${citation.quote}` : null,
        onclick: citation && onCite ? (event) => onCite(citation, event.currentTarget) : null,
      }, part);
    });
    node.replaceWith(...pieces);
  }
}
