import { api } from "../server/api.js";
import { Problem, mayRepeat, ownFields } from "../server/http.js";
import { text } from "../strings.js";
import { words } from "./words.js";

// One file on its way: sent, asked about where its name is taken, followed until it can be asked.

// Larger ones are sent in pieces, so that a break costs one of them at most.
const largeBytes = 8 * 1024 * 1024;

/** Sends a file. `changed` is called when the list of documents is another one, `again` when the file is to be tried anew. */
export async function send({ file, row, batch }, changed, again) {
  const isArchive = /\.zip$/i.test(file.name);
  let onExisting = batch.choice ?? "ask";
  while (true) {
    const { promise, cancel } = upload(file, isArchive ? null : onExisting, (part, before) => row.progress(part, before ? (percent) => words.wentOn(percent, Math.floor(before * 100)) : undefined));
    row.onCancel(cancel);
    try {
      const document = await promise;
      changed();
      if (isArchive) return void (await import("./archive.js")).followJob(document, row, file.name, changed);
      if (document.skipped) return row.finish(words.skipped, document.name, true);
      if (document.duplicate && document.status === "ready") return row.finish(text.duplicate, document.name);
      row.state(text.states[document.status]);
      return void follow(document.id, row, changed);
    } catch (problem) {
      if (problem.existing) {
        row.state(words.asks);
        onExisting = await (await import("./taken.js")).askAbout(problem.existing, file, batch);
        // Nothing of it was stored, and nothing is to be.
        if (onExisting === "skip" && file.size > largeBytes) await (await import("./resumable.js")).giveUpFile(file);
        if (onExisting === "skip") return row.finish(words.skipped, file.name, true);
        continue;
      }
      // What the server said of the file it would say again; a connection that broke may hold the next time.
      const mayPass = !problem.status || problem.status === 429 || problem.status >= 500;
      return problem.name === "AbortError" ? row.remove() : row.fail(problem.message, mayPass ? again : null);
    }
  }
}

/** Uploads one file; `onProgress` gets 0 to 1. Gives a promise of the document, and a function that cancels. Without `onExisting` it is an archive, and the promise of what is answered. */
function upload(file, onExisting, onProgress) {
  const controller = new AbortController();
  const sentAt = Date.now();
  if (onExisting && file.size > largeBytes) {
    const promise = import("./resumable.js").then(({ put }) => put(file, onExisting, onProgress, controller.signal));
    return { promise, cancel: () => controller.abort() };
  }
  const promise = put(file, onExisting, onProgress, controller.signal).catch(async (problem) => {
    if (!await mayRepeat(problem.status, sentAt)) throw problem;
    return put(file, onExisting, onProgress, controller.signal);
  });
  return { promise, cancel: () => controller.abort() };
}

/** Only this way of sending tells how far it is. */
function put(file, onExisting, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", onExisting ? "/api/upload" : "/api/documents/batch");
    for (const [name, value] of Object.entries(ownFields())) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      const { status, response } = request;
      if (status === 202) resolve(response.documents[0]);
      else if (status === 207) resolve(response);
      else reject(Object.assign(new Problem(response?.detail ?? text.uploadFailed, { status, requestId: response?.requestId }), { existing: response?.existing }));
    });
    request.addEventListener("error", () => reject(new Problem(text.uploadFailed)));
    request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    if (onExisting) form.append("onExisting", onExisting);
    form.append("file", file, file.name);
    if (signal.aborted) reject(new DOMException("cancelled", "AbortError")); else request.send(form);
  });
}

/** Follows a document until it is ready or failed. Does not hold up the next upload. */
async function follow(id, row, changed) {
  let pause = 250;
  while (true) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(2000, pause * 1.3);
    let document;
    try { document = await api.document(id); } catch (problem) {
      if (problem.status === 404) return row.remove();
      continue;
    }
    row.state(text.states[document.status]);
    if (document.status === "ready") { changed(); return row.finish(text.states.ready, document.name); }
    if (document.status === "failed") {
      changed();
      return row.fail(document.error?.detail ?? text.states.failed);
    }
  }
}
