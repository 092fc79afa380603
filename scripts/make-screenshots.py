#!/usr/bin/env python3
"""Draws the pictures of docs/screenshots, and README's, from a running Apus without documents and chats.

Shows the page on a desk and on a phone, light and dark: before there is anything, a first answer, its citation, the library. Uploads the
sample documents by the page's own button, and leaves them there. Needs Chromium, Playwright and Pillow (scripts/setup test).
"""
import argparse, io, os, shutil, sys

from PIL import Image
from playwright.sync_api import expect, sync_playwright

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "docs")
QUESTION = "How long is the trial period for apprentices?"
MOST_BYTES = 200_000
LOOKS = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True},
}


def keep(page, name):
    """Keeps what is shown, in as few colours as a page of text needs."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(192, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    path = os.path.join(DOCS, name)
    picture.save(path, optimize=True)
    size = os.path.getsize(path)
    if size > MOST_BYTES:
        sys.exit(f"{path} has {size} bytes, more than {MOST_BYTES}")
    print(os.path.relpath(path), size)


def each(browser, base):
    for device, options in LOOKS.items():
        for theme in ("light", "dark"):
            context = browser.new_context(base_url=base, color_scheme=theme, locale="en-GB", reduced_motion="reduce", **options)
            yield context.new_page(), f"{device}-{theme}.png", device
            context.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8080", help="where Apus is (default %(default)s)")
    base = parser.parse_args().address
    os.makedirs(os.path.join(DOCS, "screenshots"), exist_ok=True)
    chromium = shutil.which("chromium") or sys.exit("needs Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for page, name, _ in each(browser, base):
            page.goto("/")
            expect(page.get_by_role("button", name="Choose files")).to_be_visible()
            keep(page, f"screenshots/empty-{name}")
        page = browser.new_page(base_url=base)
        page.goto("/")
        page.get_by_role("button", name="Try it with sample documents").click()
        page.get_by_role("link", name="Documents").click()
        expect(page.locator(".document .ready")).to_have_count(10, timeout=240_000)
        page.goto("/")
        page.get_by_label("Message", exact=True).fill(QUESTION)
        page.locator("#send").click()
        expect(page.locator(".message.assistant .actions")).to_be_visible(timeout=60_000)
        chat = page.url
        for page, name, device in each(browser, base):
            page.goto(chat)
            expect(page.locator("button.cite").first).to_be_visible()
            keep(page, f"screenshots/answer-{name}")
            page.locator("button.cite").first.focus()
            page.keyboard.press("Enter")
            expect(page.locator("#marks .quoted").first).to_be_visible(timeout=60_000)
            keep(page, f"screenshots/citation-{name}")
            if name == "desktop-light.png":
                keep(page, "screenshots/page.png")
            page.goto("/documents")
            expect(page.locator(".document .ready")).to_have_count(10)
            keep(page, f"screenshots/library-{name}")
        browser.close()


if __name__ == "__main__":
    main()
