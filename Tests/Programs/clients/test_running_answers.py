"""Answers that belong to the server: two processes on the same stores, readers who come and go, kills in mid-answer."""
import contextlib, os, random, signal, socket, threading, time, uuid

import pytest

import stack as stacks
from chat_handler import ChatHandler
from event_reader import EventReader

# In `make test-long` kills go on for ten minutes.
SECONDS = 600 if int(os.environ.get("APUS_KILLS", "20")) >= 200 else 60
READERS = 20


@pytest.fixture(scope="module")
def settings(model):
    return {"APUS_MODELS": "openai:test-model", "OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "k"}


@pytest.fixture
def pair(stack, settings):
    """Two chat processes on one database."""
    handlers = [ChatHandler(stack, settings) for _ in range(2)]
    yield handlers
    for handler in handlers:
        handler.close()


def ask(handler, text, **fields):
    body = {"message": text, "messageId": str(uuid.uuid4()), "useDocuments": False, **fields}
    reader = EventReader(handler.url, "/api/chat", body)
    assert reader.begun.wait(20), (reader.error, reader.status)
    start = reader.events[0][2]
    return reader, start["chatId"], start["answerId"]


def history(stack, chat):
    """The chat with all of its messages."""
    found = page = stack.call("GET", f"/api/history/{chat}?limit=500").json
    while page["next"]:
        page = stack.call("GET", f"/api/history/{chat}?limit=500&before={page['next']}").json
        found["messages"] = page["messages"] + found["messages"]
    return found


def kill(handler):
    os.kill(handler.process.pid, signal.SIGKILL)
    handler.process.wait()


def words(count):
    return "".join(f"word{index} " for index in range(count))


def test_two_processes_many_readers_and_one_who_comes_back(stack, pair):
    one, other = pair
    asker, chat, answer = ask(one, "SLOWLY 60 please")
    path = f"/api/chat/{answer}/events"
    assert history(stack, chat)["running"][0]["answerId"] == answer
    # This one takes nothing of what it is sent.
    lazy = socket.create_connection(("127.0.0.1", one.port))
    lazy.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    readers = [EventReader(handler.url, path) for handler in pair for _ in range(10)]
    first = EventReader(other.url, path, stop_after=12).end()
    rest = EventReader(one.url, f"{path}?after={first.last_id}").end()
    for reader in [asker, *readers]:
        assert reader.end().text == words(60) and reader.ending["finishReason"] == "stop"
        ids = [number for number, _, _ in reader.events]
        assert ids == sorted(set(ids))
    assert first.text + rest.text == words(60) and rest.names[0] == "delta"
    lazy.close()
    messages = history(stack, chat)
    assert [m["finishReason"] for m in messages["messages"]] == [None, "stop"] and messages["running"] == []


def test_leaving_changes_nothing_and_stopping_works_from_the_other_process(stack, pair, model):
    one, other = pair
    body = {"message": "ENDLESS talk", "messageId": str(uuid.uuid4()), "useDocuments": False}
    asker = EventReader(one.url, "/api/chat", body, stop_after=5).end()
    chat, answer = asker.events[0][2]["chatId"], asker.events[0][2]["answerId"]
    model.closed_early.clear()
    assert not model.closed_early.wait(1), "the answer ended with its caller"
    readers = [EventReader(handler.url, f"/api/chat/{answer}/events") for handler in pair for _ in range(3)]
    for reader in readers:
        assert reader.begun.wait(10)
    began = time.time()
    assert other.call("POST", f"/api/chat/{answer}/stop").json["finishReason"] is None
    for reader in readers:
        assert reader.end().ending["finishReason"] == "cancelled" and reader.text.startswith("word0 word1 ")
    assert time.time() - began < 3
    assert model.closed_early.wait(10)
    end = time.time() + 10
    while other.call("POST", f"/api/chat/{answer}/stop").json["finishReason"] != "cancelled":
        assert time.time() < end
    assert [m["finishReason"] for m in history(stack, chat)["messages"]] == [None, "cancelled"]


def test_a_killed_process_leaves_an_answer_that_ends_within_half_a_minute(stack, pair, settings):
    one, other = pair
    asker, chat, answer = ask(one, "ENDLESS talk")
    reader = EventReader(other.url, f"/api/chat/{answer}/events")
    time.sleep(1.5)
    kill(one)
    began = time.time()
    asker.end()
    back = EventReader(other.url, f"/api/chat/{answer}/events?after={asker.last_id}")
    assert reader.end().ending["finishReason"] == "interrupted" and time.time() - began < 30
    assert back.end().ending["finishReason"] == "interrupted"
    found = history(stack, chat)
    text = found["messages"][1]["text"]
    assert len(found["messages"]) == 2 and found["messages"][1]["finishReason"] == "interrupted" and found["running"] == []
    assert text == reader.text and words(2000).startswith(text) and text.count(" ") > 10
    # At most what was shown in the last tenth of a second is lost.
    assert len(asker.text) - len(text) < 60
    # The same question again is answered anew, in the same place.
    question = found["messages"][0]["id"]
    events = other.chat_stream("SLOWLY 3", messageId=question, chatId=chat, useDocuments=False)
    assert events[-1][1]["finishReason"] != "interrupted"
    other.call("POST", f"/api/chat/{answer}/stop")
    assert len(history(stack, chat)["messages"]) == 2


def test_a_process_that_ends_in_order_cuts_its_answers_off_at_once(stack, pair):
    one, other = pair
    asker, chat, answer = ask(one, "ENDLESS talk")
    time.sleep(1)
    one.close()
    asker.end()
    last = history(stack, chat)["messages"][-1]
    assert last["finishReason"] == "interrupted" and last["text"].startswith("word0 ")
    assert EventReader(other.url, f"/api/chat/{answer}/events").end().ending["finishReason"] == "interrupted"


@pytest.fixture(scope="module")
def breakable(model):
    """One Apus whose parts are killed."""
    own = stacks.Stack({"APUS_MODELS": "openai:test-model", "OPENAI_BASE_URL": model.url})
    try:
        yield own
    finally:
        own.remove()


@pytest.mark.parametrize("victim, endings", [
    ("postgres", {"stop", "interrupted"}), ("azure-emulator", {"stop", "interrupted"}), ("functions-host", {"stop", "interrupted"}), ("chat", {"interrupted"})])
def test_a_part_that_is_killed_in_mid_answer_leaves_one_honest_answer(breakable, victim, endings):
    breakable.heal()
    body = {"message": "SLOWLY 120 please", "messageId": str(uuid.uuid4()), "useDocuments": False}
    asker = EventReader(breakable.url, "/api/chat", body)
    assert asker.begun.wait(20)
    chat, answer = asker.events[0][2]["chatId"], asker.events[0][2]["answerId"]
    time.sleep(2)
    killed = breakable.processes()[victim]
    os.kill(killed, signal.SIGKILL)
    found, end = None, time.time() + 60
    while time.time() < end:
        with contextlib.suppress(OSError, KeyError, ValueError):
            found = history(breakable, chat)
            if len(found["messages"]) == 2 and found["running"] == []:
                break
        time.sleep(0.5)
    question, own = found["messages"]
    assert own["id"] == answer and own["parentId"] == question["id"] and own["finishReason"] in endings
    whole = words(120)
    assert own["text"] == whole if own["finishReason"] == "stop" else whole.startswith(own["text"]) and "word9 " in own["text"]
    again = EventReader(breakable.url, f"/api/chat/{answer}/events").end()
    assert again.text == own["text"] and again.ending["finishReason"] == own["finishReason"]


@pytest.mark.long
def test_kills_at_random_lose_double_and_misplace_nothing(stack, settings):
    """Every question has one answer in the end, under it: whole, or cut off where its process was killed."""
    handlers = [ChatHandler(stack, settings) for _ in range(2)]
    chats, lock, over = {}, threading.Lock(), threading.Event()

    def talk(number):
        rng = random.Random(number)
        chat = None
        while not over.is_set():
            handler = handlers[rng.randrange(2)]
            message = str(uuid.uuid4())
            body = {"message": f"SLOWLY {rng.randrange(5, 40)} of {number}", "messageId": message, "useDocuments": False}
            reader = EventReader(handler.url, "/api/chat", body | ({"chatId": chat} if chat else {}))
            if not reader.begun.wait(20):
                time.sleep(0.2)
                continue
            start = reader.events[0][2]
            chat = start["chatId"]
            with lock:
                chats.setdefault(chat, {})[start["messageId"]] = start["answerId"]
            if rng.random() < 0.5:
                reader.join(rng.random())
            else:
                reader.join(30)

    talkers = [threading.Thread(target=talk, args=(number,), daemon=True) for number in range(READERS)]
    for talker in talkers:
        talker.start()
    end = time.time() + SECONDS
    kills = 0
    try:
        while time.time() < end:
            time.sleep(random.uniform(1, 4))
            place = random.randrange(2)
            kill(handlers[place])
            kills += 1
            handlers[place] = ChatHandler(stack, settings)
        over.set()
        for talker in talkers:
            talker.join(60)
        time.sleep(16)
        endings = {}
        for chat, asked in chats.items():
            found = history(stack, chat)
            deadline = time.time() + 30
            while found["running"] and time.time() < deadline:
                time.sleep(0.5)
                found = history(stack, chat)
            assert found["running"] == [], "an answer is written for ever"
            messages = found["messages"]
            answers = [m for m in messages if m["role"] == "assistant"]
            assert len({m["id"] for m in messages}) == len(messages) == found["chat"]["messages"]
            for question, answer in asked.items():
                assert question in {m["id"] for m in messages}
                own = [m for m in answers if m["parentId"] == question]
                assert [m["id"] for m in own] == [answer], (chat, question, own)
                place = next(index for index, m in enumerate(messages) if m["id"] == question)
                assert messages[place + 1]["id"] == answer
                endings[own[0]["finishReason"]] = endings.get(own[0]["finishReason"], 0) + 1
                whole = words(int(messages[place]["text"].split()[1]))
                assert own[0]["text"] == whole if own[0]["finishReason"] == "stop" else whole.startswith(own[0]["text"])
        print(f"{kills} kills, {sum(map(len, chats.values()))} questions: {endings}")
        assert kills > 3 and endings.get("stop") and endings.get("interrupted")
    finally:
        over.set()
        for handler in handlers:
            handler.close()
