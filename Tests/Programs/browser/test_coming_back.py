"""Answers that go on while the page looks elsewhere, and versions that are stepped through, in a real Chromium."""
import os, re, signal

import pytest
from playwright.sync_api import expect

import stack as stacks

SHOTS = os.path.join(stacks.ROOT, ".build", "screenshots")


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "openai:test-model", "OPENAI_BASE_URL": model.url})
    try:
        yield own.start()
    finally:
        own.remove()


@pytest.fixture
def context(browser, apus):
    os.makedirs(SHOTS, exist_ok=True)
    context = browser.new_context(viewport={"width": 1280, "height": 860}, base_url=apus.url)
    yield context
    context.close()


def tab(context):
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    return page


def ask(page, question):
    page.get_by_label("Message", exact=True).fill(question)
    page.keyboard.press("Enter")


def body(page):
    return page.locator(".message.assistant .body").last


def listed(page, url):
    """A chat in the list: models give names of their own."""
    return page.locator(f"#chats a[href='/c/{url.rpartition('/')[2]}']")


def words(count):
    return " ".join(f"word{index}" for index in range(count))


def complete(page, count):
    """The answer is there, whole and once."""
    expect(body(page)).to_have_text(words(count), timeout=30000)
    expect(page.locator(".message.assistant .actions").last).to_be_visible()
    expect(page.locator(".message.user")).to_have_count(1)
    expect(page.locator(".message.assistant")).to_have_count(1)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    assert not page.problems, page.problems


def test_the_answer_arrives_whole_wherever_the_page_has_been(context, browser, apus):
    count = 140
    page = tab(context)
    page.goto("/")
    # Another chat to go to.
    ask(page, "SLOWLY 2 first")
    expect(page.locator(".message.assistant .actions")).to_be_visible()
    other = page.url
    page.get_by_role("button", name="New chat").click()
    ask(page, f"SLOWLY {count} please")
    expect(body(page)).to_contain_text("word3")
    place = page.url
    page.get_by_role("link", name="Documents").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Documents")
    page.go_back()
    expect(body(page)).to_contain_text("word3")
    listed(page, other).click()
    expect(page.locator(".message.user")).to_contain_text("first")
    listed(page, place).click()
    expect(body(page)).to_contain_text("word3")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.reload()
    expect(body(page)).to_contain_text("word3")
    # A second tab and a second browser, while it is written.
    second = tab(context)
    second.goto(place)
    others = browser.new_context(base_url=apus.url)
    third = tab(others)
    third.goto(place)
    for one in (page, second, third):
        expect(one.get_by_role("button", name="Stop")).to_be_visible()
        expect(body(one)).to_contain_text("word3")
    page.screenshot(path=os.path.join(SHOTS, "running-answer.png"))
    for one in (page, second, third):
        complete(one, count)
    page.reload()
    complete(page, count)
    others.close()


def test_stop_in_one_tab_stops_in_all(context, apus, model):
    page, second = tab(context), tab(context)
    page.goto("/")
    model.closed_early.clear()
    ask(page, "ENDLESS talk")
    expect(body(page)).to_contain_text("word3")
    second.goto(page.url)
    expect(body(second)).to_contain_text("word3")
    second.get_by_role("button", name="Stop").click()
    for one in (page, second):
        expect(one.locator(".message.assistant .state")).to_have_text("Stopped")
        expect(one.get_by_role("button", name="Send", exact=True)).to_be_visible()
    assert model.closed_early.wait(10)
    assert body(page).inner_text() == body(second).inner_text()
    page.reload()
    expect(page.locator(".message.assistant .state")).to_have_text("Stopped")
    assert not page.problems + second.problems


def test_a_failure_is_one_after_a_reload(context, apus):
    page = tab(context)
    page.goto("/")
    ask(page, "REFUSE this")
    state = page.locator(".message.assistant .state.problem")
    expect(state).to_be_visible()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    page.reload()
    expect(state).to_contain_text("openai:test-model")
    expect(page.locator(".message.assistant .receipt")).to_have_count(0)
    page.get_by_role("button", name="Retry").click()
    expect(state).to_be_visible()
    expect(page.locator(".message.assistant")).to_have_count(1)
    expect(page.locator(".message.user")).to_have_count(1)


def test_an_answer_whose_process_is_killed_says_so_and_can_be_asked_again(context, apus):
    page = tab(context)
    page.goto("/")
    ask(page, "ENDLESS talk, once more")
    expect(body(page)).to_contain_text("word20")
    os.kill(apus.processes()["chat"], signal.SIGKILL)
    state = page.locator(".message.assistant .state")
    expect(state).to_have_text(re.compile("Cut off"), timeout=40000)
    expect(body(page)).to_contain_text("word10")
    page.reload()
    expect(state).to_have_text(re.compile("Cut off"))
    page.get_by_role("button", name="Retry").click()
    expect(body(page)).to_contain_text("word3")
    expect(page.locator(".message.assistant")).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    expect(state).to_have_text("Stopped")
    assert not page.problems, page.problems


def test_trying_again_makes_a_version_to_step_through(context):
    page = tab(context)
    page.goto("/")
    answers = page.locator(".message.assistant")
    ask(page, "SLOWLY 2 first")
    expect(answers.locator(".actions")).to_have_count(1)
    ask(page, "SLOWLY 3 then")
    expect(answers.locator(".actions")).to_have_count(2)
    expect(page.locator(".versions")).to_have_count(0)

    # The first is made anew: what followed it goes with it.
    answers.first.get_by_role("button", name="Try again").click()
    expect(page.locator(".versions")).to_contain_text("2 of 2", timeout=30000)
    expect(answers).to_have_count(1)
    expect(page.get_by_role("button", name="Next version")).to_be_disabled()

    page.get_by_role("button", name="Version before").click()
    expect(page.locator(".versions")).to_contain_text("1 of 2")
    expect(answers).to_have_count(2)
    page.reload()
    expect(page.locator(".versions")).to_contain_text("1 of 2")
    expect(answers).to_have_count(2)
    page.get_by_role("button", name="Next version").click()
    expect(answers).to_have_count(1)
    assert not page.problems, page.problems
