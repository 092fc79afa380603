// What the settings say. Apart from the other texts, which the first look needs.
import { counted, size } from "../strings.js";

const number = new Intl.NumberFormat();

export const words = {
  parts: { general: "General", workspace: "Workspace", limits: "Limits", usage: "Usage" },
  partsLabel: "Parts of the settings",
  saved: "Saved",
  keptHere: "These are kept in this browser, and count at once.",
  notKept: "This browser keeps nothing for this page, so these last until it is loaded anew. Allow it to store data for this address to keep them.",

  language: "Language",
  languageNote: "The page speaks English. Dates and numbers are written as your browser is set.",
  languages: { en: "English" },
  theme: "Theme",
  themeNote: "Light or dark; “As the system” follows what your device is set to.",
  size: "Text size",
  sizeNote: "Of everything on the page. The browser's own zoom works besides.",
  sizes: { small: "Small", normal: "Normal", large: "Large", largest: "Very large" },
  enter: "The Enter key",
  enterNote: (mod) => `In the message box. Shift+Enter always begins a new line, and ${mod}+Enter always sends. On a touch keyboard Enter begins a new line, and the button sends.`,
  enters: { enter: "Sends", modifier: "Begins a new line" },
  model: "Default model",
  modelNote: "The model that answers until another one is chosen below the message box, which changes this, too.",
  oneModel: (name) => `There is one here: ${name}. Whoever runs this Apus sets up others (APUS_MODELS).`,
  noModels: "The models could not be read. Load the page anew to choose one.",
  motion: "Motion",
  motionNote: "Follows the setting of your device for reduced motion.",
  motions: (isLess) => (isLess ? "Reduced, as your device asks" : "Not reduced: your device does not ask for it"),
  defaults: "Back to the defaults",
  defaultsDone: "The defaults count again.",

  programs: "For programs",
  programsNote: "Everything that the page does can be done by programs, too.",
  apiDescription: "Description of the API",
  keys: "API keys",
  shortcuts: "Keyboard shortcuts",

  workspaceTitle: (name) => `Workspace “${name}”`,
  ownersOnly: "These settings are for owners of the workspace. Ask one of them, or an administrator, to change them or to make you an owner.",
  noWorkspace: "You belong to no workspace yet. An administrator can add you to one.",
  withoutSignIn: "Nobody signs in here, so there is one workspace, everything in it is kept, and links to chats are for everybody who reaches this page. Names, retention and public links can be set where people sign in: set APUS_SIGN_IN, and restart the apps.",
  name: "Name",
  nameNote: "1 to 200 characters. Members see it where they choose a workspace.",
  nameMissing: "A workspace needs a name. Write 1 to 200 characters.",
  keepChats: "Keep chats for (days)",
  keepChatsNote: "Counted from a chat's last message; then it is removed for good, with the files added to it. Empty keeps chats for ever.",
  keepDocuments: "Keep documents for (days)",
  keepDocumentsNote: "Counted from the upload; then the document and its passages are removed for good. Empty keeps documents for ever.",
  daysRule: (least, most) => `A whole number from ${number.format(least)} to ${number.format(most)}, or nothing.`,
  publicLinks: "Public links",
  publicLinksNote: "Links to chats open for everybody who has them. When it is off, they open for members of the workspace alone, those that there are as well.",
  removesTitle: "Remove what is older?",
  removes: (chats, documents) => [
    chats && `Chats without a message for ${counted(chats, "day", "days")} are removed for good within the hour.`,
    documents && `Documents uploaded more than ${counted(documents, "day", "days")} ago are removed for good within the hour.`].filter(Boolean).join(" "),
  removesAction: "Save and remove",
  notSaved: "Nothing was saved.",
  nothingChanged: "Nothing has changed.",
  whoReads: "Who may read what",
  whoReadsNote: "Members and their roles are decided under your name, Members. A single document can be limited to some members by the API.",
  members: "Members",

  limitsOf: "Limits of",
  subjects: { workspace: "The whole workspace", members: "Each member", person: (name) => name, key: (name) => `Key “${name}”` },
  subjectGroups: { person: "One person", key: "One of your keys" },
  subjectNotes: {
    workspace: "What everybody in the workspace may use up together.",
    members: "What each person may use up who has no limit of their own.",
    person: "Counts for this person in place of the limits of each member.",
    key: "Counts for what is asked with this key, besides the limits of its person.",
  },
  limitsNote: (most) => `Empty is no limit, 0 allows nothing, and ${number.format(most)} is the most. A change is known everywhere within 15 seconds.`,
  administratorsOnly: "Limits of a whole workspace are for administrators to set. Yours are those of its members, people and keys.",
  metrics: {
    questionsPerMinute: ["Questions a minute", "So many at once, and as many again in each minute."],
    questionsPerDay: ["Questions a day", "Since midnight, UTC."],
    uploadsPerMinute: ["Uploads a minute", "So many at once, and as many again in each minute."],
    tokensPerMonth: ["Tokens a month", "What language models read and write, since the month began in UTC."],
    costPerMonth: ["US dollars a month", "By the prices that the models were set up with."],
    documents: ["Documents", "How many the workspace holds."],
    bytes: ["Storage in megabytes", "How large the workspace's files are together; a megabyte has 1,048,576 bytes."],
  },
  amountRule: (most, isWhole) => `${isWhole ? "A whole number" : "A number"} from 0 to ${number.format(most)}, or nothing.`,
  policy: "When tokens or money are used up",
  policyNote: "What becomes of a question then.",
  policies: { refuse: "It is refused, with when the month ends", model: "A cheaper model answers, if there is one with room", quotes: "The documents are quoted" },

  mine: "What limits you",
  noLimits: "No limit has been set for you.",
  of: { workspace: "of the workspace", person: "yours", key: "of the key" },
  used: (metric, used, amount) => `${format(metric, used)} of ${format(metric, amount)} used`,
  upTo: (metric, amount) => `${format(metric, amount)}`,
  states: { open: "", nearly_used: "nearly used up", used_up: "used up" },
  until: (time) => `counts anew ${time}`,
  usedBy: "Used by",
  usedBys: { me: "Me", workspace: "Everybody", people: "Each person", keys: "Each key" },
  span: "Time",
  spans: { month: "This month", before: "Last month", quarter: "Last 90 days" },
  chartOf: (what, total) => `Questions a day. ${what}: ${counted(total, "question", "questions")}`,
  totals: ({ questions, tokens, cost }) => `${counted(questions, "question", "questions")}, ${counted(tokens, "token", "tokens")}, ${dollars(cost)}`,
  nothingUsed: "Nothing was used in this time.",
  asTable: "As a table",
  columns: { date: "Day", who: "Who", questions: "Questions", tokens: "Tokens", cost: "Cost" },
  nobody: "Nobody in particular",
};

/** An amount of what a limit counts, as people say it. */
function format(metric, amount) {
  if (metric === "bytes") return size(amount);
  return metric === "costPerMonth" ? dollars(amount) : number.format(amount);
}

export const dollars = (amount) => new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumFractionDigits: amount && amount < 1 ? 4 : 2 }).format(amount);
