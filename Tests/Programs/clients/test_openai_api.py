"""Programs that were written for OpenAI's responses, conversations, files and vector stores: the real SDK, synchronous and
asynchronous, against documents here."""
import asyncio, inspect, io, json, time, uuid

import openai
import pytest

from chat_handler import ChatHandler
from providers import Provider, Script, openai_calls, openai_text

PLANS = "The Halcyon plan costs 12 euros a month. The Kestrel plan costs 30 euros a month and includes dental care."
HARBOUR = "The harbour of Brindle has nine cranes.\fThe harbour master is called Tamsin Oake."
BOOK = {"type": "function", "name": "book", "description": "Books a plan.", "parameters": {"type": "object", "properties": {"plan": {"type": "string"}}}}


class Programs:
    """A program of either style: `await` gives what the SDK gives, a list where that is a stream or has pages."""

    def __init__(self, style, url):
        make = openai.AsyncOpenAI if style == "async" else openai.OpenAI
        self.sdk = make(base_url=url + "/v1", api_key="none", max_retries=0, timeout=60)

    @staticmethod
    async def got(value):
        if inspect.isawaitable(value):
            value = await value
        return value

    @staticmethod
    async def every(value):
        if inspect.isawaitable(value) and not hasattr(value, "__aiter__"):
            value = await value
        return [entry async for entry in value] if hasattr(value, "__aiter__") else list(value)


got, every = Programs.got, Programs.every


@pytest.fixture(scope="module")
def apus(stack):
    """Documents in the stack, and a chat app beside it whose model says what it is told to."""
    provider = Provider()
    handler = ChatHandler(stack, {"APUS_MODELS": "openai:m,extractive", "OPENAI_BASE_URL": provider.url})
    with openai.OpenAI(base_url=stack.url + "/v1", api_key="none") as sdk:
        files = [sdk.files.create(file=(name, text.encode()), purpose="assistants") for name, text in
                 [("plans.txt", PLANS), ("harbour.txt", HARBOUR)]]
        for file in files:
            stack.wait_settled(file.id)
        stack.plans, stack.harbour = (file.id for file in files)
        store = sdk.vector_stores.create(name="plans", file_ids=[stack.plans])
        stack.store = store.id
        yield stack, handler, provider
        sdk.vector_stores.delete(store.id)
        for file in files:
            sdk.files.delete(file.id)
    handler.close()
    provider.close()


@pytest.fixture(params=["sync", "async"])
def use(request, apus):
    """Runs what is done with the page's address and with the scripted model's."""
    def run(work):
        async def inside():
            page, scripted = (Programs(request.param, url).sdk for url in (apus[0].url, apus[1].url))
            try:
                return await work(page, scripted)
            finally:
                await got(page.close())
                await got(scripted.close())
        return asyncio.run(inside())
    return run


@pytest.fixture
def sdk(apus):
    with openai.OpenAI(base_url=apus[0].url + "/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def scripted(apus):
    with openai.OpenAI(base_url=apus[1].url + "/v1", api_key="none", max_retries=0) as client:
        yield client


def search(apus, **more):
    return [{"type": "file_search", "vector_store_ids": [apus[0].store], **more}]


class TestResponses:
    def test_documents_answer_with_annotations(self, apus, use):
        async def work(page, _):
            answer = await got(page.responses.create(
                model="apus", input="What does the Halcyon plan cost?", tools=search(apus), metadata={"job": "7"}, include=["file_search_call.results"]))
            assert answer.status == "completed" and "12 euros" in answer.output_text and answer.metadata == {"job": "7"}
            found, message = answer.output
            assert found.type == "file_search_call" and found.queries == ["What does the Halcyon plan cost?"]
            assert {r.file_id for r in found.results} == {apus[0].plans} and "Halcyon" in found.results[0].text and 0 < found.results[0].score <= 1
            note = message.content[0].annotations[0]
            assert (note.type, note.file_id, note.filename) == ("file_citation", apus[0].plans, "plans.txt")
            assert 0 < note.index <= len(answer.output_text) and note.model_extra["page"] == 1 and "12 euros" in note.model_extra["quote"]
            again = await got(page.responses.retrieve(answer.id))
            assert again.output_text == answer.output_text and again.output[0].results is None
            whole = await got(page.responses.retrieve(answer.id, include=["file_search_call.results"]))
            assert whole.output[0].results == found.results
            items = await every(page.responses.input_items.list(answer.id))
            assert [(i.role, i.content[0].text) for i in items] == [("user", "What does the Halcyon plan cost?")]
            await got(page.responses.delete(answer.id))
            with pytest.raises(openai.NotFoundError) as error:
                await got(page.responses.retrieve(answer.id))
            assert error.value.code == "not_found"
        use(work)

    def test_a_store_is_all_that_is_searched(self, apus, sdk):
        hidden = sdk.responses.create(model="apus", input="Who is the harbour master of Brindle?", tools=search(apus))
        assert "Tamsin" not in hidden.output_text and not hidden.output[-1].content[0].annotations
        assert "Tamsin Oake" in sdk.responses.create(model="apus", input="Who is the harbour master of Brindle?").output_text

    def test_events_come_in_their_order(self, apus, use):
        async def work(_, scripted):
            apus[2].play(Script(openai_text("The Halcyon plan ", "costs 12 euros [1].")))
            events = await every(scripted.responses.create(
                model="apus", input="What does the Halcyon plan cost?", tools=search(apus), stream=True, store=False))
            assert [e.sequence_number for e in events] == list(range(len(events)))
            assert [e.type.removeprefix("response.") for e in events] == [
                "created", "in_progress", "output_item.added", "file_search_call.in_progress", "file_search_call.searching",
                "file_search_call.completed", "output_item.done", "output_item.added", "content_part.added", "output_text.delta",
                "output_text.delta", "output_text.annotation.added", "output_text.done", "content_part.done", "output_item.done", "completed"]
            text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
            last = events[-1].response
            assert text == last.output_text == "The Halcyon plan costs 12 euros [1]." and last.usage.total_tokens == 18
            assert last.output[1].content[0].annotations[0].file_id == apus[0].plans
            with pytest.raises(openai.NotFoundError):
                await got(scripted.responses.retrieve(last.id))
        use(work)

    def test_the_sdks_own_stream_reads_it(self, apus, scripted):
        apus[2].play(Script(openai_text("It costs ", "12 euros [1].")))
        with scripted.responses.stream(model="apus", input="What does the Halcyon plan cost?", tools=search(apus)) as stream:
            kinds = [event.type for event in stream]
            final = stream.get_final_response()
        assert final.output_text == "It costs 12 euros [1]." and kinds[-1] == "response.completed"

    @pytest.mark.parametrize("name", ["apus", "openai:m"])
    def test_functions_of_the_caller(self, apus, use, name):
        async def work(_, scripted):
            apus[2].play(Script(openai_calls(("book", '{"plan": "Kestrel"}'))), Script(openai_text("Booked.")))
            first = await got(scripted.responses.create(model=name, input="Book the Kestrel plan", tools=[BOOK], instructions="Be brief."))
            call = first.output[-1]
            assert call.type == "function_call" and json.loads(call.arguments) == {"plan": "Kestrel"} and call.call_id
            result = {"type": "function_call_output", "call_id": call.call_id, "output": "ok"}
            second = await got(scripted.responses.create(model=name, previous_response_id=first.id, input=[result], tools=[BOOK]))
            assert second.output_text == "Booked." and second.previous_response_id == first.id
            sent = apus[2].requests[1]["body"]["messages"]
            assert [m["role"] for m in sent][-3:] == ["user", "assistant", "tool"] and sent[-1]["content"] == "ok"
            assert "Be brief." not in json.dumps(sent) and "Be brief." in json.dumps(apus[2].requests[0]["body"])
            # The same without the server keeping anything.
            apus[2].play(Script(openai_calls(("book", '{"plan": "Kestrel"}'))), Script(openai_text("Booked.")))
            context = [{"role": "user", "content": "Book the Kestrel plan"}]
            events = await every(scripted.responses.create(model=name, input=context, tools=[BOOK], tool_choice="required", stream=True, store=False))
            assert apus[2].requests[0]["body"]["tool_choice"] == "required"
            assert [e.type for e in events][-5:-1] == ["response.output_item.added", "response.function_call_arguments.delta",
                                                       "response.function_call_arguments.done", "response.output_item.done"]
            call = events[-1].response.output[-1]
            context += [call.model_dump(), {"type": "function_call_output", "call_id": call.call_id, "output": "ok"}]
            third = await got(scripted.responses.create(model=name, input=context, tools=[BOOK], store=False))
            assert third.output_text == "Booked."
        use(work)

    def test_a_call_that_is_not_answered_is_named(self, apus, scripted):
        apus[2].play(Script(openai_calls(("book", "{}"), ("book", "{}"))))
        first = scripted.responses.create(model="openai:m", input="Book", tools=[BOOK], parallel_tool_calls=False)
        assert [i.type for i in first.output] == ["function_call"]
        with pytest.raises(openai.BadRequestError, match="No tool output found for function call") as error:
            scripted.responses.create(model="openai:m", input="And?", previous_response_id=first.id)
        assert error.value.param == "input"
        with pytest.raises(openai.BadRequestError) as error:
            scripted.responses.create(model="openai:m", input=[{"role": "user", "content": "x"}, {"type": "function_call_output", "call_id": "none", "output": ""}])
        assert error.value.param == "input[1].call_id"

    def test_a_model_that_calls_nothing_though_it_must(self, apus, scripted):
        apus[2].play(Script(openai_text("No.")))
        with pytest.raises(openai.InternalServerError, match="called no function"):
            scripted.responses.create(model="openai:m", input="Book", tools=[BOOK], tool_choice={"type": "function", "name": "book"})

    def test_what_was_said_before_goes_along(self, apus, scripted):
        apus[2].play(Script(openai_text("It costs 12 euros [1].")))
        first = scripted.responses.create(model="apus", input="What does the Halcyon plan cost?", tools=search(apus))
        second = scripted.responses.create(model="openai:m", input="Thank you very much for the information", previous_response_id=first.id)
        sent = apus[2].requests[-1]["body"]["messages"]
        assert [(m["role"], m["content"]) for m in sent] == [
            ("user", "What does the Halcyon plan cost?"), ("assistant", "It costs 12 euros [1]."), ("user", "Thank you very much for the information")]
        scripted.responses.delete(first.id)
        with pytest.raises(openai.NotFoundError) as error:
            scripted.responses.create(model="openai:m", input="More", previous_response_id=second.id)
        assert error.value.param == "previous_response_id" and error.value.code == "previous_response_not_found"

    def test_failures_and_what_is_cut_short(self, apus, scripted):
        apus[2].play(Script('{"error":{"code":"content_filter"}}', status=400, content_type="application/json"))
        with pytest.raises(openai.InternalServerError, match="content rules"):
            scripted.responses.create(model="openai:m", input="Hi")
        events = list(scripted.responses.create(model="openai:m", input="Hi", stream=True))
        failed = events[-1].response
        assert events[-1].type == "response.failed" and failed.error.code == "server_error" and "content rules" in failed.error.message
        assert scripted.responses.retrieve(failed.id).status == "failed"
        apus[2].play(Script(openai_text("One two", reason="length")))
        short = scripted.responses.create(model="openai:m", input="Count", max_output_tokens=2)
        assert short.status == "incomplete" and short.incomplete_details.reason == "max_output_tokens" and short.output_text == "One two"

    def test_in_the_background(self, apus, scripted):
        apus[2].play(Script(openai_text("Slow", " and steady."), pause=0.3))
        started = scripted.responses.create(model="openai:m", input="Go", background=True)
        assert started.status == "in_progress" and not started.output
        end = time.time() + 20
        while (response := scripted.responses.retrieve(started.id)).status == "in_progress" and time.time() < end:
            time.sleep(0.1)
        assert response.status == "completed" and response.output_text == "Slow and steady."
        assert scripted.responses.cancel(started.id).status == "completed"
        apus[2].play(Script(openai_text("Never"), endless=b": on and on\n\n", pause=0.2))
        started = scripted.responses.create(model="openai:m", input="Go on", background=True)
        assert scripted.responses.cancel(started.id).status == "cancelled"
        while not apus[2].closed and time.time() < end:
            time.sleep(0.1)
        assert apus[2].closed and scripted.responses.retrieve(started.id).status == "cancelled"
        plain = scripted.responses.create(model="extractive", input="What does the Halcyon plan cost?")
        with pytest.raises(openai.BadRequestError, match="background=true"):
            scripted.responses.cancel(plain.id)

    def test_a_process_that_ends_leaves_no_response_open(self, apus, sdk):
        apus[2].play(Script(openai_text("Never"), endless=b": on and on\n\n", pause=0.2))
        own = ChatHandler(apus[0], {"APUS_MODELS": "openai:m", "OPENAI_BASE_URL": apus[2].url})
        try:
            with openai.OpenAI(base_url=own.url + "/v1", api_key="none", max_retries=0) as client:
                started = client.responses.create(model="openai:m", input="Go on", background=True)
        finally:
            own.close()
        ended = sdk.responses.retrieve(started.id)
        assert ended.status == "failed" and "process" in ended.error.message

    @pytest.mark.parametrize("change,param", [
        ({"model": "gpt-none"}, "model"), ({"input": []}, "input"), ({"temperature": 9}, "temperature"), ({"top_p": 0.5}, "top_p"),
        ({"text": {"format": {"type": "json_object"}}}, "text.format"), ({"reasoning": {"effort": "low"}}, "reasoning.effort"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"), ({"extra_body": {"wish": 1}}, "wish"), ({"tools": [BOOK]}, "tools"),
        ({"tools": [{"type": "file_search", "vector_store_ids": ["vs_" + "0" * 32]}]}, "tools[0].vector_store_ids[0]"),
        ({"previous_response_id": "resp_" + "0" * 32}, "previous_response_id"), ({"conversation": "conv_" + "0" * 32}, "conversation"),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]}, "input[0].content[0].type"),
        ({"input": [{"role": "system", "content": "Only this"}]}, "input"), ({"truncation": "disabled"}, "truncation"),
    ])
    def test_mistakes_are_named(self, sdk, change, param):
        with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as error:
            sdk.responses.create(**{"model": "extractive", "input": "Hi", **change})
        assert error.value.param == param and error.value.type == "invalid_request_error" and param in error.value.message

    def test_what_is_no_route_is_said_in_words(self, sdk):
        for call in (lambda: sdk.responses.compact(model="apus", input="x"), lambda: sdk.responses.input_tokens.count(model="apus", input="x"),
                     lambda: sdk.fine_tuning.jobs.list()):
            with pytest.raises(openai.APIStatusError) as error:
                call()
            assert error.value.status_code in (404, 405) and error.value.type == "invalid_request_error" and "path" in error.value.message

    def test_bodies_that_are_no_json(self, apus):
        for body in (b"{", b"[]", b'"x"', b"", b"\xff\xfe"):
            answer = apus[0].call("POST", "/v1/responses", body, {"Content-Type": "application/json"})
            assert answer.status == 400 and answer.json["error"]["type"] == "invalid_request_error", body


class TestConversations:
    def test_a_conversation_is_a_chat(self, apus, use):
        async def work(page, scripted):
            talk = await got(page.conversations.create(metadata={"topic": "plans"}, items=[{"role": "developer", "content": "Speak like a pirate."}]))
            assert talk.object == "conversation" and talk.metadata == {"topic": "plans"}
            apus[2].play(Script(openai_text("Arr, 12 euros [1].")))
            first = await got(scripted.responses.create(model="apus", input="What does the Halcyon plan cost?", conversation=talk.id, tools=search(apus)))
            assert first.conversation.id == talk.id and "Speak like a pirate." in json.dumps(apus[2].requests[0]["body"])
            apus[2].play(Script(openai_calls(("book", '{"plan": "Halcyon"}'))), Script(openai_text("Booked, arr.")))
            asked = await got(scripted.responses.create(model="openai:m", input="Book it for me please", conversation={"id": talk.id}, tools=[BOOK]))
            output = {"type": "function_call_output", "call_id": asked.output[-1].call_id, "output": "ok"}
            await got(scripted.responses.create(model="openai:m", input=[output], conversation=talk.id, tools=[BOOK]))
            assert [m["role"] for m in apus[2].requests[-1]["body"]["messages"]] == ["system", "user", "assistant", "user", "assistant", "tool"]
            items = await every(page.conversations.items.list(talk.id, order="asc", limit=3))
            assert [(i.type, getattr(i, "role", None)) for i in items] == [
                ("message", "developer"), ("message", "user"), ("file_search_call", None), ("message", "assistant"), ("message", "user"),
                ("function_call", None), ("function_call_output", None), ("message", "assistant")]
            assert items[3].content[0].annotations[0].file_id == apus[0].plans and items[3].id == first.output[-1].id
            newest = await got(page.conversations.items.list(talk.id, limit=1))
            assert [i.id for i in newest.data] == [items[-1].id] and newest.has_more
            # The page shows it.
            chat = str(uuid.UUID(talk.id.removeprefix("conv_")))
            shown = apus[0].call("GET", f"/api/history/{chat}").json
            assert [(m["role"], m["text"]) for m in shown["messages"]] == [
                ("user", "What does the Halcyon plan cost?"), ("assistant", "Arr, 12 euros [1]."), ("user", "Book it for me please"), ("assistant", "Booked, arr.")]
            assert shown["chat"]["name"] == "What does the Halcyon plan cost?" and shown["messages"][1]["citations"]
            one = await got(page.conversations.items.retrieve(items[1].id, conversation_id=talk.id))
            assert one.content[0].text == "What does the Halcyon plan cost?"
            await got(page.conversations.items.delete(items[-1].id, conversation_id=talk.id))
            with pytest.raises(openai.NotFoundError):
                await got(page.conversations.items.retrieve(items[-1].id, conversation_id=talk.id))
            assert [m["text"] for m in apus[0].call("GET", f"/api/history/{chat}").json["messages"]][-1] == "Book it for me please"
            assert (await got(page.conversations.update(talk.id, metadata={"topic": "done"}))).metadata == {"topic": "done"}
            gone = await got(page.conversations.delete(talk.id))
            assert gone.deleted and apus[0].call("GET", f"/api/history/{chat}").status == 404
            with pytest.raises(openai.NotFoundError):
                await got(page.conversations.retrieve(talk.id))
            with pytest.raises(openai.NotFoundError):
                await got(page.responses.retrieve(first.id))
        use(work)

    def test_a_chat_of_the_page_goes_on(self, apus, sdk):
        chat = apus[0].call("POST", "/api/chat", {"message": "What does the Halcyon plan cost?"}).json["chatId"]
        talk = "conv_" + chat.replace("-", "")
        answer = sdk.responses.create(model="apus", input="And the Kestrel plan?", conversation=talk)
        assert "30 euros" in answer.output_text
        texts = [m["text"] for m in apus[0].call("GET", f"/api/history/{chat}").json["messages"]]
        assert len(texts) == 4 and texts[2] == "And the Kestrel plan?" and texts[3] == answer.output_text
        # And on the page again: another answer stands in the place of the program's.
        message = apus[0].call("GET", f"/api/history/{chat}").json["messages"][3]
        again = apus[0].call("POST", f"/api/chat/{message['id']}/regenerate", {}).json
        assert apus[0].call("GET", f"/api/history/{chat}").json["messages"][3]["id"] == again["answerId"]
        more = sdk.responses.create(model="apus", input="What does the Halcyon plan cost?", conversation=talk)
        items = sdk.conversations.items.list(talk, order="asc", limit=100).data
        assert [i.role for i in items] == ["user", "assistant"] * 3 and items[3].id == "msg_" + again["answerId"].replace("-", "")
        assert items[5].id == more.output[-1].id
        with pytest.raises(openai.ConflictError):
            sdk.conversations.items.delete(items[5].id, conversation_id=talk)
        with pytest.raises(openai.BadRequestError) as error:
            sdk.responses.create(model="apus", input="More", previous_response_id=answer.id)
        assert error.value.param == "previous_response_id" and talk in error.value.message
        sdk.conversations.delete(talk)

    def test_who_leaves_has_what_was_written(self, apus, scripted, sdk):
        talk = sdk.conversations.create()
        apus[2].play(Script(openai_text(*["word "] * 400), pause=0.02))
        stream = scripted.responses.create(model="openai:m", input="Tell me", conversation=talk.id, stream=True)
        response = next(event for event in stream if event.type == "response.created").response
        for event in stream:
            if event.type == "response.output_text.delta":
                break
        stream.close()
        end = time.time() + 20
        while len(items := sdk.conversations.items.list(talk.id, order="asc").data) < 2 and time.time() < end:
            time.sleep(0.1)
        assert items[1].status == "incomplete" and items[1].content[0].text.startswith("word")
        while time.time() < end:
            try:
                assert scripted.responses.retrieve(response.id).status == "cancelled"
                break
            except openai.NotFoundError:
                time.sleep(0.1)
        sdk.conversations.delete(talk.id)

    def test_of_a_long_conversation_the_newest_goes_along(self, apus, scripted, sdk):
        talk = sdk.conversations.create()
        for n in range(4):
            sdk.conversations.items.create(talk.id, items=[
                entry for m in range(10) for entry in ({"role": "user", "content": f"Question {n * 10 + m}"}, {"role": "assistant", "content": f"Answer {n * 10 + m}"})])
        for n in range(15):
            call = {"type": "function_call", "call_id": f"c{n}", "name": "book", "arguments": "{}"}
            sdk.conversations.items.create(talk.id, items=[call, {"type": "function_call_output", "call_id": f"c{n}", "output": "ok"}])
        apus[2].play(Script(openai_text("Yes.")))
        scripted.responses.create(model="openai:m", input="Go on", conversation=talk.id)
        sent = apus[2].requests[0]["body"]["messages"]
        assert sent[0]["content"] == "Question 5" and sent[-1]["content"] == "Go on" and len(sent) == 100
        sdk.conversations.delete(talk.id)

    def test_items_that_are_added(self, apus, sdk):
        talk = sdk.conversations.create()
        added = sdk.conversations.items.create(talk.id, items=[
            {"role": "user", "content": "One"}, {"role": "assistant", "content": "Two"}, {"role": "assistant", "content": "Three"}])
        assert [i.role for i in added.data] == ["user", "assistant", "assistant"]
        listed = sdk.conversations.items.list(talk.id, order="asc").data
        assert [i.content[0].text for i in listed] == ["One", "Two", "Three"] and [i.id for i in listed] == [i.id for i in added.data]
        for change, param in [({"items": []}, "items"), ({"items": [{"role": "user", "content": "x"}] * 21}, "items"), ({"items": [{"type": "mcp_call"}]}, "items[0].type")]:
            with pytest.raises(openai.BadRequestError) as error:
                sdk.conversations.items.create(talk.id, **change)
            assert error.value.param == param
        with pytest.raises(openai.BadRequestError):
            sdk.conversations.items.list(talk.id, after="msg_" + "0" * 32)
        sdk.conversations.delete(talk.id)


class TestFilesAndStores:
    def test_files_are_documents(self, apus, use):
        async def work(page, _):
            name = f"note-{uuid.uuid4().hex}.txt"
            text = f"Note {name}: the ferry sails at noon.".encode()
            file = await got(page.files.create(file=(name, text), purpose="user_data"))
            assert (file.object, file.filename, file.purpose, file.bytes) == ("file", name, "user_data", len(text)) and file.status in ("uploaded", "processed")
            assert apus[0].call("GET", f"/api/documents/{file.id}").json["name"] == name
            done = await got(page.files.wait_for_processing(file.id, poll_interval=0.1))
            assert done.status == "processed" and (await got(page.files.content(file.id))).read() == text
            assert [f.id for f in await every(page.files.list(purpose="user_data"))] == [file.id]
            newest = await every(page.files.list(limit=1))
            assert newest[0].id == file.id and len(newest) >= 3 and newest[-1].id == (await every(page.files.list(order="asc")))[0].id
            assert (await got(page.files.delete(file.id))).deleted
            for missing in (page.files.retrieve, page.files.content, page.files.delete):
                with pytest.raises(openai.NotFoundError):
                    await got(missing(file.id))
        use(work)

    def test_parts_come_in_any_order_and_what_is_refused_does_not_stay(self, apus, sdk):
        def form(name, *purpose):
            parts = [f'name="file"; filename="{name}"\r\n\r\nThe kiosk {name} sells maps.', *(f'name="purpose"\r\n\r\n{p}' for p in purpose)]
            body = "".join(f"--b\r\nContent-Disposition: form-data; {part}\r\n" for part in parts) + "--b--\r\n"
            return apus[0].call("POST", "/v1/files", body.encode(), {"Content-Type": "multipart/form-data; boundary=b"})
        before = [f.id for f in sdk.files.list()]
        for answer, param in [(form("kiosk1.txt"), "purpose"), (form("kiosk2.txt", "batch"), "purpose"), (apus[0].call("POST", "/v1/files", {"file": "x"}), "file")]:
            assert answer.status == 400 and answer.json["error"]["param"] == param
        assert [f.id for f in sdk.files.list()] == before
        taken = form("kiosk3.txt", "assistants")
        assert taken.status == 200 and taken.json["filename"] == "kiosk3.txt"
        sdk.files.delete(taken.json["id"])

    def test_stores_are_sets_of_documents(self, apus, use):
        async def work(page, _):
            store = await got(page.vector_stores.create(name="mixed", metadata={"a": "b"}))
            assert store.status == "completed" and store.file_counts.total == 0
            added = await got(page.vector_stores.files.create_and_poll(vector_store_id=store.id, file_id=apus[0].harbour, attributes={"kind": "place", "year": 2020}))
            assert added.status == "completed" and added.attributes == {"kind": "place", "year": 2020}
            batch = await got(page.vector_stores.file_batches.create_and_poll(vector_store_id=store.id, file_ids=[apus[0].plans], attributes={"kind": "price"}))
            assert batch.status == "completed" and batch.file_counts.completed == 1
            listed = await every(page.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id))
            assert [f.id for f in listed] == [apus[0].plans]
            assert {f.id for f in await every(page.vector_stores.files.list(store.id, limit=1))} == {apus[0].plans, apus[0].harbour}
            assert not await every(page.vector_stores.files.list(store.id, filter="failed"))
            found = await every(page.vector_stores.search(store.id, query="Who is the harbour master?"))
            assert found[0].file_id == apus[0].harbour and "Tamsin" in found[0].content[0].text and found[0].attributes["kind"] == "place"
            assert found[0].model_extra["page"] == 2
            limited = await every(page.vector_stores.search(store.id, query=["harbour master", "dental care"], filters={"type": "eq", "key": "kind", "value": "price"}))
            assert {f.file_id for f in limited} == {apus[0].plans}
            assert len(await every(page.vector_stores.search(store.id, query="harbour", max_num_results=1))) == 1
            assert not await every(page.vector_stores.search(store.id, query="harbour", ranking_options={"score_threshold": 1.0}))
            changed = await got(page.vector_stores.files.update(apus[0].plans, vector_store_id=store.id, attributes={"kind": "other"}))
            assert changed.attributes == {"kind": "other"}
            whole = await got(page.vector_stores.update(store.id, name="renamed"))
            assert whole.name == "renamed" and whole.metadata == {"a": "b"} and whole.file_counts.completed == 2 and whole.usage_bytes == len(PLANS) + len(HARBOUR)
            assert store.id in [s.id for s in await every(page.vector_stores.list(limit=1))]
            answer = await got(page.responses.create(model="apus", input="Who is the harbour master of Brindle?", tools=[
                {"type": "file_search", "vector_store_ids": [store.id], "filters": {"type": "ne", "key": "kind", "value": "place"}}]))
            assert "Tamsin" not in answer.output_text
            assert (await got(page.vector_stores.files.delete(apus[0].plans, vector_store_id=store.id))).deleted
            assert (await got(page.vector_stores.retrieve(store.id))).file_counts.total == 1
            assert (await got(page.vector_stores.delete(store.id))).deleted
            with pytest.raises(openai.NotFoundError):
                await got(page.vector_stores.retrieve(store.id))
            assert (await got(page.files.retrieve(apus[0].harbour))).status == "processed"
        use(work)

    def test_a_program_uploads_and_waits(self, apus, sdk):
        store = sdk.vector_stores.create(name="uploads")
        names = [io.BytesIO(f"Boat {n} of {store.id} is painted green.".encode()) for n in range(3)]
        for n, file in enumerate(names):
            file.name = f"boat{n}.txt"
        batch = sdk.vector_stores.file_batches.upload_and_poll(vector_store_id=store.id, files=names)
        assert batch.status == "completed" and batch.file_counts.completed == 3
        broken = sdk.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=("empty.pdf", b"%PDF-1.7\nnothing"))
        assert broken.status == "failed" and broken.last_error.code == "invalid_file" and broken.last_error.message
        assert sdk.vector_stores.retrieve(store.id).file_counts.failed == 1 and sdk.files.retrieve(broken.id).status == "error"
        files = list(sdk.vector_stores.files.list(store.id))
        ascending = [f.id for f in sdk.vector_stores.files.list(store.id, order="asc")]
        assert ascending == [f.id for f in reversed(files)]
        before = sdk.vector_stores.files.list(store.id, before=files[2].id, limit=1)
        assert [f.id for f in before.data] == [files[1].id] and before.has_more
        for file in files:
            sdk.files.delete(file.id)
        assert sdk.vector_stores.retrieve(store.id).file_counts.total == 0
        with pytest.raises(openai.BadRequestError, match="cannot be cancelled"):
            sdk.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
        sdk.vector_stores.delete(store.id)

    @pytest.mark.parametrize("call,param", [
        (lambda s, a: s.files.create(file=("a.txt", b"x"), purpose="fine-tune"), "purpose"), (lambda s, a: s.files.create(file=("a.txt", b""), purpose="assistants"), "file"),
        (lambda s, a: s.files.create(file=("a.txt", b"x y z"), purpose="assistants", expires_after={"anchor": "created_at", "seconds": 3600}), "expires_after"),
        (lambda s, a: s.files.list(limit=0), "limit"), (lambda s, a: s.files.list(order="up"), "order"), (lambda s, a: s.files.list(after="file-1"), "after"),
        (lambda s, a: s.vector_stores.create(chunking_strategy={"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}), "chunking_strategy"),
        (lambda s, a: s.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1}), "expires_after"),
        (lambda s, a: s.vector_stores.create(file_ids=["file-1"]), "file_ids[0]"), (lambda s, a: s.vector_stores.create(file_ids=[str(uuid.UUID(int=7))]), "file_ids[0]"),
        (lambda s, a: s.vector_stores.create(metadata={"k": "v" * 513}), "metadata.k"), (lambda s, a: s.vector_stores.create(extra_body={"wish": 1}), "wish"),
        (lambda s, a: s.vector_stores.create(name="a\0b"), "name"),
        (lambda s, a: s.vector_stores.files.create(a.store, file_id="x"), "file_id"), (lambda s, a: s.vector_stores.search(a.store, query=" "), "query"),
        (lambda s, a: s.vector_stores.search(a.store, query="x", rewrite_query=True), "rewrite_query"),
        (lambda s, a: s.vector_stores.search(a.store, query="x", ranking_options={"ranker": "none"}), "ranking_options.ranker"),
        (lambda s, a: s.vector_stores.search(a.store, query="x", filters={"type": "near", "key": "k", "value": 1}), "filters.type"),
        (lambda s, a: s.vector_stores.file_batches.create(a.store, file_ids=[a.plans, str(uuid.UUID(int=7))]), "file_ids[1]"),
        (lambda s, a: s.vector_stores.files.list(a.store, filter="done"), "filter"),
    ])
    def test_mistakes_are_named(self, apus, sdk, call, param):
        with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as error:
            call(sdk, apus[0])
        assert error.value.param == param and error.value.type == "invalid_request_error", error.value
