import { $ } from "../parts/dom.js";
import { api } from "../server/api.js";
import { may } from "../account/session.js";
import { text } from "../strings.js";

// One queue for every way in: button, drop, paste. Two files go up at a time, each with its own row.
// What a file is, the server sees by its content; these it never reads, so that nobody waits to be told.
const unreadable = /\.(png|jpe?g|gif|webp|tiff?|bmp|heic|svg|mp[34]|m4a|wav|ogg|avi|mov|mkv|webm|zip|gz|7z|rar|exe|dmg|iso|doc|xls|ppt|odt|ods|odp)$/i;
const waiting = [];
let running = 0;
let onChange = () => {};
let isInLibrary = false;
// Rows come with the first file.
let tray = null;

/** `changed` is called when the list of documents is another one. */
export function setUpUploads(changed) {
  onChange = changed;
  for (const id of ["attach", "attach-here"]) $(id).addEventListener("click", chooseFiles);
  $("files").addEventListener("change", () => { addFiles($("files").files); $("files").value = ""; });
  setUpDrop();
  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) { event.preventDefault(); addFiles(event.clipboardData.files); }
  });
  window.addEventListener("beforeunload", (event) => { if (running || waiting.length) event.preventDefault(); });
}

/** Says where uploads are seen: in the conversation, or above the library. */
export function placeUploads(isLibrary) {
  isInLibrary = isLibrary;
  tray?.placeTray(isLibrary);
}

/** Asks for files. */
export const chooseFiles = () => $("files").click();

function setUpDrop() {
  let depth = 0;
  const hasFiles = (event) => may("write") && event.dataTransfer?.types.includes("Files");
  const hide = () => { depth = 0; $("drop").hidden = true; };
  window.addEventListener("dragenter", (event) => { if (hasFiles(event)) { depth += 1; $("drop").hidden = false; } });
  window.addEventListener("dragleave", (event) => { if (hasFiles(event) && (depth -= 1) <= 0) hide(); });
  window.addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
  window.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    hide();
    addFiles(event.dataTransfer.files);
  });
  window.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
}

/** Uploads files, each by itself: one that is refused holds up no other. */
export async function addFiles(files) {
  if (!may("write")) return;
  // A list of files that was chosen is emptied for the next choice.
  const all = [...files];
  tray ??= await import("./tray.js");
  tray.placeTray(isInLibrary);
  for (const file of all) {
    const row = tray.makeRow(file.name);
    // How large a file may be is the server's to say, and its answer is shown.
    const refusal = file.size === 0 ? text.emptyFile : unreadable.test(file.name) ? text.wrongType : null;
    if (refusal) row.fail(refusal);
    else {
      const job = { file, row };
      waiting.push(job);
      row.onCancel(() => { waiting.splice(waiting.indexOf(job), 1); row.remove(); });
    }
  }
  pump();
}

function pump() {
  while (running < 2 && waiting.length) {
    const job = waiting.shift();
    running += 1;
    send(job).finally(() => { running -= 1; pump(); });
  }
}

async function send({ file, row }) {
  const { promise, cancel } = api.upload(file, (part) => row.progress(part));
  row.onCancel(cancel);
  try {
    const document = await promise;
    onChange();
    if (document.duplicate && document.status === "ready") return row.finish(text.duplicate, document.name);
    row.state(text.states[document.status]);
    follow(document.id, row);
  } catch (problem) {
    // What the server said of the file it would say again; a connection that broke may hold the next time.
    const mayPass = !problem.status || problem.status === 429 || problem.status >= 500;
    if (problem.name === "AbortError") row.remove(); else row.fail(problem.message, mayPass ? () => addFiles([file]) : null);
  }
}

/** Follows a document until it is ready or failed. Does not hold up the next upload. */
async function follow(id, row) {
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
    if (document.status === "ready") { onChange(); return row.finish(text.states.ready, document.name); }
    if (document.status === "failed") {
      onChange();
      return row.fail(document.error?.detail ?? text.states.failed);
    }
  }
}
