import { $, announce, make } from "../parts/dom.js";
import { account } from "../account/session.js";
import { whenKnown } from "../server/http.js";
import { text } from "../strings.js";
import { words } from "./words.js";

// The settings: parts with an address each, of which one is shown.
const parts = {
  general: async () => (await import("./general.js")).showGeneral,
  workspace: async () => (await import("./workspace.js")).showWorkspace,
  limits: async () => (await import("./limits.js")).showLimits,
  usage: async () => (await import("./usage.js")).showUsage,
};
let shown = null;

// Who may what, and where, may have changed.
document.addEventListener("apus:account", (event) => { if (shown && !$("settings-view").hidden && event.detail.isMoved) showSettings(shown); });

/** Shows a part; the first one for a name that is none. */
export async function showSettings(name) {
  shown = parts[name] ? name : "general";
  const mine = shown;
  const place = make("div", { class: "settings-part" }, make("p", { class: "muted" }, text.oneMoment));
  const entry = (part) => make("a", { href: part === "general" ? "/settings" : `/settings/${part}`, "aria-current": part === shown ? "page" : null }, words.parts[part]);
  $("settings").replaceChildren(make("nav", { class: "settings-nav", "aria-label": words.partsLabel }, ...Object.keys(parts).map(entry)), place);
  // On a phone not all of them have room.
  $("settings").querySelector("[aria-current]").scrollIntoView({ block: "nearest", inline: "center" });
  try {
    const [show] = await Promise.all([parts[mine](), whenKnown()]);
    if (account() && !account().workspace && mine !== "general") return place.replaceChildren(make("p", {}, words.noWorkspace));
    const children = await show();
    if (shown === mine && place.isConnected) place.replaceChildren(...children);
  } catch (problem) {
    place.replaceChildren(make("p", { class: "danger", role: "alert" }, problem.message),
      make("button", { class: "quiet", type: "button", onclick: () => showSettings(mine) }, text.retry));
    announce(problem.message, true);
  }
}
