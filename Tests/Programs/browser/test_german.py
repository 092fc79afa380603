"""The page in German: chosen in the settings or by the browser, complete, with its numbers and dates."""
import os, re

import pytest
from playwright.sync_api import expect

import stack as stacks
from pages import axe

SHOTS = os.path.join(stacks.ROOT, ".build", "screenshots")
DICTIONARIES = ["strings", "library/words", "sharing/words", "sidebar/words", "settings/words", "account/words", "server/words"]
# The shape of a dictionary: its names, and of what takes arguments how many.
SHAPE = """async (path) => {
    const module = await import(path);
    const shape = (value) => typeof value === 'function' ? `takes ${value.length}` : Array.isArray(value) ? value.map(shape)
        : value && typeof value === 'object' ? Object.fromEntries(Object.keys(value).sort().map((name) => [name, shape(value[name])])) : typeof value;
    return shape(module.words ?? module.text);
}"""


@pytest.fixture(scope="module")
def apus(stack):
    os.makedirs(SHOTS, exist_ok=True)
    stack.heal()
    for name in ("dach.txt", "keller.txt"):
        stack.wait_settled(stack.upload(name, f"Der Raum {name[:-4]} wird im Mai gestrichen.".encode()).json["documents"][0]["id"])
    yield stack
    stack.heal()


@pytest.fixture
def open_page(browser, apus):
    contexts = []

    def make(**options):
        context = browser.new_context(base_url=apus.url, **{"viewport": {"width": 1280, "height": 860}, "locale": "de-DE", **options})
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        return page

    yield make
    for context in contexts:
        assert not [problem for page in context.pages for problem in getattr(page, "problems", [])]
        context.close()


@pytest.mark.parametrize("name", DICTIONARIES)
def test_a_dictionary_says_all_that_the_english_one_says(open_page, name):
    page = open_page(locale="en-US")
    page.goto("/")
    english, german = page.evaluate(SHAPE, f"/js/{name}.js"), page.evaluate(SHAPE, f"/js/{name}.de.js")
    german.pop("markup", None)
    assert german == english


def test_whose_browser_is_german_reads_german(open_page):
    page = open_page()
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", name="Fragen Sie Ihre Dokumente")).to_be_visible()
    expect(page.get_by_role("button", name="Neuer Chat")).to_be_visible()
    expect(page.get_by_role("textbox", name="Nachricht")).to_have_attribute("placeholder", "Fragen Sie Ihre Dokumente …")
    expect(page.locator("#scope")).to_have_text("Alle 2 Dokumente")
    box = page.get_by_role("textbox", name="Nachricht")
    box.fill("a" * 26_000)
    expect(page.locator("#counter")).to_have_text("26.000 / 32.000")
    box.fill("Wann wird der Keller gestrichen?")
    page.get_by_role("button", name="Senden").click()
    answer = page.locator(".message.assistant")
    expect(answer.get_by_role("button", name="Hilfreich", exact=True)).to_be_visible(timeout=20000)
    expect(answer).to_contain_text("Quellen")
    expect(page.locator("#chats h3").first).to_have_text("Heute")
    page.screenshot(path=f"{SHOTS}/german-answer.png")
    assert axe(page) == []
    page.get_by_role("link", name="Dokumente").click()
    expect(page.get_by_role("columnheader", name="Textstellen")).to_be_visible()
    expect(page.locator("#documents-summary")).to_have_text("2 Dokumente, 2 Textstellen")
    page.screenshot(path=f"{SHOTS}/german-library.png")
    assert axe(page) == []


def test_the_language_is_chosen_in_the_settings_and_stays(open_page):
    page = open_page(locale="en-GB")
    page.goto("/settings")
    page.get_by_label("Language").select_option("de")
    expect(page.get_by_label("Sprache")).to_have_value("de")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert page.title() == "Einstellungen – Apus"
    page.screenshot(path=f"{SHOTS}/german-settings.png")
    assert axe(page) == []
    page.get_by_role("link", name="Grenzen").click()
    expect(page.get_by_label("Fragen je Tag")).to_be_visible()
    page.get_by_role("button", name="Neuer Chat").click()
    page.reload()
    expect(page.get_by_role("button", name="Neuer Chat")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("einst")
    expect(page.get_by_role("list", name="In Chats gefunden").get_by_role("link").first).to_have_text("Einstellungen")
    page.keyboard.press("Enter")
    page.get_by_label("Sprache").select_option("en")
    expect(page.get_by_label("Language")).to_be_visible()


def test_a_phone_has_room_for_it(open_page):
    page = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, color_scheme="dark")
    for path in ("/", "/documents", "/settings", "/settings/limits", "/settings/usage"):
        page.goto(path)
        expect(page.locator("#title")).not_to_have_text("New chat")
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        page.screenshot(path=f"{SHOTS}/german-phone-{path.strip('/').replace('/', '-') or 'new'}.png")


def test_other_languages_get_english_and_its_numbers(open_page):
    page = open_page(locale="fr-FR")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("button", name="New chat")).to_be_visible()
    page.get_by_label("Message", exact=True).fill("a" * 26_000)
    expect(page.locator("#counter")).to_have_text("26,000 / 32,000")


def test_a_shared_chat_and_the_sign_in_are_german_too(open_page):
    page = open_page()
    page.goto("/share.html")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("#title")).to_have_text("Geteilter Chat")
    expect(page.locator("body")).to_contain_text(re.compile("Diese Adresse ist nicht vollständig"))
    page.route("**/api/account/sign-in", lambda route: route.fulfill(json={"ways": ["local"], "needsFirst": False, "providers": []}))
    page.goto("/")
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    expect(page.get_by_label("Anmeldename")).to_be_focused()
