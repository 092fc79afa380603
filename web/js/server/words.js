// What is said where there is no network. Apart from the other texts, which the first look needs.
import { inLanguage, when } from "../strings.js";

const english = {
  offline: "You are offline.",
  unreachable: "The server cannot be reached.",
  shown: (time) => `Shown is what this browser kept ${when(time)}. Questions can be asked again when the connection is back.`,
  again: "Try again",
};

export const words = await inLanguage(english, (language) => import(`./words.${language}.js`));
