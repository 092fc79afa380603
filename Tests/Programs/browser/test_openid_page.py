"""People sign in by identity providers of others, in a real Chromium. The page is at 127.0.0.1 and the providers at localhost: other sites."""
import re

import pytest
from playwright.sync_api import expect

import identity, stack as stacks
from accounts import first_link

ADA, PASSWORD = "ada", "a long enough password"


@pytest.fixture(scope="module")
def apus(model):
    """The product, and two providers that send people back to it."""
    own = stacks.Stack({"APUS_MODELS": "extractive,openai:test-model", "OPENAI_BASE_URL": model.url})
    callback = own.url + "/api/account/oidc/%s/callback"
    glewlwyd = identity.Glewlwyd(callback % "glewlwyd", own.url + "/")
    with identity.Mock() as mock, glewlwyd:
        own.environment.update({
            "APUS_SIGN_IN": "local,oidc",
            **glewlwyd.settings("GLEWLWYD", SCOPES="openid", ROLES="staff=default:editor", LABEL="Example Ltd"),
            **mock.settings("MOCK", PEOPLE="new")})
        glewlwyd.add("ann", "the password of ann", "ann@example.com", groups=["staff"])
        own.glewlwyd, own.mock = glewlwyd, mock
        try:
            yield own.start()
        finally:
            own.remove()


@pytest.fixture(scope="module")
def open_page(browser, apus):
    """Makes pages of browsers that know nothing of each other."""
    contexts = []

    def make():
        context = browser.new_context(viewport={"width": 1280, "height": 860}, base_url=apus.url)
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda message: page.problems.append(message.text) if "Content Security Policy" in message.text and page.url.startswith(apus.url) else None)
        return page

    yield make
    for context in contexts:
        assert not [problem for page in context.pages for problem in page.problems if apus.glewlwyd.base not in problem]
        context.close()


@pytest.fixture(scope="module")
def ada(open_page, apus):
    """The first administrator, who has a password and has added somebody."""
    page = open_page()
    link = first_link(apus.read_log)
    page.goto(link)
    for label, value in {"Sign-in name": ADA, "New password": PASSWORD, "New password once more": PASSWORD}.items():
        page.get_by_label(re.compile(rf"^{label}($|At least)")).fill(value)
    page.get_by_role("button", name="Sign up").click()
    inside(page, ADA)
    page.evaluate("""async () => fetch("/api/account/people", {method: "POST", headers: {"Content-Type": "application/json"},
        body: JSON.stringify({login: "ann@example.com", name: "Ann"})})""")
    return page


def inside(page, name):
    expect(page.locator("#gate")).to_be_hidden(timeout=20000)
    expect(page.locator("#account-open")).to_have_text(name)


def at_glewlwyd(page, name, password):
    """Fills in glewlwyd's own pages."""
    page.locator("#username").fill(name)
    page.locator("#password").fill(password)
    page.keyboard.press("Enter")
    page.get_by_text("Continue", exact=True).click()


def test_a_real_provider_signs_somebody_in_and_out(ada, open_page, apus):
    page = open_page()
    page.goto("/documents")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("button", name="Sign in with Example Ltd").click()
    page.wait_for_url(apus.glewlwyd.base + "/**")
    at_glewlwyd(page, "ann", "the password of ann")
    # Where they were, with nothing of the sign-in in the address.
    inside(page, "Ann")
    assert page.url == apus.url + "/documents"
    expect(page.locator("#documents-view")).to_be_visible()
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies(apus.url)}
    assert cookies["__Host-apus-token"]["sameSite"] == "Strict" and "__Host-apus-attempt" not in cookies
    assert page.evaluate("document.cookie") == "" and page.evaluate("sessionStorage.length") == 0
    # What the first request after the way back was given is renewed like every other session.
    page.context.clear_cookies(name="__Host-apus-token")
    page.reload()
    inside(page, "Ann")
    page.locator("#files").set_input_files({"name": "lift.txt", "mimeType": "text/plain", "buffer": b"The lift is checked in May."})
    expect(page.locator("#document-count")).to_have_text("1", timeout=30000)
    page.locator("#account-open").click()
    expect(page.get_by_text("You are signed in as ann@example.com")).to_be_visible()
    expect(page.get_by_label("Present password")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    # To glewlwyd, which asks whether it is meant.
    page.wait_for_url(apus.glewlwyd.base + "/**")
    expect(page.get_by_text("The client wishes you to close the current session")).to_be_visible()
    page.goto(apus.url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not [cookie for cookie in page.context.cookies(apus.url) if "apus" in cookie["name"]]


def test_the_page_says_why_somebody_is_not_signed_in(ada, open_page, apus):
    page = open_page()
    page.goto("/")
    page.get_by_role("button", name="Sign in with Mock").click()
    page.locator("input[name=sub]").fill("stranger@example.com")
    page.get_by_role("button", name="Authorize").click()
    # The mock says nothing of whether it has verified the address.
    page.wait_for_url(apus.url + "/")
    expect(page.locator("#gate [role=alert]").last).to_contain_text("nobody has added you here")
    expect(page.get_by_label("Sign-in name")).to_be_visible()
    # An address that somebody else makes up shows nothing of theirs.
    page.goto("/#sign-in-problem=call_0800_evil")
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("#gate")).not_to_contain_text("0800")


def test_an_invitation_is_accepted_by_the_button_of_a_provider(ada, open_page, apus):
    answer = ada.evaluate("""async () => (await fetch("/api/account/people", {method: "POST", headers: {"Content-Type": "application/json"},
        body: JSON.stringify({login: "bob", name: "Bob", workspaces: [{id: "default", role: "reader"}]})})).json()""")
    page = open_page()
    page.goto(answer["link"])
    expect(page.get_by_role("heading", name="You are invited")).to_be_visible()
    page.get_by_role("button", name="Sign in with Mock").click()
    page.locator("input[name=sub]").fill("bob-at-mock")
    page.get_by_role("button", name="Authorize").click()
    inside(page, "Bob")
    assert page.url == apus.url + "/"


def test_somebody_else_who_comes_back_finds_nothing_of_who_was_here(ada, open_page, apus):
    page = open_page()
    for name in ("first", "second"):
        apus.mock.set(name, email=name + "@example.com", email_verified=True, name=name.capitalize())
        page.goto("/")
        page.get_by_role("button", name="Sign in with Mock").click()
        page.locator("input[name=sub]").fill(name)
        page.get_by_role("button", name="Authorize").click()
        inside(page, name.capitalize())
        if name == "first":
            page.get_by_label("Message", exact=True).fill("something private")
            page.wait_for_timeout(600)
            page.context.clear_cookies()
            page.reload()
    assert page.get_by_label("Message", exact=True).input_value() == ""
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('apus.draft')).length") == 0
