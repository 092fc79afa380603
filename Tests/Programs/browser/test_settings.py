"""The settings, in a real Chromium: what counts in one browser, what an owner decides for a workspace, limits, and what was used."""
import json, os, re

import pytest
from playwright.sync_api import expect

import stack as stacks
from accounts import first_link
from pages import axe

PASSWORD = "a long enough password"
SHOTS = os.path.join(stacks.ROOT, ".build", "screenshots")
LOOKS = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}}


@pytest.fixture(scope="module")
def apus(model):
    os.makedirs(SHOTS, exist_ok=True)
    own = stacks.Stack({"APUS_MODELS": "extractive,openai:test-model", "OPENAI_BASE_URL": model.url, "APUS_SIGN_IN": "local"})
    try:
        yield own.start()
    finally:
        own.remove()


@pytest.fixture(scope="module")
def cookies(browser, apus):
    """What a browser keeps of the first administrator, of an owner and of a reader."""
    states = {}
    boss = enter(browser, apus, first_link(apus.read_log), {"Your name": "Ada", "Sign-in name": "ada@example.com"})
    states["ada"] = boss.context.storage_state()
    for name, role in (("olga", "owner"), ("rita", "reader")):
        link = boss.evaluate(
            """async ([login, name, role]) => (await (await fetch('/api/account/people', {
                method: 'POST', headers: { 'Content-Type': 'application/json' },
                body: JSON.stringify({ login, name, workspaces: [{ id: 'default', role }] }) })).json()).link""",
            [f"{name}@example.com", name.title(), role])
        page = enter(browser, apus, link, {})
        states[name] = page.context.storage_state()
        page.context.close()
    boss.context.close()
    return states


def enter(browser, apus, link, fields):
    page = browser.new_context(base_url=apus.url).new_page()
    page.goto(link)
    for label, value in {**fields, "New password": PASSWORD, "New password once more": PASSWORD}.items():
        page.get_by_label(re.compile(rf"^{label}($|At least)")).fill(value)
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator("#account-open")).to_be_visible(timeout=20000)
    return page


@pytest.fixture
def open_page(browser, apus, cookies):
    contexts = []

    def make(person="ada", **options):
        context = browser.new_context(base_url=apus.url, storage_state=cookies[person], **{"viewport": {"width": 1280, "height": 860}, **options})
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        return page

    yield make
    for context in contexts:
        assert not [problem for page in context.pages for problem in getattr(page, "problems", [])]
        context.close()


def part(page, name):
    page.get_by_role("navigation", name="Parts of the settings").get_by_role("link", name=name, exact=True).click()
    expect(page.locator(".settings-part")).not_to_contain_text("One moment")


def result(page):
    return page.locator(".settings-form .result")


def fault(page, label):
    """What is said beside a field."""
    return page.locator(".setting", has=page.get_by_label(label, exact=True)).locator(".fault")


def test_every_way_leads_to_the_settings_and_back(open_page):
    page = open_page()
    page.goto("/documents")
    page.get_by_role("link", name="Settings", exact=True).click()
    expect(page).to_have_url(re.compile("/settings$"))
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_focused()
    assert page.title() == "Settings – Apus"
    expect(page.locator("#settings-link")).to_have_attribute("aria-current", "page")
    part(page, "Usage")
    expect(page).to_have_url(re.compile("/settings/usage$"))
    page.go_back()
    expect(page.get_by_role("group", name="Theme")).to_be_visible()
    page.go_back()
    expect(page.locator("#documents-view")).to_be_visible()
    expect(page.locator("#settings-view")).to_be_hidden()
    # By its keys, by the name of the place, by one's own name, by the address.
    page.keyboard.press("Control+.")
    expect(page.get_by_role("group", name="Theme")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("retention")
    place = page.get_by_role("list", name="Found in chats").get_by_role("link", name="Settings: Workspace")
    expect(place).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/settings/workspace$"))
    page.locator("#account-open").click()
    page.get_by_role("dialog", name="Account").get_by_role("link", name="Settings").click()
    expect(page.get_by_role("dialog", name="Account")).to_be_hidden()
    expect(page.get_by_role("group", name="Theme")).to_be_visible()
    page.goto("/settings/limits")
    expect(page.get_by_label("Limits of")).to_be_visible()
    page.goto("/settings/nothing-like-it")
    expect(page.get_by_role("group", name="Theme")).to_be_visible()


def test_what_counts_in_this_browser_counts_at_once_and_stays(open_page):
    page = open_page()
    page.goto("/settings")
    other = page.context.new_page()
    other.goto("/")
    page.get_by_role("group", name="Theme").get_by_label("Dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("group", name="Theme").locator(".tick")).to_have_text("Saved")
    expect(page.locator("#status")).to_have_text("Saved")
    # Another page of the same browser has it, too.
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    before = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    page.get_by_role("group", name="Text size").get_by_label("Very large").check()
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == before * 1.25
    page.get_by_role("group", name="The Enter key").get_by_label("Begins a new line").check()
    page.get_by_label("Default model").select_option("openai:test-model")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-size", "largest")
    for group, label in (("Theme", "Dark"), ("Text size", "Very large"), ("The Enter key", "Begins a new line")):
        expect(page.get_by_role("group", name=group).get_by_label(label)).to_be_checked()
    page.get_by_role("button", name="New chat").click()
    expect(page.locator("#model")).to_have_text("openai:test-model")
    box = page.get_by_label("Message", exact=True)
    box.press_sequentially("one")
    box.press("Enter")
    box.press_sequentially("two")
    expect(box).to_have_value("one\ntwo")
    box.press("Control+Enter")
    expect(page.locator(".message.user .bubble")).to_have_text("one\ntwo")
    page.keyboard.press("Control+.")
    page.get_by_role("button", name="Back to the defaults").click()
    expect(page.get_by_role("group", name="Text size").get_by_label("Normal")).to_be_checked()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate("['theme', 'size', 'enter', 'model'].map((name) => localStorage.getItem('apus.' + name))") == ["system", "normal", None, None]


def test_the_keyboard_alone_is_enough(open_page):
    page = open_page()
    page.goto("/settings")
    expect(page.get_by_role("group", name="Theme")).to_be_visible()
    page.keyboard.press("Control+.")
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type === 'radio'"):
            break
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("group", name="Theme").get_by_label("Light")).to_be_checked()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.locator("html")).to_have_attribute("data-size", "large")
    page.get_by_role("button", name="Back to the defaults").press("Enter")
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_focused()


def test_an_owner_decides_for_the_workspace(open_page):
    page = open_page("olga")
    page.goto("/settings/workspace")
    name = page.get_by_label("Name", exact=True)
    expect(name).to_be_visible()
    save = page.get_by_role("button", name="Save")
    save.click()
    expect(result(page)).to_have_text("Nothing has changed.")
    # What is wrong is said beside its field, and nothing goes out.
    sent = []
    page.on("request", lambda r: sent.append(r.post_data_json) if r.method == "PATCH" and "/workspaces/" in r.url else None)
    name.fill("\u200b \u2060")
    page.get_by_label("Keep chats for (days)").fill("0")
    save.click()
    expect(fault(page, "Name")).to_contain_text("1 to 200 characters")
    expect(fault(page, "Keep chats for (days)")).to_have_text("A whole number from 1 to 36,500, or nothing.")
    expect(page.get_by_label("Keep chats for (days)")).to_have_attribute("aria-invalid", "true")
    expect(name).to_be_focused()
    expect(result(page)).to_have_text("Nothing was saved.")
    assert sent == []
    name.fill("\u200bSwift\u200b house ")
    page.get_by_label("Keep chats for (days)").fill("365")
    page.get_by_label("Public links").check()
    # What takes things away asks first, and can be left alone.
    save.click()
    expect(page.locator("#ask")).to_contain_text("Chats without a message for 365 days are removed for good")
    page.keyboard.press("Escape")
    expect(result(page)).to_have_text("Nothing was saved.")
    assert sent == []
    save.click()
    page.locator("#ask-ok").click()
    expect(result(page)).to_have_text("Saved")
    assert sent == [{"name": "Swift house", "keepChatsDays": 365, "publicLinks": True}]
    page.reload()
    expect(name).to_have_value("Swift house")
    expect(page.get_by_label("Keep chats for (days)")).to_have_value("365")
    expect(page.get_by_label("Public links")).to_be_checked()
    page.get_by_label("Keep chats for (days)").fill("")
    page.get_by_label("Public links").uncheck()
    save.click()
    expect(result(page)).to_have_text("Saved")
    assert sent[-1] == {"keepChatsDays": None, "publicLinks": False}
    page.get_by_role("button", name="Members").click()
    expect(page.get_by_role("tab", name="Members")).to_have_attribute("aria-selected", "true")


def test_what_the_server_says_of_a_field_stands_beside_it(open_page):
    page = open_page("olga")
    page.goto("/settings/workspace")
    refusal = {"status": 400, "detail": "Some fields are not as they should be.", "errors": [{"field": "keepDocumentsDays", "detail": "Must be at least 7 here."}]}
    page.route("**/api/account/workspaces/*", lambda route: route.fulfill(status=400, content_type="application/problem+json", body=json.dumps(refusal)))
    page.get_by_label("Keep documents for (days)").fill("3")
    page.get_by_role("button", name="Save").click()
    page.locator("#ask-ok").click()
    expect(fault(page, "Keep documents for (days)")).to_have_text("Must be at least 7 here.")
    expect(page.get_by_label("Keep documents for (days)")).to_be_focused()
    expect(result(page)).to_have_text("Nothing was saved.")


def test_readers_are_told_who_can_change_it(open_page):
    page = open_page("rita")
    page.goto("/settings/workspace")
    expect(page.locator(".settings-part")).to_contain_text("for owners of the workspace. Ask one of them")
    assert page.locator(".settings-part input").count() == 0
    part(page, "Limits")
    expect(page.locator(".settings-part")).to_contain_text("for owners of the workspace")
    part(page, "Usage")
    expect(page.get_by_label("Used by")).to_have_count(0)
    expect(page.locator(".settings-part")).to_contain_text("No limit has been set for you.")


def test_limits_are_set_for_everybody_and_for_one(open_page):
    page = open_page()
    page.goto("/settings/limits")
    save = page.get_by_role("button", name="Save")
    page.get_by_label("Questions a day").fill("1.5")
    save.click()
    expect(fault(page, "Questions a day")).to_contain_text("A whole number from 0 to")
    page.get_by_label("Questions a day").fill("5000")
    page.get_by_label("Storage in megabytes").fill("2.5")
    page.get_by_label("When tokens or money are used up").select_option("quotes")
    save.click()
    expect(result(page)).to_have_text("Saved")
    page.get_by_label("Limits of").select_option(label="Rita")
    expect(page.get_by_label("Storage in megabytes")).to_have_count(0)
    page.get_by_label("US dollars a month").fill("12.5")
    save.click()
    expect(result(page)).to_have_text("Saved")
    told = page.evaluate("fetch('/api/account/quotas?of=everybody').then((answer) => answer.json())")
    assert told["policy"] == "quotes"
    assert {(quota["of"], quota["metric"], quota["amount"]) for quota in told["quotas"]} >= {("workspace", "questionsPerDay", 5000), ("workspace", "bytes", 2621440), ("person", "costPerMonth", 12.5)}
    page.reload()
    expect(page.get_by_label("Questions a day")).to_have_value("5000")
    for label in ("Questions a day", "Storage in megabytes"):
        page.get_by_label(label).fill("")
    save.click()
    expect(result(page)).to_have_text("Saved")
    told = page.evaluate("fetch('/api/account/quotas?of=everybody').then((answer) => answer.json())")
    assert [quota["of"] for quota in told["quotas"]] == ["person"]
    # An owner who is no administrator is told what is theirs to set.
    owner = open_page("olga")
    owner.goto("/settings/limits")
    expect(owner.get_by_label("Limits of")).to_have_value("1")
    owner.get_by_label("Limits of").select_option(label="The whole workspace")
    expect(owner.locator(".settings-part")).to_contain_text("are for administrators to set")
    assert owner.locator(".settings-part input").count() == 0


def test_what_was_used_is_shown_by_day(open_page):
    page = open_page("olga")
    page.goto("/")
    page.get_by_label("Message", exact=True).fill("Where do swifts sleep?")
    page.keyboard.press("Enter")
    expect(page.locator(".message.assistant .actions")).to_be_visible(timeout=20000)
    page.goto("/settings/usage")
    figures = page.locator(".usage")
    expect(figures).to_contain_text("1 question")
    expect(figures.get_by_role("img")).to_have_attribute("aria-label", "Questions a day. Me: 1 question")
    assert figures.locator("rect").count() >= 1
    page.get_by_label("Used by").select_option("people")
    page.get_by_text("As a table").click()
    expect(figures.get_by_role("row", name=re.compile("Olga"))).to_be_visible()
    page.get_by_label("Time", exact=True).select_option("before")
    expect(figures).to_have_text("Nothing was used in this time.")
    page.route("**/api/account/usage?*", lambda route: route.fulfill(status=503, content_type="application/problem+json", body='{"detail": "The database is not available."}'))
    page.get_by_label("Time", exact=True).select_option("quarter")
    expect(figures).to_contain_text("The database is not available.")
    page.unroute("**/api/account/usage?*")
    figures.get_by_role("button", name="Retry").click()
    expect(figures.get_by_role("img")).to_be_visible()


@pytest.mark.parametrize("look", list(LOOKS))
def test_no_part_has_a_finding(open_page, look):
    page = open_page(reduced_motion="reduce", **LOOKS[look])
    for name in ("general", "workspace", "limits", "usage"):
        page.goto("/settings" if name == "general" else f"/settings/{name}")
        expect(page.locator(".settings-part")).not_to_contain_text("One moment")
        page.wait_for_timeout(300)
        if name == "workspace":
            page.get_by_label("Keep chats for (days)").fill("0")
            page.get_by_role("button", name="Save").click()
        page.screenshot(path=f"{SHOTS}/settings-{name}-{look}.png", full_page=True)
        assert axe(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], name


def test_motion_follows_the_device(open_page):
    page = open_page(reduced_motion="reduce")
    page.goto("/settings")
    expect(page.locator(".settings-part")).to_contain_text("Reduced, as your device asks")
    page.emulate_media(reduced_motion="no-preference")
    expect(page.locator(".settings-part")).to_contain_text("Not reduced")


def test_where_nobody_signs_in_the_rest_says_what_it_needs(browser, stack):
    context = browser.new_context(base_url=stack.url)
    page = context.new_page()
    page.goto("/settings/workspace")
    expect(page.locator(".settings-part")).to_contain_text("set APUS_SIGN_IN")
    page.goto("/settings/limits")
    page.get_by_label("Questions a day").fill("100000")
    page.get_by_role("button", name="Save").click()
    expect(result(page)).to_have_text("Saved")
    page.get_by_label("Questions a day").fill("")
    page.get_by_role("button", name="Save").click()
    expect(result(page)).to_have_text("Saved")
    assert stack.call("GET", "/api/account/quotas?of=everybody").json["quotas"] == []
    page.goto("/settings")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    context.close()
