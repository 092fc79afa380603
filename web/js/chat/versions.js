import { make } from "./dom.js";
import { text } from "./strings.js";

/** Steps through the versions of a message; null for one that has no others. `show` gets the id of the one that is wanted. */
export function versionSteps({ versions, version }, show) {
  if (!versions) return null;
  const step = (to, label, sign) => make("button", {
    type: "button", "aria-label": label, disabled: !versions[to - 1], onclick: () => show(versions[to - 1]) }, sign);
  return make("span", { class: "versions" }, step(version - 1, text.versionBefore, "‹"),
    make("span", { class: "note" }, text.version(version, versions.length)), step(version + 1, text.versionAfter, "›"));
}
