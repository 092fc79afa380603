"""What the page says stands in its dictionaries: nothing of it elsewhere, and every sentence of the markup in each language."""
import html.parser, os, re

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
WEB = os.path.join(ROOT, "web")
LANGUAGES = ["de"]
# The description of the API is another page, in English, as the API is.
ELSEWHERE = "docs"
# Names of things, which are the same in every language.
NAMES = {"Apus", "200 %"}


def read(*path):
    with open(os.path.join(WEB, *path), encoding="utf-8") as file:
        return file.read()


def modules():
    for folder, _, names in os.walk(os.path.join(WEB, "js")):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), os.path.join(WEB, "js"))
            if not path.startswith(ELSEWHERE + os.sep):
                yield path


def dictionaries():
    return sorted(path for path in modules() if re.fullmatch(r"strings\.js|.*\bwords\.js", path))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_dictionary_is_there_in_every_language(language):
    for path in dictionaries():
        assert os.path.exists(os.path.join(WEB, "js", path.replace(".js", f".{language}.js"))), path


def literals(code):
    """The texts of a module, without those in comments."""
    code = re.sub(r"/\*.*?\*/", "", code, flags=re.S)
    code = re.sub(r"(?m)(^|\s)//.*$", "", code)
    for match in re.finditer(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`', code):
        yield re.sub(r"\$\{[^}]*\}", "", match[1] if match[1] is not None else match[2])


def test_no_sentence_stands_outside_of_a_dictionary():
    sentence = re.compile(r"^[A-Z][a-z]+[ ,].*[a-z]|[a-z]{2,} [a-z]{2,} [a-z]{2,}.*[.?:…]$")
    for path in modules():
        # The samples are documents in English, and their questions are, too.
        if re.search(r"(strings|words)(\.[a-z]{2})?\.js$", path) or path == os.path.join("chat", "samples.js"):
            continue
        assert set(re.findall(r'\}, "([A-Z][a-z]+)"', read("js", path))) <= NAMES, path
        found = [text for text in literals(read("js", path)) if sentence.search(text.strip()) and text.strip() not in NAMES]
        # What a form sends, and the name of a page, are no sentences of ours.
        assert not [text for text in found if not re.search(r"^(?:application|text)/|Authorization", text)], (path, found)


class Markup(html.parser.HTMLParser):
    """What somebody reads, or is read to, of a page's own markup."""

    def __init__(self, page):
        super().__init__()
        self.said, self.inside = set(), []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag not in ("meta", "link", "input", "img", "path", "circle", "rect", "use"):
            self.inside.append(tag)
        if "body" in self.inside:
            self.said |= {values[name] for name in ("aria-label", "title", "placeholder") if values.get(name)}

    def handle_endtag(self, tag):
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data):
        if "body" in self.inside and "noscript" not in self.inside and data.strip():
            self.said.add(data.strip())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page, dictionary", [("index.html", "strings"), ("share.html", "sharing/words")])
def test_every_sentence_of_the_markup_is_in_every_language(page, dictionary, language):
    code = read("js", f"{dictionary}.{language}.js")
    known = set(re.findall(r'"([^"]+)": "', code[code.index("markup:"):])) | set(re.findall(r"\b(\w+): \"", code[code.index("markup:"):]))
    said = Markup(read(page)).said - NAMES
    assert len(said) >= 3
    assert said <= known, said - known
    # And nothing that nobody says any more.
    if page == "index.html":
        assert known <= said, known - said
