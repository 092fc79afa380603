// Small helpers around the DOM; nothing here takes HTML text.
export const $ = (id) => document.getElementById(id);

/** Makes an element: properties, `data` and `aria` attributes, listeners as `onclick`, children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (typeof value !== "string" && name in element) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A picture of the page's family, for the eye alone. Those that point along the line of reading turn with it. */
export function icon(name, { small = false } = {}) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  picture.setAttribute("class", ["i", small && "small", ["next", "previous", "sidebar"].includes(name) && "directed"].filter(Boolean).join(" "));
  picture.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  picture.append(use);
  return picture;
}

/** A square button with a picture alone; its label is also shown when the pointer rests on it. */
export const iconButton = (name, label, action, properties = {}) => make("button", {
  class: "icon small", type: "button", "aria-label": label, title: label, onclick: action, ...properties }, icon(name));

const sheets = new Map();

/** Fetches a style sheet that the first look does not need. Resolves when it is there; without it things stand as they can. */
export function addStyle(name) {
  if (!sheets.has(name)) sheets.set(name, new Promise((resolve) => {
    document.head.append(make("link", { rel: "stylesheet", href: `/css/${name}.css`, onload: resolve, onerror: resolve }));
  }));
  return sheets.get(name);
}

/** Puts the markup's own words into the page's language, before anything else is on it. `markup` has them by their English. */
export function translate(markup = {}) {
  const said = (words) => (Object.hasOwn(markup, words) ? markup[words] : null);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const words = node.data.trim();
    if (said(words)) node.data = node.data.replace(words, () => said(words));
  }
  for (const name of ["aria-label", "title", "placeholder"]) {
    for (const element of document.body.querySelectorAll(`[${name}]`)) element.setAttribute(name, said(element.getAttribute(name)) ?? element.getAttribute(name));
  }
}

/** Copies a text, also where the page came over plain http and the clipboard is kept from it. Resolves to whether it is there. */
export async function copyText(value) {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch { /* the old way */ }
  const focused = document.activeElement;
  const box = make("textarea", { readonly: true, class: "visually-hidden", "aria-hidden": "true" });
  box.value = value;
  (document.querySelector("dialog[open]") ?? document.body).append(box);
  box.select();
  let isCopied = false;
  try { isCopied = document.execCommand("copy"); } catch { /* said by the caller */ }
  box.remove();
  focused?.focus?.({ preventScroll: true });
  return isCopied;
}

/** Tells assistive technology; the region is emptied first so that a repeated text is heard again. */
export function announce(message, isAlert = false) {
  const region = $(isAlert ? "alert" : "status");
  region.textContent = "";
  setTimeout(() => { region.textContent = message; }, 50);
}

/** Asks in a dialog. Resolves to the text for questions with an input, to true for others, to null when cancelled. */
export function ask({ title, message = "", value, action, danger = false }) {
  const dialog = $("ask");
  const input = $("ask-input");
  $("ask-title").textContent = title;
  $("ask-text").textContent = message;
  $("ask-ok").textContent = action;
  $("ask-ok").className = danger ? "danger-action" : "primary";
  input.hidden = value === undefined;
  input.value = value ?? "";
  dialog.returnValue = "cancel";
  dialog.showModal();
  // What cannot be taken back is not what Enter does by itself.
  if (value !== undefined) input.select(); else (danger ? $("ask-cancel") : $("ask-ok")).focus();
  return new Promise((resolve) => {
    const submitByEnter = (event) => {
      if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); dialog.close("ok"); }
    };
    input.addEventListener("keydown", submitByEnter);
    dialog.addEventListener("close", () => {
      input.removeEventListener("keydown", submitByEnter);
      if (dialog.returnValue !== "ok") resolve(null);
      else resolve(value === undefined ? true : input.value.trim());
    }, { once: true });
  });
}

/** A value kept in this browser; silently the default where there is no storage. */
export const kept = {
  get(name) { try { return localStorage.getItem("apus." + name); } catch { return null; } },
  set(name, value) {
    try {
      if (value) localStorage.setItem("apus." + name, value); else localStorage.removeItem("apus." + name);
    } catch { /* kept for this page only */ }
  },
  /** Whether anything is kept at all. */
  works() {
    try { localStorage.setItem("apus.probe", "1"); localStorage.removeItem("apus.probe"); return true; } catch { return false; }
  },
  /** Whether there is one whose name begins so. */
  has(beginning) { try { return Object.keys(localStorage).some((name) => name.startsWith("apus." + beginning)); } catch { return false; } },
  /** Removes all whose names begin so. */
  forget(beginning) {
    try {
      for (const name of Object.keys(localStorage)) if (name.startsWith("apus." + beginning)) localStorage.removeItem(name);
    } catch { /* nothing was kept */ }
  },
};
