"""What a question is about, chosen by tags; and where the way to the end of a chat lies on a phone."""
import pytest
from playwright.sync_api import expect

from pages import axe, watched


@pytest.fixture(scope="module")
def tagged(stack):
    """Three documents, two of which have tags."""
    stack.heal()
    for name, words, tags in (("owls.txt", b"Owls hunt at night.", ["birds", "night"]), ("swifts.txt", b"Swifts hunt by day.", ["birds"]), ("cats.txt", b"Cats hunt at dusk.", [])):
        document = stack.upload(name, words).json["documents"][0]["id"]
        stack.wait_settled(document)
        stack.call("PATCH", "/api/documents/" + document, {"tags": tags})
    yield stack
    stack.heal()


@pytest.fixture
def page(browser, tagged):
    with watched(browser, tagged.url) as page:
        yield page


def choose_tags(page, *names):
    page.get_by_role("button", name="Documents to search: ").click()
    page.get_by_role("menuitemradio", name="Choose by tag").click()
    dialog = page.get_by_role("dialog", name="Which tags?")
    expect(dialog).to_be_visible()
    for box in dialog.get_by_role("checkbox").all():
        box.uncheck()
    for name in names:
        dialog.get_by_label(name, exact=True).check()
    return dialog


def test_a_question_is_about_documents_with_a_tag(page):
    page.goto("/")
    expect(page.locator("#scope")).to_have_text("All 3 documents")
    dialog = choose_tags(page, "birds")
    expect(dialog.get_by_role("status")).to_have_text("2 documents")
    dialog.get_by_label("night", exact=True).check()
    expect(dialog.get_by_role("status")).to_have_text("1 document")
    assert axe(page) == []
    dialog.get_by_role("button", name="Use these").click()
    expect(page.locator("#scope")).to_have_text("2 tags")
    expect(page.locator("#scope")).to_be_focused()
    choose_tags(page, "night").get_by_role("button", name="Use these").press("Enter")
    expect(page.locator("#scope")).to_have_text("Tag: night")
    with page.expect_request("**/api/chat") as asked:
        page.get_by_label("Message", exact=True).fill("Who hunts?")
        page.keyboard.press("Enter")
    assert asked.value.post_data_json["tags"] == ["night"] and "documents" not in asked.value.post_data_json
    expect(page.locator(".message.assistant .actions")).to_be_visible(timeout=20000)
    sources = page.locator(".message.assistant .sources")
    expect(sources).to_contain_text("owls.txt")
    expect(sources).not_to_contain_text("swifts.txt")
    expect(sources).not_to_contain_text("cats.txt")
    # It stays with its chat, and another one begins with everything.
    page.reload()
    expect(page.locator("#scope")).to_have_text("Tag: night")
    page.get_by_role("button", name="New chat", exact=True).click()
    expect(page.locator("#scope")).to_have_text("All 3 documents")


def test_without_a_tag_everything_is_searched(page):
    page.goto("/")
    choose_tags(page, "night").get_by_role("button", name="Use these").click()
    dialog = choose_tags(page)
    expect(dialog.get_by_role("status")).to_have_text("All documents")
    dialog.get_by_role("button", name="Use these").click()
    expect(page.locator("#scope")).to_have_text("All 3 documents")


def test_the_way_to_the_end_covers_nothing_on_a_phone(browser, tagged):
    chat = None
    for number in range(6):
        asked = tagged.ask(f"Question {number}: who hunts, and when does it hunt, and what is hunted by whom?", **({"chatId": chat} if chat else {})).json
        chat = asked["chatId"]
    context = browser.new_context(base_url=tagged.url, viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"/c/{chat}")
    expect(page.locator(".message.assistant .actions").last).to_be_in_viewport()
    expect(page.locator("#jump")).to_be_hidden()
    for distance in (300, 500, 700, 900):
        page.evaluate("(d) => { const log = document.getElementById('log'); log.scrollTop = log.scrollHeight - log.clientHeight - d; }", distance)
        expect(page.locator("#jump")).to_be_visible()
        overlap = page.evaluate(
            """() => {
                const jump = document.getElementById('jump').getBoundingClientRect();
                const log = document.getElementById('log').getBoundingClientRect();
                return Math.min(jump.bottom, log.bottom) - Math.max(jump.top, log.top);
            }""")
        assert overlap <= 0
    page.locator("#jump").tap()
    expect(page.locator("#jump")).to_be_hidden()
    page.wait_for_timeout(400)
    assert page.evaluate("(() => { const log = document.getElementById('log'); return log.scrollHeight - log.scrollTop - log.clientHeight; })()") < 3
    context.close()
