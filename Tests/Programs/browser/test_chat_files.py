"""Chats as files in a real Chromium: saved, and brought in again."""
import json, os, re

import pytest
from playwright.sync_api import expect

import stack as stacks
from pages import row_menu

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
