import { account, workspace } from "../account/session.js";
import { kept } from "../parts/dom.js";
import { api } from "../server/api.js";
import { Problem, exchange, mayRepeat, ownFields, problemOf } from "../server/http.js";
import { text } from "../strings.js";
import { words } from "./words.js";

// Large files, sent piece by piece (tus 1.0.0): whatever breaks, the next piece begins where the last one that arrived has ended, also
// after the page was closed. What is known of unfinished ones is kept in this browser, for whoever sends them alone.
const pieceBytes = 8 * 1024 * 1024;
const mostRemembered = 20;
const mostTries = 6;
const version = { "Tus-Resumable": "1.0.0" };

// Those that are offered, by their addresses.
const rows = new Map();
// Those that are being sent: another file that looks the same is another one.
const sent = new Set();

const place = (space) => `uploads.${account()?.person?.id ?? ""}.${space ?? ""}`;

function all(space) {
  try { return JSON.parse(kept.get(place(space))) ?? []; } catch { return []; }
}

/** Unfinished uploads of whoever is here, in a workspace: `{name, size, modified, url, expires, space}`. */
const unfinished = (space) => all(space).filter((one) => one.expires > Date.now());

const isOf = (file) => (one) => one.name === file.name && one.size === file.size && one.modified === file.lastModified && !sent.has(one.url);

function remember(entry) {
  const others = unfinished(entry.space).filter((one) => one.url !== entry.url);
  kept.set(place(entry.space), JSON.stringify([...others, entry].slice(-mostRemembered)));
}

function forget({ url, space }) {
  const others = unfinished(space).filter((one) => one.url !== url);
  kept.set(place(space), others.length ? JSON.stringify(others) : "");
}

/** An upload stays in its workspace, wherever its person goes meanwhile. */
const fieldsOf = ({ space }) => ({ ...version, ...(space ? { "x-apus-workspace": space } : {}) });

/** One exchange, and another one when it was refused and somebody is signed in then. */
async function ask(path, options) {
  const sentAt = Date.now();
  const response = await exchange(path, options);
  return response.status === 401 && await mayRepeat(401, sentAt) ? exchange(path, options) : response;
}

/** Gives up an unfinished upload. */
async function giveUp(entry) {
  forget(entry);
  await ask(entry.url, { method: "DELETE", headers: fieldsOf(entry) }).catch(() => {});
}

/** Gives up what has come of a file that is not to be uploaded after all. */
export async function giveUpFile(file) {
  const entry = unfinished(workspace()).find(isOf(file));
  if (entry) await giveUp(entry);
}

/** Shows a row for each unfinished upload, which can be gone on with once its file is chosen again. */
export function offer(makeRow, choose) {
  for (const entry of unfinished(workspace())) {
    const row = makeRow(entry.name);
    row.fail(words.brokeOff, choose, words.chooseAgain);
    row.onCancel(() => { giveUp(entry); row.remove(); });
    rows.set(entry.url, row);
  }
}

/** Uploads one file, or goes on with it. Resolves to its document; `onProgress` gets 0 to 1, and where it went on, if it did. */
export async function put(file, onExisting, onProgress, signal) {
  let entry = unfinished(workspace()).find(isOf(file)) ?? null;
  if (entry) sent.add(entry.url);
  try {
    let at = entry ? await offset(entry, signal) : null;
    const before = at ? at.offset / file.size : 0;
    if (at) rows.get(entry.url)?.remove();
    else ({ entry, at } = await begin(file, onExisting, signal));
    return await sendAll(file, entry, at, onExisting, (part) => onProgress(part, before), signal);
  } catch (problem) {
    if (entry && problem.name === "AbortError") await giveUp(entry);
    // It was removed, or never can be a document.
    else if (entry && [404, 410, 415].includes(problem.status)) forget(entry);
    throw problem;
  } finally {
    if (entry) sent.delete(entry.url);
  }
}

async function begin(file, onExisting, signal) {
  const space = workspace();
  const said = { filename: file.name, filetype: file.type, onExisting };
  const metadata = Object.entries(said).filter(([, value]) => value).map(([key, value]) => `${key} ${base64(value)}`).join(",");
  const response = await ask("/api/uploads", { method: "POST", signal, headers: { ...fieldsOf({ space }), "Upload-Length": String(file.size), "Upload-Metadata": metadata } });
  if (!response.ok) throw await refusal(response);
  // The address is taken from this server alone.
  const url = new URL(response.headers.get("Location"), location.href).pathname;
  const expires = Date.parse(response.headers.get("Upload-Expires")) || Date.now();
  const entry = { name: file.name, size: file.size, modified: file.lastModified, url, expires, space };
  sent.add(url);
  remember(entry);
  return { entry, at: { offset: 0 } };
}

/** How far an upload is; null where there is none any more. */
async function offset(entry, signal) {
  const response = await ask(entry.url, { method: "HEAD", signal, headers: fieldsOf(entry) });
  if (response.status === 404 || response.status === 410) { forget(entry); return null; }
  if (!response.ok) throw new Problem(text.uploadFailed, { status: response.status });
  return told(response.headers);
}

const told = (headers) => ({
  offset: Number(headers.get("Upload-Offset")), document: headers.get("Upload-Document-Id"), outcome: headers.get("Upload-Outcome"),
});

async function sendAll(file, entry, at, onExisting, onProgress, signal) {
  let failures = 0;
  while (!at.document) {
    onProgress(at.offset / file.size);
    try {
      at = await sendPiece(file, entry, at.offset, onExisting, onProgress, signal);
      failures = 0;
    } catch (problem) {
      const isRight = [409, 423].includes(problem.status) && !problem.existing;
      const mayPass = !problem.status || problem.status >= 500 || isRight;
      failures += 1;
      if (problem.name === "AbortError" || !mayPass || failures >= mostTries) throw problem;
      await new Promise((resolve) => setTimeout(resolve, Math.min(8000, 250 * 2 ** failures)));
      signal.throwIfAborted();
      // What arrived of the piece is known to the server alone; where it cannot be asked, the piece is tried all the same.
      const now = await offset(entry, signal).catch((error) => { if (error.name === "AbortError") throw error; return at; });
      if (!now) throw new Problem(words.uploadGone, { status: 404 });
      at = now;
    }
  }
  forget(entry);
  const document = await api.document(at.document, fieldsOf(entry));
  return { ...document, duplicate: at.outcome === "duplicate", skipped: at.outcome === "skipped" };
}

/** Only this way of sending tells how far it is. */
function sendPiece(file, entry, from, onExisting, onProgress, signal, isRepeated = false) {
  const piece = file.slice(from, from + pieceBytes);
  const sentAt = Date.now();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PATCH", `${entry.url}?onExisting=${encodeURIComponent(onExisting)}`);
    for (const [name, value] of Object.entries({ ...ownFields(), ...fieldsOf(entry), "Upload-Offset": String(from), "Content-Type": "application/offset+octet-stream" })) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onProgress((from + event.loaded) / file.size));
    request.addEventListener("load", () => {
      const { status, response } = request;
      if (status === 204) return resolve(told({ get: (name) => request.getResponseHeader(name) }));
      reject(Object.assign(new Problem(response?.detail ?? text.uploadFailed, { status, requestId: response?.requestId }), { existing: response?.existing }));
    });
    request.addEventListener("error", () => reject(new Problem(text.uploadFailed)));
    request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    if (signal.aborted) reject(new DOMException("cancelled", "AbortError")); else request.send(piece);
  }).catch(async (problem) => {
    if (isRepeated || !await mayRepeat(problem.status, sentAt)) throw problem;
    return sendPiece(file, entry, from, onExisting, onProgress, signal, true);
  });
}

async function refusal(response) {
  const body = await response.clone().json().catch(() => ({}));
  return Object.assign(await problemOf(response), { existing: body.existing });
}

/** Text as base64 of its UTF-8. */
const base64 = (value) => btoa(String.fromCharCode(...new TextEncoder().encode(value)));
