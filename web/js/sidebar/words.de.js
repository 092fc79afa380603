// The texts of words.js in German.
import { number } from "../strings.js";

export const words = {
  more: (count) => `${number.format(count)} weitere in diesem Chat`,
  places: {
    newChat: { name: "Neuer Chat", other: "beginnen new" },
    documents: { name: "Dokumente", other: "bibliothek dateien uploads hochladen documents" },
    settings: { name: "Einstellungen", other: "farben dunkel hell schrift größe sprache eingabe taste modell settings" },
    workspace: { name: "Einstellungen: Arbeitsbereich", other: "aufbewahrung öffentliche links workspace" },
    limits: { name: "Einstellungen: Grenzen", other: "kontingente budget limits quotas" },
    usage: { name: "Einstellungen: Verbrauch", other: "kosten tokens statistik usage" },
    docs: { name: "Beschreibung der API", other: "docs openapi" },
  },
};
