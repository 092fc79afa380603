// What is said where there is no network. Apart from the other texts, which the first look needs.
import { when } from "../strings.js";

export const words = {
  offline: "You are offline.",
  unreachable: "The server cannot be reached.",
  shown: (time) => `Shown is what this browser kept ${when(time)}. Questions can be asked again when the connection is back.`,
  again: "Try again",
};
