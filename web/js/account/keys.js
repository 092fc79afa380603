import { make } from "../parts/dom.js";
import { plainName } from "../parts/names.js";
import { api } from "../server/api.js";
import { account, may } from "./session.js";
import { act, labelled, secret, section } from "./pieces.js";
import { text, when } from "../strings.js";
import { words } from "./words.js";

// Keys with which programs ask in one's own name.
const scopes = ["read", "ask", "write", "manage"];
const terms = [30, 90, 365];

export async function showKeys(place, again) {
  const { keys } = await api.keys();
  const name = make("input", { required: true, maxLength: 100, dir: "auto", autocomplete: "off" });
  const term = make("select", {}, ...terms.map((days) => make("option", { value: String(days), selected: days === 90 }, words.days(days))),
    make("option", { value: "" }, words.never));
  const boxes = scopes.filter(may).map((scope) => make("input", { type: "checkbox", value: scope, checked: ["read", "ask"].includes(scope) }));
  const made = make("div", {});
  const list = make("ul", { class: "entries" });
  const fill = (all) => list.replaceChildren(...all.map((key) => entry(key, again)));
  fill(keys);
  place.replaceChildren(
    make("p", { class: "muted" }, words.keysAre(account().workspace.name)), list,
    section(words.newKey, words.makeKey, async () => {
      const value = { name: plainName(name.value), scopes: boxes.filter((box) => box.checked).map((box) => box.value) };
      if (term.value) value.expiresInDays = Number(term.value);
      const { key } = await api.addKey(value);
      name.value = "";
      made.replaceChildren(secret(words.yourKey, key, words.shownOnce));
      made.querySelector("input").focus();
      fill((await api.keys()).keys);
    }, labelled(words.keyName, name),
    make("fieldset", {}, make("legend", {}, words.mayDo), ...boxes.map((box) => make("label", { class: "scope" }, box, " ", words.scopes[box.value]))),
    labelled(words.expires, term)), made);
}

const workspaceOf = (key) => account().workspaces.find((one) => one.id === key.workspace)?.name ?? key.workspace;

function entry(key, again) {
  const scopesOf = key.scopes.map((scope) => words.scopes[scope] ?? scope).join(", ");
  const facts = [scopesOf, workspaceOf(key), words.since(when(key.createdAt)), words.lastUsed(key.lastUsedAt && when(key.lastUsedAt)),
    key.expiresAt ? words.until(when(key.expiresAt)) : words.never].filter(Boolean).join(" · ");
  return make("li", {}, make("div", {}, make("strong", { dir: "auto" }, key.name), make("p", { class: "muted" }, facts)),
    make("button", { class: "quiet danger", type: "button", "aria-label": text.remove(key.name),
      onclick: act(() => api.deleteKey(key.id), again, { title: words.deleteKey(key.name), message: words.deleteKeyText, action: text.deleteAction }) }, text.deleteAction));
}
