import { text } from "../strings.js";

/** An answer of the server that is a problem document (RFC 9457), or no answer at all. */
export class Problem extends Error {
  constructor(detail, { status = 0, requestId = "", fields = [], retryAfter = 0 } = {}) {
    super(detail);
    this.status = status;
    /** Whether there was no answer at all. */
    this.isUnreachable = status === 0;
    this.requestId = requestId;
    this.fields = fields;
    /** Seconds after which it may be tried again. */
    this.retryAfter = retryAfter;
  }
}

/** A header field that begins a trace here, so that the logs of every program involved name it (W3C Trace Context). */
export function trace() {
  const digits = (count) => Array.from(crypto.getRandomValues(new Uint8Array(count)), (b) => b.toString(16).padStart(2, "0")).join("");
  return { traceparent: `00-${digits(16)}-${digits(8)}-01` };
}

/** The problem that an answer is. */
export async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  return new Problem(body.detail ?? `${response.status} ${response.statusText}`, {
    status: response.status, requestId: body.requestId, fields: body.errors ?? [],
    retryAfter: Number(response.headers.get("Retry-After")) || 0,
  });
}

let restore = async () => false;
let workspace = null;
let known = Promise.resolve();

/**
 * Says what to do when the server does not know, or no longer knows, who asks: the action gets the time at which that was asked,
 * and resolves to whether it may be asked again.
 */
export function whenNobody(action) { restore = action; }

/** Has requests wait until it is known who asks: what nobody may read is not asked for. */
export function holdUntil(promise) { known = promise.catch(() => {}); }

/** Resolves when it is known who asks, or that nobody can tell. */
export const whenKnown = () => known;

/** Has every request be about a workspace; null leaves it to the server. */
export function useWorkspace(id) { workspace = id; }

/** The header fields that every request has. */
export const ownFields = () => ({ ...trace(), ...(workspace ? { "x-apus-workspace": workspace } : {}) });

/** Whether a request that was refused because nobody is signed in may be sent again. */
export const mayRepeat = (status, sentAt) => (status === 401 ? restore(sentAt) : Promise.resolve(false));

/** One exchange, without another try. */
export async function exchange(path, options = {}) {
  try {
    return await fetch(path, { ...options, headers: { Accept: "application/json", ...ownFields(), ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(text.unreachable);
  }
}

/** Sends a request, and again when it was refused and somebody is signed in then. Resolves to a good answer. */
export async function send(path, options = {}) {
  await known;
  let sentAt = Date.now();
  let response = await exchange(path, options);
  if (response.status === 401 && await mayRepeat(401, sentAt)) {
    options.signal?.throwIfAborted();
    sentAt = Date.now();
    response = await exchange(path, options);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** Sends a request. Resolves to what its answer says; to nothing when that is empty. */
export async function call(path, options) {
  const response = await send(path, options);
  return response.status === 204 ? null : response.json();
}

/** What keeps answers for a time without a network comes when it is first needed. */
export const offline = () => import("./offline.js");

/** Resolves when the first look at the page is over: what it does not need waits for that. */
export const calm = new Promise((resolve) => { window.addEventListener("load", () => setTimeout(resolve, 2000), { once: true }); });

/** Reads something that is kept for a time without a network, and then what was kept of it. */
export async function callKept(path) {
  // Whose it is, is settled when it is asked for: the workspace may be another one when it comes.
  const space = workspace;
  try {
    const value = await call(path);
    calm.then(offline).then((last) => last.remember(path, value, space)).catch(() => { /* kept another time */ });
    return value;
  } catch (problem) {
    const found = problem.isUnreachable ? await offline().then((last) => last.recall(path, space)).catch(() => null) : null;
    if (found === null) throw problem;
    return found;
  }
}

/** The options of a request with a JSON body. */
export const withBody = (method, value) => ({ method, body: JSON.stringify(value), headers: { "Content-Type": "application/json" } });
