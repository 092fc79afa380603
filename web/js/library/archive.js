import { api } from "../server/api.js";
import { words } from "./words.js";

// A ZIP archive on its way: its files are read one by one, and its row says how far that is.
const longestPause = 2000;

/** Follows the job of an archive until all of its files are read. `changed` is called when the list of documents is another one. */
export async function followJob({ job, items }, row, name, changed) {
  const left = items.filter((item) => item.state === "refused").map((item) => words.leftOut(item.name ?? name, item.error?.detail ?? ""));
  if (left.length === items.length) return row.fail(left.join(" "));
  let pause = 250;
  while (true) {
    const { counts, state } = job;
    if (!["receiving", "queued", "running"].includes(state)) break;
    row.state(words.filesRead(counts.ready, counts.total - counts.refused));
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(longestPause, pause * 1.3);
    try { job = await api.job(job.id); } catch (problem) {
      if (problem.status === 404) return row.remove();
    }
    changed();
  }
  const failed = job.counts.failed ? (await api.jobItems(job.id, "failed")).items : [];
  const reasons = [...left, ...failed.map((item) => words.leftOut(item.name ?? name, item.error?.detail ?? ""))];
  const told = words.filesRead(job.counts.ready, job.counts.total);
  return reasons.length ? row.fail(`${told} ${reasons.slice(0, 20).join(" ")}`) : row.finish(told, name);
}
