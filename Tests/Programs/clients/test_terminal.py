"""A running Apus in a terminal: apus add, documents, ask and chat."""
import json, os, pty, re, subprocess, time

import pytest

import stack as stacks

APUS = f"{stacks.ROOT}/.build/release/apus"


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        yield own.start()
    finally:
        own.remove()


def run(apus, *words, given="", code=0):
    done = subprocess.run([APUS, *words, "--port", str(apus.port)], input=given, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


@pytest.fixture(scope="module")
def files(apus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    (folder / "leave.txt").write_text("Everybody has thirty days of leave in a year. Leave has to be taken before April.")
    (folder / "fire.md").write_text("# Fire\n\nThe assembly point is the car park behind the canteen.")
    done = run(apus, "add", str(folder / "leave.txt"), str(folder / "fire.md"))
    ids = re.findall(r"^([0-9a-f-]{36})  (\S+)$", done.stdout, re.M)
    assert [name for _, name in ids] == ["leave.txt", "fire.md"]
    return {name: id for id, name in ids}


def test_files_are_added_and_listed(apus, files):
    shown = run(apus, "documents").stdout.splitlines()
    assert f"{files['leave.txt']}  1 page  leave.txt" in shown and len(shown) == 2
    listed = json.loads(run(apus, "documents", "--json").stdout)["documents"]
    assert {d["id"] for d in listed} == set(files.values())


def test_what_cannot_be_added_is_said_and_the_rest_is(apus, files, tmp_path):
    (tmp_path / "empty.txt").write_text("")
    done = run(apus, "add", str(tmp_path / "empty.txt"), str(tmp_path / "none.txt"), str(tmp_path), code=1)
    assert "empty" in done.stderr and "none.txt cannot be read" in done.stderr and "3 of 3 files" in done.stderr


def test_a_question_is_answered_with_footnotes(apus, files):
    lines = run(apus, "ask", "How many days of leave does everybody have?").stdout.rstrip().split("\n")
    assert "thirty days of leave" in lines[0]
    assert lines[-1].startswith("[1] leave.txt, page 1: “Everybody has thirty days")
    # Nobody watches: no colours.
    assert "\x1b" not in "".join(lines)
    answer = json.loads(run(apus, "ask", "Where is the assembly point?", "--json").stdout)
    assert answer["citations"][0]["documentId"] == files["fire.md"]
    only = run(apus, "ask", "Where is the assembly point?", "--document", files["leave.txt"]).stdout
    assert "car park" not in only


def test_a_chat_goes_on_from_line_to_line(apus, files):
    before = apus.call("GET", "/api/history").json["chats"]
    done = run(apus, "chat", given="How many days of leave does everybody have?\n\nWhere is the assembly point?\n")
    assert "thirty days" in done.stdout and "car park behind the canteen" in done.stdout
    chats = [c for c in apus.call("GET", "/api/history").json["chats"] if c not in before]
    assert len(chats) == 1 and chats[0]["messages"] == 4


def test_a_terminal_sees_the_answer_as_it_is_written(apus, files):
    child, terminal = pty.fork()
    if child == 0:
        os.execv(APUS, [APUS, "chat", "--port", str(apus.port)])
    shown = b""

    def wait_for(words):
        nonlocal shown
        end = time.time() + 60
        while words not in shown and time.time() < end:
            shown += os.read(terminal, 4096)
        assert words in shown, shown
    wait_for(b"> ")
    os.write(terminal, b"Where is the assembly point?\n")
    wait_for(b"\x1b[2m[1] fire.md, page 1")
    wait_for(b"\x1b[0m\r\n> ")
    os.write(terminal, b"\x04")
    assert os.waitpid(child, 0)[1] == 0
    os.close(terminal)


def test_trouble_is_said(apus):
    done = subprocess.run([APUS, "ask", "Anything?", "--url", "http://127.0.0.1:1"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "nothing answers at http://127.0.0.1:1" in done.stderr
    done = run(apus, "ask", "Anything?", "--model", "none", code=1)
    assert "There is no such model" in done.stderr
    for words in [("ask",), ("ask", "one", "two"), ("add",), ("documents", "x"), ("chat", "x"), ("mcp", "x")]:
        assert run(apus, *words, code=64).stderr
