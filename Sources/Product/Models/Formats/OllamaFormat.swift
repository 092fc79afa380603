import HTTPClient
import HTTPMessages
import JSONCoding

/// Ollama's own `POST /api/chat`: one JSON object a line.
struct OllamaFormat: WireFormat {
    let framing = StreamFraming.lines
    let model: String
    let access: ServiceAccess

    func encode(_ request: ModelRequest, _ settings: ModelSettings) async throws -> HTTPSession.Request {
        // Without a size the server loads a small context and silently forgets the beginning of long prompts.
        var options: JSONObject = ["num_ctx": .int(Int64(settings.contextTokens))]
        if let temperature = request.temperature ?? settings.temperature {
            options["temperature"] = .double(temperature)
        }
        if let limit = request.maximumTokens ?? settings.maximumTokens { options["num_predict"] = .int(Int64(limit)) }
        var body: JSONObject = [
            "model": .string(model), "stream": true, "options": .object(options),
            "messages": .array(request.messages.map(Self.message)),
        ]
        if !request.tools.isEmpty {
            body["tools"] = .array(request.tools.map(\.functionDeclaration))
        }
        var result = try await access.post("/api/chat", accept: "application/x-ndjson")
        result.body = .bytes(JSONValue.object(body).encoded)
        return result
    }

    private static func message(_ message: ModelMessage) -> JSONValue {
        var object: JSONObject = ["role": .string(message.role.rawValue), "content": .string(message.text)]
        if !message.toolCalls.isEmpty {
            object["tool_calls"] = .array(
                message.toolCalls.map {
                    ["function": ["name": .string($0.name), "arguments": $0.argumentsObject]]
                })
        }
        if let call = message.answeredCall { object["tool_name"] = .string(call.name) }
        return .object(object)
    }

    func decoder() -> any AnswerDecoder { OllamaDecoder() }

    var missingModelAdvice: String { "it is not pulled; run 'ollama pull \(model)'" }

    /// `GET /api/ps` lists the models in memory; one that is not among them is loaded from disk first.
    func loadTime(_ settings: ModelSettings, _ client: HTTPSession) async -> Duration? {
        var request = HTTPSession.Request(.get, access.url + "/api/ps")
        request.headTimeout = .seconds(2)
        guard let answer = try? await client.fetch(request, limit: 1 << 20), answer.status.isSuccess,
            let running = (try? JSONParser.parse(answer.body))?["models"]?.array
        else { return .none }
        let names = running.compactMap { $0["name"]?.string ?? $0["model"]?.string }
        let isLoaded = names.contains { $0 == model || $0 == model + ":latest" }
        return isLoaded ? .none : .milliseconds(Int64(settings.loadSeconds * 1000))
    }
}

/// Reads the lines of an answer.
struct OllamaDecoder: AnswerDecoder {
    private var calls: [ToolCall] = []
    private var reason: FinishReason?

    mutating func take(_ line: JSONValue) throws(AnswerFault) -> [ModelEvent] {
        if line["error"]?.string != nil { throw AnswerFault(reason: "the service reported an error in mid-answer") }
        var events: [ModelEvent] = []
        let message = line["message"]
        if let text = message?["content"]?.string, !text.isEmpty { events.append(.text(text)) }
        if let thought = message?["thinking"]?.string, !thought.isEmpty { events.append(.working) }
        for call in message?["tool_calls"]?.array ?? [] {
            guard calls.count < AnswerFault.maximumCalls else { throw .tooManyCalls }
            let function = call["function"]
            calls.append(
                ToolCall(
                    id: "call_\(calls.count + 1)", name: function?["name"]?.string ?? "",
                    arguments: (function?["arguments"] ?? [:]).text))
            events.append(.working)
        }
        guard line["done"]?.bool ?? false else { return events }
        reason = line["done_reason"]?.string == "length" ? .length : .stop
        events.append(
            .usage(
                TokenUsage(
                    prompt: Int(clamping: line["prompt_eval_count"]?.int ?? 0),
                    completion: Int(clamping: line["eval_count"]?.int ?? 0))))
        return events
    }

    mutating func end() -> [ModelEvent] {
        guard let reason else { return [] }
        return calls.map { .toolCall($0) } + [.finished(calls.isEmpty ? reason : .toolCalls)]
    }
}
