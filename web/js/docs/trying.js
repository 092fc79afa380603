import { $, ask, make } from "../parts/dom.js";
import { trace } from "../server/http.js";
import { words } from "./words.js";

const longest = 100_000;
const isRead = (method) => method === "GET" || method === "HEAD";

/** A form that sends a request of an operation. */
export function trial(operation, contents) {
  const fields = operation.parameters.filter((p) => p.in !== "header");
  const inputs = new Map(fields.map((parameter) => [parameter, field(operation, parameter)]));
  const json = contents["application/json"];
  const id = `try-${operation.operationId}`;
  const body = json ? make("textarea", { rows: "6", spellcheck: "false", "aria-label": words.body, class: "try-body" }) : null;
  if (body && json.example !== undefined) body.value = JSON.stringify(json.example, null, 2);
  const isUpload = "multipart/form-data" in contents;
  const file = isUpload ? make("input", { type: "file", "aria-label": words.file }) : null;
  const streams = operation.answers.some(([, answer]) => answer.content?.["text/event-stream"]) && json && !("stream" in (json.example ?? {}));
  const events = streams ? make("input", { type: "checkbox", id: `${id}-events` }) : null;
  const output = make("div", { class: "try-output", "aria-live": "polite" });
  const button = make("button", { class: "primary", type: "submit" }, words.send);
  let running = null;
  const form = make("form", {
    class: "try", onsubmit: async (event) => {
      event.preventDefault();
      if (running) return running.abort();
      let request;
      try { request = prepared(operation, inputs, body, file, events); } catch (error) { return say(output, error.message, true); }
      if (!isRead(operation.method) && !await ask({ title: words.confirmTitle(operation), message: words.confirm, action: words.confirmAction, danger: operation.method === "DELETE" })) return;
      running = new AbortController();
      button.textContent = words.stop;
      say(output, words.sending);
      try { await show(request, running.signal, output); } catch (error) {
        if (error.name !== "AbortError") say(output, words.gone, true);
      }
      running = null;
      button.textContent = words.send;
    } },
    ...[...inputs].map(([parameter, input]) => make("label", {}, make("code", {}, parameter.name), input)),
    body, file, events ? make("label", { class: "check" }, events, words.asEvents) : null, make("div", {}, button), output);
  return form;
}

function field(operation, parameter) {
  const choices = parameter.schema?.enum;
  if (!choices) return make("input", { type: "text", autocomplete: "off", spellcheck: "false", required: parameter.in === "path" });
  return make("select", {}, ...["", ...choices].map((value) => make("option", { value: String(value) }, String(value))));
}

/** The request as the form has it. */
function prepared(operation, inputs, body, file, events) {
  let path = operation.path;
  const query = new URLSearchParams();
  for (const [parameter, input] of inputs) {
    const value = input.value.trim();
    if (!value && parameter.required) throw new Error(words.missing(parameter.name));
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value) query.set(parameter.name, value);
  }
  const headers = { Accept: events?.checked ? "text/event-stream" : "application/json, */*", ...trace() };
  const key = $("key").value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  let sent;
  if (body?.value.trim()) {
    try { JSON.parse(body.value); } catch (error) { throw new Error(words.bodyIsNoJSON(error.message)); }
    sent = body.value;
    headers["Content-Type"] = "application/json";
  } else if (file) {
    if (!file.files.length) throw new Error(words.missing(words.file));
    sent = new FormData();
    sent.append("file", file.files[0]);
  }
  const text = query.toString();
  return [path + (text ? `?${text}` : ""), { method: operation.method, headers, body: sent, credentials: key ? "omit" : "same-origin" }];
}

function say(output, text, isError = false) {
  output.replaceChildren(make("p", { class: isError ? "failed" : "muted" }, text));
}

/** Sends it and shows what comes, as it comes. */
async function show([path, options], signal, output) {
  const start = performance.now();
  const response = await fetch(path, { ...options, signal });
  const status = make("p", { class: response.ok ? "ready" : "failed" });
  const paper = make("pre", { tabindex: "0", "aria-label": words.answers });
  output.replaceChildren(status, paper);
  const tell = () => { status.textContent = words.answer(`${response.status} ${response.statusText}`, Math.round(performance.now() - start)); };
  tell();
  const type = response.headers.get("Content-Type") ?? "";
  if (!/json|text|event-stream/.test(type)) {
    const blob = await response.blob();
    paper.textContent = blob.size ? `${type}, ${blob.size} bytes` : words.empty;
    return tell();
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
    if (type.includes("event-stream")) paper.textContent = shortened(text);
  }
  if (type.includes("json")) try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* shown as it came */ }
  paper.textContent = text ? shortened(text) : words.empty;
  tell();
}

const shortened = (text) => (text.length > longest ? `${text.slice(0, longest)}\n${words.cut(text.length - longest)}` : text);
