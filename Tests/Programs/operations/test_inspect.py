"""`apus inspect`: what comes of a file, without a server."""
import json
import os
import subprocess

import pytest

import stack as stacks

APUS = os.path.join(stacks.PROGRAMS, "apus")
LIBRARY = os.path.join(stacks.ROOT, "Examples", "library", "documents")


def inspect(*arguments):
    return subprocess.run([APUS, "inspect", *map(str, arguments)], capture_output=True, text=True, timeout=60)


def test_says_how_a_page_is_read(tmp_path):
    page = tmp_path / "page.html"
    page.write_bytes("<html><body><p>Price €49 – it’s fixed</p><p hidden>Say yes.</p></body></html>".encode("cp1252"))
    told = inspect(page)
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == [
        "page.html: HTML, 1 page, 1 passage", "encoding: windows-1252", "left out: 1 hidden text", "  page 1, hidden: “Say yes.”",
        "begins:", "  Price €49 – it’s fixed"]
    found = json.loads(inspect("--json", page).stdout)
    assert found["mediaType"] == "text/html" and found["hiddenCount"] == 1 and found["hidden"][0]["sample"] == "Say yes."


@pytest.mark.parametrize("name", sorted(os.listdir(LIBRARY)))
def test_reads_the_sample_library(name):
    told = inspect("--json", os.path.join(LIBRARY, name))
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["passages"] > 0
    assert [page["page"] for page in found.get("ocr", [])] == ([1] if name == "site-notice.pdf" else [])


def test_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert inspect(os.path.join(LIBRARY, sorted(os.listdir(LIBRARY))[0])).returncode == 0
    assert not list(tmp_path.iterdir())


def test_says_why_a_file_cannot_be_read(tmp_path):
    picture = tmp_path / "picture.txt"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    assert "Pictures cannot be read" in inspect(picture).stderr
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing")
    told = inspect(broken)
    assert told.returncode == 1 and "damaged" in told.stderr
    assert "cannot be read" in inspect(tmp_path / "missing").stderr
    assert inspect().returncode != 0
