// The texts of words.js in German.
import { when } from "../strings.js";

export const words = {
  offline: "Sie sind offline.",
  unreachable: "Der Server ist nicht zu erreichen.",
  shown: (time) => `Gezeigt wird, was dieser Browser ${when(time)} behalten hat. Fragen sind wieder möglich, sobald die Verbindung zurück ist.`,
  again: "Noch einmal versuchen",
};
