"""What tests do with the page that takes more than one step of a browser."""
import contextlib, re

from playwright.sync_api import expect


@contextlib.contextmanager
def watched(browser, url, console=False):
    """A page of its own, in a context of its own. Its `problems` are what scripts throw, and with `console` what it calls an error; there may be none."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, base_url=url)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    if console:
        page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    try:
        yield page
        assert not page.problems, page.problems
    finally:
        context.close()


def choose(page, chip, name):
    """Chooses by a chip below the box: the model, the assistant, the documents."""
    page.get_by_role("button", name=re.compile(rf"^{chip}: ")).click()
    page.get_by_role("menuitemradio", name=name).click()
    expect(page.get_by_role("menu")).to_have_count(0)


def row_menu(page, chat, action):
    """Does something with a chat by the menu of its row, with the keyboard alone."""
    page.get_by_role("button", name=f"Menu of {chat}", exact=True).first.press("Enter")
    page.get_by_role("menuitem", name=action).press("Enter")


def axe(page):
    """What axe-core finds wrong with the page as it is shown now, in words."""
    from axe_playwright_python.sync_playwright import Axe
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
    return [f"{v['id']}: {v['help']} {[n['target'] for n in v['nodes']][:4]}" for v in found.response["violations"]]
