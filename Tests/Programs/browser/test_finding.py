"""Chats in a real Chromium: found by their words, opened at the message."""
import os, re

import pytest
from playwright.sync_api import expect

import stack as stacks

SHOTS = os.path.join(stacks.ROOT, ".build", "screenshots")
MARKUP = 'A kiwi <img src=x onerror="document.title=1"> & <b>bold</b>?'


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        own.start()
        long = own.ask("Where do kiwis live?", useDocuments=False).json["chatId"]
        for number in range(12):
            own.ask(f"Question {number} about nothing that is in the documents, to make the chat longer than the window.", chatId=long, useDocuments=False)
        own.ask(MARKUP, useDocuments=False)
        own.ask("食堂はどこ? 👩‍🔬 kiwi", useDocuments=False)
        own.long = long
        yield own
    finally:
        own.remove()


@pytest.fixture
def open_page(browser, apus):
    os.makedirs(SHOTS, exist_ok=True)
    contexts = []

    def make(**options):
        context = browser.new_context(base_url=apus.url, **{"viewport": {"width": 1280, "height": 860}, **options})
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: page.problems.append(str(e)))
        page.goto("/")
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_a_hit_opens_its_chat_at_the_message(open_page, apus, look):
    page = open_page(**{"light": {}, "dark": {"color_scheme": "dark"},
                        "phone": {"viewport": {"width": 390, "height": 800}, "device_scale_factor": 2, "has_touch": True}}[look])
    if look == "phone":
        page.get_by_role("button", name="Open menu").click()
    expect(page.locator("#chats a")).to_have_count(3)
    page.get_by_role("searchbox", name="Search chats").fill("KIWI live")
    hits = page.get_by_role("list", name="Found in chats").get_by_role("link")
    expect(hits).to_have_count(2)
    expect(page.locator("#chats")).to_be_hidden()
    expect(page.locator("#status")).to_have_text("2 results")
    asked = hits.filter(has_text="You:")
    assert asked.locator("mark").all_inner_texts() == ["kiwis", "live"]
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    page.screenshot(path=f"{SHOTS}/find-{look}.png")
    asked.click()
    expect(page).to_have_url(re.compile(rf"/c/{apus.long}\?m=[0-9a-f-]{{36}}$"))
    message = page.locator(".message.user", has_text="Where do kiwis live?")
    expect(message).to_be_in_viewport(ratio=1)
    expect(message).to_be_focused()
    expect(page.locator(".message").last).not_to_be_in_viewport()
    if look == "phone":
        expect(page.locator("#sidebar")).to_be_hidden()
    page.screenshot(path=f"{SHOTS}/found-{look}.png")
    page.reload()
    expect(message).to_be_in_viewport(ratio=1)
    assert not page.problems, page.problems


def test_the_keyboard_is_enough(open_page):
    page = open_page()
    field = page.get_by_role("searchbox", name="Search chats")
    field.focus()
    page.keyboard.type("nothing of the kind")
    expect(page.locator("#hits")).to_have_text("Nothing found")
    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    expect(page.locator("#chats a")).to_have_count(3)
    page.keyboard.type("食堂")
    hit = page.locator("#hits a").first
    expect(hit).to_be_visible()
    expect(hit.locator("mark")).to_have_text("食堂")
    page.keyboard.press("Tab")
    while not page.evaluate("document.activeElement.classList.contains('hit')"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".message.user")).to_have_text(["食堂はどこ? 👩‍🔬 kiwi"])
    assert not page.problems, page.problems


def test_arrows_go_through_what_was_found_and_enter_opens_the_first(open_page):
    page = open_page()
    field = page.get_by_role("searchbox", name="Search chats")
    field.fill("kiwi")
    hits = page.get_by_role("list", name="Found in chats").get_by_role("link")
    expect(hits.nth(1)).to_be_visible()
    field.press("ArrowDown")
    expect(hits.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(hits.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    address = hits.nth(0).get_attribute("href")
    field.press("Enter")
    page.wait_for_url("**" + address.split("?")[0] + "*")
    # What is typed and entered at once is looked for first.
    field.fill("食堂")
    field.press("Enter")
    expect(page.locator("#title")).to_contain_text("食堂")
    assert not page.problems


def test_more_results_come_when_asked_for(open_page):
    page = open_page()
    page.get_by_role("searchbox", name="Search chats").fill("question nothing documents")
    expect(page.locator("#hits a")).to_have_count(12)
    # A chat stands there once, with the first of what was found in it.
    expect(page.locator("#hits > li")).to_have_count(1)
    expect(page.locator("#hits a:visible")).to_have_count(3)
    page.get_by_role("button", name="9 more in this chat").press("Enter")
    expect(page.locator("#hits a:visible")).to_have_count(12)
    expect(page.locator("#hits a").nth(3)).to_be_focused()
    # As many as before are no sign that these were looked for.
    with page.expect_response("**/api/history/search?*"):
        page.get_by_role("searchbox", name="Search chats").fill("question")
    expect(page.locator("#hits a")).to_have_count(12)
    page.route("**/api/history/search?*", lambda route: route.continue_(url=route.request.url + "&limit=5"))
    page.get_by_role("searchbox", name="Search chats").fill("questions")
    expect(page.locator("#hits a")).to_have_count(5)
    page.get_by_role("button", name="More results").click()
    expect(page.locator("#hits a")).to_have_count(10)
    expect(page.locator("#hits a").nth(5)).to_be_focused()
    expect(page.locator("#hits > li")).to_have_count(1)
    page.get_by_role("button", name="More results").click()
    expect(page.locator("#hits a")).to_have_count(12)
    expect(page.get_by_role("button", name="More results")).to_be_hidden()
    assert not page.problems, page.problems


def test_what_was_said_is_never_markup(open_page):
    page = open_page()
    page.get_by_role("searchbox", name="Search chats").fill("bold")
    hit = page.locator("#hits a", has_text="You:")
    expect(hit).to_contain_text(MARKUP)
    assert page.locator("#hits").locator("img, b, script").count() == 0
    assert page.title() == "Apus" and not page.problems, page.problems


def test_a_failure_is_said(open_page):
    page = open_page()
    page.route("**/api/history/search?*", lambda route: route.fulfill(status=503, body='{"detail": "The database is not available."}', content_type="application/problem+json"))
    page.get_by_role("searchbox", name="Search chats").fill("kiwi")
    expect(page.locator("#hits")).to_have_text("The database is not available.")
    expect(page.locator("#alert")).to_have_text("The database is not available.")
