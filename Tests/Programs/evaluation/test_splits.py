"""Trials in service: a share of the chats answers in another way, outcomes by arm, and a decision."""
import uuid

import pytest

import stack as stacks
from providers import Provider, Script, openai_text

FIGURE = {"name": "near@5", "value": 0.5, "low": 0.25, "high": 0.75, "questions": 8}
UNKNOWN = "01900000-0000-7000-8000-000000000000"
DOCUMENT = b"Storks clatter with their beaks. They winter south of the Sahara."


@pytest.fixture(scope="module")
def trial():
    """A stack with two models: the first answers as the passages have it, the second does not."""
    first, second = Provider(), Provider()
    first.play(Script(openai_text("They winter south of the Sahara [1].")))
    second.play(Script(openai_text("They winter in 12 gardens of Norway [1].")))
    own = stacks.Stack({"APUS_MODELS": "openai:first,groq:second", "OPENAI_BASE_URL": first.url, "GROQ_BASE_URL": second.url, "APUS_ANSWER_CACHE": "0"})
    try:
        own.start()
        own.first, own.second = first, second
        own.wait_settled(own.upload("storks.txt", DOCUMENT).json["documents"][0]["id"])
        yield own
    finally:
        own.remove()
        first.close()
        second.close()


@pytest.fixture
def experiment(trial):
    made = trial.call("POST", "/api/experiments", {"name": "candidate", "figures": [FIGURE]})
    assert made.status == 201
    yield made.json["id"]
    trial.call("DELETE", "/api/experiments/" + made.json["id"])


def split(trial, experiment, body):
    return trial.call("POST", f"/api/experiments/{experiment}/split", body)


def ask(trial, question="Where do storks winter?", **more):
    answer = trial.ask(question, **more)
    assert answer.status == 200, answer.body
    return answer.json


def arm(answer):
    return answer["receipt"]["trial"]["arm"]


def test_a_trial_ends_with_a_decision(trial, experiment):
    started = split(trial, experiment, {"share": 0.5, "variant": {"model": "groq:second"}})
    assert started.status == 201 and started.json["endedAt"] is None and started.json["better"] is None
    assert started.json["arms"]["control"]["answers"] == 0 and started.json["arms"]["control"]["helpful"] is None
    chats = {"control": [], "variant": []}
    while min(map(len, chats.values())) < 26:
        answer = ask(trial)
        assert answer["receipt"]["trial"]["id"] == experiment
        chats[arm(answer)].append(answer)
        assert sum(map(len, chats.values())) < 200
    assert {a["model"] for a in chats["control"]} == {"openai:first"} and {a["model"] for a in chats["variant"]} == {"groq:second"}
    # A chat stays in its arm, and what a question asks for itself is kept.
    for name, answers in chats.items():
        again = ask(trial, chatId=answers[0]["chatId"])
        assert arm(again) == name and again["model"] == answers[0]["model"]
    own = ask(trial, chatId=chats["variant"][0]["chatId"], model="openai:first")
    assert own["model"] == "openai:first"
    # A question that asks for what both arms would give belongs to neither.
    assert "trial" not in own["receipt"]
    # Nothing but support tells them apart so far; what people say comes first.
    standing = trial.call("GET", "/api/experiments/" + experiment).json["split"]
    assert standing["better"] == "control" and standing["by"] == "supported"
    assert standing["arms"]["control"]["supported"]["value"] == 1 and standing["arms"]["variant"]["supported"]["value"] < 0.2
    assert standing["arms"]["variant"]["chats"] == len(chats["variant"]) and standing["arms"]["variant"]["answers"] == len(chats["variant"]) + 1
    for name, answers in chats.items():
        for answer in answers:
            body = {"chatId": answer["chatId"], "answerId": answer["answerId"], "rating": "up" if name == "variant" else "down"}
            assert trial.call("POST", "/api/feedback", body).status == 200
    standing = trial.call("GET", "/api/experiments/" + experiment).json["split"]
    assert standing["better"] == "variant" and standing["by"] == "helpful"
    assert standing["difference"]["helpful"]["value"] == 1 and standing["difference"]["helpful"]["low"] > 0.5
    ended = split(trial, experiment, {"end": "best"})
    assert ended.status == 200 and ended.json["winner"] == "variant" and ended.json["endedAt"]
    # What was picked holds for everyone, and no answer belongs to the trial any more.
    for _ in range(6):
        answer = ask(trial)
        assert answer["model"] == "groq:second" and "trial" not in answer["receipt"]
    assert trial.call("POST", "/api/ask", {"question": "Where do storks winter?"}).json["model"] == "groq:second"
    assert split(trial, experiment, {"end": "best"}).status == 409
    # It can be taken back, and once only.
    assert split(trial, experiment, {"end": "control"}).json["winner"] == "control"
    assert ask(trial)["model"] == "openai:first"
    assert split(trial, experiment, {"end": "control"}).status == 409
    # Without the experiment it is as it was.
    assert trial.call("DELETE", "/api/experiments/" + experiment).status == 200
    assert ask(trial)["model"] == "openai:first"


def test_passages_are_found_as_the_variant_says(trial, experiment):
    assert split(trial, experiment, {"share": 0.99, "variant": {"preset": "medical", "retrieval": {"passages": 3, "wordWeight": 0.1}}}).status == 201
    answer = next(a for a in (ask(trial) for _ in range(20)) if arm(a) == "variant")
    assert answer["receipt"]["retrieval"]["passages"] == 3 and answer["receipt"]["retrieval"]["wordWeight"] == 0.1
    # A preset that a new chat began with is its own from then on.
    assert trial.call("GET", "/api/history/" + answer["chatId"]).json["chat"]["preset"] == "medical"
    assert "trial" not in ask(trial, useDocuments=False, chatId=answer["chatId"])["receipt"]
    # Stored with the answer.
    stored = trial.call("GET", "/api/history/" + answer["chatId"]).json["messages"][1]
    assert stored["receipt"]["trial"] == {"id": experiment, "arm": "variant"}
    assert split(trial, experiment, {"end": "control"}).json["winner"] == "control"
    assert ask(trial)["receipt"]["retrieval"]["passages"] == 8


def test_what_was_picked_before_holds_under_the_next(trial, experiment):
    assert split(trial, experiment, {"share": 0.5, "variant": {"retrieval": {"passages": 3}}}).status == 201
    assert split(trial, experiment, {"end": "variant"}).status == 200
    other = trial.call("POST", "/api/experiments", {"name": "other", "figures": [FIGURE]}).json["id"]
    assert split(trial, other, {"share": 0.5, "variant": {"retrieval": {"wordWeight": 0.9}}}).status == 201
    listed = {e["id"]: e["split"] for e in trial.call("GET", "/api/experiments").json["experiments"]}
    assert listed[other]["isRunning"] and listed[other]["winner"] is None and listed[experiment]["winner"] == "variant"
    assert split(trial, other, {"end": "variant"}).status == 200
    found = ask(trial)["receipt"]["retrieval"]
    assert (found["passages"], found["wordWeight"]) == (3, 0.9)
    assert trial.call("DELETE", "/api/experiments/" + other).status == 200


def test_a_variant_that_is_away_is_not_measured_by_who_stands_in(trial, experiment):
    assert split(trial, experiment, {"share": 0.5, "variant": {"model": "groq:second"}}).status == 201
    trial.second.play(Script("{}", status=503, content_type="application/json"))
    try:
        answer = next(a for a in (ask(trial) for _ in range(20)) if arm(a) == "variant")
    finally:
        trial.second.play(Script(openai_text("They winter in 12 gardens of Norway [1].")))
    assert answer["model"] == "openai:first"
    assert trial.call("GET", "/api/experiments/" + experiment).json["split"]["arms"]["variant"]["failed"]["value"] == 1


def test_an_answer_that_broke_off_is_not_rated_and_a_rating_goes_with_the_answer_it_was_for(trial):
    away = Script("{}", status=503, content_type="application/json")
    # Without documents there is nothing to answer from without a model.
    body = {"message": "Where do storks winter?", "messageId": str(uuid.uuid4()), "useDocuments": False}
    trial.first.play(away)
    trial.second.play(away)
    try:
        refused = trial.call("POST", "/api/chat", body)
        assert refused.status == 503, refused.body
    finally:
        trial.first.play(Script(openai_text("They winter south of the Sahara [1].")))
        trial.second.play(Script(openai_text("They winter in 12 gardens of Norway [1].")))
    chat = trial.call("GET", "/api/history?limit=1").json["chats"][0]["id"]
    broken = trial.call("GET", "/api/history/" + chat).json["messages"][-1]
    assert broken["finishReason"] == "error"
    rating = {"chatId": chat, "answerId": broken["id"], "rating": "up"}
    assert trial.call("POST", "/api/feedback", rating).status == 409
    again = trial.call("POST", "/api/chat", body).json
    assert again["answerId"] == broken["id"] and again["finishReason"] == "stop"
    assert trial.call("POST", "/api/feedback", rating).status == 200


def test_what_cannot_be_decided_is_not(trial, experiment):
    assert split(trial, experiment, {"share": 0.5, "variant": {"model": "groq:second"}}).status == 201
    refused = split(trial, experiment, {"end": "best"})
    assert refused.status == 409 and "at least 20 chats" in refused.json["detail"]
    assert split(trial, experiment, {"end": "control"}).status == 200


def test_one_trial_at_a_time_and_one_for_each_experiment(trial, experiment):
    body = {"share": 0.5, "variant": {"model": "groq:second"}}
    assert split(trial, experiment, body).status == 201
    other = trial.call("POST", "/api/experiments", {"name": "other", "figures": [FIGURE]}).json["id"]
    refused = split(trial, other, body)
    assert refused.status == 409 and experiment in refused.json["detail"]
    assert split(trial, experiment, body).status == 409
    assert split(trial, experiment, {"end": "control"}).status == 200
    refused = split(trial, experiment, body)
    assert refused.status == 409 and "has had its trial" in refused.json["detail"]
    assert split(trial, other, body).status == 201
    assert trial.call("DELETE", "/api/experiments/" + other).status == 200
    assert "trial" not in ask(trial)["receipt"]


def test_outcomes_go_with_their_chat(trial, experiment):
    assert split(trial, experiment, {"share": 0.5, "variant": {"model": "groq:second"}}).status == 201
    answer = ask(trial)
    count = lambda: trial.call("GET", "/api/experiments/" + experiment).json["split"]["arms"][arm(answer)]["answers"]
    assert count() == 1
    assert trial.call("DELETE", "/api/history/" + answer["chatId"]).status == 200
    assert count() == 0


def test_a_trial_survives_a_restart(trial, experiment):
    assert split(trial, experiment, {"share": 0.5, "variant": {"model": "groq:second"}}).status == 201
    answer = ask(trial)
    trial.stop()
    trial.start()
    again = ask(trial, chatId=answer["chatId"])
    assert again["receipt"]["trial"] == answer["receipt"]["trial"]


@pytest.mark.parametrize("body,field", [
    ({}, "share"), ({"share": 0.5}, "variant"), ({"share": 2, "variant": {"model": "groq:second"}}, "share"),
    ({"share": 0.5, "variant": {"model": "no:such"}}, "variant.model"), ({"share": 0.5, "variant": {"preset": "no-such"}}, "variant.preset"),
    ({"share": 0.5, "variant": {"retrieval": {"passages": 0}}}, "variant.retrieval.passages"), ({"end": "me"}, "end"),
])
def test_bad_input(trial, experiment, body, field):
    refused = split(trial, experiment, body)
    assert refused.status == 400 and field in [e["field"] for e in refused.json["errors"]]
    assert trial.call("GET", "/api/experiments/" + experiment).json["split"] is None


def test_unknown_experiments(trial):
    for body in ({"share": 0.5, "variant": {"model": "groq:second"}}, {"end": "control"}):
        assert split(trial, UNKNOWN, body).status == 404
    assert trial.call("GET", "/api/experiments/" + UNKNOWN).status == 404
