"""Models that fail, one way or the other, and what becomes of the answer."""
import json, socket, subprocess, threading, time

import pytest

from chat_handler import ChatHandler, SettingsFile
from providers import Provider, Script, openai_calls, openai_text, sse

DOCUMENT = "The swifts of Lisbon return on the ninth of May. They nest below the tiles of the old customs house."


@pytest.fixture(scope="module")
def four(stack):
    """A handler with four language models, each on a server of its own, with short patience."""
    names = ["openai", "groq", "mistral", "featherless"]
    providers = [Provider() for _ in names]
    variables = ["OPENAI_BASE_URL", "GROQ_BASE_URL", "MISTRAL_BASE_URL", "FEATHERLESS_BASE_URL"]
    with SettingsFile({"*": {"firstTokenSeconds": 0.5, "idleSeconds": 0.5, "price": {"input": 1, "output": 2}}}) as settings:
        handler = ChatHandler(stack, {"APUS_MODELS": ",".join(f"{n}:m" for n in names), "APUS_MODEL_SETTINGS": settings.path,
                                      **{v: p.url for v, p in zip(variables, providers)}})
        yield handler, providers, stack
        handler.close()
    for provider in providers:
        provider.close()


@pytest.fixture(autouse=True)
def closed_circuits(request):
    """Circuits that tests before have opened are closed."""
    if {"four", "single"} & set(request.fixturenames):
        forgotten = sql(request.getfixturevalue("stack"), "DELETE FROM model_circuits RETURNING 1")
        # What an instance has read counts for a second; a model without others is asked all the same.
        if forgotten and "four" in request.fixturenames:
            time.sleep(1.1)
    yield


def sql(stack, statement):
    with open(f"/proc/{stack.processes()['chat']}/environ") as file:
        settings = dict(e.split("=", 1) for e in file.read().split("\0") if "=" in e)
    return subprocess.run(["psql", settings["APUS_DATABASE_URL"], "-At", "-c", statement], capture_output=True, text=True, check=True).stdout.strip()


def test_the_whole_chain(four):
    handler, (first, second, third, fourth), stack = four
    first.play(Script('{"error":{"message":"slow down"}}', status=429, content_type="application/json", headers={"Retry-After": "20"}))
    second.play(Script(stall=3))
    ten = [f"word{i} " for i in range(10)]
    third.play(Script(openai_text(*ten)[:10], cut=True))
    fourth.play(Script(openai_text("word8 ", "word9 and ", "the end.")))
    events = handler.chat_stream("Tell me everything", useDocuments=False)
    done = events[-1][1]
    assert events[-1][0] == "done" and done["finishReason"] == "stop"
    assert done["text"] == "".join(ten) + "and the end."
    assert "".join(d["text"] for n, d in events if n == "delta") == done["text"]
    assert [(a["model"], a["failure"]) for a in done["receipt"]["attempts"]] == [
        ("openai:m", "rate_limited"), ("groq:m", "timed_out"), ("mistral:m", "unavailable"), ("featherless:m", None)]
    assert done["model"] == done["receipt"]["model"] == "featherless:m" and "openai:m: rate_limited" in done["receipt"]["reason"]
    assert done["receipt"]["cost"] > 0 and done["receipt"]["tokens"]["completion"] >= 7
    continued = fourth.requests[0]["body"]["messages"]
    assert continued[-2] == {"role": "assistant", "content": "".join(ten)} and "cut off" in continued[-1]["content"]
    # What is stored tells the same.
    chat = events[0][1]["chatId"]
    stored = stack.call("GET", f"/api/history/{chat}").json["messages"]
    assert stored[1]["model"] == "featherless:m" and stored[1]["receipt"]["attempts"] == done["receipt"]["attempts"]


def test_a_model_that_failed_lately_is_left_alone_by_every_instance(four):
    handler, (first, second, *_), stack = four
    first.play(Script("{}", status=429, content_type="application/json", headers={"Retry-After": "2"}))
    second.play(Script(openai_text("Here.")))
    assert handler.complete("openai:m").json["receipt"]["model"] == "groq:m"
    other = ChatHandler(stack, {"APUS_MODELS": "openai:m,groq:m", "OPENAI_BASE_URL": first.url, "GROQ_BASE_URL": second.url})
    try:
        first.play(Script(openai_text("Recovered.")))
        receipt = other.complete("openai:m").json["receipt"]
        assert receipt["attempts"][0] == {"model": "openai:m", "failure": "skipped, rate_limited", "milliseconds": 0.0} and not first.requests
        time.sleep(3.2)
        assert other.complete("openai:m").json["receipt"]["model"] == "openai:m"
        assert sql(stack, "SELECT count(*) FROM model_circuits WHERE model = 'openai:m'") == "0"
    finally:
        other.close()


def test_three_failures_open_the_circuit_and_one_try_closes_it(four):
    handler, (first, second, *_), stack = four
    first.play(Script("{}", status=500, content_type="application/json"))
    second.play(Script(openai_text("Here.")))
    for _ in range(3):
        handler.complete("openai:m")
    assert len(first.requests) == 3
    assert handler.complete("openai:m").json["receipt"]["attempts"][0]["failure"] == "skipped, unavailable" and len(first.requests) == 3
    sql(stack, "UPDATE model_circuits SET open_until = now() - interval '1 second'")
    time.sleep(1.1)
    first.play(Script(openai_text("Back.")))
    assert handler.complete("openai:m").json["receipt"]["model"] == "openai:m"


@pytest.mark.parametrize("status,body", [(400, {"error": {"message": "bad", "code": "invalid"}}), (400, {"error": {"code": "content_filter", "message": "x"}})])
def test_what_is_wrong_with_the_request_goes_to_nobody_else(four, status, body):
    handler, (first, second, *_), _ = four
    first.play(Script(json.dumps(body), status=status, content_type="application/json"))
    second.play(Script(openai_text("Here.")))
    events = handler.chat_stream("Hello there", useDocuments=False)
    assert events[-1][0] == "error" and events[-1][1]["status"] == 502 and not second.requests


def test_fail_over_takes_no_time(four):
    handler, (first, second, *_), stack = four
    second.play(Script(openai_text("Here.")))
    times = []
    for _ in range(10):
        sql(stack, "DELETE FROM model_circuits")
        first.play(Script("{}", status=503, content_type="application/json"))
        attempts = handler.complete("openai:m").json["receipt"]["attempts"]
        if len(attempts) == 2 and attempts[0]["failure"] == "unavailable":
            times.append(attempts[1]["milliseconds"])
    assert times and min(times) < 50


@pytest.fixture(scope="module")
def single(stack):
    """A handler with one language model and quotes as the last resort."""
    provider = Provider()
    with SettingsFile({"*": {"firstTokenSeconds": 1, "idleSeconds": 1}}) as settings:
        handler = ChatHandler(stack, {"APUS_MODELS": "openai:m", "OPENAI_BASE_URL": provider.url, "APUS_MODEL_SETTINGS": settings.path})
        document = stack.wait_settled(stack.upload("lisbon.txt", DOCUMENT.encode()).json["documents"][0]["id"])
        yield handler, provider, stack, document["id"]
        handler.close()
    provider.close()


def test_quotes_are_the_last_resort(single):
    handler, provider, _, document = single
    provider.play(Script("{}", status=500, content_type="application/json"))
    answer = handler.ask("When do the swifts of Lisbon return?", documents=[document]).json
    assert answer["model"] == "extractive" and "ninth of May" in answer["text"] and answer["citations"]
    assert answer["receipt"]["reason"] == "openai:m: unavailable"
    nothing = handler.ask("Who painted the ceiling of the chapel?", documents=[document])
    assert nothing.status == 503, "an empty search is no answer when the model could have known"


def test_a_single_model_is_waited_for(single):
    handler, provider, *_ = single
    provider.play(Script("{}", status=429, content_type="application/json", headers={"Retry-After": "1"}), Script(openai_text("Here.")))
    assert handler.complete("openai:m").json["choices"][0]["message"]["content"] == "Here."


def test_a_context_too_long_is_tried_once_with_less(single):
    handler, provider, _, document = single
    provider.play(Script('{"error":{"code":"context_length_exceeded"}}', status=400, content_type="application/json"), Script(openai_text("Short.")))
    answer = handler.ask("When do the swifts of Lisbon return?", documents=[document]).json
    assert answer["text"] == "Short." and [a["failure"] for a in answer["receipt"]["attempts"]] == ["context_too_long", None]


def test_a_model_that_refuses_tools_is_asked_without(single):
    handler, provider, _, document = single
    provider.play(Script('{"error":"m does not support tools"}', status=400, content_type="application/json"), Script(openai_text("Plain.")))
    answer = handler.ask("When do the swifts of Lisbon return?", documents=[document]).json
    assert answer["text"] == "Plain." and "tools" in provider.requests[0]["body"] and "tools" not in provider.requests[1]["body"]


HTML = Script("<html><body>Welcome to nginx</body></html>", content_type="text/html")
BROKEN = {
    "html": HTML, "html error": Script("<html>502 Bad Gateway</html>", status=502, content_type="text/html"),
    "invalid json": Script("data: {nonsense\n\n"), "not an object": Script("data: [1,2]\n\n"), "half an event": Script('data: {"choices":[{"delta":{"cont', cut=True),
    "nothing": Script(""), "only done": Script("data: [DONE]\n\n"), "latin-1": Script(b'data: {"choices":[{"delta":{"content":"caf\xe9 \xff\xfe"}}]}\n\n'),
    "utf-16": Script('data: {"choices":[]}\n\n'.encode("utf-16")), "10 MB token": Script(sse({"choices": [{"delta": {"content": "x" * 10_000_000}}]})),
    "error in the stream": Script(sse({"error": {"message": "overloaded", "code": 529}})), "stall": Script(stall=5), "reset": Script(reset=True),
    "a million empty lines": Script([b"\n" * 65536] * 16), "404": Script('{"error":{"message":"no"}}', status=404, content_type="application/json"),
    "401": Script("", status=401), "402": Script("{}", status=402), "413": Script("{}", status=413), "429": Script("{}", status=429), "redirect": Script("", status=302, headers={"Location": "http://127.0.0.1:1/"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_answers_end_in_a_clear_event_and_the_question_is_kept(single, name):
    handler, provider, stack, _ = single
    provider.play(BROKEN[name])
    started = time.time()
    events = handler.chat_stream("Please tell me", useDocuments=False)
    assert time.time() - started < 8
    name, data = events[-1]
    assert name == "error" and data["status"] in (502, 503) and data["detail"]
    messages = stack.call("GET", f"/api/history/{events[0][1]['chatId']}").json["messages"]
    assert messages[0]["text"] == "Please tell me" and messages[1]["finishReason"] == "error"


def test_connections_reset_at_each_byte(single):
    handler, provider, stack, _ = single
    whole = "".join(openai_text("Swifts ", "sleep.")).encode()
    complete = 0
    for cut in range(len(whole)):
        provider.play(Script([whole[:cut]] if cut else [], reset=True))
        answer = handler.complete("openai:m")
        if answer.status == 200:
            complete += 1
            assert answer.json["choices"][0]["message"]["content"] == "Swifts sleep."
        else:
            assert answer.status in (502, 503) and answer.json["error"]["message"]
    assert complete > 0, "an answer whose finish reason had come is whole"


def test_an_endless_answer_ends(single):
    handler, provider, *_ = single
    provider.play(Script(endless=sse({"choices": [{"delta": {"content": "x" * 60000}}]})[0].encode()))
    answer = handler.complete("openai:m").json["choices"][0]
    assert answer["finish_reason"] == "length" and 1_000_000 < len(answer["message"]["content"]) < 1_300_000
    assert wait(lambda: provider.closed), "the request to the provider goes on"


def wait(condition, limit=10):
    end = time.time() + limit
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_a_caller_who_leaves_ends_the_request_within_a_second(single):
    handler, provider, *_ = single
    provider.play(Script(endless=sse({"choices": [{"delta": {"content": "on and on "}}]})[0].encode(), pause=0.05))
    body = json.dumps({"model": "openai:m", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}).encode()
    with socket.create_connection(("127.0.0.1", handler.port)) as caller:
        caller.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        data = b""
        while data.count(b"on and on") < 5:
            data += caller.recv(65536)
    left = time.time()
    assert wait(lambda: provider.closed) and provider.closed[0] - left < 1


def test_a_question_sent_twice_while_it_is_answered_is_stored_once(single):
    handler, provider, stack, _ = single
    provider.play(Script(openai_text("Once."), pause=0.2))
    message = {"message": "Twice?", "messageId": "01900000-0000-7000-8000-00000000abcd", "useDocuments": False}
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(handler.call("POST", "/api/chat", message).json)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({a["answerId"] for a in answers}) == 1
    assert len(stack.call("GET", f"/api/history/{answers[0]['chatId']}").json["messages"]) == 2
