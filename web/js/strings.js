// Every text that code puts on the page. Markup has its own in index.html.
const counted = (count, one, many) => `${count} ${count === 1 ? one : many}`;

export const text = {
  newChat: "New chat",
  documents: "Documents",
  send: "Send",
  stop: "Stop",
  searching: "Searching your documents…",
  reading: (count) => `Reading ${counted(count, "passage", "passages")}…`,
  stopped: "Stopped",
  tools: {
    search_documents: (a) => `Searched the documents for “${a.query ?? ""}”`,
    read_pages: (a) => `Read ${a.document ?? "a document"} from page ${a.from ?? 1}`,
    web_search: (a) => `Searched the web for “${a.query ?? ""}”`,
    fetch_page: (a) => `Read ${a.url ?? "a page"}`,
  },
  tool: (name) => `Used ${name}`,
  runTool: (name) => `Run ${name}`,
  toolRunning: (label) => `${label} …`,
  answeredBy: (model) => `Answered by ${model}`,
  insteadOf: (reason) => `not the first choice (${reason.replaceAll("_", " ")})`,
  remembered: "remembered from an equal question",
  understoodAs: (question) => `understood as “${question}”`,
  cost: (dollars) => new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumFractionDigits: 4 }).format(dollars),
  noAnswer: "This question has no stored answer.",
  askAgain: "Ask again",
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
  source: (n, name, page) => (page ? `Source ${n}: ${name}, page ${page}` : `Source ${n}: ${name}`),
  rename: (name) => `Rename ${name}`,
  remove: (name) => `Delete ${name}`,
  renameTitle: "Rename chat",
  save: "Save",
  deleteAction: "Delete",
  deleteChat: (name) => `Delete the chat “${name}”?`,
  deleteChatText: "Its messages and the documents that belong to it alone are removed for good.",
  deleteDocument: (name) => `Delete “${name}”?`,
  deleteDocumentText: "The file, its text and its passages are removed for good. Answers that quote it keep their quotes.",
  deleted: (name, receipt) => `Deleted ${name}: ${counted(receipt.blobs, "file", "files")} and ${counted(receipt.passages, "passage", "passages")}.`,
  answerStarted: "Answer started",
  answerComplete: (count) => `Answer complete, ${counted(count, "source", "sources")}.`,
  waiting: "Waiting",
  uploading: (percent) => `Uploading ${percent} %`,
  states: { queued: "Waiting to be read", extracting: "Reading", embedding: "Indexing", ready: "Ready", failed: "Failed" },
  duplicate: "Already in your library",
  dismiss: (name) => `Dismiss ${name}`,
  cancel: "Cancel",
  emptyFile: "The file is empty.",
  wrongType: "Only PDF, DOCX, PPTX, XLSX, RTF, HTML, Markdown, CSV, mail and text files can be read.",
  uploadFailed: "The upload broke off. Check the connection and try again.",
  emptyTitle: "Ask your documents",
  emptyWithout: "Add a few documents, then ask. Answers cite the page they come from.",
  emptyWith: (count) => `${count} ${count === 1 ? "document is" : "documents are"} ready. Answers cite the page they come from.`,
  examples: ["What documents do you have?", "What are these documents about?", "Which deadlines are named?"],
  noDocuments: "There are no documents yet. Add some, or drop them anywhere on this page.",
  summary: (count, passages) => `${counted(count, "document", "documents")}, ${counted(passages, "passage", "passages")}`,
  facts: (d) => [d.pages && counted(d.pages, "page", "pages"), d.passages && counted(d.passages, "passage", "passages"), size(d.bytes)].filter(Boolean).join(" · "),
  gone: "This document has been deleted since. The quoted text was:",
  unreachable: "The server cannot be reached. Check the connection and try again.",
  requestId: (id) => `Request ${id}`,
};

export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) { bytes /= 1000; unit += 1; }
  return new Intl.NumberFormat(undefined, { style: "unit", unit: units[unit], unitDisplay: unit ? "short" : "long", maximumFractionDigits: unit ? 1 : 0 }).format(bytes);
}

export function when(time) {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
}
