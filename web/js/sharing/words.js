// What is said of chats that are kept apart or shown to others. Apart from the other texts, which the first look needs.
const locale = undefined;
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const minute = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const number = new Intl.NumberFormat(locale);
const plural = new Intl.PluralRules(locale);
const counted = (count, one, other) => `${number.format(count)} ${plural.select(count) === "one" ? one : other}`;

export const words = {
  pin: "Pin",
  unpin: "Unpin",
  share: "Share…",
  archive: "Archive",
  unarchive: "Take out of the archive",
  archived: (name) => `Archived “${name}”.`,
  unarchived: (name) => `“${name}” is among your chats again.`,
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
  link: ({ createdAt, expiresAt, messages }) => `Made ${minute.format(new Date(createdAt))}, ends ${day.format(new Date(expiresAt))}, ${counted(messages, "message", "messages")}`,
  end: "End",
  endOf: (link) => `End the link made ${minute.format(new Date(link.createdAt))}`,
  ended: "The link has ended.",
  close: "Close",
  sharedChat: "Shared chat",
  sharedUntil: ({ createdAt, expiresAt }) => `As it was on ${day.format(new Date(createdAt))}. This link ends on ${day.format(new Date(expiresAt))}.`,
  withheld: (count) => `${counted(count, "more message is", "more messages are")} not shown: what they were answered from is not open to you, or was deleted.`,
  noToken: "This address is not complete. Open the link as you were given it.",
  signIn: "This link is for people who are signed in, or it has ended.",
  toSignIn: "Sign in",
  again: "Try again",
  gone: "This link is not found, or has ended.",
  loading: "Loading…",
  asMarkdown: "Download as Markdown",
  fileName: "Shared chat.md",
  sources: "Sources",
};
