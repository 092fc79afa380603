"""The list of chats and the library: what stays in place, what can be taken back, what is found and chosen."""
import json, re

import pytest
from playwright.sync_api import expect

import stack as stacks
from pages import choose, row_menu, watched


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "extractive,openai:test-model", "OPENAI_BASE_URL": model.url})
    try:
        own.start()
        chats = [{"id": f"c{n}", "name": f"Chat {n:02}", "messages": [{"id": f"q{n}", "role": "user", "text": f"Question {n}", "createdAt": f"2026-01-{1 + n // 4:02}T00:00:00.000Z"}]} for n in range(70)]
        own.call("POST", "/api/history/import", json.dumps({"format": "apus-chats", "version": 1, "chats": chats}).encode(), {"Content-Type": "application/json"})
        yield own
    finally:
        own.remove()


@pytest.fixture
def page(browser, apus):
    with watched(browser, apus.url) as page:
        page.deleted = []
        page.on("request", lambda r: page.deleted.append(r.url) if r.method == "DELETE" else None)
        yield page


def rows(page):
    return page.locator("#chats li")


def test_a_deletion_can_be_undone_and_nobody_was_told(page):
    page.goto("/")
    expect(rows(page)).to_have_count(30)
    name = rows(page).nth(3).locator(".name").inner_text()
    row_menu(page, name, "Delete")
    expect(rows(page)).to_have_count(29)
    # The focus goes to the next row, never to nothing.
    expect(rows(page).nth(3).locator("a")).to_be_focused()
    page.wait_for_timeout(1500)
    assert page.deleted == []
    page.get_by_role("button", name="Undo").click()
    expect(rows(page).nth(3).locator(".name")).to_have_text(name)
    expect(rows(page).nth(3).locator("a")).to_be_focused()
    page.wait_for_timeout(8500)
    assert page.deleted == []
    row_menu(page, name, "Delete")
    page.mouse.move(700, 400)
    page.wait_for_timeout(9000)
    assert len(page.deleted) == 1
    page.reload()
    expect(rows(page)).to_have_count(30)
    expect(page.locator("#chats .name", has_text=name)).to_have_count(0)


def test_two_pages_of_one_browser_show_the_same(page):
    page.goto("/")
    expect(rows(page)).to_have_count(30)
    other = page.context.new_page()
    link = rows(page).nth(5).locator("a")
    name = link.inner_text()
    other.goto(link.get_attribute("href"))
    expect(other.locator("#title")).to_have_text(name)
    row_menu(page, name, "Rename")
    page.keyboard.type("\u200bAnother \u202ename\u200b ")
    page.keyboard.press("Enter")
    # Without marks that nobody sees.
    expect(other.locator("#title")).to_have_text("Another name", use_inner_text=False)
    assert other.title() == "Another name – Apus"
    expect(other.locator("#chats .name", has_text="Another name")).to_have_count(1)
    row_menu(page, "Another name", "Pin")
    expect(other.locator("#chats h3").first).to_have_text("Pinned")
    row_menu(page, "Another name", "Archive")
    expect(other.locator("#chats .name", has_text="Another name")).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(other.locator("#chats .name", has_text="Another name")).to_have_count(1)
    # What is asked in one is answered in both.
    page.goto(other.url)
    page.get_by_label("Message", exact=True).fill("Is it asked in both?")
    page.keyboard.press("Enter")
    expect(other.locator(".message.user", has_text="Is it asked in both?")).to_be_visible()
    expect(other.locator(".message.assistant .actions").last).to_be_visible(timeout=20000)
    row_menu(other, "Another name", "Unpin")
    row_menu(page, "Another name", "Delete")
    page.get_by_role("button", name="Dismiss notice").click()
    expect(other.locator("#messages")).to_contain_text("This chat is not there, or was deleted.")
    expect(other.locator("#chats .name", has_text="Another name")).to_have_count(0)
    other.close()


def test_who_leaves_the_page_has_deleted(page, apus):
    page.goto("/")
    name = rows(page).last.locator(".name").inner_text()
    chat = rows(page).last.locator("a").get_attribute("href").rpartition("/")[2]
    row_menu(page, name, "Delete")
    expect(page.locator(".toast")).to_be_visible()
    page.goto("about:blank")
    for _ in range(50):
        if apus.call("GET", f"/api/history/{chat}").status == 404:
            return
        page.wait_for_timeout(100)
    raise AssertionError("it is still there")


def test_what_was_loaded_stays_and_the_list_stays_where_it_is(page):
    page.goto("/")
    # Without going there: the end of the list in sight loads more by itself.
    page.get_by_role("button", name="Load more").dispatch_event("click")
    expect(rows(page)).to_have_count(60)
    place = page.evaluate("document.getElementById('chats').scrollTop = 900")
    page.get_by_label("Message", exact=True).fill("Where are the whales?")
    page.keyboard.press("Enter")
    expect(page.locator(".message.assistant .actions")).to_be_visible(timeout=20000)
    page.wait_for_timeout(4500)
    assert rows(page).count() >= 60
    before = page.evaluate("document.getElementById('chats').scrollTop")
    assert abs(before - place) < 60
    name = rows(page).nth(25).locator(".name").inner_text()
    row_menu(page, name, "Delete")
    assert page.evaluate("document.getElementById('chats').scrollTop") > 300
    page.get_by_role("button", name="Undo").click()


def test_a_name_that_is_being_given_is_not_disturbed(page):
    page.goto("/")
    name = rows(page).first.locator(".name").inner_text()
    page.get_by_label("Message", exact=True).fill("Where are the herons?")
    page.keyboard.press("Enter")
    expect(page.locator(".message.assistant .actions")).to_be_visible(timeout=20000)
    row_menu(page, name, "Rename")
    page.keyboard.type("Half a na")
    # The list is read again some seconds after an answer.
    page.wait_for_timeout(5000)
    field = page.get_by_label(f"Rename {name}", exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_value("Half a na")
    page.keyboard.press("Escape")
    expect(rows(page).filter(has_text=name).locator("a").first).to_be_focused()


def test_groups_by_day_and_a_dot_for_what_nobody_has_seen(page):
    page.goto("/")
    choose(page, "Model", "openai:test-model")
    page.get_by_label("Message", exact=True).fill("SLOWLY 60 please")
    page.keyboard.press("Enter")
    expect(page.locator(".message.assistant .body")).to_contain_text("word3")
    expect(page.locator("#chats .row-state.running")).to_have_count(1)
    expect(page.locator("#chats h3").first).to_have_text("Today")
    page.get_by_role("button", name="New chat", exact=True).click()
    expect(page.locator("#chats .row-state.running")).to_have_count(1)
    expect(page.locator("#chats .row-state.unseen")).to_have_count(1, timeout=20000)
    page.locator("#chats li:has(.unseen) a").click()
    expect(page.locator("#chats .row-state.unseen")).to_have_count(0)
    expect(page.locator(".message.assistant .actions")).to_be_visible()


def test_what_is_sent_meanwhile_waits_for_its_turn(page):
    page.goto("/")
    choose(page, "Model", "openai:test-model")
    box = page.get_by_label("Message", exact=True)
    box.fill("SLOWLY 50 first")
    page.keyboard.press("Enter")
    expect(page.locator(".message.assistant .body")).to_contain_text("word3")
    for words in ("SLOWLY 3 second", "never"):
        box.fill(words)
        page.keyboard.press("Enter")
        expect(box).to_have_value("")
    queue = page.get_by_role("list", name="Waiting to be sent").get_by_role("listitem")
    expect(queue).to_have_count(2)
    queue.last.get_by_role("button", name="Remove this waiting question").click()
    expect(page.locator(".message.user .bubble")).to_have_text(["SLOWLY 50 first", "SLOWLY 3 second"], timeout=20000)
    expect(page.locator(".message.assistant .actions")).to_have_count(2, timeout=20000)
    expect(page.locator("#queue")).to_be_hidden()
    # Whoever leaves finds what waited in the box.
    box.fill("SLOWLY 60 third")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    box.fill("later")
    page.keyboard.press("Enter")
    chat = page.url
    page.get_by_role("button", name="New chat", exact=True).click()
    expect(box).to_have_value("")
    page.goto(chat)
    expect(box).to_have_value("later")


def test_the_library_is_searched_sorted_and_tidied(page, apus):
    for name, size in (("apples.txt", 30), ("Bananas.txt", 3000), ("cherries.md", 300)):
        apus.wait_settled(apus.upload(name, (f"{name} are sweet. " * (size // 10)).encode()).json["documents"][0]["id"])
    broken = apus.upload("broken.pdf", b"%PDF-1.7\nthis is no document").json["documents"][0]["id"]
    assert apus.wait_settled(broken)["status"] == "failed"
    page.goto("/documents")
    names = page.locator(".document .name")
    expect(names).to_have_count(4)
    page.get_by_role("button", name="Name", exact=True).click()
    expect(names).to_have_text(["apples.txt", "Bananas.txt", "broken.pdf", "cherries.md"])
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("button", name="Size", exact=True).click()
    expect(names.first).to_have_text("Bananas.txt")
    page.get_by_label("Search documents").fill("an")
    expect(names).to_have_text(["Bananas.txt"])
    page.get_by_label("Search documents").fill("")
    page.get_by_label("State").select_option("failed")
    expect(names).to_have_text(["broken.pdf"])
    # The file itself is the reason: another try would say the same.
    expect(page.locator(".document").get_by_role("button", name=re.compile("Try again"))).to_have_count(0)
    page.get_by_label("State").select_option("all")
    page.get_by_label("Choose apples.txt").check()
    page.get_by_label("Choose Bananas.txt").check()
    expect(page.locator("#chosen-count")).to_have_text("2 chosen")
    page.get_by_role("button", name="Ask about these").click()
    expect(page.locator("#scope")).to_have_text("2 documents")
    page.goto("/documents")
    page.get_by_label("Choose apples.txt").check()
    page.get_by_label("Choose Bananas.txt").check()
    page.get_by_role("button", name="Delete chosen").click()
    # What cannot be undone is not what Enter does.
    expect(page.locator("#ask-cancel")).to_be_focused()
    page.locator("#ask-ok").click()
    expect(page.locator(".toast")).to_have_text(re.compile(r"^Deleted 2 documents, with \d+ passages\."))
    expect(names).to_have_count(2)


def test_the_tray_says_how_far_several_are(page, apus):
    page.goto("/documents")
    files = [{"name": "blank.txt", "mimeType": "text/plain", "buffer": b""}] + [{"name": f"n{n}.txt", "mimeType": "text/plain", "buffer": f"Number {n} is {n}. {n * 7919}".encode()} for n in range(5)]
    page.locator("#files").set_input_files([*files, {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""}])
    summary = page.locator(".tray-head .summary")
    expect(summary).to_have_text("5 of 7 ready, 2 failed", timeout=30000)
    page.locator(".tray-head button").click()
    expect(page.locator(".upload").first).to_be_hidden()
    page.locator(".tray-head button").click()
    # What is ready goes by itself; what failed waits to be read.
    expect(page.locator(".upload")).to_have_count(2, timeout=10000)
    expect(summary).to_have_text("5 of 7 ready, 2 failed")
    page.get_by_role("button", name="Dismiss blank.txt").click()
    page.get_by_role("button", name="Dismiss empty.txt").click()
    expect(page.locator("#uploads-here")).to_be_hidden()


def test_an_address_that_is_none_shows_the_page(page):
    assert page.goto("/nothing/here").status == 404
    expect(page.get_by_role("region", name="Notices")).to_contain_text("There is nothing at the address /nothing/here.")
    expect(rows(page)).to_have_count(30)
    assert page.url.endswith("/")
