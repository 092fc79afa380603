"""What the page shows of tools, of who answered, and of presets."""
import json, os, re, shutil, tempfile

import pytest
from playwright.sync_api import expect

import stack as stacks
from pages import choose
from providers import Provider, Script, openai_calls, openai_text

SHOTS = os.path.join(stacks.ROOT, ".build", "screenshots")


@pytest.fixture(scope="module")
def set_up():
    first, second = Provider(), Provider()
    tools = tempfile.NamedTemporaryFile("w", suffix=".json")
    json.dump({"tools": [{"name": "pay", "description": "Pays.", "method": "POST", "url": second.url + "/pay"}]}, tools)
    tools.flush()
    presets = tempfile.mkdtemp()
    for name in os.listdir(os.path.join(stacks.ROOT, "functions/chat/assistants")):
        shutil.copy(os.path.join(stacks.ROOT, "functions/chat/assistants", name), presets)
    general = os.path.join(presets, "general.json")
    preset = json.load(open(general))
    preset["tools"].append("*")
    json.dump(preset, open(general, "w"))
    own = stacks.Stack({"APUS_MODELS": "openai:first,groq:second", "OPENAI_BASE_URL": first.url, "GROQ_BASE_URL": second.url, "SEARXNG_URL": second.url, "APUS_TOOLS": tools.name, "APUS_PRESETS": presets})
    try:
        own.start()
        own.wait_settled(own.upload("storks.txt", b"Storks clatter with their beaks. They winter south of the Sahara.").json["documents"][0]["id"])
        yield own, first, second
    finally:
        own.remove()
        first.close()
        second.close()
        tools.close()
        shutil.rmtree(presets)


@pytest.fixture
def page(set_up, browser):
    os.makedirs(SHOTS, exist_ok=True)
    context = browser.new_context(viewport={"width": 1280, "height": 860}, base_url=set_up[0].url)
    page = context.new_page()
    problems = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: problems.append(str(e)))
    yield page
    assert not problems, problems
    context.close()


def test_tools_sources_on_the_web_and_who_answered(set_up, page):
    _, first, second = set_up
    first.play(Script("{}", status=503, content_type="application/json"))
    second.by_path["/search"] = Script(json.dumps({"results": [{"title": "Storks <img src=x>", "url": "https://storks.example/", "content": "They return in March."}]}), content_type="application/json")
    second.play(Script(openai_calls(("web_search", '{"query": "return of the storks"}'))), Script(openai_text("They winter south of the Sahara [1] and return in March [2].")))
    page.goto("/")
    page.get_by_role("textbox", name="Message").fill("Where do storks winter, and when do they return?")
    page.get_by_role("button", name="Send").click()
    answer = page.locator("article.assistant")
    expect(answer.locator(".tool-log li")).to_have_text("Searched the web for “return of the storks”: 1 results of SearXNG")
    link = answer.locator(".sources a").first
    expect(link).to_have_attribute("href", "https://storks.example/")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(answer.locator(".receipt")).to_contain_text("Answered by groq:second · not the first choice (openai:first: unavailable)")
    expect(answer.locator(".sources button").first).to_contain_text("[1] storks.txt, page 1")
    page.screenshot(path=os.path.join(SHOTS, "tools.png"))
    # The same after a reload, from what is stored.
    page.reload()
    expect(page.locator(".tool-log li")).to_contain_text("Searched the web")
    expect(page.locator(".receipt")).to_contain_text("not the first choice")
    expect(page.locator(".sources a").first).to_have_attribute("href", "https://storks.example/")


def test_a_preset_is_chosen_for_a_chat_and_stays(set_up, page):
    _, first, second = set_up
    for provider in (first, second):
        provider.play(Script(openai_text("No. Storks do not sing [1].")))
    page.goto("/")
    choose(page, "Assistant", re.compile("medical", re.IGNORECASE))
    expect(page.locator("#disclaimer")).to_contain_text("not medical advice")
    expect(page.locator(".examples button").first).to_have_text("Does the treatment reduce mortality?")
    page.screenshot(path=os.path.join(SHOTS, "preset.png"))
    page.get_by_role("textbox", name="Message").fill("Do storks sing?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("article.assistant .body")).to_contain_text("Storks do not sing")
    asked = (first.requests + second.requests)[0]["body"]["messages"][0]["content"]
    assert "Evidence first" in asked
    page.reload()
    expect(page.locator("#disclaimer")).to_contain_text("not medical advice")
    expect(page.locator("#preset")).to_be_hidden()


def test_links_say_where_they_lead_and_nothing_loads_by_itself(set_up, page):
    _, first, second = set_up
    foreign = []
    page.on("request", lambda r: foreign.append(r.url) if not r.url.startswith((set_up[0].url, "data:", "blob:")) else None)
    text = """See [your bank](https://bank.example@evil.example/?s=4711 "bank.example"), https://plain.example/x, <https://auto.example/y>,
[a reference][r] and [Cyrillic](https://\u0430pple.example/), [mail](mailto:eve@evil.example?body=4711), ![picture](https://evil.example/p.png?s=4711)
and ![by reference][r]. [empty](javascript:alert(1)) <img src="https://evil.example/q.png"> <link rel="prefetch" href="https://evil.example/l">

[r]: https://evil.example/r "Your bank"
"""
    for provider in (first, second):
        provider.play(Script(openai_text(text)))
    page.goto("/")
    page.get_by_role("textbox", name="Message").fill("Where do the storks bank?")
    page.get_by_role("button", name="Send").click()
    body = page.locator("article.assistant .body")
    expect(page.locator("article.assistant .actions")).to_be_visible()
    hosts = [span.inner_text().strip() for span in body.locator("a + .host").all()]
    assert hosts == ["(evil.example)", "(plain.example)", "(auto.example)", "(evil.example)", "(xn--pple-43d.example)", "(eve@evil.example)"]
    assert body.locator("a[href]").count() == len(hosts) and body.locator("a[title], img, link").count() == 0
    assert all("noreferrer" in (link.get_attribute("rel") or "") for link in body.locator("a[href]").all())
    page.wait_for_timeout(300)
    assert not foreign, foreign


def test_a_tool_that_changes_something_waits_for_a_click(set_up, page):
    _, first, second = set_up
    call = Script(openai_calls(("pay", '{"to": "Ann", "amount": 5}')))
    first.play(call)
    paid = []
    second.by_path["/pay"] = lambda request: paid.append(request["body"]) or Script(json.dumps({"paid": True}), content_type="application/json")
    page.goto("/")
    page.get_by_role("textbox", name="Message").fill("What do storks cost?")
    page.get_by_role("button", name="Send").click()
    answer = page.locator("article.assistant").last
    expect(answer.locator(".body")).to_contain_text('{"to":"Ann","amount":5}')
    expect(answer.locator(".body")).to_contain_text("has not been run")
    button = answer.get_by_role("button", name="Run pay")
    expect(button).to_be_visible()
    # It waits after a reload, too.
    page.reload()
    assert not paid
    first.play(call, Script(openai_text("It is paid.")))
    page.locator("article.assistant").last.get_by_role("button", name="Run pay").click()
    expect(page.locator("article.assistant").last.locator(".body")).to_contain_text("It is paid.")
    assert paid == [{"to": "Ann", "amount": 5}]
