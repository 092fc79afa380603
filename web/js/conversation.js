import { $, announce, kept, make } from "./dom.js";
import { api, newId } from "./api.js";
import { linkHost, renderMarkdown } from "./markdown.js";
import { chosenPreset, sampleQuestions, showPresetOf } from "./presets.js";
import { receiptLine, toolLine } from "./receipt.js";
import { thumbs } from "./feedback.js";
import { openSource } from "./panel.js";
import { readyCount } from "./documents.js";
import { text, when } from "./strings.js";

let chatId = null;
let running = null;
let onChatMade = () => {};

export const isAnswering = () => running !== null;
export const stopAnswer = () => running?.abort();

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
  $("form").addEventListener("submit", (event) => { event.preventDefault(); if (running) stopAnswer(); else submit(); });
  $("log").addEventListener("scroll", () => { $("jump").hidden = isAtEnd(); });
  $("jump").addEventListener("click", scrollToEnd);
  document.addEventListener("apus:documents", () => { if (!chatId && !$("messages").querySelector(".message")) showEmpty(); });
}

const draftName = () => `draft.${chatId ?? "new"}`;
const isAtEnd = () => $("log").scrollHeight - $("log").scrollTop - $("log").clientHeight < 80;
function scrollToEnd() { $("log").scrollTop = $("log").scrollHeight; }

function showSend() {
  const send = $("send");
  send.textContent = running ? text.stop : text.send;
  send.disabled = !running && !$("message").value.trim();
}

/** Shows a chat, or an empty one for null; at its end, or at a message of it. */
export async function showChat(id, messageId = null) {
  stopAnswer();
  chatId = id;
  $("messages").replaceChildren();
  $("message").value = kept.get(draftName()) ?? "";
  $("message").dispatchEvent(new Event("input"));
  setTitle(text.newChat);
  showPresetOf(null);
  if (!id) return showEmpty();
  try {
    const { chat, messages } = await load(id, messageId);
    if (chatId !== id) return;
    setTitle(chat.name);
    showPresetOf(chat);
    const answers = new Set(messages.map((m) => m.parentId));
    for (const message of messages) {
      if (message.role === "user") {
        addQuestion(message.text, message.createdAt, message.id);
        if (!answers.has(message.id)) addUnanswered(message);
      } else {
        addAnswer(message.createdAt, message.id).finish({ ...message, chatId: id, answerId: message.id });
      }
    }
    if (!messageId || !showMessage(messageId)) scrollToEnd();
  } catch (problem) {
    addAnswer().fail(problem);
  }
}

/** A chat with its newest messages, and as many before as lead to the wanted one. */
async function load(id, messageId) {
  const page = await api.chat(id);
  let { messages, next } = page;
  while (messageId && next && !messages.some((m) => m.id === messageId) && chatId === id) {
    const older = await api.chat(id, next);
    messages = [...older.messages, ...messages];
    next = older.next;
  }
  return { chat: page.chat, messages };
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
  if (!question || running) return;
  kept.set(draftName(), "");
  $("message").value = "";
  $("message").dispatchEvent(new Event("input"));
  $("messages").querySelector(".empty")?.remove();
  addQuestion(question, new Date().toISOString());
  ask({ message: question, messageId: newId() });
  $("message").focus();
}

async function ask(request) {
  const controller = new AbortController();
  running = controller;
  showSend();
  const answer = addAnswer(new Date().toISOString());
  answer.state(text.searching);
  scrollToEnd();
  const body = { ...request, useDocuments: $("use-documents").checked };
  if (chatId) body.chatId = chatId;
  else if (chosenPreset()) body.preset = chosenPreset();
  if ($("model").value && $("model").value !== $("model").dataset.standard) body.model = $("model").value;
  const asked = chatId;
  try {
    await api.ask(body, (name, data) => {
      if (name === "start") {
        answer.place = { chatId: data.chatId, answerId: data.answerId };
        announce(text.answerStarted);
        if (!asked && running === controller) {
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
        answer.finish({ ...data, ...answer.place });
        if (!asked && data.chatName) setTitle(data.chatName);
        announce(text.answerComplete(new Set(data.citations.map((c) => c.n)).size) + " " + data.text);
      } else if (name === "error") {
        answer.fail(data, () => ask(request));
      }
    }, controller.signal);
  } catch (problem) {
    if (problem.name === "AbortError") answer.finish({ text: answer.text, citations: [], finishReason: "cancelled" });
    else answer.fail(problem, () => ask(request));
  } finally {
    if (running === controller) running = null;
    showSend();
    onChatMade(chatId);
  }
}

// MARK: Messages

const placeName = (id) => (id ? `m-${id}` : null);

function addQuestion(question, createdAt, id) {
  $("messages").append(make("article", { class: "message user", "aria-label": "You", id: placeName(id) },
    make("div", { class: "bubble", dir: "auto", title: createdAt ? when(createdAt) : "" }, question)));
}

function addUnanswered(message) {
  const element = make("article", { class: "message", "aria-label": "Assistant" }, make("p", { class: "state" }, text.noAnswer),
    make("div", { class: "actions" }, make("button", { class: "quiet", type: "button", onclick: () => {
      element.remove();
      ask({ message: message.text, messageId: message.id });
    } }, text.askAgain)));
  $("messages").append(element);
}

function addAnswer(createdAt, id) {
  const state = make("p", { class: "state" });
  const body = make("div", { class: "body", dir: "auto" });
  const tools = make("ul", { class: "tool-log" });
  const element = make("article", { class: "message assistant", "aria-label": "Assistant", id: placeName(id), title: createdAt ? when(createdAt) : "" }, state, tools, body);
  $("messages").append(element);
  let frame = 0;
  const draw = () => {
    frame = 0;
    const follows = isAtEnd();
    renderMarkdown(body, answer.text);
    if (follows) scrollToEnd();
  };
  const confirm = (phrase) => {
    if (running) return false;
    addQuestion(phrase, new Date().toISOString());
    ask({ message: phrase, messageId: newId() });
    return true;
  };
  const answer = {
    text: "",
    passages: [],
    state(value) { state.textContent = value; },
    tool(activity) { toolLine(tools, activity, confirm); },
    append(piece) {
      answer.text += piece;
      state.textContent = "";
      if (!frame) frame = requestAnimationFrame(draw);
    },
    finish({ text: whole, citations, finishReason, receipt, chatId: chat, answerId, feedback }) {
      cancelAnimationFrame(frame);
      const follows = isAtEnd();
      answer.text = whole;
      state.textContent = finishReason === "cancelled" ? text.stopped : "";
      renderMarkdown(body, whole, { citations, onCite: openSource });
      if (!tools.children.length) for (const activity of receipt?.tools ?? []) toolLine(tools, activity, confirm);
      const rating = answerId && !["cancelled", "error"].includes(finishReason) ? thumbs(chat, answerId, feedback) : null;
      element.append(...[sources(citations, answer.passages, finishReason), receiptLine(receipt), actions(answer, rating), rating?.why].filter(Boolean));
      if (follows) scrollToEnd();
    },
    fail(problem, retry) {
      cancelAnimationFrame(frame);
      const detail = problem.detail ?? problem.message;
      state.className = "state problem";
      state.textContent = problem.requestId ? `${detail} (${text.requestId(problem.requestId)})` : detail;
      announce(detail, true);
      if (retry) element.append(make("div", { class: "actions" }, make("button", { class: "quiet", type: "button", onclick: () => { element.remove(); retry(); } }, text.retry)));
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
