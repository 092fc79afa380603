"""The packages: reproducible, small, and running on a system that has nothing that they need."""
import contextlib, glob, hashlib, json, os, shutil, signal, stat, subprocess, sys, time, zipfile

import pytest

sys.path.insert(0, os.path.dirname(__file__))
import library, ports
import stack as stacks
from stack import DATA, PROGRAMS, ROOT, request
from trees import tree

LIMITS = {"account": 12_000_000, "chat": 18_500_000, "history": 14_000_000, "upload": 30_000_000}
APPS = sorted(LIMITS)
# A PDF, and a question that it answers; the last lies beside the repository.
READABLE = [(path, question) for path, question in [
    (os.path.join(library.DOCUMENTS, "product-manual.pdf"), "What does the error code E07 mean?"),
    (os.path.join(library.DOCUMENTS, "site-notice.pdf"), "Where is the second defibrillator now?"),
    (os.path.join(DATA, "northwind", "PerksPlus.pdf"), "Which activities does PerksPlus cover?"),
] if os.path.exists(path)]


@pytest.fixture(scope="session")
def packages():
    """Zips of all apps."""
    folder = os.path.join(ROOT, ".build", "packages", "tested")
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([os.path.join(PROGRAMS, "apus"), "package", *APPS, "--output", folder], check=True, timeout=900)
    return folder


def path_of(folder, app):
    [path] = glob.glob(f"{folder}/apus-{app}-*.zip")
    return path


@pytest.mark.parametrize("app", APPS)
def test_a_package_is_small_and_has_its_checksum_beside_it(packages, app):
    path = path_of(packages, app)
    content = open(path, "rb").read()
    assert len(content) <= LIMITS[app]
    digest, name = open(path + ".sha256").read().split()
    assert (digest, name) == (hashlib.sha256(content).hexdigest(), os.path.basename(path))


def test_a_package_made_again_has_the_same_bytes(packages, tmp_path):
    subprocess.run([f"{PROGRAMS}/apus", "package", "history", "--output", str(tmp_path)], check=True, timeout=900)
    assert open(path_of(packages, "history"), "rb").read() == open(path_of(tmp_path, "history"), "rb").read()


@pytest.mark.parametrize("app", APPS)
def test_a_package_is_the_content_of_an_app_root(packages, app):
    with zipfile.ZipFile(path_of(packages, app)) as archive:
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        host = json.loads(archive.read("host.json"))
        loader = [name for name in modes if name.startswith("lib/ld-linux")]
    assert host["customHandler"]["description"]["defaultExecutablePath"] == "handler"
    assert all(modes[name] & 0o111 for name in ["handler", *loader])
    assert len(loader) == 1 and "certs/ca-certificates.crt" in modes and "NOTICE.txt" in modes
    functions = [name for name in modes if name.endswith("/function.json")]
    source = glob.glob(f"{ROOT}/functions/{app}/*/function.json")
    assert len(functions) == len(source)
    assert not any(stat.S_ISLNK(mode) for mode in modes.values())


def test_a_package_of_something_else_is_refused():
    result = subprocess.run([f"{PROGRAMS}/apus", "package", "nonsense"], capture_output=True, text=True)
    assert result.returncode != 0 and "chat, upload, history, account" in result.stderr


def test_a_program_for_another_processor_is_named(tmp_path):
    """A package says what it is for, and the host says what does not fit instead of failing without words."""
    app = tmp_path / "app"
    (app / "hello").mkdir(parents=True)
    (app / "host.json").write_text(
        '{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "handler"}}}')
    (app / "hello" / "function.json").write_text(
        '{"bindings": [{"type": "httpTrigger", "direction": "in", "name": "req"}, {"type": "http", "direction": "out", "name": "res"}]}')
    other = bytearray(open(f"{PROGRAMS}/bench-handler", "rb").read())
    other[18:20] = (183 if other[18] == 62 else 62).to_bytes(2, "little")
    (app / "handler").write_bytes(other)
    (app / "handler").chmod(0o755)
    port = ports.take()
    with subprocess.Popen(
            [f"{PROGRAMS}/functions-host", "start", "--root", str(app), "--port", str(port)], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT) as host:
        time.sleep(2)
        host.terminate()
        output = host.communicate(timeout=20)[0].decode()
    assert "for another processor: it is built for" in output, output


# On Debian 11, whose C library is older and which has none of the libraries


@pytest.fixture(scope="session")
def debian(packages):
    """A minimal Debian 11 with the unpacked apps below /apps."""
    folder = tree("bullseye")
    for app in APPS:
        target = f"{folder}/apps/{app}"
        shutil.rmtree(target, ignore_errors=True)
        os.makedirs(target)
        subprocess.run(["unzip", "-q", path_of(packages, app), "-d", target], check=True)
    for library in ["libcurl.so.4", "libpq.so.5", "libxml2.so.2", "libssl.so.3"]:
        assert not glob.glob(f"{folder}/usr/lib/*/{library}"), "the tree is meant to have none of them"
    assert "2.31" in subprocess.run(
        [shutil.which("chroot"), folder, "ldd", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    # Programs find what lies beside them by /proc, as in every real system.
    if subprocess.run(["mount", "-t", "proc", "proc", f"{folder}/proc"]).returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", f"{folder}/proc"], check=True)


@contextlib.contextmanager
def handler(debian, app, stack, **settings):
    """A packaged handler inside the tree, over the stack's services."""
    port = ports.take()
    host = "http://127.0.0.1"
    environment = {
        "FUNCTIONS_CUSTOMHANDLER_PORT": str(port), "APUS_MODELS": "extractive",
        "APUS_DATABASE_URL": stack.database(), "APUS_COSMOS_ENDPOINT": f"{host}:{stack.ports['cosmos']}",
        "APUS_COSMOS_KEY": stack.keys["cosmosKey"], "APUS_CHROMA_URL": f"{host}:{stack.ports['vectors']}",
        "APUS_EMBEDDINGS_URL": f"{host}:{stack.ports['vectors']}/v1", "APUS_EMBEDDINGS_MODEL": "all-MiniLM-L6-v2",
        "AzureWebJobsStorage": stack.storage,
        **settings,
    }
    # As the Functions host starts it: in the app's root, which has nothing but the package.
    process = subprocess.Popen(
        [shutil.which("chroot"), debian, "/bin/sh", "-c", f"cd /apps/{app} && exec ./handler"], env=environment,
        stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.time() + 20
        while True:
            assert process.poll() is None, process.stderr.read()
            with contextlib.suppress(OSError):
                if request("GET", f"{host}:{port}/api/health", timeout=5).status == 200:
                    break
            assert time.time() < deadline, "the handler did not become healthy"
            time.sleep(0.05)
        maps = open(f"/proc/{process.pid}/maps").read()
        libraries = {line.split()[-1] for line in maps.splitlines() if ".so" in line}
        assert libraries and all(f"/apps/{app}/lib/" in path for path in libraries), libraries
        yield f"{host}:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def shared(debian, stack):
    """The stack, its PostgreSQL's socket reachable from inside the tree."""
    inside = f"{debian}{stack.socket()}"
    os.makedirs(inside, exist_ok=True)
    if subprocess.run(["mount", "--bind", stack.socket(), inside]).returncode != 0:
        pytest.skip("folders cannot be mounted here")
    try:
        yield stack
    finally:
        subprocess.run(["umount", inside], check=True)


def invocation(document):
    """What the host sends for a message of the queue `ingest`."""
    return {"Data": {"message": json.dumps({"documentId": document})}, "Metadata": {"DequeueCount": "1"}}


@pytest.mark.parametrize("path,question", READABLE, ids=lambda value: os.path.basename(value) if value.endswith(".pdf") else "")
def test_a_document_is_uploaded_read_and_cited_by_the_packages(debian, shared, path, question):
    pdf = open(path, "rb").read()
    page_name = f"tokyo-{os.path.basename(path)}.html"
    # Japanese in an encoding of old, which the packaged converters have to know.
    page = f"<html><head><meta charset=shift_jis></head><body><p>本社は東京タワーの隣にある。</p><p>{page_name}</p></body></html>"
    own = shared.processes()["upload"]
    # The queue is the stack's too, whose own app would read the documents.
    os.kill(own, signal.SIGSTOP)
    try:
        with handler(debian, "upload", shared) as upload:
            ids = []
            for name, content, kind in [("given.pdf", pdf, "application/pdf"), (page_name, page.encode("shift_jis"), "text/html")]:
                answer = request("POST", f"{upload}/api/upload?name={name}", content, {"Content-Type": kind})
                assert answer.status == 202, answer.body
                ids.append(answer.json["documents"][0]["id"])
            for document in ids:
                assert request("POST", f"{upload}/ingest", invocation(document)).status == 200
                assert request("GET", f"{upload}/api/documents/{document}").json["status"] == "ready"
            text = request("GET", f"{upload}/api/documents/{ids[1]}/text?page=1").json
            assert "東京タワー" in text["pages"][0]["text"]
    finally:
        os.kill(own, signal.SIGCONT)
    with handler(debian, "chat", shared) as chat:
        answer = request("POST", f"{chat}/api/chat", {"message": question, "documents": ids})
        assert answer.status == 200, answer.body
        citations = answer.json["citations"]
        assert citations and all(c["name"] == "given.pdf" for c in citations)
    with handler(debian, "history", shared) as history:
        stored = request("GET", f"{history}/api/history/{answer.json['chatId']}").json
        assert [m["role"] for m in stored["messages"]] == ["user", "assistant"]
        assert stored["messages"][1]["text"] == answer.json["text"]
    with handler(debian, "account", shared) as account:
        assert request("GET", f"{account}/api/account/me").status == 200


def test_the_packaged_document_reader_runs_there(debian):
    page = b"<html><head><title>A page</title></head><body><p>Some text of it.</p></body></html>"
    result = subprocess.run(
        [shutil.which("chroot"), debian, "/bin/sh", "-c", "cd /apps/chat && exec ./document-reader page html"], input=page, capture_output=True)
    assert json.loads(result.stdout) == {"title": "A page", "text": "Some text of it."}, result.stderr


def test_the_package_brings_the_maps_of_east_asian_fonts(debian):
    """They are not embedded in such PDFs, and the tree has no poppler."""
    assert not os.path.exists(f"{debian}/usr/share/poppler")
    folder = f"{debian}/tmp/east-asian"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    shutil.copy(os.path.join(ROOT, "Tests", "golden", "documents", "reportlab-east-asian.pdf"), f"{folder}/original")
    result = subprocess.run(
        [shutil.which("chroot"), debian, "/bin/sh", "-c", "cd /apps/upload && exec ./document-reader file application/pdf /tmp/east-asian"],
        capture_output=True)
    assert json.loads(result.stdout)["pagesWithoutText"] == 0, result
    text = [page["text"] for page in json.load(open(f"{folder}/text.json"))["pages"]]
    assert text == ["修理の受付は平日の九時からです。", "수리접수는평일아홉시부터입니다.", "维修受理时间为工作日九点。", "維修受理時間為工作日九點。"]
