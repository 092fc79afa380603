import HTTPMessages
import HTTPServing
import Synchronization

/// A count that many tasks share.
final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add(_ number: Int) { count.withLock { $0 += number } }
}

/// Answers each request with the next response of a list, the last one for ever, and remembers the requests.
final class ScriptedServer: Sendable {
    private struct State {
        var responses: [HTTPResponse]
        var requests: [HTTPRequest] = []
    }

    private let state: Mutex<State>
    private let server: Mutex<HTTPServer?> = Mutex(nil)

    init(_ responses: [HTTPResponse]) throws {
        state = Mutex(State(responses: responses))
        let started = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            _ = try? await request.body.collect(limit: 64 << 20)
            return self?.take(request) ?? HTTPResponse(.internalServerError)
        }
        server.withLock { $0 = started }
    }

    private func take(_ request: HTTPRequest) -> HTTPResponse {
        state.withLock { state in
            state.requests.append(request)
            return state.responses.count > 1 ? state.responses.removeFirst() : state.responses[0]
        }
    }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }
    var url: String { "http://127.0.0.1:\(server.withLock { $0?.port } ?? 0)" }
    func stop() async { await server.withLock { $0 }?.shutDown(grace: .zero) }

    /// A body of so many bytes whose connection breaks after the first ones.
    static func cut(_ bytes: [UInt8], of length: Int, _ fields: HTTPFields = [:]) -> HTTPResponse {
        struct Cut: Error {}
        return HTTPResponse(
            .ok, fields: fields,
            body: .stream(length: length) { writer in
                try await writer.write(bytes)
                try await Task.sleep(for: .milliseconds(50))
                throw Cut()
            })
    }
}
