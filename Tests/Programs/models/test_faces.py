"""What callers get: the OpenAI SDK, one-off questions, presets, conversations, receipts, remembered answers."""
import json, time, uuid

import openai
import pytest

from chat_handler import ChatHandler, SettingsFile
from providers import Provider, Script, openai_calls, openai_text

DOCUMENT = "The Halcyon plan costs 12 euros a month. The Kestrel plan costs 30 euros a month and includes dental care."


@pytest.fixture(scope="module")
def set_up(stack):
    provider = Provider()
    with SettingsFile({"openai:m": {"price": {"input": 2, "output": 8, "cached": 0.5}}}) as settings:
        handler = ChatHandler(stack, {"APUS_MODELS": "openai:m,extractive", "OPENAI_BASE_URL": provider.url, "APUS_MODEL_SETTINGS": settings.path, "APUS_ANSWER_CACHE": "3600"})
        document = stack.wait_settled(stack.upload("plans.txt", DOCUMENT.encode()).json["documents"][0]["id"])
        yield handler, provider, stack, document["id"]
        handler.close()
    provider.close()


@pytest.fixture
def sdk(set_up):
    with openai.OpenAI(base_url=set_up[0].url + "/v1", api_key="none", max_retries=0) as client:
        yield client


class TestOpenAISDK:
    def test_models(self, sdk):
        assert [m.id for m in sdk.models.list()] == ["apus", "openai:m", "extractive"]

    def test_documents_answer_with_citations(self, set_up, sdk):
        set_up[1].play(Script(openai_text("The Halcyon plan costs 12 euros [1].")))
        answer = sdk.chat.completions.create(model="apus", messages=[{"role": "user", "content": "What does the Halcyon plan cost?"}])
        assert answer.object == "chat.completion" and answer.choices[0].finish_reason == "stop" and answer.usage.total_tokens == 18
        assert answer.choices[0].message.content.startswith("The Halcyon plan costs 12 euros [1].\n\n[1] ")
        assert answer.model_extra["citations"][0]["quote"].startswith("The Halcyon plan costs 12 euros")

    def test_the_conversation_and_instructions_go_along(self, set_up, sdk):
        set_up[1].play(Script(openai_text("Dental care [1].")))
        sdk.chat.completions.create(model="apus", messages=[
            {"role": "system", "content": "Speak like a pirate."}, {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Ahoy"},
            {"role": "user", "content": [{"type": "text", "text": "What does the Kestrel plan include?"}]}])
        sent = set_up[1].requests[0]["body"]["messages"]
        assert [m["role"] for m in sent] == ["system", "user", "assistant", "user"] and "Speak like a pirate." in sent[0]["content"]
        assert "dental care" in sent[3]["content"]

    def test_quotes_without_a_model(self, sdk):
        answer = sdk.chat.completions.create(model="extractive", messages=[{"role": "user", "content": "What does the Halcyon plan cost?"}])
        assert "12 euros" in answer.choices[0].message.content and answer.model == "extractive"

    def test_stream(self, set_up, sdk):
        set_up[1].play(Script(openai_text("The Halcyon ", "plan costs ", "12 euros [1].")))
        chunks = list(sdk.chat.completions.create(model="apus", messages=[{"role": "user", "content": "What does the Halcyon plan cost now?"}], stream=True, stream_options={"include_usage": True}))
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert text.startswith("The Halcyon plan costs 12 euros [1].\n\n[1] ") and chunks[0].choices[0].delta.role == "assistant"
        assert chunks[-1].usage.prompt_tokens == 11 and chunks[-2].choices[0].finish_reason == "stop" and chunks[-2].model_extra["citations"]

    def test_the_callers_tools(self, set_up, sdk):
        tool = {"type": "function", "function": {"name": "book", "description": "Books a plan.", "parameters": {"type": "object", "properties": {"plan": {"type": "string"}}}}}
        question = {"role": "user", "content": "Book the Kestrel plan"}
        for model in ("apus", "openai:m"):
            set_up[1].play(Script(openai_calls(("book", '{"plan": "Kestrel"}'))), Script(openai_text("Booked.")))
            first = sdk.chat.completions.create(model=model, messages=[question], tools=[tool], tool_choice="auto")
            call = first.choices[0].message.tool_calls[0]
            assert first.choices[0].finish_reason == "tool_calls" and json.loads(call.function.arguments) == {"plan": "Kestrel"}
            second = sdk.chat.completions.create(model=model, tools=[tool], messages=[question, first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "ok"}])
            assert second.choices[0].message.content.startswith("Booked.")
            sent = set_up[1].requests[1]["body"]["messages"]
            assert [m["role"] for m in sent][-3:] == ["user", "assistant", "tool"] and sent[-1]["content"] == "ok"
            assert set_up[1].requests[0]["body"]["tool_choice"] == "auto"

    def test_the_callers_tools_in_a_stream(self, set_up, sdk):
        set_up[1].play(Script(openai_calls(("book", '{"plan": "Kestrel"}'))))
        tool = {"type": "function", "function": {"name": "book", "parameters": {"type": "object", "properties": {}}}}
        with sdk.chat.completions.stream(model="openai:m", messages=[{"role": "user", "content": "Book"}], tools=[tool]) as stream:
            final = stream.get_final_completion()
        assert final.choices[0].message.tool_calls[0].function.name == "book"

    @pytest.mark.parametrize("change,field", [({"model": "nonsense"}, "model"), ({"messages": []}, "messages"), ({"n": 2}, "n"), ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content"),
                                              ({"messages": [{"role": "tool", "tool_call_id": "x", "content": ""}]}, "messages[0].tool_call_id"), ({"temperature": 3}, "temperature")])
    def test_mistakes_are_named(self, sdk, change, field):
        with pytest.raises(openai.BadRequestError) as error:
            sdk.chat.completions.create(**{"model": "apus", "messages": [{"role": "user", "content": "Hi"}], **change})
        assert error.value.param == field and error.value.type == "invalid_request_error"

    def test_failures_are_the_sdks_own_errors(self, set_up, sdk):
        set_up[1].play(Script('{"error":{"code":"content_filter"}}', status=400, content_type="application/json"))
        with pytest.raises(openai.InternalServerError, match="content rules"):
            sdk.chat.completions.create(model="openai:m", messages=[{"role": "user", "content": "Hi"}])
        with pytest.raises(openai.APIError):
            list(sdk.chat.completions.create(model="openai:m", messages=[{"role": "user", "content": "Hi"}], stream=True))

    def test_over_the_page(self, stack):
        with openai.OpenAI(base_url=stack.url + "/v1", api_key="none") as client:
            assert client.models.list().data[0].id == "apus"


def test_ask(set_up):
    handler, provider, stack, document = set_up
    provider.play(Script(openai_text("It costs 30 euros [1].")))
    before = stack.call("GET", "/api/history?limit=200").json["chats"]
    answer = handler.ask("What does the Kestrel plan cost?", documents=[document]).json
    assert answer["text"] == "It costs 30 euros [1]." and answer["citations"][0]["documentId"] == document and answer["passages"][0]["n"] == 1
    assert set(answer) == {"model", "text", "citations", "passages", "finishReason", "usage", "timings", "receipt"}
    assert stack.call("GET", "/api/history?limit=200").json["chats"] == before
    stream = handler.call("POST", "/api/ask", {"question": "What is the price of the Kestrel plan?", "documents": [document]}, {"Accept": "text/event-stream"}).body.decode()
    assert [line[7:] for line in stream.split("\n") if line.startswith("event: ")] == ["sources", "delta", "done"]
    assert handler.call("POST", "/api/ask", {"question": " ", "foo": 1}).json["errors"] == [{"field": "foo", "detail": "Unknown field. Known fields: question, documents, useDocuments, model, preset, tags, before, after, source, author, language."}, {"field": "question", "detail": "Must not be blank."}]


def test_receipts_and_usage(set_up):
    handler, provider, _, document = set_up
    before = handler.call("GET", "/api/usage").json["total"]
    provider.play(Script(openai_text("Yes [1].", usage=(1000, 100))))
    receipt = handler.ask(f"Is dental care included in Kestrel? {uuid.uuid4()}", documents=[document]).json["receipt"]
    assert receipt["tokens"] == {"prompt": 1000, "completion": 100, "cached": 0} and receipt["cost"] == pytest.approx(0.0028)
    assert receipt["passages"]["used"] == 1 and receipt["cacheHit"] is False and receipt["provider"] == "openai"
    after = handler.call("GET", "/api/usage").json
    assert after["total"]["promptTokens"] - before["promptTokens"] == 1000 and after["total"]["cost"] - before["cost"] == pytest.approx(0.0028)
    assert after["currency"] == "USD" and after["days"][0]["date"] == after["to"] and "openai:m" in {d["model"] for d in after["days"]}
    assert handler.call("GET", "/api/usage?from=2020-01-01&to=2020-02-01").json["days"] == []
    for query in ("from=yesterday", "from=2026-13-01", "from=2026-02-30", "to=2020-01-01&from=2021-01-01"):
        assert handler.call("GET", "/api/usage?" + query).status == 400


class TestRememberedAnswers:
    def test_an_exact_repeat_is_answered_without_the_model(self, set_up):
        handler, provider, stack, document = set_up
        provider.play(Script(openai_text("Twelve euros [1].")))
        question = f"What does Halcyon cost, number {uuid.uuid4().hex[:6]}?"
        first = handler.call("POST", "/api/chat", {"message": question, "documents": [document]}).json
        second = handler.call("POST", "/api/chat", {"message": question, "documents": [document]}).json
        third = handler.ask(question, documents=[document]).json
        assert len(provider.requests) == 1 and first["chatId"] != second["chatId"]
        for repeat in (second, third):
            assert repeat["text"] == first["text"] and repeat["citations"] == first["citations"] and repeat["passages"] == first["passages"]
            assert repeat["receipt"]["cacheHit"] is True and repeat["receipt"]["cost"] == 0
        stored = stack.call("GET", f"/api/history/{second['chatId']}").json["messages"]
        assert stored[1]["text"] == first["text"] and stored[1]["receipt"]["cacheHit"] is True

    def test_other_documents_settings_or_conversations_are_asked_anew(self, set_up):
        handler, provider, stack, document = set_up
        provider.play(Script(openai_text("Anew [1].")))
        question = f"What does Halcyon cost, number {uuid.uuid4().hex[:6]}?"
        first = handler.call("POST", "/api/chat", {"message": question, "documents": [document]}).json
        handler.call("POST", "/api/chat", {"message": question, "documents": [document], "chatId": first["chatId"]})
        handler.ask(question, documents=[document], preset="medical")
        handler.ask(question, useDocuments=False)
        assert len(provider.requests) == 4
        more = stack.wait_settled(stack.upload("more.txt", f"Halcyon is a bird. {uuid.uuid4()}".encode()).json["documents"][0]["id"])
        handler.ask(question)
        assert handler.ask(question).json["receipt"]["cacheHit"] is True
        stack.call("DELETE", "/api/documents/" + more["id"])
        assert handler.ask(question).json["receipt"]["cacheHit"] is False, "a deleted document takes what was remembered with it"

    def test_failures_are_not_remembered(self, set_up):
        handler, provider, _, document = set_up
        provider.play(Script("{}", status=400, content_type="application/json"))
        question = f"Will this fail? {uuid.uuid4()}"
        assert handler.ask(question, documents=[document]).status == 502
        provider.play(Script(openai_text("No.")))
        assert handler.ask(question, documents=[document]).json["text"] == "No."


class TestPresets:
    def test_are_listed_without_their_instructions(self, set_up):
        presets = set_up[0].call("GET", "/api/presets").json["presets"]
        assert [(p["id"], p["default"]) for p in presets] == [("general", True), ("medical", False), ("portfolio", False)]
        assert "instructions" not in presets[1] and "not medical advice" in presets[1]["disclaimer"] and presets[1]["sampleQuestions"]

    def test_a_chat_keeps_its_preset(self, set_up):
        handler, provider, stack, document = set_up
        provider.play(Script(openai_text("Yes. It is [1].")))
        chat = handler.call("POST", "/api/chat", {"message": "Is Kestrel dental?", "documents": [document], "preset": "medical"}).json["chatId"]
        handler.call("POST", "/api/chat", {"message": "Which plan is the cheapest of them all here?", "chatId": chat, "documents": [document]})
        systems = [r["body"]["messages"][0]["content"] for r in provider.requests]
        assert len(systems) == 2 and all("Evidence first" in s and "Yes. No. Maybe." in s for s in systems)
        assert stack.call("GET", f"/api/history/{chat}").json["chat"]["preset"] == "medical"
        tools = [t["function"]["name"] for t in provider.requests[0]["body"]["tools"]]
        assert tools == ["search_documents", "read_pages", "fetch_page"]

    def test_quotes_begin_with_a_verdict_in_the_medical_one(self, set_up):
        handler, *_, document = set_up
        answer = handler.ask("Does the Kestrel plan include dental care?", documents=[document], preset="medical", model="extractive").json
        assert answer["text"].split(",")[0].split(";")[0] in ("Yes", "No", "Maybe") and "dental care" in answer["text"] and answer["citations"]
        assert not handler.ask("What does the Kestrel plan cost?", documents=[document], preset="medical", model="extractive").json["text"].startswith(("Yes", "No", "Maybe"))

    def test_refuse_in_their_own_words(self, set_up):
        handler, *_, document = set_up
        answer = handler.ask("Who won the regatta of 1911 in Trieste?", documents=[document], preset="portfolio", model="extractive").json
        assert answer["finishReason"] == "not_found" and "owner of this site" in answer["text"]

    def test_unknown_ones_are_refused(self, set_up, stack):
        assert set_up[0].ask("Hi", preset="nonsense").json["errors"][0]["field"] == "preset"
        with pytest.raises(RuntimeError, match="APUS_PRESET names the preset 'nonsense'; there are general, medical, portfolio"):
            ChatHandler(stack, {"APUS_PRESET": "nonsense"})

    def test_the_deployment_chooses(self, stack):
        handler = ChatHandler(stack, {"APUS_PRESET": "portfolio"})
        assert [p["id"] for p in handler.call("GET", "/api/presets").json["presets"] if p["default"]] == ["portfolio"]
        handler.close()


def eventually(condition, limit=10):
    end = time.time() + limit
    while time.time() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("did not happen in time")


class TestConversation:
    def test_titles_are_the_models_unless_somebody_chose_one(self, set_up):
        handler, provider, stack, _ = set_up
        provider.play(Script(openai_text("Fine.")))
        provider.aside = Script(openai_text('"Comparing two plans."'))
        chat = handler.call("POST", "/api/chat", {"message": f"Please compare {uuid.uuid4()}", "useDocuments": False}).json["chatId"]
        eventually(lambda: stack.call("GET", f"/api/history/{chat}").json["chat"]["name"] == "Comparing two plans")
        assert len(provider.asides) == 1
        # A name that was given stays, whatever is asked afterwards.
        stack.call("PATCH", f"/api/history/{chat}", {"name": "Mine"})
        provider.play(Script(openai_text("That too.")))
        again = handler.call("POST", "/api/chat", {"chatId": chat, "message": "And dental?", "useDocuments": False})
        assert again.json["chatName"] == "Mine" and len(provider.asides) == 1
        assert stack.call("GET", f"/api/history/{chat}").json["chat"]["name"] == "Mine"

    def test_follow_ups_are_rewritten_for_the_search(self, set_up):
        handler, provider, _, document = set_up
        provider.play(Script(openai_text("Twelve euros [1].")))
        chat = handler.call("POST", "/api/chat", {"message": "What does the Halcyon plan cost?", "documents": [document]}).json["chatId"]
        provider.aside = Script(openai_text("What does the Kestrel plan cost?"))
        provider.play(Script(openai_text("Thirty euros [1].")))
        handler.call("POST", "/api/chat", {"message": "What about the other one?", "chatId": chat, "documents": [document]})
        rewriting = next(a for a in provider.asides if "Rewrite" in a["body"]["messages"][0]["content"])["body"]["messages"]
        assert rewriting[-1]["content"] == "What about the other one?" and rewriting[1]["content"] == "What does the Halcyon plan cost?"
        asked = provider.requests[0]["body"]["messages"][-1]["content"]
        assert asked.endswith("Question: What about the other one?") and "Kestrel plan costs 30 euros" in asked

    def test_without_a_model_the_question_before_goes_along(self, set_up):
        handler, *_, document = set_up
        chat = handler.call("POST", "/api/chat", {"message": "What does the Kestrel plan cost?", "documents": [document], "model": "extractive"}).json["chatId"]
        answer = handler.call("POST", "/api/chat", {"message": "And per month?", "chatId": chat, "documents": [document], "model": "extractive"}).json
        assert "30 euros" in answer["text"]

    def test_old_turns_are_summed_up(self, stack):
        provider = Provider()
        provider.aside = Script(openai_text("They spoke of storks."))
        provider.play(Script(openai_text("An answer of some length. " * 40)))
        with SettingsFile({"openai:m": {"contextTokens": 2048, "maxTokens": 256}}) as settings:
            handler = ChatHandler(stack, {"APUS_MODELS": "openai:m", "OPENAI_BASE_URL": provider.url, "APUS_MODEL_SETTINGS": settings.path})
            try:
                chat = None
                for index in range(8):
                    body = {"message": f"Question number {index}, which stands for itself and is long enough to count. " + "storks " * 30, "useDocuments": False}
                    chat = handler.call("POST", "/api/chat", body | ({"chatId": chat} if chat else {})).json["chatId"]
                    time.sleep(0.15)
                sums = [a["body"]["messages"] for a in provider.asides if "Sum up" in a["body"]["messages"][0]["content"]]
                assert sums and "Question number 0" in sums[0][1]["content"]
                last = provider.requests[-1]["body"]["messages"]
                assert "They spoke of storks." in last[0]["content"] and "Question number 7" in last[-1]["content"]
                assert sum(len(m["content"]) for m in last) < 3 * 2048 and not any("Question number 0" in m["content"] for m in last[1:])
                # A question that is too long for the model meets an error, not silence.
                assert handler.call("POST", "/api/chat", {"message": "x" * 32_001}).status == 400
            finally:
                handler.close()
                provider.close()
