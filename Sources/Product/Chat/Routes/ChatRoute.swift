import AccessControl
import HTTPMessages
import JSONCoding
import Telemetry

/// `POST /api/chat`: a question in a chat, and its answer.
struct ChatRoute: Sendable {
    private static let bodyLimit = 1 << 20

    let engine: TurnEngine

    func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let watch = Stopwatch()
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        let turn = try await prepare(try ChatRequest(body))
        AuditObjects.note("chat", turn.chatId)
        return try await AnswerDelivery.response(to: request) { try await engine.run(turn, watch: watch, emit: $0) }
    }

    /// Prepares in a task of its own: the room that this takes goes with it, and does not stay for as long as the answer.
    private func prepare(_ question: ChatRequest) async throws -> Turn {
        try await withThrowingTaskGroup(of: Turn.self) { group in
            group.addTask { try await engine.prepare(question) }
            guard let turn = try await group.next() else { throw CancellationError() }
            return turn
        }
    }
}
