import HTTPClient
import HTTPMessages
import JSONCoding
import Problems
import Settings
import Testing

@testable import Models

/// What each provider is sent, and how what it says is read.
@Suite struct ProviderTests {
    private let access = ServiceAccess(url: "http://s", authorization: .bearer(Secret("k")), service: "s")
    private let call = ToolCall(id: "c1", name: "find", arguments: "{\"q\":\"x\"}", signature: "sig")

    private var conversation: [ModelMessage] {
        [
            ModelMessage(.system, "Be brief."), ModelMessage(.user, "Why?"), .asking("", for: [call]),
            .result("Because.", of: call, isError: false), .result("Not.", of: call, isError: true),
        ]
    }

    private var request: ModelRequest {
        var request = ModelRequest(
            conversation,
            tools: [
                ToolSpecification(
                    name: "find", description: "Finds.",
                    parameters: [
                        "type": "object", "$schema": "x", "additionalProperties": false,
                        "properties": ["q": ["type": "string"]],
                    ])
            ])
        request.maximumTokens = 50
        return request
    }

    private func body(_ format: any WireFormat, _ request: ModelRequest? = nil) async throws -> JSONValue {
        let encoded = try await format.encode(request ?? self.request, ModelSettings())
        return try JSONParser.parse(try await encoded.body.collect(limit: 1 << 20))
    }

    private func events(_ decoder: any AnswerDecoder, _ messages: [String]) throws -> [ModelEvent] {
        var decoder = decoder
        var events: [ModelEvent] = []
        for message in messages { events += try decoder.take(JSONParser.parse(message)) }
        return events + decoder.end()
    }

    // MARK: - OpenAI

    @Test func openAIGetsItsForm() async throws {
        let format = OpenAIFormat(model: "m", access: access)
        let encoded = try await format.encode(request, ModelSettings())
        #expect(encoded.url == "http://s/chat/completions" && encoded.fields["authorization"] == "Bearer k")
        let body = try await body(format)
        #expect(body["model"] == "m" && body["stream"] == true && body["max_tokens"] == 50)
        #expect(body["stream_options"] == ["include_usage": true] && body["temperature"] == 0.2)
        let messages = body["messages"]?.array ?? []
        #expect(messages.map { $0["role"] } == ["system", "user", "assistant", "tool", "tool"])
        #expect(messages[2]["content"] == .null && messages[2]["tool_calls"]?[0]?["id"] == "c1")
        #expect(messages[3]["tool_call_id"] == "c1" && body["tools"]?[0]?["function"]?["name"] == "find")
        #expect(body["tool_choice"] == nil)
    }

    @Test func dialectsDifferInLimitAndUsage() async throws {
        var format = OpenAIFormat(model: "m", access: access)
        format.dialect = .init(limitName: "max_completion_tokens", asksForUsage: false)
        let body = try await body(format)
        #expect(body["max_completion_tokens"] == 50 && body["max_tokens"] == nil && body["stream_options"] == nil)
        var choosing = request
        choosing.toolChoice = "required"
        choosing.temperature = 1
        let chosen = try await self.body(format, choosing)
        #expect(chosen["tool_choice"] == "required" && chosen["temperature"]?.double == 1)
    }

    @Test func openAIsStreamIsRead() throws {
        let read = try events(
            OpenAIDecoder(),
            [
                #"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#,
                #"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#, #"{"choices":[{"delta":{"content":"Yes"}}]}"#,
                #"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
                #"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":3}}}"#,
            ])
        #expect(
            read == [.working, .text("Yes"), .usage(TokenUsage(prompt: 5, completion: 2, cached: 3)), .finished(.stop)])
    }

    @Test(arguments: [
        ("stop", FinishReason.stop), ("LENGTH", .length), ("content_filter", .contentFilter), ("eos", .stop),
        ("function_call", .toolCalls),
    ])
    func reasonsHaveManyNames(name: String, reason: FinishReason) throws {
        let read = try events(OpenAIDecoder(), ["{\"choices\":[{\"delta\":{},\"finish_reason\":\"\(name)\"}]}"])
        #expect(read == [.finished(reason)])
    }

    @Test func aStreamWithoutAReasonIsNotWhole() throws {
        #expect(try events(OpenAIDecoder(), [#"{"choices":[{"delta":{"content":"a"}}]}"#]) == [.text("a")])
        var decoder = OpenAIDecoder()
        #expect(throws: AnswerFault.self) { try decoder.take(["error": ["code": 429]]) }
    }

    @Test func aWholeAnswerIsReadAsWell() throws {
        let read = try events(
            OpenAIDecoder(), [#"{"choices":[{"message":{"content":"All."},"finish_reason":"stop"}]}"#])
        #expect(read == [.text("All."), .finished(.stop)])
    }

    // MARK: - Anthropic

    @Test func anthropicGetsItsForm() async throws {
        let format = AnthropicFormat(model: "claude", access: access)
        let encoded = try await format.encode(request, ModelSettings())
        #expect(encoded.url == "http://s/v1/messages" && encoded.fields["anthropic-version"] == "2023-06-01")
        let body = try await body(format)
        #expect(body["system"] == "Be brief." && body["max_tokens"] == 50)
        let turns = body["messages"]?.array ?? []
        // Both results of the round are one turn of the user's.
        #expect(turns.map { $0["role"] } == ["user", "assistant", "user"])
        #expect(turns[1]["content"]?[0]?["type"] == "tool_use" && turns[1]["content"]?[0]?["input"]?["q"] == "x")
        #expect(turns[2]["content"]?.array?.map { $0["is_error"] } == [false, true])
        #expect(body["tools"]?[0]?["input_schema"]?["type"] == "object")
        var hot = request
        hot.temperature = 1.8
        #expect(try await self.body(format, hot)["temperature"]?.double == 1)
        let plain = try await self.body(format, ModelRequest([ModelMessage(.user, "x")]))
        #expect(plain["max_tokens"] == 4096 && plain["system"] == nil && plain["tools"] == nil)
    }

    @Test func anthropicsStreamIsRead() throws {
        let read = try events(
            AnthropicDecoder(),
            [
                #"{"type":"message_start","message":{"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}}"#,
                #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"#,
                #"{"type":"ping"}"#,
                #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"find"}}"#,
                #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"q\":"}}"#,
                #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"1}"}}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}"#,
            ])
        #expect(read.contains(.text("Hi")))
        #expect(read.contains(.toolCall(ToolCall(id: "t", name: "find", arguments: "{\"q\":1}"))))
        #expect(read.contains(.usage(TokenUsage(prompt: 15, completion: 9, cached: 5))))
        #expect(read.last == .finished(.toolCalls))
    }

    @Test(arguments: [
        ("end_turn", FinishReason.stop), ("max_tokens", .length), ("refusal", .contentFilter),
        ("model_context_window_exceeded", .length), ("stop_sequence", .stop),
    ])
    func anthropicsReasons(name: String, reason: FinishReason) throws {
        let read = try events(
            AnthropicDecoder(), ["{\"type\":\"message\",\"content\":[],\"stop_reason\":\"\(name)\"}"])
        #expect(read.last == .finished(reason))
    }

    @Test func anthropicsErrorsInMidAnswer() {
        var decoder = AnthropicDecoder()
        for (type, kind) in [
            ("rate_limit_error", ModelServiceError.Kind.rateLimited), ("overloaded_error", .unavailable),
        ] {
            do throws(AnswerFault) {
                _ = try decoder.take(["type": "error", "error": ["type": .string(type)]])
                Issue.record("that is an error")
            } catch {
                #expect(error.kind == kind)
            }
        }
    }

    // MARK: - Gemini

    @Test func geminiGetsItsForm() async throws {
        let format = GeminiFormat(model: "g", access: access)
        #expect(
            try await format.encode(request, ModelSettings()).url
                == "http://s/v1beta/models/g:streamGenerateContent?alt=sse")
        let body = try await body(format)
        #expect(body["systemInstruction"]?["parts"]?[0]?["text"] == "Be brief.")
        #expect(body["generationConfig"]?["maxOutputTokens"] == 50)
        let contents = body["contents"]?.array ?? []
        #expect(contents.map { $0["role"] } == ["user", "model", "user"] || contents.count == 3)
        #expect(contents[1]["parts"]?[0]?["thoughtSignature"] == "sig")
        let results = contents[2]["parts"]?.array ?? []
        #expect(results.count == 2 && results[0]["functionResponse"]?["response"]?["output"] == "Because.")
        #expect(results[1]["functionResponse"]?["response"]?["error"] == "Not.")
        let schema = body["tools"]?[0]?["functionDeclarations"]?[0]?["parameters"]
        #expect(schema?["additionalProperties"] == nil && schema?["$schema"] == nil && schema?["type"] == "object")
    }

    @Test func geminisStreamIsRead() throws {
        let read = try events(
            GeminiDecoder(),
            [
                #"{"candidates":[{"content":{"parts":[{"text":"thinking","thought":true}]}}]}"#,
                #"{"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}"#,
                #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"s"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2,"thoughtsTokenCount":3,"cachedContentTokenCount":1}}"#,
            ])
        #expect(read.first == .working && read.contains(.text("Hi")))
        #expect(read.contains(.usage(TokenUsage(prompt: 4, completion: 5, cached: 1))))
        #expect(read.contains(.toolCall(ToolCall(id: "call_1", name: "f", arguments: "{\"a\":1}", signature: "s"))))
        #expect(read.last == .finished(.toolCalls))
    }

    @Test(arguments: [
        #"{"promptFeedback":{"blockReason":"SAFETY"}}"#, #"{"error":{"code":429}}"#,
        #"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}"#,
    ])
    func geminisRefusals(message: String) throws {
        var decoder = GeminiDecoder()
        let json = try JSONParser.parse(message)
        #expect(throws: AnswerFault.self) { try decoder.take(json) }
    }

    @Test(arguments: [
        ("STOP", FinishReason.stop), ("MAX_TOKENS", .length), ("SAFETY", .contentFilter), ("OTHER", .stop),
    ])
    func geminisReasons(name: String, reason: FinishReason) throws {
        #expect(
            try events(GeminiDecoder(), ["{\"candidates\":[{\"finishReason\":\"\(name)\"}]}"]) == [.finished(reason)])
    }

    // MARK: - Ollama

    @Test func ollamaGetsItsForm() async throws {
        let format = OllamaFormat(model: "l", access: access)
        #expect(try await format.encode(request, ModelSettings()).url == "http://s/api/chat")
        let body = try await body(format)
        #expect(body["options"]?["num_ctx"] == 32768 && body["options"]?["num_predict"] == 50)
        let messages = body["messages"]?.array ?? []
        #expect(messages[2]["tool_calls"]?[0]?["function"]?["arguments"]?["q"] == "x")
        #expect(messages[3]["tool_name"] == "find" && format.missingModelAdvice.contains("ollama pull l"))
    }

    @Test func ollamasLinesAreRead() throws {
        let read = try events(
            OllamaDecoder(),
            [
                #"{"message":{"thinking":"hm","content":""}}"#, #"{"message":{"content":"Hi"}}"#,
                #"{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}}"#,
                #"{"message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":2}"#,
            ])
        #expect(
            read == [
                .working, .text("Hi"), .working, .usage(TokenUsage(prompt: 3, completion: 2)),
                .toolCall(ToolCall(id: "call_1", name: "f", arguments: "{\"a\":1}")), .finished(.toolCalls),
            ])
        #expect(
            try events(OllamaDecoder(), [#"{"done":true,"done_reason":"length"}"#]).last == .finished(.length))
        var decoder = OllamaDecoder()
        #expect(throws: AnswerFault.self) { try decoder.take(["error": "out of memory"]) }
    }

    // MARK: - Failures

    @Test(arguments: [
        (401, "{}", ModelServiceError.Kind.unauthorized), (403, "{}", .unauthorized), (402, "{}", .paymentRequired),
        (404, "{}", .modelNotFound), (408, "{}", .timedOut), (504, "{}", .timedOut), (413, "{}", .contextTooLong),
        (429, "{}", .rateLimited), (429, #"{"error":{"code":"insufficient_quota"}}"#, .paymentRequired),
        (400, #"{"error":{"message":"This model's maximum context length is 8192 tokens"}}"#, .contextTooLong),
        (400, #"{"error":{"message":"the number of tokens exceeds the limit"}}"#, .contextTooLong),
        (400, #"{"error":{"code":"content_filter"}}"#, .refused),
        (400, #"[{"error":{"message":"API key not valid."}}]"#, .unauthorized),
        (400, #"{"error":{"message":"The model x does not exist"}}"#, .modelNotFound), (400, "not json", .badRequest),
        (422, #"{"detail":"odd"}"#, .badRequest), (500, "", .unavailable), (503, "<html>", .unavailable),
        (418, "", .badRequest),
    ])
    func failuresAreToldApart(status: Int, body: String, kind: ModelServiceError.Kind) {
        let error = ModelServiceError(
            service: "s", status: HTTPStatus(rawValue: status), fields: [:], body: body.bytes)
        #expect(error.kind == kind && error.status == status)
    }

    @Test func googlesDelayIsKept() {
        let body = #"{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"32s"}]}}"#
        let error = ModelServiceError(
            service: "s", status: HTTPStatus(rawValue: 429), fields: [:], body: body.bytes)
        #expect(error.retryAfter == .seconds(32) && error.isUnavailable && error.failsOver)
    }

    @Test(arguments: [
        (ModelServiceError.Kind.unavailable, 503, true), (.rateLimited, 503, true), (.timedOut, 503, true),
        (.unauthorized, 502, true), (.paymentRequired, 502, true), (.modelNotFound, 502, true),
        (.contextTooLong, 502, true), (.refused, 502, false), (.badRequest, 502, false),
    ])
    func everyFailureIsAProblem(kind: ModelServiceError.Kind, status: Int, failsOver: Bool) {
        let error = ModelServiceError(service: "openai:x", kind: kind, reason: "r")
        #expect(error.problem.status.rawValue == status && error.failsOver == failsOver)
        #expect(error.problem.detail.contains("openai:x"))
    }
}
