import { ask, make } from "../parts/dom.js";
import { account, change, may } from "../account/session.js";
import { plainName } from "../parts/names.js";
import { api } from "../server/api.js";
import { field, form, numberIn } from "./fields.js";
import { words } from "./words.js";

// What an owner decides for a workspace.
const [least, most] = [1, 36500];
const longestName = 200;

export function showWorkspace() {
  if (!account()) return [make("p", {}, words.withoutSignIn)];
  if (!may("manage")) return [make("p", {}, words.ownersOnly)];
  const { workspace } = account();
  const before = shown(workspace);
  const days = (name) => make("input", { type: "number", min: String(least), max: String(most), step: "1", inputmode: "numeric", value: String(workspace[name] ?? "") });
  const readDays = (input) => numberIn(input, least, most, true, words.daysRule(least, most));
  const fields = [
    field("name", words.name, words.nameNote, make("input", { value: workspace.name, maxLength: longestName, dir: "auto", autocomplete: "off" }), (input) => {
      const name = plainName(input.value);
      if (!name) throw new Error(words.nameMissing);
      return name;
    }),
    field("keepChatsDays", words.keepChats, `${words.keepChatsNote} ${words.daysRule(least, most)}`, days("keepChatsDays"), readDays),
    field("keepDocumentsDays", words.keepDocuments, `${words.keepDocumentsNote} ${words.daysRule(least, most)}`, days("keepDocumentsDays"), readDays),
    field("publicLinks", words.publicLinks, words.publicLinksNote, make("input", { type: "checkbox", checked: workspace.publicLinks === true }), (input) => input.checked)];
  return [make("h2", { dir: "auto" }, words.workspaceTitle(workspace.name)), form(words.parts.workspace, fields, (values) => save(workspace, before, values)),
    make("section", { class: "setting", "aria-labelledby": "settings-readers" }, make("h2", { class: "setting-name", id: "settings-readers" }, words.whoReads), make("p", { class: "muted" }, words.whoReadsNote),
      make("div", {}, make("button", { class: "quiet", type: "button", onclick: () => document.dispatchEvent(new CustomEvent("apus:open-account", { detail: "members" })) }, words.members)))];
}

/** What the fields show of a workspace. */
const shown = (workspace) => ({ name: workspace.name, keepChatsDays: workspace.keepChatsDays ?? null, keepDocumentsDays: workspace.keepDocumentsDays ?? null, publicLinks: workspace.publicLinks === true });

/** Sends what differs from what was shown alone: two owners who change different things do not undo each other. */
async function save(workspace, before, values) {
  const changed = Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== before[name]));
  if (!Object.keys(changed).length) return words.nothingChanged;
  const shorter = (name) => (changed[name] && (!before[name] || changed[name] < before[name]) ? changed[name] : null);
  const removed = words.removes(shorter("keepChatsDays"), shorter("keepDocumentsDays"));
  if (removed && !await ask({ title: words.removesTitle, message: removed, action: words.removesAction, danger: true })) throw new Error(words.notSaved);
  await api.changeWorkspace(workspace.id, changed);
  Object.assign(before, changed);
  // What everybody's page says of the workspace is read anew.
  await change({ workspace: workspace.id });
  document.querySelector(".settings-part h2")?.replaceChildren(words.workspaceTitle(values.name));
  return undefined;
}
