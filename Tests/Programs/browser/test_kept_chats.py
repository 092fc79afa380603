"""Chats that are pinned, archived, and shown to others by a link."""
import json

import pytest
from playwright.sync_api import expect

import stack as stacks
from pages import axe, row_menu, watched

ANSWER = "Swifts sleep on the wing. [1]\n\n<img src=x onerror=alert(1)>"


def chat(number, name, day):
    question, answer = f"q{number}", f"a{number}"
    citation = {"n": 1, "documentId": None, "name": "birds.txt", "page": 3, "start": 0, "end": 25, "quote": "Swifts sleep on the wing."}
    return {"id": f"c{number}", "name": name, "messages": [
        {"id": question, "role": "user", "text": f"Where does number {number} sleep?", "createdAt": f"2026-01-{day:02}T00:00:00.000Z"},
        {"id": answer, "role": "assistant", "text": ANSWER, "createdAt": f"2026-01-{day:02}T00:00:01.000Z", "parentId": question,
         "model": "m", "finishReason": "stop", "citations": [citation]}]}


@pytest.fixture(scope="module")
def apus():
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        own.start()
        chats = [chat(n, f"Bird {n:02}", 1 + n // 4) for n in range(40)]
        own.call("POST", "/api/history/import", json.dumps({"format": "apus-chats", "version": 1, "chats": chats}).encode(), {"Content-Type": "application/json"})
        yield own
    finally:
        own.remove()


@pytest.fixture
def page(browser, apus):
    with watched(browser, apus.url) as page:
        yield page


def names(page):
    return page.locator("#chats .name").all_inner_texts()


def test_a_pinned_chat_stands_above_the_others_however_old(page):
    page.goto("/")
    expect(page.locator("#chats li")).to_have_count(30)
    # More come when the end of the list comes into sight.
    page.locator("#chats").evaluate("list => { list.scrollTop = list.scrollHeight; }")
    expect(page.locator("#chats li")).to_have_count(40)
    oldest = names(page)[-1]
    row_menu(page, oldest, "Pin")
    expect(page.locator("#chats .name").first).to_have_text(oldest)
    expect(page.locator("#chats h3").first).to_have_text("Pinned")
    page.reload()
    # It is none of the newest thirty.
    expect(page.locator("#chats li")).to_have_count(31)
    assert names(page)[0] == oldest
    row_menu(page, oldest, "Unpin")
    expect(page.locator("#chats h3").first).not_to_have_text("Pinned")
    page.reload()
    expect(page.locator("#chats li")).to_have_count(30)
    assert oldest not in names(page)


def test_an_archived_chat_is_apart_and_comes_back(page):
    page.goto("/")
    expect(page.locator("#chats li")).to_have_count(30)
    name = names(page)[2]
    row_menu(page, name, "Archive")
    expect(page.locator("#chats .name", has_text=name)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#chats .name", has_text=name)).to_have_count(1)
    row_menu(page, name, "Archive")
    page.get_by_role("button", name="Dismiss notice").click()
    page.get_by_role("button", name="Archived chats").click()
    expect(page.locator("#chats .name")).to_have_text([name])
    assert axe(page) == []
    row_menu(page, name, "Take out of the archive")
    expect(page.locator("#chats")).to_contain_text("No chat is archived.")
    page.get_by_role("button", name="Back to chats").click()
    expect(page.locator("#chats .name", has_text=name)).to_have_count(1)


def test_older_chats_that_come_late_are_not_put_into_the_archive(page):
    held = []
    page.route("**/api/history?limit=30&before=*", lambda route: held.append(route))
    page.goto("/")
    expect(page.locator("#chats li")).to_have_count(30)
    page.locator("#chats").evaluate("list => { list.scrollTop = list.scrollHeight; }")
    page.get_by_role("button", name="Archived chats").click()
    expect(page.locator("#chats")).to_contain_text("No chat is archived.")
    assert held
    with page.expect_response("**/api/history?limit=30&before=*") as late:
        held[0].continue_()
    late.value.finished()
    page.evaluate("() => new Promise((seen) => setTimeout(seen, 100))")
    expect(page.locator("#chats li")).to_have_count(0)
    page.get_by_role("button", name="Back to chats").click()
    expect(page.locator("#chats li")).to_have_count(30)


def test_a_link_shows_the_chat_and_can_be_ended(page):
    page.goto("/")
    expect(page.locator("#chats li")).to_have_count(30)
    name = names(page)[5]
    row_menu(page, name, "Share…")
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_label("The new link").input_value()
    assert "/share.html#" in address
    assert axe(page) == []

    other = page.context.browser.new_context()
    reader = other.new_page()
    asked, problems = [], []
    reader.on("request", lambda r: asked.append(r.url))
    reader.on("pageerror", lambda e: problems.append(str(e)))
    reader.goto(address)
    expect(reader.get_by_role("heading", name=name)).to_be_visible()
    expect(reader.locator(".body")).to_contain_text("Swifts sleep on the wing.")
    # What looks like markup is text.
    expect(reader.locator(".body")).to_contain_text("<img src=x onerror=alert(1)>")
    assert reader.locator(".body img").count() == 0
    expect(reader.locator(".sources")).to_contain_text("birds.txt, page 3")
    reader.locator("button.cite").click()
    expect(reader.locator(".shared-source").first).to_be_focused()
    # The token is in no address that was asked for.
    token = address.partition("#")[2]
    assert len(token) > 40 and not [url for url in asked if token in url.partition("#")[0]]
    assert axe(reader) == []
    with reader.expect_download() as download:
        reader.get_by_role("button", name="Download as Markdown").click()
    with open(download.value.path()) as file:
        assert "Swifts sleep on the wing." in file.read()

    page.get_by_role("button", name="End the link").click()
    expect(page.locator(".links")).to_contain_text("There are none yet.")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.sharing")).to_have_count(0)
    reader.reload()
    expect(reader.locator("#messages")).to_contain_text("This link is not found, or has ended.")
    reader.goto(address.partition("#")[0])
    expect(reader.locator("#messages")).to_contain_text("This address is not complete.")
    assert not problems, problems
    other.close()
