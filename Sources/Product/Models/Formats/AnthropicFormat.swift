import HTTPClient
import HTTPMessages
import JSONCoding

/// Anthropic's messages API (`POST /v1/messages`, streamed, version 2023-06-01).
struct AnthropicFormat: WireFormat {
    private static let version = "2023-06-01"
    /// The service wants a limit with every request.
    private static let standardLimit = 4096

    let framing = StreamFraming.events
    let model: String
    let access: ServiceAccess

    func encode(_ request: ModelRequest, _ settings: ModelSettings) async throws -> HTTPSession.Request {
        var body: JSONObject = [
            "model": .string(model), "stream": true,
            "max_tokens": .int(Int64(request.maximumTokens ?? settings.maximumTokens ?? Self.standardLimit)),
            "messages": .array(Self.turns(request.messages)),
        ]
        let system = request.messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n\n")
        if !system.isEmpty { body["system"] = .string(system) }
        // The service takes 0 to 1, others 0 to 2.
        if let temperature = request.temperature ?? settings.temperature {
            body["temperature"] = .double(min(temperature, 1))
        }
        if !request.tools.isEmpty {
            body["tools"] = .array(
                request.tools.map {
                    [
                        "name": .string($0.name), "description": .string($0.description),
                        "input_schema": $0.parameters,
                    ]
                })
        }
        var result = try await access.post("/v1/messages", accept: "text/event-stream")
        result.fields["anthropic-version"] = Self.version
        result.body = .bytes(JSONValue.object(body).encoded)
        return result
    }

    /// Turns of `user` and `assistant`; the results of one round of tools are one turn.
    private static func turns(_ messages: [ModelMessage]) -> [JSONValue] {
        var turns: [(role: String, blocks: [JSONValue])] = []
        for message in messages where message.role != .system {
            let role = message.role == .assistant ? "assistant" : "user"
            let blocks = blocks(message)
            if turns.last?.role == role {
                turns[turns.count - 1].blocks += blocks
            } else if !blocks.isEmpty {
                turns.append((role, blocks))
            }
        }
        return turns.map { ["role": .string($0.role), "content": .array($0.blocks)] }
    }

    private static func blocks(_ message: ModelMessage) -> [JSONValue] {
        if let call = message.answeredCall {
            return [
                [
                    "type": "tool_result", "tool_use_id": .string(call.id), "content": .string(message.text),
                    "is_error": .bool(message.isError),
                ]
            ]
        }
        // Blocks of nothing but white space are refused.
        let isBlank = message.text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
        return (isBlank ? [] : [["type": "text", "text": .string(message.text)]])
            + message.toolCalls.map { call in
                [
                    "type": "tool_use", "id": .string(call.id), "name": .string(call.name),
                    "input": call.argumentsObject,
                ]
            }
    }

    func decoder() -> any AnswerDecoder { AnthropicDecoder() }
}

/// Reads the events of a message's stream.
struct AnthropicDecoder: AnswerDecoder {
    private struct Block {
        let id: String
        let name: String
        var json = ""
    }

    private var blocks: [(index: Int64, block: Block)] = []
    private var usage = TokenUsage()
    private var reason: FinishReason?

    mutating func take(_ event: JSONValue) throws(AnswerFault) -> [ModelEvent] {
        switch event["type"]?.string {
        case "message": return try whole(event)
        case "message_start": return count(event["message"]?["usage"])
        case "content_block_start":
            let block = event["content_block"]
            guard block?["type"]?.string == "tool_use", let name = block?["name"]?.string else { return [.working] }
            guard blocks.count < AnswerFault.maximumCalls else { throw .tooManyCalls }
            let id = block?["id"]?.string ?? "call_\(blocks.count + 1)"
            blocks.append((event["index"]?.int ?? Int64(blocks.count), Block(id: id, name: name)))
            return [.working]
        case "content_block_delta": return try delta(event)
        case "message_delta":
            take(stopReason: event["delta"]?["stop_reason"]?.string)
            return count(event["usage"])
        case "error":
            let type = event["error"]?["type"]?.string ?? ""
            throw AnswerFault(
                kind: type == "rate_limit_error" ? .rateLimited : .unavailable,
                reason: "the service reported an error in mid-answer: \(type.prefix(40))")
        default: return []
        }
    }

    /// A message of a service that did not stream it.
    private mutating func whole(_ message: JSONValue) throws(AnswerFault) -> [ModelEvent] {
        var events: [ModelEvent] = []
        for block in message["content"]?.array ?? [] {
            if let text = block["text"]?.string, !text.isEmpty { events.append(.text(text)) }
            guard block["type"]?.string == "tool_use", let name = block["name"]?.string else { continue }
            guard blocks.count < AnswerFault.maximumCalls else { throw .tooManyCalls }
            let id = block["id"]?.string ?? "call_\(blocks.count + 1)"
            blocks.append((Int64(blocks.count), Block(id: id, name: name, json: (block["input"] ?? [:]).text)))
        }
        take(stopReason: message["stop_reason"]?.string)
        return events + count(message["usage"])
    }

    private mutating func take(stopReason: String?) {
        switch stopReason {
        case "max_tokens", "model_context_window_exceeded": reason = .length
        case "tool_use": reason = .toolCalls
        case "refusal": reason = .contentFilter
        case nil: break
        default: reason = .stop
        }
    }

    private mutating func delta(_ event: JSONValue) throws(AnswerFault) -> [ModelEvent] {
        let delta = event["delta"]
        if let text = delta?["text"]?.string { return text.isEmpty ? [] : [.text(text)] }
        if let part = delta?["partial_json"]?.string,
            let place = blocks.firstIndex(where: { $0.index == event["index"]?.int })
        {
            blocks[place].block.json += part
            guard blocks[place].block.json.utf8.count <= AnswerFault.maximumArgumentBytes else {
                throw .tooLongArguments
            }
        }
        return [.working]
    }

    /// Input tokens come without the cached ones, which other services include.
    private mutating func count(_ json: JSONValue?) -> [ModelEvent] {
        guard let json else { return [] }
        func number(_ name: String) -> Int? { json[name]?.int.map { Int(clamping: $0) } }
        if let input = number("input_tokens") {
            usage.cached = number("cache_read_input_tokens") ?? usage.cached
            usage.prompt = input &+ usage.cached &+ (number("cache_creation_input_tokens") ?? 0)
        }
        usage.completion = number("output_tokens") ?? usage.completion
        return [.usage(usage)]
    }

    mutating func end() -> [ModelEvent] {
        guard let reason else { return [] }
        let calls = blocks.map { entry in
            ToolCall(
                id: entry.block.id, name: entry.block.name,
                arguments: entry.block.json.isEmpty ? "{}" : entry.block.json)
        }
        return calls.map { .toolCall($0) } + [.finished(calls.isEmpty ? reason : .toolCalls)]
    }
}
