"""The page's colours: contrasts of both themes, also where more is asked for, as WCAG 2.2 counts them (1.4.3, 1.4.11)."""
import os, re

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
CSS = os.path.join(ROOT, "web", "css")
SURFACES = ["ground", "surface", "raised", "hover"]


def read(name):
    with open(os.path.join(CSS, name), encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)


def colours(block):
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-fA-F]{6})", block))


def themes():
    text = read("tokens.css")
    light = colours(re.search(r"^:root \{(.*?)^\}", text, re.S | re.M)[1])
    dark = light | colours(re.search(r'^:root\[data-theme="dark"\] \{(.*?)^\}', text, re.S | re.M)[1])
    more = re.search(r"prefers-contrast: more\) \{(.*?)^\}", text, re.S | re.M)[1]
    more_light = light | colours(re.search(r":root \{(.*?)\}", more, re.S)[1])
    more_dark = dark | colours(re.search(r'data-theme="dark"\] \{(.*?)\}', more, re.S)[1])
    return {"light": light, "dark": dark, "more-light": more_light, "more-dark": more_dark}


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, two):
    dark, light = sorted([luminance(one), luminance(two)])
    return (light + 0.05) / (dark + 0.05)


PAIRS = (
    [(text, surface, 4.5) for text in ["text", "muted", "accent", "danger", "good"] for surface in SURFACES]
    + [("on-accent", "accent", 4.5), ("on-mark", "mark", 4.5), ("accent", "accent-soft", 4.5), ("danger", "danger-soft", 4.5), ("text", "accent-soft", 4.5),
       ("muted", "accent-soft", 4.5), ("surface", "text", 4.5), ("surface", "danger", 4.5)]
    + [(line, surface, 3) for line in ["control", "focus"] for surface in ["ground", "surface", "raised"]])


@pytest.mark.parametrize("theme", list(themes()))
@pytest.mark.parametrize("front, back, least", PAIRS, ids=[f"{a}-on-{b}" for a, b, _ in PAIRS])
def test_contrast(theme, front, back, least):
    values = themes()[theme]
    assert contrast(values[front], values[back]) >= least


def test_colours_are_tokens_everywhere_else():
    # A page of a PDF is white, and its marks are yellow, whatever the theme is.
    paper = re.compile(r"\.(paper|quoted|sheet)\b")
    for name in sorted(os.listdir(CSS)):
        if name == "tokens.css":
            continue
        for rule in re.findall(r"[^{}]+\{[^{}]*\}", read(name)):
            assert paper.search(rule) or not re.search(r"#[0-9a-fA-F]{3,8}\b(?![^;]*\{)|rgb\(", rule.split("{", 1)[1]), (name, rule.strip()[:120])


def test_along_the_line_of_reading():
    physical = re.compile(r"(?<![-\w])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom|(?:min-|max-)?(?:width|height))\s*:")
    for name in sorted(os.listdir(CSS)):
        for rule in re.findall(r"[^{}]+\{[^{}]*\}", read(name)):
            assert not physical.search(rule.split("{", 1)[1]), (name, rule.strip()[:120])


def test_pictures_are_one_family_and_all_are_there():
    with open(os.path.join(ROOT, "web", "index.html"), encoding="utf-8") as file:
        page = file.read()
    symbols = set(re.findall(r'<symbol id="i-([a-z-]+)" viewBox="0 0 (?:24 24|32 32)"', page))
    used = set(re.findall(r'href="#i-([a-z-]+)"', page))
    for folder, _, names in os.walk(os.path.join(ROOT, "web", "js")):
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                code = file.read()
            used |= set(re.findall(r'\bicon\("([a-z-]+)"', code)) | set(re.findall(r'\biconButton\("([a-z-]+)"', code)) | set(re.findall(r'\bicon: "([a-z-]+)"', code))
            assert not re.search(r"[✎✕☰⋯⤓‹›⚠]", code), name
    assert used <= symbols, used - symbols
    assert not re.search(r"[✎✕☰⋯⤓‹›⚠]", page)
