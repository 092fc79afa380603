"""What people say of answers: kept with the answer, changed, taken back, listed, gone with the chat."""
import concurrent.futures, uuid

import pytest

UNKNOWN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def answer(stack):
    stack.heal()
    document = stack.upload("storks.txt", b"Storks clatter with their beaks. They winter south of the Sahara.").json["documents"][0]["id"]
    stack.wait_settled(document)
    yield stack.ask("Where do storks winter?").json
    stack.heal()


def rate(stack, answer, rating, **more):
    return stack.call("POST", "/api/feedback", {"chatId": answer["chatId"], "answerId": answer["answerId"], "rating": rating, **more})


def given(stack, answer):
    messages = stack.call("GET", "/api/history/" + answer["chatId"]).json["messages"]
    assert all(m["feedback"] is None for m in messages if m["id"] != answer["answerId"])
    return next(m["feedback"] for m in messages if m["id"] == answer["answerId"])


def listed(stack, parameters=""):
    return stack.call("GET", "/api/feedback?limit=200" + parameters).json["feedback"]


def test_a_rating_is_kept_changed_and_taken_back(stack, answer):
    assert given(stack, answer) is None
    kept = rate(stack, answer, "up").json
    assert kept["rating"] == "up" and kept["question"] == "Where do storks winter?" and kept["model"] == answer["model"]
    assert given(stack, answer) == {"rating": "up", "reason": None, "comment": None}
    changed = rate(stack, answer, "down", reason="wrong_source", comment="That was <b>page 2</b>").json
    assert changed["createdAt"] == kept["createdAt"] and changed["updatedAt"] >= kept["updatedAt"]
    assert given(stack, answer) == {"rating": "down", "reason": "wrong_source", "comment": "That was <b>page 2</b>"}
    assert [entry["answerId"] for entry in listed(stack)] == [answer["answerId"]]
    assert rate(stack, answer, None).json["rating"] is None
    assert given(stack, answer) is None and listed(stack) == []
    # There is nothing left to take back, and no harm in it.
    assert rate(stack, answer, None).status == 200


def test_they_are_listed_page_by_page_and_by_rating(stack, answer):
    more = [answer] + [stack.ask("Where do storks winter?", chatId=answer["chatId"]).json for _ in range(4)]
    for index, one in enumerate(more):
        assert rate(stack, one, "down" if index % 2 else "up").status == 200
    order = [one["answerId"] for one in reversed(more)]
    assert [entry["answerId"] for entry in listed(stack)] == order
    assert [entry["answerId"] for entry in listed(stack, "&rating=down")] == [order[1], order[3]]
    pages, before = [], ""
    while True:
        page = stack.call("GET", "/api/feedback?limit=2" + before).json
        pages.append([entry["answerId"] for entry in page["feedback"]])
        if page["next"] is None:
            break
        before = "&before=" + page["next"]
    assert pages == [order[:2], order[2:4], order[4:]]


def test_all_at_once_leave_one(stack, answer):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: rate(stack, answer, "up" if n % 2 else "down"), range(16)))
    assert {a.status for a in answers} == {200}
    assert len([e for e in listed(stack) if e["answerId"] == answer["answerId"]]) == 1


@pytest.mark.parametrize("body,status,field", [
    ({"rating": "up"}, 404, "chatId"), ({"rating": None}, 404, "chatId"), ({"rating": "best"}, 400, "rating"), ({}, 400, "rating"),
    ({"rating": "up", "reason": "wrong"}, 400, "reason"), ({"rating": "down", "comment": "x" * 2001}, 400, "comment"),
])
def test_bad_input(stack, answer, body, status, field):
    refused = stack.call("POST", "/api/feedback", {"chatId": UNKNOWN, "answerId": answer["answerId"], **body})
    assert refused.status == status and field in [e["field"] for e in refused.json["errors"]]


def test_only_answers_are_rated_and_only_in_their_chat(stack, answer):
    question = {**answer, "answerId": answer["messageId"]}
    other = {**answer, "chatId": stack.ask("Do storks clatter?").json["chatId"]}
    for wrong in (question, other, {**answer, "answerId": str(uuid.uuid4())}):
        refused = rate(stack, wrong, "up")
        assert refused.status == 404 and refused.json["errors"] == [{"field": "answerId", "detail": "Unknown."}]


def test_parameters_of_the_list(stack, answer):
    for parameter, field in [("rating=best", "rating"), ("limit=0", "limit"), ("before=x", "before"), ("before=" + UNKNOWN, "before"), (f"before=1_{UNKNOWN}_x", "before")]:
        refused = stack.call("GET", "/api/feedback?" + parameter)
        assert refused.status == 400 and refused.json["errors"][0]["field"] == field
    assert listed(stack, f"&before=0_{UNKNOWN}_{UNKNOWN}") == []


def test_a_page_goes_on_where_it_ended_whatever_becomes_of_that(stack, answer):
    more = [stack.ask("Where do storks winter?").json for _ in range(3)]
    for one in more:
        assert rate(stack, one, "up").status == 200
    first = stack.call("GET", "/api/feedback?limit=1").json
    assert first["feedback"][0]["answerId"] == more[2]["answerId"]
    assert rate(stack, more[2], None).status == 200
    second = stack.call("GET", "/api/feedback?limit=1&before=" + first["next"]).json
    assert second["feedback"][0]["answerId"] == more[1]["answerId"]


def test_the_same_message_in_two_chats_is_two_answers(stack, answer):
    chats = [stack.ask("Do storks clatter?").json["chatId"] for _ in range(2)]
    message = str(uuid.uuid4())
    twins = [stack.call("POST", "/api/chat", {"message": "Where do storks winter?", "messageId": message, "chatId": chat}).json for chat in chats]
    assert twins[0]["answerId"] == twins[1]["answerId"]
    for one in twins:
        assert rate(stack, one, "up").status == 200
    first = stack.call("GET", "/api/feedback?limit=1").json
    second = stack.call("GET", "/api/feedback?limit=1&before=" + first["next"]).json
    assert {first["feedback"][0]["chatId"], second["feedback"][0]["chatId"]} == set(chats)


def test_it_goes_with_the_chat(stack, answer):
    own = stack.ask("Where do storks winter?").json
    assert rate(stack, own, "up").status == 200 and own["answerId"] in [e["answerId"] for e in listed(stack)]
    assert stack.call("DELETE", "/api/history/" + own["chatId"]).status == 200
    assert own["answerId"] not in [e["answerId"] for e in listed(stack)]
    assert rate(stack, own, "up").status == 404
