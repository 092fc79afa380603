"""Chats as files in a real Chromium: saved, and brought in again. What a question is about, by tags; the way to the end of a chat on a phone."""
import json, os, re

import pytest
from playwright.sync_api import expect

import stack as stacks
from pages import axe, row_menu, watched

SHOTS = os.path.join(stacks.ROOT, ".build", "screenshots")
CITATION = {"n": 1, "documentId": "01a22983-a383-7df2-a634-64f44c848b89", "name": "gone.pdf", "page": 3, "start": 0, "end": 9, "quote": "The quote <b>"}
TIME = "2026-01-01T00:00:00.000Z"
FILE = {"format": "apus-chats", "version": 1, "chats": [{"id": "c", "name": "Brought <i>along</i>", "messages": [
    {"id": "q", "role": "user", "text": "What was it?", "createdAt": TIME},
    {"id": "a", "role": "assistant", "text": "It was this [1].", "createdAt": TIME, "parentId": "q", "citations": [CITATION]}]}]}


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        own.start()
        own.ask("Where do kiwis live?", useDocuments=False)
        yield own
    finally:
        own.remove()


@pytest.mark.parametrize("look", ["light", "phone"])
def test_chats_are_saved_and_brought_in(browser, apus, look, tmp_path):
    os.makedirs(SHOTS, exist_ok=True)
    options = {"light": {"viewport": {"width": 1280, "height": 860}},
               "phone": {"viewport": {"width": 390, "height": 800}, "device_scale_factor": 2, "has_touch": True}}[look]
    context = browser.new_context(base_url=apus.url, accept_downloads=True, **options)
    page = context.new_page()
    problems = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" and "400" not in m.text else None)
    page.on("pageerror", lambda e: problems.append(str(e)))
    page.goto("/")
    if look == "phone":
        page.get_by_role("button", name="Open menu").click()

    row_menu(page, "Where do kiwis live?", "Export")
    dialog = page.get_by_role("dialog", name="Where do kiwis live?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Import JSON")).to_be_hidden()
    for kind, ending in (("Markdown", "md"), ("JSON", "json")):
        with page.expect_download() as saving:
            dialog.get_by_role("link", name=f"Export {kind}").click()
        assert saving.value.suggested_filename == f"Where do kiwis live.{ending}"
        saving.value.save_as(tmp_path / f"chat.{ending}")
    assert "> Where do kiwis live?" in (tmp_path / "chat.md").read_text()
    assert json.loads((tmp_path / "chat.json").read_text())["chats"][0]["name"] == "Where do kiwis live?"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    page.get_by_role("button", name="Export or import chats").click()
    dialog = page.get_by_role("dialog", name="All chats")
    with page.expect_download() as saving:
        dialog.get_by_role("link", name="Export JSON").click()
    assert re.fullmatch(r"apus-chats-\d{4}-\d\d-\d\d\.json", saving.value.suggested_filename)
    wrong = json.dumps(FILE | {"version": 9}).encode()
    page.locator("#import-file").set_input_files({"name": "wrong.json", "mimeType": "application/json", "buffer": wrong})
    expect(dialog.locator("#import-result li")).to_have_text("version: Must be 1: this Apus reads no other.")
    page.screenshot(path=f"{SHOTS}/import-{look}.png")
    page.locator("#import-file").set_input_files({"name": "chats.json", "mimeType": "application/json", "buffer": json.dumps(FILE).encode()})
    expect(dialog.locator("#import-result")).to_have_text("Imported 1 chat with 2 messages. 1 citation is of documents that are not here, and kept as text.")
    dialog.get_by_role("button", name="Close").click()

    page.locator("#chats a", has_text="Brought <i>along</i>").first.click()
    expect(page.locator(".message.user")).to_have_text("What was it?")
    page.locator(".cite:not([disabled])").click()
    expect(page.locator("#panel-title")).to_have_text("gone.pdf")
    expect(page.locator("#page")).to_contain_text("This document is not in your library. The quoted text was:\n\nThe quote <b>")
    expect(page.get_by_role("link", name="Download original")).to_be_hidden()
    expect(page.get_by_role("button", name="Next page")).to_be_disabled()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    page.screenshot(path=f"{SHOTS}/imported-{look}.png")
    assert not problems, problems
    context.close()


@pytest.fixture(scope="module")
def tagged(stack):
    """Three documents, two of which have tags."""
    stack.heal()
    for name, words, tags in (("owls.txt", b"Owls hunt at night.", ["birds", "night"]), ("swifts.txt", b"Swifts hunt by day.", ["birds"]), ("cats.txt", b"Cats hunt at dusk.", [])):
        document = stack.upload(name, words).json["documents"][0]["id"]
        stack.wait_settled(document)
        stack.call("PATCH", "/api/documents/" + document, {"tags": tags})
    yield stack
    stack.heal()


@pytest.fixture
def tagged_page(browser, tagged):
    with watched(browser, tagged.url) as page:
        yield page


def choose_tags(page, *names):
    page.get_by_role("button", name="Documents to search: ").click()
    page.get_by_role("menuitemradio", name="Choose by tag").click()
    dialog = page.get_by_role("dialog", name="Which tags?")
    expect(dialog).to_be_visible()
    for box in dialog.get_by_role("checkbox").all():
        box.uncheck()
    for name in names:
        dialog.get_by_label(name, exact=True).check()
    return dialog


def test_a_question_is_about_documents_with_a_tag(tagged_page):
    page = tagged_page
    page.goto("/")
    expect(page.locator("#scope")).to_have_text("All 3 documents")
    dialog = choose_tags(page, "birds")
    expect(dialog.get_by_role("status")).to_have_text("2 documents")
    dialog.get_by_label("night", exact=True).check()
    expect(dialog.get_by_role("status")).to_have_text("1 document")
    assert axe(page) == []
    dialog.get_by_role("button", name="Use these").click()
    expect(page.locator("#scope")).to_have_text("2 tags")
    expect(page.locator("#scope")).to_be_focused()
    choose_tags(page, "night").get_by_role("button", name="Use these").press("Enter")
    expect(page.locator("#scope")).to_have_text("Tag: night")
    with page.expect_request("**/api/chat") as asked:
        page.get_by_label("Message", exact=True).fill("Who hunts?")
        page.keyboard.press("Enter")
    assert asked.value.post_data_json["tags"] == ["night"] and "documents" not in asked.value.post_data_json
    expect(page.locator(".message.assistant .actions")).to_be_visible(timeout=20000)
    sources = page.locator(".message.assistant .sources")
    expect(sources).to_contain_text("owls.txt")
    expect(sources).not_to_contain_text("swifts.txt")
    expect(sources).not_to_contain_text("cats.txt")
    # It stays with its chat, and another one begins with everything.
    page.reload()
    expect(page.locator("#scope")).to_have_text("Tag: night")
    page.get_by_role("button", name="New chat", exact=True).click()
    expect(page.locator("#scope")).to_have_text("All 3 documents")


def test_without_a_tag_everything_is_searched(tagged_page):
    page = tagged_page
    page.goto("/")
    expect(page.locator("#scope")).to_have_text("All 3 documents")
    choose_tags(page, "night").get_by_role("button", name="Use these").click()
    dialog = choose_tags(page)
    expect(dialog.get_by_role("status")).to_have_text("All documents")
    dialog.get_by_role("button", name="Use these").click()
    expect(page.locator("#scope")).to_have_text("All 3 documents")


def test_the_way_to_the_end_covers_nothing_on_a_phone(browser, tagged):
    chat = None
    for number in range(6):
        asked = tagged.ask(f"Question {number}: who hunts, and when does it hunt, and what is hunted by whom?", **({"chatId": chat} if chat else {})).json
        chat = asked["chatId"]
    context = browser.new_context(base_url=tagged.url, viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"/c/{chat}")
    expect(page.locator(".message.assistant .actions").last).to_be_in_viewport()
    expect(page.locator("#jump")).to_be_hidden()
    for distance in (300, 500, 700, 900):
        page.evaluate("(d) => { const log = document.getElementById('log'); log.scrollTop = log.scrollHeight - log.clientHeight - d; }", distance)
        expect(page.locator("#jump")).to_be_visible()
        overlap = page.evaluate(
            """() => {
                const jump = document.getElementById('jump').getBoundingClientRect();
                const log = document.getElementById('log').getBoundingClientRect();
                return Math.min(jump.bottom, log.bottom) - Math.max(jump.top, log.top);
            }""")
        assert overlap <= 0
    page.locator("#jump").tap()
    expect(page.locator("#jump")).to_be_hidden()
    page.wait_for_timeout(400)
    assert page.evaluate("(() => { const log = document.getElementById('log'); return log.scrollHeight - log.scrollTop - log.clientHeight; })()") < 3
    context.close()
