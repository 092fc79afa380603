import { addStyle, announce, ask, make } from "../parts/dom.js";
import { complain, toast } from "../parts/toast.js";
import { call } from "../server/http.js";
import { lasting, refreshDocuments } from "./documents.js";
import { words } from "./words.js";

// The versions of a document: which one is current, what the others say, and how one of them becomes current again.

/** Shows the versions of a document; the focus goes back to `button` afterwards. */
export async function showVersions(item, button) {
  await addStyle("views");
  const list = make("ul", { class: "entries" });
  const dialog = make("dialog", { class: "versions", "aria-labelledby": "versions-title" },
    make("h2", { id: "versions-title", dir: "auto" }, words.versionsOf(item.name)), list,
    make("form", { method: "dialog", class: "buttons" }, make("button", { class: "quiet", type: "submit" }, words.close)));
  let opens = null;
  dialog.addEventListener("close", () => { dialog.remove(); if (opens) open(opens, button); else if (button.isConnected) button.focus(); });
  document.body.append(dialog);
  await read();
  dialog.showModal();

  async function read() {
    try {
      const { documents } = await call(`/api/documents?versions=${lasting(item)}&limit=200`);
      list.replaceChildren(...documents.sort((a, b) => b.version - a.version).map((one) => entry(one)));
      if (!documents.length) dialog.close();
    } catch (problem) { complain(problem); }
  }

  function entry(one) {
    const isCurrent = one.status === "ready" && !one.supersededAt;
    const state = isCurrent ? words.currentVersion : one.supersededAt ? null : words.unreadVersion[one.status];
    const action = (label, name, run, kind = "") => make("button", { class: `quiet small ${kind}`, type: "button", "aria-label": name, onclick: run }, label);
    return make("li", {}, make("div", {}, make("strong", {}, words.version(one.version)), state ? make("span", { class: isCurrent ? "tag is-current" : "tag" }, state) : null,
      make("p", { class: "muted" }, words.versionFacts(one))),
    make("div", { class: "buttons" },
      one.status === "ready" ? action(words.open, words.openVersion(one.version), () => { opens = one; dialog.close(); }) : null,
      one.status === "ready" && one.supersededAt ? action(words.restore, words.restoreVersion(one.version), () => restore(one), "needs-write") : null,
      action(words.remove, words.deleteVersion(one.version), () => remove(one, isCurrent), "danger needs-write")));
  }

  async function restore(one) {
    try {
      await call(`/api/documents/${one.id}/restore`, { method: "POST" });
      announce(words.restored(one.name));
    } catch (problem) { complain(problem); }
    await read();
    list.querySelector("button")?.focus();
    refreshDocuments();
  }

  async function remove(one, isCurrent) {
    if (!await ask({ title: words.deleteVersionTitle(one.name, one.version), message: words.deleteVersionText(isCurrent), action: words.remove, danger: true })) return;
    try {
      await call(`/api/documents/${one.id}`, { method: "DELETE" });
      announce(words.versionDeleted);
    } catch (problem) { complain(problem); }
    await read();
    list.querySelector("button")?.focus();
    refreshDocuments();
  }

  async function open(one, from) {
    (await import("../reading/panel.js")).openSource({ documentId: one.id, name: one.name }, from).catch((problem) => toast(problem.message));
  }
}
