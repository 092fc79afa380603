import { $, announce, icon, make } from "../parts/dom.js";
import { plainName } from "../parts/names.js";
import { api } from "../server/api.js";
import { account, change, may, signOut } from "./session.js";
import { act, labelled, section } from "./pieces.js";
import { showKeys } from "./keys.js";
import { showMembers, showPeople } from "./people.js";
import { complain } from "../parts/toast.js";
import { text, when } from "../strings.js";
import { words } from "./words.js";

// The button with one's name, and what is behind it: oneself, sessions, keys, members of the workspace, people.
const views = [
  { name: "you", show: showYou, may: () => true },
  { name: "sessions", show: showSessions, may: () => true },
  { name: "keys", show: showKeys, may: () => may("read") },
  { name: "members", show: showMembers, may: () => may("read") },
  { name: "people", show: showPeople, may: () => may("administer") },
];
let chosen = "you";

/** Shows the button, and the choice of workspaces where there is one. */
export function setUpAccount() {
  const enter = (view) => { $("account").showModal(); open(view); };
  $("account-open").addEventListener("click", () => enter("you"));
  document.addEventListener("apus:open-account", (event) => enter(event.detail));
  $("account-close").addEventListener("click", () => $("account").close());
  $("workspace").addEventListener("change", () => move($("workspace").value));
  document.addEventListener("apus:account", show);
  show();
}

async function move(id) {
  try {
    await change({ workspace: id });
    announce(words.movedTo(account().workspace.name));
  } catch (problem) {
    complain(problem);
    show();
  }
}

function show(event) {
  const { person, workspace, workspaces } = account();
  $("account-open").hidden = !person;
  if (!person) return;
  const name = person.name || person.login;
  $("account-open").replaceChildren(icon("person"), make("span", { class: "who", dir: "auto" }, name));
  $("account-open").setAttribute("aria-label", words.accountOf(name));
  $("workspace").replaceChildren(...workspaces.map((one) => make("option", { value: one.id, selected: one.id === workspace?.id }, one.name)));
  $("workspace-row").hidden = workspaces.length < 2;
  // What was just changed in the same workspace is on show already.
  if ($("account").open && event?.detail.isMoved) open(chosen);
}

function open(name) {
  const shown = views.filter((view) => view.may());
  const view = shown.find((one) => one.name === name) ?? shown[0];
  chosen = view.name;
  const tabs = shown.map((one) => make("button", {
    type: "button", role: "tab", id: `tab-${one.name}`, "aria-controls": "account-view", "aria-selected": String(one === view),
    tabIndex: one === view ? 0 : -1, onclick: () => { open(one.name); $(`tab-${one.name}`).focus(); },
    onkeydown: (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = shown[(shown.indexOf(one) + step + shown.length) % shown.length].name;
      open(next);
      $(`tab-${next}`).focus();
    },
  }, words.accountViews[one.name]));
  $("account-tabs").replaceChildren(...tabs);
  $("account-view").setAttribute("aria-labelledby", `tab-${view.name}`);
  draw(view);
}

/** Draws a view; one that could not be read says why. */
async function draw(view) {
  const place = make("div", { class: "stack" }, make("p", { class: "muted" }, text.oneMoment));
  $("account-view").replaceChildren(place);
  try {
    await view.show(place, () => (chosen === view.name ? draw(view) : null));
  } catch (problem) {
    place.replaceChildren(make("p", { class: "danger" }, problem.message));
    announce(problem.message, true);
  }
}

function showYou(place) {
  const { person, administrator, workspace } = account();
  const name = make("input", { value: person.name ?? "", maxLength: 200, dir: "auto", autocomplete: "name" });
  const old = make("input", { type: "password", autocomplete: "current-password", maxLength: 1024 });
  const fresh = make("input", { type: "password", autocomplete: "new-password", maxLength: 1024 });
  const again = make("input", { type: "password", autocomplete: "new-password", maxLength: 1024 });
  place.replaceChildren(
    make("p", { class: "muted", dir: "auto" }, words.youAre(person.login, administrator ? words.administrator : words.roles[workspace?.role], workspace?.name)),
    section(words.yourName, text.save, () => change({ name: plainName(name.value) }), labelled(words.yourName, name)),
    ...(person.hasPassword === false ? [] : [section(words.changePassword, words.setPassword, async () => {
      if (fresh.value !== again.value) throw new Error(words.passwordsDiffer);
      await change({ password: { old: old.value, new: fresh.value } });
    }, labelled(words.oldPassword, old), labelled(words.newPassword, fresh), labelled(words.passwordAgain, again))]),
    make("div", { class: "choices" }, make("a", { class: "quiet", href: "/settings" }, icon("settings", { small: true }), text.settings),
      make("button", { class: "quiet", type: "button", onclick: async () => {
        try { await signOut(); } catch (problem) { complain(problem); }
      } }, words.signOut)));
}

async function showSessions(place, again) {
  const { sessions } = await api.sessions();
  const others = sessions.filter((session) => !session.current);
  place.replaceChildren(
    make("ul", { class: "entries" }, ...sessions.map((session) => make("li", {},
      make("div", {}, make("strong", {}, browserOf(session.userAgent)), session.current ? ` · ${words.thisSession}` : "",
        make("p", { class: "muted" }, [words.since(when(session.createdAt)), words.lastUsed(session.lastUsedAt && when(session.lastUsedAt)), session.address].filter(Boolean).join(" · "))),
      session.current ? null : make("button", { class: "quiet", type: "button", onclick: act(() => api.endSession(session.id), again) }, words.endSession)))),
    others.length ? make("button", { class: "quiet", type: "button", onclick: act(() => api.endOtherSessions(), again) }, words.endOthers) : make("p", { class: "muted" }, words.noOthers));
}

/** What a browser calls itself, in two words. */
function browserOf(agent) {
  const known = [["Firefox", /Firefox\//], ["Edge", /Edg\//], ["Opera", /OPR\//], ["Chrome", /Chrom(e|ium)\//], ["Safari", /Safari\//]];
  const systems = [["Windows", /Windows/], ["Android", /Android/], ["iOS", /iPhone|iPad/], ["macOS", /Mac OS X/], ["Linux", /Linux/]];
  const find = (list) => list.find(([, pattern]) => pattern.test(agent ?? ""))?.[0];
  return [find(known) ?? words.aProgram, find(systems)].filter(Boolean).join(", ");
}
