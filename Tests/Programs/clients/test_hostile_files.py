"""Files made to cost time and memory: each ends as a document that failed with the limit's name, and meanwhile everybody else is served."""
import concurrent.futures, contextlib, io, os, re, time, zipfile

import pytest

from stack import request

# What the upload app may ever take (README). A debug build carries more with it and is held to nothing.
MOST_MEGABYTES = 40
IS_RELEASE = not os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", "..", ".build", "release")).endswith("/debug")


def many_attributes(count):
    """libxml2 looks through all attributes of an element for each."""
    return b"<html><body><p" + b"".join(b" a%d=1" % number for number in range(count)) + b">text of the page</p></body></html>"


def word(body, others=()):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("word/document.xml", "w") as part:
            for piece in body:
                part.write(piece)
        for name, text in others:
            archive.writestr(name, text)
    return content.getvalue()


def bomb():
    """200 MB of text in 200 KB of archive."""
    head = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>'
    return word([head] + [b"a" * (1 << 20)] * 200 + [b"</w:t></w:r></w:p></w:body></w:document>"])


def handler_memory(stack):
    """The most that the upload app has ever had in memory, in MB."""
    with open(f"/proc/{stack.processes()['upload']}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) / 1024


class Watch:
    """Lists documents all the time, and keeps how long the slowest answer took."""

    def __init__(self, stack):
        self.stack, self.slowest, self.count, self.goes_on = stack, 0.0, 0, True
        self.pool = concurrent.futures.ThreadPoolExecutor(1)

    def look(self):
        while self.goes_on:
            started = time.monotonic()
            assert self.stack.call("GET", "/api/documents").status == 200
            self.slowest = max(self.slowest, time.monotonic() - started)
            self.count += 1
            time.sleep(0.05)

    def __enter__(self):
        self.task = self.pool.submit(self.look)
        return self

    def __exit__(self, *error):
        self.goes_on = False
        self.task.result()
        self.pool.shutdown()


def upload(stack, name, content):
    answer = request("POST", f"{stack.url}/api/upload?name={name}", content, {"Content-Type": "application/octet-stream"}, timeout=300)
    assert answer.status == 202, answer.body
    return answer.json["documents"][0]["id"]


def ended(stack, document, limit=300):
    end = time.time() + limit
    while time.time() < end:
        found = stack.call("GET", f"/api/documents/{document}").json
        if found["status"] in ("ready", "failed"):
            return found
        time.sleep(0.1)
    raise AssertionError(f"{found['name']} is still {found['status']}")


@pytest.fixture(scope="module")
def alone(stack):
    yield stack.heal()
    stack.heal()


FILES = {
    # name: content, words of the failure; none when it can be read
    "attributes.html": (lambda: many_attributes(20_000), "too many attributes"),
    "elements.html": (lambda: b"<html><body>" + b"<p>" * (16 << 20), "1024 MiB of memory"),
    "bomb.docx": (bomb, "64 MiB"),
    "large.txt": (lambda: b"A sentence of some words. " * (90_000_000 // 26), "64 MiB of text"),
    "passages.txt": (lambda: b"A sentence of some words that goes on. " * 600_000, "20000 passages"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_costs_nobody_but_its_owner(alone, name):
    make, words = FILES[name]
    with Watch(alone) as watch:
        document = upload(alone, name, make())
        found = ended(alone, document)
        # What is refused at once leaves no time for many lists.
        while watch.count <= 3:
            time.sleep(0.01)
    if words:
        assert found["status"] == "failed" and found["error"]["code"] == "too_complex", found
        assert words in found["error"]["detail"] and "Split it" in found["error"]["detail"]
    else:
        assert found["status"] == "ready", found
    assert watch.count > 3 and watch.slowest < 5, f"a list took {watch.slowest:.1f} s"
    if IS_RELEASE:
        assert handler_memory(alone) < MOST_MEGABYTES
    assert alone.call("DELETE", f"/api/documents/{document}").status == 200


def test_many_at_once_keep_no_small_one_waiting_once_they_are_deleted(alone):
    """Two of very many elements, large texts, and then a line that somebody waits for."""
    with Watch(alone) as watch, concurrent.futures.ThreadPoolExecutor(4) as pool:
        large = b"\n\n".join(b"Ledger entry %d: the depot stores %d crates until the inspector signs." % (n, n * 7) for n in range(60_000))
        elements = b"<html><body>" + b"<p>" * 240_000
        contents = {"a.html": elements, "b.html": elements + b"x", "c.txt": large, "d.txt": b"x " + large}
        documents = list(pool.map(lambda item: upload(alone, *item), contents.items()))
        time.sleep(2)
        for document in documents:
            assert alone.call("DELETE", f"/api/documents/{document}").status == 200
        started = time.monotonic()
        small = upload(alone, "small.txt", b"The small one is read at once: it has sixty bytes or so.")
        assert ended(alone, small)["status"] == "ready"
        assert time.monotonic() - started < 20
    assert watch.slowest < 5, f"a list took {watch.slowest:.1f} s"
    if IS_RELEASE:
        assert handler_memory(alone) < MOST_MEGABYTES
    assert alone.call("DELETE", f"/api/documents/{small}").status == 200


def test_nothing_of_a_reader_is_left(alone):
    for _ in range(100):
        left = [entry for entry in os.listdir("/proc") if entry.isdigit() and is_reader_of(alone, entry)]
        if not left:
            return
        time.sleep(0.1)
    raise AssertionError(left)


def is_reader_of(stack, entry):
    with contextlib.suppress(OSError):
        with open(f"/proc/{entry}/stat") as file:
            stat = file.read()
        return "(document-reade" in stat and int(stat.rsplit(")", 1)[1].split()[1]) == stack.processes()["upload"]
    return False
