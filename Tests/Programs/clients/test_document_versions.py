"""Files that come again, and what is said of them: through the whole program, with kills while a version takes over."""
import os, signal, time, urllib.parse

import pytest

QUESTION = "What is the deductible of the Plus plan?"


@pytest.fixture(scope="module")
def apus(stack):
    yield stack.heal()
    stack.heal()


@pytest.fixture(autouse=True)
def empty(apus):
    apus.heal()


def send(apus, figure, **fields):
    """Uploads a policy with this figure."""
    text = f"Benefits of 2026.\n\nThe deductible of the Plus plan is ${figure} a year."
    query = urllib.parse.urlencode({"name": "Policy.txt", **fields})
    return apus.call("POST", "/api/upload?" + query, text.encode(), {"Content-Type": "application/octet-stream"})


def added(apus, figure, **fields):
    answer = send(apus, figure, **fields)
    assert answer.status == 202, answer.body
    document = apus.wait_settled(answer.json["documents"][0]["id"])
    assert document["status"] == "ready", document
    return document["id"]


def said(apus, **scope):
    answer = apus.call("POST", "/api/ask", {"question": QUESTION, "model": "extractive", **scope})
    assert answer.status == 200, answer.body
    return answer.json


def listed(apus, query=""):
    return [d["id"] for d in apus.call("GET", "/api/documents?" + query).json["documents"]]


def test_a_changed_policy_is_asked_read_deleted_and_restored(apus):
    first = added(apus, 500, tags="HR,benefits", date="2025-01-01")
    chat = apus.call("POST", "/api/chat", {"message": QUESTION, "model": "extractive"}).json
    assert "$500" in chat["text"] and chat["citations"][0]["documentId"] == first
    asked = send(apus, 900, onExisting="ask")
    assert asked.status == 409 and asked.json["existing"]["id"] == first and asked.json["choices"] == ["replace", "keep", "skip"]
    assert send(apus, 900, onExisting="skip").json["documents"][0]["skipped"] is True
    assert listed(apus, "versions=all") == [first]
    second = added(apus, 900, onExisting="replace", date="2026-01-01")
    answer = said(apus)
    assert "$900" in answer["text"] and {p["documentId"] for p in answer["passages"]} == {second}
    # Whoever chose the document before means the new version now.
    assert {p["documentId"] for p in said(apus, documents=[first])["passages"]} == {second}
    # The old answer stands, and what it cites is there to be read.
    cited = apus.call("GET", f"/api/history/{chat['chatId']}").json["messages"][1]["citations"][0]
    page = apus.call("GET", f"/api/documents/{first}/text?page={cited['page']}").json["pages"][0]
    assert page["text"][cited["start"] - page["start"]:cited["end"] - page["start"]] == cited["quote"]
    old = apus.call("GET", f"/api/documents/{first}").json
    assert old["supersededBy"] == second and old["version"] == 1
    new = apus.call("GET", f"/api/documents/{second}").json
    assert new["versionOf"] == first and new["tags"] == ["hr", "benefits"] and new["date"] == "2026-01-01"
    assert listed(apus) == [second] and listed(apus, f"versions={first}") == [second, first]
    # Scope and list go by the same words.
    assert "$900" in said(apus, tags=["HR"], after="2026-01-01")["text"]
    assert said(apus, before="2026-01-01")["passages"] == [] == said(apus, tags=["hr", "travel"])["passages"]
    assert listed(apus, "tag=hr&after=2026-01-01") == [second] and listed(apus, "tag=travel") == []
    # Models of other programs see what people see.
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_documents", "arguments": {}}}
    tool = apus.call("POST", "/mcp", call, {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"})
    assert [d["id"] for d in tool.json["result"]["structuredContent"]["documents"]] == [second]
    # The current one goes: nothing old comes back by itself.
    receipt = apus.call("DELETE", f"/api/documents/{second}").json
    assert (receipt["rows"], receipt["versionsLeft"]) == (1, 1) and receipt["passages"] > 0
    assert said(apus)["passages"] == [] and listed(apus) == []
    assert apus.call("GET", f"/api/documents/{first}").json["supersededBy"] is None
    assert apus.call("POST", f"/api/documents/{first}/restore").status == 200
    assert "$500" in said(apus)["text"]
    receipt = apus.call("DELETE", f"/api/documents/{first}?versions=all").json
    assert receipt["rows"] == 1 and listed(apus, "versions=all") == []


def test_many_old_versions_do_not_crowd_out_the_current_one(apus):
    ids = [added(apus, 500, tags="plan")]
    ids += [added(apus, 500 + step, onExisting="replace") for step in range(1, 9)]
    beside = added(apus, 77, onExisting="keep")
    answer = said(apus, tags=["plan"])
    assert "$508" in answer["text"] and {p["documentId"] for p in answer["passages"]} == {ids[-1]}
    assert {p["documentId"] for p in said(apus)["passages"]} == {ids[-1], beside}
    assert listed(apus) == [beside, ids[-1]]


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.2])
def test_a_kill_leaves_exactly_one_version_searched(apus, pause):
    first = added(apus, 500)
    second = send(apus, 900, onExisting="replace").json["documents"][0]["id"]
    time.sleep(pause)
    os.kill(apus.processes()["upload"], signal.SIGKILL)
    end = time.time() + 60
    while True:
        searched = {p["documentId"] for p in said(apus)["passages"]}
        assert len(searched) == 1 and searched <= {first, second}
        if searched == {second}:
            break
        assert time.time() < end
        time.sleep(0.05)
    assert apus.wait_settled(second)["status"] == "ready"


def test_what_is_wrong_is_named(apus):
    document = added(apus, 500)
    for fields, field in [({"onExisting": "overwrite"}, "onExisting"), ({"tags": "x" * 51}, "tags"), ({"tags": ",".join(f"t{n}" for n in range(21))}, "tags"),
                          ({"date": "2026-02-30"}, "date"), ({"source": "a\u0007b"}, "source"), ({"author": "x" * 301}, "author")]:
        answer = send(apus, 1, **fields)
        assert answer.status == 400 and answer.json["errors"][0]["field"] == field, answer.body
    for query, field in [("versions=old", "versions"), ("before=soon", "before"), ("after=1", "after"), ("before=2026-01-01&after=2026-01-01", "before"), ("tag=a,b", "tags")]:
        answer = apus.call("GET", "/api/documents?" + query)
        assert answer.status == 400 and answer.json["errors"][0]["field"] == field, answer.body
    for body, field in [({}, "body"), ({"tags": "hr"}, "tags"), ({"tags": [1]}, "tags"), ({"date": 5}, "date"), ({"name": "x"}, "name")]:
        answer = apus.call("PATCH", f"/api/documents/{document}", body)
        assert answer.status == 400 and answer.json["errors"][0]["field"] == field, answer.body
    for scope in [{"tags": "hr"}, {"before": "x"}, {"after": 1}, {"language": "english language"}]:
        answer = apus.call("POST", "/api/ask", {"question": QUESTION, **scope})
        assert answer.status == 400 and answer.json["errors"][0]["field"] == next(iter(scope)), answer.body
    assert apus.call("POST", f"/api/documents/{document}/restore").json["code"] == "is_current"
    assert apus.call("DELETE", f"/api/documents/{document}?versions=1").status == 400
    assert listed(apus, "versions=all") == [document]
