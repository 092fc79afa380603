import functools, os, shutil, sys, uuid

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))
import library as libraries, model_server, stack as stacks
from emulators import Clients, Emulator, IDENTITY_HEADER
from functions import Maker


def pytest_configure(config):
    config.addinivalue_line("markers", "section(number): section of the custom handlers' documentation that the test follows")
    config.addinivalue_line("markers", "long: goes on for longer in `make test-long`, which sets APUS_KILLS and APUS_EXAMPLES")
    config.addinivalue_line("markers", "one_style: what it shows is the service's doing, asked for by code that both styles of the SDK share")
    config.addinivalue_line("markers", "inferred: the behaviour is deduced from the host's code, not stated or tested there")


# Files run side by side, in this order: those that take longest come first, so that nobody waits for one of them at the end.
LONGEST = [
    "operations/test_backup.py", "clients/test_failures.py", "functions/test_runtime.py", "vectors/test_against_chroma.py",
    "clients/test_running_answers.py",
    "clients/test_answers.py", "functions/test_triggers.py", "browser/test_main_job.py", "operations/test_telemetry.py",
    "operations/test_monitoring.py", "vectors/test_frameworks.py", "azure/test_azure_crash.py", "vectors/test_crash.py",
    "models/test_real_server.py", "evaluation/test_mlflow.py", "evaluation/test_eval.py",
    "operations/test_database_identity.py", "functions/test_edge.py", "models/test_medical.py",
]


def pytest_collection_modifyitems(items):
    def place(item):
        path = os.path.relpath(item.path, os.path.dirname(__file__))
        return LONGEST.index(path) if path in LONGEST else len(LONGEST)

    items.sort(key=place)


@pytest.fixture(scope="module")
def browser():
    """A real Chromium."""
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("needs Debian's chromium")
    from playwright.sync_api import sync_playwright
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        # A worker between page and server would keep what tests change; those that are about it allow it.
        running.new_context = functools.partial(running.new_context, service_workers="block")
        yield running
        running.close()


@pytest.fixture
def make():
    """Makes function apps and hosts for one test."""
    maker = Maker()
    yield maker
    maker.end()


@pytest.fixture(scope="module")
def make_shared():
    """Makes function apps and hosts for the tests of a file."""
    maker = Maker()
    yield maker
    maker.end()


@pytest.fixture(scope="session")
def model():
    with model_server.ModelServer() as server:
        yield server


@pytest.fixture(scope="session")
def stack(model):
    """One Apus for all tests that leave it running: the extractive answerer first, a test model second."""
    apus = stacks.Stack({"APUS_MODELS": "extractive,openai:test-model", "OPENAI_BASE_URL": model.url})
    try:
        yield apus.start()
    finally:
        apus.remove()


@pytest.fixture(scope="module", params=libraries.LIBRARIES)
def library(request, stack):
    """The sample library of the repository in the stack, alone; then in its place the one beside the repository, if it is there.

    For one file of tests: others heal the stack, which empties it.
    """
    library = libraries.LIBRARIES[request.param]()
    yield library.upload_to(stack)
    library.remove_from(stack)


@pytest.fixture(scope="session")
def emulator():
    emulator = Emulator().start()
    yield emulator
    emulator.remove()


@pytest.fixture(autouse=True)
def no_faults_and_the_time_that_it_is(request):
    yield
    if "emulator" in request.fixturenames:
        emulator = request.getfixturevalue("emulator")
        emulator.admin("DELETE", "faults")
        emulator.admin("DELETE", "clock")


def pytest_generate_tests(metafunc):
    # The synchronous and the asynchronous SDK send what the same functions build (names, values, headers, bodies); they
    # have code of their own for transfers in pieces, pages, retries, tokens and the whole of Cosmos DB's operations.
    if "clients" in metafunc.fixturenames:
        is_shared = metafunc.definition.get_closest_marker("one_style")
        metafunc.parametrize("clients", ["sync"] if is_shared else ["sync", "async"], indirect=True)


@pytest.fixture
def clients(request, emulator, monkeypatch):
    """Clients of both styles; managed identity is found as on Functions."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", emulator.url("identity") + "/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)
    clients = Clients(emulator, request.param)
    yield clients
    clients.close()


@pytest.fixture
def name():
    """A name that no other test has."""
    return "t" + uuid.uuid4().hex[:20]
