"""The first five minutes: a welcome, documents to be tried, questions that have answers, and what is said meanwhile."""
import os, re

import pytest
from playwright.sync_api import expect

import library
import stack as stacks
from pages import watched

with open(os.path.join(stacks.ROOT, "web", "js", "chat", "samples.js"), encoding="utf-8") as file:
    CODE = file.read()
NAMES = re.findall(r'"([^"]+)"', CODE[CODE.index("export const samples"):CODE.index("];")])
QUESTIONS = re.findall(r'question: "([^"]+)", document: "([^"]+)"', CODE)


@pytest.fixture(scope="module")
def apus():
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        yield own.start()
    finally:
        own.remove()


@pytest.fixture
def page(browser, apus):
    with watched(browser, apus.url, console=True) as page:
        yield page


def test_the_samples_are_those_of_the_repository():
    assert NAMES and set(NAMES) <= set(os.listdir(library.DOCUMENTS))
    assert QUESTIONS and {document for _, document in QUESTIONS} <= set(NAMES)


def test_from_nothing_to_a_checked_answer(page, apus):
    page.goto("/")
    expect(page.get_by_text("Drop files anywhere on this page")).to_be_visible()
    expect(page.locator(".target")).to_contain_text("PDF, Word, PowerPoint, Excel")
    expect(page.locator(".steps-list li")).to_have_count(3)
    expect(page.locator(".examples")).to_have_count(0)
    page.get_by_role("button", name="Try it with sample documents").click()
    expect(page.locator(".tray-head .summary")).to_have_text(re.compile(rf"^\d+ of {len(NAMES)} ready$"))
    expect(page.locator("#document-count")).to_have_text(str(len(NAMES)), timeout=60000)
    expect(page.locator(".examples button")).to_have_count(len(QUESTIONS), timeout=120_000)
    expect(page.locator("#notes")).to_have_text("No language model is set: answers are quotes from your documents.", timeout=120_000)
    # A question that is tried leaves alone what was begun.
    page.get_by_label("Message", exact=True).fill("half a thought")
    page.locator(".examples button").first.click()
    expect(page.locator(".message.assistant .actions")).to_be_visible(timeout=20000)
    expect(page.get_by_label("Message", exact=True)).to_have_value("half a thought")


@pytest.mark.parametrize("question, document", QUESTIONS)
def test_every_question_that_is_offered_is_answered_from_its_document(apus, question, document):
    for name in NAMES:
        with open(os.path.join(library.DOCUMENTS, name), "rb") as file:
            answer = apus.upload(name, file.read()).json["documents"][0]
        assert apus.wait_settled(answer["id"], limit=240)["status"] == "ready"
    answer = apus.ask(question).json
    assert answer["finishReason"] == "stop"
    assert answer["citations"][0]["name"] == document
    wanted = next(q for q in library.questions() if q["question"] == question)
    assert wanted["document"] == document
    squeezed = library.squeezed(answer["text"])
    assert any(library.squeezed(words) in squeezed for words in wanted["evidence"]), answer["text"]


def test_what_is_still_being_read_is_said(page, apus):
    """The list is scripted: reading is over too quickly to be looked at."""
    ready = {"id": "a", "name": "a.txt", "status": "ready", "bytes": 47, "pages": 1, "passages": 1, "createdAt": "2026-01-01T00:00:00.000Z", "mediaType": "text/plain"}
    reading = [ready | {"id": str(n), "name": f"{n}.txt", "status": "extracting"} for n in range(4)]
    page.route("**/api/documents?*", lambda route: route.fulfill(json={"documents": [ready, *reading], "next": None}))
    page.goto("/")
    expect(page.locator("#notes")).to_have_text("4 documents are still being read; answers may miss them.")
    expect(page.locator(".empty p")).to_have_text("1 document is ready. Answers cite the page they come from.")
    # Nobody knows what these answer, so nothing is asked of them.
    expect(page.locator(".examples")).to_have_count(0)
    page.goto("/documents")
    expect(page.locator(".document", has_text="a.txt").locator("td.number").nth(2)).to_have_text("47 bytes")
