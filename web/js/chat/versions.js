import { iconButton, make } from "../parts/dom.js";
import { text } from "../strings.js";

/** Steps through the versions of a message; null for one that has no others. `show` gets the id of the one that is wanted. */
export function versionSteps({ versions, version }, show) {
  if (!versions) return null;
  const step = (to, label, picture) => iconButton(picture, label, () => show(versions[to - 1]), { disabled: !versions[to - 1] });
  return make("span", { class: "versions" }, step(version - 1, text.versionBefore, "previous"),
    make("span", { class: "note" }, text.version(version, versions.length)), step(version + 1, text.versionAfter, "next"));
}
