import { $, addStyle, announce, make } from "../parts/dom.js";
import { api } from "../server/api.js";
import { isPanelOpen, leavePanel, panelIsOpen } from "./panelstate.js";
import { forgetPicture, setUpPageView, showPicture } from "./pageview.js";
import { words } from "../library/words.js";
import { text } from "../strings.js";

// A document's page beside the conversation, with the cited passage marked: of a PDF as it looks, of all others its text.
// Offsets count Unicode scalars in the whole document; a page knows at which one it starts.
let shown = null;
let opener = null;
/** Whether PDFs are shown as they look; whoever prefers the text gets it for the next one, too. */
let prefersPicture = true;

/** The citations of the answer that is read, and which of them is shown. */
let citations = { all: [], at: -1 };

/** Says that what is shown is not the current version. */
const age = make("p", { class: "note age", hidden: true });

setUpPanel();

function setUpPanel() {
  $("close-panel").addEventListener("click", leavePanel);
  $("previous-citation").addEventListener("click", () => step(-1));
  $("next-citation").addEventListener("click", () => step(1));
  $("previous-page").addEventListener("click", () => turn(-1));
  $("next-page").addEventListener("click", () => turn(1));
  $("as-page").addEventListener("click", () => choose(true));
  $("as-text").addEventListener("click", () => choose(false));
  $("views").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    choose(!prefersPicture);
    $(prefersPicture ? "as-page" : "as-text").focus();
  });
  $("panel-note").before(age);
  setUpPageView();
}

/** Forgets what is shown, and gives the focus back. */
function close() {
  $("panel").hidden = true;
  shown = null;
  forgetPicture();
  citations.all[citations.at]?.classList.remove("is-shown");
  if (opener?.isConnected) opener.focus();
  opener = null;
}

/** Shows the citation before or after the one that is shown. */
function step(by) {
  const { all, at } = citations;
  const next = all.slice(by > 0 ? at + 1 : 0, by > 0 ? undefined : at);
  const button = (by > 0 ? next : next.reverse()).find((one) => one.isConnected && !one.citation.url);
  if (button) openSource(button.citation, button, { all, at: all.indexOf(button) });
}

/** Shows citation after citation without the mouse; nothing where the panel is not open. */
export function stepCitation(by) { if (isPanelOpen()) step(by); }

function showSteps(sequence) {
  citations.all[citations.at]?.classList.remove("is-shown");
  citations = sequence;
  const { all, at } = sequence;
  $("citation-steps").hidden = all.length < 2 || at < 0;
  all[at]?.classList.add("is-shown");
  $("citation-place").textContent = text.citationOf(at + 1, all.length);
  const can = (list) => list.some((one) => !one.citation.url);
  $("previous-citation").disabled = !can(all.slice(0, Math.max(0, at)));
  $("next-citation").disabled = !can(all.slice(at + 1));
}

/** Opens a document at a page; `start` and `end` mark a stretch of it. `sequence` are the citations that it is one of. */
export async function openSource({ documentId, url, name, page = 1, start, end, quote }, from = document.activeElement, sequence = { all: [], at: -1 }) {
  // A source on the web is shown by its own site.
  if (url) return void window.open(url, "_blank", "noopener,noreferrer");
  await addStyle("views");
  const isStep = $("panel").contains(document.activeElement) && isPanelOpen();
  opener = from;
  showSteps(sequence);
  panelIsOpen(close);
  $("panel").hidden = false;
  $("panel-title").textContent = name;
  $("original").hidden = !documentId;
  if (!documentId) return showQuote(quote, page);
  shown = { documentId, name, page, start, end, quote, pages: 0 };
  $("original").href = `/api/documents/${documentId}/content`;
  // Whoever steps through the citations stays on the button.
  if (!isStep || document.activeElement?.disabled) $("panel-title").focus({ preventScroll: true });
  $("report").hidden = true;
  age.hidden = true;
  await Promise.all([load(), showReport()]);
}

/** All that there is of a citation whose document is not here. */
function showQuote(quote, page) {
  shown = null;
  forgetPicture();
  arrange({ isPDF: false });
  $("panel-place").textContent = page ? text.page(page) : "";
  for (const id of ["previous-page", "next-page"]) $(id).disabled = true;
  for (const one of [$("report"), $("panel-note"), age]) one.hidden = true;
  $("page").removeAttribute("aria-busy");
  $("page").textContent = `${text.notHere}\n\n${quote ?? ""}`;
  $("panel-title").focus({ preventScroll: true });
}

async function turn(step) {
  if (!shown) return;
  shown.page += step;
  await load();
}

/** Shows the page as it looks, or its text. */
async function choose(isPicture) {
  prefersPicture = isPicture;
  if (!shown) return;
  arrange(shown);
  if (isPicture) await showAsItLooks(shown); else forgetPicture();
  if (!isPicture) $("page").querySelector("mark")?.scrollIntoView({ block: "center" });
}

/** Puts the view in front that is wanted, where there are two. */
function arrange({ isPDF, cannotShow }, isText = !isPDF || !prefersPicture || Boolean(cannotShow)) {
  $("views").hidden = !isPDF;
  for (const [tab, isChosen] of [["as-page", !isText], ["as-text", isText]]) {
    $(tab).setAttribute("aria-selected", String(isChosen));
    $(tab).tabIndex = isChosen ? 0 : -1;
  }
  $("sheet").hidden = isText;
  $("zoom").hidden = isText;
  $("page").hidden = !isText;
  // Without tabs it is a text and no tab's panel.
  if (isPDF) { $("page").setAttribute("role", "tabpanel"); $("page").setAttribute("aria-labelledby", "as-text"); }
  else { $("page").removeAttribute("role"); $("page").removeAttribute("aria-labelledby"); }
}

async function showAsItLooks(current) {
  const { page } = current;
  $("panel-note").hidden = true;
  current.cannotShow = false;
  arrange(current);
  try {
    await showPicture(current);
  } catch {
    if (shown !== current || current.page !== page) return;
    current.cannotShow = true;
    $("panel-note").textContent = text.noPicture;
    $("panel-note").hidden = false;
    arrange(current);
    $("page").querySelector("mark")?.scrollIntoView({ block: "center" });
    announce(text.noPicture);
  }
}

async function load() {
  const current = shown;
  const { page } = current;
  const target = $("page");
  target.setAttribute("aria-busy", "true");
  $("panel-note").hidden = true;
  forgetPicture();
  try {
    const answer = api.page(current.documentId, page);
    // Whoever waits for the other first must not leave this one's failure to nobody.
    answer.catch(() => {});
    if (!current.pages) {
      const info = await api.document(current.documentId);
      if (shown !== current) return;
      current.pages = info.pages ?? 1;
      current.isPDF = info.mediaType === "application/pdf";
      current.version = info.versionOf || info.supersededAt ? ` · ${words.version(info.version)}` : "";
      showAge(info);
    }
    $("panel-place").textContent = `${text.page(page)} / ${current.pages}${current.version}`;
    $("previous-page").disabled = page <= 1;
    $("next-page").disabled = page >= current.pages;
    current.cannotShow = false;
    arrange(current);
    const picture = current.isPDF && prefersPicture ? showAsItLooks(current) : null;
    const { pages } = await answer;
    if (shown !== current || current.page !== page) return;
    render(target, pages[0], current);
    await picture;
  } catch (problem) {
    if (shown !== current || current.page !== page) return;
    arrange(current, true);
    const isGone = problem.status === 404;
    target.textContent = isGone && current.quote ? `${text.gone}\n\n${current.quote}` : problem.message;
    $("panel-place").textContent = "";
    announce(problem.message, true);
  } finally {
    if (shown !== current || current.page === page) target.removeAttribute("aria-busy");
  }
}

/** A quotation stands in the version that it was taken from; where there is a newer one, this is the way to it. */
function showAge({ name, supersededAt, supersededBy }) {
  age.hidden = !supersededAt;
  if (!supersededAt) return;
  age.replaceChildren(supersededBy ? words.newer : words.newerGone);
  if (supersededBy) age.append(" ", make("button", { class: "quiet small", type: "button", onclick: () => openSource({ documentId: supersededBy, name }, opener) }, words.openNewer));
}

/** What was left out of the document's text, and what may be wrong in it; nothing where there is nothing to say. */
async function showReport() {
  const current = shown;
  // The text is what matters; a report that cannot be had is not missed.
  const report = await api.report(current.documentId).catch(() => null);
  if (!report || shown !== current) return;
  const { hidden = [], hiddenCount = 0, warnings = [], ocr = [] } = report;
  if (!hiddenCount && !warnings.length && !ocr.length) return;
  $("report-summary").textContent = text.leftOut(hiddenCount, warnings.length, ocr.length);
  $("report-list").replaceChildren(
    ...warnings.map((warning) => make("li", { dir: "auto" }, warning)),
    ...ocr.map((item) => make("li", {}, text.scanned(item))),
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
