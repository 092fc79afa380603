// What is said of finding chats and places. Apart from the other texts, which the first look needs.
import { inLanguage, number } from "../strings.js";

const english = {
  more: (count) => `${number.format(count)} more in this chat`,
  // A name, and other words by which somebody may look for it.
  places: {
    newChat: { name: "New chat", other: "begin" },
    documents: { name: "Documents", other: "library files uploads" },
    settings: { name: "Settings", other: "preferences theme dark light text size language enter key model" },
    workspace: { name: "Settings: Workspace", other: "retention public links" },
    limits: { name: "Settings: Limits", other: "quotas budget" },
    usage: { name: "Settings: Usage", other: "cost tokens statistics" },
    docs: { name: "Description of the API", other: "docs openapi" },
  },
};

export const words = await inLanguage(english, (language) => import(`./words.${language}.js`));
