import { ask, make } from "../parts/dom.js";
import { plainName } from "../parts/names.js";
import { api } from "../server/api.js";
import { account, change, may } from "./session.js";
import { act, labelled, secret, section } from "./pieces.js";
import { complain } from "../parts/toast.js";
import { text } from "../strings.js";
import { words } from "./words.js";

// Who belongs to the workspace, and, for administrators, everybody that there is.
const roles = ["reader", "editor", "owner"];
const nameOf = (person) => person.name || person.login;

const roleChoice = (chosen, properties = {}) =>
  make("select", properties, ...roles.map((role) => make("option", { value: role, selected: role === chosen }, words.roles[role])));

export async function showMembers(place, again) {
  const { workspace } = account();
  const members = await api.members(workspace.id);
  const mayChange = may("manage");
  place.replaceChildren(
    make("h3", { dir: "auto" }, workspace.name),
    make("ul", { class: "entries" }, ...members.map((member) => make("li", {},
      make("div", {}, make("strong", { dir: "auto" }, nameOf(member)), make("p", { class: "muted", dir: "auto" }, [member.login, member.active === false ? words.deactivated : ""].filter(Boolean).join(" · "))),
      mayChange ? roleChoice(member.role, { "aria-label": words.roleOf(nameOf(member)),
        onchange: (event) => act(() => api.setMember(workspace.id, member.id, event.target.value), again)() }) : make("span", { class: "muted" }, words.roles[member.role]),
      mayChange ? make("button", { class: "quiet danger", type: "button", "aria-label": words.removeMember(nameOf(member)),
        onclick: act(() => api.removeMember(workspace.id, member.id), again, { title: words.removeMember(nameOf(member)), message: words.removeMemberText, action: words.takeOut }) }, words.takeOut) : null))));
  if (may("administer")) place.append(await adding(workspace, members, again));
  if (mayChange) place.append(make("div", { class: "buttons" },
    make("button", { class: "quiet", type: "button", onclick: () => rename(workspace, again) }, words.renameWorkspace),
    may("administer") ? make("button", { class: "quiet", type: "button", onclick: () => found(again) }, words.newWorkspace) : null));
}

async function adding(workspace, members, again) {
  const inside = new Set(members.map((member) => member.id));
  const others = (await api.people()).filter((person) => !inside.has(person.id) && person.active);
  if (!others.length) return make("p", { class: "muted" }, words.everybodyIsIn);
  const who = make("select", {}, ...others.map((person) => make("option", { value: person.id }, nameOf(person))));
  const role = roleChoice("reader");
  return section(words.addMember, words.add, async () => {
    await api.setMember(workspace.id, who.value, role.value);
    await again();
  }, labelled(words.person, who), labelled(words.role, role));
}

async function rename(workspace, again) {
  const name = plainName(await ask({ title: words.renameWorkspace, value: workspace.name, action: text.save }) ?? "");
  if (name && name !== workspace.name) act(async () => { await api.renameWorkspace(workspace.id, name); await change({ workspace: workspace.id }); }, again)();
}

async function found(again) {
  const name = plainName(await ask({ title: words.newWorkspace, value: "", action: words.makeIt }) ?? "");
  if (name) act(async () => { await change({ workspace: (await api.addWorkspace(name)).id }); }, again)();
}

export async function showPeople(place, again) {
  const people = await api.people();
  const made = make("div", {});
  const show = (link, name, note) => {
    made.replaceChildren(secret(words.linkFor(name), absolute(link), note));
    made.querySelector("input").focus();
  };
  const list = make("ul", { class: "entries" });
  const fill = (all) => list.replaceChildren(...all.map((person) => entry(person, again, show)));
  fill(people);
  const login = make("input", { required: true, maxLength: 200, dir: "auto", autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const name = make("input", { maxLength: 200, dir: "auto", autocomplete: "off" });
  const role = roleChoice("reader");
  const administrator = make("input", { type: "checkbox" });
  const { workspace } = account();
  place.replaceChildren(list, made,
    section(words.invite, words.makeLink, async () => {
      const value = { login: plainName(login.value), administrator: administrator.checked, workspaces: [{ id: workspace.id, role: role.value }] };
      if (plainName(name.value)) value.name = plainName(name.value);
      const { link } = await api.invite(value);
      show(link, value.name ?? value.login, words.inviteNote);
      login.value = "";
      name.value = "";
      fill(await api.people());
    }, labelled(words.loginName, login), labelled(words.theirName, name), labelled(words.roleIn(workspace.name), role),
    make("label", { class: "scope" }, administrator, " ", words.administratorToo)));
}

function entry(person, again, show) {
  const name = nameOf(person);
  const isMe = person.id === account().person.id;
  const state = [person.login, person.administrator ? words.administrator : "", person.active ? "" : words.deactivated, person.hasPassword === false && !person.hasIdentity ? words.invited : ""].filter(Boolean).join(" · ");
  const button = (label, action, properties = {}) => make("button", { class: "quiet", type: "button", "aria-label": `${label}: ${name}`, onclick: action, ...properties }, label);
  const reset = async () => {
    try { show((await api.resetPerson(person.id)).link, name, words.resetNote); } catch (problem) { complain(problem); }
  };
  return make("li", {}, make("div", {}, make("strong", { dir: "auto" }, name), make("p", { class: "muted", dir: "auto" }, state)),
    make("div", { class: "buttons" },
      person.active ? button(words.resetLink, reset) : null,
      isMe ? null : button(person.administrator ? words.demote : words.promote, act(() => api.setPerson(person.id, { administrator: !person.administrator }), again)),
      isMe ? null : button(person.active ? words.deactivate : words.activate, act(() => api.setPerson(person.id, { active: !person.active }), again,
        person.active ? { title: words.deactivateTitle(name), message: words.deactivateText, action: words.deactivate } : null)),
      isMe || person.active ? null : button(text.deleteAction, act(() => api.deletePerson(person.id), again,
        { title: words.deletePerson(name), message: words.deletePersonText, action: text.deleteAction }), { class: "quiet danger" })));
}

/** Links of a server that does not know its address begin with a slash. */
const absolute = (link) => new URL(link, location.origin).href;
