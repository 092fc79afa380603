import HTTPClient
import HTTPMessages
import JSONCoding

/// Google Gemini's own `models/{model}:streamGenerateContent`, as server-sent events (`alt=sse`).
struct GeminiFormat: WireFormat {
    let framing = StreamFraming.events
    let model: String
    let access: ServiceAccess

    func encode(_ request: ModelRequest, _ settings: ModelSettings) async throws -> HTTPSession.Request {
        var body: JSONObject = ["contents": .array(Self.contents(request.messages))]
        let system = request.messages.filter { $0.role == .system }.map(\.text)
        if !system.isEmpty {
            body["systemInstruction"] = ["parts": .array(system.map { ["text": .string($0)] })]
        }
        var configuration = JSONObject()
        if let temperature = request.temperature ?? settings.temperature {
            configuration["temperature"] = .double(temperature)
        }
        if let limit = request.maximumTokens ?? settings.maximumTokens {
            configuration["maxOutputTokens"] = .int(Int64(limit))
        }
        if !configuration.isEmpty { body["generationConfig"] = .object(configuration) }
        if !request.tools.isEmpty {
            let declarations = request.tools.map { tool -> JSONValue in
                [
                    "name": .string(tool.name), "description": .string(tool.description),
                    "parameters": Self.schema(tool.parameters),
                ]
            }
            body["tools"] = [["functionDeclarations": .array(declarations)]]
        }
        var result = try await access.post(
            "/v1beta/models/\(model):streamGenerateContent?alt=sse", accept: "text/event-stream")
        result.body = .bytes(JSONValue.object(body).encoded)
        return result
    }

    /// Turns of `user` and `model`; the results of one round of tools are one turn.
    private static func contents(_ messages: [ModelMessage]) -> [JSONValue] {
        var turns: [(role: String, parts: [JSONValue])] = []
        for message in messages where message.role != .system {
            let role = message.role == .assistant ? "model" : "user"
            let parts = parts(message)
            if turns.last?.role == role, message.role == .tool {
                turns[turns.count - 1].parts += parts
            } else if !parts.isEmpty {
                turns.append((role, parts))
            }
        }
        return turns.map { ["role": .string($0.role), "parts": .array($0.parts)] }
    }

    private static func parts(_ message: ModelMessage) -> [JSONValue] {
        if let call = message.answeredCall {
            let response: JSONValue = [message.isError ? "error" : "output": .string(message.text)]
            return [["functionResponse": ["name": .string(call.name), "response": response]]]
        }
        var parts: [JSONValue] = message.text.isEmpty ? [] : [["text": .string(message.text)]]
        for call in message.toolCalls {
            var part: JSONObject = [
                "functionCall": ["name": .string(call.name), "args": call.argumentsObject]
            ]
            if let signature = call.signature { part["thoughtSignature"] = .string(signature) }
            parts.append(.object(part))
        }
        return parts
    }

    /// The subset of JSON Schema that function declarations may use: no `additionalProperties`, no `$schema`.
    private static func schema(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            let kept = object.members.filter { $0.name != "additionalProperties" && $0.name != "$schema" }
            return .object(JSONObject(kept.map { ($0.name, schema($0.value)) }))
        case .array(let list): return .array(list.map(schema))
        default: return value
        }
    }

    func decoder() -> any AnswerDecoder { GeminiDecoder() }
}

/// Reads `GenerateContentResponse` objects.
struct GeminiDecoder: AnswerDecoder {
    private var calls: [ToolCall] = []
    private var reason: FinishReason?

    mutating func take(_ chunk: JSONValue) throws(AnswerFault) -> [ModelEvent] {
        if let error = chunk["error"], !error.isNull {
            let kind: ModelServiceError.Kind = error["code"]?.int == 429 ? .rateLimited : .unavailable
            throw AnswerFault(kind: kind, reason: "the service reported an error in mid-answer")
        }
        if let blocked = chunk["promptFeedback"]?["blockReason"]?.string {
            throw AnswerFault(kind: .refused, reason: "the question was blocked: \(blocked.prefix(40))")
        }
        var events: [ModelEvent] = []
        let candidate = chunk["candidates"]?[0]
        for part in candidate?["content"]?["parts"]?.array ?? [] {
            if let call = part["functionCall"], let name = call["name"]?.string {
                guard calls.count < AnswerFault.maximumCalls else { throw .tooManyCalls }
                calls.append(
                    ToolCall(
                        id: call["id"]?.string ?? "call_\(calls.count + 1)", name: name,
                        arguments: (call["args"] ?? [:]).text, signature: part["thoughtSignature"]?.string))
                events.append(.working)
            } else if part["thought"]?.bool ?? false {
                events.append(.working)
            } else if let text = part["text"]?.string, !text.isEmpty {
                events.append(.text(text))
            }
        }
        if let usage = chunk["usageMetadata"], let prompt = usage["promptTokenCount"]?.int {
            let written = (usage["candidatesTokenCount"]?.int ?? 0, usage["thoughtsTokenCount"]?.int ?? 0)
            events.append(
                .usage(
                    TokenUsage(
                        prompt: Int(clamping: prompt), completion: Int(clamping: written.0) &+ Int(clamping: written.1),
                        cached: Int(clamping: usage["cachedContentTokenCount"]?.int ?? 0))))
        }
        if let text = candidate?["finishReason"]?.string { reason = try Self.reason(text) }
        return events
    }

    private static func reason(_ text: String) throws(AnswerFault) -> FinishReason {
        switch text {
        case "STOP": return .stop
        case "MAX_TOKENS": return .length
        case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY": return .contentFilter
        case "MALFORMED_FUNCTION_CALL":
            throw AnswerFault(reason: "the model wrote a tool call that the service could not read")
        default: return .stop
        }
    }

    mutating func end() -> [ModelEvent] {
        guard let reason else { return [] }
        return calls.map { .toolCall($0) } + [.finished(calls.isEmpty ? reason : .toolCalls)]
    }
}
