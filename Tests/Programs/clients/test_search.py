"""Chats are found by their words: through the page's port, over restarts, after a crash, and no longer after a deletion."""
import json, os, signal, subprocess, time, urllib.parse, uuid

import pytest

import stack as stacks


@pytest.fixture(scope="module")
def apus(model):
    own = stacks.Stack({"APUS_MODELS": "extractive"})
    try:
        yield own.start()
    finally:
        own.remove()


def search(apus, words, **more):
    answer = apus.call("GET", "/api/history/search?" + urllib.parse.urlencode({"q": words, **more}))
    assert answer.status == 200, answer.body
    return answer.json


def say(apus, text, **fields):
    answer = apus.ask(text, useDocuments=False, **fields)
    assert answer.status == 200, answer.body
    return answer.json


def wait_for(condition, limit=60):
    end = time.time() + limit
    while not (value := condition()) and time.time() < end:
        time.sleep(0.2)
    assert value
    return value


SAID = [
    ("The turbines were inspected twice.", ["turbine", "INSPECT", "inspection turbines", "turb"]),
    ("Die Prüfung der Förderbänder ist fällig, oder nicht?", ["prüfungen", "PRUFUNG", "förderband"]),
    ("社員食堂は十一時に開きますか", ["食堂", "食", "社員食堂"]),
    ("Est-ce que le café préféré est ouvert?", ["cafe", "PRÉFÉRÉS"]),
    ("Что написано в договорах?", ["договор"]),
    ("Which valve has the number QX-4471-B?", ["qx-4471-b", "4471-B"]),
    ("👩‍🔬 says: e\u0301te\u0301 <b>bold</b> & <script>alert(1)</script>", ["été", "alert", "script"]),
]


@pytest.mark.parametrize("text,queries", SAID)
def test_words_are_found_whatever_their_form_and_script(apus, text, queries):
    said = say(apus, text)
    for query in queries:
        hits = search(apus, query)["hits"]
        hit = next(h for h in hits if h["message"] and h["message"]["id"] == said["messageId"])
        assert set(hit) == {"chat", "message", "excerpt", "highlights"}
        assert hit["chat"] == {"id": said["chatId"], "name": said["chatName"]} and hit["message"]["role"] == "user"
        # Python counts characters as Unicode does; what is found is text, never markup.
        assert hit["excerpt"] == text
        assert hit["highlights"] and all(0 <= a < b <= len(text) for a, b in hit["highlights"])
        assert all(b <= c for (_, b), (c, _) in zip(hit["highlights"], hit["highlights"][1:]))
    assert search(apus, "turbine prüfung")["hits"] == []


def test_long_texts_give_the_part_that_has_the_words(apus):
    said = say(apus, "Lorem ipsum dolor sit amet. " * 200 + "The zymurgist\nfermented it. " + "Consectetur elit. " * 300)
    hit = next(h for h in search(apus, "zymurgists ferment")["hits"] if h["message"] and h["message"]["id"] == said["messageId"])
    assert len(hit["excerpt"]) < 300 and "\n" not in hit["excerpt"]
    assert [hit["excerpt"][a:b] for a, b in hit["highlights"]] == ["zymurgist", "fermented"]


def test_names_are_found_as_they_are_now(apus):
    chat = say(apus, "Something about nothing")["chatId"]
    apus.call("PATCH", f"/api/history/{chat}", {"name": "Quokkas of 2026"})
    hits = search(apus, "quokka")["hits"]
    assert [(h["chat"]["id"], h["message"], h["excerpt"], h["highlights"]) for h in hits] == [(chat, None, "Quokkas of 2026", [[0, 7]])]
    apus.call("PATCH", f"/api/history/{chat}", {"name": "x"})
    assert search(apus, "quokka")["hits"] == []


def test_pages_hold_every_hit_once_while_more_is_said(apus):
    chat = say(apus, "gneiss 0")["chatId"]
    for number in range(1, 9):
        say(apus, f"gneiss {number}", chatId=chat)
    # The chat was named after its first question.
    expected = 10
    seen, before = [], None
    while True:
        page = search(apus, "gneiss", limit=2, **({"before": before} if before else {}))
        seen += [(h["message"] or {"id": "name"})["id"] for h in page["hits"]]
        before = page["next"]
        if not before:
            break
        say(apus, f"Something else that is long and has gneiss in it only once, number {len(seen)}.", chatId=chat)
    assert len(set(seen)) == len(seen) and len(seen) >= expected


def test_the_same_message_twice_is_found_once(apus):
    body = {"message": "A pangolin?", "messageId": str(uuid.uuid4()), "useDocuments": False}
    first = [apus.call("POST", "/api/chat", body).json for _ in range(2)][0]
    assert len([h for h in search(apus, "pangolin")["hits"] if h["message"] and h["message"]["role"] == "user"]) == 1
    assert apus.call("DELETE", "/api/history/" + first["chatId"]).json == {"rows": 3, "messages": 2, "documents": 0, "links": 0}
    assert search(apus, "pangolin")["hits"] == []
    rows = subprocess.run(["psql", "-qAt", apus.database(), "-c", f"SELECT count(*) FROM chat_texts WHERE chat_id = '{first['chatId']}'"],
                          capture_output=True, check=True, text=True).stdout
    assert rows.strip() == "0"


def test_chats_from_before_are_copied_when_the_app_starts_and_a_lost_copy_when_its_chat_is_opened(apus):
    said = say(apus, "An axolotl!")
    sql = lambda text: subprocess.run(["psql", "-q", apus.database(), "-c", text], check=True)
    sql("DELETE FROM chat_texts; UPDATE chats SET texts_kept = false, name_terms = NULL")
    assert search(apus, "axolotl")["hits"] == []
    # Whoever uses the host sees to it that the app comes back; any request starts it anew.
    os.kill(apus.processes()["history"], signal.SIGKILL)
    wait_for(lambda: apus.call("GET", "/api/history/search?q=axolotl").status == 200 and len(search(apus, "axolotl")["hits"]) >= 2)
    sql(f"DELETE FROM chat_texts WHERE id = '{said['messageId']}'")
    found = lambda: {h["message"]["id"] for h in search(apus, "axolotl")["hits"] if h["message"]}
    assert said["messageId"] not in found()
    assert apus.call("GET", "/api/history/" + said["chatId"]).status == 200
    wait_for(lambda: said["messageId"] in found())


def test_an_answer_that_a_kill_cut_off_leaves_no_hit_without_its_message(apus):
    for _ in range(3):
        marker = "m" + uuid.uuid4().hex
        body = {"message": f"{marker}?", "messageId": str(uuid.uuid4()), "useDocuments": False}
        asking = subprocess.Popen(["curl", "-s", "-X", "POST", apus.url + "/api/chat", "-H", "Content-Type: application/json", "-d", json.dumps(body)],
                                  stdout=subprocess.DEVNULL)
        time.sleep(0.02)
        os.kill(apus.processes()["chat"], signal.SIGKILL)
        asking.wait(60)
        wait_for(lambda: apus.call("GET", "/api/models").status == 200)
        for hit in search(apus, marker)["hits"]:
            chat = apus.call("GET", "/api/history/" + hit["chat"]["id"])
            assert chat.status == 200
            assert hit["message"] is None or hit["message"]["id"] in {m["id"] for m in chat.json["messages"]}
        again = wait_for(lambda: (a := apus.call("POST", "/api/chat", body)).status == 200 and a.json)
        roles = [h["message"]["role"] for h in search(apus, marker)["hits"] if h["message"] and h["message"]["id"] == again["messageId"]]
        assert roles == ["user"]
