import { $, kept, make } from "../parts/dom.js";
import { account, may } from "../account/session.js";
import { chooseModel, modelChoices } from "../chat/models.js";
import { toast } from "../parts/toast.js";
import { text } from "../strings.js";
import { choices, fact, row, savedMark } from "./fields.js";
import { showSettings } from "./view.js";
import { words } from "./words.js";

// What counts in this browser alone.
const mod = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

export function showGeneral() {
  const named = (names) => Object.entries(names);
  return [
    make("p", { class: "muted" }, kept.works() ? words.keptHere : words.notKept),
    language(),
    choices(words.theme, words.themeNote, named(text.themes), window.apusTheme.get(), window.apusTheme.set),
    choices(words.size, words.sizeNote, named(words.sizes), window.apusTheme.size(), window.apusTheme.setSize),
    choices(words.enter, words.enterNote(mod), named(words.enters), kept.get("enter") ?? "enter", (value) => kept.set("enter", value === "enter" ? null : value)),
    model(),
    motion(),
    make("div", { class: "setting" }, make("div", {}, make("button", { class: "quiet", type: "button", onclick: reset }, words.defaults))),
    make("section", { class: "setting", "aria-labelledby": "settings-programs" }, make("h2", { class: "setting-name", id: "settings-programs" }, words.programs), make("p", { class: "muted" }, words.programsNote),
      make("div", { class: "choices" }, make("a", { class: "quiet", href: "/docs" }, words.apiDescription),
        account() && may("read") ? make("button", { class: "quiet", type: "button", onclick: () => document.dispatchEvent(new CustomEvent("apus:open-account", { detail: "keys" })) }, words.keys) : null,
        make("button", { class: "quiet", type: "button", onclick: () => window.dispatchEvent(new KeyboardEvent("keydown", { key: "/", ctrlKey: true, metaKey: true })) }, words.shortcuts)))];
}

/** The languages that there are, each by its own name. */
function language() {
  const { names, chosen, automatic, choose } = window.apusLanguage;
  const select = make("select", { onchange: () => { choose(select.value || null); location.reload(); } }, make("option", { value: "", selected: !chosen }, words.byBrowser(names[automatic])),
    ...Object.entries(names).map(([code, name]) => make("option", { value: code, lang: code, selected: code === chosen }, name)));
  return row(words.language, words.languageNote, select);
}

/** The choice of models, as soon as it is known which there are. */
function model() {
  const place = make("div", {}, modelRow());
  const change = () => { if (place.isConnected) place.replaceChildren(modelRow()); else document.removeEventListener("apus:models", change); };
  document.addEventListener("apus:models", change);
  return place;
}

function modelRow() {
  const all = modelChoices();
  if (all.length < 2) return fact(words.model, words.modelNote, all.length ? words.oneModel(all[0].name) : words.noModels);
  const tick = savedMark();
  const select = make("select", { onchange: () => { chooseModel(select.value); tick.show(); } }, ...all.map(({ id, name, note, isChosen }) => make("option", { value: id, selected: isChosen }, note ? `${name} (${note})` : name)));
  const element = row(words.model, words.modelNote, select);
  element.append(tick.element);
  return element;
}

function motion() {
  const query = matchMedia("(prefers-reduced-motion: reduce)");
  const value = make("span", {}, words.motions(query.matches));
  const change = () => { if (value.isConnected) value.textContent = words.motions(query.matches); else query.removeEventListener("change", change); };
  query.addEventListener("change", change);
  return fact(words.motion, words.motionNote, value);
}

function reset() {
  window.apusTheme.set("system");
  window.apusTheme.setSize("normal");
  kept.set("enter", null);
  const standard = modelChoices().find((one) => one.note === text.standardModel);
  if (standard) chooseModel(standard.id);
  showSettings("general");
  toast(words.defaultsDone);
  $("title").focus();
}
