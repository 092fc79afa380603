"""The page without a network: what it opens with, whose answers it shows, how it comes to another edition; and as an application of its own."""
import contextlib, hashlib, http.server, json, os, re, shutil, struct, threading, time

import pytest
from playwright.sync_api import expect

import stack as stacks
from accounts import first_link
from pages import axe

PASSWORD = "a long enough password"
WEB = os.path.join(stacks.ROOT, "web")
SHOTS = os.path.join(stacks.ROOT, ".build", "screenshots")
EDITIONS = "(async () => { const all = []; for (const name of await caches.keys()) if (name.startsWith('apus-shell-') && await (await caches.open(name)).match('/__edition')) all.push(name); return all; })()"
KEPT = "caches.has('apus-last').then(async (has) => has ? (await (await caches.open('apus-last')).keys()).map((one) => new URL(one.url).pathname) : [])"


def until(page, script, wanted, limit=20):
    end = time.time() + limit
    while not wanted(found := page.evaluate(script)):
        assert time.time() < end, found
        page.wait_for_timeout(100)
    return found


@contextlib.contextmanager
def visitor(browser, url, **options):
    context = browser.new_context(base_url=url, service_workers="allow", **{"viewport": {"width": 1280, "height": 860}, **options})
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    try:
        yield page
        assert not page.problems
    finally:
        context.close()


@pytest.fixture(scope="module")
def apus():
    os.makedirs(SHOTS, exist_ok=True)
    own = stacks.Stack({"APUS_MODELS": "extractive", "APUS_SIGN_IN": "local"})
    try:
        yield own.start()
    finally:
        own.remove()


@pytest.fixture(scope="module")
def people(browser, apus):
    """Links by which Ada and Bob have signed up; both have a password."""
    page = browser.new_context(base_url=apus.url).new_page()
    enter(page, first_link(apus.read_log), {"Your name": "Ada", "Sign-in name": "ada@example.com"})
    link = page.evaluate(
        """async () => (await (await fetch('/api/account/people', { method: 'POST', headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ login: 'bob@example.com', name: 'Bob', workspaces: [{ id: 'default', role: 'editor' }] }) })).json()).link""")
    page.context.close()
    page = browser.new_context(base_url=apus.url).new_page()
    enter(page, link, {})
    page.context.close()


def enter(page, link, fields):
    page.goto(link)
    for label, value in {**fields, "New password": PASSWORD, "New password once more": PASSWORD}.items():
        page.get_by_label(re.compile(rf"^{label}($|At least)")).fill(value)
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator("#account-open")).to_be_visible(timeout=20000)


def sign_in(page, login):
    page.get_by_label("Sign-in name").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#account-open")).to_be_visible(timeout=20000)


def ask(page, question):
    page.get_by_label("Message", exact=True).fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".message.assistant .actions").last).to_be_visible(timeout=20000)


def settled(page):
    """Waits until the page opens without a network, and is one that does."""
    until(page, EDITIONS, lambda found: len(found) == 1)
    page.reload()
    until(page, "Boolean(navigator.serviceWorker.controller)", bool)
    page.wait_for_load_state("networkidle")


def test_without_a_network_the_page_shows_what_was_open_last(browser, apus, people):
    with visitor(browser, apus.url) as page:
        page.goto("/")
        sign_in(page, "ada@example.com")
        ask(page, "What did Ada ask?")
        settled(page)
        expect(page.locator(".message.user")).to_have_text("What did Ada ask?")
        until(page, KEPT, lambda found: any("/api/history/0" in one for one in found))
        chat = page.url
        page.context.set_offline(True)
        page.reload()
        expect(page.locator("#offline")).to_contain_text("You are offline.")
        expect(page.locator("#offline")).to_contain_text("what this browser kept")
        expect(page.locator(".message.user")).to_have_text("What did Ada ask?")
        expect(page.locator(".message.assistant")).to_be_visible()
        expect(page.locator("#account-open")).to_have_text("Ada")
        expect(page.locator("#chats .name")).to_have_text(["What did Ada ask?"], use_inner_text=False)
        expect(page.locator(".toast")).to_have_count(0)
        # Nothing can be sent, and what is typed stays.
        page.get_by_label("Message", exact=True).fill("later")
        expect(page.locator("#send")).to_be_disabled()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Message", exact=True)).to_have_value("later")
        assert axe(page) == []
        page.screenshot(path=f"{SHOTS}/offline.png")
        page.get_by_role("link", name="Settings", exact=True).click()
        expect(page.get_by_role("group", name="Theme")).to_be_visible()
        page.goto("/documents")
        expect(page.locator("#documents-view")).to_be_visible()
        page.goto(chat)
        expect(page.locator(".message.user")).to_have_text("What did Ada ask?")
        page.locator("#offline").get_by_role("button", name="Try again").click()
        expect(page.locator("#offline")).to_be_visible()
        page.context.set_offline(False)
        expect(page.locator("#offline")).to_have_count(0, timeout=20000)
        expect(page.locator("#send")).to_be_enabled()
        page.get_by_label("Message", exact=True).press("Enter")
        expect(page.locator(".message.assistant .actions")).to_have_count(2, timeout=20000)


def test_nothing_of_one_person_is_kept_for_the_next(browser, apus, people):
    with visitor(browser, apus.url) as page:
        page.goto("/")
        sign_in(page, "ada@example.com")
        ask(page, "What is Ada's secret?")
        settled(page)
        until(page, KEPT, lambda found: any("/api/history/0" in one for one in found))
        hers = page.evaluate("localStorage.getItem('apus.person')")
        chat = page.url
        page.locator("#account-open").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=20000)
        assert page.evaluate(KEPT) == []
        # Whoever takes the network away then sees nothing of hers.
        page.context.set_offline(True)
        page.goto(chat)
        page.wait_for_timeout(1000)
        assert "secret" not in page.locator("body").inner_text()
        page.context.set_offline(False)
        page.goto("/")
        sign_in(page, "bob@example.com")
        ask(page, "What does Bob ask?")
        found = until(page, KEPT, lambda found: any("/api/account/me" in one for one in found))
        assert not [one for one in found if hers in one]
        page.context.set_offline(True)
        page.goto(chat)
        page.wait_for_timeout(1000)
        assert "secret" not in page.locator("body").inner_text()


def test_what_a_session_kept_goes_when_it_ends_elsewhere(browser, apus, people):
    with visitor(browser, apus.url) as page:
        page.goto("/")
        sign_in(page, "bob@example.com")
        ask(page, "What was Bob's?")
        until(page, KEPT, lambda found: any("/api/history" in one for one in found))
        page.context.clear_cookies()
        page.reload()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=20000)
        until(page, KEPT, lambda found: found == [])


class Site:
    """A copy of the page that can be changed, served as the product serves it; it answers nothing else."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "web")
        shutil.copytree(WEB, self.folder, ignore=shutil.ignore_patterns("samples"))
        # Paths of which the list is ahead.
        self.ahead = set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_GET(self):
                outer.answer(self)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def digest(self, path):
        with open(os.path.join(self.folder, path), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()[:24]

    def edition(self):
        paths = ["index.html", "icon.svg"]
        for top in ("css", "js", "vendor"):
            for folder, _, names in os.walk(os.path.join(self.folder, top)):
                paths += [os.path.relpath(os.path.join(folder, name), self.folder) for name in names]
        files = {"/" if path == "index.html" else "/" + path: "0" * 24 if path in self.ahead else self.digest(path) for path in sorted(paths)}
        return {"version": hashlib.sha256(json.dumps(files).encode()).hexdigest()[:24], "files": files}

    def answer(self, handler):
        path = handler.path.split("?")[0].strip("/")
        if path == "shell.json":
            return self.give(handler, 200, "application/json", json.dumps(self.edition()).encode())
        if path.startswith("api/"):
            return self.give(handler, 404, "application/problem+json", b'{"detail": "There is nothing here."}')
        if path.split("/")[0] in ("", "c", "documents", "settings"):
            path = "index.html"
        if not os.path.isfile(os.path.join(self.folder, path)):
            return self.give(handler, 404, "text/plain", b"")
        kind = {"html": "text/html; charset=utf-8", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}.get(path.rsplit(".", 1)[-1], "application/octet-stream")
        tag = f'"{self.digest(path)}"'
        if handler.headers.get("If-None-Match") == tag:
            return self.give(handler, 304, kind, b"", tag)
        with open(os.path.join(self.folder, path), "rb") as file:
            return self.give(handler, 200, kind, file.read(), tag)

    def give(self, handler, status, kind, body, tag=None):
        handler.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-cache"), *([("ETag", tag)] if tag else [])):
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def change(self, path, before, after):
        full = os.path.join(self.folder, path)
        with open(full, encoding="utf-8") as file:
            text = file.read()
        assert before in text
        with open(full, "w", encoding="utf-8") as file:
            file.write(text.replace(before, after))


@pytest.fixture
def site(tmp_path):
    own = Site(str(tmp_path))
    yield own
    own.server.shutdown()
    own.server.server_close()


def test_parts_of_two_editions_never_run_together(browser, site):
    with visitor(browser, site.url) as page:
        page.goto("/")
        settled(page)
        first = page.evaluate(EDITIONS)
        # The server has another edition while the page is open: what the page fetches later is still of its own.
        until(page, "caches.open('apus-pins').then((cache) => cache.keys()).then((all) => all.length)", lambda count: count >= 1)
        site.change("js/settings/words.js", 'theme: "Theme"', 'theme: "Colours"')
        site.change("js/strings.js", 'settings: "Settings"', 'settings: "Choices"')
        page.get_by_role("link", name="Settings", exact=True).click()
        expect(page.get_by_role("group", name="Theme")).to_be_visible()
        expect(page.locator("#title")).to_have_text("Settings")
        # Loaded anew it is the other one as a whole, and that one opens without a network.
        page.reload()
        expect(page.get_by_role("group", name="Colours")).to_be_visible()
        expect(page.locator("#title")).to_have_text("Choices")
        until(page, EDITIONS, lambda found: len(found) >= 1 and found != first and first[0] not in found)
        page.context.set_offline(True)
        page.reload()
        expect(page.get_by_role("group", name="Colours")).to_be_visible()
        expect(page.locator("#title")).to_have_text("Choices")


def test_an_edition_that_is_not_whole_is_not_kept(browser, site):
    with visitor(browser, site.url) as page:
        page.goto("/settings")
        settled(page)
        first = page.evaluate(EDITIONS)
        # As in the middle of a release: the list is there, a file is not.
        site.change("js/settings/words.js", 'theme: "Theme"', 'theme: "Colours"')
        site.ahead = {"js/strings.js"}
        page.reload()
        expect(page.get_by_role("group", name="Colours")).to_be_visible()
        page.wait_for_timeout(1500)
        assert page.evaluate(EDITIONS) == first
        page.context.set_offline(True)
        page.reload()
        expect(page.get_by_role("group", name="Theme")).to_be_visible()
        page.context.set_offline(False)
        site.ahead = set()
        page.reload()
        until(page, EDITIONS, lambda found: found and first[0] not in found)


def test_it_can_be_installed(browser, apus):
    with visitor(browser, apus.url) as page:
        page.goto("/")
        page.wait_for_load_state("networkidle")
        client = page.context.new_cdp_session(page)
        manifest = client.send("Page.getAppManifest")
        assert manifest["url"].endswith("/manifest.webmanifest") and manifest["errors"] == []
        told = json.loads(manifest["data"])
        assert told["display"] == "standalone" and told["scope"] == told["start_url"] == "/"
        for image in told["icons"]:
            answer = apus.call("GET", image["src"])
            assert answer.status == 200 and answer.headers["Content-Type"].startswith(image["type"]), image
            if image["type"] == "image/png":
                assert "%dx%d" % struct.unpack(">II", answer.body[16:24]) == image["sizes"]
        errors = [error["errorId"] for error in client.send("Page.getInstallabilityErrors")["installabilityErrors"]]
        assert set(errors) <= {"in-incognito"}, errors
        policy = apus.call("GET", "/").headers["Content-Security-Policy"]
        assert "worker-src 'self'" in policy and "manifest-src 'self'" in policy
        listed = apus.call("GET", "/shell.json").json["files"]
        for path in ("/", "/js/main.js", "/css/settings.css"):
            assert listed[path] == re.search('"([0-9a-f]+)', apus.call("GET", path).headers["ETag"])[1]
        # Whatever the page may import is in it.
        for folder, _, names in os.walk(os.path.join(WEB, "js")):
            for name in names:
                path = "/" + os.path.relpath(os.path.join(folder, name), WEB)
                assert path.startswith("/js/docs/") or path in listed, path
