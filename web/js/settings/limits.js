import { make } from "../parts/dom.js";
import { account, may } from "../account/session.js";
import { api } from "../server/api.js";
import { field, form, numberIn, row } from "./fields.js";
import { words } from "./words.js";

// Quotas: what the workspace, its members, single people and keys may use up.
const mostAmount = 1_000_000_000_000_000;
const megabyte = 1_048_576;
const perSubject = ["questionsPerMinute", "questionsPerDay", "uploadsPerMinute", "tokensPerMonth", "costPerMonth"];
const perWorkspace = [...perSubject, "documents", "bytes"];

export async function showLimits() {
  if (!may("manage")) return [make("p", {}, words.ownersOnly)];
  const workspace = account()?.workspace;
  const [all, members, keys] = await Promise.all([api.quotas(), workspace ? api.members(workspace.id) : [], account() ? api.keys().then((read) => read.keys) : []]);
  const state = { ...all };
  // Where nobody signs in there are no people to limit.
  const subjects = [{ of: "workspace" }, ...(account() ? [{ of: "members" }] : []), ...members.map((one) => ({ of: "person", id: one.id, name: one.name || one.login })),
    ...keys.filter((key) => key.workspace === workspace?.id).map((key) => ({ of: "key", id: key.id, name: key.name }))];
  const label = ({ of, name }) => (name ? words.subjects[of](name) : words.subjects[of]);
  const option = (subject) => make("option", { value: String(subjects.indexOf(subject)) }, label(subject));
  const group = (of) => { const some = subjects.filter((one) => one.of === of); return some.length ? make("optgroup", { label: words.subjectGroups[of] }, ...some.map(option)) : null; };
  const select = make("select", { onchange: () => draw() }, ...subjects.filter((one) => !one.name).map(option), group("person"), group("key"));
  const note = make("p", { class: "muted" });
  const place = make("div", {});
  const draw = () => {
    const subject = subjects[Number(select.value)];
    note.textContent = words.subjectNotes[subject.of];
    place.replaceChildren(subject.of === "workspace" && account() && !may("administer") ? make("p", {}, words.administratorsOnly) : limitsForm(subject, label(subject), state));
  };
  // Whoever may not limit the workspace begins with what they may.
  if (account() && !may("administer")) select.value = "1";
  draw();
  return [row(words.limitsOf, words.limitsNote(mostAmount), select), note, place];
}

function limitsForm(subject, title, state) {
  const isWorkspace = subject.of === "workspace";
  const own = () => new Map(state.quotas.filter((quota) => quota.of === subject.of && (quota.id ?? null) === (subject.id ?? null)).map((quota) => [quota.metric, quota.amount]));
  const before = own();
  let shownPolicy = state.policy;
  const fields = (isWorkspace ? perWorkspace : perSubject).map((metric) => {
    const isMoney = metric === "costPerMonth";
    const isBytes = metric === "bytes";
    const most = isBytes ? Math.floor(mostAmount / megabyte) : mostAmount;
    const rule = words.amountRule(most, !isMoney && !isBytes);
    const amount = before.get(metric);
    const shown = amount === undefined ? "" : String(isBytes ? Math.round(1000 * amount / megabyte) / 1000 : amount);
    const input = make("input", { type: "number", min: "0", max: String(most), step: isMoney || isBytes ? "any" : "1", inputmode: isMoney || isBytes ? "decimal" : "numeric", value: shown });
    const [label, note] = words.metrics[metric];
    return field(metric, label, note, input, () => {
      // What was not touched stays as it is, to the byte.
      if (input.value === shown && !input.validity.badInput) return amount ?? null;
      const value = numberIn(input, 0, most, !isMoney && !isBytes, rule);
      return isBytes && value !== null ? Math.round(value * megabyte) : value;
    });
  });
  if (isWorkspace) {
    const choice = make("select", {}, ...Object.entries(words.policies).map(([value, name]) => make("option", { value, selected: value === state.policy }, name)));
    fields.push(field("policy", words.policy, words.policyNote, choice, () => choice.value));
  }
  return form(title, fields, async ({ policy, ...amounts }) => {
    // What differs from what was shown alone: two owners who change different things do not undo each other.
    const limits = Object.fromEntries(Object.entries(amounts).filter(([metric, value]) => value !== (before.get(metric) ?? null)));
    const isOther = policy !== undefined && policy !== shownPolicy;
    if (!Object.keys(limits).length && !isOther) return words.nothingChanged;
    await api.setQuotas({ of: subject.of, ...(subject.id ? { id: subject.id } : {}), ...(Object.keys(limits).length ? { limits } : {}), ...(isOther ? { policy } : {}) });
    Object.assign(state, await api.quotas());
    for (const [metric, value] of Object.entries(limits)) if (value === null) before.delete(metric); else before.set(metric, value);
    if (isOther) shownPolicy = policy;
    return undefined;
  });
}
