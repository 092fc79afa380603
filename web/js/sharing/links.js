import { announce, copyText, make } from "../parts/dom.js";
import { complain } from "../parts/toast.js";
import { call, withBody } from "../server/http.js";
import { words } from "./words.js";

// The links to a chat: those that there are, a new one, the end of one.
const choices = [1, 7, 30, 90, 365];

/** Shows the links to a chat; the focus goes back to `button` afterwards. */
export function showLinks(chat, button) {
  let newest = null;
  const list = make("ul", { class: "links" });
  const days = make("select", { id: "link-days" }, ...choices.map((count) => make("option", { value: String(count), selected: count === 30 }, words.dayCount(count))));
  const fresh = make("div", { class: "new-link", role: "status" });
  const maker = make("button", { class: "primary", type: "button", onclick: create }, words.make);
  const dialog = make("dialog", { class: "sharing", "aria-labelledby": "sharing-title" },
    make("h2", { id: "sharing-title", dir: "auto" }, words.title(chat.name)),
    make("p", {}, words.explained), make("p", { class: "muted" }, words.reach),
    make("div", { class: "choices" }, make("label", { for: "link-days" }, words.days), days, maker), fresh,
    make("h3", {}, words.links), list,
    make("form", { method: "dialog", class: "buttons" }, make("button", { class: "quiet", type: "submit" }, words.close)));
  dialog.addEventListener("close", () => { dialog.remove(); button.focus(); });
  document.body.append(dialog);
  dialog.showModal();
  read();

  async function read() {
    try {
      const { links } = await call(`/api/history/${chat.id}/share`);
      list.replaceChildren(...(links.length ? links.map(entry) : [make("li", { class: "muted" }, words.none)]));
    } catch (problem) { fail(problem); }
  }

  function entry(link) {
    return make("li", {}, make("span", {}, words.link(link)), make("button", { class: "quiet small", type: "button", "aria-label": words.endOf(link), onclick: async (event) => {
      event.currentTarget.disabled = true;
      try {
        await call(`/api/history/${chat.id}/share/${link.id}`, { method: "DELETE" });
        announce(words.ended);
        if (link.id === newest) fresh.replaceChildren();
        await read();
        maker.focus();
      } catch (problem) { fail(problem); read(); }
    } }, words.end));
  }

  async function create() {
    maker.disabled = true;
    try {
      const { id, token } = await call(`/api/history/${chat.id}/share`, withBody("POST", { expiresInDays: Number(days.value) }));
      // Behind the mark: what stands there no browser sends, and no server or proxy writes down.
      const address = make("input", { readonly: true, value: `${location.origin}/share.html#${token}`, "aria-label": words.newLink, dir: "ltr" });
      const copy = make("button", { class: "quiet", type: "button", onclick: async () => {
        const isCopied = await copyText(address.value);
        if (!isCopied) address.select();
        copy.textContent = isCopied ? words.copied : words.notCopied;
      } }, words.copy);
      newest = id;
      fresh.replaceChildren(make("p", {}, make("strong", {}, words.newLink), " ", words.once), make("div", { class: "choices" }, address, copy));
      copy.focus();
      await read();
    } catch (problem) { fail(problem); } finally { maker.disabled = false; }
  }

  function fail(problem) {
    fresh.replaceChildren(make("p", { class: "danger" }, problem.message));
    if (!dialog.open) complain(problem);
  }
}
