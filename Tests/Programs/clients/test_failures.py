"""Parts that are down, parts that are killed, and restarts: the product says what is wrong and comes back by itself."""
import contextlib, os, signal, subprocess, threading, time, uuid

import pytest

import stack as stacks
from stack import request


@pytest.fixture(scope="module")
def shared():
    """One Apus for all that is broken here; every test gets it whole and empty."""
    apus = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        yield apus
    finally:
        apus.remove()


@pytest.fixture
def own(shared):
    return shared.heal()


def text_of(number, sentences=100):
    return "\n".join(f"Document {number} sentence {i}: swifts of colony {number} sleep on the wing at {i} metres." for i in range(sentences)).encode()


def wait_until(condition, limit=60):
    end = time.time() + limit
    while time.time() < end:
        with contextlib.suppress(OSError, KeyError, ValueError):
            if condition():
                return
        time.sleep(0.1)
    raise AssertionError("did not happen in time")


def wait_healthy(apus):
    wait_until(lambda: apus.call("GET", "/health").status == 200)


def test_everything_is_there_after_a_restart(own):
    document = own.wait_settled(own.upload("swifts.txt", text_of(1)).json["documents"][0]["id"])
    answer = own.ask("At how many metres do the swifts of colony 1 sleep?").json
    assert answer["citations"]
    assert own.stop() == 0
    own.start()
    assert own.call("GET", "/api/documents/" + document["id"]).json["status"] == "ready"
    messages = own.call("GET", f"/api/history/{answer['chatId']}").json["messages"]
    assert messages[1]["text"] == answer["text"] and messages[1]["citations"] == answer["citations"]
    assert own.ask("At how many metres do the swifts of colony 1 sleep?").json["citations"]


def test_survives_kill_of_the_whole_stack(own):
    ids = [own.upload(f"{n}.txt", text_of(n)).json["documents"][0]["id"] for n in range(4)]
    family = [own.process.pid, *own.processes().values()]
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    own.process.wait(10)
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in family), 20)
    own.start()
    check_whole(own, ids)


def check_whole(apus, ids):
    """Each document is ready with all its passages: a part that was away for a moment makes none fail."""
    for document in ids:
        state = apus.wait_settled(document, limit=240)
        assert state["status"] == "ready", state
        receipt = apus.call("DELETE", "/api/documents/" + document).json
        assert receipt == {"rows": 1, "blobs": 2, "passages": state["passages"]}


@pytest.mark.parametrize("victim", ["upload", "functions-host", "azure-emulator", "vm-server", "postgres"])
def test_kill_of_one_program_during_uploads(own, victim):
    accepted, stop = [], threading.Event()

    def send():
        number = 0
        while not stop.is_set() and number < 40:
            number += 1
            with contextlib.suppress(OSError):
                answer = own.upload(f"{victim}-{number}.txt", text_of(number, 24))
                if answer.status == 202:
                    accepted.append(answer.json["documents"][0]["id"])
                else:
                    assert answer.status in (500, 502, 503), (answer.status, answer.body)

    sender = threading.Thread(target=send)
    sender.start()
    time.sleep(0.4)
    killed = own.processes()[victim]
    os.kill(killed, signal.SIGKILL)
    sender.join(60)
    stop.set()
    assert accepted
    # Right after the kill, what is left of the program (a server process of PostgreSQL, say) may still answer.
    wait_until(lambda: own.processes().get(victim, killed) != killed)
    wait_healthy(own)
    wait_until(lambda: own.call("GET", "/api/documents?limit=200").status == 200)
    listed = own.call("GET", "/api/documents?limit=200").json["documents"]
    assert {d["id"] for d in listed} >= set(accepted), "an accepted document is gone"
    check_whole(own, [d["id"] for d in listed])


@pytest.mark.parametrize("part,words,path", [("postgres", "PostgreSQL", "/api/documents"), ("azure-emulator", "Cosmos", "chat"), ("azure-emulator", "Blob", "upload"),
                                             ("vm-server", "vector", "chat-direct")])
def test_says_which_part_is_down_and_recovers(own, part, words, path):
    own.wait_settled(own.upload("one.txt", text_of(1, 5)).json["documents"][0]["id"])

    def attempt():
        if path == "chat":
            return own.ask("Hello?")
        if path == "chat-direct":
            return request("POST", f"http://127.0.0.1:{own.ports['chat']}/api/chat", {"message": "Hello?"})
        if path == "upload":
            return own.upload("down.txt", uuid.uuid4().hex.encode())
        return own.call("GET", path)

    assert attempt().status in (200, 202)
    seen = []
    # The stack starts the part again at once; it waits longer each time, so that some request meets its absence.
    for _ in range(8):
        with contextlib.suppress(ProcessLookupError, KeyError):
            os.kill(own.processes()[part], signal.SIGKILL)
        end = time.time() + 1.0
        while time.time() < end and not seen:
            with contextlib.suppress(OSError):
                answer = attempt()
                if answer.status == 503:
                    seen.append(answer.json["detail"])
        if seen:
            break
    assert seen and (words.lower() in seen[0].lower() or "embedding" in seen[0].lower()), seen
    wait_until(lambda: attempt().status in (200, 202), 60)


def test_a_taken_port_is_named_with_its_option(own):
    program = os.path.join(stacks.PROGRAMS, "apus")
    result = subprocess.run([program, "up", "--data", own.data + "/other", "--port", str(own.port)], capture_output=True, text=True, timeout=30)
    assert result.returncode == 1 and f"port {own.port}" in result.stderr and "--port" in result.stderr


def test_problems_with_settings_are_reported_together():
    program = os.path.join(stacks.ROOT, ".build", "apps", "upload", "handler")
    result = subprocess.run([program], capture_output=True, text=True, timeout=30, env={
        "FUNCTIONS_CUSTOMHANDLER_PORT": "0", "AzureWebJobsStorage": "AccountName=x;AccountKey=@@", "APUS_CHROMA_URL": "not a url",
        "APUS_DATABASE_URL": "@Microsoft.KeyVault(SecretUri=https://v/secrets/db)"})
    assert result.returncode == 1
    for name in ("AzureWebJobsStorage", "APUS_CHROMA_URL", "APUS_EMBEDDINGS_URL", "APUS_DATABASE_URL"):
        assert name in result.stderr, result.stderr


@pytest.mark.parametrize("program", ["apus", "vm-server", "azure-emulator", "functions-host"])
def test_help_version_and_mistakes(program):
    path = os.path.join(stacks.PROGRAMS, program)
    run = lambda *arguments: subprocess.run([path, *arguments], capture_output=True, text=True, timeout=30)
    assert run("--help").returncode == 0 and "Usage:" in run("--help").stdout
    assert run("--version").stdout.startswith(program + " ")
    mistake = run("--nonsense")
    assert mistake.returncode == 64 and "--nonsense" in mistake.stderr and "--help" in mistake.stderr
