import { $, kept } from "../parts/dom.js";
import { may } from "../account/session.js";
import { text } from "../strings.js";

// One queue for every way in: button, drop, paste. Two files go up at a time, each with its own row.
// What a file is, the server sees by its content; these it never reads, so that nobody waits to be told.
const unreadable = /\.(png|jpe?g|gif|webp|tiff?|bmp|heic|svg|mp[34]|m4a|wav|ogg|avi|mov|mkv|webm|gz|7z|rar|exe|dmg|iso|doc|xls|ppt|odg)$/i;
const waiting = [];
let running = 0;
let onChange = () => {};
let isInLibrary = false;
// Rows, and what sends files, come with the first one.
let tray = null;
let sending = null;

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

/** Offers to go on with uploads that broke off, where this browser remembers some. */
export async function offerUnfinished() {
  if (!may("write") || !kept.has("uploads.")) return;
  tray ??= await import("./tray.js");
  tray.placeTray(isInLibrary);
  (await import("./resumable.js")).offer(tray.makeRow, chooseFiles);
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
  sending ??= await import("./sending.js");
  tray.placeTray(isInLibrary);
  // What is said once for all of them, and how many are still to come.
  const batch = { left: 0 };
  for (const file of all) {
    const row = tray.makeRow(file.name);
    // How large a file may be is the server's to say, and its answer is shown.
    const refusal = file.size === 0 ? text.emptyFile : unreadable.test(file.name) ? text.wrongType : null;
    if (refusal) row.fail(refusal);
    else {
      const job = { file, row, batch };
      waiting.push(job);
      batch.left += 1;
      row.onCancel(() => { waiting.splice(waiting.indexOf(job), 1); batch.left -= 1; row.remove(); });
    }
  }
  pump();
}

function pump() {
  while (running < 2 && waiting.length) {
    const job = waiting.shift();
    running += 1;
    sending.send(job, onChange, () => addFiles([job.file])).finally(() => { running -= 1; job.batch.left -= 1; pump(); });
  }
}
