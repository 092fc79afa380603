"""What the first look at the page costs, as Chromium counts it."""
import pytest

import stack as stacks

TRANSFERRED = 75_000
UNPACKED = 200_000
# Those of the page itself, without the API's and the picture of the tab.
FILES = 30


@pytest.fixture(scope="module")
def apus():
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        yield own.start()
    finally:
        own.remove()


def test_the_first_load_is_light(browser, apus):
    context = browser.new_context(viewport={"width": 1280, "height": 860}, base_url=apus.url)
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    paths, sent, unpacked = {}, {}, {}
    client.on("Network.responseReceived", lambda e: paths.__setitem__(e["requestId"], e["response"]["url"].removeprefix(apus.url)))
    client.on("Network.dataReceived", lambda e: unpacked.__setitem__(e["requestId"], unpacked.get(e["requestId"], 0) + e["dataLength"]))
    client.on("Network.loadingFinished", lambda e: sent.__setitem__(e["requestId"], e["encodedDataLength"]))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    files = [r for r, path in paths.items() if not path.startswith("/api/") and path != "/icon.svg"]
    assert files and all(r in sent for r in files)
    figures = {"transferred": sum(sent[r] for r in files), "unpacked": sum(unpacked.get(r, 0) for r in files), "files": len(files)}
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    print(figures, f"first paint {painted:.0f} ms", sorted((sent[r], paths[r]) for r in files))
    assert figures["transferred"] <= TRANSFERRED and figures["unpacked"] <= UNPACKED and figures["files"] <= FILES, figures
    # What is not needed for it is not fetched for it.
    assert not [p for p in paths.values() if "vendor" in p or "account/a" in p or "panel.js" in p or "table.js" in p]
    # A second look fetches nothing anew.
    paths.clear(), sent.clear(), unpacked.clear()
    page.reload()
    page.wait_for_load_state("networkidle")
    assert sum(size for r, size in sent.items() if not paths.get(r, "").startswith("/api/")) <= 40_000
    context.close()
