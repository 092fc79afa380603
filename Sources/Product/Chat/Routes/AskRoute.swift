import Catalog
import HTTPMessages
import HTTPServing
import JSONCoding
import Models
import Problems
import Retrieval
import Telemetry

/// `POST /api/ask`: one question, one answer, no chat.
struct AskRoute: Sendable {
    private static let bodyLimit = 1 << 20

    let library: Library
    let answers: OneOffAnswer

    private struct Body {
        let question: String
        let documents: [String]?
        let usesDocuments: Bool
        let model: String?
        let preset: String?

        init(_ json: JSONValue) throws {
            var reader = try FieldReader(
                json, allowed: ["question", "documents", "useDocuments", "model", "preset"])
            question = ChatRequest.question("question", json, &reader)
            documents = ChatRequest.documents(&reader)
            usesDocuments = reader.bool("useDocuments", default: true)
            model = reader.string("model", length: 1...200)
            preset = reader.string("preset", length: 1...40)
            try reader.finish()
        }
    }

    /// Answers with the same events as a chat's, without those about the chat, or with one object.
    func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let watch = Stopwatch()
        let body = try Body(try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit)))
        let model = try library.model(body.model)
        let preset = try library.preset(body.preset)
        let documents =
            body.usesDocuments
            ? try await library.catalog.searchableDocuments(chatId: nil, only: body.documents) : nil
        let (remembered, key) = try await library.remembered(
            body.question, documents: documents, preset: preset, model: model)
        let wantsStream = request.fields["accept"]?.contains("text/event-stream") ?? false
        if let remembered { return try await recall(remembered, watch, wantsStream) }
        let task = try await answers.task(body.question, in: documents, preset: preset, model: model)
        guard wantsStream else {
            let (answer, passages) = try await answers.run(task, watch: watch, key: key) { _ in }
            var object = Self.json(answer, task, watch)
            object["passages"] = .array(passages.map(\.json))
            return HTTPResponse(json: .object(object))
        }
        let id = request.id
        return EventStream.response { events in
            do {
                let (answer, _) = try await answers.run(task, watch: watch, key: key) { event in
                    switch event {
                    case .sources(let passages):
                        try await events.send("sources", ["passages": .array(passages.map(\.json))])
                    case .tool(let activity): try await events.send("tool", activity.json)
                    case .delta(let text): try await events.send("delta", ["text": .string(text)])
                    }
                }
                try await events.send("done", .object(Self.json(answer, task, watch)))
            } catch let error as ModelServiceError {
                try await events.send("error", error.problem.json(requestID: id))
            }
        }
    }

    private static func json(_ answer: Draft.Text, _ task: AnswerTask, _ watch: Stopwatch) -> JSONObject {
        let usage = answer.receipt.usage
        return [
            "model": .string(answer.receipt.model), "text": .string(answer.text),
            "citations": .array(answer.citations.map(\.json)), "finishReason": .string(answer.finishReason),
            "usage": [
                "promptTokens": .int(Int64(usage.prompt)), "completionTokens": .int(Int64(usage.completion)),
            ],
            "timings": [
                "embedMs": .double(task.found?.embedMilliseconds ?? 0),
                "searchMs": .double(task.found?.searchMilliseconds ?? 0),
                "firstTokenMs": .double(answer.firstTokenMilliseconds), "totalMs": .double(watch.milliseconds),
            ],
            "receipt": answer.receipt.json,
        ]
    }

    private func recall(_ remembered: RememberedAnswer, _ watch: Stopwatch, _ wantsStream: Bool) async throws
        -> HTTPResponse
    {
        let receipt = remembered.receipt
        await library.count(
            receipt, milliseconds: watch.milliseconds, finishReason: remembered.finishReason)
        let zero: JSONValue = ["promptTokens": 0, "completionTokens": 0]
        var object: JSONObject = [
            "model": .string(remembered.model), "text": .string(remembered.text),
            "citations": .array(remembered.citations), "finishReason": .string(remembered.finishReason),
            "usage": zero,
            "timings": ["embedMs": 0, "searchMs": 0, "firstTokenMs": 0, "totalMs": .double(watch.milliseconds)],
            "receipt": receipt.json,
        ]
        let passages = JSONValue.array(remembered.passages.map(\.json))
        guard wantsStream else {
            object["passages"] = passages
            return HTTPResponse(json: .object(object))
        }
        let done = JSONValue.object(object)
        return EventStream.response { events in
            try await events.send("sources", ["passages": passages])
            try await events.send("delta", ["text": .string(remembered.text)])
            try await events.send("done", done)
        }
    }
}
