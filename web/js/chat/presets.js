import { $ } from "../parts/dom.js";
import { api } from "../server/api.js";
import { setUpChip, showChip } from "../parts/menu.js";
import { complain } from "../parts/toast.js";
import { text } from "../strings.js";

// The kinds of assistant. A new chat begins with the one that is chosen; a chat keeps its own.
let presets = [];
let chosen = null;
let current = null;

const standard = () => presets.find((preset) => preset.default);
const isChoosing = () => !$("preset").hidden;
const shownFor = (chat) => presets.find((preset) => preset.id === (chat ? chat.preset : chosen)) ?? standard() ?? null;

/** The id to begin a chat with; nothing for the deployment's own. */
export const chosenPreset = () => (isChoosing() && chosen && chosen !== standard()?.id ? chosen : null);

/** Questions that whoever made the assistant proposes. The general one's are of no documents in particular, and so are not shown. */
export function sampleQuestions() {
  const shown = shownFor(current);
  return shown && !shown.default ? shown.sampleQuestions ?? [] : [];
}

/** Shows the preset of a chat, or the choice for a new one. */
export function showPresetOf(chat) {
  current = chat;
  $("preset").hidden = Boolean(chat) || presets.length < 2;
  const shown = shownFor(chat);
  if (shown) showChip($("preset"), text.assistant, "assistant", shown.default ? text.standardAssistant : shown.name, !shown.default);
  $("disclaimer").textContent = shown?.disclaimer ?? "";
  $("disclaimer").hidden = !shown?.disclaimer;
  const accent = shown && !shown.default ? shown.look?.accent : null;
  if (/^#[0-9a-f]{6}$/i.test(accent ?? "")) document.documentElement.style.setProperty("--preset", accent);
  else document.documentElement.style.removeProperty("--preset");
}

/** Reads the presets; `changed` is called when another one is chosen. */
export async function setUpPresets(changed) {
  setUpChip($("preset"), text.assistant, () => presets.map((preset) => ({
    label: preset.name, note: preset.description, isChosen: preset === shownFor(null), run: () => { chosen = preset.id; showPresetOf(null); changed(); } })));
  try {
    ({ presets } = await api.presets());
  } catch (problem) { return complain(problem); }
  // The chat may have been there first.
  showPresetOf(current);
  changed();
}
