import { $, make, translate } from "../parts/dom.js";
import { loadMarkdown, renderMarkdown } from "../reading/markdown.js";
import { placeCitations, withPlaces } from "../reading/citations.js";
import { exchange, problemOf } from "../server/http.js";
import { text } from "../strings.js";
import { words } from "./words.js";

// A chat that somebody gave a link to, to be read. The token stands behind the mark of the address, which is never sent; it goes in a header.
translate(words.markup);
const token = location.hash.slice(1);
const headers = { "x-apus-link": token };

/** Asks for a part of the chat; once more when a session had only to be renewed. */
async function ask(path) {
  let response = await exchange(path, { headers });
  if (response.status === 401 && (await exchange("/api/account/refresh", { method: "POST" })).ok) response = await exchange(path, { headers });
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function show() {
  if (!token) return say(words.noToken);
  say(words.loading);
  await loadMarkdown();
  let after = "";
  do {
    const part = await (await ask(`/api/share?limit=200${after ? `&after=${after}` : ""}`)).json();
    if (!after) begin(part);
    for (const message of part.messages) $("messages").append(message.role === "user" ? question(message) : answer(message));
    after = part.next;
    if (!after && part.withheld) $("messages").append(make("p", { class: "state" }, words.withheld(part.withheld)));
  } while (after);
}

function begin(part) {
  const name = part.name || words.sharedChat;
  $("title").textContent = name;
  document.title = `${name} – Apus`;
  $("until").textContent = words.sharedUntil(part);
  $("messages").replaceChildren();
  $("as-markdown").hidden = false;
}

const question = (message) => make("article", { class: "message user", "aria-label": text.saidAt(text.you, message.createdAt) }, make("div", { class: "bubble", dir: "auto" }, message.text));

function answer(message) {
  const body = make("div", { class: "body", dir: "auto" });
  const element = make("article", { class: "message assistant", "aria-label": text.saidAt(text.answerLabel, message.createdAt) }, body);
  const { marked, places } = withPlaces(message.text);
  const list = sources(message.citations);
  const find = (n) => message.citations.find((citation) => citation.n === n) ?? null;
  // Every number leads to its quotation below.
  renderMarkdown(body, marked, (block) => placeCitations(block, places, find, ({ n }) => list?.querySelector(`[data-n="${n}"]`)?.focus()));
  if (list) element.append(list);
  return element;
}

function sources(citations) {
  if (!citations.length) return null;
  const entry = (citation) => make("li", { tabIndex: -1, "data-n": String(citation.n), class: "shared-source" },
    citation.url ? make("a", { class: "source-name", href: citation.url, target: "_blank", rel: "noopener noreferrer nofollow" }, `[${citation.n}] ${citation.name}`)
      : make("span", { class: "source-name", dir: "auto" }, [`[${citation.n}] ${citation.name}`, citation.page && text.page(citation.page)].filter(Boolean).join(", ")),
    citation.quote ? make("q", { class: "quote", dir: "auto" }, citation.quote) : null);
  return make("div", { class: "sources" }, make("h2", { class: "sources-title" }, words.sources), make("ol", {}, ...citations.map(entry)));
}

function say(message, action = null) { $("messages").replaceChildren(make("p", { class: "state" }, message), ...(action ? [action] : [])); }

function fail(problem) {
  if (problem.status === 401) say(words.signIn, make("p", { class: "choices" }, make("a", { class: "quiet", href: "/", target: "_blank" }, words.toSignIn), " ",
    make("button", { class: "quiet", type: "button", onclick: () => location.reload() }, words.again)));
  else say(problem.status === 404 ? words.gone : problem.message);
}

$("as-markdown").addEventListener("click", async () => {
  try {
    const address = URL.createObjectURL(await (await ask("/api/share?format=markdown")).blob());
    const link = make("a", { href: address, download: words.fileName, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  } catch (problem) { fail(problem); }
});
window.addEventListener("hashchange", () => location.reload());
show().catch(fail);
