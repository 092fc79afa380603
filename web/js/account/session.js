import { Problem, calm, call, exchange, holdUntil, offline, problemOf, useWorkspace, whenNobody, withBody } from "../server/http.js";
import { kept } from "../parts/dom.js";

// Who is signed in. Where nobody signs in, all of this stays still: everybody may do everything.
let me = null;
let asked = null;
let renewal = null;
let renewedAt = 0;
let movedAt = 0;
let gate = null;
let openGate = () => {};
/** What a link brought along. */
let acceptance = null;
let problemCode = null;
const mePath = "/api/account/me";
const leftKey = "apus.left";
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("apus.session") : null;

// A token lives for ten minutes; what cannot be repeated is not begun with one that is about to end.
const fresh = 8 * 60 * 1000;
// The apps know for a while only where somebody was before.
const settling = 20 * 1000;
/** How long other requests wait for the answer to who is here, in milliseconds. */
const patience = 8000;

export const account = () => me;
export const workspace = () => me?.workspace?.id ?? null;
export const may = (permission) => !me || me.permissions.includes(permission);

/** The ways in: `{ways, needsFirst, providers}`. Asked once, when somebody is refused; nothing is on where the account app does not answer. */
export function ways() {
  asked ??= exchange("/api/account/sign-in").then(async (response) => {
    if (!response.ok) throw await problemOf(response);
    return { ...await response.json(), isKnown: true };
  }).catch(() => { asked = null; return { ways: [], needsFirst: false, providers: [] }; });
  return asked;
}

/** Finds out who is here. `show` opens the view that signs people in, and closes it when it is called without a reason. */
export async function setUpSession(show) {
  openGate = show;
  whenNobody(restore);
  tabs?.addEventListener("message", reread);
  const token = linkToken();
  window.addEventListener("hashchange", () => { if (linkToken()) location.reload(); });
  const left = comeBack();
  if (token) {
    // A secret is in no history, and on no screen.
    history.replaceState(null, "", location.pathname);
    acceptance = token;
    return holdUntil(pass());
  }
  let release = () => {};
  holdUntil(new Promise((resolve) => { release = resolve; }));
  // Whoever cannot be told may still be let in by the others.
  setTimeout(() => { if (!gate) release(); }, patience);
  try { await identify(left, release); } finally { release(); }
}

/** Finds out who is here without asking for what is refused then; `release` lets the other requests go. */
async function identify(left, release) {
  if (!left && !kept.get("person") && kept.works()) {
    // Whoever signed in here left a mark. Where nobody signs in that is known after the first time, and nothing waits.
    if (!kept.get("nobody")) {
      const { ways: on, isKnown } = await ways();
      if (isKnown && on.some((way) => way !== "none")) return pass();
    }
    release();
  } else if (kept.get("renewed") && Date.now() - Number(kept.get("renewed")) > fresh) {
    // Without a network there may be something to show all the same.
    await restore(Date.now()).catch((problem) => { if (!problem.isUnreachable) throw problem; });
  }
  const next = await readMe();
  // Where nobody signs in, it is nobody's.
  if (!next.person) return kept.set("nobody", "yes");
  take(next);
  if (left) tabs?.postMessage("changed");
}

/** Who is here, and where; whoever is nobody any more is asked to sign in. */
async function readMe() {
  const sentAt = Date.now();
  let response = null;
  try { response = await exchange(mePath); } catch (problem) {
    const found = problem.isUnreachable ? await offline().then((last) => last.recall(mePath)).catch(() => null) : null;
    if (!found) throw problem;
    return { ...found, isKept: true };
  }
  if (response.status === 401 && await restore(sentAt)) response = await exchange(mePath);
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

/** What the page was left with for an identity provider, which sends the browser back to an address of ours; null otherwise. */
function comeBack() {
  const [, word, code] = /^#(signed-in|sign-in-problem=([a-z_]+))$/.exec(location.hash) ?? [];
  if (!word) return null;
  let left = {};
  try {
    left = JSON.parse(sessionStorage.getItem(leftKey)) ?? {};
    sessionStorage.removeItem(leftKey);
  } catch { /* nothing was kept */ }
  // A path of this page and nothing else, whoever put it there.
  const path = /^\/(?![/\\])/.test(left.path ?? "") ? left.path : location.pathname;
  history.replaceState(null, "", path);
  if (code) { problemCode = code; return null; }
  return left;
}

/** Why an identity provider did not sign somebody in: one of our own words, told once. */
export function takeProblem() {
  const code = problemCode;
  problemCode = null;
  return code;
}

/** Leaves for an identity provider. */
export async function signInAt(provider, token) {
  const response = await exchange(`/api/account/oidc/${provider}/start`, token ? { headers: { "x-apus-link": token } } : {});
  if (!response.ok) throw await problemOf(response);
  const { address } = await response.json();
  try {
    const path = token ? "/" : location.pathname + location.search;
    sessionStorage.setItem(leftKey, JSON.stringify({ path }));
  } catch { /* begins anew then */ }
  location.assign(address);
}

const linkToken = () => /^#accept=(.+)$/.exec(location.hash)?.[1];

/** Opens the view that signs people in, once for all who wait for it. Resolves to whether they may try again. */
function pass(reason) {
  if (!gate) {
    kept.set("nobody", null);
    // Whoever cannot be let in is shown nothing of what was here.
    offline().then((last) => last.forget(false)).catch(() => { /* nothing was kept */ });
    gate = {};
    gate.passed = new Promise((resolve) => { gate.open = resolve; });
    openGate({ acceptance, reason });
  }
  return gate.passed;
}

async function restore(sentAt) {
  if (!gate && !(await ways()).ways.length) return false;
  if (gate) return gate.passed;
  if (renewedAt > sentAt) return true;
  renewal ??= renew().finally(() => { renewal = null; });
  return renewal;
}

async function renew() {
  const response = await exchange("/api/account/refresh", { method: "POST" });
  if (response.ok) { renewed(); return true; }
  if (response.status !== 401) throw await problemOf(response);
  return pass();
}

function renewed() {
  renewedAt = Date.now();
  kept.set("renewed", String(renewedAt));
}

/** Makes sure that what follows, which cannot be repeated, is not refused because a token has grown old. */
export const freshen = () => (me?.person && Date.now() - renewedAt > fresh ? restore(Date.now()) : Promise.resolve(true));

/** Whether every app knows which workspace is meant, without being told with each request. */
export const isSettled = () => Date.now() - movedAt > settling;

/** Signs in by a password. */
export async function signIn(login, password) {
  const next = await enter("/api/account/sign-in", { login, password });
  tabs?.postMessage("changed");
  arrive(next);
}

/** What a link is for. */
export async function invitation(token) {
  // In a field: what stands in an address is kept in logs on the way.
  const response = await exchange("/api/account/accept", { headers: { "x-apus-link": token } });
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

/** Uses a link up, which signs in: perhaps somebody else than who was here. */
export async function accept(value) {
  const next = await enter("/api/account/accept", value);
  tabs?.postMessage("changed");
  leave("/", next.person?.id);
}

async function enter(path, value) {
  const response = await exchange(path, withBody("POST", value));
  if (!response.ok) throw await problemOf(response);
  // Browsers refuse these cookies where somebody on the way could read them.
  const next = await exchange("/api/account/me");
  if (next.status === 401) throw new CookieProblem();
  if (!next.ok) throw await problemOf(next);
  renewed();
  return stayed(await next.json());
}

/** A new session begins in the person's first workspace; whoever was in another goes on there. */
async function stayed(next) {
  const place = workspace();
  if (me?.person?.id !== next.person?.id || !place || place === next.workspace?.id) return next;
  const response = await exchange("/api/account/me", withBody("PATCH", { workspace: place }));
  // Where they are no member any more, nothing of what waits may be sent.
  if (!response.ok) return { ...next, isElsewhere: true };
  return (await exchange("/api/account/me")).json();
}

/** Somebody signed in, and this browser did not keep it. */
export class CookieProblem extends Problem {}

function arrive(next) {
  if (next.isElsewhere || (me && me.person?.id !== next.person?.id)) return leave("/", next.person?.id);
  if (gate) { openGate(null); gate.open(true); gate = null; }
  take(next);
}

/** Begins anew: nothing of what somebody saw or typed is left to the next, who is `person`, or nobody. */
function leave(address = "/", person = null) {
  for (const name of ["draft.", "scope.", "uploads.", "renewed"]) kept.forget(name);
  kept.set("person", person);
  const forgotten = offline().then((last) => last.forget(true)).catch(() => { /* nothing was kept */ });
  Promise.race([forgotten, new Promise((resolve) => setTimeout(resolve, 1000))]).then(() => location.replace(address));
}

function take(next) {
  const before = me;
  // The page may have been loaded anew since somebody else was here, for a provider or because a session had ended.
  const last = kept.get("person");
  if (!before && last && last !== next.person.id) return leave("/", next.person.id);
  kept.set("person", next.person.id);
  kept.set("nobody", null);
  me = next;
  calm.then(offline).then(async (last) => {
    await last.forgetOthers();
    // What was kept is not newer for having been shown.
    if (!next.isKept) await last.remember(mePath, next);
  }).catch(() => { /* kept another time */ });
  useWorkspace(workspace());
  const isMoved = Boolean(before) && before.workspace?.id !== me.workspace?.id;
  if (isMoved) movedAt = Date.now();
  document.body.classList.toggle("may-not-write", !may("write"));
  document.dispatchEvent(new CustomEvent("apus:account", { detail: { isMoved } }));
}

/** Another page of this browser changed who is here, or where they are. */
async function reread({ data }) {
  if (data === "left") return me?.person ? leave() : undefined;
  useWorkspace(null);
  const response = await exchange("/api/account/me").catch(() => null);
  if (response?.ok) return arrive(await response.json());
  if (response?.status === 401 && me && await restore(Date.now())) take(await readMe());
}

const chatTabs = "BroadcastChannel" in window ? new BroadcastChannel("apus.chats") : null;
const whose = () => JSON.stringify([me?.person?.id ?? null, workspace()]);

/**
 * Tells the other pages of this browser what became of a chat, those of the same person in the same workspace: `{kept: chat}` of one that
 * has another name or place, `{gone: id}`, `{asked: id}`.
 */
export function tellTabs(news) { chatTabs?.postMessage({ ...news, whose: whose() }); }

/** `hear` gets what other pages tell. */
export function hearTabs(hear) { chatTabs?.addEventListener("message", ({ data }) => { if (data.whose === whose()) hear(data); }); }

/** Changes name, password or workspace. */
export async function change(value) {
  if (value.workspace) useWorkspace(value.workspace);
  try {
    await call("/api/account/me", withBody("PATCH", value));
    take(await readMe());
  } finally {
    useWorkspace(workspace());
  }
  tabs?.postMessage("changed");
}

/** Ends the session. */
export async function signOut() {
  const response = await exchange("/api/account/sign-out", { method: "POST" });
  if (!response.ok && response.status !== 401) throw await problemOf(response);
  const next = response.status === 200 ? (await response.json()).signOutAt : null;
  me = null;
  tabs?.postMessage("left");
  leave(next ?? "/");
}
