import Catalog
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Retrieval
import Synchronization
import TextSearch

/// Gives a caller an answer in the form that it accepts: event by event as it is written, or as one object at the end.
enum AnswerDelivery {
    /// Whether the caller takes events.
    static func wantsEvents(_ request: HTTPRequest) -> Bool {
        request.fields["accept"]?.contains("text/event-stream") ?? false
    }

    /// The response to a request whose answer `produce` reports.
    ///
    /// - Parameter isNumbered: Whether events have numbers, as those of a log: here only the last one has one that counts.
    /// - Throws: The problem that ended the answer, and what `produce` throws, when it is wanted as one object.
    static func response(
        to request: HTTPRequest, isNumbered: Bool = false,
        _ produce: @escaping @Sendable (@escaping Answerer.Emit) async throws -> Void
    ) async throws -> HTTPResponse {
        guard wantsEvents(request) else {
            let whole = WholeAnswer()
            try await produce { whole.take($0) }
            return HTTPResponse(json: try whole.json)
        }
        let id = request.id
        return EventStream.response { events in
            try await produce { event in
                let (name, data) = event.wire(requestID: id)
                guard isNumbered else { return try await events.send(name, data) }
                let event = LoggedEvent(id: 0, name: name, data: data.text)
                try await events.send([LoggedEvent(id: event.isLast ? 1 : 0, name: name, data: event.data)])
            }
        }
    }
}

/// What is left of the events when they are not sent one by one.
private final class WholeAnswer: Sendable {
    private struct State {
        var head = JSONObject()
        var passages: [FoundPassage] = []
        var ending: Result<AnswerOutcome, Problem>?
    }

    private let state = Mutex(State())

    func take(_ event: AnswerEvent) {
        state.withLock { state in
            switch event {
            case .start(let head): state.head = head.json
            case .sources(let passages): state.passages = passages
            case .done(let outcome): state.ending = .success(outcome)
            case .failed(let problem): state.ending = .failure(problem)
            case .tool, .delta: break
            }
        }
    }

    var json: JSONValue {
        get throws {
            let state = state.withLock { $0 }
            guard let ending = state.ending else { throw Problem(.internalServerError, "The answer did not end.") }
            var object = state.head
            object["passages"] = .array(state.passages.map(\.json))
            for (name, value) in try ending.get().json.members { object[name] = value }
            return .object(object)
        }
    }
}
