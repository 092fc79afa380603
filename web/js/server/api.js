import { Problem, call, callKept, send, withBody } from "./http.js";
import { text } from "../strings.js";

export const api = {
  report: (id) => call(`/api/documents/${id}/report`),
  models: () => callKept("/api/models"),
  presets: () => callKept("/api/presets"),
  chats: (before, isArchive) => callKept(`/api/history?limit=30${isArchive ? "&archived=true" : ""}${before ? `&before=${before}` : ""}`),
  pinnedChats: () => callKept("/api/history?limit=100&pinned=true"),
  /** Changes how a chat is kept: `pinned`, `archived`. */
  keepChat: (id, value) => call(`/api/history/${id}`, withBody("PATCH", value)),
  /** A part of a chat, on the path through a message where messages have versions. */
  chat: (id, before, through) =>
    callKept(`/api/history/${id}?limit=500${before ? `&before=${before}` : ""}${through ? `&path=${through}` : ""}`),
  /** The newest message of a chat, and whether one is being written. */
  tail: (id) => call(`/api/history/${id}?limit=1`),
  edit: (id, messageId, value) => call(`/api/history/${id}/messages/${messageId}`, withBody("PUT", { text: value })),
  branch: (id, messageId) => call(`/api/history/${id}/branch`, withBody("POST", { messageId })),
  choose: (id, chosen) => call(`/api/history/${id}`, withBody("PATCH", { chosen })),
  search: (words, before, signal) =>
    call(`/api/history/search?${new URLSearchParams({ q: words, ...(before ? { before } : {}) })}`, { signal }),
  importChats: (file) => call("/api/history/import", { method: "POST", body: file, headers: { "Content-Type": "application/json" } }),
  rename: (id, name) => call(`/api/history/${id}`, withBody("PATCH", { name })),
  feedback: (value) => call("/api/feedback", withBody("POST", value)),
  /** `options` may name the workspace, and ask that it is sent although the page is left. */
  deleteChat: (id, options = {}) => call(`/api/history/${id}`, { method: "DELETE", ...options }),
  /** A document that comes with the page. */
  async sample(name) {
    return new File([await (await send(`/samples/${name}`, { headers: { Accept: "*/*" } })).blob()], name);
  },
  documents: () => everything("/api/documents?versions=newest", "documents", callKept),
  document: (id, headers = {}) => call(`/api/documents/${id}`, { headers }),
  words: (id, page) => call(`/api/documents/${id}/pages/${page}/words`),
  page: (id, page) => call(`/api/documents/${id}/text?page=${page}`),
  /** A picture as an address that holds it: what fetches pictures itself could not say which workspace they are of. */
  async picture(path) {
    const reader = new FileReader();
    reader.readAsDataURL(await (await send(path, { headers: { Accept: "image/*" } })).blob());
    await new Promise((resolve) => reader.addEventListener("loadend", resolve));
    return reader.result ?? "";
  },
  /** A file as a whole, with its name. */
  async file(path) {
    const response = await send(path, { headers: { Accept: "*/*" } });
    const [, coded, plain] = /filename\*=UTF-8''([^;]+)|filename="([^"]*)"/i.exec(response.headers.get("Content-Disposition") ?? "") ?? [];
    return { blob: await response.blob(), name: coded ? decodeURIComponent(coded) : plain ?? "" };
  },
  job: (id) => call(`/api/jobs/${id}`),
  jobItems: (id, state) => call(`/api/jobs/${id}/items?state=${state}&limit=20`),
  retry: (id) => call(`/api/documents/${id}/retry`, { method: "POST" }),

  /** Asks; calls `on(name, data)` for each event of the answer's stream. */
  async ask(request, on, signal) {
    return listen(await sendQuestion("/api/chat", request, signal), null, on, signal);
  },
  /** Asks for another version of an answer. */
  regenerate: async (answerId, request, on, signal) =>
    listen(await sendQuestion(`/api/chat/${answerId}/regenerate`, request, signal), null, on, signal),
  /** Listens to an answer from its beginning, wherever it was asked for. */
  follow: async (answerId, on, signal) => listen(await eventsOf(answerId, 0, signal), answerId, on, signal),
  stop: (answerId) => call(`/api/chat/${answerId}/stop`, { method: "POST" }),

  // Who signs in, and may what.
  setMe: (value) => call("/api/account/me", withBody("PATCH", value)),
  sessions: () => call("/api/account/sessions"),
  endSession: (id) => call(`/api/account/sessions/${id}`, { method: "DELETE" }),
  endOtherSessions: () => call("/api/account/sessions", { method: "DELETE" }),
  keys: () => call("/api/account/keys"),
  addKey: (value) => call("/api/account/keys", withBody("POST", value)),
  deleteKey: (id) => call(`/api/account/keys/${id}`, { method: "DELETE" }),
  people: () => everything("/api/account/people", "people"),
  invite: (value) => call("/api/account/people", withBody("POST", value)),
  setPerson: (id, value) => call(`/api/account/people/${id}`, withBody("PATCH", value)),
  resetPerson: (id) => call(`/api/account/people/${id}/reset`, { method: "POST" }),
  deletePerson: (id) => call(`/api/account/people/${id}`, { method: "DELETE" }),
  addWorkspace: (name) => call("/api/account/workspaces", withBody("POST", { name })),
  renameWorkspace: (id, name) => api.changeWorkspace(id, { name }),
  changeWorkspace: (id, value) => call(`/api/account/workspaces/${id}`, withBody("PATCH", value)),
  /** What was set for whom; and what limits whoever asks, with how much is left. */
  quotas: () => call("/api/account/quotas?of=everybody"),
  ownQuotas: () => call("/api/account/quotas"),
  setQuotas: (value) => call("/api/account/quotas", withBody("PUT", value)),
  used: (of, from, to) => call(`/api/account/usage?${new URLSearchParams({ of, from, to })}`),
  members: (id) => everything(`/api/account/workspaces/${id}/members`, "members"),
  setMember: (id, person, role) => call(`/api/account/workspaces/${id}/members/${person}`, withBody("PUT", { role })),
  removeMember: (id, person) => call(`/api/account/workspaces/${id}/members/${person}`, { method: "DELETE" }),
};

const sendQuestion = (path, request, signal) => send(path, {
  ...withBody("POST", request), signal,
  headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
});

const eventsOf = (answerId, after, signal) =>
  send(`/api/chat/${answerId}/events?after=${after}`, { signal, headers: { Accept: "text/event-stream" } });

/** Reads an answer's events to its last. When the connection breaks the server goes on, and so does this where it was. */
async function listen(response, answerId, on, signal) {
  let last = 0;
  let failures = 0;
  while (response.status !== 204) {
    try {
      const isDone = await readEvents(response, (id, name, data) => {
        last = id;
        failures = 0;
        if (name === "start") answerId = data.answerId;
        on(name, data);
      });
      if (isDone) return;
    } catch (error) {
      if (error.name === "AbortError") throw error;
    }
    failures += 1;
    if (!answerId || failures > 8) throw new Problem(text.unreachable);
    await new Promise((resolve) => setTimeout(resolve, 250 * failures));
    signal.throwIfAborted();
    try {
      response = await eventsOf(answerId, last, signal);
    } catch (problem) {
      // What the server says of the answer is so; that it cannot be reached may pass.
      if (problem.name === "AbortError" || (problem.status && problem.status < 500)) throw problem;
    }
  }
}

/** Calls `on(id, name, data)` for each event. Resolves to whether the last one was among them. */
async function readEvents(response, on) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  let isDone = false;
  while (true) {
    const { value, done } = await reader.read();
    if (done) return isDone;
    pending += value;
    const blocks = pending.split("\n\n");
    pending = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n");
      const field = (name) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const [name, data] = [field("event"), field("data")];
      if (!name || !data) continue;
      isDone ||= name === "done" || name === "error";
      on(Number(field("id") ?? 0), name, JSON.parse(data));
    }
  }
}

/** A list from its first page to its last. */
async function everything(path, name, read = call) {
  const all = [];
  let after = "";
  do {
    const page = await read(`${path}${path.includes("?") ? "&" : "?"}limit=200${after ? `&after=${after}` : ""}`);
    all.push(...page[name]);
    after = page.next;
  } while (after && all.length < 10000);
  return all;
}

/** A UUID version 7 (RFC 9562), so that a question that is sent twice is stored once. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = Date.now();
  for (let index = 5; index >= 0; index -= 1) { bytes[index] = time % 256; time = Math.floor(time / 256); }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
