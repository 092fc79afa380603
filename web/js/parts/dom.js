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
  $("ask-ok").classList.toggle("danger-action", danger);
  input.hidden = value === undefined;
  input.value = value ?? "";
  dialog.returnValue = "cancel";
  dialog.showModal();
  if (value !== undefined) input.select(); else $("ask-ok").focus();
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
  /** Removes all whose names begin so. */
  forget(beginning) {
    try {
      for (const name of Object.keys(localStorage)) if (name.startsWith("apus." + beginning)) localStorage.removeItem(name);
    } catch { /* nothing was kept */ }
  },
};
