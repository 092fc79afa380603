// What shows questions and answers. The page needs it once there are some, and fetches it then.
import { loadMarkdown } from "../reading/markdown.js";

export { makeAnswer, makeUnanswered } from "./answer.js";
export { makeQuestion, placeName } from "./question.js";
export { enqueue, takeAll, takeNext } from "./queue.js";

/** Resolves when answers can be shown. */
export const ready = loadMarkdown;
