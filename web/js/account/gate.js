import { $, announce, make } from "../parts/dom.js";
import { CookieProblem, accept, invitation, signIn, signInAt, takeProblem, ways } from "./session.js";
import { plainName } from "../parts/names.js";
import { text } from "../strings.js";
import { words } from "./words.js";

// The view before all others: where somebody signs in, or signs up by a link. What is behind it stays as it is.
const longestPassword = 1024;
const shortestPassword = 10;
let title = null;
let focused = null;

/** Shows the view, or takes it away when there is no reason for it any more. */
export function showGate(reason) {
  const isOpen = Boolean(reason);
  if (isOpen && $("gate").hidden) {
    title = document.title;
    focused = document.activeElement;
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  }
  $("gate").hidden = !isOpen;
  for (const element of document.querySelectorAll(".shell, .skip")) element.inert = isOpen;
  if (!isOpen) {
    $("gate").replaceChildren();
    document.title = title;
    focused?.focus?.();
    return;
  }
  if (reason.acceptance) showInvitation(reason.acceptance); else showSignIn();
}

function fill(heading, ...children) {
  document.title = `${heading} – Apus`;
  $("gate").replaceChildren(make("div", { class: "card" },
    make("div", { class: "brand" }, make("img", { src: "/icon.svg", alt: "", width: 28, height: 28 }), make("span", {}, "Apus")),
    make("h1", { id: "gate-title", tabIndex: -1 }, heading), ...children));
}

function field(label, properties) {
  const input = make("input", { required: true, spellcheck: "false", autocapitalize: "none", ...properties });
  return { input, row: make("label", { class: "field" }, make("span", {}, label), input) };
}

const passwordField = (label, autocomplete) => field(label, { type: "password", name: autocomplete, autocomplete, maxLength: longestPassword });

/** A form with one button; its action's problem is said below, and a wait is counted down. */
function form(action, submit, ...rows) {
  const problem = make("p", { class: "danger", role: "alert" });
  const button = make("button", { class: "primary wide", type: "submit" }, action);
  const element = make("form", { class: "fields", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    problem.textContent = "";
    const missing = [...element.querySelectorAll("input[required]")].find((input) => !input.value);
    if (missing) { problem.textContent = words.fillIn; missing.focus(); return; }
    button.disabled = true;
    try {
      await submit();
    } catch (error) {
      problem.textContent = error instanceof CookieProblem ? words.cookieRefused : error.message;
      for (const { field: name, detail } of error.fields ?? []) problem.append(make("span", { class: "detail" }, `${name}: ${detail}`));
      if (error.retryAfter) await wait(error.retryAfter, problem);
      for (const input of element.querySelectorAll("input[type=password]")) input.value = "";
      button.disabled = false;
      element.querySelector("input[type=password]")?.focus();
      return;
    }
    button.disabled = false;
  } }, ...rows, problem, button);
  return element;
}

/** Says how long it takes until another try makes sense; the page may be left alone meanwhile. */
async function wait(seconds, place) {
  const count = make("span", { "aria-hidden": "true" });
  place.replaceChildren(make("span", { class: "visually-hidden" }, words.waitFor(seconds)), count);
  for (let left = seconds; left > 0; left -= 1) {
    count.textContent = words.waitFor(left);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  place.textContent = "";
}

/** A button for each identity provider; what is wrong is said below. Nothing where there is none. */
function providerButtons(providers, hasForm, token) {
  if (!providers.length) return [];
  const problem = make("p", { class: "danger", role: "alert" });
  const code = takeProblem();
  if (code) problem.textContent = words.providerProblems[code] ?? words.providerProblems.invalid;
  const buttons = providers.map(({ id, label }) => make("button", {
    class: hasForm ? "quiet wide" : "primary wide", type: "button", onclick: async () => {
      problem.textContent = "";
      for (const button of buttons) button.disabled = true;
      try {
        await signInAt(id, token);
      } catch (error) {
        problem.textContent = error.message;
        for (const button of buttons) button.disabled = false;
      }
    },
  }, words.signInWith(label)));
  return [make("div", { class: "providers" }, hasForm ? make("p", { class: "muted or" }, words.or) : null, ...buttons, problem)];
}

// Whoever goes back from a provider finds the page as it was left.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const button of document.querySelectorAll(".providers button")) button.disabled = false;
});

async function showSignIn() {
  fill(words.signInTitle, make("p", { class: "muted" }, text.oneMoment));
  const { ways: on, needsFirst, providers = [] } = await ways();
  if ($("gate").hidden) return;
  const hasForm = on.includes("local") || !on.length;
  const login = field(words.loginName, { type: "text", name: "username", autocomplete: "username", maxLength: 200, dir: "auto" });
  const password = passwordField(words.password, "current-password");
  const note = needsFirst ? words.needsFirst : hasForm ? words.forgotten : words.byProvider;
  fill(words.signInTitle,
    hasForm ? form(words.signIn, () => signIn(plainName(login.input.value), password.input.value), login.row, password.row) : null,
    ...providerButtons(providers, hasForm),
    make("p", { class: "muted", id: "gate-note" }, window.isSecureContext ? note : words.cookieRefused));
  (hasForm ? login.input : $("gate").querySelector("button"))?.focus();
}

async function showInvitation(token) {
  fill(words.linkTitle, make("p", { class: "muted" }, text.oneMoment));
  let link;
  try {
    link = await invitation(token);
  } catch (problem) {
    fill(words.linkTitle, make("p", {}, problem.status === 404 ? words.linkGone : problem.message),
      make("button", { class: "primary wide", type: "button", onclick: () => location.replace("/") }, words.goOn));
    announce(problem.message, true);
    $("gate").querySelector("button").focus();
    return;
  }
  const { ways: on, providers = [] } = await ways();
  const hasForm = on.includes("local") || !on.length;
  const isFirst = link.kind === "first";
  const isReset = link.kind === "reset";
  const name = field(words.yourName, { type: "text", name: "name", autocomplete: "name", maxLength: 200, dir: "auto", required: false, value: link.name ?? "" });
  const login = field(words.loginName, {
    type: "text", name: "username", autocomplete: "username", maxLength: 200, dir: "auto", value: link.login ?? "", readOnly: !isFirst });
  const password = passwordField(words.newPassword, "new-password");
  const again = passwordField(words.passwordAgain, "new-password");
  password.row.append(make("small", { class: "muted" }, words.passwordRule(shortestPassword)));
  fill(words.linkTitles[link.kind] ?? words.linkTitle,
    make("p", { class: "muted" }, hasForm ? words.linkTexts[link.kind] ?? "" : words.linkByProvider),
    hasForm ? form(isReset ? words.setPassword : words.signUp, async () => {
      if (new TextEncoder().encode(password.input.value).length < shortestPassword) throw new Error(words.passwordTooShort(shortestPassword));
      if (password.input.value !== again.input.value) throw new Error(words.passwordsDiffer);
      const value = { token, password: password.input.value };
      if (!isReset && plainName(name.input.value)) value.name = plainName(name.input.value);
      if (isFirst) value.login = plainName(login.input.value);
      await accept(value);
    }, ...(isReset ? [] : [name.row]), login.row, password.row, again.row) : null,
    ...providerButtons(providers, hasForm, token));
  (hasForm ? (isReset ? password : name).input : $("gate").querySelector("button"))?.focus();
}
