"""What can be done with a conversation: edited, branched, copied, looked into; what is kept; how answers are set."""
import json, re

import pytest
from playwright.sync_api import expect

import stack as stacks
from pages import choose, watched
from providers import Provider, Script, openai_text

ANSWER = "Storks winter south of the Sahara [1]."
SET = r"""## Results

3. three
4. four

| Name | Left over | Weight |
|:--|--:|--|
| Donaudampfschifffahrtsgesellschaft | a | 12.5 kg |
| Rhabarber | b | 7 kg |

It is \(E = mc^2\) and \[a_1 \_ b\] for $5 or $6.

```python
print("a very long line " * 20)  # a very long line, a very long line, a very long line, a very long line, a very long line, a very long line
```
"""


@pytest.fixture(scope="module")
def apus():
    provider = Provider()
    own = stacks.Stack({"APUS_MODELS": "openai:first,extractive", "OPENAI_BASE_URL": provider.url, "APUS_ANSWER_CACHE": "0"})
    try:
        own.start()
        own.wait_settled(own.upload("storks.txt", b"Storks clatter with their beaks. They winter south of the Sahara.").json["documents"][0]["id"])
        yield own, provider
    finally:
        own.remove()
        provider.close()


@pytest.fixture
def page(browser, apus):
    with watched(browser, apus[0].url, console=True) as page:
        yield page


def ask(page, question):
    count = page.locator(".message.assistant").count()
    page.get_by_label("Message", exact=True).fill(question)
    page.keyboard.press("Enter")
    answer = page.locator(".message.assistant").nth(count)
    expect(answer.locator(".actions")).to_be_visible(timeout=20000)
    return answer


def box(page):
    return page.get_by_label("Message", exact=True)


def test_a_question_is_put_another_way_and_both_stay(page, apus):
    apus[1].play(Script(openai_text(ANSWER)))
    page.goto("/")
    ask(page, "Where do storks go?")
    ask(page, "And when?")
    box(page).press("ArrowUp")
    field = page.get_by_role("textbox", name="Edit question")
    expect(field).to_have_value("And when?")
    field.press("Escape")
    page.locator(".message.user").first.hover()
    page.get_by_role("button", name="Edit question").first.click()
    field.fill("Where do storks winter?")
    field.press("Control+Enter")
    expect(page.locator(".message.user")).to_have_count(1)
    expect(page.locator(".versions")).to_contain_text("2 of 2", timeout=20000)
    expect(page.locator(".message.user .bubble")).to_have_text("Where do storks winter?")
    expect(page.locator(".message.assistant .actions")).to_have_count(1, timeout=20000)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    page.get_by_role("button", name="Version before").click()
    expect(page.locator(".message.user .bubble")).to_have_text(["Where do storks go?", "And when?"])


def test_a_chat_branches(page, apus):
    apus[1].play(Script(openai_text(ANSWER)))
    page.goto("/")
    first = ask(page, "Do storks branch?")
    ask(page, "And then?")
    before = page.url
    first.hover()
    first.get_by_role("button", name="Branch from here").click()
    expect(page).not_to_have_url(before)
    expect(page.locator(".message.user .bubble")).to_have_text(["Do storks branch?"])
    expect(page.locator(".toast")).to_contain_text("A new chat goes on from here")


@pytest.mark.parametrize("has_clipboard", [True, False], ids=["https", "plain http"])
def test_a_copied_answer_has_its_sources(browser, apus, has_clipboard):
    apus[1].play(Script(openai_text(ANSWER)))
    context = browser.new_context(base_url=apus[0].url, viewport={"width": 1280, "height": 860}, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    if not has_clipboard:
        page.add_init_script("window.realClipboard = navigator.clipboard; Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.goto("/")
    answer = ask(page, f"Is it copied? {has_clipboard}")
    answer.get_by_role("button", name="Copy", exact=True).click()
    expect(answer.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("(window.realClipboard ?? navigator.clipboard).readText()")
    assert copied.startswith(ANSWER) and "Sources:\n[1] storks.txt, page 1: “Storks clatter with their beaks. They winter south of the Sahara.”" in copied, copied
    context.close()


def test_numbers_that_cite_nothing_stay_numbers(page, apus):
    """Of an answer as it is stored: what the server confirms is a button, all else stays text."""
    time = "2026-01-01T00:00:00.000Z"
    citation = {"n": 1, "documentId": "01a22983-a383-7df2-a634-64f44c848b89", "name": "gone.pdf", "page": 3, "start": 0, "end": 9, "quote": "The quote"}
    chat = {"id": "n", "name": "Numbers", "messages": [{"id": "q", "role": "user", "text": "Which?", "createdAt": time},
            {"id": "a", "role": "assistant", "text": "It is so [1]. See section [12] and `list[1]`.", "createdAt": time, "parentId": "q", "citations": [citation]}]}
    made = apus[0].call("POST", "/api/history/import", json.dumps({"format": "apus-chats", "version": 1, "chats": [chat]}).encode(), {"Content-Type": "application/json"})
    page.goto(f"/c/{made.json['chats'][0]['id']}")
    body = page.locator(".message.assistant .body")
    expect(body).to_contain_text("See section [12] and list[1].")
    expect(body.locator(".cite")).to_have_count(1)


def test_the_details_of_an_answer(page, apus):
    apus[1].play(Script(openai_text(ANSWER)))
    page.goto("/")
    answer = ask(page, "How was it made?")
    button = answer.get_by_role("button", name="Details")
    button.click()
    dialog = page.get_by_role("dialog", name="Details")
    expect(dialog).to_contain_text("openai:first")
    expect(dialog).to_contain_text("11 read, 7 written")
    expect(dialog.locator(".strengths li")).to_contain_text("[1] storks.txt, page 1strong")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()


def test_drafts_model_and_scope_are_kept(page, apus):
    apus[1].play(Script(openai_text(ANSWER)))
    page.goto("/")
    ask(page, "Is it kept?")
    chat = page.url
    box(page).fill("for this chat")
    page.get_by_role("button", name="New chat", exact=True).click()
    expect(box(page)).to_have_value("")
    box(page).fill("for a new one")
    page.get_by_role("button", name=re.compile("^Documents to search: ")).click()
    page.get_by_role("menuitemradio", name="No documents").click()
    choose(page, "Model", "Quotes only")
    page.reload()
    expect(box(page)).to_have_value("for a new one")
    expect(page.locator("#scope")).to_have_text("No documents")
    expect(page.locator("#model")).to_have_text("Quotes only")
    page.goto(chat)
    expect(box(page)).to_have_value("for this chat")
    expect(page.locator("#scope")).not_to_have_text("No documents")
    choose(page, "Model", "openai:first")


def test_nothing_that_is_typed_is_cut(page):
    page.goto("/")
    expect(page.locator("#counter")).to_be_hidden()
    box(page).fill("a" * 26_000)
    expect(page.locator("#counter")).to_have_text("26,000 / 32,000")
    expect(page.locator("#send")).to_be_enabled()
    box(page).fill("b" * 32_001)
    assert len(box(page).input_value()) == 32_001
    expect(page.locator("#send")).to_be_disabled()
    expect(page.locator("#send")).to_have_attribute("title", re.compile("at most 32,000 characters"))


def test_a_long_text_can_become_a_file(page, apus):
    page.goto("/")
    box(page).fill("before ")
    box(page).evaluate("""(box) => {
        const data = new DataTransfer();
        data.setData('text/plain', 'Herons fish in the morning. '.repeat(200));
        const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
        if (box.dispatchEvent(event)) { box.value += data.getData('text/plain'); box.dispatchEvent(new Event('input')); }
    }""")
    page.locator(".toast").get_by_role("button", name="Attach as a file").click()
    expect(box(page)).to_have_value("before ")
    expect(page.locator(".upload", has_text="Pasted text").locator(".ready")).to_be_visible(timeout=20000)
    for document in apus[0].call("GET", "/api/documents?limit=200").json["documents"]:
        if document["name"].startswith("Pasted"):
            apus[0].call("DELETE", "/api/documents/" + document["id"])


@pytest.mark.parametrize("width", [1280, 390])
def test_answers_are_set_as_they_are_meant(browser, apus, width):
    apus[1].play(Script(openai_text(SET)))
    context = browser.new_context(base_url=apus[0].url, viewport={"width": width, "height": 860})
    page = context.new_page()
    page.goto("/")
    body = ask(page, f"How is it set at {width}?").locator(".body")
    assert body.locator("ol").get_attribute("start") == "3"
    sizes = body.evaluate("b => ['h4', 'p'].map(t => parseFloat(getComputedStyle(b.querySelector(t)).fontSize))")
    assert sizes[0] > sizes[1] and body.locator("h1, h2").count() == 0
    assert body.locator("td").nth(1).evaluate("e => getComputedStyle(e).textAlign") in ("right", "end")
    assert body.locator("td").nth(2).get_attribute("class") == "number"
    # No word is broken: what is too wide scrolls in its own box.
    assert body.locator("td").first.evaluate("e => { const r = document.createRange(); r.selectNodeContents(e); return new Set([...r.getClientRects()].map(x => x.top)).size }") == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(body).to_contain_text(r"\(E = mc^2\) and \[a_1 \_ b\] for $5 or $6")
    expect(body.locator(".code-head")).to_contain_text("python")
    wrap = body.get_by_role("button", name="Wrap long lines")
    pre = body.locator("pre")
    assert pre.evaluate("e => e.scrollWidth > e.clientWidth")
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    assert pre.evaluate("e => e.scrollWidth <= e.clientWidth")
    context.close()


@pytest.fixture(scope="module")
def long_chat(apus):
    """A chat of 560 messages of very different heights."""
    messages = []
    for n in range(280):
        time = f"2026-01-01T{n // 60:02}:{n % 60:02}:00.000Z"
        messages.append({"id": f"q{n}", "role": "user", "text": f"Question {n}", "createdAt": time})
        messages.append({"id": f"a{n}", "role": "assistant", "text": f"Answer {n}.\n\n" + "A line of it.\n\n" * (n % 23), "createdAt": time, "parentId": f"q{n}"})
    body = json.dumps({"format": "apus-chats", "version": 1, "chats": [{"id": "c", "name": "A long one", "messages": messages}]})
    return apus[0].call("POST", "/api/history/import", body.encode(), {"Content-Type": "application/json"}).json["chats"][0]["id"]


def test_a_chat_opens_at_its_end_and_all_of_it_can_be_read(page, long_chat):
    page.goto(f"/c/{long_chat}")
    expect(page.locator(".message").last).to_be_in_viewport(timeout=20000)
    page.wait_for_timeout(500)
    assert page.evaluate("(l => l.scrollHeight - l.scrollTop - l.clientHeight)(document.getElementById('log'))") < 2
    expect(page.locator("#jump")).to_be_hidden()
    page.evaluate("document.addEventListener('wheel', () => { window.wheels = (window.wheels ?? 0) + 1; }, true)")
    page.locator("#log").hover()
    # A busy browser may lose the turn of a wheel; one that came has to count.
    while not page.evaluate("window.wheels"):
        page.mouse.wheel(0, -3000)
        page.wait_for_timeout(300)
    jump, card = page.locator("#jump"), page.locator(".card")
    expect(jump).to_be_visible()
    assert jump.bounding_box()["y"] + jump.bounding_box()["height"] <= card.bounding_box()["y"]
    box(page).fill("a line\n" * 12)
    assert jump.bounding_box()["y"] + jump.bounding_box()["height"] <= card.bounding_box()["y"]
    box(page).fill("")
    jump.click()
    expect(page.locator(".message").last).to_be_in_viewport()
    expect(page.get_by_text("Question 0", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Show earlier messages").click()
    expect(page.get_by_text("Question 0", exact=True)).to_have_count(1)
    expect(page.get_by_role("button", name="Show earlier messages")).to_have_count(0)
    # The newest page is read to its end, and the older ones stand before it.
    assert page.locator(".message.user .bubble").all_text_contents()[:2] == ["Question 0", "Question 1"]


def test_the_name_is_there_before_the_chat_is(page, long_chat):
    page.goto("/")
    expect(page.locator("#chats a", has_text="A long one")).to_be_visible()
    page.route(f"**/api/history/{long_chat}?*", lambda route: None)
    page.locator("#chats a", has_text="A long one").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A long one")
    expect(page.locator(".skeleton")).to_be_visible()


def test_a_source_closes_with_its_chat_and_by_going_back(browser, apus):
    apus[1].play(Script(openai_text(ANSWER)))
    for width in (1280, 390):
        context = browser.new_context(base_url=apus[0].url, viewport={"width": width, "height": 860}, has_touch=width == 390)
        page = context.new_page()
        page.goto("/")
        answer = ask(page, f"Does it close at {width}?") if width == 1280 else None
        if answer is None:
            box(page).fill("Does it close on a phone?")
            page.locator("#send").click()
            answer = page.locator(".message.assistant")
            expect(answer.locator(".actions")).to_be_visible(timeout=20000)
            answer.locator("button.cite").tap()
            expect(page.locator(".cite-card q")).to_contain_text("They winter south of the Sahara.")
            page.get_by_role("button", name="Open source").tap()
            expect(page.locator("#panel")).to_be_visible()
            chat = page.url
            page.go_back()
            expect(page.locator("#panel")).to_be_hidden()
            assert page.url == chat
        else:
            answer.locator("button.cite").hover()
            expect(page.get_by_role("tooltip")).to_contain_text("They winter south of the Sahara.")
            answer.locator("button.cite").click()
            expect(page.locator("#page mark")).to_contain_text("They winter south of the Sahara.")
            page.get_by_role("button", name="New chat", exact=True).click()
            expect(page.locator("#panel")).to_be_hidden()
        context.close()
