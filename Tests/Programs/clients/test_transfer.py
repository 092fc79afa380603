"""Chats out of one Apus and into it again: as files, whole or not at all."""
import json, os, re, signal, threading, time, urllib.parse, uuid

import pytest

import library, stack as stacks


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        own.start()
        with open(os.path.join(library.DOCUMENTS, "employee-handbook.pdf"), "rb") as file:
            own.document = own.upload("employee-handbook.pdf", file.read()).json["documents"][0]["id"]
        assert own.wait_settled(own.document, limit=240)["status"] == "ready"
        yield own
    finally:
        own.remove()


@pytest.fixture
def chat(apus):
    """A chat whose answer cites a page."""
    answer = apus.ask("How long is the trial period for apprentices?").json
    assert answer["citations"]
    apus.call("PATCH", "/api/history/" + answer["chatId"], {"name": 'Trial: "apprentices" / <b>2026</b>'})
    return answer["chatId"]


def bring(apus, file):
    return apus.call("POST", "/api/history/import", file if isinstance(file, bytes) else json.dumps(file).encode(), {"Content-Type": "application/json"})


def file_of(*chats):
    return {"format": "apus-chats", "version": 1, "chats": list(chats)}


def ids(apus):
    found, before = [], ""
    while before is not None:
        page = apus.call("GET", "/api/history?limit=200" + before).json
        found += [c["id"] for c in page["chats"]]
        before = f"&before={page['next']}" if page["next"] else None
    return found


def test_a_chat_goes_out_and_comes_back(apus, chat):
    answer = apus.call("GET", f"/api/history/{chat}/export")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    assert urllib.parse.unquote(answer.headers["Content-Disposition"]).endswith("filename*=UTF-8''Trial apprentices b 2026 b.json")
    out = answer.json
    assert (out["format"], out["version"]) == ("apus-chats", 1) and [c["id"] for c in out["chats"]] == [chat]
    assert set(out["chats"][0]) == {"id", "name", "createdAt", "updatedAt", "preset", "messages"}
    assert [set(m) for m in out["chats"][0]["messages"]] == [{"id", "role", "text", "createdAt", "parentId", "model", "finishReason", "citations"}] * 2
    receipt = bring(apus, answer.body)
    assert receipt.status == 200 and receipt.json["messages"] == 2 and receipt.json["citationsWithoutDocument"] == 0
    copy = receipt.json["chats"][0]["id"]
    assert copy != chat
    before, after = (apus.call("GET", "/api/history/" + i).json for i in (chat, copy))
    for key in ("name", "createdAt", "messages", "preset"):
        assert after["chat"][key] == before["chat"][key]
    for one, two in zip(before["messages"], after["messages"]):
        assert one["id"] != two["id"]
        for key in ("role", "text", "createdAt", "model", "finishReason"):
            assert two[key] == one[key], key
        # That a sentence is supported was found where the file is from.
        assert two["citations"] == [{k: v for k, v in c.items() if (k, v) != ("support", "supported")} for c in one["citations"]]
    assert after["messages"][1]["parentId"] == after["messages"][0]["id"]
    hits = apus.call("GET", "/api/history/search?q=trial+apprentices&limit=100").json["hits"]
    assert {chat, copy} <= {h["chat"]["id"] for h in hits}
    # Twice is two copies, and the chat goes on as any other.
    assert bring(apus, answer.body).json["chats"][0]["id"] not in (chat, copy)
    assert apus.ask("And in the second year?", chatId=copy).status == 200
    assert apus.call("DELETE", "/api/history/" + copy).json == {"rows": 5, "messages": 4, "documents": 0, "links": 0}


def test_markdown_has_the_citation_as_a_footnote(apus, chat):
    answer = apus.call("GET", f"/api/history/{chat}/export?format=markdown")
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    text = answer.body.decode()
    citation = apus.call("GET", "/api/history/" + chat).json["messages"][1]["citations"][0]
    assert text.startswith('# Trial: "apprentices" / \\<b\\>2026\\</b\\>\n')
    assert "> How long is the trial period for apprentices?" in text
    note = re.search(r"^\[\^1\]: (.*)$", text, re.M)[1]
    assert "[^1]" in text.split("[^1]:")[0] and note.startswith(f"employee-handbook.pdf, page {citation['page']}: “")
    letters = lambda t: re.sub(r"\W", "", t)
    assert letters(citation["quote"]) in letters(note)


def test_all_chats_are_one_file(apus, chat):
    answer = apus.call("GET", "/api/history/export")
    assert re.search(r'filename="apus-chats-\d{4}-\d\d-\d\d\.json"', answer.headers["Content-Disposition"])
    assert {c["id"] for c in answer.json["chats"]} == set(ids(apus))
    assert apus.call("GET", "/api/history/export?format=markdown").body.decode().count("\n# ") + 1 == len(ids(apus))
    assert apus.call("GET", "/api/history/export?format=xml").status == 400
    assert apus.call("GET", f"/api/history/{uuid.uuid4()}/export").status == 404


def test_citations_never_link_to_another_document(apus, chat):
    out = apus.call("GET", f"/api/history/{chat}/export").json
    real = out["chats"][0]["messages"][1]["citations"][0]
    def citations_after(**changes):
        changed = json.loads(json.dumps(out))
        for citation in changed["chats"][0]["messages"][1]["citations"]:
            citation.update(changes)
        receipt = bring(apus, changed)
        assert receipt.status == 200, receipt.body
        return receipt.json, apus.call("GET", "/api/history/" + receipt.json["chats"][0]["id"]).json["messages"][1]["citations"]
    for changes in ({"documentId": str(uuid.uuid4())}, {"name": "another.pdf"}, {"documentId": "../../x"}, {"documentId": None}):
        receipt, kept = citations_after(**changes)
        assert receipt["citationsWithoutDocument"] == len(kept)
        assert {c["documentId"] for c in kept} == {None}
        assert (kept[0]["name"], kept[0]["page"], kept[0]["quote"]) == (changes.get("name", real["name"]), real["page"], real["quote"])


MESSAGE = {"id": "m", "role": "user", "text": "x", "createdAt": "2026-01-01T00:00:00.000Z"}
CHAT = {"id": "c", "name": "n", "messages": [MESSAGE]}


@pytest.mark.parametrize("file,field", [
    ([], "body"), ({}, "format"), (file_of() | {"version": 2}, "version"), (file_of() | {"format": "x"}, "format"), (file_of() | {"more": 1}, "more"),
    (file_of() | {"chats": {}}, "chats"), (file_of(1), "chats[0]"), (file_of(CHAT, CHAT), "chats[1].id"), (file_of(CHAT | {"name": ""}), "chats[0].name"),
    (file_of(CHAT, CHAT | {"id": "d", "messages": [MESSAGE, MESSAGE]}), "chats[1].messages[1].id"),
    (file_of(CHAT | {"messages": [MESSAGE | {"parentId": "m"}]}), "chats[0].messages[0].parentId"),
    (file_of(CHAT | {"messages": [MESSAGE | {"parentId": "n"}, MESSAGE | {"id": "n", "parentId": "m"}]}), "chats[0].messages[0].parentId"),
    (file_of(CHAT | {"messages": [MESSAGE | {"parentId": "z"}]}), "chats[0].messages[0].parentId"),
    (file_of(CHAT | {"messages": [MESSAGE | {"text": "x" * 32_001}]}), "chats[0].messages[0].text"),
    (file_of(CHAT | {"messages": [MESSAGE | {"role": "assistant", "text": "x" * 200_001}]}), "chats[0].messages[0].text"),
    (file_of(CHAT | {"messages": [MESSAGE | {"receipt": {"model": "x"}}]}), "chats[0].messages[0].receipt"),
    (file_of(CHAT | {"messages": [MESSAGE | {"citations": [{"n": 1, "name": "x", "start": 0, "end": 0, "url": "javascript:alert(1)"}]}]}), "chats[0].messages[0].citations[0].url"),
    (file_of(CHAT | {"messages": [MESSAGE | {"id": str(n)} for n in range(10_001)]}), "chats[0].messages"),
    (file_of(*[CHAT | {"id": str(n), "messages": []} for n in range(10_001)]), "chats"),
])
def test_a_mistake_anywhere_is_named_and_nothing_is_stored(apus, file, field):
    known = ids(apus)
    answer = bring(apus, file)
    assert answer.status == 400 and answer.headers["Content-Type"] == "application/problem+json"
    assert field in [e["field"] for e in answer.json["errors"]], answer.body
    assert ids(apus) == known


@pytest.mark.parametrize("body,status", [
    (b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[" * 1_000_000, 400), (b'{"chats":' + b"[" * 1_000_000, 400),
    (b" " * ((64 << 20) + 1), 413), (b'{"format":"apus-chats","version":1,"chats":[' + b"1," * 20_000_000 + b"1]}", 400),
], ids=["empty", "cut", "no text", "deep", "deep list", "large", "many"])
def test_what_is_no_file_is_refused(apus, body, status):
    known = ids(apus)
    assert bring(apus, body).status == status
    assert ids(apus) == known and apus.call("GET", "/health").status == 200


def test_a_kill_in_the_middle_leaves_no_half_chat(apus):
    messages = [MESSAGE | {"id": str(n), "text": f"word{n} " * 50} for n in range(3000)]
    file = json.dumps(file_of(*[CHAT | {"id": str(n), "name": f"killed {n}", "messages": messages} for n in range(8)])).encode()
    for pause in (0.5, 1.5, 3):
        known = set(ids(apus))
        answers = []
        def send():
            try:
                answers.append(bring(apus, file).status)
            except OSError:
                answers.append(0)
        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(pause)
        os.kill(apus.processes()["history"], signal.SIGKILL)
        sender.join(120)
        end = time.time() + 60
        while apus.call("GET", "/api/history").status != 200 and time.time() < end:
            time.sleep(0.2)
        for chat in set(ids(apus)) - known:
            whole = apus.call("GET", f"/api/history/{chat}/export").json["chats"][0]["messages"]
            assert len(whole) == 3000
            assert apus.call("DELETE", "/api/history/" + chat).status == 200
