import { $, icon, make, kept } from "../parts/dom.js";
import { account } from "../account/session.js";
import { words } from "./words.js";

// Where there is no network: what this very person saw last, and what says so. Answers of the server are kept in this browser for whoever is
// signed in alone, and are gone when they sign out, when their session ends, or when somebody else comes.
const store = "apus-last";
const longest = 1_500_000;
const chatsAtMost = 10;
const othersAtMost = 30;
const keptFor = 7 * 24 * 60 * 60 * 1000;
const pause = 15_000;
let isLeaving = false;
// Between the end of a session and the next sign-in nothing is kept, not even what came just before.
let isClosed = false;
let oldest = 0;
let timer = 0;
let idle = null;

const isMine = (path) => path === "/api/account/me";
const person = () => encodeURIComponent(account()?.person?.id ?? kept.get("person") ?? "nobody");
/** Where an answer is kept: whose it is, of which workspace, and what was asked. */
const addressOf = (path, space) => `/${person()}/${isMine(path) ? "-" : encodeURIComponent(space ?? "-")}${path}`;
const isChat = (address) => /\/api\/history\/[0-9a-f-]{36}/.test(address);

/** Keeps an answer for a time without a network. Silently nothing where a browser keeps none, as over plain http. */
export async function remember(path, value, space) {
  hide();
  if (isLeaving || isClosed || !("caches" in window)) return;
  const address = addressOf(path, space);
  const body = JSON.stringify(value);
  if (body.length > longest) return;
  const cache = await caches.open(store);
  await cache.delete(address);
  if (isLeaving || isClosed) return;
  await cache.put(address, new Response(body, { headers: { "x-kept": String(Date.now()) } }));
  const all = await cache.keys();
  const chats = all.filter((one) => isChat(one.url));
  const others = all.filter((one) => !isChat(one.url));
  for (const old of [...chats.slice(0, -chatsAtMost), ...others.slice(0, -othersAtMost)]) await cache.delete(old);
}

/** Leaves nothing of a chat that was deleted. */
export async function forgetChat(id) {
  if (!("caches" in window)) return;
  const cache = await caches.open(store);
  for (const one of await cache.keys()) if (new URL(one.url).pathname.endsWith(`/api/history/${id}`)) await cache.delete(one);
}

/** What was kept of an answer; null for nothing, and for what is too old. Says on the page that it is shown. */
export async function recall(path, space) {
  if (isLeaving || !("caches" in window)) return null;
  const found = await (await caches.open(store)).match(addressOf(path, space));
  const at = Number(found?.headers.get("x-kept") ?? 0);
  if (!found || Date.now() - at > keptFor) return null;
  show(at);
  return found.json();
}

/** Leaves nothing of anybody, and keeps nothing more on this page when it is `isLast`. */
export async function forget(isLast) {
  isLeaving ||= isLast;
  isClosed = true;
  if ("caches" in window) await caches.delete(store);
}

/** Somebody is here: leaves nothing of anybody else, and keeps what they see from now on. */
export async function forgetOthers() {
  isClosed = false;
  if (!("caches" in window)) return;
  const cache = await caches.open(store);
  const mine = `/${person()}/`;
  for (const one of await cache.keys()) {
    const isOld = async () => Date.now() - Number((await cache.match(one))?.headers.get("x-kept") ?? 0) > keptFor;
    if (!new URL(one.url).pathname.startsWith(mine) || await isOld()) await cache.delete(one);
  }
}

/** Has the page open without a network from now on. */
export async function setUpOffline() {
  if (!("serviceWorker" in navigator)) return;
  const address = "/sw.js";
  const policy = window.trustedTypes?.createPolicy("apus-worker", { createScriptURL: () => address });
  try { await navigator.serviceWorker.register(policy ? policy.createScriptURL(address) : address, { updateViaCache: "none" }); } catch { /* it opens with a network alone */ }
}

function show(at) {
  oldest = oldest ? Math.min(oldest, at) : at;
  document.body.classList.add("is-offline");
  if (!$("offline")) {
    $("main").querySelector(".top").after(make("div", { class: "offline", id: "offline" }, icon("warning", { small: true }), make("p", { role: "status" }),
      make("button", { class: "quiet small", type: "button", onclick: look }, words.again)));
    tell();
  }
  $("offline").querySelector("p").textContent = `${navigator.onLine ? words.unreachable : words.offline} ${words.shown(oldest)}`;
  clearTimeout(timer);
  timer = setTimeout(look, pause);
}

function hide() {
  if (!$("offline")) return;
  clearTimeout(timer);
  oldest = 0;
  const hadFocus = $("offline").contains(document.activeElement);
  $("offline").remove();
  document.body.classList.remove("is-offline");
  if (hadFocus) $("title").focus();
  tell();
}

const tell = () => document.dispatchEvent(new Event("apus:connection"));

/** Looks whether the server is there again; then everything is read anew. */
async function look() {
  clearTimeout(timer);
  if (!$("offline") || idle) return;
  idle = fetch("/shell.json", { cache: "no-store" }).then((response) => response.ok, () => false);
  const isBack = await idle;
  idle = null;
  if (!isBack) { timer = setTimeout(look, pause); return; }
  hide();
  document.dispatchEvent(new Event("apus:back"));
}

window.addEventListener("online", look);
