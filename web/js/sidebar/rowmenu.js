import { $, addStyle } from "../parts/dom.js";
import { openMenu } from "../parts/menu.js";
import { complain, toast } from "../parts/toast.js";
import { api } from "../server/api.js";
import { words } from "../sharing/words.js";
import { text } from "../strings.js";

/**
 * The menu of a chat in the list. `acts` has `rename()`, `remove()`, `take(chat)` for the chat as it is kept now, `drop()` for one that this list does
 * not have any more, and `refresh()`.
 */
export function showRowMenu(button, chat, acts) {
  /** Changes how the chat is kept. Resolves to whether it is so now. */
  async function keep(value) {
    try {
      acts.take(await api.keepChat(chat.id, value));
      return true;
    } catch (problem) { complain(problem); return false; }
  }

  async function archive(isAway) {
    if (!await keep({ archived: isAway })) return;
    acts.drop();
    $("new-chat").focus();
    toast((isAway ? words.archived : words.unarchived)(chat.name), { action: { label: text.undo, run: async () => {
      if (await keep({ archived: !isAway })) await acts.refresh();
    } } });
  }

  async function share() {
    const [links] = await Promise.all([import("../sharing/links.js"), addStyle("sharing")]);
    links.showLinks(chat, button);
  }

  openMenu(button, [
    { label: text.renameAction, icon: "edit", run: acts.rename },
    { label: chat.pinned ? words.unpin : words.pin, icon: "pin", run: () => keep({ pinned: !chat.pinned }) },
    { label: words.share, icon: "share", run: share },
    { label: chat.archived ? words.unarchive : words.archive, icon: "archive", run: () => archive(!chat.archived) },
    { label: text.exportAction, icon: "download", run: () => document.dispatchEvent(new CustomEvent("apus:export", { detail: { chat, button } })) },
    null,
    { label: text.deleteAction, icon: "trash", isDanger: true, run: acts.remove }], text.menuOf(chat.name));
}
