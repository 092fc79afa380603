import { may } from "../account/session.js";
import { words as said } from "./words.js";

// Where one can go by its name, from the field that looks for chats.
const atMost = 4;
const places = [
  { address: "/", ...said.places.newChat }, { address: "/documents", ...said.places.documents }, { address: "/settings", ...said.places.settings },
  { address: "/settings/workspace", ...said.places.workspace, needs: "manage" }, { address: "/settings/limits", ...said.places.limits, needs: "manage" },
  { address: "/settings/usage", ...said.places.usage }, { address: "/docs", ...said.places.docs, isOther: true }];

/** The places each of whose asked words begins one of theirs, the best first; none for less than two letters. */
export function placesFor(asked) {
  const words = asked.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.join("").length < 2) return [];
  const begin = (one, word) => one.toLocaleLowerCase().split(/[\s/,]+/).some((own) => own.startsWith(word));
  const found = places.filter(({ name, other, needs }) => (!needs || may(needs)) && words.every((word) => begin(`${name} ${other}`, word)));
  const isNamed = ({ name }) => words.every((word) => begin(name, word));
  return [...found.filter(isNamed), ...found.filter((one) => !isNamed(one))].slice(0, atMost);
}
