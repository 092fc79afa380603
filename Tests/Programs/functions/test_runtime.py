"""Handlers written with FunctionsRuntime, handlers written without, and handlers that `functions-host new` writes."""
import json, os, re, shutil, socket, subprocess, time, urllib.request

import pytest

from functions import Host
from stack import PROGRAMS, ROOT, request
from test_triggers import Storage

EXAMPLE = os.path.join(ROOT, "Examples", "notes")


class Folder:
    """An app's root as `Host` wants it."""

    def __init__(self, root):
        self.root = str(root)

    def path(self, *names):
        return os.path.join(self.root, *names)


@pytest.fixture
def storage(emulator):
    return Storage(emulator)


@pytest.fixture
def notes(tmp_path, storage):
    """The documentation's example, served."""
    root = tmp_path / "notes"
    shutil.copytree(os.path.join(EXAMPLE, "app"), root)
    shutil.copy(os.path.join(PROGRAMS, "notes-function"), root / "handler")
    # The example's own names would meet those of other tests.
    for folder in ("add", "file", "keep"):
        path = root / folder / "function.json"
        path.write_text(path.read_text().replace('"queueName": "notes"', f'"queueName": "{storage.name}"').replace('"notes/', f'"{storage.name}/'))
    host = Host(Folder(root), environment=storage.environment).wait()
    host.storage = storage
    yield host
    host.stop()


def test_http_and_streams(notes):
    assert notes.call("GET", "/api/hello/Ann").body == b"Hello, Ann!\n"
    with socket.create_connection(("127.0.0.1", notes.port)) as peer:
        peer.sendall(b"GET /api/count HTTP/1.1\r\nHost: localhost\r\n\r\n")
        began, got, first = time.time(), b"", None
        while not got.endswith(b"0\r\n\r\n"):
            got += peer.recv(1000)
            if first is None and b"data:" in got:
                first = time.time() - began
    assert got.count(b"event: number") == 3 and first < 0.3 < time.time() - began


def test_outputs_lead_from_function_to_function(notes):
    """HTTP to queue, queue to blob, blob to log: the host writes what the handler hands over."""
    answer = notes.call("POST", "/api/add", {"title": "Swifts", "pages": 12})
    assert (answer.status, answer.body) == (202, b"thank you\n")
    notes.until_log(r"add +a note is on its way").until_log(r"file +filed Swifts").until_log(r"keep +Swifts.txt has \d+ bytes")
    blob = notes.storage.blobs.get_blob_client(notes.storage.name, "Swifts.txt")
    assert blob.download_blob().readall() == b"Swifts, 12 pages, delivery 1"
    assert notes.call("POST", "/admin/functions/tick", {}).status == 202
    notes.until_log(r"tick +on time")


def test_a_failing_function_is_delivered_again_and_put_aside(notes):
    queue = notes.storage.queues.get_queue_client(notes.storage.name)
    queue.create_queue()
    notes.storage.put(queue, '{"title": 5}')
    notes.until(lambda: notes.storage.peeked(notes.storage.name + "-poison"), limit=40)
    assert notes.log.count("result=failed") == 5


def test_the_documentation_shows_the_example():
    """Every Swift block of docs/parts/functions.md stands in the example, which the tests above run."""
    with open(os.path.join(ROOT, "docs", "parts", "functions.md")) as file:
        text = file.read()
    with open(os.path.join(EXAMPLE, "Sources", "main.swift")) as file:
        source = re.sub(r"\s+", " ", file.read())
    blocks = re.findall(r"```swift\n(.*?)```", text, re.S)
    assert len(blocks) >= 5
    for block in blocks:
        for part in block.split("// …\n"):
            assert re.sub(r"\s+", " ", part).strip() in source, part
    for block in re.findall(r"```json\n(.*?)```", text, re.S):
        shown = json.loads(block)
        files = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(EXAMPLE, "app")) for name in names]
        assert any(json.load(open(path)) == shown for path in files), block


def test_a_handler_of_another_language(make, storage):
    """Python's standard library and the documented protocol, nothing else."""
    out = {"type": "queue", "direction": "out", "name": "message", "queueName": storage.name}
    app = make.app().http("order", methods=["post"], more=[out])
    app.function("process", {"type": "queueTrigger", "direction": "in", "name": "item", "queueName": storage.name})
    handler = os.path.join(os.path.dirname(__file__), "..", "support", "handlers", "plain.py")
    app.host_json["customHandler"]["description"]["arguments"] = [os.path.abspath(handler)]
    app.write("host.json", app.host_json)
    host = make.host(app, environment=storage.environment)
    answer = host.call("POST", "/api/order?n=1", b"a swift, please", {"Content-Type": "text/plain"})
    assert answer.status == 201 and answer.json == {"query": {"n": "1"}}
    host.until_log("order +order received").until_log("process +working on a swift, please")


def test_new_makes_a_handler_that_works(tmp_path):
    program = os.path.join(PROGRAMS, "functions-host")
    environment = {**os.environ, "HOME": os.environ.get("HOME", "/tmp")}
    made = subprocess.run([program, "new", "hello-app"], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert made.returncode == 0 and "swift build -c release" in made.stdout, made.stderr
    again = subprocess.run([program, "new", "hello-app"], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert again.returncode == 1 and "exists already" in again.stderr
    assert subprocess.run([program, "new", "../x"], cwd=tmp_path, capture_output=True, timeout=20).returncode == 1
    root = tmp_path / "hello-app"
    # Unoptimised, since the time goes into building what the handler is made of.
    built = subprocess.run(["swift", "build", "--product", "hello-app"], cwd=root, capture_output=True, text=True, timeout=600, env=environment)
    assert built.returncode == 0, built.stdout[-3000:]
    host_json = (root / "host.json").read_text()
    (root / "host.json").write_text(host_json.replace(".build/release", ".build/debug"))
    host = Host(Folder(root), environment={"PATH": os.environ["PATH"]}).wait()
    try:
        assert host.call("GET", "/api/hello?name=you").body == b"Hello, you!\n"
    finally:
        host.stop()
