"""Every provider's own wire format: what is sent, and what is read, after the examples of its documentation."""
import contextlib, json, time

import pytest

from chat_handler import ChatHandler, SettingsFile
from providers import Provider, Script, openai_calls, openai_text, sse

WEATHER = {"type": "function", "function": {"name": "get_weather", "description": "Weather of a place.", "parameters": {
    "type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"], "additionalProperties": False}}}
CONVERSATION = [
    {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Weather in Paris and Rome?"},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "call_a", "type": "function", "function": {"name": "get_weather", "arguments": '{"location":"Paris"}'}},
        {"id": "call_b", "type": "function", "function": {"name": "get_weather", "arguments": '{"location":"Rome"}'}}]},
    {"role": "tool", "tool_call_id": "call_a", "content": "18 degrees"}, {"role": "tool", "tool_call_id": "call_b", "content": "24 degrees"},
]

# Recorded examples of the providers' documentation, shortened where they repeat themselves.
ANTHROPIC_TEXT = [
    'event: message_start\ndata: {"type": "message_start", "message": {"id": "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY", "type": "message", "role": "assistant", "content": [], "model": "claude-opus-4-20250514", "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 25, "cache_read_input_tokens": 5, "output_tokens": 1}}}\n\n',
    'event: content_block_start\ndata: {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}\n\n',
    'event: ping\ndata: {"type": "ping"}\n\n',
    'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}\n\n',
    'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "!"}}\n\n',
    'event: content_block_stop\ndata: {"type": "content_block_stop", "index": 0}\n\n',
    'event: message_delta\ndata: {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence":null}, "usage": {"output_tokens": 15}}\n\n',
    'event: message_stop\ndata: {"type": "message_stop"}\n\n',
]
ANTHROPIC_TOOL = [
    'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_014p7gG3wDgGV9EUtLvnow3U","type":"message","role":"assistant","model":"claude-sonnet-4","stop_sequence":null,"usage":{"input_tokens":472,"output_tokens":2},"content":[],"stop_reason":null}}\n\n',
    'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Okay, let\'s check."}}\n\n',
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
    'event: content_block_start\ndata: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_01T1x1fJ34qAmk2tNTrN7Up6","name":"get_weather","input":{}}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"location\\":"}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":" \\"San Francisco, CA\\"}"}}\n\n',
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":1}\n\n',
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":89}}\n\n',
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
]
GEMINI_TEXT = sse(
    {"candidates": [{"content": {"parts": [{"text": "Let me think", "thought": True}], "role": "model"}, "index": 0}], "usageMetadata": {"promptTokenCount": 11, "totalTokenCount": 11}},
    {"candidates": [{"content": {"parts": [{"text": "Hel"}], "role": "model"}, "index": 0}], "usageMetadata": {"promptTokenCount": 11, "totalTokenCount": 12}, "modelVersion": "gemini-2.5-flash"},
    {"candidates": [{"content": {"parts": [{"text": "lo!"}], "role": "model"}, "finishReason": "STOP", "index": 0}],
     "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 5, "thoughtsTokenCount": 20, "cachedContentTokenCount": 4, "totalTokenCount": 36}, "modelVersion": "gemini-2.5-flash"})
GEMINI_TOOL = sse(
    {"candidates": [{"content": {"parts": [{"functionCall": {"name": "get_weather", "args": {"location": "San Francisco, CA"}}, "thoughtSignature": "c2ln"}], "role": "model"}, "finishReason": "STOP", "index": 0}],
     "usageMetadata": {"promptTokenCount": 60, "candidatesTokenCount": 10, "totalTokenCount": 70}})
OLLAMA_TEXT = [
    '{"model":"llama3.2","created_at":"2023-08-04T08:52:19.385406455-07:00","message":{"role":"assistant","content":"Hel"},"done":false}\n',
    '{"model":"llama3.2","created_at":"2023-08-04T08:52:19.385406455-07:00","message":{"role":"assistant","content":"lo!"},"done":false}\n',
    '{"model":"llama3.2","created_at":"2023-08-04T19:22:45.499127Z","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"total_duration":4883583458,"load_duration":1334875,"prompt_eval_count":26,"prompt_eval_duration":342546000,"eval_count":282,"eval_duration":4535599000}\n',
]
OLLAMA_TOOL = [
    '{"model":"llama3.2","created_at":"2025-07-07T20:22:19.184789Z","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"get_weather","arguments":{"location":"San Francisco, CA"}}}]},"done":false}\n',
    '{"model":"llama3.2","created_at":"2025-07-07T20:22:19.19314Z","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"prompt_eval_count":169,"eval_count":15}\n',
]
# The first chunk of Azure has no choice, but the results of its filters.
AZURE_TEXT = sse(
    {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}]},
    {"choices": [{"content_filter_results": {}, "delta": {"content": "", "refusal": None, "role": "assistant"}, "finish_reason": None, "index": 0, "logprobs": None}], "id": "chatcmpl-x", "object": "chat.completion.chunk"},
    {"choices": [{"content_filter_results": {}, "delta": {"content": "Hello!"}, "finish_reason": None, "index": 0, "logprobs": None}]},
    {"choices": [{"content_filter_results": {}, "delta": {}, "finish_reason": "stop", "index": 0, "logprobs": None}]},
    {"choices": [], "usage": {"completion_tokens": 15, "prompt_tokens": 30, "prompt_tokens_details": {"cached_tokens": 5}, "total_tokens": 45}}, done=True)
TOOL_TEXT = openai_calls(("get_weather", '{"location": "San Francisco, CA"}'))
HELLO = openai_text("Hel", "lo!", usage=(30, 15))

# name: (settings, path, the field that proves who we are, text, its tokens (prompt, completion, cached), tool call)
CASES = {
    "openai:gpt-4.1-mini": ({"OPENAI_BASE_URL": "{url}/v1", "OPENAI_API_KEY": "k"}, "/v1/chat/completions", ("authorization", "Bearer k"), HELLO, (30, 15, 0), TOOL_TEXT),
    "groq:llama-3.3-70b-versatile": ({"GROQ_BASE_URL": "{url}/openai/v1", "GROQ_API_KEY": "k"}, "/openai/v1/chat/completions", ("authorization", "Bearer k"), HELLO, (30, 15, 0), TOOL_TEXT),
    "mistral:mistral-small-latest": ({"MISTRAL_BASE_URL": "{url}/v1", "MISTRAL_API_KEY": "k"}, "/v1/chat/completions", ("authorization", "Bearer k"), HELLO, (30, 15, 0), TOOL_TEXT),
    "vllm:Qwen/Qwen3-8B": ({"VLLM_BASE_URL": "{url}/v1"}, "/v1/chat/completions", ("authorization", None), HELLO, (30, 15, 0), TOOL_TEXT),
    "azure:my-gpt": ({"AZURE_OPENAI_ENDPOINT": "{url}", "AZURE_OPENAI_API_KEY": "k"}, "/openai/v1/chat/completions", ("api-key", "k"), AZURE_TEXT, (30, 15, 5), TOOL_TEXT),
    "azure:old-gpt": ({"AZURE_OPENAI_ENDPOINT": "{url}/", "AZURE_OPENAI_API_KEY": "k", "AZURE_OPENAI_API_VERSION": "2024-10-21"},
                      "/openai/deployments/old-gpt/chat/completions?api-version=2024-10-21", ("api-key", "k"), AZURE_TEXT, (30, 15, 5), TOOL_TEXT),
    "gemini:gemini-2.5-flash": ({"GOOGLE_GEMINI_BASE_URL": "{url}", "GEMINI_API_KEY": "k"}, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
                                ("x-goog-api-key", "k"), GEMINI_TEXT, (11, 25, 4), GEMINI_TOOL),
    "anthropic:claude-sonnet-4": ({"ANTHROPIC_BASE_URL": "{url}", "ANTHROPIC_API_KEY": "k"}, "/v1/messages", ("x-api-key", "k"), ANTHROPIC_TEXT, (30, 15, 5), ANTHROPIC_TOOL),
    "ollama:llama3.2": ({"OLLAMA_HOST": "{host}"}, "/api/chat", ("authorization", None), OLLAMA_TEXT, (26, 282, 0), OLLAMA_TOOL),
}


def type_of(model):
    return "application/x-ndjson" if model.startswith("ollama") else "text/event-stream"


@pytest.fixture(scope="module", params=CASES)
def case(request, stack):
    provider = Provider()
    provider.by_path["/api/ps"] = Script('{"models":[{"name":"llama3.2:latest"}]}', content_type="application/json")
    settings = {k: v.replace("{url}", provider.url).replace("{host}", f"127.0.0.1:{provider.port}") for k, v in CASES[request.param][0].items()}
    handler = ChatHandler(stack, {"APUS_MODELS": request.param, **settings})
    yield request.param, provider, handler
    handler.close()
    provider.close()


def test_text_tokens_and_address(case):
    model, provider, handler = case
    _, path, (field, value), text, (prompt, completion, cached), _ = CASES[model]
    provider.play(Script(text, content_type=type_of(model)))
    answer = handler.complete(model, "Hello?", temperature=0.5, max_tokens=77)
    assert answer.status == 200, answer.body
    body = answer.json
    assert body["choices"][0]["message"]["content"] == "Hello!" and body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"]["prompt_tokens"] == prompt and body["usage"]["completion_tokens"] == completion
    assert body["usage"]["prompt_tokens_details"]["cached_tokens"] == cached
    sent = provider.requests[0]
    assert (sent["method"], sent["path"]) == ("POST", path) and sent["fields"].get(field) == value
    assert "0.5" in json.dumps(sent["body"]) and "77" in json.dumps(sent["body"])
    assert body["receipt"]["provider"] == model.split(":")[0] and body["receipt"]["attempts"][0]["failure"] is None


def test_text_in_pieces_of_one_byte(case):
    model, provider, handler = case
    whole = "".join(CASES[model][3]).encode()
    provider.play(Script([whole[i:i + 1] for i in range(len(whole))], content_type=type_of(model)))
    assert handler.complete(model).json["choices"][0]["message"]["content"] == "Hello!"


def test_a_tool_call_is_read_and_results_are_sent(case):
    model, provider, handler = case
    provider.play(Script(CASES[model][5], content_type=type_of(model)), Script(CASES[model][3], content_type=type_of(model)))
    answer = handler.complete(model, "Weather in San Francisco?", tools=[WEATHER]).json["choices"][0]
    assert answer["finish_reason"] == "tool_calls"
    call, = answer["message"]["tool_calls"]
    assert call["function"]["name"] == "get_weather" and json.loads(call["function"]["arguments"]) == {"location": "San Francisco, CA"}
    final = handler.call("POST", "/v1/chat/completions", {"model": model, "messages": CONVERSATION, "tools": [WEATHER]})
    assert final.json["choices"][0]["message"]["content"] == "Hello!"
    offered, sent = provider.requests[0]["body"], provider.requests[1]["body"]
    if model.startswith("gemini"):
        tool = offered["tools"][0]["functionDeclarations"][0]
        assert tool["name"] == "get_weather" and "additionalProperties" not in tool["parameters"]
        assert sent["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
        assert [c["role"] for c in sent["contents"]] == ["user", "model", "user"]
        assert sent["contents"][1]["parts"][1] == {"functionCall": {"name": "get_weather", "args": {"location": "Rome"}}}
        assert sent["contents"][2]["parts"][1] == {"functionResponse": {"name": "get_weather", "response": {"output": "24 degrees"}}}
    elif model.startswith("anthropic"):
        assert offered["tools"][0]["input_schema"] == WEATHER["function"]["parameters"] and offered["max_tokens"] == 4096
        assert sent["system"] == "Be brief." and [m["role"] for m in sent["messages"]] == ["user", "assistant", "user"]
        assert sent["messages"][1]["content"][1] == {"type": "tool_use", "id": "call_b", "name": "get_weather", "input": {"location": "Rome"}}
        assert sent["messages"][2]["content"][1] == {"type": "tool_result", "tool_use_id": "call_b", "content": "24 degrees", "is_error": False}
    elif model.startswith("ollama"):
        assert offered["tools"] == [WEATHER] and offered["options"]["num_ctx"] == 8192
        assert sent["messages"][2]["tool_calls"][1] == {"function": {"name": "get_weather", "arguments": {"location": "Rome"}}}
        assert sent["messages"][4] == {"role": "tool", "content": "24 degrees", "tool_name": "get_weather"}
    else:
        assert offered["tools"] == [WEATHER] and sent["messages"][2:] == CONVERSATION[2:]
        assert ("stream_options" in offered) == (not model.startswith("mistral"))


def test_streams_as_it_comes(case):
    model, provider, handler = case
    provider.play(Script(CASES[model][3], content_type=type_of(model), pause=0.02))
    raw = handler.call("POST", "/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": "Hi"}], "stream": True, "stream_options": {"include_usage": True}}).body.decode()
    chunks = [json.loads(block[6:]) for block in raw.strip().split("\n\n") if block.startswith("data: {")]
    assert raw.strip().endswith("data: [DONE]")
    assert "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"]) == "Hello!"
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop" and chunks[-1]["usage"]["completion_tokens"] == CASES[model][4][1]


REFUSALS = {
    "openai:gpt-4.1-mini": [(401, {"error": {"message": "Incorrect API key provided", "type": "invalid_request_error", "code": "invalid_api_key"}}, "unauthorized"),
                            (429, {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}}, "payment_required"),
                            (404, {"error": {"message": "The model `x` does not exist", "code": "model_not_found"}}, "model_not_found"),
                            (400, {"error": {"message": "This model's maximum context length is 8192 tokens.", "code": "context_length_exceeded"}}, "context_too_long"),
                            (413, {"error": "too large"}, "context_too_long"), (402, {"error": {"message": "no credit"}}, "payment_required"),
                            (400, {"error": {"message": "bad", "code": "invalid_value"}}, "bad_request"), (500, "<html>oops</html>", "unavailable")],
    "azure:my-gpt": [(400, {"error": {"code": "content_filter", "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."}}, "refused"),
                     (404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}}, "model_not_found")],
    "gemini:gemini-2.5-flash": [(400, [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}}], "unauthorized"),
                                (429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "32s"}]}}, "rate_limited")],
    "anthropic:claude-sonnet-4": [(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "unavailable"),
                                  (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 250000 tokens > 200000 maximum"}}, "context_too_long")],
    "ollama:llama3.2": [(404, {"error": "model 'llama3.2' not found"}, "model_not_found"), (500, {"error": "llama runner process has terminated"}, "unavailable")],
}


def test_refusals_are_told_apart(case, stack):
    model, provider, handler = case
    for status, body, kind in REFUSALS.get(model, []):
        provider.play(Script(body if isinstance(body, str) else json.dumps(body), status=status, content_type="application/json"))
        answer = handler.complete(model)
        assert answer.status in (502, 503), (status, body)
        assert WORDS[kind] in answer.json["error"]["message"], (kind, answer.body)
    if model.startswith("ollama"):
        assert "ollama pull llama3.2" in handler.read_log()
    assert "Incorrect API key" not in handler.read_log()


WORDS = {"unauthorized": "does not accept the key", "payment_required": "no credit", "model_not_found": "no model of that name", "context_too_long": "too long",
         "refused": "content rules", "bad_request": "refused the request", "rate_limited": "not available", "unavailable": "not available"}


def test_ollama_waits_longer_for_a_model_that_is_loaded_first(stack):
    with contextlib.ExitStack() as held:
        provider = Provider()
        held.callback(provider.close)
        held.enter_context(settings_file := SettingsFile({"ollama:llama3.2": {"firstTokenSeconds": 0.3, "loadSeconds": 5}}))
        handler = ChatHandler(stack, {"APUS_MODELS": "ollama:llama3.2", "OLLAMA_HOST": provider.url, "APUS_MODEL_SETTINGS": settings_file.path})
        held.callback(handler.close)

        def slowly(request):
            time.sleep(1)
            return Script(OLLAMA_TEXT, content_type="application/x-ndjson")

        provider.by_path["/api/ps"] = Script('{"models":[]}', content_type="application/json")
        provider.play(slowly)
        assert handler.complete("ollama:llama3.2").json["choices"][0]["message"]["content"] == "Hello!"
        provider.by_path["/api/ps"] = Script('{"models":[{"name":"llama3.2:latest"}]}', content_type="application/json")
        assert handler.complete("ollama:llama3.2").status == 503
        assert "no word after" in handler.read_log()


def test_azure_without_a_key_uses_the_identity(stack):
    provider = Provider()
    handler = ChatHandler(stack, {"APUS_MODELS": "azure:my-gpt", "AZURE_OPENAI_ENDPOINT": provider.url})
    try:
        provider.play(Script(AZURE_TEXT))
        assert handler.complete("azure:my-gpt").json["choices"][0]["message"]["content"] == "Hello!"
        assert provider.requests[0]["fields"]["authorization"].startswith("Bearer ey")
    finally:
        handler.close()
        provider.close()
