import { $, ask, icon, iconButton, make } from "../parts/dom.js";
import { api } from "../server/api.js";
import { allDocuments, hasRead, lasting, refreshDocuments } from "./documents.js";
import { call } from "../server/http.js";
import { words as said } from "./words.js";
import { narrowTo } from "../chat/scope.js";
import { isPanelOpen, leavePanel } from "../reading/panelstate.js";
import { complain, toast } from "../parts/toast.js";
import { shortDate, size, text, typeOf, when } from "../strings.js";

// The documents as a table: searched, sorted, filtered, several chosen.
const step = 200;
// What another try cannot change: the file itself is the reason.
const final = ["password_protected", "no_text", "damaged", "too_complex", "unsupported"];
const columns = [
  { id: "name", label: text.columnName, value: (d) => d.name.toLowerCase() }, { id: "pages", label: text.columnPages, value: (d) => d.pages ?? -1, isNumber: true },
  { id: "passages", label: text.columnPassages, value: (d) => d.passages ?? -1, isNumber: true }, { id: "bytes", label: text.columnSize, value: (d) => d.bytes, isNumber: true },
  { id: "createdAt", label: text.columnAdded, value: (d) => d.createdAt }, { id: "status", label: text.columnState, value: (d) => d.status }];
const order = { by: "createdAt", isUp: false };
// An app of an earlier version says none.
const tagsOf = (item) => item.tags ?? [];
const chosen = new Set();
let words = "";
let status = "all";
let tag = "";
let limit = step;
let go = () => {};
let rows = new Map();

/** Sets the table up. `navigate` opens an address. */
export function setUpLibrary(navigate) {
  go = navigate;
  const filter = make("input", { type: "search", id: "library-search", placeholder: text.filterDocuments, "aria-label": text.filterDocuments, maxlength: "200", dir: "auto", oninput: () => { words = filter.value.trim().toLowerCase(); limit = step; show(); } });
  const states = make("select", { id: "library-state", "aria-label": text.columnState, onchange: () => { status = states.value; show(); } },
    ...Object.entries(text.stateFilters).map(([value, label]) => new Option(label, value)));
  const tags = make("select", { id: "library-tag", "aria-label": said.byTag, hidden: true, onchange: () => { tag = tags.value; limit = step; show(); } });
  const all = make("input", { type: "checkbox", id: "choose-all", "aria-label": text.chooseAll, onchange: () => {
    for (const item of visible()) if (all.checked) chosen.add(item.id); else chosen.delete(item.id);
    show();
  } });
  const head = make("tr", {}, make("th", { scope: "col", class: "choose" }, all), ...columns.map((column) => make("th", { scope: "col", class: `col-${column.id}${column.isNumber ? " number" : ""}`, "data-by": column.id },
    make("button", { class: "plain small", type: "button", onclick: () => { order.isUp = order.by === column.id ? !order.isUp : column.id === "name"; order.by = column.id; show(); } }, column.label, icon("down", { small: true })))),
  make("th", { scope: "col" }, make("span", { class: "visually-hidden" }, text.actions)));
  $("library").replaceChildren(
    make("div", { class: "library-tools", id: "library-tools" }, filter, tags, states),
    make("div", { class: "chosen-bar", id: "chosen-bar", hidden: true }, make("span", { id: "chosen-count", role: "status" }),
      make("button", { class: "quiet small", type: "button", onclick: askAbout }, text.askAboutThese),
      make("button", { class: "quiet small danger needs-write", type: "button", onclick: () => remove(picked()) }, text.deleteChosen),
      make("button", { class: "plain small", type: "button", onclick: () => { chosen.clear(); show(); } }, text.chooseNone)),
    make("table", { class: "documents", id: "documents-table" }, make("caption", { class: "visually-hidden" }, text.documents), make("thead", {}, head), make("tbody", { id: "documents" })),
    make("p", { class: "muted none", id: "documents-none", hidden: true }, text.noMatch),
    make("button", { class: "quiet wide", id: "more-documents", type: "button", onclick: () => { limit += step; show(); } }, text.more));
  document.addEventListener("apus:documents", show);
  show();
}

// What is out of sight is not meant.
const picked = () => visible().filter((item) => chosen.has(item.id));
// What is not searched any more is neither ready nor anything else that is waited for.
const stateGroup = (item) => (item.supersededAt ? "old" : ["ready", "failed"].includes(item.status) ? item.status : "reading");

function visible() {
  const { value } = columns.find((column) => column.id === order.by);
  const sign = order.isUp ? 1 : -1;
  return allDocuments().filter((item) => (!words || [item.name.toLowerCase(), ...tagsOf(item)].some((one) => one.includes(words))) && (!tag || tagsOf(item).includes(tag)) && (status === "all" || stateGroup(item) === status))
    .sort((a, b) => { const [one, two] = [value(a), value(b)]; return sign * (typeof one === "string" ? one.localeCompare(two, undefined, { numeric: true }) : one - two); });
}

/** Which tags there are to choose by. */
function showTags() {
  const known = [...new Set(allDocuments().flatMap(tagsOf))].sort((a, b) => a.localeCompare(b));
  if (!known.includes(tag)) tag = "";
  const box = $("library-tag");
  box.hidden = !known.length;
  box.replaceChildren(new Option(said.allTags, ""), ...known.map((one) => new Option(one, one)));
  box.value = tag;
}

function show() {
  showTags();
  const items = visible();
  const known = new Set(allDocuments().map((item) => item.id));
  for (const id of chosen) if (!known.has(id)) chosen.delete(id);
  const next = new Map();
  for (const item of items.slice(0, limit)) {
    const print = JSON.stringify(item);
    const old = rows.get(item.id);
    next.set(item.id, old?.print === print ? old : { print, element: row(item) });
  }
  const focused = document.activeElement;
  const place = $("documents");
  const elements = [...next.values()].map((one) => one.element);
  if (elements.length !== place.children.length || elements.some((element, index) => element !== place.children[index])) place.replaceChildren(...elements);
  if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
  rows = next;
  for (const [id, { element }] of rows) { element.querySelector("input").checked = chosen.has(id); element.classList.toggle("is-chosen", chosen.has(id)); }
  for (const head of $("documents-table").querySelectorAll("th[data-by]")) {
    if (head.dataset.by === order.by) head.setAttribute("aria-sort", order.isUp ? "ascending" : "descending"); else head.removeAttribute("aria-sort");
  }
  const isEmpty = !allDocuments().length;
  $("library-tools").hidden = isEmpty;
  $("documents-table").hidden = !items.length;
  $("documents-none").hidden = isEmpty || Boolean(items.length) || !hasRead();
  $("more-documents").hidden = items.length <= limit;
  const count = picked().length;
  $("chosen-bar").hidden = !count;
  $("chosen-count").textContent = text.chosenCount(count);
  const box = $("choose-all");
  box.checked = Boolean(items.length) && items.every((item) => chosen.has(item.id));
  box.indeterminate = !box.checked && count > 0;
}

function row(item) {
  const isReady = item.status === "ready";
  const state = item.supersededAt ? make("span", { class: "state-word muted" }, said.notSearched) : make("span", { class: `state-word ${isReady ? "ready" : item.status === "failed" ? "failed" : "muted"}` },
    isReady ? icon("check", { small: true }) : item.status === "failed" ? icon("warning", { small: true }) : make("span", { class: "spinner", "aria-hidden": "true" }), text.states[item.status]);
  const open = async (event) => (await import("../reading/panel.js")).openSource({ documentId: item.id, name: item.name }, event.currentTarget ?? event.target);
  const name = isReady ? make("button", { class: "name", type: "button", dir: "auto", title: item.name, onclick: (event) => open(event) }, item.name) : make("span", { class: "name", dir: "auto", title: item.name }, item.name);
  const box = make("input", { type: "checkbox", "aria-label": text.choose(item.name), onchange: () => { if (box.checked) chosen.add(item.id); else chosen.delete(item.id); show(); } });
  const number = (value) => make("td", { class: "number wide-only" }, value ?? "");
  const canRetry = item.status === "failed" && !final.includes(item.error?.code);
  return make("tr", { class: "document", "data-id": item.id },
    make("td", { class: "choose" }, box),
    make("td", { class: "col-name" }, make("div", { class: "named" }, make("span", { class: `type type-${typeOf(item.name).toLowerCase()}`, "aria-hidden": "true" }, typeOf(item.name)),
      make("div", {}, name, version(item), tagsOf(item).length ? make("p", { class: "tags", "aria-label": said.tagged(item.tags) }, ...item.tags.map((one) => make("span", { class: "tag" }, one))) : null, make("p", { class: "muted facts" }, text.shortFacts(item)), item.error ? make("p", { class: "reason" }, item.error.detail) : null))),
    number(item.pages), number(item.passages), number(size(item.bytes)), make("td", { class: "wide-only when", title: when(item.createdAt) }, shortDate(item.createdAt)), make("td", { class: "col-status" }, state),
    make("td", { class: "row-actions needs-write" }, canRetry ? iconButton("again", text.retryOf(item.name), () => retry(item)) : null,
      iconButton("edit", said.describe(item.name), async (event) => { const { currentTarget: from } = event; (await import("./facts.js")).describe(item, from); }), iconButton("trash", text.remove(item.name), () => remove([item]), { class: "icon small danger" })));
}

/** Which version it is, where there are others. */
function version(item) {
  if (!item.versionOf && !item.supersededAt) return null;
  return make("button", { class: "chip version", type: "button", "aria-label": said.showVersions(item.name, item.version), onclick: async (event) => {
    const { currentTarget: from } = event;
    (await import("./versions.js")).showVersions(item, from);
  } }, said.versionShort(item.version));
}

async function retry(item) {
  try { await api.retry(item.id); } catch (problem) { complain(problem); }
  refreshDocuments();
}

function askAbout() {
  const ids = picked().filter((item) => stateGroup(item) === "ready").map(lasting);
  if (!ids.length) return toast(text.noneReady);
  go("/");
  narrowTo(ids);
  chosen.clear();
  $("message").focus();
}

/** Deletes after a word, and says what went with it. */
async function remove(items) {
  const [first] = items;
  if (!first) return;
  const isOne = items.length === 1;
  const passages = items.reduce((sum, item) => sum + (item.passages ?? 0), 0);
  // One that is not searched yet goes by itself, and leaves the version that is.
  const isWhole = (item) => item.status === "ready" && Boolean(item.versionOf || item.supersededAt);
  const isSure = await ask({ title: isOne ? text.deleteDocument(first.name) : text.deleteDocuments(items.length), message: `${text.deleteDocumentText(passages, items.length)}${items.some(isWhole) ? ` ${said.andEarlier}` : ""}`, action: text.deleteAction, danger: true });
  if (!isSure) return;
  const sum = { passages: 0 };
  let count = 0;
  for (const item of items) {
    try {
      const receipt = await call(`/api/documents/${item.id}${isWhole(item) ? "?versions=all" : ""}`, { method: "DELETE" });
      sum.passages += receipt.passages;
      count += 1;
      chosen.delete(item.id);
    } catch (problem) { complain(problem); }
  }
  // It may be one of them that is shown.
  if (count && isPanelOpen()) leavePanel();
  if (count) toast(text.deleted(isOne ? first.name : text.documentCount(count), sum), { seconds: 10 });
  await refreshDocuments();
  ($("documents").querySelector("button") ?? $("title")).focus();
}
