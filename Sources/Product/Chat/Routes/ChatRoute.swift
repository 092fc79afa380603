import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Retrieval
import Synchronization
import Telemetry

/// `POST /api/chat`: a stream of events where the caller accepts one, otherwise one object.
struct ChatRoute: Sendable {
    private static let bodyLimit = 1 << 20

    let engine: TurnEngine

    func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let watch = Stopwatch()
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        let question = try ChatRequest(body)
        // A task of its own: the room that preparing takes goes with it, and does not stay for as long as the answer.
        let turn = try await Task { try await engine.prepare(question) }.value
        let id = request.id
        if request.fields["accept"]?.contains("text/event-stream") ?? false {
            return EventStream.response { events in
                try await engine.run(turn, watch: watch) { event in
                    let (name, data) = event.wire(turn, requestID: id)
                    try await events.send(name, data)
                }
            }
        }
        let result = Result()
        try await engine.run(turn, watch: watch) { result.take($0) }
        switch result.ending {
        case .done(let outcome):
            var object = turn.json.object ?? JSONObject()
            object["passages"] = .array(result.passages)
            for (name, value) in outcome.json.object?.members ?? [] { object[name] = value }
            return HTTPResponse(json: .object(object))
        case .failed(let problem): throw problem
        default: throw Problem(.internalServerError, "The answer did not end.")
        }
    }

    /// What is left of the events when they are not sent one by one.
    private final class Result: Sendable {
        private let state = Mutex<(passages: [JSONValue], ending: TurnEvent?)>(([], nil))

        var passages: [JSONValue] { state.withLock { $0.passages } }
        var ending: TurnEvent? { state.withLock { $0.ending } }

        func take(_ event: TurnEvent) {
            switch event {
            case .answer(.sources(let passages)): state.withLock { $0.passages = passages.map(\.json) }
            case .done, .failed: state.withLock { $0.ending = event }
            case .start, .answer: break
            }
        }
    }
}
