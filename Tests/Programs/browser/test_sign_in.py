"""People sign in, in a real Chromium against the whole product: the first administrator, an invitation, limits, keys, sessions, an end."""
import os, re, time

import pytest
from playwright.sync_api import expect

import library, stack as stacks
from accounts import first_link

ADA, BOB = "ada@example.com", "bob@example.com"
PASSWORD = "a long enough password"
LATEST = 40_000


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "extractive,openai:test-model", "OPENAI_BASE_URL": model.url, "APUS_SIGN_IN": "local"})
    try:
        yield own.start()
    finally:
        own.remove()


@pytest.fixture(scope="module")
def open_page(browser, apus):
    """Makes pages of browsers that know nothing of each other."""
    contexts = []

    def make(**options):
        context = browser.new_context(viewport={"width": 1280, "height": 860}, base_url=apus.url, **options)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        return page

    yield make
    for context in contexts:
        assert not [problem for page in context.pages for problem in page.problems]
        context.close()


@pytest.fixture(scope="module")
def ada(open_page, apus):
    """The first administrator, signed up by the link in the log, with a document."""
    page = open_page()
    link = first_link(apus.read_log)
    assert link.startswith(apus.url + "/#accept=")
    page.goto(link)
    expect(page.get_by_role("heading", name="The first administrator")).to_be_visible()
    assert "accept" not in page.url
    fill(page, {"Your name": "Ada", "Sign-in name": ADA, "New password": PASSWORD, "New password once more": PASSWORD})
    page.get_by_role("button", name="Sign up").click()
    inside(page, "Ada")
    page.locator("#files").set_input_files({"name": "lift.txt", "mimeType": "text/plain", "buffer": b"The lift is checked in May by Mr Adams."})
    expect(page.locator("#document-count")).to_have_text("1", timeout=30000)
    page.link = link
    return page


def fill(page, fields):
    for label, value in fields.items():
        page.get_by_label(re.compile(rf"^{label}($|At least)")).fill(value)


def inside(page, name):
    expect(page.locator("#gate")).to_be_hidden(timeout=15000)
    expect(page.locator("#account-open")).to_have_text(name)


def sign_in(page, login, password=PASSWORD):
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=LATEST)
    fill(page, {"Sign-in name": login, "Password": password})
    page.get_by_role("button", name="Sign in").click()


def view(page, name):
    """A view of the account."""
    if not page.locator("#account").is_visible():
        page.locator("#account-open").click()
    page.get_by_role("tab", name=name, exact=True).click()
    expect(page.get_by_text("One moment")).to_be_hidden()


def invite(page, login, name, role="Reader"):
    view(page, "People")
    fill(page, {"Sign-in name": login, "Name \\(optional\\)": name})
    page.get_by_label("Role in").select_option(label=role)
    page.get_by_role("button", name="Make link").click()
    link = page.locator(".secret input")
    expect(link).to_have_value(re.compile("#accept="))
    value = link.input_value()
    page.locator("#account-close").click()
    return value


@pytest.fixture(scope="module")
def bob(ada, open_page):
    """Somebody who was invited as a reader."""
    page = open_page()
    page.goto(invite(ada, BOB, "Bob"))
    expect(page.get_by_role("heading", name="You are invited")).to_be_visible()
    expect(page.get_by_label("Sign-in name")).to_have_value(BOB)
    fill(page, {"New password": PASSWORD, "New password once more": PASSWORD})
    page.get_by_role("button", name="Sign up").click()
    inside(page, "Bob")
    return page


def test_nobody_sees_anything_without_signing_in(ada, open_page, apus):
    for path in ("/api/documents", "/api/history", "/api/models", "/api/account/people"):
        answer = apus.call("GET", path)
        assert answer.status == 401 and answer.json["code"] == "sign_in_required", path
    page = open_page()
    page.goto("/documents")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, ADA, "not the password")
    expect(page.locator("#gate [role=alert]")).to_have_text("The name or the password is wrong.")
    sign_in(page, ADA)
    inside(page, "Ada")
    expect(page.locator(".document")).to_have_count(1)
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["__Host-apus-token"]["httpOnly"] and cookies["__Secure-apus-refresh"]["path"] == "/api/account"


def test_a_link_works_once(ada, open_page):
    page = open_page()
    page.goto(ada.link)
    expect(page.locator("#gate")).to_contain_text("not valid any more")


def test_a_reader_asks_and_adds_nothing(bob, apus):
    expect(bob.locator("#document-count")).to_have_text("1")
    expect(bob.locator("#attach")).to_be_hidden()
    bob.get_by_label("Message", exact=True).fill("Who checks the lift?")
    bob.keyboard.press("Enter")
    expect(bob.locator(".message.assistant .cite").first).to_be_visible(timeout=20000)
    refused = bob.context.request.post("/api/upload?name=a.txt", data=b"words", headers={"Content-Type": "text/plain", "Origin": apus.url})
    assert refused.status == 403 and "editor" in refused.json()["detail"]


def test_the_token_is_renewed_when_it_is_gone(bob):
    bob.context.clear_cookies(name="__Host-apus-token")
    # Its answer brings the cookie: a page that is left before would renew once more when it is loaded, and not before the download.
    with bob.expect_response("**/api/account/refresh") as renewal:
        bob.get_by_role("link", name="Documents").click()
    assert renewal.value.status == 204
    expect(bob.locator(".document")).to_have_count(1)
    expect(bob.locator("#gate")).to_be_hidden()
    # A download cannot be sent again, so the page renews before it.
    bob.reload()
    bob.locator(".document .name").click()
    expect(bob.locator("#page")).to_contain_text("Mr Adams")
    bob.context.clear_cookies(name="__Host-apus-token")
    with bob.expect_download() as download:
        bob.get_by_role("link", name="Download original").click()
    assert open(download.value.path(), "rb").read() == b"The lift is checked in May by Mr Adams."
    bob.get_by_role("button", name="New chat").click()


def test_pages_are_shown_as_they_look(ada):
    """The page asks for pictures as for everything else: of the workspace that is meant, and again after a renewal."""
    ada.locator("#files").set_input_files(os.path.join(library.DOCUMENTS, "site-notice.pdf"))
    ada.get_by_role("link", name="Documents").click()
    expect(ada.locator(".document", has_text="site-notice.pdf").locator(".ready")).to_be_visible(timeout=60000)
    ada.context.clear_cookies(name="__Host-apus-token")
    ada.locator(".document", has_text="site-notice.pdf").locator("button.name").click()
    expect(ada.locator("#picture")).to_be_visible(timeout=20000)
    assert ada.evaluate("document.getElementById('picture').naturalWidth") >= 800
    ada.get_by_role("button", name="200 %").click()
    for _ in range(100):
        if ada.evaluate("document.getElementById('picture').naturalWidth") == 1600:
            break
        ada.wait_for_timeout(100)
    else:
        raise AssertionError("the larger picture does not come")
    ada.get_by_role("button", name="Delete site-notice.pdf").click()
    ada.locator("#ask-ok").click()
    expect(ada.locator(".document")).to_have_count(1)
    ada.get_by_role("button", name="New chat").click()


def test_another_workspace_has_documents_of_its_own(ada, bob):
    view(ada, "Members")
    ada.get_by_role("button", name="New workspace").click()
    ada.locator("#ask-input").fill("Second")
    ada.locator("#ask-ok").click()
    expect(ada.get_by_role("heading", name="Second")).to_be_visible()
    ada.locator("#account-close").click()
    expect(ada.locator("#document-count")).to_have_text("")
    ada.locator("#files").set_input_files({"name": "stairs.txt", "mimeType": "text/plain", "buffer": b"The stairs are swept on Mondays."})
    expect(ada.locator("#document-count")).to_have_text("1", timeout=30000)
    # Bob does not see it, until he is a member.
    bob.reload()
    inside(bob, "Bob")
    expect(bob.locator("#workspace-row")).to_be_hidden()
    view(ada, "Members")
    ada.get_by_role("combobox", name="Person").select_option(label="Bob")
    ada.get_by_role("combobox", name="Role", exact=True).select_option(label="Editor")
    ada.get_by_role("button", name="Add", exact=True).click()
    expect(ada.get_by_label("Role of Bob")).to_have_value("editor")
    ada.locator("#account-close").click()
    ada.locator("#workspace").select_option(index=0)
    expect(ada.locator("#workspace option:checked")).not_to_have_text("Second")
    end = time.time() + 30
    while not bob.locator("#workspace-row").is_visible():
        assert time.time() < end, "a membership is there within seconds"
        time.sleep(1)
        bob.reload()
        inside(bob, "Bob")
    bob.locator("#workspace").select_option(label="Second")
    expect(bob.locator("#attach")).to_be_visible()
    # The other apps may take a while to know; nothing of the first workspace is shown meanwhile.
    for _ in range(30):
        bob.get_by_role("link", name="Documents").click()
        bob.wait_for_timeout(700)
        assert "lift.txt" not in bob.locator("#documents").inner_text()
        if bob.locator(".document").count():
            break
    expect(bob.locator(".document")).to_contain_text("stairs.txt")
    bob.locator(".document .name").click()
    with bob.expect_download() as download:
        bob.get_by_role("link", name="Download original").click()
    assert download.value.suggested_filename == "stairs.txt"
    assert open(download.value.path(), "rb").read() == b"The stairs are swept on Mondays."
    bob.get_by_role("button", name="New chat").click()


def test_a_key_asks_in_ones_name_until_it_is_deleted(ada, apus):
    view(ada, "API keys")
    ada.get_by_label("What it is for").fill("nightly script")
    ada.get_by_role("button", name="Make key").click()
    key = ada.locator(".secret input")
    expect(key).to_have_value(re.compile("^apus_"))
    ada.get_by_role("button", name="Copy").click()
    value = ada.evaluate("navigator.clipboard.readText()")
    assert value == key.input_value()
    bearer = {"Authorization": "Bearer " + value}
    assert apus.call("GET", "/api/documents", headers=bearer).status == 200
    refused = apus.call("POST", "/api/upload?name=b.txt", b"words", {**bearer, "Content-Type": "text/plain"})
    assert refused.status == 403 and "write" in refused.json["detail"]
    ada.get_by_role("button", name="Delete nightly script").click()
    ada.locator("#ask-ok").click()
    expect(ada.locator(".entries")).not_to_contain_text("nightly script")
    ada.locator("#account-close").click()
    until(lambda: apus.call("GET", "/api/documents", headers=bearer).status == 401)


def until(condition, limit=30):
    end = time.time() + limit
    while not condition():
        assert time.time() < end
        time.sleep(0.5)


def test_other_sessions_are_ended(bob, open_page):
    other = open_page()
    other.goto("/")
    sign_in(other, BOB)
    inside(other, "Bob")
    view(bob, "Sessions")
    expect(bob.locator(".entries li")).to_have_count(2)
    bob.get_by_role("button", name="End all others").click()
    expect(bob.locator(".entries li")).to_have_count(1)
    bob.locator("#account-close").click()
    until(lambda: (other.reload(), other.wait_for_timeout(700), other.locator("#gate").is_visible())[-1])
    expect(bob.locator("#gate")).to_be_hidden()


def test_a_password_is_changed_and_set_anew_by_a_link(ada, bob, open_page):
    view(bob, "You")
    fill(bob, {"Present password": PASSWORD, "New password": "another long password", "New password once more": "another long password"})
    bob.get_by_role("button", name="Set password").click()
    expect(bob.get_by_role("form", name="Change password").get_by_role("status")).to_have_text("Saved.")
    bob.locator("#account-close").click()
    view(ada, "People")
    ada.get_by_role("button", name="Reset link: Bob").click()
    expect(ada.locator(".secret input")).to_have_value(re.compile("#accept="))
    link = ada.locator(".secret input").input_value()
    ada.locator("#account-close").click()
    fresh = open_page()
    fresh.goto(link)
    expect(fresh.get_by_role("heading", name="A new password")).to_be_visible()
    fill(fresh, {"New password": "short"})
    fill(fresh, {"New password once more": "short"})
    fresh.get_by_role("button", name="Set password").click()
    expect(fresh.locator("#gate [role=alert]")).to_contain_text("at least 10 characters")
    fill(fresh, {"New password": PASSWORD, "New password once more": PASSWORD})
    fresh.get_by_role("button", name="Set password").click()
    inside(fresh, "Bob")


def test_who_is_deactivated_is_out(ada, open_page):
    page = open_page()
    page.goto("/")
    sign_in(page, BOB)
    inside(page, "Bob")
    view(ada, "People")
    ada.get_by_role("button", name="Deactivate: Bob").click()
    ada.locator("#ask-ok").click()
    expect(ada.locator(".entries li", has_text=BOB)).to_contain_text("deactivated")
    ada.locator("#account-close").click()
    until(lambda: (page.reload(), page.wait_for_timeout(700), page.locator("#gate").is_visible())[-1])
    sign_in(page, BOB)
    expect(page.locator("#gate [role=alert]")).to_have_text("The name or the password is wrong.")


def test_guessing_is_slowed_down(open_page):
    page = open_page()
    page.goto("/")
    for _ in range(8):
        sign_in(page, "nobody@example.com", "guess after guess")
        expect(page.locator("#gate [role=alert]")).not_to_be_empty()
        if "Too many" in page.locator("#gate [role=alert]").inner_text():
            break
    else:
        raise AssertionError("it is never slowed down")
    expect(page.get_by_role("button", name="Sign in")).to_be_disabled()


def test_signing_out_leaves_nothing(ada):
    ada.get_by_label("Message", exact=True).fill("something private")
    view(ada, "You")
    ada.get_by_role("button", name="Sign out").click()
    expect(ada.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not [cookie for cookie in ada.context.cookies() if "apus" in cookie["name"]]
    assert ada.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('apus.draft')).length") == 0
