import { announce, copyText, kept, make } from "../parts/dom.js";
import { languages, makers, sample } from "./examples.js";
import { inline, members, prose, resolved, row } from "./schema.js";
import { trial } from "./trying.js";
import { words } from "./words.js";

/** The operations of a description, with what each needs to be shown. */
export function operationsOf(api) {
  return Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({
    ...operation, path, method: method.toUpperCase(), parameters: operation.parameters ?? [], topic: operation.tags[0],
    answers: Object.entries(operation.responses).map(([status, answer]) => [status, answer.$ref ? api.components.responses[answer.$ref.split("/").pop()] : answer]),
    words: [path, method, operation.summary, operation.description, operation.tags[0], operation.operationId].join(" ").toLowerCase(),
  })));
}

export const badge = (method) => make("span", { class: `method is-${method.toLowerCase()}` }, method);

/** An operation: a line that opens, and below it everything that there is to know, made when it is first looked at. */
export function operationView(operation, api) {
  const id = `${operation.operationId}-body`;
  const below = make("div", { class: "operation-body", id, hidden: true });
  const button = make("button", { class: "operation-line", type: "button", "aria-expanded": "false", "aria-controls": id, onclick: () => open(below.hidden) },
    badge(operation.method), make("code", {}, operation.path), make("span", { class: "summary" }, operation.summary));
  function open(isOpen) {
    if (isOpen && !below.childElementCount) below.append(...details(operation, api));
    below.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
  }
  const article = make("article", { class: "operation", id: operation.operationId }, make("h3", {}, button), below);
  article.openOperation = () => open(true);
  return article;
}

function details(operation, api) {
  const body = operation.requestBody;
  const contents = body?.content ?? {};
  const parts = [...prose(operation.description)];
  parts.push(make("p", {}, make("a", { href: `#${operation.operationId}` }, words.link)));
  if (operation.parameters.length) {
    parts.push(make("h4", {}, words.parameters), make("ul", { class: "members" }, ...operation.parameters.map((p) => row(`${p.name} (${p.in})`, p.schema, p.required, p.description))));
  }
  if (body) {
    parts.push(make("h4", {}, words.body), ...prose(body.description));
    for (const [type, content] of Object.entries(contents)) parts.push(make("p", {}, make("code", {}, type)), shown(content.schema, api));
  }
  parts.push(make("h4", {}, words.answers), ...operation.answers.map(([status, answer]) => answerView(status, answer, api)));
  parts.push(make("h4", {}, words.examples), example(sample(operation, contents)));
  parts.push(make("h4", {}, words.tryIt), trial(operation, contents));
  return parts;
}

/** A schema, or a link to it where it has a name. */
function shown(schema, api) {
  const { name } = resolved(schema, api);
  return name ? make("p", {}, make("a", { href: `#schema-${name}` }, name)) : members(schema);
}

function answerView(status, answer, api) {
  const forms = Object.entries(answer.content ?? {}).flatMap(([type, content]) => [
    make("p", {}, make("code", {}, type)), content["x-apus-events"] ? eventList(content["x-apus-events"], api) : shown(content.schema, api),
  ]);
  return make("details", { class: "answer" },
    make("summary", {}, make("strong", { class: status < 400 ? "ready" : "failed" }, status), " ", ...inline(answer.description)), ...forms);
}

const eventList = (events, api) => make("ul", { class: "members" }, ...events.map((event) => make("li", {},
  make("code", { class: "name" }, event.event || "data"), " ", ...inline(event.description), shown(event.schema, api))));

/** Lines to copy, in the language that was chosen last. */
function example(request) {
  const paper = make("pre", { tabindex: "0", "aria-label": words.examples });
  const choice = make("select", { "aria-label": words.languages, onchange: () => show(choice.value) }, ...languages.map((name) => make("option", { value: name }, name)));
  function show(name) {
    paper.textContent = makers[name](request);
    kept.set("docs-language", name === languages[0] ? null : name);
  }
  const chosen = kept.get("docs-language");
  choice.value = languages.includes(chosen) ? chosen : languages[0];
  show(choice.value);
  const copy = make("button", { class: "quiet small", type: "button", onclick: async () => announce(await copyText(paper.textContent) ? words.copied : words.notCopied) }, words.copy);
  return make("div", { class: "example" }, make("div", { class: "example-head" }, choice, copy), paper);
}
