import AccessControl
import Catalog
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Telemetry

/// `POST /api/chat`: a question in a chat, and its answer; `POST /api/chat/{answerId}/regenerate`: another answer to it. As events it is read from its log, and goes on when the caller leaves;
/// as one object it is the caller's own, and ends with the request.
struct ChatRoute: Sendable {
    private static let bodyLimit = 1 << 20

    let engine: TurnEngine
    let reader: AnswerReader

    func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let watch = Stopwatch()
        let question = try ChatRequest(try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit)))
        return try await answer(request, watch) { try await engine.prepare(question) }
    }

    /// Another version of an answer, to the same question.
    func redo(_ request: HTTPRequest) async throws -> HTTPResponse {
        let watch = Stopwatch()
        let redo = try RedoRequest(
            try await request.body.collect(limit: Self.bodyLimit), answerId: request.parameters["answerId"] ?? "")
        return try await answer(request, watch) { try await engine.prepare(redo) }
    }

    private func answer(
        _ request: HTTPRequest, _ watch: Stopwatch, _ make: @escaping @Sendable () async throws -> Turn
    ) async throws -> HTTPResponse {
        guard AnswerDelivery.wantsEvents(request) else {
            let turn = try await prepare(make)
            return try await AnswerDelivery.response(to: request) { try await engine.run(turn, watch: watch, emit: $0) }
        }
        // What the server was asked to do it does, even when the caller leaves before it has begun.
        return try await Task { try await begin(request, watch, make) }.value
    }

    private func begin(
        _ request: HTTPRequest, _ watch: Stopwatch, _ make: @escaping @Sendable () async throws -> Turn
    ) async throws -> HTTPResponse {
        let turn = try await prepare(make)
        guard turn.replayed == nil, turn.remembered == nil else {
            return try await AnswerDelivery.response(to: request, isNumbered: true) {
                try await engine.run(turn, watch: watch, emit: $0)
            }
        }
        let started = try await reader.running.start(turn, in: reader.catalog, requestID: request.id) { emit in
            try await engine.run(turn, watch: watch, emit: emit)
        }
        if let own = started {
            return EventStream.response { events in
                try await reader.follow(own.key, own.log, after: own.first) { try await events.send($0) }
            }
        }
        // Whoever asks the same again while it is answered reads the answer from its beginning.
        guard let answer = try await reader.answer(turn.answerId) else { throw Self.gone }
        return EventStream.response { events in
            try await reader.follow(answer, after: 0) { try await events.send($0) }
        }
    }

    private static let gone = Problem(.notFound, "The chat was deleted while its question was asked.")

    /// Prepares in a task of its own: the room that this takes goes with it, and does not stay for as long as the answer.
    private func prepare(_ make: @escaping @Sendable () async throws -> Turn) async throws -> Turn {
        try await withThrowingTaskGroup(of: Turn.self) { group in
            group.addTask { try await make() }
            guard let turn = try await group.next() else { throw CancellationError() }
            AuditObjects.note("chat", turn.chatId)
            return turn
        }
    }
}
