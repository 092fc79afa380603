import { text } from "./strings.js";

/** An answer of the server that is a problem document (RFC 9457), or no answer at all. */
export class Problem extends Error {
  constructor(detail, status = 0, requestId = "", fields = []) {
    super(detail);
    this.status = status;
    this.requestId = requestId;
    this.fields = fields;
  }
}

/** A header field that begins a trace here, so that the logs of every program involved name it (W3C Trace Context). */
function trace() {
  const digits = (count) => Array.from(crypto.getRandomValues(new Uint8Array(count)), (b) => b.toString(16).padStart(2, "0")).join("");
  return { traceparent: `00-${digits(16)}-${digits(8)}-01` };
}

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  return new Problem(body.detail ?? `${response.status} ${response.statusText}`, response.status, body.requestId, body.errors);
}

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { Accept: "application/json", ...trace(), ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(text.unreachable);
  }
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

const withBody = (method, value) => ({ method, body: JSON.stringify(value), headers: { "Content-Type": "application/json" } });

export const api = {
  report: (id) => call(`/api/documents/${id}/report`),
  models: () => call("/api/models"),
  presets: () => call("/api/presets"),
  chats: (before) => call(`/api/history?limit=30${before ? `&before=${before}` : ""}`),
  chat: (id, before) => call(`/api/history/${id}?limit=500${before ? `&before=${before}` : ""}`),
  search: (words, before, signal) =>
    call(`/api/history/search?${new URLSearchParams({ q: words, ...(before ? { before } : {}) })}`, { signal }),
  importChats: (file) => call("/api/history/import", { method: "POST", body: file, headers: { "Content-Type": "application/json" } }),
  rename: (id, name) => call(`/api/history/${id}`, withBody("PATCH", { name })),
  feedback: (value) => call("/api/feedback", withBody("POST", value)),
  deleteChat: (id) => call(`/api/history/${id}`, { method: "DELETE" }),
  async documents() {
    const all = [];
    let after = "";
    do {
      const page = await call(`/api/documents?limit=200${after ? `&after=${after}` : ""}`);
      all.push(...page.documents);
      after = page.next;
    } while (after && all.length < 10000);
    return all;
  },
  document: (id) => call(`/api/documents/${id}`),
  words: (id, page) => call(`/api/documents/${id}/pages/${page}/words`),
  page: (id, page) => call(`/api/documents/${id}/text?page=${page}`),
  retry: (id) => call(`/api/documents/${id}/retry`, { method: "POST" }),
  deleteDocument: (id) => call(`/api/documents/${id}`, { method: "DELETE" }),

  /** Asks; calls `on(name, data)` for each event of the answer's stream. */
  async ask(request, on, signal) {
    let response;
    try {
      response = await fetch("/api/chat", {
        ...withBody("POST", request), signal,
        headers: { "Content-Type": "application/json", Accept: "text/event-stream", ...trace() },
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(text.unreachable);
    }
    if (!response.ok) throw await problemOf(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let pending = "";
    let isDone = false;
    while (true) {
      const { value, done } = await reader.read();
      if (done) break;
      pending += value;
      const blocks = pending.split("\n\n");
      pending = blocks.pop();
      for (const block of blocks) {
        const lines = block.split("\n");
        const name = lines.find((line) => line.startsWith("event: "))?.slice(7);
        const data = lines.find((line) => line.startsWith("data: "))?.slice(6);
        if (!name || !data) continue;
        isDone ||= name === "done" || name === "error";
        on(name, JSON.parse(data));
      }
    }
    if (!isDone) throw new Problem(text.unreachable);
  },

  /** Uploads one file; `onProgress` gets 0 to 1. Returns the document and a function that cancels. */
  upload(file, onProgress) {
    const request = new XMLHttpRequest();
    const promise = new Promise((resolve, reject) => {
      request.open("POST", "/api/upload");
      request.setRequestHeader("traceparent", trace().traceparent);
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) onProgress(event.loaded / event.total);
      });
      request.addEventListener("load", () => {
        if (request.status === 202) resolve(request.response.documents[0]);
        else reject(new Problem(request.response?.detail ?? text.uploadFailed, request.status, request.response?.requestId));
      });
      request.addEventListener("error", () => reject(new Problem(text.uploadFailed)));
      request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
      const form = new FormData();
      form.append("file", file, file.name);
      request.send(form);
    });
    return { promise, cancel: () => request.abort() };
  },
};

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
