"""Answers made anew, in a real Chromium: versions are stepped through, and what followed each is there again."""
import pytest
from playwright.sync_api import expect

import stack as stacks


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "openai:test-model", "OPENAI_BASE_URL": model.url})
    try:
        yield own.start()
    finally:
        own.remove()


def ask(page, question):
    page.get_by_label("Message", exact=True).fill(question)
    page.keyboard.press("Enter")


def test_trying_again_makes_a_version_to_step_through(browser, apus):
    context = browser.new_context(viewport={"width": 1280, "height": 860}, base_url=apus.url)
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto("/")
    answers = page.locator(".message.assistant")
    try:
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
        assert not problems, problems
    finally:
        context.close()
