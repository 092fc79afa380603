import { $, announce, make } from "./dom.js";
import { api } from "./api.js";
import { text } from "./strings.js";

// The kinds of assistant. A new chat begins with the one that is chosen; a chat keeps its own.
let presets = [];
let shown = null;
let current = null;

const standard = () => presets.find((preset) => preset.default);
const isChoosing = () => !$("preset").hidden;

/** The id to begin a chat with; nothing for the deployment's own. */
export const chosenPreset = () => (isChoosing() && $("preset").value !== standard()?.id ? $("preset").value : null);
export const sampleQuestions = () => (shown?.sampleQuestions?.length ? shown.sampleQuestions : text.examples);

/** Shows the preset of a chat, or the choice for a new one. */
export function showPresetOf(chat) {
  current = chat;
  $("preset").hidden = Boolean(chat) || presets.length < 2;
  show(presets.find((preset) => preset.id === (chat ? chat.preset : $("preset").value)) ?? standard());
}

function show(preset) {
  shown = preset ?? null;
  $("disclaimer").textContent = shown?.disclaimer ?? "";
  $("disclaimer").hidden = !shown?.disclaimer;
  const accent = shown && !shown.default ? shown.look?.accent : null;
  if (/^#[0-9a-f]{6}$/i.test(accent ?? "")) document.documentElement.style.setProperty("--preset", accent);
  else document.documentElement.style.removeProperty("--preset");
}

/** Reads the presets; `changed` is called when another one is chosen. */
export async function setUpPresets(changed) {
  $("preset").addEventListener("change", () => { showPresetOf(null); changed(); });
  try {
    ({ presets } = await api.presets());
  } catch (problem) { return announce(problem.message, true); }
  $("preset").replaceChildren(...presets.map((preset) => make("option", { value: preset.id }, preset.name)));
  $("preset").value = standard()?.id ?? "";
  // The chat may have been there first.
  showPresetOf(current);
  changed();
}
