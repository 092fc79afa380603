import { $, kept } from "../parts/dom.js";
import { api } from "../server/api.js";
import { setUpChip, showChip } from "../parts/menu.js";
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

/** Which there are to choose from: `{id, name, note, isChosen}`. */
export const modelChoices = () => models.map((model) => ({
  id: model.id, name: text.modelName(model.id), note: model.id === standard() ? text.standardModel : model.id === "extractive" ? text.extractiveNote : "", isChosen: model.id === chosen() }));

/** Has a model answer from now on, in this browser. */
export function chooseModel(id) {
  kept.set("model", id === standard() ? null : id);
  show();
}

export function setUpModels() {
  setUpChip($("model"), text.model, () => modelChoices().map(({ id, name, note, isChosen }) => ({ label: name, note, isChosen, run: () => chooseModel(id) })));
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
