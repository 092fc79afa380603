"""Large files on the page: cut in the middle, gone on with after the page was loaded anew."""
import os, re, time

import pytest
from playwright.sync_api import expect

import stack as stacks
from pages import axe, watched


@pytest.fixture(scope="module")
def apus():
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        yield own.start()
    finally:
        own.remove()


@pytest.fixture
def page(browser, apus):
    apus.heal()
    with watched(browser, apus.url) as page:
        # Whoever leaves while something is sent is asked.
        page.on("dialog", lambda dialog: dialog.accept())
        yield page


@pytest.fixture
def large(tmp_path):
    """A file of 12 MB that is read in no time: little of it is text."""
    line = b"The pump of station 7 was sent back after nine days.\n"
    file = tmp_path / "Pump station.txt"
    file.write_bytes(line * 3 + b" " * (12_000_000 - 3 * len(line)))
    return file


def cut_behind_the_first_piece(page):
    """From the second piece on no bytes arrive."""
    page.cut = True

    def pass_or_cut(route):
        if page.cut and route.request.method == "PATCH" and route.request.headers["upload-offset"] != "0":
            return route.abort("connectionreset")
        route.continue_()
    page.route("**/api/uploads/**", pass_or_cut)


def remembered(page):
    return page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('apus.uploads.')).map((name) => JSON.parse(localStorage.getItem(name))).flat()")


def test_a_large_file_goes_on_after_the_page_was_loaded_anew(page, apus, large):
    page.goto("/")
    cut_behind_the_first_piece(page)
    page.locator("#files").set_input_files(str(large))
    row = page.locator(".upload", has_text="Pump station.txt")
    expect(row).to_contain_text("Uploading 70")
    entries = remembered(page)
    assert len(entries) == 1 and entries[0]["size"] == 12_000_000
    path = entries[0]["url"]
    offset = lambda: int(apus.call("HEAD", path, headers={"Tus-Resumable": "1.0.0"}).headers["Upload-Offset"])
    # What was sent is still being stored.
    deadline = time.time() + 30
    while offset() < 8 << 20 and time.time() < deadline:
        page.wait_for_timeout(100)
    assert offset() == 8 << 20
    page.reload()
    # It is offered, and the offer can be read by everybody.
    expect(row).to_contain_text("Choose the same file again")
    assert axe(page) == []
    page.cut = False
    sent = []
    page.on("request", lambda r: sent.append(int(r.headers["upload-offset"])) if r.method == "PATCH" else None)
    with page.expect_file_chooser() as chooser:
        row.get_by_role("button", name="Choose file").click()
    chooser.value.set_files(str(large))
    expect(row).to_have_count(1)
    expect(page.locator("#documents tr, .upload").filter(has_text="Pump station.txt").first).to_be_visible()
    deadline = time.time() + 60
    # The document is there before the page hears of it.
    while (remembered(page) or not apus.call("GET", "/api/documents").json["documents"]) and time.time() < deadline:
        # Only while it is waited for does the page tell what it has sent.
        page.wait_for_timeout(100)
    assert sent == [8 << 20] and remembered(page) == []
    document = apus.call("GET", "/api/documents").json["documents"][0]
    assert apus.wait_settled(document["id"])["bytes"] == 12_000_000
    assert apus.call("GET", f"/api/documents/{document['id']}/content").body == large.read_bytes()


def test_a_break_in_between_is_made_good_by_itself_and_a_taken_name_is_asked_about(page, apus, large):
    old = apus.upload(large.name, b"The pump of station 7 is new.").json["documents"][0]["id"]
    assert apus.wait_settled(old)["status"] == "ready"
    page.goto("/")
    broken = []

    def break_once(route):
        if route.request.method == "PATCH" and not broken:
            broken.append(1)
            return route.abort("connectionreset")
        route.continue_()
    page.route("**/api/uploads/**", break_once)
    page.locator("#files").set_input_files(str(large))
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Replace")).click()
    row = page.locator(".upload", has_text="Pump station.txt")
    expect(row).to_contain_text("Ready", timeout=60_000)
    assert broken and remembered(page) == []
    document = apus.call("GET", "/api/documents").json["documents"][0]
    assert (document["version"], document["versionOf"], document["bytes"]) == (2, old, 12_000_000)


def test_an_upload_that_is_cancelled_leaves_nothing_behind(page, apus, large):
    page.goto("/")
    cut_behind_the_first_piece(page)
    page.locator("#files").set_input_files(str(large))
    row = page.locator(".upload", has_text="Pump station.txt")
    expect(row).to_contain_text("Uploading 70")
    path = remembered(page)[0]["url"]
    row.get_by_role("button", name="Dismiss").click()
    expect(row).to_have_count(0)
    deadline = time.time() + 20
    status = 0
    while status != 404 and time.time() < deadline:
        status = apus.call("HEAD", path, headers={"Tus-Resumable": "1.0.0"}).status
        time.sleep(0.1)
    assert status == 404 and remembered(page) == []
