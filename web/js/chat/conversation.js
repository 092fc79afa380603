import { $, announce, kept, make } from "./dom.js";
import { api, newId } from "./api.js";
import { linkHost, renderMarkdown } from "./markdown.js";
import { chosenPreset, sampleQuestions, showPresetOf } from "./presets.js";
import { receiptLine, toolLine } from "./receipt.js";
import { thumbs } from "./feedback.js";
import { openSource } from "./panel.js";
import { readyCount } from "./documents.js";
import { versionSteps } from "./versions.js";
import { text, when } from "./strings.js";

let chatId = null;
// Answers that are listened to: who they are, as soon as that is known, and how to listen no longer.
const running = new Set();
let onChatMade = () => {};

export const isAnswering = () => running.size > 0;
const stop = (id) => api.stop(id).catch((problem) => announce(problem.message, true));

/** Has the server stop what it is writing here; what is written by then stays. */
export function stopAnswer() {
  for (const one of running) {
    if (one.answerId && !one.isStopped) stop(one.answerId);
    one.isStopped = true;
  }
}

/** Listens no longer; the server goes on. */
export function leaveAnswer() {
  for (const one of running) one.controller.abort();
  running.clear();
  showSend();
}

export function setUpConversation(chatMade) {
  onChatMade = chatMade;
  const box = $("message");
  const fit = () => { box.style.height = "auto"; box.style.height = `${Math.min(box.scrollHeight + 2, 240)}px`; };
  box.addEventListener("input", () => { kept.set(draftName(), box.value); fit(); showSend(); });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    submit();
  });
  $("form").addEventListener("submit", (event) => { event.preventDefault(); if (isAnswering()) stopAnswer(); else submit(); });
  $("log").addEventListener("scroll", () => { $("jump").hidden = isAtEnd(); });
  $("jump").addEventListener("click", scrollToEnd);
  document.addEventListener("apus:documents", () => { if (!chatId && !$("messages").querySelector(".message")) showEmpty(); });
}

const draftName = () => `draft.${chatId ?? "new"}`;
const isAtEnd = () => $("log").scrollHeight - $("log").scrollTop - $("log").clientHeight < 80;
function scrollToEnd() { $("log").scrollTop = $("log").scrollHeight; }

function showSend() {
  const send = $("send");
  send.textContent = isAnswering() ? text.stop : text.send;
  send.disabled = !isAnswering() && !$("message").value.trim();
}

/** Shows a chat, or an empty one for null; at its end, or at a message of it. */
export async function showChat(id, messageId = null) {
  leaveAnswer();
  chatId = id;
  $("messages").replaceChildren();
  $("message").value = kept.get(draftName()) ?? "";
  $("message").dispatchEvent(new Event("input"));
  setTitle(text.newChat);
  showPresetOf(null);
  if (!id) return showEmpty();
  try {
    const { chat, messages, open } = await load(id, messageId);
    if (chatId !== id) return;
    setTitle(chat.name);
    showPresetOf(chat);
    const questions = new Map(messages.filter((m) => m.role === "user").map((m) => [m.id, m]));
    const answered = new Set(messages.filter((m) => m.role === "assistant").map((m) => m.parentId));
    for (const message of messages) {
      const isQuestion = message.role === "user";
      if (isQuestion) addQuestion(message.text, message.createdAt, message.id, message);
      const question = isQuestion ? message : questions.get(message.parentId);
      const retry = question && (() => ask({ message: question.text, messageId: question.id }));
      const current = question && open.get(question.id);
      // A try that is being written takes the place of one that failed.
      if (isQuestion && answered.has(message.id)) continue;
      if (current) follow(current, retry);
      else if (isQuestion) addUnanswered(retry);
      else addAnswer(message.createdAt, message.id).restore({ ...message, chatId: id, answerId: message.id }, retry);
    }
    if (!messageId || !showMessage(messageId)) scrollToEnd();
  } catch (problem) {
    addAnswer().fail(problem);
  }
}

/** A chat with its newest messages, and as many before as lead to the wanted one. */
async function load(id, messageId) {
  const page = await api.chat(id, null, messageId);
  let { messages, next } = page;
  while (messageId && next && !messages.some((m) => m.id === messageId) && chatId === id) {
    const older = await api.chat(id, next, messageId);
    messages = [...older.messages, ...messages];
    next = older.next;
  }
  return { chat: page.chat, messages, open: new Map(page.running.map((one) => [one.messageId, one])) };
}

function showMessage(id) {
  const element = document.getElementById(`m-${id}`);
  if (!element) return false;
  const show = () => element.scrollIntoView({ block: "center" });
  show();
  // Messages out of sight have no height of their own until they are shown.
  requestAnimationFrame(() => requestAnimationFrame(show));
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
  element.classList.add("flash");
  return true;
}

function setTitle(name) {
  $("title").textContent = name;
  document.title = name === text.newChat ? "Apus" : `${name} – Apus`;
}

function showEmpty() {
  const count = readyCount();
  const examples = count ? make("div", { class: "examples" }, ...sampleQuestions().map((example) => make("button", {
    type: "button", onclick: () => { $("message").value = example; submit(); } }, example))) : null;
  $("messages").replaceChildren(make("div", { class: "empty" }, make("h2", {}, text.emptyTitle),
    make("p", { class: "muted" }, count ? text.emptyWith(count) : text.emptyWithout), examples,
    make("button", { class: "quiet needs-write", type: "button", onclick: () => $("files").click() }, $("attach").textContent)));
}

function submit() {
  const question = $("message").value.trim();
  if (!question || isAnswering()) return;
  kept.set(draftName(), "");
  $("message").value = "";
  $("message").dispatchEvent(new Event("input"));
  $("messages").querySelector(".empty")?.remove();
  askNew(question);
  $("message").focus();
}

function askNew(question) {
  const messageId = newId();
  addQuestion(question, new Date().toISOString(), messageId);
  ask({ message: question, messageId });
  scrollToEnd();
}

function ask(request) {
  const answer = addAnswer(new Date().toISOString(), null, $(placeName(request.messageId)));
  answer.state(text.searching);
  const body = { ...request, ...manner() };
  if (chatId) body.chatId = chatId;
  else if (chosenPreset()) body.preset = chosenPreset();
  return listen(answer, { controller: new AbortController() }, (on, signal) => api.ask(body, on, signal), () => ask(request), body);
}

/** What is chosen beside the question. */
function manner() {
  const chosen = { useDocuments: $("use-documents").checked };
  if ($("model").value && $("model").value !== $("model").dataset.standard) chosen.model = $("model").value;
  return chosen;
}

/** Has an answer made anew. It takes the old one's place on the page, and that of what followed it; both stay in the chat. */
async function tryAgain(element, answerId) {
  if (isAnswering()) return;
  const chat = chatId;
  while (element.nextElementSibling) element.nextElementSibling.remove();
  element.remove();
  const answer = addAnswer(new Date().toISOString(), null);
  answer.state(text.searching);
  const own = { controller: new AbortController() };
  await listen(answer, own, (on, signal) => api.regenerate(answerId, manner(), on, signal), null);
  // Now it is known which versions there are.
  if (answer.place && chatId === chat && !own.controller.signal.aborted) showChat(chat);
}

async function showVersion(id) {
  if (isAnswering()) return;
  try {
    await api.choose(chatId, id);
    await showChat(chatId, id);
  } catch (problem) {
    announce(problem.message, true);
  }
}

/** Listens to an answer that the server is writing. */
function follow({ answerId, messageId, createdAt }, retry) {
  const answer = addAnswer(createdAt, null, $(placeName(messageId)));
  answer.state(text.stillAnswering);
  return listen(answer, { controller: new AbortController(), answerId }, (on, signal) => api.follow(answerId, on, signal), retry);
}

/** Shows what comes; `body` is what was asked, if it was asked here. */
async function listen(answer, own, open, retry, body = null) {
  running.add(own);
  showSend();
  const isNewChat = body && !chatId;
  try {
    await open((name, data) => {
      if (own.controller.signal.aborted) return;
      if (name === "start") {
        answer.begin({ chatId: data.chatId, answerId: data.answerId });
        own.answerId = data.answerId;
        if (own.isStopped) stop(own.answerId);
        announce(text.answerStarted);
        if (isNewChat && !chatId) {
          chatId = data.chatId;
          showPresetOf({ preset: body.preset });
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
        answer.finish({ ...data, ...answer.place }, retry);
        if (isNewChat && data.chatName) setTitle(data.chatName);
        announce(text.answerComplete(new Set(data.citations.map((c) => c.n)).size) + " " + data.text);
      } else if (name === "error") {
        answer.fail(data, retry);
      }
    }, own.controller.signal);
  } catch (problem) {
    if (problem.name !== "AbortError") answer.fail(problem, retry);
  } finally {
    running.delete(own);
    showSend();
    onChatMade(chatId);
  }
}

// MARK: Messages

const placeName = (id) => (id ? `m-${id}` : null);

function addQuestion(question, createdAt, id, versions = {}) {
  $("messages").append(make("article", { class: "message user", "aria-label": "You", id: placeName(id) },
    make("div", { class: "bubble", dir: "auto", title: createdAt ? when(createdAt) : "" }, question), versionSteps(versions, showVersion)));
}

/** A button that has a question answered again, in the place of what is there. */
const againButton = (element, label, retry) => make("button", { class: "quiet", type: "button", onclick: () => { element.remove(); retry(); } }, label);

function addUnanswered(retry) {
  const element = make("article", { class: "message", "aria-label": "Assistant" }, make("p", { class: "state" }, text.noAnswer));
  element.append(make("div", { class: "actions" }, againButton(element, text.askAgain, retry)));
  $("messages").append(element);
}

/** An answer below its question, or at the end. */
function addAnswer(createdAt, id, question = null) {
  const state = make("p", { class: "state" });
  const body = make("div", { class: "body", dir: "auto" });
  const tools = make("ul", { class: "tool-log" });
  const element = make("article", { class: "message assistant", "aria-label": "Assistant", id: placeName(id), title: createdAt ? when(createdAt) : "" }, state, tools, body);
  if (question) question.after(element); else $("messages").append(element);
  let frame = 0;
  const draw = () => {
    frame = 0;
    const follows = isAtEnd();
    renderMarkdown(body, answer.text);
    if (follows) scrollToEnd();
  };
  const confirm = (phrase) => {
    if (isAnswering()) return false;
    askNew(phrase);
    return true;
  };
  const answer = {
    text: "",
    passages: [],
    state(value) { state.textContent = value; },
    /** What was shown before comes again. */
    begin(place) {
      answer.place = place;
      answer.text = "";
      body.replaceChildren();
      tools.replaceChildren();
    },
    tool(activity) { toolLine(tools, activity, confirm); },
    append(piece) {
      answer.text += piece;
      state.textContent = "";
      if (!frame) frame = requestAnimationFrame(draw);
    },
    /** Shows an answer as it is stored. */
    restore(message, retry) {
      answer.passages = message.passages ?? [];
      if (message.finishReason !== "error") answer.finish(message, retry);
      else {
        answer.text = message.text;
        draw();
        answer.fail(message.problem ?? { detail: text.failed }, retry);
      }
      const steps = versionSteps(message, showVersion);
      if (steps) element.querySelector(".actions")?.append(steps);
    },
    finish({ text: whole, citations, finishReason, receipt, chatId: chat, answerId, feedback }, retry) {
      cancelAnimationFrame(frame);
      const follows = isAtEnd();
      answer.text = whole;
      state.textContent = { cancelled: text.stopped, interrupted: text.interrupted }[finishReason] ?? "";
      renderMarkdown(body, whole, { citations, onCite: openSource });
      if (!tools.children.length) for (const activity of receipt?.tools ?? []) toolLine(tools, activity, confirm);
      const rating = answerId && !["cancelled", "error", "interrupted"].includes(finishReason) ? thumbs(chat, answerId, feedback) : null;
      element.append(...[sources(citations, answer.passages, finishReason), receiptLine(receipt), actions(answer, rating), rating?.why].filter(Boolean));
      if (finishReason === "interrupted" && retry) element.querySelector(".actions").prepend(againButton(element, text.retry, retry));
      else if (answerId) element.querySelector(".actions").append(make("button", { type: "button", onclick: () => tryAgain(element, answerId) }, text.tryAgain));
      if (follows) scrollToEnd();
    },
    fail(problem, retry) {
      cancelAnimationFrame(frame);
      const detail = problem.detail ?? problem.message;
      state.className = "state problem";
      state.textContent = problem.requestId ? `${detail} (${text.requestId(problem.requestId)})` : detail;
      announce(detail, true);
      if (retry) element.append(make("div", { class: "actions" }, againButton(element, text.retry, retry)));
    },
  };
  return answer;
}

function sources(citations, passages, finishReason) {
  const used = new Set(citations.map((c) => c.n));
  // Two sentences may rest on the same words.
  const listed = citations.filter((c, i) => citations.findIndex((o) => o.n === c.n && o.quote === c.quote) === i);
  const others = passages.filter((p) => !used.has(p.n));
  if (!citations.length && !others.length) return null;
  const entry = (source, quote) => {
    const words = quote ? make("span", { class: "quote" }, quote) : null;
    if (source.url) return make("li", {}, make("a", { href: source.url, target: "_blank", rel: "noopener noreferrer nofollow" }, `[${source.n}] ${source.name}`, linkHost(source.url), words));
    return make("li", {}, make("button", { type: "button", onclick: (event) => openSource(source, event.currentTarget) },
      [`[${source.n}] ${source.name}`, source.page && text.page(source.page)].filter(Boolean).join(", "), words));
  };
  const list = citations.length ? [make("strong", {}, text.sources), make("ol", {}, ...listed.map((c) => entry(c, c.quote)))] : [];
  const isMissing = finishReason === "not_found";
  const rest = isMissing ? others.slice(0, 3) : others;
  const more = rest.length ? make("details", { open: isMissing }, make("summary", {}, isMissing ? text.nearest : text.alsoConsidered(rest.length)),
    make("ol", {}, ...rest.map((p) => entry(p, null)))) : null;
  return make("div", { class: "sources" }, ...list, more);
}

function actions(answer, rating) {
  const copy = make("button", { type: "button", onclick: async () => {
    await navigator.clipboard.writeText(answer.text);
    copy.textContent = text.copied;
    setTimeout(() => { copy.textContent = text.copy; }, 2000);
  } }, text.copy);
  return make("div", { class: "actions" }, copy, ...rating?.buttons ?? []);
}
