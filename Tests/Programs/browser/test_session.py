"""What the page does about who is here: the product behind it is real, the answers about sessions are scripted in the browser."""
import json, re, urllib.parse

import pytest
from playwright.sync_api import expect

import stack as stacks
from pages import choose, watched

NOBODY = "Nobody is signed in."
ADA = {"id": "p1", "login": "ada@example.com", "name": "Ada Lovelace"}
BOB = {"id": "p2", "login": "bob@example.com", "name": "Bob"}
WORKSPACES = [{"id": "default", "name": "First", "role": "owner"}, {"id": "team", "name": "Team", "role": "reader"}]
PERMISSIONS = {"owner": ["read", "ask", "write", "manage"], "reader": ["read", "ask"]}


class Sessions:
    """Sessions as the account app has them, as far as the page can tell."""

    def __init__(self, page, person=None):
        self.person, self.place, self.token, self.refreshes, self.calls = person, "default", person is not None, person is not None, []
        self.renewals = self.failures = 0
        if person:
            # A browser in which somebody has signed in knows whom; once, so that a page which forgets it has forgotten it.
            page.context.add_init_script(
                f"if (!localStorage.getItem('seeded')) {{ localStorage.setItem('seeded', '1'); localStorage.setItem('apus.person', '{person['id']}'); }}")
        page.route("**/api/**", self.answer)

    def me(self):
        workspace = next(w for w in WORKSPACES if w["id"] == self.place)
        return {"person": self.person, "administrator": False, "workspace": workspace, "workspaces": WORKSPACES, "ways": ["local"],
                "permissions": PERMISSIONS[workspace["role"]]}

    def answer(self, route):
        request = route.request
        path = urllib.parse.urlsplit(request.url).path
        self.calls.append((request.method, path, request.headers.get("x-apus-workspace")))
        if not path.startswith("/api/account/"):
            return route.continue_() if self.token else self.refuse(route)
        name = request.method + path.removeprefix("/api/account")
        if name == "GET/sign-in":
            return self.give(route, {"ways": ["local"], "needsFirst": False})
        if name == "POST/sign-in":
            if self.failures:
                self.failures -= 1
                return self.give(route, {"status": 429, "detail": "Too many attempts."}, 429, {"Retry-After": "2"})
            body = request.post_data_json
            person = {"ada@example.com": ADA, "bob@example.com": BOB}.get(body["login"])
            if not person or body["password"] != "correct horse":
                return self.give(route, {"status": 401, "detail": "The name or the password is wrong."}, 401)
            self.person, self.token, self.refreshes, self.place = person, True, True, "default"
            return self.give(route, self.me())
        if name == "POST/refresh":
            self.renewals += 1
            if not self.refreshes:
                return self.refuse(route)
            self.token = True
            return route.fulfill(status=204)
        if name == "GET/accept":
            return self.give(route, {"status": 404, "detail": "There is no such link."}, 404)
        if not self.token:
            return self.refuse(route)
        if name == "PATCH/me":
            self.place = request.post_data_json.get("workspace", self.place)
        if name.endswith("/me"):
            return self.give(route, self.me())
        return self.give(route, {"status": 404, "detail": "not scripted"}, 404)

    def refuse(self, route):
        # What a browser shows of a token that has ended is no token at all: it drops the cookie.
        self.give(route, {"status": 401, "detail": NOBODY, "code": "sign_in_required"}, 401)

    @staticmethod
    def give(route, value, status=200, headers=None):
        kind = "application/json" if status < 400 else "application/problem+json"
        route.fulfill(status=status, headers={"Content-Type": kind, **(headers or {})}, body=json.dumps(value))

    def end_token(self):
        self.token = False

    def end(self):
        self.token = self.refreshes = False


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "extractive,openai:test-model", "OPENAI_BASE_URL": model.url})
    try:
        yield own.start()
    finally:
        own.remove()


@pytest.fixture
def page(browser, apus):
    with watched(browser, apus.url) as page:
        yield page


def sign_in(page, login="ada@example.com", password="correct horse"):
    page.get_by_label("Sign-in name").fill(login)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def inside(page, name="Ada Lovelace"):
    expect(page.locator("#gate")).to_be_hidden()
    expect(page.locator("#account-open")).to_have_text(name)


def until(page, condition, limit=10):
    """Waits for something that the page does without showing it."""
    for _ in range(limit * 20):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come about")


def test_where_nobody_signs_in_nothing_of_it_is_there(page, apus):
    calls = []
    page.on("request", lambda request: calls.append(urllib.parse.urlsplit(request.url).path))
    page.goto("/")
    expect(page.get_by_role("heading", name="Ask your documents")).to_be_visible()
    page.wait_for_load_state("networkidle")
    for name in ("#gate", "#account-open", "#workspace-row"):
        expect(page.locator(name)).to_be_hidden()
    # A browser that was never here asks first whether anybody signs in, and knows it from then on.
    assert [path for path in calls if path.startswith("/api/account")] == ["/api/account/sign-in", "/api/account/me"]
    calls.clear()
    page.reload()
    page.wait_for_load_state("networkidle")
    assert [path for path in calls if path.startswith("/api/account")] == ["/api/account/me"]
    # The lists do not wait for that answer: they are asked for before it can be there.
    page.route("**/api/account/me", lambda route: None)
    page.reload()
    expect(page.get_by_role("heading", name="Ask your documents")).to_be_visible()
    expect(page.locator("#documents-summary")).to_have_text(re.compile("no documents"), use_inner_text=False)


def test_who_is_not_signed_in_sees_the_form_alone_and_then_the_lists(page):
    sessions = Sessions(page)
    refused = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 401 else None)
    page.goto("/documents")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.title() == "Sign in – Apus"
    expect(page.get_by_label("Sign-in name")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.shell') === null"), "what is behind the form is out of reach"
    page.wait_for_timeout(500)
    # Nothing is asked for that would be refused.
    assert refused == [] and {path for _, path, _ in sessions.calls} == {"/api/account/sign-in"}
    sign_in(page, password="wrong wrong")
    expect(page.locator("#gate [role=alert]")).to_have_text("The name or the password is wrong.")
    expect(page.get_by_label("Password")).to_have_value("")
    expect(page.get_by_label("Sign-in name")).to_have_value("ada@example.com")
    sign_in(page)
    inside(page)
    expect(page.locator("#documents-summary")).to_have_text(re.compile("no documents"))
    assert sessions.renewals == 0 and len(refused) == 1


def test_a_token_that_has_grown_old_is_renewed_before_anything_is_asked(page):
    sessions = Sessions(page, ADA)
    page.goto("/")
    inside(page)
    page.evaluate("localStorage.setItem('apus.renewed', String(Date.now() - 30 * 60 * 1000))")
    sessions.end_token()
    refused = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 401 else None)
    page.reload()
    inside(page)
    page.wait_for_load_state("networkidle")
    assert sessions.renewals == 1 and refused == []


def test_a_session_that_ended_meanwhile_asks_for_one_renewal_for_all(page):
    sessions = Sessions(page, ADA)
    sessions.end()
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert sessions.renewals == 1
    sign_in(page)
    inside(page)


def test_a_wait_is_counted_down(page):
    sessions = Sessions(page)
    sessions.failures = 1
    page.goto("/")
    sign_in(page)
    expect(page.locator("#gate [role=alert]")).to_contain_text("Try again in 2 seconds")
    expect(page.get_by_role("button", name="Sign in")).to_be_disabled()
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled(timeout=6000)
    sign_in(page)
    inside(page)


def test_a_token_that_ends_is_renewed_once_for_all_that_ask(page):
    sessions = Sessions(page, ADA)
    page.goto("/")
    inside(page)
    page.wait_for_load_state("networkidle")
    sessions.end_token()
    before = len(sessions.calls)
    page.evaluate("Promise.all([...Array(5).keys()].map(() => document.getElementById('documents-link').click()))")
    # What was refused is asked for again.
    until(page, lambda: sum(path == "/api/documents" for _, path, _ in sessions.calls[before:]) == 10)
    assert sessions.renewals == 1
    expect(page.locator("#gate")).to_be_hidden()


def test_a_question_is_asked_again_after_the_renewal(page):
    sessions = Sessions(page, ADA)
    page.goto("/")
    inside(page)
    choose(page, "Model", "openai:test-model")
    sessions.end_token()
    page.get_by_label("Message", exact=True).fill("Where are the whales?")
    page.keyboard.press("Enter")
    expect(page.locator(".message.assistant .actions")).to_be_visible(timeout=20000)
    assert sessions.renewals == 1 and page.locator(".message.user").count() == 1
    asked = [call for call in sessions.calls if call[1] == "/api/chat"]
    assert len(asked) == 2


def test_an_upload_is_sent_again_after_the_renewal(page, tmp_path):
    sessions = Sessions(page, ADA)
    (tmp_path / "lift.txt").write_text("The lift is checked in May.")
    page.goto("/documents")
    inside(page)
    sessions.end_token()
    page.locator("#files").set_input_files(tmp_path / "lift.txt")
    expect(page.locator(".document", has_text="lift.txt").locator(".ready")).to_be_visible(timeout=30000)
    assert sessions.renewals == 1
    page.get_by_role("button", name="Delete lift.txt").click()
    page.locator("#ask-ok").click()
    expect(page.locator(".document")).to_have_count(0)


def test_a_session_that_has_ended_keeps_what_was_typed(page):
    sessions = Sessions(page, ADA)
    page.goto("/")
    inside(page)
    page.get_by_label("Message", exact=True).fill("half a thou")
    sessions.end()
    page.evaluate("document.getElementById('documents-link').click()")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page)
    inside(page)
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_label("Message", exact=True)).to_have_value("half a thou")


def test_nothing_of_one_person_is_left_to_the_next(page):
    sessions = Sessions(page, ADA)
    page.goto("/")
    inside(page)
    page.get_by_label("Message", exact=True).fill("Ada's secret")
    sessions.end()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    before = len(sessions.calls)
    sign_in(page, "bob@example.com")
    inside(page, "Bob")
    expect(page.get_by_label("Message", exact=True)).to_have_value("")
    assert not [call for call in sessions.calls[before:] if call[1] == "/api/chat"], "her question is not asked in his name"
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('apus.draft')).length") == 0


def test_another_workspace_comes_without_a_reload_and_stays(page):
    sessions = Sessions(page, ADA)
    page.goto("/")
    inside(page)
    page.evaluate("window.isSamePage = true")
    expect(page.locator("#attach")).to_be_visible()
    before = len(sessions.calls)
    page.get_by_label("Workspace").select_option("team")
    expect(page.locator("#attach")).to_be_hidden()
    for path in ("/api/documents", "/api/history", "/api/models"):
        until(page, lambda: ("GET", path, "team") in sessions.calls[before:])
    assert page.evaluate("window.isSamePage")
    # Whoever has to sign in again goes on where they were.
    sessions.end()
    page.evaluate("document.getElementById('documents-link').click()")
    sign_in(page)
    inside(page)
    expect(page.get_by_label("Workspace")).to_have_value("team")
    assert all(place == "team" for method, path, place in sessions.calls[-3:] if not path.startswith("/api/account"))


def test_readers_have_nothing_to_upload_with(page, tmp_path):
    sessions = Sessions(page, ADA)
    sessions.place = "team"
    page.goto("/documents")
    inside(page)
    for name in ("#attach", "#attach-here"):
        expect(page.locator(name)).to_be_hidden()
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(['words'], 'a.txt'));
            for (const type of ['dragenter', 'dragover', 'drop'])
                window.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }""")
    expect(page.locator("#drop")).to_be_hidden()
    page.wait_for_timeout(300)
    assert not [call for call in sessions.calls if call[1] == "/api/upload"]


def test_a_link_that_is_no_longer_valid_says_so_and_is_in_no_address(page):
    Sessions(page)
    page.goto("/#accept=used-up-token")
    expect(page.locator("#gate")).to_contain_text("not valid any more")
    assert "accept" not in page.url
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_pages_of_one_browser_follow_each_other(page, browser):
    sessions = Sessions(page, ADA)
    other = page.context.new_page()
    other.route("**/api/**", sessions.answer)
    for one in (page, other):
        one.goto("/")
        inside(one)
    page.get_by_label("Workspace").select_option("team")
    expect(other.get_by_label("Workspace")).to_have_value("team")
    sessions.end()
    page.evaluate("new BroadcastChannel('apus.session').postMessage('changed')")
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page)
    inside(page)
    inside(other)
