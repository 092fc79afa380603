import Catalog
import ChatMessages
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Problems
import Telemetry

/// `GET`, `POST /api/feedback`: what people think of answers.
struct FeedbackRoute: Sendable {
    private static let bodyLimit = 64 * 1024
    static let page = PageSize(standard: 30, most: 200)
    private static let counter = Metrics.shared.counter(
        "apus.feedback", unit: "{rating}", "What people said of answers, by the model that gave them.")

    let catalog: WorkspaceCatalog
    let messages: MessageStore

    /// Keeps, changes or withdraws what is thought of one answer.
    func rate(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        let fields = try FeedbackFields(body)
        guard try await catalog.chat(fields.chatId) != nil else { throw Self.unknown("chatId", "chat") }
        guard let rating = fields.rating else {
            try await catalog.withdrawFeedback(of: fields.answerId, in: fields.chatId)
            return HTTPResponse(json: Self.withdrawn(fields))
        }
        guard let answer = try await messages.message(fields.answerId, in: fields.chatId), answer.role == "assistant"
        else { throw Self.unknown("answerId", "answer in this chat") }
        if let ending = answer.finishReason.flatMap(AnswerEnding.init),
            [.error, .cancelled, .interrupted].contains(ending)
        {
            throw Problem(.conflict, "This answer broke off. Ask again, and rate the answer that comes.")
        }
        var question: ChatMessage?
        if let parent = answer.parentId { question = try await messages.message(parent, in: fields.chatId) }
        let before = try await catalog.feedback(in: fields.chatId, of: [answer.id])[answer.id]
        let kept = try await catalog.setFeedback(
            rating, reason: fields.reason?.rawValue, comment: fields.comment, of: answer.id, in: fields.chatId,
            question: question?.text ?? "", model: answer.model ?? "")
        guard let kept else { throw Self.unknown("chatId", "chat") }
        // A reason that comes later, or a rating that is repeated, is no other one.
        if before?.rating != rating {
            Self.counter.add(1, ["rating": rating.rawValue, "model": kept.model.isEmpty ? "none" : kept.model])
        }
        return HTTPResponse(json: kept.json)
    }

    /// `?limit=&before=&rating=`, the latest first.
    func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let limit = try PageLimit.read(request, Self.page)
        var rating: FeedbackRecord.Rating?
        if let text = request.target.parameter("rating") {
            rating = FeedbackRecord.Rating(rawValue: text)
            if rating == nil { throw InvalidFields(field: "rating", detail: "Must be up or down.") }
        }
        guard
            let page = try await catalog.feedback(
                limit: limit + 1, after: request.target.parameter("before"), rating: rating)
        else { throw InvalidFields(field: "before", detail: "Must be the next of a page before.") }
        let shown = page.prefix(limit)
        return HTTPResponse(
            json: [
                "feedback": .array(shown.map(\.json)),
                "next": .optional(page.count > limit ? shown.last?.cursor : nil),
            ])
    }

    private static func withdrawn(_ fields: FeedbackFields) -> JSONValue {
        [
            "chatId": .string(fields.chatId), "answerId": .string(fields.answerId), "rating": .null, "reason": .null,
            "comment": .null,
        ]
    }

    private static func unknown(_ field: String, _ what: String) -> Problem {
        Problem(
            .notFound, "There is no \(what) with this id.", fields: [FieldProblem(field: field, detail: "Unknown.")])
    }
}
