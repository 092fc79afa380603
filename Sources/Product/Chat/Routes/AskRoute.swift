import Catalog
import HTTPMessages
import JSONCoding
import Models
import Problems
import Quotas
import Telemetry

/// `POST /api/ask`: one question, one answer, no chat. The events are those of a chat's answer without `start`.
struct AskRoute: Sendable {
    private static let bodyLimit = 1 << 20

    let answers: OneOffAnswer
    private var library: Library { answers.library }

    func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let watch = Stopwatch()
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        var reader = try FieldReader(body, allowed: ["question"] + QuestionFields.names)
        let asked = QuestionFields("question", body, &reader)
        try reader.finish()
        let manner = try await library.manner(of: asked, in: nil, isNewChat: true)
        try await library.meter.admitQuestion()
        let documents =
            asked.useDocuments
            ? try await library.catalog.searchableDocuments(chatId: nil, only: asked.documents) : nil
        let (remembered, key) = try await library.remembered(asked.text, documents: documents, manner)
        if let remembered {
            let answer = await library.recalled(remembered, watch: watch)
            return try await AnswerDelivery.response(to: request) { try await answer.replay($0) }
        }
        let task = try await answers.task(asked.text, in: documents, manner)
        return try await AnswerDelivery.response(to: request) { emit in
            do {
                try await emit(.done(try await answers.run(task, watch: watch, key: key, emit: emit)))
            } catch let error as ModelServiceError {
                try await emit(.failed(error.problem))
            }
        }
    }
}
