import { make } from "../parts/dom.js";
import { words } from "./words.js";

/** What a reference leads to, and its name. */
export function resolved(schema, api) {
  const name = schema?.$ref?.split("/").pop();
  return name ? { name, schema: api.components.schemas[name] ?? {} } : { schema: schema ?? {} };
}

/** A text of the description: paragraphs, with code between backticks. */
export function prose(text) {
  return (text ?? "").split("\n\n").filter(Boolean).map((part) => make("p", {}, ...inline(part)));
}

export function inline(text) {
  return (text ?? "").split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));
}

/** Limits of a value, in a few words. */
function limits(schema) {
  const range = (least, most, unit) => {
    if (least === undefined && most === undefined) return null;
    const numbers = most === undefined ? `from ${least}` : least === undefined ? `up to ${most}` : least === most ? `${least}` : `${least} to ${most}`;
    return unit ? `${numbers} ${unit}` : numbers;
  };
  return [
    range(schema.minLength, schema.maxLength, "characters"), range(schema.minimum, schema.maximum),
    range(schema.minItems, schema.maxItems, "entries"), schema.pattern && `like ${schema.pattern}`,
    schema.maxProperties && `up to ${schema.maxProperties} members`,
    schema.default !== undefined && words.standard(JSON.stringify(schema.default)),
  ].filter(Boolean);
}

/** The type of a value, with links to schemas that have a name. */
export function typeOf(schema) {
  if (!schema) return [words.anything];
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return [make("a", { href: `#schema-${name}` }, name)];
  }
  if (schema.anyOf) return schema.anyOf.flatMap((one, index) => [...(index ? [words.or] : []), ...typeOf(one)]);
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(words.or)];
  const types = [schema.type ?? words.anything].flat();
  return types.flatMap((type, index) => {
    const before = index ? [words.or] : [];
    if (type === "array") return [...before, words.listOf, ...typeOf(schema.items)];
    if (type === "object" && typeof schema.additionalProperties === "object" && !schema.properties) return [...before, words.mapOf, ...typeOf(schema.additionalProperties)];
    return [...before, schema.format && type === "string" ? schema.format : type];
  });
}

/** The objects whose members are worth showing below a value: its own, those of its entries, or one for each alternative. */
function inner(schema) {
  if (!schema || schema.$ref) return [];
  if (schema.properties) return [schema];
  if (schema.anyOf) return schema.anyOf.flatMap(inner);
  return inner(schema.items);
}

/** A row for a member or a parameter. */
export function row(name, schema, isRequired, note) {
  const about = note || schema?.description;
  const below = inner(schema);
  return make("li", {},
    make("code", { class: "name" }, name), " ", make("span", { class: "type" }, ...typeOf(schema)),
    ...limits(schema ?? {}).concat(limits(schema?.items ?? {})).map((limit) => make("span", { class: "limit" }, limit)),
    make("span", { class: isRequired ? "is-required" : "muted" }, isRequired ? words.required : words.optional),
    about ? make("span", { class: "note" }, ...inline(about)) : null, ...below.map(listOf));
}

/** The members of an object, or of each of its alternatives; of anything else its type. */
export function members(schema) {
  const objects = inner(schema);
  if (!objects.length) return make("p", { class: "type" }, ...typeOf(schema), ...limits(schema ?? {}).map((limit) => make("span", { class: "limit" }, limit)));
  return make("div", {}, ...objects.flatMap((object, index) => [index ? make("p", { class: "muted" }, words.or.trim()) : null, listOf(object)]));
}

function listOf(object) {
  const required = new Set(object.required ?? []);
  return make("ul", { class: "members" }, ...Object.entries(object.properties).map(([name, member]) => row(name, member, required.has(name))));
}
