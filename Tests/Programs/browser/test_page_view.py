"""A citation in a real Chromium: the page as it looks, with the quotation drawn over its words."""
import html, os, re, subprocess, unicodedata

import pytest
from playwright.sync_api import expect

import library
import stack as stacks

SHOTS = os.path.join(stacks.ROOT, ".build", "screenshots")
# Its answer goes over two lines; the other one stands in a table.
QUESTIONS = ["How long is the trial period for apprentices?", "What does the error code E07 mean?"]
NAMES = ["employee-handbook.pdf", "product-manual.pdf"]


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        own.start()
        for name in NAMES:
            with open(os.path.join(library.DOCUMENTS, name), "rb") as file:
                document = own.upload(name, file.read()).json["documents"][0]["id"]
            assert own.wait_settled(document, limit=240)["status"] == "ready"
        yield own
    finally:
        own.remove()


@pytest.fixture
def open_page(browser, apus):
    os.makedirs(SHOTS, exist_ok=True)
    contexts = []

    def make(**options):
        context = browser.new_context(base_url=apus.url, **{"viewport": {"width": 1280, "height": 860}, **options})
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: page.problems.append(str(e)))
        return page

    yield make
    for context in contexts:
        context.close()


def cite(page, question):
    """Asks, opens the first citation; returns the cited file, its page and the quotation."""
    page.goto("/")
    page.get_by_label("Message", exact=True).fill(question)
    # On a phone the key is a new line.
    page.get_by_role("button", name="Send", exact=True).click()
    answer = page.locator(".message.assistant").last
    expect(answer.locator(".actions")).to_be_visible(timeout=30000)
    source = answer.locator(".sources ol button").first
    quote = source.locator(".quote").inner_text()
    answer.locator(".cite:not([disabled])").first.click()
    expect(page.locator("#picture")).to_be_visible(timeout=20000)
    expect(page.locator("#marks .quoted").first).to_be_visible(timeout=20000)
    number = int(re.match(r"page (\d+) / \d+", page.locator("#panel-place").inner_text())[1])
    return page.locator("#panel-title").inner_text(), number, quote


def letters(text):
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())


def words_below(page, name, number):
    """The words of the PDF's own text layer whose middle lies below a mark, as the browser has laid both out."""
    path = os.path.join(library.DOCUMENTS, name)
    output = subprocess.run(
        ["pdftotext", "-bbox", "-f", str(number), "-l", str(number), path, "-"], capture_output=True, check=True).stdout.decode()
    width, height = map(float, re.search(r'<page width="([\d.]+)" height="([\d.]+)"', output).groups())
    picture = page.locator("#picture").bounding_box()
    marks = [mark.bounding_box() for mark in page.locator("#marks .quoted").all()]
    found = []
    for x0, y0, x1, y1, text in re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>', output):
        x = picture["x"] + (float(x0) + float(x1)) / 2 / width * picture["width"]
        y = picture["y"] + (float(y0) + float(y1)) / 2 / height * picture["height"]
        if any(m["x"] <= x <= m["x"] + m["width"] and m["y"] <= y <= m["y"] + m["height"] for m in marks):
            found.append(html.unescape(text))
    return " ".join(found)


def assert_marks_are_over(page, name, number, quote):
    assert letters(words_below(page, name, number)) == letters(quote)
    mark, sheet = page.locator("#marks .quoted").first.bounding_box(), page.locator("#sheet").bounding_box()
    assert sheet["y"] <= mark["y"] and mark["y"] + mark["height"] <= sheet["y"] + sheet["height"], "the mark is out of sight"
    assert not page.problems, page.problems


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("look", ["light", "dark", "large", "phone"])
def test_the_quotation_is_drawn_over_its_words(open_page, question, look):
    options = {"light": {}, "dark": {"color_scheme": "dark"}, "large": {},
               "phone": {"viewport": {"width": 390, "height": 800}, "device_scale_factor": 2, "has_touch": True}}[look]
    page = open_page(**options)
    name, number, quote = cite(page, question)
    assert name in NAMES
    if look == "large":
        before = page.locator("#picture").bounding_box()["width"]
        page.get_by_role("button", name="200 %").click()
        expect(page.get_by_role("button", name="200 %")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#picture")).to_have_js_property("complete", True)
        assert page.locator("#picture").bounding_box()["width"] == pytest.approx(2 * before, abs=2)
        expect(page.locator("#picture")).to_have_js_property("naturalWidth", 1600)
    assert_marks_are_over(page, name, number, quote)
    if look == "phone":
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=f"{SHOTS}/page-{look}-{QUESTIONS.index(question)}.png")


def test_pages_are_turned_and_the_text_is_a_second_tab(open_page):
    page = open_page()
    name, number, quote = cite(page, QUESTIONS[0])
    expect(page.locator("#picture")).to_have_attribute("alt", re.compile(rf"Page {number} of {name}, with the quotation marked"))
    page.get_by_role("button", name="Next page").click()
    expect(page.locator("#panel-place")).to_have_text(re.compile(rf"^page {number + 1} / "))
    expect(page.locator("#picture")).to_have_attribute("alt", f"Page {number + 1} of {name}")
    expect(page.locator("#marks .quoted")).to_have_count(0)
    page.get_by_role("button", name="Previous page").click()
    expect(page.locator("#marks .quoted").first).to_be_visible()
    page.get_by_role("tab", name="Page").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Text")).to_be_focused()
    expect(page.locator("#sheet")).to_be_hidden()
    assert letters(page.locator("#page mark").inner_text()) == letters(quote)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#marks .quoted").first).to_be_visible()
    assert not page.problems, page.problems


def test_the_text_stands_in_for_a_page_that_cannot_be_drawn(open_page):
    page = open_page()
    page.route(re.compile(r"/pages/\d+\?width="), lambda route: route.fulfill(status=422, body="{}", content_type="application/problem+json"))
    page.goto("/documents")
    page.locator(".document", has_text=NAMES[0]).locator("button.name").click(timeout=20000)
    expect(page.locator("#panel-note")).to_be_visible()
    expect(page.locator("#page")).to_contain_text("Larkmoor")
    expect(page.locator("#sheet")).to_be_hidden()


def test_what_is_no_pdf_has_its_text_alone(open_page, apus, tmp_path):
    document = apus.upload("stairs.txt", b"The stairs are swept on Mondays.").json["documents"][0]["id"]
    assert apus.wait_settled(document)["status"] == "ready"
    page = open_page()
    page.goto(f"/documents/{document}")
    expect(page.locator("#page")).to_have_text("The stairs are swept on Mondays.")
    expect(page.locator("#views")).to_be_hidden()
    expect(page.locator("#zoom")).to_be_hidden()
    assert not page.problems, page.problems
