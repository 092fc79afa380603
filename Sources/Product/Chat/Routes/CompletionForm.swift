import HTTPMessages
import JSONCoding
import Models
import Retrieval
import Telemetry

/// OpenAI's wire form of an answer. Citations stand in a member of their own, and as numbered notes below the text.
struct CompletionForm: Sendable {
    let id: String
    /// As the caller named it.
    let model: String
    private let created = Timestamp.nowMilliseconds() / 1000

    init(id: String, model: String) {
        self.id = id
        self.model = model
    }

    /// A `chat.completion`.
    func whole(_ answer: AnswerOutcome) -> JSONValue {
        var message: JSONObject = ["role": "assistant", "content": .string(answer.text + Self.notes(answer.citations))]
        if !answer.toolCalls.isEmpty {
            if answer.text.isEmpty { message["content"] = .null }
            message["tool_calls"] = .array(answer.toolCalls.map { .object(Self.call($0)) })
        }
        let choice: JSONValue = [
            "index": 0, "message": .object(message), "finish_reason": .string(Self.reason(answer)), "logprobs": nil,
        ]
        return [
            "id": .string(id), "object": "chat.completion", "created": .int(created), "model": .string(model),
            "choices": [choice], "usage": Self.usage(answer.usage),
            "citations": .array(answer.citations.map(\.json)), "receipt": answer.receipt?.json ?? .null,
        ]
    }

    /// A `chat.completion.chunk`.
    func chunk(_ delta: JSONValue, reason: String? = nil) -> JSONValue {
        let choice: JSONValue = [
            "index": 0, "delta": delta, "finish_reason": .optional(reason), "logprobs": nil,
        ]
        return .object(head(choices: [choice]))
    }

    /// The chunks after the text.
    func ending(_ answer: AnswerOutcome, withUsage: Bool) -> [JSONValue] {
        var chunks: [JSONValue] = []
        let notes = Self.notes(answer.citations)
        if !notes.isEmpty { chunks.append(chunk(["content": .string(notes)])) }
        if !answer.toolCalls.isEmpty {
            let calls = answer.toolCalls.enumerated().map { index, call -> JSONValue in
                var object = Self.call(call)
                object["index"] = .int(Int64(index))
                return .object(object)
            }
            chunks.append(chunk(["tool_calls": .array(calls)]))
        }
        if case .object(var last) = chunk([:], reason: Self.reason(answer)) {
            last["citations"] = .array(answer.citations.map(\.json))
            last["receipt"] = answer.receipt?.json ?? .null
            chunks.append(.object(last))
        }
        if withUsage {
            var object = head(choices: [])
            object["usage"] = Self.usage(answer.usage)
            chunks.append(.object(object))
        }
        return chunks
    }

    private func head(choices: [JSONValue]) -> JSONObject {
        [
            "id": .string(id), "object": "chat.completion.chunk", "created": .int(created), "model": .string(model),
            "choices": .array(choices),
        ]
    }

    private static func call(_ call: ToolCall) -> JSONObject {
        let function: JSONValue = ["name": .string(call.name), "arguments": .string(call.arguments)]
        return ["id": .string(call.id), "type": "function", "function": function]
    }

    private static func reason(_ answer: AnswerOutcome) -> String {
        [.length, .toolCalls].contains(answer.ending) ? answer.ending.rawValue : AnswerEnding.stop.rawValue
    }

    private static func usage(_ usage: TokenUsage) -> JSONValue {
        [
            "prompt_tokens": .int(Int64(usage.prompt)), "completion_tokens": .int(Int64(usage.completion)),
            "total_tokens": .int(Int64(usage.prompt + usage.completion)),
            "prompt_tokens_details": ["cached_tokens": .int(Int64(usage.cached))],
        ]
    }

    private static func notes(_ citations: [Citation]) -> String {
        guard !citations.isEmpty else { return "" }
        var noted: Set<Int> = []
        let lines = citations.filter { noted.insert($0.passage.n).inserted }.map { citation in
            let passage = citation.passage
            return "[\(passage.n)] \(passage.name), " + (passage.url ?? "page \(passage.page)")
        }
        return "\n\n" + lines.joined(separator: "\n")
    }
}
