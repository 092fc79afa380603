import { readyDocuments } from "../library/documents.js";

// The documents that come with the page, to be tried: what a company of pump makers might have. Their questions are fixed, and a test asks
// each of a real Apus: every one is answered from the document named.
export const samples = [
  "employee-handbook.pdf", "product-manual.pdf", "travel-policy.docx", "service-agreement.docx", "price-list.xlsx", "incident-report.html",
  "minutes-2026-01-14.md", "minutes-2026-02-11.md", "minutes-2026-03-11.md", "minutes-2026-04-15.md",
];

export const sampleQuestionsOf = [
  { question: "How many days from home can I work each week?", document: "employee-handbook.pdf" },
  { question: "Until when can I still get spares for the discontinued LD-100?", document: "product-manual.pdf" },
  { question: "How many days do I have to hand in my travel claim?", document: "travel-policy.docx" },
  { question: "Why were the thin gloves taken out of the chemical store?", document: "minutes-2026-02-11.md" },
];

/** Questions that the documents which are here answer; none for documents that nobody knows here. */
export function answerableQuestions() {
  const here = new Set(readyDocuments().map((item) => item.name));
  return sampleQuestionsOf.filter((one) => here.has(one.document)).map((one) => one.question);
}
