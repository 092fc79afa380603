import { make } from "../parts/dom.js";
import { account, may } from "../account/session.js";
import { api } from "../server/api.js";
import { dollars, locale, number, text, when } from "../strings.js";
import { row } from "./fields.js";
import { words } from "./words.js";

// What was used, and how much is left of what limits whoever asks.
const space = "http://www.w3.org/2000/svg";
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
const rowsAtMost = 1000;

export async function showUsage() {
  const { quotas, rates } = await api.ownQuotas();
  const of = make("select", { onchange: () => draw() }, ...(may("manage") && account() ? ["me", "workspace", "people", "keys"] : ["me"]).map((one) => make("option", { value: one }, words.usedBys[one])));
  const span = make("select", { onchange: () => draw() }, ...Object.entries(words.spans).map(([value, name]) => make("option", { value }, name)));
  const place = make("div", { class: "usage", "aria-live": "polite" });
  let last = 0;
  async function draw() {
    const mine = last += 1;
    place.replaceChildren(make("p", { class: "muted" }, text.oneMoment));
    try {
      const [usage, names] = await Promise.all([api.used(of.value, ...datesOf(span.value)), namesFor(of.value)]);
      if (mine === last) place.replaceChildren(...figures(usage, words.usedBys[of.value], names));
    } catch (problem) {
      if (mine === last) place.replaceChildren(make("p", { class: "danger" }, problem.message), make("button", { class: "quiet", type: "button", onclick: draw }, text.retry));
    }
  }
  draw();
  return [make("h2", {}, words.mine), standing(quotas, rates), make("h2", {}, words.parts.usage),
    make("div", { class: "choices" }, of.length > 1 ? row(words.usedBy, "", of) : null, row(words.span, "", span)), place];
}

/** How far each limit is used up, in words and as a bar. */
function standing(quotas, rates) {
  if (!quotas.length && !rates.length) return make("p", { class: "muted" }, words.noLimits);
  const name = (quota) => `${words.metrics[quota.metric]?.[0] ?? quota.metric} (${words.of[quota.of] ?? words.of.person})`;
  const entry = (quota) => make("li", {}, make("div", {}, make("strong", {}, name(quota)),
    make("p", { class: quota.state === "used_up" ? "danger" : "muted" }, [quota.used === undefined ? words.upTo(quota.metric, quota.amount) : words.used(quota.metric, quota.used, quota.amount),
      words.states[quota.state], quota.until && words.until(when(quota.until))].filter(Boolean).join(" · "))),
  quota.used === undefined || !quota.amount ? null : make("progress", { max: quota.amount, value: Math.min(quota.used, quota.amount), "aria-label": name(quota) }));
  return make("ul", { class: "entries" }, ...quotas.map(entry), ...rates.map((rate) => entry({ ...rate, state: "open" })));
}

/** Whose ids are whose; what is not known is shown as it is. */
async function namesFor(kind) {
  if (kind === "people" && account()?.workspace) return new Map((await api.members(account().workspace.id)).map((one) => [one.id, one.name || one.login]));
  if (kind === "keys") return new Map((await api.keys()).keys.map((key) => [key.id, key.name]));
  return new Map();
}

function datesOf(name) {
  const now = new Date();
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  const iso = (...parts) => new Date(Date.UTC(...parts)).toISOString().slice(0, 10);
  if (name === "before") return [iso(year, month - 1, 1), iso(year, month, 0)];
  if (name === "quarter") return [iso(year, month, now.getUTCDate() - 89), iso(year, month, now.getUTCDate())];
  return [iso(year, month, 1), iso(year, month, now.getUTCDate())];
}

function figures({ from, to, days, total }, who, names) {
  const used = days.filter((one) => one.questions || one.tokens || one.cost);
  if (!used.length) return [make("p", { class: "muted" }, words.nothingUsed)];
  const sums = new Map();
  for (const one of used) sums.set(one.date, (sums.get(one.date) ?? 0) + one.questions);
  const whose = (one) => (one.person ?? one.key ? names.get(one.person ?? one.key) ?? one.person ?? one.key : null);
  const hasNames = used.some(whose);
  const heads = ["date", ...(hasNames ? ["who"] : []), "questions", "tokens", "cost"];
  const line = (one) => make("tr", {}, make("th", { scope: "row" }, day.format(new Date(one.date))), hasNames ? make("td", { dir: "auto" }, whose(one) ?? words.nobody) : null,
    ...[number.format(one.questions), number.format(one.tokens), dollars(one.cost)].map((value) => make("td", { class: "number" }, value)));
  return [make("p", {}, words.totals(total)), chart(from, to, sums, words.chartOf(who, total.questions)),
    make("details", {}, make("summary", {}, words.asTable), make("div", { class: "scroll", tabIndex: 0, role: "group", "aria-label": words.asTable }, make("table", { class: "figures" },
      make("thead", {}, make("tr", {}, ...heads.map((name) => make("th", { scope: "col", class: ["date", "who"].includes(name) ? null : "number" }, words.columns[name])))), make("tbody", {}, ...used.slice(-rowsAtMost).map(line)))))];
}

/** Bars, one for each day, as high as its questions are many. */
function chart(from, to, sums, label) {
  const [first, end] = [Date.parse(from), Date.parse(to)];
  const count = Math.min(366, Math.max(1, Math.round((end - first) / 86_400_000) + 1));
  const most = Math.max(1, ...sums.values());
  const draw = (tag, properties, ...children) => {
    const element = document.createElementNS(space, tag);
    for (const [name, value] of Object.entries(properties)) element.setAttribute(name, String(value));
    element.append(...children);
    return element;
  };
  const step = 1000 / count;
  const bars = Array.from({ length: count }, (_, index) => {
    const date = new Date(first + index * 86_400_000).toISOString().slice(0, 10);
    const questions = sums.get(date) ?? 0;
    const height = questions ? Math.max(2, 110 * questions / most) : 0;
    return draw("rect", { class: "bar-of-day", x: index * step + step * 0.1, y: 120 - height, width: step * 0.8, height }, draw("title", {}, `${day.format(new Date(date))}: ${number.format(questions)}`));
  });
  return make("figure", { class: "chart" }, draw("svg", { viewBox: "0 0 1000 121", role: "img", "aria-label": label, preserveAspectRatio: "none" }, ...bars, draw("line", { class: "base", x1: 0, x2: 1000, y1: 120.5, y2: 120.5 })),
    make("figcaption", { class: "muted" }, make("span", {}, day.format(new Date(first))), make("span", {}, day.format(new Date(end)))));
}
