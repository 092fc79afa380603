"""The description of the API as a page: searched, linked to, tried; with axe in both themes and on a phone."""
import re

import pytest
from playwright.sync_api import expect

import stack as stacks
from described import DOCUMENT, operations
from pages import axe
from test_accessibility import LOOKS


@pytest.fixture(scope="module")
def apus():
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        own.start()
        own.wait_settled(own.upload("lease.txt", b"The notice period is three months.").json["documents"][0]["id"])
        yield own
    finally:
        own.remove()


@pytest.fixture(params=list(LOOKS))
def page(request, browser, apus):
    context = browser.new_context(base_url=apus.url, **{"viewport": {"width": 1280, "height": 860}, "reduced_motion": "reduce", **LOOKS[request.param]})
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    # What the policy of the page refuses is said there.
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.problems = problems
    page.goto("/docs")
    expect(page.locator("#about p").first).to_be_visible()
    yield page
    assert not problems, problems
    context.close()


def clean(page, state):
    page.wait_for_timeout(200)
    assert axe(page) == [], state
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], state


def operation(page, name):
    page.goto(f"/docs#{name}")
    view = page.locator(f"#{name}")
    expect(view.get_by_role("button", name="Send")).to_be_visible()
    return view


def test_every_route_and_schema_is_there_and_nothing_is_found_by_axe(page):
    assert page.locator("article.operation").count() == len(list(operations()))
    assert page.locator("#schemas details").count() == len(DOCUMENT["components"]["schemas"])
    clean(page, "closed")
    view = operation(page, "postChat")
    expect(view).to_contain_text("1 to 32000 characters")
    expect(view).to_contain_text("required")
    for summary in view.locator("details.answer summary").all():
        summary.click()
    expect(view.locator("ul.members").filter(has_text="delta").first).to_be_visible()
    clean(page, "an operation")
    page.goto("/docs#schema-Citation")
    expect(page.locator("#schema-Citation")).to_contain_text("quote")
    clean(page, "a schema")
    page.goto("/problems/answer_running")
    expect(page.get_by_role("heading", level=1)).to_have_text("An answer is being written")
    clean(page, "a problem")
    page.goto("/problems")
    clean(page, "problems")


def test_words_and_methods_find_routes(page):
    page.get_by_role("searchbox", name="Search routes").fill("export chat")
    expect(page.locator("#found")).to_have_text(re.compile(r"^\d routes$"))
    expect(page.locator("#getHistoryExport")).to_be_visible()
    expect(page.locator("#postUpload")).to_be_hidden()
    page.get_by_role("searchbox", name="Search routes").fill("")
    page.get_by_label("Method").select_option("DELETE")
    expect(page.locator("#deleteDocumentsById")).to_be_visible()
    expect(page.locator("#getDocumentsById")).to_be_hidden()
    page.get_by_role("searchbox", name="Search routes").fill("nonsense nowhere")
    expect(page.locator("#found")).to_have_text("No route has these words.")


def test_requests_are_tried_and_what_changes_something_asks_first(page, apus):
    view = operation(page, "getDocuments")
    view.get_by_role("button", name="Send").click()
    expect(view.locator(".try-output pre")).to_contain_text("lease.txt")
    expect(view.locator(".try-output")).to_contain_text("200")
    view = operation(page, "postAsk")
    view.get_by_role("textbox", name="Body").fill('{"question": "What is the notice period?"}')
    view.get_by_role("button", name="Send").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("POST /api/ask")
    dialog.get_by_role("button", name="Cancel").click()
    expect(view.locator(".try-output pre")).to_have_count(0)
    view.get_by_label("As events").check()
    view.get_by_role("button", name="Send").click()
    dialog.get_by_role("button", name="Send it").click()
    expect(view.locator(".try-output pre")).to_contain_text("event: done")
    expect(view.locator(".try-output pre")).to_contain_text("three months")
    clean(page, "an answer")
    view.get_by_role("textbox", name="Body").fill("{")
    view.get_by_role("button", name="Send").click()
    expect(view.locator(".try-output")).to_contain_text("The body is not JSON")


def test_examples_are_in_three_languages(page):
    view = operation(page, "postChat")
    for language, words in (("Python", "requests.request"), ("JavaScript", "await fetch"), ("curl", "curl -X POST")):
        view.get_by_label("Language of the example").select_option(language)
        expect(view.locator(".example pre")).to_contain_text(words)
