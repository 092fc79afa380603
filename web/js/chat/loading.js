import { addStyle } from "../parts/dom.js";

// What shows messages is not part of the first look at the page.
let loading = null;

/** What `messages.js` has, as soon as `loadMessages` has been waited for. */
export let messages = null;

/** Fetches it once; tries again when that has failed. */
export function loadMessages() {
  loading ??= Promise.all([import("./messages.js"), addStyle("answers")]).then(async ([module]) => {
    await module.ready();
    messages = module;
  }).catch((error) => { loading = null; throw error; });
  return loading;
}
