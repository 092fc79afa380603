"""Saying whether an answer helped, in a real Chromium."""
import os

import pytest
from playwright.sync_api import expect

import stack as stacks

SHOTS = os.path.join(stacks.ROOT, ".build", "screenshots")


@pytest.fixture(scope="module")
def storks(stack):
    stack.heal()
    stack.wait_settled(stack.upload("storks.txt", b"Storks clatter with their beaks. They winter south of the Sahara.").json["documents"][0]["id"])
    yield stack
    stack.heal()


@pytest.fixture
def page(storks, browser):
    os.makedirs(SHOTS, exist_ok=True)
    context = browser.new_context(viewport={"width": 1280, "height": 860}, base_url=storks.url)
    page = context.new_page()
    problems = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" and "Failed to load resource" not in m.text else None)
    page.on("pageerror", lambda e: problems.append(str(e)))
    yield page
    assert not problems, problems
    context.close()


def kept(stack):
    return [(e["rating"], e["reason"], e["comment"]) for e in stack.call("GET", "/api/feedback").json["feedback"]]


def test_an_answer_is_rated_explained_and_the_rating_taken_back(storks, page):
    page.goto("/")
    page.get_by_role("textbox", name="Message").fill("Where do storks winter?")
    page.get_by_role("button", name="Send", exact=True).click()
    answer = page.locator("article.assistant")
    up, down = (answer.get_by_role("button", name=name, exact=True) for name in ("Helpful", "Not helpful"))
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(answer.locator(".note")).to_have_text("Thank you. This was noted.")
    assert kept(storks) == [("up", None, None)]
    down.click()
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(up).to_have_attribute("aria-pressed", "false")
    reason = answer.get_by_label("What is wrong with it?")
    expect(reason).to_be_focused()
    reason.select_option("wrong_source")
    answer.get_by_label("In your own words (optional)").fill("<b>Page 2</b> is the right one.")
    page.screenshot(path=os.path.join(SHOTS, "feedback.png"))
    answer.locator(".why").get_by_role("button", name="Send").click()
    expect(answer.locator(".why form")).to_have_count(0)
    expect(down).to_be_focused()
    assert kept(storks) == [("down", "wrong_source", "<b>Page 2</b> is the right one.")]
    # The same after a reload, from what is kept.
    page.reload()
    expect(down).to_have_attribute("aria-pressed", "true")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "false")
    expect(answer.locator(".note")).to_have_text("Taken back.")
    assert kept(storks) == []


def test_a_rating_that_cannot_be_kept_says_so(storks, page):
    page.goto("/")
    page.get_by_role("textbox", name="Message").fill("Do storks clatter?")
    page.get_by_role("button", name="Send", exact=True).click()
    up = page.locator("article.assistant").get_by_role("button", name="Helpful", exact=True)
    expect(up).to_be_visible()
    chat = storks.call("GET", "/api/history?limit=1").json["chats"][0]["id"]
    storks.call("DELETE", "/api/history/" + chat)
    with page.expect_response("**/api/feedback") as refused:
        up.click()
    assert refused.value.status == 404
    expect(page.locator("article.assistant .note")).to_have_text("There is no chat with this id.")
    expect(up).to_have_attribute("aria-pressed", "false")
