"""The sample library: made from its sources, and every question's answer stands where the question says."""
import glob, importlib.machinery, importlib.util, os, re, subprocess

import pytest

import stack as stacks
from library import DOCUMENTS, FOLDER, MAKE, SCANS, pages, questions, source_of_scan, squeezed


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The documents as the script makes them today, twice."""
    loader = importlib.machinery.SourceFileLoader("make_library", MAKE)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_library", loader))
    loader.exec_module(module)
    folders = [str(tmp_path_factory.mktemp(name)) for name in ("first", "second")]
    names = [module.make(folder) for folder in folders]
    assert names[0] == names[1] == sorted(os.listdir(DOCUMENTS))
    return folders


@pytest.mark.parametrize("name", sorted(os.listdir(DOCUMENTS)))
def test_the_sources_make_what_is_kept(made, name):
    first, second = (open(os.path.join(folder, name), "rb").read() for folder in made)
    assert first == second, "not the same bytes every time"
    made_now, kept = os.path.join(made[0], name), os.path.join(DOCUMENTS, name)
    assert [squeezed(p) for p in pages(made_now)] == [squeezed(p) for p in pages(kept)]
    if name in SCANS:
        assert pictures(made_now) == pictures(kept), "a scan is the same picture"


def test_what_is_kept_is_small_and_of_many_kinds():
    sizes = {name: os.path.getsize(os.path.join(DOCUMENTS, name)) for name in os.listdir(DOCUMENTS)}
    assert sum(sizes.values()) < 2_000_000
    assert {os.path.splitext(name)[1] for name in sizes} == {".pdf", ".docx", ".xlsx", ".html", ".md"}
    assert len(pages(os.path.join(DOCUMENTS, "employee-handbook.pdf"))) >= 15
    assert len(pages(os.path.join(DOCUMENTS, "product-manual.pdf"))) >= 12
    assert all(not page.strip() for page in pages(os.path.join(DOCUMENTS, "site-notice.pdf"))), "a scan has no text"


ANSWERED = [item for item in questions() if item["answer"] is not None]
UNANSWERED = [item for item in questions() if item["answer"] is None]


def pictures(path):
    """The pixels of a PDF's pages."""
    return subprocess.run(["pdftoppm", "-r", "50", "-gray", path], check=True, capture_output=True).stdout


def text_of(document, page):
    # The source of a scan stands for what is written on it.
    texts = [source_of_scan()] if document in SCANS else pages(os.path.join(DOCUMENTS, document))
    return squeezed(texts[page - 1])


@pytest.mark.parametrize("item", ANSWERED, ids=lambda item: item["id"])
def test_the_evidence_stands_on_the_page(item):
    text = text_of(item["document"], item["page"])
    for words in item["evidence"]:
        assert squeezed(words) in text
    assert "reads" not in item, "the product reads all of the library"
    for place in item.get("also", []):
        assert text_of(place["document"], place["page"])


def rows(document):
    """Every table row of a document's source."""
    stem = os.path.join(FOLDER, "sources", os.path.splitext(document)[0])
    for path in sorted(glob.glob(stem + ".md") + glob.glob(stem + "/*.csv")):
        with open(path, encoding="utf-8") as file:
            yield from file.read().split("\n")


@pytest.mark.parametrize("item", [i for i in ANSWERED if len(i["evidence"]) > 1], ids=lambda item: item["id"])
def test_evidence_in_several_cells_is_of_one_row(item):
    whole = [rf"(?<![\w.-]){re.escape(words)}(?![\w-])" for words in item["evidence"]]
    assert any(all(re.search(words, row) for words in whole) for row in rows(item["document"]))


def test_there_are_eighty_questions_and_twenty_that_are_not_answered():
    assert (len(ANSWERED), len(UNANSWERED)) == (80, 20)
    everything = ANSWERED + UNANSWERED
    assert len({item["id"] for item in everything}) == len({item["question"] for item in everything}) == 100
    assert {item["document"] for item in ANSWERED} == set(os.listdir(DOCUMENTS)) - {"minutes-2026-01-14.md"}
    assert all(os.path.exists(os.path.join(DOCUMENTS, item["near"])) and item["why"] for item in UNANSWERED)


def test_questions_are_in_people_s_own_words():
    texts = {name: squeezed(" ".join(pages(os.path.join(DOCUMENTS, name)))).lower() for name in os.listdir(DOCUMENTS) if name not in SCANS}
    copied = [item["question"] for item in ANSWERED if item["document"] in texts and item["question"].rstrip("?").lower() in texts[item["document"]]]
    assert not copied
    assert {item["style"] for item in ANSWERED} == {"plain", "keywords", "long", "typo"}


def test_the_samples_command_fills_a_running_product():
    readable = sorted(os.listdir(DOCUMENTS))
    own = stacks.Stack()
    try:
        idle = subprocess.run([os.path.join(stacks.PROGRAMS, "apus"), "samples", "--port", str(own.port)], capture_output=True, text=True, timeout=60)
        assert idle.returncode != 0 and "start Apus first" in idle.stderr
        own.start()
        for _ in range(2):
            done = subprocess.run([os.path.join(stacks.PROGRAMS, "apus"), "samples", "--port", str(own.port)], capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, done.stderr
            assert f"{len(readable)} sample documents are ready. Open {own.url} and ask: {questions()[0]['question']}" in done.stdout
            documents = own.call("GET", "/api/documents").json["documents"]
            assert sorted(d["name"] for d in documents) == readable and {d["status"] for d in documents} == {"ready"}
    finally:
        own.remove()
