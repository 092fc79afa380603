"""Every state of the page with axe, in both themes and on a phone; the main job by the keyboard; narrow and enlarged."""
import os, re

import pytest
from playwright.sync_api import expect

import library
import stack as stacks
from pages import axe
from providers import Provider, Script, openai_text

RICH = """# First heading

Some **strong** words, `code`, [a link](https://example.org/) and a citation [1].

## Second

1. one
2. two

- [x] done
- [ ] open

| Part | Price |
|---|---:|
| Valve | 12.50 |
| Donaudampfschifffahrtsgesellschaftskapitänsmütze | 3.00 |

```swift
let answer = 42
```

> Quoted.
"""


@pytest.fixture(scope="module")
def apus():
    provider = Provider()
    own = stacks.Stack({"APUS_MODELS": "openai:first,extractive", "OPENAI_BASE_URL": provider.url})
    try:
        yield own.start(), provider
    finally:
        own.remove()
        provider.close()


LOOKS = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}}


@pytest.fixture(params=list(LOOKS))
def page(request, browser, apus):
    context = browser.new_context(base_url=apus[0].url, **{"viewport": {"width": 1280, "height": 860}, "reduced_motion": "reduce", **LOOKS[request.param]})
    page = context.new_page()
    page.look = request.param
    page.problems = []
    page.on("pageerror", lambda e: page.problems.append(str(e)))
    yield page
    assert not page.problems
    context.close()


def clean(page, state):
    page.wait_for_timeout(250)
    assert axe(page) == [], state
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], state


def test_no_state_has_a_finding(page, apus):
    stack, provider = apus
    for document in stack.call("GET", "/api/documents?limit=200").json["documents"]:
        stack.call("DELETE", "/api/documents/" + document["id"])
    page.goto("/")
    expect(page.get_by_role("button", name="Choose files")).to_be_visible()
    clean(page, "welcome")
    page.evaluate("document.getElementById('drop').hidden = false")
    clean(page, "drag over")
    page.evaluate("document.getElementById('drop').hidden = true")

    stack.wait_settled(stack.upload("valves.txt", b"Valves cost 12.50 pounds each. They are delivered on Mondays.").json["documents"][0]["id"])
    with open(os.path.join(library.DOCUMENTS, "travel-policy.docx"), "rb") as file:
        stack.wait_settled(stack.upload("travel-policy.docx", file.read()).json["documents"][0]["id"])
    page.goto("/documents")
    expect(page.locator(".document .ready")).to_have_count(2)
    clean(page, "library")
    page.locator("#files").set_input_files([{"name": "picture.png", "mimeType": "image/png", "buffer": b"x"}, {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""}])
    expect(page.locator(".upload .reason")).to_have_count(2)
    clean(page, "failed uploads")
    page.locator(".document input").first.check()
    clean(page, "chosen")
    page.locator("#library-search").fill("nothing like it")
    clean(page, "no match")
    page.locator("#library-search").fill("")
    page.get_by_role("button", name="Delete chosen").click()
    clean(page, "asked whether to delete")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="valves.txt", exact=True).click()
    expect(page.locator("#page")).to_contain_text("Mondays")
    clean(page, "a text in the panel")
    page.keyboard.press("Escape")

    page.goto("/")
    expect(page.locator("#scope")).to_contain_text("2 documents")
    clean(page, "new chat")
    for chip in ("Model", "Assistant", "Documents to search"):
        page.get_by_role("button", name=re.compile(f"^{chip}: ")).click()
        clean(page, f"menu of {chip}")
        page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^Documents to search: ")).click()
    page.get_by_role("menuitemradio", name="Choose documents").click()
    clean(page, "choosing documents")
    page.keyboard.press("Escape")
    provider.play(Script(openai_text(RICH)))
    page.get_by_label("Message", exact=True).fill("What do valves cost?")
    clean(page, "a draft")
    page.get_by_role("button", name="Send", exact=True).click()
    answer = page.locator(".message.assistant").last
    expect(answer.locator(".actions")).to_be_visible(timeout=20000)
    clean(page, "a rich answer")
    page.get_by_role("button", name="Not helpful").click()
    expect(page.get_by_label("What is wrong with it?")).to_be_visible()
    clean(page, "why it does not help")
    page.get_by_role("button", name="Details", exact=True).click()
    clean(page, "details")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Edit question").click()
    clean(page, "editing")
    page.keyboard.press("Escape")
    answer.locator("button.cite").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(page.locator(".cite-card")).to_be_visible()
    clean(page, "a citation's card")
    answer.locator("button.cite").first.press("Enter")
    expect(page.locator("#page mark")).to_be_visible()
    clean(page, "a citation in the panel")
    page.keyboard.press("Escape")
    provider.play(Script("{}", status=400, content_type="application/json"))
    page.get_by_label("Message", exact=True).fill("This fails")
    page.locator("#send").click()
    expect(page.locator(".state.problem")).to_be_visible(timeout=20000)
    clean(page, "a failure")

    if page.look == "phone":
        page.get_by_role("button", name="Open menu").click()
        clean(page, "the drawer")
    page.locator("#chats li:has([aria-current=page]) .row-menu").click()
    clean(page, "menu of a chat")
    page.get_by_role("menuitem", name="Rename").click()
    clean(page, "renaming")
    page.keyboard.press("Escape")
    page.get_by_role("searchbox", name="Search chats").fill("valves")
    expect(page.locator("#hits a").first).to_be_visible()
    clean(page, "search")
    page.get_by_role("searchbox", name="Search chats").fill("")
    page.get_by_role("button", name="Theme").click()
    clean(page, "menu of themes")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export or import chats").click()
    clean(page, "chats as files")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+/")
    clean(page, "shortcuts")
    page.keyboard.press("Escape")
    page.locator("#chats li:has([aria-current=page]) .row-menu").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.locator(".toast")).to_be_visible()
    clean(page, "undo")


@pytest.fixture
def small(browser, apus):
    contexts = []

    def make(width, height):
        context = browser.new_context(base_url=apus[0].url, viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.goto("/")
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width, height", [(320, 640), (320, 256)], ids=["320 px", "1280 by 1024 at 400 %"])
def test_nothing_is_out_of_reach_when_there_is_little_room(small, apus, width, height):
    apus[1].play(Script(openai_text("It is so.")))
    page = small(width, height)
    expect(page.locator("#scope")).to_be_visible()
    page.get_by_label("Message", exact=True).fill("Is it so?")
    send = page.get_by_role("button", name="Send", exact=True)
    send.scroll_into_view_if_needed()
    expect(send).to_be_in_viewport(ratio=1)
    send.click()
    expect(page.locator(".message.assistant .actions")).to_be_visible(timeout=20000)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto("/documents")
    expect(page.locator("#attach-here")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_main_job_by_the_keyboard_alone(small, apus):
    stack, provider = apus
    if not any(d["name"] == "valves.txt" for d in stack.call("GET", "/api/documents?limit=200").json["documents"]):
        stack.wait_settled(stack.upload("valves.txt", b"Valves cost 12.50 pounds each. They are delivered on Mondays.").json["documents"][0]["id"])
    page = small(1280, 860)
    expect(page.locator("#scope")).to_contain_text("document")
    # At most ten steps to the box; the first link leads there in one.
    for count in range(1, 11):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('skip')"):
            page.keyboard.press("Enter")
            break
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    provider.play(Script(openai_text("Valves cost 12.50 pounds each [1]. On Mondays they come [1].")))
    page.keyboard.type("How dear is one valve?")
    page.keyboard.press("Enter")
    expect(page.locator(".message.assistant .actions")).to_be_visible(timeout=20000)
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".message.assistant")).to_be_focused()
    page.keyboard.press("Tab")
    cite = page.locator("button.cite").first
    expect(cite).to_be_focused()
    expect(page.get_by_role("tooltip")).to_contain_text("valves.txt")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    expect(page.locator("#page mark")).to_be_visible()
    page.keyboard.press("Alt+BracketRight")
    expect(page.locator("#citation-place")).to_have_text("Citation 2 of 2")
    page.keyboard.press("Escape")
    expect(page.locator("button.cite").nth(1)).to_be_focused()
    # The last question again, in other words, from the empty box.
    page.keyboard.press("Shift+Escape")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("textbox", name="Edit question")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox", name="Search chats")).to_be_focused()
    page.keyboard.press("Control+Shift+O")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()


def test_forced_colours_keep_what_is_chosen_visible(browser, apus):
    context = browser.new_context(base_url=apus[0].url, forced_colors="active", viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto("/documents")
    link = page.locator("#documents-link")
    expect(link).to_have_attribute("aria-current", "page")
    assert link.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    context.close()
