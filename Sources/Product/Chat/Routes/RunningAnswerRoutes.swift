import AccessControl
import Catalog
import ChatMessages
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems

/// `GET /api/chat/{answerId}/events` and `POST /api/chat/{answerId}/stop`: answers that belong to the server, whoever asked.
struct RunningAnswerRoutes: Sendable {
    /// The greatest number that every JSON parser keeps exactly.
    static let greatestNumber = 1 << 53
    /// The number of the last event of an answer that never had a log.
    private static let lastWithoutLog = 1

    let reader: AnswerReader

    func events(_ request: HTTPRequest) async throws -> HTTPResponse {
        let number = try Self.number(request)
        let id = request.parameters["answerId"] ?? ""
        guard let answer = try await reader.answer(id) else {
            return try await stored(id, after: number)
        }
        // An event source that is told so does not ask again.
        if reader.hasNothing(of: answer, after: number) { return HTTPResponse(.noContent) }
        return EventStream.response { events in
            try await reader.follow(answer, after: number) { try await events.send($0) }
        }
    }

    /// One that was written without a log, or brought in from elsewhere.
    private func stored(_ id: String, after number: Int) async throws -> HTTPResponse {
        guard let chat = try await reader.catalog.chat(ofMessage: id),
            let message = try await reader.messages.message(id, in: chat), message.role == "assistant"
        else { throw Self.unknown }
        if number == Self.lastWithoutLog { return HTTPResponse(.noContent) }
        return EventStream.response { events in
            try await reader.replayStored(id, in: chat, last: Self.lastWithoutLog) { try await events.send($0) }
        }
    }

    /// Stops an answer, wherever it is written. One that has ended stays as it is, and says how it ended.
    func stop(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = request.parameters["answerId"] ?? ""
        guard let answer = try await reader.answer(id) else {
            guard let chat = try await reader.catalog.chat(ofMessage: id),
                let message = try await reader.messages.message(id, in: chat), message.role == "assistant"
            else { throw Self.unknown }
            return Self.state(id, chat: chat, message.finishReason)
        }
        AuditObjects.note("chat", answer.key.chat)
        if answer.finishReason == nil {
            try await reader.catalog.stopAnswer(answer.key)
            // Elsewhere it is seen within half a second.
            reader.running.answer(answer.key)?.cut(.cancelled)
        }
        return Self.state(id, chat: answer.key.chat, answer.finishReason)
    }

    private static func state(_ id: String, chat: String, _ finishReason: String?) -> HTTPResponse {
        HTTPResponse(
            json: ["answerId": .string(id), "chatId": .string(chat), "finishReason": .optional(finishReason)])
    }

    private static let unknown = Problem(.notFound, "There is no answer with this id.")

    /// The number of the last event that a reader has: `after`, or what an event source says when it comes back.
    private static func number(_ request: HTTPRequest) throws -> Int {
        let header = request.fields["last-event-id"].flatMap { $0.isEmpty ? nil : $0 }
        guard let text = request.target.parameter("after") ?? header else { return 0 }
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text), number <= greatestNumber else {
            throw InvalidFields(
                field: "after", detail: "Must be the id of an event: a whole number from 0 to \(greatestNumber).")
        }
        return number
    }
}
