// What the dialog of links and the page of a shared chat say. Apart from the other texts, which the first look needs.
const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium" });
const number = new Intl.NumberFormat(document.documentElement.lang);
const plural = new Intl.PluralRules(document.documentElement.lang);
const counted = (count, one, other) => `${number.format(count)} ${plural.select(count) === "one" ? one : other}`;

export const words = {
  title: (name) => `Share “${name}”`,
  explained: "A link shows this chat as it is now, to be read: questions, answers and the quotes they cite. What is said later is not in it, and documents are not either.",
  reach: "Where people sign in, members of the workspace can open it; anybody else only if an owner of the workspace allows public links.",
  days: "Ends after",
  dayCount: (count) => counted(count, "day", "days"),
  make: "Make a link",
  newLink: "The new link",
  once: "It is shown only now. Copy it before you close this.",
  copy: "Copy link",
  copied: "Copied",
  notCopied: "Press Ctrl+C to copy.",
  links: "Links to this chat",
  none: "There are none yet.",
  link: ({ createdAt, expiresAt, messages }) => `Made ${day.format(new Date(createdAt))}, ends ${day.format(new Date(expiresAt))}, ${counted(messages, "message", "messages")}`,
  end: "End",
  endOf: (link) => `End the link made ${day.format(new Date(link.createdAt))}`,
  ended: "The link has ended.",
  close: "Close",
  sharedChat: "Shared chat",
  sharedUntil: ({ createdAt, expiresAt }) => `As it was on ${day.format(new Date(createdAt))}. This link ends on ${day.format(new Date(expiresAt))}.`,
  withheld: (count) => `${counted(count, "more message is", "more messages are")} not shown: what they were answered from is not open to you, or was deleted.`,
  noToken: "This address is not complete. Open the link as you were given it.",
  signIn: "Sign in to read this chat, then open the link again.",
  toSignIn: "Sign in",
  gone: "This link is not found, or has ended.",
  loading: "Loading…",
  asMarkdown: "Download as Markdown",
  fileName: "Shared chat.md",
  sources: "Sources",
};
