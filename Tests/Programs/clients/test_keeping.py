"""Chats that are pinned, put away, deleted for now and by the dozen: through the whole program, with kills."""
import contextlib, os, signal, threading, time, uuid

import pytest

import stack as stacks


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "openai:test-model", "OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "k"})
    try:
        own.start()
        yield own
    finally:
        own.remove()


def ask(apus, text, **fields):
    answer = apus.call("POST", "/api/chat", {"message": text, "useDocuments": False, **fields})
    assert answer.status == 200, answer.body
    return answer.json["chatId"]


def bring(apus, count, messages):
    """So many chats of so many messages; their ids."""
    said = [{"id": str(n), "role": "user", "text": f"word {n}", "createdAt": "2026-01-01T00:00:00.000Z", "parentId": None, "model": None,
             "finishReason": None, "citations": []} for n in range(messages)]
    chats = [{"id": str(n), "name": f"chat {n}", "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z", "preset": None,
              "messages": said} for n in range(count)]
    answer = apus.call("POST", "/api/history/import", {"format": "apus-chats", "version": 1, "chats": chats})
    assert answer.status == 200, answer.body
    return [chat["id"] for chat in answer.json["chats"]]


def listed(apus, query="archived=any"):
    return [chat["id"] for chat in apus.call("GET", "/api/history?limit=200&" + query).json["chats"]]


def kill_history(apus):
    os.kill(apus.processes()["history"], signal.SIGKILL)


def wait_for_history(apus):
    end = time.time() + 60
    while apus.call("GET", "/api/history").status != 200:
        assert time.time() < end
        time.sleep(0.1)


def test_a_chat_is_kept_as_somebody_wants_it(apus):
    chat, other = ask(apus, "What is a swift?"), ask(apus, "What is a martin?")
    assert apus.call("GET", f"/api/history/{chat}").json["chat"]["unseen"] is True
    changed = apus.call("PATCH", f"/api/history/{chat}", {"pinned": True, "folder": "Birds", "archived": True, "seen": True, "name": "By hand"})
    assert changed.status == 200
    assert {name: changed.json[name] for name in ("pinned", "folder", "archived", "unseen", "name")} == {
        "pinned": True, "folder": "Birds", "archived": True, "unseen": False, "name": "By hand"}
    assert listed(apus, "") == [other] and listed(apus) == [other, chat]
    assert listed(apus, "folder=Birds&archived=any") == listed(apus, "pinned=true&archived=true") == [chat]
    assert apus.call("GET", "/api/history/folders").json == {"folders": [{"name": "Birds", "chats": 0}]}
    # What is answered from then on is unseen again; the name stays.
    ask(apus, "And a swallow?", chatId=chat)
    again = apus.call("GET", f"/api/history/{chat}").json["chat"]
    assert again["unseen"] is True and again["name"] == "By hand" and again["archived"] is True
    for wrong in [{"pinned": 1}, {"folder": ""}, {"folder": "a\tb"}, {"archived": None}, {"seen": "yes"}, {"unseen": True}, {}]:
        refused = apus.call("PATCH", f"/api/history/{chat}", wrong)
        assert refused.status == 400 and refused.json["errors"][0]["field"], wrong
    for query in ["archived=x", "pinned=x", "folder=%01"]:
        assert apus.call("GET", "/api/history?" + query).status == 400
    assert apus.call("PATCH", f"/api/history/{uuid.uuid4()}", {"pinned": True}).status == 404


def test_a_deletion_is_undone_even_after_a_kill(apus):
    chat = ask(apus, "Something dear.")
    # The model does not think of another name meanwhile.
    apus.call("PATCH", f"/api/history/{chat}", {"name": "Dear"})
    before = apus.call("GET", f"/api/history/{chat}").json
    assert apus.call("DELETE", f"/api/history/{chat}?undo=true").status == 202
    assert chat not in listed(apus) and apus.call("GET", f"/api/history/{chat}").status == 404
    kill_history(apus)
    wait_for_history(apus)
    assert chat not in listed(apus)
    assert apus.call("POST", f"/api/history/{chat}/restore").json == before["chat"]
    assert apus.call("GET", f"/api/history/{chat}").json == before
    assert apus.call("POST", f"/api/history/{chat}/restore").status == 404
    # Nobody undoes what has gone for good.
    assert apus.call("DELETE", f"/api/history/{chat}?undo=true").status == 202
    assert apus.call("DELETE", f"/api/history/{chat}").json["messages"] == 2
    assert apus.call("POST", f"/api/history/{chat}/restore").status == 404


def test_many_are_deleted_each_with_a_result(apus):
    ids = bring(apus, 20, 30)
    wrong = [str(uuid.uuid4()), "x"]
    results = apus.call("POST", "/api/history/delete", {"ids": ids + wrong}).json["results"]
    assert [r["id"] for r in results] == ids + wrong
    assert [r["status"] for r in results] == [200] * 20 + [404] * 2
    assert all(r["messages"] == 30 and r["rows"] == 31 for r in results[:20])
    assert not set(ids) & set(listed(apus))
    assert apus.call("POST", "/api/history/delete", {"ids": [str(uuid.uuid4())] * 101}).status == 400
    assert apus.call("POST", "/api/history/delete", b"[", {"Content-Type": "application/json"}).status == 400


@pytest.mark.parametrize("pause", [0.05, 0.3, 1])
def test_a_kill_between_the_steps_leaves_each_chat_whole_or_gone(apus, pause):
    ids = bring(apus, 40, 300)
    def send():
        with contextlib.suppress(OSError):
            apus.call("POST", "/api/history/delete", {"ids": ids})
    sender = threading.Thread(target=send)
    sender.start()
    time.sleep(pause)
    kill_history(apus)
    sender.join(120)
    wait_for_history(apus)
    there = set(listed(apus)) & set(ids)
    for chat in ids:
        answer = apus.call("GET", f"/api/history/{chat}?limit=500")
        assert answer.status == (200 if chat in there else 404)
        if chat in there:
            assert len(answer.json["messages"]) == 300
    # Who asks again has the rest removed.
    again = apus.call("POST", "/api/history/delete", {"ids": ids}).json["results"]
    assert {r["status"] for r in again} <= {200, 404} and not set(listed(apus)) & set(ids)
