import { $, announce, make } from "./dom.js";
import { api } from "./api.js";
import { text } from "./strings.js";

// The document's text beside the conversation, with the cited passage marked. Offsets count Unicode scalars in the
// whole document; a page knows at which one it starts.
let shown = null;
let opener = null;

export function setUpPanel() {
  $("close-panel").addEventListener("click", closePanel);
  $("previous-page").addEventListener("click", () => turn(-1));
  $("next-page").addEventListener("click", () => turn(1));
}

export const isPanelOpen = () => !$("panel").hidden;

export function closePanel() {
  $("panel").hidden = true;
  shown = null;
  if (opener?.isConnected) opener.focus();
  opener = null;
}

/** Opens a document at a page; `start` and `end` mark a stretch of it. */
export async function openSource({ documentId, url, name, page = 1, start, end, quote }, from = document.activeElement) {
  opener = from;
  // A source on the web is shown by its own site.
  if (url) return void window.open(url, "_blank", "noopener,noreferrer");
  shown = { documentId, name, page, start, end, quote, pages: 0 };
  $("panel").hidden = false;
  $("panel-title").textContent = name;
  $("original").href = `/api/documents/${documentId}/content`;
  $("panel-title").focus({ preventScroll: true });
  $("report").hidden = true;
  await Promise.all([load(), showReport()]);
}

async function turn(step) {
  if (!shown) return;
  shown.page += step;
  await load();
}

async function load() {
  const current = shown;
  const target = $("page");
  target.setAttribute("aria-busy", "true");
  try {
    const [info, answer] = await Promise.all([
      current.pages ? null : api.document(current.documentId), api.page(current.documentId, current.page)]);
    if (shown !== current) return;
    if (info) current.pages = info.pages ?? 1;
    render(target, answer.pages[0], current);
    $("panel-place").textContent = `${text.page(current.page)} / ${current.pages}`;
    $("previous-page").disabled = current.page <= 1;
    $("next-page").disabled = current.page >= current.pages;
  } catch (problem) {
    if (shown !== current) return;
    const isGone = problem.status === 404;
    target.textContent = isGone && current.quote ? `${text.gone}\n\n${current.quote}` : problem.message;
    $("panel-place").textContent = "";
    announce(problem.message, true);
  } finally {
    target.removeAttribute("aria-busy");
  }
}

/** What was left out of the document's text, and what may be wrong in it; nothing where there is nothing to say. */
async function showReport() {
  const current = shown;
  // The text is what matters; a report that cannot be had is not missed.
  const report = await api.report(current.documentId).catch(() => null);
  if (!report || shown !== current) return;
  const { hidden = [], hiddenCount = 0, warnings = [] } = report;
  if (!hiddenCount && !warnings.length) return;
  $("report-summary").textContent = text.leftOut(hiddenCount, warnings.length);
  $("report-list").replaceChildren(
    ...warnings.map((warning) => make("li", { dir: "auto" }, warning)),
    ...hidden.map((item) => make("li", {}, `${text.hiddenText(item)} `, make("q", { dir: "auto" }, item.sample))));
  $("report").hidden = false;
}

function render(target, page, { start, end }) {
  const scalars = Array.from(page.text);
  const from = start === undefined ? -1 : start - page.start;
  const to = end === undefined ? -1 : end - page.start;
  target.textContent = "";
  if (from < 0 || from >= scalars.length || to <= from) {
    target.append(page.text);
    target.scrollTop = 0;
    return;
  }
  const mark = document.createElement("mark");
  mark.textContent = scalars.slice(from, to).join("");
  target.append(scalars.slice(0, from).join(""), mark, scalars.slice(to).join(""));
  mark.scrollIntoView({ block: "center" });
}
