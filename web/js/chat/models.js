import { $, kept } from "../parts/dom.js";
import { api } from "../server/api.js";
import { setUpChip, showChip } from "../parts/chip.js";
import { complain } from "../parts/toast.js";
import { text } from "../strings.js";

// The model that answers. What is not chosen is left to the server, which may have another one in trial.
let models = [];

const standard = () => models.find((model) => model.default)?.id ?? null;
const chosen = () => (models.some((model) => model.id === kept.get("model")) ? kept.get("model") : standard());

/** The model to ask for; null for the deployment's own. */
export const wantedModel = () => (chosen() === standard() ? null : chosen());

/** Whether answers are quotes alone, because no language model is set up. */
export const isWithoutModel = () => models.length > 0 && models.every((model) => model.id === "extractive");

export function setUpModels() {
  setUpChip($("model"), text.model, () => models.map((model) => ({
    label: text.modelName(model.id), note: model.id === standard() ? text.standardModel : model.id === "extractive" ? text.extractiveNote : "", isChosen: model.id === chosen(),
    run: () => { kept.set("model", model.id === standard() ? null : model.id); show(); } })));
  refreshModels();
}

/** Reads which there are. */
export async function refreshModels() {
  try {
    ({ models } = await api.models());
  } catch (problem) { return complain(problem); }
  show();
  document.dispatchEvent(new CustomEvent("apus:models"));
}

function show() {
  $("model").hidden = models.length < 2;
  if (chosen()) showChip($("model"), text.model, "model", text.modelName(chosen()));
}
