"""Files that come again, versions and tags on the page: the dialog, the badge, the notice beside an old quotation."""
import io, json, os, re, zipfile

import pytest
from playwright.sync_api import expect

import stack as stacks
from pages import axe, watched

SHOTS = os.environ.get("APUS_SHOTS")


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
        yield page


def policy(figure, name="Policy.txt"):
    return {"name": name, "mimeType": "text/plain", "buffer": f"Benefits of 2026.\n\nThe deductible of the Plus plan is ${figure} a year.".encode()}


def ready(apus, *files):
    for file in files:
        answer = apus.upload(file["name"], file["buffer"])
        assert apus.wait_settled(answer.json["documents"][0]["id"])["status"] == "ready"


def current(apus):
    return apus.call("GET", "/api/documents").json["documents"]


def shot(page, name):
    if SHOTS:
        page.screenshot(path=os.path.join(SHOTS, f"{name}.png"))


def row(page, name="Policy.txt"):
    return page.locator("#documents tr", has_text=name)


def test_a_new_version_takes_over_and_the_old_quotation_says_so(page, apus):
    ready(apus, policy(500))
    page.goto("/")
    page.locator("#message").fill("What is the deductible of the Plus plan?")
    page.locator("#send").click()
    expect(page.locator("#messages")).to_contain_text("$500")
    page.locator("#documents-link").click()
    page.locator("#files").set_input_files(policy(900))
    dialog = page.get_by_role("dialog", name="“Policy.txt” is in your library already")
    expect(dialog).to_be_visible()
    assert axe(page) == []
    shot(page, "taken-light")
    dialog.get_by_role("button", name=re.compile("^Replace")).click()
    expect(row(page).get_by_role("button", name=re.compile("^Version 2"))).to_be_visible(timeout=30_000)
    expect(row(page)).to_have_count(1, timeout=30_000)
    expect(row(page)).to_contain_text("Ready", timeout=30_000)
    assert [d["version"] for d in current(apus)] == [2]
    # Tags are said, shown and chosen by.
    row(page).get_by_role("button", name="Edit the tags of Policy.txt").click()
    page.locator("#fact-tags").fill("HR, benefits")
    page.locator("#fact-date").fill("2026-01-01")
    assert axe(page) == []
    shot(page, "facts-light")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(row(page).locator(".tag")).to_have_text(["hr", "benefits"])
    expect(row(page).get_by_role("button", name="Edit the tags of Policy.txt")).to_be_focused()
    page.locator("#library-tag").select_option("hr")
    expect(row(page)).to_have_count(1)
    assert axe(page) == []
    # The old answer opens what it quoted, and says that there is something newer.
    page.go_back()
    cite = page.locator("#messages .cite").first
    cite.hover()
    expect(page.locator("#cite-card")).to_contain_text("A newer version exists")
    cite.click()
    expect(page.locator("#page mark")).to_contain_text("$500")
    expect(page.locator("#panel .age")).to_contain_text("A newer version exists")
    expect(page.locator("#panel-place")).to_contain_text("Version 1")
    assert axe(page) == []
    shot(page, "panel-light")
    page.get_by_role("button", name="Open the newer version").click()
    expect(page.locator("#page")).to_contain_text("$900")
    expect(page.locator("#panel .age")).to_be_hidden()
    # Back to the old one, and away with all of it.
    page.locator("#documents-link").click()
    row(page).get_by_role("button", name=re.compile("^Version 2")).click()
    versions = page.get_by_role("dialog", name="Versions of “Policy.txt”")
    expect(versions.locator("li")).to_have_count(2)
    assert axe(page) == []
    shot(page, "versions-light")
    versions.get_by_role("button", name="Make version 1 current").click()
    expect(versions.locator("li").first).to_contain_text("Version 3")
    versions.get_by_role("button", name="Close").click()
    expect(row(page).get_by_role("button", name=re.compile("^Version 3"))).to_be_visible()
    # Without its current version it is not searched, and not lost either.
    row(page).get_by_role("button", name=re.compile("^Version 3")).click()
    versions.get_by_role("button", name="Delete version 3").click()
    page.locator("#ask-ok").click()
    expect(versions.locator("li")).to_have_count(1)
    versions.get_by_role("button", name="Close").click()
    expect(row(page)).to_contain_text("Not searched")
    assert axe(page) == [] and current(apus) == []
    row(page).get_by_role("button", name="Delete Policy.txt").click()
    expect(page.locator("#ask-text")).to_contain_text("Earlier versions go with it.")
    page.locator("#ask-ok").click()
    expect(row(page)).to_have_count(0)
    assert apus.call("GET", "/api/documents?versions=all").json["documents"] == []


def test_one_choice_does_for_all_and_nothing_is_lost_without_one(page, apus):
    files = [policy(figure, f"Plan {figure}.txt") for figure in (1, 2, 3)]
    ready(apus, *files)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 780})
    page.goto("/documents")
    expect(page.locator("#documents tr")).to_have_count(3)
    changed = [policy(f"{figure}00", f"Plan {figure}.txt") for figure in (1, 2, 3)]
    page.locator("#files").set_input_files(changed)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_count(1)
    expect(dialog.locator("#taken-title")).to_contain_text("Plan")
    assert axe(page) == []
    shot(page, "taken-dark-phone")
    # Closed without a choice: that file is left out, and the next is asked about.
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(1)
    dialog.get_by_label(re.compile("^Do the same")).check()
    dialog.get_by_role("button", name=re.compile("^Keep both")).click()
    expect(dialog).to_have_count(0)
    expect(page.locator("#documents tr")).to_have_count(5, timeout=30_000)
    shot(page, "library-dark-phone")
    # The same bytes are no question.
    page.locator("#files").set_input_files(files[0])
    expect(page.locator("#uploads-here")).to_contain_text("Already in your library")
    assert len(apus.call("GET", "/api/documents?versions=all").json["documents"]) == 5


def test_an_archive_is_uploaded_as_its_files(page, apus):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("letters/heron.txt", "The heron of station 7 stands on one leg.")
        archive.writestr("letters/egret.txt", "The egret of station 8 stands on two legs.")
        archive.writestr("letters/noise.bin", b"\0\1\2\3")
    page.goto("/documents")
    page.locator("#files").set_input_files({"name": "letters.zip", "mimeType": "application/zip", "buffer": packed.getvalue()})
    row = page.locator(".upload", has_text="letters.zip")
    expect(row).to_contain_text("2 of 3 files ready.", timeout=60_000)
    expect(row).to_contain_text("noise.bin")
    expect(page.locator("#documents tr", has_text="heron.txt")).to_contain_text("Ready")
    assert axe(page) == []
