"""Answers made anew, questions edited, chats that branch: through the whole program, with a model that says something else each time."""
import threading

import pytest


@pytest.fixture(scope="module")
def settings(model):
    return {"APUS_MODELS": "openai:test-model", "OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "k"}


def ask(stack, text, **fields):
    return stack.call("POST", "/api/chat", {"message": text, "useDocuments": False, **fields}).json


def path(stack, chat, query=""):
    return stack.call("GET", f"/api/history/{chat}{query}").json["messages"]


def test_a_chat_with_versions_is_shown_branched_exported_and_deleted(stack):
    first = ask(stack, "What is a swift?")
    chat = first["chatId"]
    second = ask(stack, "And a martin?", chatId=chat)
    assert len(path(stack, chat)) == 4

    # Two at once are two versions.
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(
            stack.call("POST", f"/api/chat/{second['answerId']}/regenerate", {"useDocuments": False}).json["answerId"]))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = path(stack, chat)[-1]
    assert set(last["versions"]) == {second["answerId"], *answers} and last["version"] == 3

    question = path(stack, chat)[0]["id"]
    edited = stack.call("PUT", f"/api/history/{chat}/messages/{question}", {"text": "What is a swallow?"}).json
    assert edited["versions"] == [question, edited["id"]] and edited["version"] == 2
    assert [m["id"] for m in path(stack, chat)] == [edited["id"]]
    ask(stack, "What is a swallow?", chatId=chat, messageId=edited["id"])
    assert [m["role"] for m in path(stack, chat)] == ["user", "assistant"]

    # The other path is there as it was, for one look or until another one is chosen.
    assert path(stack, chat, f"?path={answers[0]}")[-1]["id"] == answers[0]
    stack.call("PATCH", f"/api/history/{chat}", {"chosen": second["answerId"]})
    assert [m["id"] for m in path(stack, chat)][-1] == second["answerId"]

    branch = stack.call("POST", f"/api/history/{chat}/branch", {"messageId": edited["id"]}).json
    assert branch["messages"] == 1 and path(stack, branch["id"])[0]["text"] == "What is a swallow?"

    file = stack.call("GET", f"/api/history/{chat}/export").json
    assert len(file["chats"][0]["messages"]) == 8
    copy = stack.call("POST", "/api/history/import", file).json["chats"][0]["id"]
    assert [m["text"] for m in path(stack, copy)] == [m["text"] for m in path(stack, chat)]
    assert path(stack, copy)[-1]["version"] == 1
    assert stack.call("DELETE", f"/api/history/{chat}").json["messages"] == 8
