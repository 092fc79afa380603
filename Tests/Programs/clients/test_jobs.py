"""Many documents at once: batches, what becomes of each file, documents that are read anew, and checks of the stores."""
import contextlib, io, json, os, signal, threading, time, uuid, zipfile

import pytest

import stack as stacks


@pytest.fixture(scope="module")
def shared():
    apus = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        yield apus
    finally:
        apus.remove()


@pytest.fixture
def apus(shared):
    return shared.heal()


def form(files):
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n" for name, content in files]
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def send(apus, files):
    return apus.call("POST", "/api/documents/batch", *form(files))


def wait_over(apus, job, limit=120):
    end = time.time() + limit
    while time.time() < end:
        with contextlib.suppress(OSError, KeyError, ValueError):
            found = apus.call("GET", f"/api/jobs/{job}").json
            if found["state"] in ("done", "failed", "cancelled", "interrupted"):
                return found
        time.sleep(0.2)
    raise AssertionError("the job did not end in time")


def letters(numbers):
    return [(f"letter-{n:03}.txt", f"Reference RMA-{n:05}. The pump of station {n} was sent back after {n + 3} days.".encode()) for n in numbers]


def documents(apus):
    found, after = [], ""
    while True:
        page = apus.call("GET", f"/api/documents?limit=200{after}").json
        found += page["documents"]
        if not page["next"]:
            return found
        after = f"&after={page['next']}"


def test_a_batch_is_read_and_each_file_is_told_of(apus):
    answer = send(apus, letters(range(1, 61)) + [("picture.bin", b"\0\1\2\3"), ("empty.txt", b"")])
    assert answer.status == 207, answer.body
    items = answer.json["items"]
    assert [item["status"] for item in items] == [202] * 60 + [415, 400]
    job = wait_over(apus, answer.json["job"]["id"])
    assert job["state"] == "done" and job["progress"] == 1
    assert job["counts"]["ready"] == 60 and job["counts"]["refused"] == 2 and job["counts"]["total"] == 62
    refused = apus.call("GET", f"/api/jobs/{job['id']}/items?state=refused").json["items"]
    assert [item["name"] for item in refused] == ["picture.bin", "empty.txt"] and all(item["error"]["detail"] for item in refused)
    answer = apus.ask("After how many days was the pump of RMA-00041 sent back?").json
    assert "44 days" in answer["text"] and answer["citations"][0]["name"] == "letter-041.txt"
    # Its events end with its end.
    events = stacks.parse_events(apus.call("GET", f"/api/jobs/{job['id']}/events").body.decode())
    assert [name for name, *_ in events] == ["job", "end"]


def test_an_archive_is_unpacked(apus):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in letters(range(5)):
            archive.writestr("letters/" + name, content)
        archive.writestr("../../evil.txt", "This stands outside of its folder.")
        archive.writestr("big.txt", b"a" * (101 << 20))
        archive.writestr("nested.zip", packed.getvalue() or b"PK\5\6")
    answer = apus.call("POST", "/api/documents/batch", packed.getvalue(), {"Content-Type": "application/zip"})
    assert answer.status == 207, answer.body
    told = {item["name"]: item["status"] for item in answer.json["items"]}
    assert all(told[name] == 202 for name, _ in letters(range(5)))
    assert told["evil.txt"] == 202 and told["big.txt"] == 422 and told["nested.zip"] == 415
    wait_over(apus, answer.json["job"]["id"])
    assert {d["name"] for d in documents(apus)} == {name for name, _ in letters(range(5))} | {"evil.txt"}


def test_who_is_killed_in_the_middle_leaves_nothing_double(apus):
    files = letters(range(150))
    sent = {}
    def first():
        with contextlib.suppress(OSError):
            sent["answer"] = send(apus, files)
    thread = threading.Thread(target=first)
    thread.start()
    end = time.time() + 30
    while time.time() < end and len(documents(apus)) < 40:
        time.sleep(0.02)
    os.kill(apus.processes()["upload"], signal.SIGKILL)
    thread.join()
    assert "answer" not in sent or sent["answer"].status >= 500
    jobs = apus.call("GET", "/api/jobs").json["jobs"]
    assert jobs[0]["state"] in ("receiving", "interrupted") and jobs[0]["counts"]["total"] >= 30
    again = send(apus, files)
    assert again.status == 207 and {item["status"] for item in again.json["items"]} == {202}
    job = wait_over(apus, again.json["job"]["id"])
    assert job["counts"]["ready"] == 150
    found = documents(apus)
    assert len(found) == 150 and {d["status"] for d in found} == {"ready"}
    assert sum(item.get("duplicate", False) for item in again.json["items"]) >= 30


def test_documents_are_read_anew_and_the_stores_agree(apus):
    ids = [item["documentId"] for item in send(apus, letters(range(20))).json["items"]]
    for document in ids:
        apus.wait_settled(document)
    body = json.dumps({"kind": "process", "documents": ids}).encode()
    job = apus.call("POST", "/api/jobs", body, {"Content-Type": "application/json"})
    assert job.status == 202
    os.kill(apus.processes()["upload"], signal.SIGKILL)
    assert wait_over(apus, job.json["id"], 180)["counts"]["ready"] == 20
    check = apus.call("POST", "/api/check", b"")
    assert check.status == 202
    done = wait_over(apus, check.json["id"])
    assert done["state"] == "done" and done["report"] == {"documents": 20, "findings": []}
    assert apus.call("GET", "/api/check").json["check"]["id"] == check.json["id"]
