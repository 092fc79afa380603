import { $, make } from "../parts/dom.js";
import { api } from "../server/api.js";
import { workspace } from "../account/session.js";
import { text } from "../strings.js";

// A page of a PDF as it looks, with what is cited marked on it.
const widths = [800, 1600];
let zoom = 1;
let latest = 0;

/** Sets up the zoom; it stays as it is from page to page. */
export function setUpPageView() {
  $("zoom").addEventListener("click", () => {
    zoom = zoom === 1 ? 2 : 1;
    $("zoom").setAttribute("aria-pressed", String(zoom === 2));
    const picture = $("picture");
    fit();
    if (!picture.dataset.path) return;
    addressOf(picture.dataset.path).then((address) => { picture.src = address; showFirstMark(); }).catch(() => { /* it stays as it is */ });
  });
}

/**
 * Shows a page. `start` and `end` are offsets in the document's text; what is between them is marked.
 * Returns false when another page has been asked for meanwhile; throws when the page cannot be shown.
 */
export async function showPicture({ documentId, name, page, start, end }) {
  latest += 1;
  const mine = latest;
  const sheet = $("sheet");
  const picture = $("picture");
  fit();
  $("marks").replaceChildren();
  picture.hidden = true;
  sheet.setAttribute("aria-busy", "true");
  sheet.scrollTop = 0;
  try {
    const isMarked = start !== undefined && end !== undefined;
    const path = `/api/documents/${documentId}/pages/${page}`;
    // A page without marks is better than none, and is there before them.
    const asked = isMarked ? api.words(documentId, page).catch(() => []) : [];
    await loaded(picture, path);
    if (mine !== latest) return false;
    sheet.removeAttribute("aria-busy");
    picture.alt = text.picture(name, page);
    picture.hidden = false;
    const words = await asked;
    if (mine !== latest) return false;
    const boxes = joined(words.filter((word) => word.start < end && word.end > start).map((word) => word.box));
    $("marks").replaceChildren(...boxes.map(markAt));
    if (boxes.length) picture.alt = text.pictureWithMarks(name, page);
    showFirstMark();
    return true;
  } catch (problem) {
    if (mine !== latest) return false;
    sheet.removeAttribute("aria-busy");
    throw problem;
  }
}

/** Lets go of a page that is still on its way. */
export function forgetPicture() {
  latest += 1;
  $("sheet").removeAttribute("aria-busy");
}

function fit() { $("paper").classList.toggle("large", zoom === 2); }

/** The pixels that the screen has for the page, or the next more that there are. */
function wanted() {
  const pixels = $("sheet").clientWidth * zoom * (window.devicePixelRatio || 1);
  return widths.find((width) => width >= pixels) ?? widths[widths.length - 1];
}

async function loaded(picture, path) {
  picture.dataset.path = path;
  picture.src = await addressOf(path);
  return picture.decode();
}

/** Where a page's picture is; where people sign in it is asked for as everything else is. */
async function addressOf(path) {
  const sized = `${path}?width=${wanted()}`;
  return workspace() ? api.picture(sized) : sized;
}

/** Words' boxes as one for each line: those that follow each other and stand beside each other. */
function joined(boxes) {
  const lines = [];
  for (const box of boxes) {
    const last = lines[lines.length - 1];
    if (last) {
      const shared = Math.min(last[3], box[3]) - Math.max(last[1], box[1]);
      const [one, two] = [last[3] - last[1], box[3] - box[1]];
      const gap = Math.max(box[0] - last[2], last[0] - box[2]);
      if (shared > 0.5 * Math.min(one, two) && gap < 3 * Math.max(one, two)) {
        lines[lines.length - 1] = [
          Math.min(last[0], box[0]), Math.min(last[1], box[1]), Math.max(last[2], box[2]), Math.max(last[3], box[3])];
        continue;
      }
    }
    lines.push(box);
  }
  return lines;
}

function markAt([left, top, right, bottom]) {
  const mark = make("span", { class: "quoted" });
  const share = (value) => `${100 * value}%`;
  Object.assign(mark.style, { left: share(left), top: share(top), width: share(right - left), height: share(bottom - top) });
  return mark;
}

function showFirstMark() {
  $("marks").firstElementChild?.scrollIntoView({ block: "center", inline: "center" });
}
