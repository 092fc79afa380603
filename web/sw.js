// Opens the page where there is no network. It keeps the page's own files, in editions: all of one, as the server lists them with their
// digests, or none. What the page was loaded as it stays, whatever the server has by then; what people read is never kept here.
const shells = "apus-shell-";
const pins = "apus-pins";
const mark = "/__edition";
const atOnce = 6;
const patience = 10_000;
const views = new Set(["", "c", "documents", "settings"]);
const memory = new Map();
let building = null;

const isView = (path) => views.has(path.split("/")[1]);
const isFile = (path) => /^\/(css|js|vendor)\/|^\/icon\.svg$/.test(path);
/** The digest in an entity tag; a proxy may have weakened it. */
const digestOf = (response) => /"([0-9a-f]+)/.exec(response.headers.get("ETag") ?? "")?.[1] ?? null;
const nameOf = (edition) => shells + edition.version;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim().then(keep).catch(() => { /* at the next look */ })));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (event.request.mode === "navigate") { if (isView(pathname)) event.respondWith(open(event)); } else if (isFile(pathname)) event.respondWith(read(event));
});

/** The page as the server has it; as it was kept where the server cannot be reached. */
async function open(event) {
  const newest = await newestShell();
  try {
    const response = await (newest ? Promise.race([fetch(event.request), late()]) : fetch(event.request));
    // A proxy says so in the place of the server.
    if (newest && [502, 503, 504].includes(response.status)) throw new Error(response.statusText);
    const digest = digestOf(response);
    if (response.ok) event.waitUntil(settle(event.resultingClientId, digest).catch(() => { /* at the next look */ }));
    return response;
  } catch (error) {
    if (!newest) throw error;
    await pin(event.resultingClientId, newest);
    return (await (await caches.open(newest)).match("/")) ?? Response.error();
  }
}

const late = () => new Promise((_, reject) => setTimeout(() => reject(new Error("late")), patience));

/** A file as the page's edition has it; from the server for a page of which no edition is known. */
async function read(event) {
  const shell = await pinned(event.clientId);
  const found = shell && await caches.has(shell) ? await (await caches.open(shell)).match(new URL(event.request.url).pathname, { ignoreVary: true }) : null;
  return found ?? fetch(event.request);
}

/** A page was loaded: if it is of the edition that the server has, it stays with that one. */
async function settle(client, digest) {
  const edition = await listed();
  if (edition.files["/"] === digest) await pin(client, nameOf(edition));
  await keep(edition);
}

async function listed() {
  const response = await fetch("/shell.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`${response.status}`);
  return response.json();
}

/** Keeps an edition, if it is not kept yet. One at a time. */
async function keep(edition = null) {
  while (building) await building.catch(() => { /* said there */ });
  building = build(edition ?? await listed());
  try { await building; } finally { building = null; }
}

async function build(edition) {
  const name = nameOf(edition);
  const cache = await caches.open(name);
  if (!await cache.match(mark)) {
    const before = await newestShell();
    const known = before ? await caches.open(before) : null;
    const waiting = Object.entries(edition.files);
    const take = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [path, digest] = next;
        const old = await known?.match(path, { ignoreVary: true });
        const response = old && digestOf(old) === digest ? old : await fetch(path, { cache: "no-cache" });
        // The server has another edition by now; that one is kept when the page is opened next.
        if (!response.ok || digestOf(response) !== digest) throw new Error(`${path} is of another edition`);
        await cache.put(path, response);
      }
    };
    const done = await Promise.allSettled(Array.from({ length: atOnce }, take));
    const failure = done.find((one) => one.status === "rejected");
    if (failure) { await caches.delete(name); throw failure.reason; }
    await cache.put(mark, new Response(String(Date.now())));
  }
  await clean(name);
}

/** The edition that was kept last as a whole. */
async function newestShell() {
  let newest = null;
  let at = 0;
  for (const name of await caches.keys()) {
    if (!name.startsWith(shells)) continue;
    const time = Number(await (await (await caches.open(name)).match(mark))?.text() ?? 0);
    if (time > at) [newest, at] = [name, time];
  }
  return newest;
}

/** Removes what no page uses any more, but for `current` and what opens without a network. */
async function clean(current) {
  const live = new Set((await self.clients.matchAll({ includeUncontrolled: true, type: "all" })).map((client) => client.id));
  const cache = await caches.open(pins);
  const used = new Set([current, await newestShell()]);
  for (const request of await cache.keys()) {
    const client = decodeURIComponent(new URL(request.url).pathname.slice(1));
    if (live.has(client)) { used.add(await (await cache.match(request)).text()); continue; }
    memory.delete(client);
    await cache.delete(request);
  }
  for (const name of await caches.keys()) if (name.startsWith(shells) && !used.has(name)) await caches.delete(name);
}

// Which edition a page is of. The worker may be ended and begun anew while the page is open.
async function pin(client, shell) {
  if (!client) return;
  memory.set(client, shell);
  await (await caches.open(pins)).put(`/${encodeURIComponent(client)}`, new Response(shell));
}

async function pinned(client) {
  if (!client) return null;
  if (!memory.has(client)) memory.set(client, await (await (await caches.open(pins)).match(`/${encodeURIComponent(client)}`))?.text() ?? null);
  return memory.get(client);
}
