import { $, make } from "../parts/dom.js";
import { badge, operationsOf, operationView } from "./operation.js";
import { members, prose } from "./schema.js";
import { words } from "./words.js";

// The description of the API, made readable. It is the file that programs read, and nothing beside it.
async function start() {
  const response = await fetch("/openapi.json").catch(() => null);
  const api = response?.ok ? await response.json().catch(() => null) : null;
  if (!api) {
    $("state").textContent = words.unreachable;
    return;
  }
  $("state").remove();
  $("about").append(...prose(api.info.description));
  const operations = operationsOf(api);
  showRoutes(api, operations);
  showSchemas(api);
  showProblems(api);
  prepareFinding(operations);
  addEventListener("hashchange", followAddress);
  followAddress();
}

function showRoutes(api, operations) {
  for (const topic of api.tags) {
    const own = operations.filter((operation) => operation.topic === topic.name);
    const id = `topic-${topic.name.toLowerCase().replaceAll(" ", "-")}`;
    for (const operation of own) operation.view = operationView(operation, api);
    $("routes").append(make("section", { class: "topic", "aria-labelledby": id }, make("h2", { id }, topic.name), ...prose(topic.description), ...own.map((o) => o.view)));
    for (const operation of own) {
      operation.entry = make("li", {}, make("a", { href: `#${operation.operationId}` }, badge(operation.method), make("span", {}, operation.summary)));
    }
    $("index").append(make("details", { open: matchMedia("(min-width: 1024px)").matches }, make("summary", {}, topic.name), make("ul", {}, ...own.map((o) => o.entry))));
  }
}

function showSchemas(api) {
  const views = Object.entries(api.components.schemas).map(([name, schema]) => {
    const view = make("details", { class: "schema", id: `schema-${name}`, ontoggle: () => {
      if (view.open && view.childElementCount === 1) view.append(...prose(schema.description), members(schema));
    } }, make("summary", {}, make("code", {}, name)));
    return view;
  });
  $("schemas").append(...views);
  $("schemas").hidden = false;
}

function showProblems(api) {
  const entries = api["x-apus-problems"].map((problem) => make("li", {}, make("a", { href: problem.type }, problem.title), ` ${problem.status}`));
  $("problem-list").append(...entries);
  $("problems").hidden = false;
}

/** Hides what has not all the words, or another method. */
function prepareFinding(operations) {
  const methods = [...new Set(operations.map((operation) => operation.method))];
  $("method").append(make("option", { value: "" }, words.methods), ...methods.map((method) => make("option", { value: method }, method)));
  const find = () => {
    const wanted = $("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const method = $("method").value;
    let count = 0;
    for (const operation of operations) {
      const isFound = (!method || operation.method === method) && wanted.every((word) => operation.words.includes(word));
      operation.view.hidden = operation.entry.hidden = !isFound;
      count += isFound;
    }
    for (const group of document.querySelectorAll(".topic, #index details")) group.hidden = !group.querySelector(".operation:not([hidden]), li:not([hidden])");
    if (wanted.length) for (const group of $("index").children) group.open = true;
    $("found").textContent = count ? words.found(count) : words.nothing;
  };
  $("find").addEventListener("input", find);
  $("method").addEventListener("change", find);
  find();
}

/** Opens what the address names, and goes there. */
function followAddress() {
  const target = $(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.openOperation) target.openOperation();
  if (target.tagName === "DETAILS") target.open = true;
  target.scrollIntoView();
  target.querySelector("button, summary")?.focus({ preventScroll: true });
}

start();
