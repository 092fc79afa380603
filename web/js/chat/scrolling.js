import { $ } from "../parts/dom.js";

// Where the conversation stands. It stays at its end while somebody reads there, whatever grows; any look upwards ends that.
const nearEnd = 80;
let follows = true;

const distance = () => $("log").scrollHeight - $("log").scrollTop - $("log").clientHeight;
const isAtEnd = () => distance() < nearEnd;

/** Whether the end is being read. */
export const isFollowing = () => follows;

/** Goes to the end, and stays there. */
export function scrollToEnd() {
  follows = true;
  followEnd();
}

/** Goes to the end as it is now. */
export function followEnd() {
  $("log").scrollTop = $("log").scrollHeight;
  $("jump").hidden = true;
}

export function setUpScrolling() {
  const log = $("log");
  let last = 0;
  log.addEventListener("scroll", () => {
    // What is out of sight has no height of its own until it is near: that the end moves away is nobody's look upwards.
    // The first step upwards is still near the end, and must not be taken back.
    if (log.scrollTop < last - 2 && distance() > 2) follows = false;
    else if (distance() < 8) follows = true;
    last = log.scrollTop;
    $("jump").hidden = follows || isAtEnd();
  });
  log.addEventListener("wheel", (event) => { if (event.deltaY < 0) follows = false; }, { passive: true });
  log.addEventListener("keydown", (event) => { if (["ArrowUp", "PageUp", "Home"].includes(event.key)) follows = false; });
  $("jump").addEventListener("click", () => { scrollToEnd(); $("message").focus({ preventScroll: true }); });
  const keep = new ResizeObserver(() => { if (follows) followEnd(); else $("jump").hidden = isAtEnd(); });
  keep.observe($("messages"));
  keep.observe(log);
}

/** Goes to a message and shows it once. Returns whether it is there. */
export function showMessage(id) {
  const element = document.getElementById(`m-${id}`);
  if (!element) return false;
  follows = false;
  const show = () => element.scrollIntoView({ block: "center" });
  show();
  // Messages out of sight have no height of their own until they are shown.
  requestAnimationFrame(() => requestAnimationFrame(show));
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
  element.classList.add("flash");
  return true;
}
