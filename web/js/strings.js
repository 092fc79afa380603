// Every text that code puts on the page. Markup has its own in index.html.
// The browser's own: numbers and dates as whoever reads them writes them.
const locale = undefined;
const plural = new Intl.PluralRules(locale);
const number = new Intl.NumberFormat(locale);
export const counted = (count, one, many) => `${number.format(count)} ${plural.select(count) === "one" ? one : many}`;

export const text = {
  newChat: "New chat",
  chatGone: "No such chat",
  nothingAt: (address) => `There is nothing at the address ${address}.`,
  chatGoneNote: "This chat is not there, or was deleted.",
  documents: "Documents",
  settings: "Settings",
  send: "Send",
  stop: "Stop",
  searching: "Searching your documents…",
  reading: (count) => `Reading ${counted(count, "passage", "passages")}…`,
  stopped: "Stopped",
  stillAnswering: "Answering…",
  interrupted: "Cut off: the program that was writing this answer ended.",
  failed: "This answer failed.",
  tools: {
    search_documents: (a) => `Searched the documents for “${a.query ?? ""}”`,
    read_pages: (a) => `Read ${a.document ?? "a document"} from page ${a.from ?? 1}`,
    web_search: (a) => `Searched the web for “${a.query ?? ""}”`,
    fetch_page: (a) => `Read ${a.url ?? "a page"}`,
  },
  tool: (name) => `Used ${name}`,
  runTool: (name) => `Run ${name}`,
  toolRunning: (label) => `${label} …`,
  answeredBy: (model) => (model === "extractive" ? "Quotes from your documents" : `Answered by ${model}`),
  insteadOf: (reason) => `not the first choice (${reason.replaceAll("_", " ")})`,
  remembered: "remembered from an equal question",
  understoodAs: (question) => `understood as “${question}”`,
  cost: (dollars) => new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumFractionDigits: 4 }).format(dollars),
  noAnswer: "This question has no stored answer.",
  askAgain: "Ask again",
  tryAgain: "Try again",
  version: (place, count) => `${place} of ${count}`,
  versionBefore: "Version before",
  versionAfter: "Next version",
  retry: "Retry",
  copy: "Copy",
  copied: "Copied",
  helpful: "Helpful",
  notHelpful: "Not helpful",
  whatIsWrong: "What is wrong with it?",
  reasons: {
    wrong: "It is wrong", not_in_documents: "It is not in the documents", wrong_source: "The source is the wrong one",
    incomplete: "Something is missing", slow: "It took too long", other: "Something else",
  },
  ownWords: "In your own words (optional)",
  sendFeedback: "Send",
  thanks: "Thank you. This was noted.",
  withdrawn: "Taken back.",
  sources: "Sources",
  alsoConsidered: (count) => `Also considered (${count})`,
  nearest: "Nearest passages",
  page: (page) => `page ${page}`,
  picture: (name, page) => `Page ${page} of ${name}`,
  pictureWithMarks: (name, page) => `Page ${page} of ${name}, with the quotation marked; its words are under Text`,
  noPicture: "This page cannot be shown as it looks; this is its text.",
  leftOut: (hidden, warnings, scans) => [
    scans ? `${counted(scans, "page", "pages")} read from a picture` : "",
    hidden ? `${counted(hidden, "hidden text", "hidden texts")} left out` : "",
    warnings ? `${counted(warnings, "note", "notes")} on how this was read` : ""].filter(Boolean).join(", "),
  scanned: (item) => `The text of page ${item.page} was read from a picture, ${Math.round(100 * item.confidence)} % sure.`,
  hiddenText: (item) => `Page ${item.page}, ${item.how}:`,
  earlier: "Show earlier messages",
  you: "You",
  answerLabel: "Assistant",
  saidAt: (who, time) => (time ? `${who}, ${clock(time)}` : who),
  stillWriting: "Still writing",
  queued: "Waits until the answer is there",
  queueFull: "Five questions are waiting already. Stop the answer, or wait for it to end.",
  editQueued: "Edit this waiting question",
  removeQueued: "Remove this waiting question",
  stopFirst: "An answer is still being written. Stop it first.",
  copyQuestion: "Copy question",
  editQuestion: "Edit question",
  editNote: "The question gets a new version; this one and its answers are kept. Ctrl+Enter sends it.",
  branch: "Branch from here",
  branched: (name) => `A new chat goes on from here: ${name}`,
  details: "Details",
  close: "Close",
  done: "Done",
  open: "Open",
  copyTable: "Copy table as CSV",
  copyCode: "Copy code",
  wrapCode: "Wrap long lines",
  code: "Code",
  table: "Table",
  notCopied: "Not copied: the browser refused",
  copyDetails: "Copy details",
  firstWord: "First word after",
  totalTime: "Time",
  tokens: "Tokens",
  tokenCount: (read, written) => `${number.format(read)} read, ${number.format(written ?? 0)} written`,
  price: "Cost",
  understood: "Understood as",
  passages: "Passages",
  support: { supported: "the words bear it out", partly: "the words bear it out in part", unsupported: "its words do not bear this sentence out" },
  strengths: { supported: "strong", partly: "partial", unsupported: "weak", used: "used", unused: "considered" },
  noQuote: "Nothing of this passage resembles the sentence.",
  openSource: "Open source",
  citationOf: (place, count) => `Citation ${place} of ${count}`,
  source: (n, name, page) => (page ? `Source ${n}: ${name}, page ${page}` : `Source ${n}: ${name}`),
  hits: (count, more) => (count ? `${more ? "At least " : ""}${counted(count, "result", "results")}` : text.noHits),
  noHits: "Nothing found",
  youSaid: "You: ",
  answerSaid: "Answer: ",
  exportChat: (name) => `Export ${name}`,
  exportAction: "Export",
  pinned: "Pinned",
  chatsOf: { title: "Chats", archive: "Archived chats", current: "Back to chats" },
  noArchived: "No chat is archived.",
  allChats: "All chats",
  importing: (name) => `Importing ${name}…`,
  imported: ({ chats, messages, citationsWithoutDocument: loose }) => [
    `Imported ${counted(chats.length, "chat", "chats")} with ${counted(messages, "message", "messages")}.`,
    loose ? `${counted(loose, "citation is", "citations are")} of documents that are not here, and kept as text.` : "",
  ].filter(Boolean).join(" "),
  notImported: "This file cannot be imported, and nothing of it was:",
  notHere: "This document is not in your library. The quoted text was:",
  rename: (name) => `Rename ${name}`,
  remove: (name) => `Delete ${name}`,
  save: "Save",
  deleteAction: "Delete",
  deleteDocument: (name) => `Delete “${name}”?`,
  deleteDocumentText: (passages, count) => `${count === 1 ? "The file and its text are" : "The files and their text are"} removed for good${passages ? `, with ${counted(passages, "passage", "passages")}` : ""}. Answers that quote ${count === 1 ? "it" : "them"} keep their quotes.`,
  deleted: (name, receipt) => `Deleted ${name}, with ${counted(receipt.passages, "passage", "passages")}.`,
  answerStarted: "Answer started",
  answerComplete: (count) => `Answer complete, ${counted(count, "source", "sources")}.`,
  waiting: "Waiting",
  uploading: (percent) => `Uploading ${percent} %`,
  states: { queued: "Waiting to be read", extracting: "Reading", embedding: "Indexing", ready: "Ready", failed: "Failed" },
  duplicate: "Already in your library",
  dismiss: (name) => `Dismiss ${name}`,
  cancel: "Cancel",
  emptyFile: "The file is empty.",
  wrongType: "Only PDF, DOCX, PPTX, XLSX, RTF, HTML, Markdown, CSV, mail and text files can be read, and ZIP archives of them.",
  uploadFailed: "The upload broke off. Check the connection and try again.",
  emptyTitle: "Ask your documents",
  emptyWithout: "There are no documents yet that you can ask about.",
  welcome: "Answers quote your files and name the page, so that you can check them.",
  dropHere: "Drop files anywhere on this page",
  typesInWords: "PDF, Word, PowerPoint, Excel, web pages, Markdown, CSV, mail and plain text",
  chooseFiles: "Choose files",
  trySamples: "Try it with sample documents",
  steps: [["Add documents", "Yours, or the samples of a small company."], ["Ask", "In your own words, as you would ask a colleague."], ["Check", "Open a citation and see the passage on its page."]],
  questionsToTry: "Questions to try",
  beingRead: (count) => `${counted(count, "document is", "documents are")} being read. You can ask as soon as the first is ready.`,
  stillReading: (count) => `${counted(count, "document is", "documents are")} still being read; answers may miss ${plural.select(count) === "one" ? "it" : "them"}.`,
  quotesOnly: "No language model is set: answers are quotes from your documents.",
  quotesHint: "No language model is set: answers are quotes. Open a citation to see where they stand.",
  modelHint: "Citations are compared with their sentence by wording alone; open one to judge for yourself.",
  undo: "Undo",
  canBe: (action) => `${action} is possible.`,
  dismissNotice: "Dismiss notice",
  model: "Model",
  modelName: (model) => (model === "extractive" ? text.extractive : model),
  standardModel: "Standard",
  extractive: "Quotes only",
  extractiveNote: "Answers are sentences from your documents; no language model is used.",
  assistant: "Assistant",
  standardAssistant: "Standard assistant",
  scope: "Documents to search",
  allDocuments: "All documents",
  allOf: (count) => (count === 1 ? "1 document" : `All ${number.format(count)} documents`),
  readyCount: (count) => `${number.format(count)} ready`,
  someDocuments: "Choose documents…",
  noDocumentsScope: "No documents",
  noDocumentsNote: "The model answers by itself",
  needsModel: "This needs a language model",
  whichDocuments: "Which documents?",
  useThese: "Use these",
  byTags: "Choose by tag…",
  tagged: (tags) => (tags.length === 1 ? `Tag: ${tags[0]}` : `${number.format(tags.length)} tags`),
  whichTags: "Which tags?",
  tagsNote: "Documents are searched that have all of those chosen.",
  filterTags: "Search tags",
  noneTagged: "No document has all of these. Choose fewer.",
  tooManyTags: (limit) => `A question can name ${number.format(limit)} tags. Choose fewer.`,
  filterDocuments: "Search documents",
  documentCount: (count) => counted(count, "document", "documents"),
  lengthOf: (count, limit) => `${number.format(count)} / ${number.format(limit)}`,
  tooLong: (limit) => `A message has at most ${number.format(limit)} characters. Attach the text as a file instead.`,
  nothingToSend: "Write a question first",
  longPaste: (count) => `A long text was pasted (${number.format(count)} characters).`,
  attachAsFile: "Attach as a file",
  pastedName: (date) => `Pasted text ${date.toISOString().slice(0, 16).replace("T", " ").replace(":", ".")}.txt`,
  theme: "Theme",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  menuOf: (name) => `Menu of ${name}`,
  renameAction: "Rename",
  loadMore: "Load more",
  chatDeleted: (name) => `Deleted “${name}”.`,
  isAnswering: ", is being answered",
  isUnseen: ", has a new answer",
  today: "Today",
  yesterday: "Yesterday",
  lastWeek: "Previous 7 days",
  lastMonth: "Previous 30 days",
  allUploads: "All uploads",
  trayOf: (ready, all, failed) => [`${number.format(ready)} of ${number.format(all)} ready`, failed ? `${number.format(failed)} failed` : ""].filter(Boolean).join(", "),
  columnName: "Name", columnPages: "Pages", columnPassages: "Passages", columnSize: "Size", columnAdded: "Added", columnState: "State",
  stateFilters: { all: "All states", ready: "Ready", reading: "Being read", failed: "Failed" },
  actions: "Actions",
  chooseAll: "Choose all",
  choose: (name) => `Choose ${name}`,
  chosenCount: (count) => `${number.format(count)} chosen`,
  chooseNone: "Choose none",
  askAboutThese: "Ask about these",
  deleteChosen: "Delete chosen",
  deleteDocuments: (count) => `Delete ${counted(count, "document", "documents")}?`,
  noneReady: "None of these can be asked about yet.",
  noMatch: "No document matches.",
  more: "Show more",
  retryOf: (name) => `Try again with ${name}`,
  shortcuts: {
    title: "Keyboard", search: "Search chats, and go to places by name", newChat: "New chat", sidebar: "Show or hide the menu", copy: "Copy the last answer", list: "This list", box: "To the message box",
    stop: "Stop, or close what is open", edit: "Edit the last question, from the empty box", messages: "From message to message", citations: "From citation to citation",
  },
  emptyWith: (count) => `${counted(count, "document is", "documents are")} ready. Answers cite the page they come from.`,
  noDocuments: "There are no documents yet. Add some, or drop them anywhere on this page.",
  summary: (count, passages) => `${counted(count, "document", "documents")}, ${counted(passages, "passage", "passages")}`,
  shortFacts: (d) => [d.status !== "ready" && text.states[d.status], d.pages && counted(d.pages, "page", "pages"), size(d.bytes), shortDate(d.createdAt)].filter(Boolean).join(" · "),
  gone: "This document has been deleted since. The quoted text was:",
  unreachable: "The server cannot be reached. Check the connection and try again.",
  requestId: (id) => `Request ${id}`,

  oneMoment: "One moment …",
  saved: "Saved.",
};

/** A size as people say it, and as the limits are set: 1,024 bytes are a kB. */
export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) { bytes /= 1024; unit += 1; }
  return new Intl.NumberFormat(locale, { style: "unit", unit: units[unit], unitDisplay: unit ? "short" : "long", maximumFractionDigits: unit && bytes < 10 ? 1 : 0 }).format(bytes);
}

const full = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const hours = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
const days = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" });
const years = new Intl.DateTimeFormat(locale, { year: "numeric", month: "short", day: "numeric" });
const months = new Intl.DateTimeFormat(locale, { year: "numeric", month: "long" });

export const when = (time) => full.format(new Date(time));
const clock = (time) => hours.format(new Date(time));
const isSameDay = (one, two) => one.toDateString() === two.toDateString();

/** A day, or the time where it is today. */
export function shortDate(time) {
  const [date, now] = [new Date(time), new Date()];
  return isSameDay(date, now) ? hours.format(date) : (date.getFullYear() === now.getFullYear() ? days : years).format(date);
}

/** The heading under which something of that time stands in a list. */
export function groupOf(time) {
  const [date, now] = [new Date(time), new Date()];
  if (date > now || isSameDay(date, now)) return text.today;
  const before = (count) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - count);
  if (date >= before(1)) return text.yesterday;
  if (date >= before(7)) return text.lastWeek;
  return date >= before(30) ? text.lastMonth : months.format(date);
}

/** A time that something took. */
export const seconds = (milliseconds) => new Intl.NumberFormat(locale, { style: "unit", unit: "second", unitDisplay: "short", maximumFractionDigits: milliseconds < 10000 ? 2 : 0 }).format(milliseconds / 1000);

/** What a file is, in a few letters. */
export const typeOf = (name) => (/\.([a-z0-9]{1,4})$/i.exec(name)?.[1] ?? "file").toUpperCase();
