import { $, announce, make } from "../parts/dom.js";
import { api, newId } from "../server/api.js";
import { chatFinished, chatRunning } from "./activity.js";
import { hearTabs, tellTabs } from "../account/session.js";
import { dropDraft, keepDraft, moveDraftTo, putText, setUpComposer, showAnswering, showDraftOf } from "./composer.js";
import { wantedModel } from "./models.js";
import { chosenPreset, showPresetOf } from "./presets.js";
import { loadMessages, messages } from "./loading.js";
import { followEnd, isFollowing, scrollToEnd, setUpScrolling, showMessage } from "./scrolling.js";
import { moveScopeTo, showScopeOf, wantedDocuments } from "./scope.js";
import { complain, toast } from "../parts/toast.js";
import { showWelcome } from "./welcome.js";
import { text } from "../strings.js";

let chatId = null;
/** How many messages are made at a time; and what says that those of an earlier look are not wanted any more. */
const piece = 40;
let shown = null;
// Answers that are listened to: who they are, as soon as that is known, and how to listen no longer.
const running = new Set();
let onChatMade = () => {};
let go = () => {};
let nameOf = () => null;

export const isAnswering = () => running.size > 0;
const stop = (id) => api.stop(id).catch(complain);

/** Has the server stop what it is writing here; what is written by then stays. */
export function stopAnswer() {
  for (const one of running) {
    if (one.answerId && !one.isStopped) stop(one.answerId);
    one.isStopped = true;
  }
}

/** Another page of this browser has asked something in a chat, or has deleted it: it is shown as it is now, unless something is under way here. */
function heard({ asked, gone }) {
  if (!chatId || ![asked, gone].includes(chatId) || $("chat-view").hidden) return;
  if (gone || (isFollowing() && !isAnswering() && !$("messages").querySelector(".edit-form, .why form"))) showChat(chatId);
}

/** Listens no longer; the server goes on. */
export function leaveAnswer() {
  for (const one of running) one.controller.abort();
  running.clear();
  showAnswering(false);
}

/** `chatMade` is told of chats that are new or have changed; `navigate` opens an address; `knownName` gives a chat's name, or null. */
export function setUpConversation({ chatMade, navigate, knownName }) {
  [onChatMade, go, nameOf] = [chatMade, navigate, knownName];
  setUpScrolling();
  setUpComposer({ submit, stop: stopAnswer, editLast });
  const welcome = () => { if (!chatId && !$("messages").querySelector(".message")) showEmpty(); };
  hearTabs(heard);
  document.addEventListener("apus:documents", welcome);
  document.addEventListener("apus:models", welcome);
}

const showEmpty = () => showWelcome(askNew);

/** Shows a chat, or an empty one for null; at its end, or at a message of it. */
export async function showChat(id, messageId = null) {
  leaveAnswer();
  const isSame = id && chatId === id;
  // What waited belongs to the chat that is left: it is there as its draft.
  const waited = isSame ? [] : messages?.takeAll() ?? [];
  if (waited.length) putText([...waited, $("message").value].filter(Boolean).join("\n"));
  chatId = id;
  if (!isSame) $("messages").replaceChildren();
  showDraftOf(id);
  showScopeOf(id);
  setTitle(id ? nameOf(id) ?? text.oneMoment : text.newChat);
  showPresetOf(null);
  $("chat-view").classList.toggle("is-empty", !id);
  if (!id) return showEmpty();
  const waiting = isSame ? 0 : setTimeout(() => $("messages").replaceChildren(make("div", { class: "skeleton", "aria-hidden": "true" }, ...Array.from({ length: 6 }, () => make("span", {})))), 200);
  try {
    const [{ chat, messages: path, next, open }] = await Promise.all([load(id, messageId), loadMessages()]);
    if (chatId !== id) return;
    clearTimeout(waiting);
    // What was asked meanwhile is not in what was read anew.
    if (isSame && isAnswering()) return;
    setTitle(chat.name);
    showPresetOf(chat);
    $("messages").replaceChildren();
    showFromEnd(path, open, Boolean(messageId), () => { if (next) offerEarlier(next, messageId); });
    if (!messageId || !showMessage(messageId)) scrollToEnd();
  } catch (problem) {
    clearTimeout(waiting);
    if (chatId !== id) return;
    const isGone = problem.status === 404;
    setTitle(isGone ? text.chatGone : nameOf(id) ?? text.failed);
    $("messages").replaceChildren(make("article", { class: "message", role: "alert" }, make("p", { class: "state problem" }, isGone ? text.chatGoneNote : problem.message),
      isGone ? null : make("div", { class: "actions" }, make("button", { class: "quiet small", type: "button", onclick: () => showChat(id, messageId) }, text.retry))));
  }
}

/** Shows the newest messages at once, unless all are wanted, and those before them piece by piece; `done` is called when all are there. */
function showFromEnd(path, open, isWhole, done) {
  const id = chatId;
  const cut = (end) => {
    let from = isWhole ? 0 : Math.max(0, end - piece);
    // An answer stays with its question.
    while (from > 0 && path[from].role !== "user") from -= 1;
    return from;
  };
  let from = cut(path.length);
  showMessages(path.slice(from), open);
  const mine = shown = {};
  const step = () => {
    if (chatId !== id || shown !== mine) return;
    if (from === 0) return done();
    const end = from;
    from = cut(end);
    showMessages(path.slice(from, end), open, $("messages").querySelector(".message"));
    setTimeout(step);
  };
  if (from === 0) done(); else setTimeout(step, 50);
}

/** Puts messages at the end, or before what is there. */
function showMessages(path, open = new Map(), before = null) {
  const questions = new Map(path.filter((m) => m.role === "user").map((m) => [m.id, m]));
  const answered = new Set(path.filter((m) => m.role === "assistant").map((m) => m.parentId));
  const put = (element) => $("messages").insertBefore(element, before);
  for (const message of path) {
    const isQuestion = message.role === "user";
    if (isQuestion) put(messages.makeQuestion(message, acts));
    const question = isQuestion ? message : questions.get(message.parentId);
    const retry = question && (() => ask({ message: question.text, messageId: question.id }));
    const current = question && open.get(question.id);
    // A try that is being written takes the place of one that failed.
    if (isQuestion && answered.has(message.id)) continue;
    if (current) follow(current, retry);
    else if (isQuestion) put(messages.makeUnanswered(retry));
    else {
      const answer = messages.makeAnswer(message, acts);
      put(answer.element);
      answer.restore({ ...message, chatId, answerId: message.id }, retry);
    }
  }
}

/** A chat with its newest messages, and as many before as lead to the wanted one. */
async function load(id, messageId) {
  const page = await api.chat(id, null, messageId);
  let { messages: path, next } = page;
  while (messageId && next && !path.some((m) => m.id === messageId) && chatId === id) {
    const older = await api.chat(id, next, messageId);
    path = [...older.messages, ...path];
    next = older.next;
  }
  return { chat: page.chat, messages: path, next, open: new Map(page.running.map((one) => [one.messageId, one])) };
}

/** A button for what was said before what is shown; what is read stays where it is. */
function offerEarlier(next, through) {
  const id = chatId;
  const button = make("button", { class: "quiet small earlier", type: "button", onclick: async () => {
    button.disabled = true;
    try {
      const older = await api.chat(id, next, through);
      if (chatId !== id) return;
      const first = button.nextElementSibling;
      const distance = $("log").scrollHeight - $("log").scrollTop;
      showMessages(older.messages, new Map(), first);
      button.remove();
      if (older.next) offerEarlier(older.next, through);
      $("log").scrollTop = $("log").scrollHeight - distance;
      first?.querySelector("button")?.focus({ preventScroll: true });
    } catch (problem) {
      button.disabled = false;
      complain(problem);
    }
  } }, text.earlier);
  $("messages").prepend(button);
}

function setTitle(name) {
  $("title").textContent = name;
  document.title = name === text.newChat ? "Apus" : `${name} – Apus`;
}

/** Sends what was typed. Returns whether it is on its way. */
function submit(question) {
  if (isAnswering()) {
    if (messages.enqueue(question)) return true;
    toast(text.queueFull);
    return false;
  }
  askNew(question);
  return true;
}

function editLast() {
  const last = [...$("messages").querySelectorAll(".message.user")].at(-1);
  if (!last || isAnswering()) return false;
  last.beginEdit();
  return true;
}

async function askNew(question) {
  if (isAnswering()) return;
  const chat = chatId;
  try {
    await loadMessages();
  } catch (problem) {
    putText(question);
    return complain(problem);
  }
  if (chatId !== chat || isAnswering()) return;
  $("messages").querySelector(".empty")?.remove();
  $("chat-view").classList.remove("is-empty");
  const messageId = newId();
  $("messages").append(messages.makeQuestion({ id: messageId, text: question, createdAt: new Date().toISOString() }, acts));
  ask({ message: question, messageId });
  scrollToEnd();
}

function ask(request) {
  const answer = addAnswer({ createdAt: new Date().toISOString() }, $(messages.placeName(request.messageId)));
  answer.state(text.searching);
  const body = { ...request, ...manner() };
  if (chatId) body.chatId = chatId;
  else if (chosenPreset()) body.preset = chosenPreset();
  return listen(answer, { controller: new AbortController() }, (on, signal) => api.ask(body, on, signal), () => ask(request), body);
}

/** What is chosen beside the question. */
const manner = () => ({ ...wantedDocuments(), ...(wantedModel() ? { model: wantedModel() } : {}) });

/** Takes away what followed a message, and the message itself unless it stays. It is in the chat as another version. */
function cutAt(element, stays = false) {
  while (element.nextElementSibling) element.nextElementSibling.remove();
  if (!stays) element.remove();
}

const acts = {
  isAnswering,
  open: async (source, button, all) => (await import("../reading/panel.js")).openSource(source, button, all),
  confirm(phrase) {
    if (isAnswering()) return false;
    askNew(phrase);
    return true;
  },
  /** Has an answer made anew. It takes the old one's place on the page, and that of what followed it; both stay in the chat. */
  async tryAgain(element, answerId) {
    if (isAnswering()) return toast(text.stopFirst);
    const chat = chatId;
    cutAt(element);
    const answer = addAnswer({ createdAt: new Date().toISOString() });
    answer.state(text.searching);
    const own = { controller: new AbortController() };
    await listen(answer, own, (on, signal) => api.regenerate(answerId, manner(), on, signal), null);
    // Now it is known which versions there are.
    if (answer.place && chatId === chat && !own.controller.signal.aborted) showChat(chat);
  },
  /** Asks in other words. Resolves to whether that is on its way. */
  async edit(element, id, value) {
    if (isAnswering()) { toast(text.stopFirst); return false; }
    const chat = chatId;
    try {
      const version = await api.edit(chat, id, value);
      if (chatId !== chat) return true;
      cutAt(element, true);
      element.replaceWith(messages.makeQuestion({ ...version, createdAt: version.createdAt ?? new Date().toISOString() }, acts));
      $("message").focus({ preventScroll: true });
      await ask({ message: value, messageId: version.id });
      if (chatId === chat) showChat(chat);
      return true;
    } catch (problem) {
      complain(problem);
      return false;
    }
  },
  async branch(id) {
    try {
      const chat = await api.branch(chatId, id);
      onChatMade(null);
      go(`/c/${chat.id}`);
      toast(text.branched(chat.name));
    } catch (problem) { complain(problem); }
  },
  async showVersion(id) {
    if (isAnswering()) return toast(text.stopFirst);
    try {
      await api.choose(chatId, id);
      await showChat(chatId, id);
    } catch (problem) { complain(problem); }
  },
};

/** An answer below its question, or at the end. */
function addAnswer(message, question = null) {
  const answer = messages.makeAnswer(message, acts);
  if (question) question.after(answer.element); else $("messages").append(answer.element);
  return answer;
}

/** Listens to an answer that the server is writing. */
function follow({ answerId, messageId, createdAt }, retry) {
  const answer = addAnswer({ createdAt }, $(messages.placeName(messageId)));
  answer.state(text.stillAnswering);
  return listen(answer, { controller: new AbortController(), answerId }, (on, signal) => api.follow(answerId, on, signal), retry);
}

/** Shows what comes; `body` is what was asked, if it was asked here. */
async function listen(answer, own, open, retry, body = null) {
  running.add(own);
  showAnswering(true);
  const isNewChat = body && !chatId;
  let isDone = false;
  const beat = setInterval(() => { if (answer.text) announce(text.stillWriting); }, 7000);
  try {
    await open((name, data) => {
      if (own.controller.signal.aborted) return;
      if (name === "start") {
        answer.begin({ chatId: data.chatId, answerId: data.answerId });
        own.answerId = data.answerId;
        if (own.isStopped) stop(own.answerId);
        announce(text.answerStarted);
        if (body) dropDraft(body.message);
        if (body) tellTabs({ asked: data.chatId });
        chatRunning(data.chatId, true);
        if (isNewChat && !chatId) {
          chatId = data.chatId;
          showPresetOf({ preset: body.preset });
          moveDraftTo(chatId);
          moveScopeTo(chatId);
          onChatMade(chatId);
        }
      } else if (name === "sources") {
        answer.passages = data.passages;
        if (!answer.text) answer.state(text.reading(data.passages.length));
      } else if (name === "tool") {
        answer.tool(data);
      } else if (name === "delta") {
        answer.append(data.text);
      } else if (name === "done") {
        isDone = !own.isStopped;
        answer.finish({ ...data, ...answer.place }, retry);
        if (isNewChat && data.chatName) setTitle(data.chatName);
        announce(`${text.answerComplete(new Set(data.citations.map((c) => c.n)).size)} ${answer.spoken()}`);
      } else if (name === "error") {
        answer.fail(data, retry);
      }
      if (isFollowing()) followEnd();
    }, own.controller.signal);
  } catch (problem) {
    if (problem.name !== "AbortError") answer.fail(problem, retry);
    if (body && !answer.place) keepDraft(body.message);
  } finally {
    clearInterval(beat);
    running.delete(own);
    showAnswering(isAnswering());
    const isHere = !own.controller.signal.aborted;
    if (answer.place && isHere) chatFinished(answer.place.chatId);
    onChatMade(chatId);
    // After a failure nothing goes out by itself.
    if (isHere && isDone && !isAnswering()) {
      const next = messages.takeNext();
      if (next) askNew(next);
    }
  }
}
