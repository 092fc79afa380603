"""Questions and answers over the API: streams, citations, models that misbehave, history."""
import concurrent.futures, os, socket, time, uuid

import pytest

from evaluating import evaluate
from library import FOLDER
from stack import DATA


def test_stream_has_the_events_of_the_contract(stack, library):
    events = stack.ask_stream(library.question)
    names = [name for name, _ in events]
    assert names[:2] == ["start", "sources"] and names[-1] == "done" and "delta" in names
    done = events[-1][1]
    assert "".join(data["text"] for name, data in events if name == "delta") == done["text"]
    assert done["finishReason"] == "stop" and done["citations"] and done["chatName"]
    assert set(done["timings"]) == {"embedMs", "searchMs", "firstTokenMs", "totalMs"}
    passages = {p["n"]: p for p in events[1][1]["passages"]}
    assert len({c["n"] for c in done["citations"]}) == len(done["citations"])
    for citation in done["citations"]:
        page = stack.call("GET", f"/api/documents/{citation['documentId']}/text?page={citation['page']}").json["pages"][0]
        start, end = citation["start"] - page["start"], citation["end"] - page["start"]
        assert page["text"][start:end] == citation["quote"] != ""
        assert passages[citation["n"]]["start"] <= citation["start"] < citation["end"] <= passages[citation["n"]]["end"]


def test_one_json_object_without_accept(stack, library):
    answer = stack.ask(library.question)
    assert answer.status == 200 and answer.headers["x-request-id"]
    assert set(answer.json) >= {"chatId", "messageId", "answerId", "model", "passages", "text", "citations", "finishReason", "usage", "timings", "chatName"}


def test_honest_when_it_is_not_in_the_documents(stack, library):
    answer = stack.ask("What is the tallest mountain in the world?").json
    assert answer["finishReason"] == "not_found" and answer["citations"] == []


def test_searches_only_the_documents_named(stack, library):
    name, question = library.narrow
    only = library.documents[name]["id"]
    answer = stack.ask(question, documents=[only]).json
    assert {p["documentId"] for p in answer["passages"]} == {only}


def test_documents_of_a_chat_stay_in_it(stack, library):
    chat = stack.ask("Hello there").json["chatId"]
    content = b"The secret handshake of the swifts is three wing beats and a whistle."
    upload = stack.call("POST", f"/api/upload?name=swifts.txt&chatId={chat}", content, {"Content-Type": "text/plain"})
    document = upload.json["documents"][0]
    assert document["chatId"] == chat
    stack.wait_settled(document["id"])
    inside = stack.ask("What is the secret handshake of the swifts?", chatId=chat).json
    assert inside["finishReason"] == "stop" and inside["citations"][0]["documentId"] == document["id"]
    outside = stack.ask("What is the secret handshake of the swifts?").json
    assert document["id"] not in {p["documentId"] for p in outside["passages"]}
    receipt = stack.call("DELETE", f"/api/history/{chat}").json
    # The chat, and the copies of its messages that make them searchable.
    assert receipt == {"rows": 5, "messages": 4, "documents": 1, "links": 0}
    end = time.time() + 30
    while stack.call("GET", "/api/documents/" + document["id"]).status != 404 and time.time() < end:
        time.sleep(0.2)
    assert stack.call("GET", "/api/documents/" + document["id"]).status == 404


def test_same_message_id_is_answered_from_what_is_stored(stack, library):
    body = {"message": library.question, "messageId": str(uuid.uuid4())}
    first = stack.call("POST", "/api/chat", body).json
    second = stack.call("POST", "/api/chat", body).json
    assert [first[k] for k in ("chatId", "answerId", "text", "citations")] == [second[k] for k in ("chatId", "answerId", "text", "citations")]
    history = stack.call("GET", f"/api/history/{first['chatId']}").json
    assert [m["role"] for m in history["messages"]] == ["user", "assistant"]
    assert history["chat"]["messages"] == 2


def test_the_same_question_sent_at_once_is_stored_once(stack, library):
    body = {"message": library.question, "messageId": str(uuid.uuid4())}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [a.json for a in pool.map(lambda _: stack.call("POST", "/api/chat", body), range(8))]
    assert len({a["chatId"] for a in answers}) == 1 and len({a["text"] for a in answers}) == 1
    messages = stack.call("GET", f"/api/history/{answers[0]['chatId']}").json["messages"]
    assert [m["role"] for m in messages] == ["user", "assistant"]


def test_history_lists_renames_and_deletes(stack, library):
    chat = stack.ask(library.question).json["chatId"]
    for _ in range(2):
        stack.ask("And the copay?", chatId=chat)
    listed = stack.call("GET", "/api/history?limit=1").json
    assert listed["chats"][0]["id"] == chat and listed["chats"][0]["messages"] == 6 and listed["next"] == chat
    assert stack.call("GET", f"/api/history?limit=200&before={chat}").json["chats"][0]["id"] != chat
    newest = stack.call("GET", f"/api/history/{chat}?limit=2").json
    assert len(newest["messages"]) == 2 and newest["next"]
    older = stack.call("GET", f"/api/history/{chat}?before={newest['next']}").json
    assert len(older["messages"]) == 4 and older["next"] is None
    assert stack.call("PATCH", f"/api/history/{chat}", {"name": "Costs"}).json["name"] == "Costs"
    assert stack.call("DELETE", f"/api/history/{chat}").json == {"rows": 7, "messages": 6, "documents": 0, "links": 0}
    assert stack.call("GET", f"/api/history/{chat}").status == 404
    assert stack.call("DELETE", f"/api/history/{chat}").status == 404


class TestWithAModel:
    MODEL = "openai:test-model"

    def test_only_known_passages_are_cited(self, stack, library, model):
        events = stack.ask_stream(library.question, model=self.MODEL)
        done = events[-1][1]
        assert done["text"] == "The plan covers it [1]. Nothing supports [2] this."
        assert [c["n"] for c in done["citations"]] == [1, 2]
        assert done["usage"] == {"promptTokens": 11, "completionTokens": 7} and done["finishReason"] == "stop"
        prompt = model.requests[-1]["messages"]
        assert prompt[0]["role"] == "system" and '<passage number="1"' in prompt[-1]["content"] and prompt[-1]["content"].endswith(library.question)

    def test_remembers_the_conversation(self, stack, library, model):
        chat = stack.ask("First question about plans", model=self.MODEL).json["chatId"]
        stack.ask("And then?", model=self.MODEL, chatId=chat)
        roles = [m["role"] for m in model.requests[-1]["messages"]]
        assert roles == ["system", "user", "assistant", "user"]

    def test_length_is_reported(self, stack, library):
        assert stack.ask("LENGTH please", model=self.MODEL).json["finishReason"] == "length"

    @pytest.mark.parametrize("word,status", [("REFUSE", 502), ("OVERLOADED", 503), ("GARBAGE", 503), ("CUT", 503)])
    def test_failures_are_problems_and_the_question_is_kept(self, stack, library, word, status):
        message = str(uuid.uuid4())
        events = stack.ask_stream(f"{word} this", model=self.MODEL, messageId=message)
        assert events[-1][0] == "error" and events[-1][1]["status"] in (status, 502)
        chat = events[0][1]["chatId"]
        messages = stack.call("GET", f"/api/history/{chat}").json["messages"]
        assert [m["role"] for m in messages] == ["user", "assistant"] and messages[0]["id"] == message
        assert messages[1]["finishReason"] == "error"
        assert messages[1]["text"] == ("It begins " if word == "CUT" else "")

    def test_a_failed_answer_is_written_anew_when_asked_again(self, stack, library):
        body = {"message": f"FLAKY {uuid.uuid4()}", "messageId": str(uuid.uuid4()), "model": self.MODEL}
        assert stack.call("POST", "/api/chat", body).status == 503
        second = stack.call("POST", "/api/chat", body).json
        assert second["finishReason"] == "stop" and second["text"].startswith("The plan covers it")
        chat = stack.call("GET", f"/api/history/{second['chatId']}").json
        assert [m["finishReason"] for m in chat["messages"]] == [None, "stop"] and chat["chat"]["messages"] == 2

    # It takes the half minute after which a model is given up, whatever the documents.
    @pytest.mark.parametrize("library", ["library"], indirect=True)
    def test_a_model_that_stalls_is_given_up(self, stack, library):
        events = stack.ask_stream("STALL now", model=self.MODEL)
        assert events[-1][0] == "error" and events[-1][1]["status"] == 503
        messages = stack.call("GET", f"/api/history/{events[0][1]['chatId']}").json["messages"]
        assert (messages[1]["finishReason"], messages[1]["text"]) == ("error", "It begins ")

    def test_leaving_one_object_cancels_the_model_and_keeps_the_part(self, stack, library, model):
        model.closed_early.clear()
        message, asked = str(uuid.uuid4()), len(model.requests)
        chat = stack.ask("Hello there").json["chatId"]
        body = f'{{"message":"ENDLESS talk","messageId":"{message}","chatId":"{chat}","model":"{self.MODEL}"}}'.encode()
        with socket.create_connection(("127.0.0.1", stack.port)) as caller:
            caller.sendall(b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                           + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            end = time.time() + 20
            while len(model.requests) == asked:
                assert time.time() < end, "the model is not asked"
                time.sleep(0.05)
            time.sleep(0.5)
        assert model.closed_early.wait(10), "the upstream call goes on"
        end = time.time() + 10
        messages = []
        while len(messages) < 4 and time.time() < end:
            messages = stack.call("GET", f"/api/history/{chat}").json["messages"]
            time.sleep(0.1)
        assert messages[3]["finishReason"] == "cancelled" and messages[3]["text"].startswith("word0 word1 ")


def test_models_are_listed(stack):
    assert stack.call("GET", "/api/models").json == {"models": [
        {"id": "extractive", "provider": "extractive", "default": True}, {"id": "openai:test-model", "provider": "openai", "default": False}]}


# Of the documents beside the repository; those of the library are in its own folder.
NORTHWIND_FLOORS = ["near@5=0.8", "document-first=0.8", "wrongly-refused=0.02", "wrongly-answered=0.048"]


def test_retrieval_reaches_its_floors(stack, library):
    if library.name == "northwind":
        words = [os.path.join(DATA, library.name), *(f"--floor={floor}" for floor in NORTHWIND_FLOORS)]
    else:
        words = [FOLDER, "--floors", os.path.join(FOLDER, "floors.json")]
    result = evaluate(*words, "--url", stack.url, "--model", "extractive")
    print(result.stdout)
    assert result.returncode == 0, result.stdout + result.stderr
