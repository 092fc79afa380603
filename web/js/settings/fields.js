import { announce, icon, make } from "../parts/dom.js";
import { text } from "../strings.js";
import { words } from "./words.js";

// What settings are made of: a field with its meaning below it and its fault beside it, choices that count at once, forms that are saved.
let made = 0;
const nextId = (name) => `setting-${name}-${made += 1}`;

/** One of several, which counts at once; `options` are `[value, label]`, and `set` is told of the one that is chosen. */
export function choices(label, note, options, chosen, set) {
  const id = nextId("choice");
  const tick = savedMark();
  return make("fieldset", { class: "setting", "aria-describedby": `${id}-note` }, make("legend", {}, label), make("p", { class: "muted", id: `${id}-note` }, note),
    make("div", { class: "segments" }, ...options.map(([value, name]) => make("label", {},
      make("input", { type: "radio", name: id, value, checked: value === chosen, onchange: () => { set(value); tick.show(); } }), make("span", {}, name)))), tick.element);
}

/** A row with a control of any kind. */
export function row(label, note, control) {
  const id = nextId("row");
  control.id ||= id;
  control.setAttribute("aria-describedby", `${id}-note`);
  return make("div", { class: "setting" }, make("label", { class: "setting-name", for: control.id }, label), make("p", { class: "muted", id: `${id}-note` }, note), make("div", {}, control));
}

/** A row that says what is so, and cannot be changed here. */
export const fact = (label, note, ...value) => make("div", { class: "setting" }, make("h2", { class: "setting-name" }, label), make("p", { class: "muted" }, note), make("p", {}, ...value));

/** What says that a choice was kept, for a while. */
export function savedMark() {
  const element = make("p", { class: "tick ready", hidden: true }, icon("check", { small: true }), words.saved);
  let timer = 0;
  return { element, show() {
    element.hidden = false;
    announce(words.saved);
    clearTimeout(timer);
    timer = setTimeout(() => { element.hidden = true; }, 4000);
  } };
}

/** A field of a form. `read` gives its value or throws an error that says what is wrong and what is right. */
export function field(name, label, note, input, read) {
  const id = nextId(name);
  const fault = make("p", { class: "danger fault", id: `${id}-fault`, hidden: true });
  input.id = id;
  input.setAttribute("aria-describedby", `${id}-note ${id}-fault`);
  const isBox = input.type === "checkbox";
  const title = make("label", { class: isBox ? "scope" : "setting-name", for: id }, ...(isBox ? [input, " ", label] : [label]));
  const element = make("div", { class: "setting" }, title, make("p", { class: "muted", id: `${id}-note` }, note), isBox ? null : make("div", {}, input), fault);
  const one = {
    name, input, element, read,
    fail(message) {
      fault.textContent = message;
      fault.hidden = !message;
      if (message) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
    },
  };
  input.addEventListener("input", () => one.fail(""));
  return one;
}

/**
 * A form with one button. `save` gets the fields' values by name, and resolves to what to say, or to nothing when it was saved. What the
 * server says of a field stands beside that field.
 */
export function form(title, fields, save, ...more) {
  const result = make("p", { class: "result", role: "status" });
  const button = make("button", { class: "primary", type: "submit" }, text.save);
  const say = (message, className) => { result.textContent = message; result.className = `result ${className}`; };
  const values = () => {
    const read = {};
    let first = null;
    for (const one of fields) {
      one.fail("");
      try { read[one.name] = one.read(one.input); } catch (fault) { one.fail(fault.message); first ??= one; }
    }
    first?.input.focus();
    return first ? null : read;
  };
  return make("form", { class: "settings-form", "aria-label": title, novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    say("", "");
    const read = values();
    if (!read) return say(words.notSaved, "danger");
    button.disabled = true;
    try {
      say(await save(read) ?? words.saved, "ready");
    } catch (problem) {
      const named = (problem.fields ?? []).map(({ field: path, detail }) => [fields.find((one) => one.name === path.split(/[./]/).at(-1)), detail]);
      for (const [one, detail] of named) one?.fail(detail);
      const rest = named.filter(([one]) => !one).map(([, detail]) => detail);
      say([named.length && !rest.length ? words.notSaved : problem.message, ...rest].join(" "), "danger");
      named.find(([one]) => one)?.[0].input.focus();
    } finally { button.disabled = false; }
  } }, ...fields.map((one) => one.element), ...more, make("div", { class: "save" }, button, result));
}

/** A number of a field: null for nothing. Throws `rule` for what is none in these bounds. */
export function numberIn(input, least, most, isWhole, rule) {
  // What is no number is not told apart from nothing, but for this.
  if (input.validity.badInput) throw new Error(rule);
  if (!input.value.trim()) return null;
  const value = Number(input.value);
  if (!Number.isFinite(value) || value < least || value > most || (isWhole && !Number.isInteger(value))) throw new Error(rule);
  return value;
}
