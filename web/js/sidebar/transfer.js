import { $, make } from "../parts/dom.js";
import { api } from "../server/api.js";
import { refreshChats } from "./sidebar.js";
import { text } from "../strings.js";

// Chats as files: one chat, or all, to keep; and a file of chats back.
let isSetUp = false;

function setUp() {
  isSetUp = true;
  $("import-chats").addEventListener("click", () => $("import-file").click());
  $("import-file").addEventListener("change", async () => {
    const [file] = $("import-file").files;
    $("import-file").value = "";
    if (file) await take(file);
  });
}

/** Shows what can be done with a chat, or with all for null; the focus goes back to `button` afterwards. */
export function showTransfer(detail) {
  const { chat = null, button = $("all-chats") } = detail ?? {};
  if (!isSetUp) setUp();
  $("transfer").addEventListener("close", () => button.focus(), { once: true });
  $("transfer-title").textContent = chat ? chat.name : text.allChats;
  const path = chat ? `/api/history/${chat.id}/export` : "/api/history/export";
  $("export-markdown").href = `${path}?format=markdown`;
  $("export-json").href = `${path}?format=json`;
  $("import").hidden = Boolean(chat);
  $("import-result").replaceChildren();
  $("transfer").showModal();
}

async function take(file) {
  const result = $("import-result");
  result.className = "muted";
  result.textContent = text.importing(file.name);
  $("import-chats").disabled = true;
  try {
    result.textContent = text.imported(await api.importChats(file));
    await refreshChats();
  } catch (problem) {
    result.className = "danger";
    result.replaceChildren(problem.fields.length ? text.notImported : problem.message,
      make("ul", {}, ...problem.fields.slice(0, 5).map(({ field, detail }) => make("li", {}, `${field}: ${detail}`))));
  } finally {
    $("import-chats").disabled = false;
  }
}
