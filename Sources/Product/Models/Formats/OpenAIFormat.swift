import HTTPClient
import HTTPMessages
import JSONCoding

/// OpenAI's chat completions (`POST /chat/completions`, streamed), and every service that speaks it.
struct OpenAIFormat: WireFormat {
    /// Where services differ.
    struct Dialect: Sendable {
        /// The member that limits the answer; OpenAI's reasoning models refuse the older `max_tokens`.
        var limitName = "max_tokens"
        /// Whether `stream_options` is known; some services refuse members that they do not know.
        var asksForUsage = true
    }

    let framing = StreamFraming.events
    let model: String
    let access: ServiceAccess
    /// Path below the base, with the query that Azure's deployments want.
    var path = "/chat/completions"
    var dialect = Dialect()

    func encode(_ request: ModelRequest, _ settings: ModelSettings) async throws -> HTTPSession.Request {
        var body: JSONObject = [
            "model": .string(model), "stream": true, "messages": .array(request.messages.map(Self.message)),
        ]
        if dialect.asksForUsage { body["stream_options"] = ["include_usage": true] }
        if let temperature = request.temperature ?? settings.temperature { body["temperature"] = .double(temperature) }
        if let limit = request.maximumTokens ?? settings.maximumTokens { body[dialect.limitName] = .int(Int64(limit)) }
        if !request.tools.isEmpty {
            body["tools"] = .array(request.tools.map(\.functionDeclaration))
            if let choice = request.toolChoice { body["tool_choice"] = choice }
        }
        var result = try await access.post(path, accept: "text/event-stream")
        result.body = .bytes(JSONValue.object(body).encoded)
        return result
    }

    private static func message(_ message: ModelMessage) -> JSONValue {
        var object: JSONObject = ["role": .string(message.role.rawValue), "content": .string(message.text)]
        if !message.toolCalls.isEmpty {
            // Some services refuse empty content beside calls.
            if message.text.isEmpty { object["content"] = .null }
            object["tool_calls"] = .array(
                message.toolCalls.map { call in
                    let function: JSONValue = ["name": .string(call.name), "arguments": .string(call.arguments)]
                    return ["id": .string(call.id), "type": "function", "function": function]
                })
        }
        if let call = message.answeredCall { object["tool_call_id"] = .string(call.id) }
        return .object(object)
    }

    func decoder() -> any AnswerDecoder { OpenAIDecoder() }
}

/// Reads `chat.completion.chunk` objects, and whole `chat.completion` objects of services that do not stream.
struct OpenAIDecoder: AnswerDecoder {
    private var calls = ToolCallAssembly()
    private var reason: FinishReason?

    mutating func take(_ chunk: JSONValue) throws(AnswerFault) -> [ModelEvent] {
        if let error = chunk["error"], !error.isNull {
            let code = error["code"]?.int ?? error["status"]?.int ?? 0
            throw AnswerFault(
                kind: code == 429 ? .rateLimited : .unavailable, reason: "the service reported an error in mid-answer")
        }
        var events: [ModelEvent] = []
        if let usage = chunk["usage"], let prompt = usage["prompt_tokens"]?.int {
            let details = usage["prompt_tokens_details"]
            events.append(
                .usage(
                    TokenUsage(
                        prompt: Int(clamping: prompt), completion: Int(clamping: usage["completion_tokens"]?.int ?? 0),
                        cached: Int(clamping: details?["cached_tokens"]?.int ?? 0))))
        }
        guard let choice = chunk["choices"]?[0] else { return events }
        let delta = choice["delta"] ?? choice["message"]
        if let text = delta?["content"]?.string ?? delta?["refusal"]?.string, !text.isEmpty {
            events.append(.text(text))
        }
        for part in delta?["tool_calls"]?.array ?? [] {
            try calls.take(part)
            events.append(.working)
        }
        if delta?["reasoning_content"]?.string ?? delta?["reasoning"]?.string != nil { events.append(.working) }
        if let text = choice["finish_reason"]?.string {
            // Some services name the reason in capitals or their own words.
            reason = FinishReason(rawValue: text.lowercased()) ?? (text == "function_call" ? .toolCalls : .stop)
        }
        return events
    }

    mutating func end() -> [ModelEvent] {
        guard let reason else { return [] }
        let asked = calls.finish()
        return asked.map { .toolCall($0) } + [.finished(asked.isEmpty ? reason : .toolCalls)]
    }
}

extension ToolSpecification {
    /// OpenAI's declaration of a function, which Ollama has taken over.
    var functionDeclaration: JSONValue {
        let function: JSONValue = [
            "name": .string(name), "description": .string(description), "parameters": parameters,
        ]
        return ["type": "function", "function": function]
    }
}
