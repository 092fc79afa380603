import { make } from "../parts/dom.js";
import { api } from "../server/api.js";
import { account, may } from "./session.js";
import { act, labelled, secret, section } from "./pieces.js";
import { text, when } from "../strings.js";

// Keys with which programs ask in one's own name.
const scopes = ["read", "ask", "write", "manage"];
const terms = [30, 90, 365];

export async function showKeys(place, again) {
  const { keys } = await api.keys();
  const name = make("input", { required: true, maxLength: 100, dir: "auto", autocomplete: "off" });
  const term = make("select", {}, ...terms.map((days) => make("option", { value: String(days), selected: days === 90 }, text.days(days))),
    make("option", { value: "" }, text.never));
  const boxes = scopes.filter(may).map((scope) => make("input", { type: "checkbox", value: scope, checked: ["read", "ask"].includes(scope) }));
  const made = make("div", {});
  const list = make("ul", { class: "entries" });
  const fill = (all) => list.replaceChildren(...all.map((key) => entry(key, again)));
  fill(keys);
  place.replaceChildren(
    make("p", { class: "muted" }, text.keysAre(account().workspace.name)), list,
    section(text.newKey, text.makeKey, async () => {
      const value = { name: name.value.trim(), scopes: boxes.filter((box) => box.checked).map((box) => box.value) };
      if (term.value) value.expiresInDays = Number(term.value);
      const { key } = await api.addKey(value);
      name.value = "";
      made.replaceChildren(secret(text.yourKey, key, text.shownOnce));
      made.querySelector("input").focus();
      fill((await api.keys()).keys);
    }, labelled(text.keyName, name),
    make("fieldset", {}, make("legend", {}, text.mayDo), ...boxes.map((box) => make("label", { class: "scope" }, box, " ", text.scopes[box.value]))),
    labelled(text.expires, term)), made);
}

const workspaceOf = (key) => account().workspaces.find((one) => one.id === key.workspace)?.name ?? key.workspace;

function entry(key, again) {
  const scopesOf = key.scopes.map((scope) => text.scopes[scope] ?? scope).join(", ");
  const facts = [scopesOf, workspaceOf(key), text.since(when(key.createdAt)), text.lastUsed(key.lastUsedAt && when(key.lastUsedAt)),
    key.expiresAt ? text.until(when(key.expiresAt)) : text.never].filter(Boolean).join(" · ");
  return make("li", {}, make("div", {}, make("strong", { dir: "auto" }, key.name), make("p", { class: "muted" }, facts)),
    make("button", { class: "quiet danger", type: "button", "aria-label": text.remove(key.name),
      onclick: act(() => api.deleteKey(key.id), again, { title: text.deleteKey(key.name), message: text.deleteKeyText, action: text.deleteAction }) }, text.deleteAction));
}
