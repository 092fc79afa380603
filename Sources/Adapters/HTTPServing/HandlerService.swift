import EventLoop
import HTTPMessages
import HTTPWire
import Problems
import Telemetry

/// Has requests answered by a handler, off the network's thread: with an id, a span, and a limit of the body.
struct HandlerService: Sendable {
    let maximumBodyBytes: Int
    let refusal: @Sendable (Problem, String) -> HTTPResponse
    let handler: HTTPServer.Handler

    /// Words what is refused before there is a request.
    func refuse(_ error: MessageError, requestID id: String = Self.newID()) -> HTTPResponse {
        var response = refusal(error.problem, id)
        response.fields["x-request-id"] = id
        return response
    }

    /// Answers one request.
    @NetworkActor
    func answer(_ exchange: ServerExchange) async {
        var request = exchange.request
        request.id = request.fields["x-request-id"].flatMap(Self.acceptableID) ?? Self.newID()
        let observer = RequestObserver(request.method, request.fields)
        let context = RequestContext(span: observer.span, id: request.id)
        var response = await respond(to: request, over: exchange, in: context)
        response.fields["x-request-id"] = request.id
        if case .stream(let length, let produce) = response.body {
            response.body = .stream(length: length) { writer in try await context.run { try await produce(writer) } }
        }
        var status = response.status.rawValue
        do {
            if response.status == .noAnswer { exchange.abort() } else { try await exchange.send(response) }
        } catch {
            exchange.abort()
            status = HTTPStatus.callerLeft.rawValue
        }
        observer.end(status: status)
    }

    /// The handler's response, or ours where the request turns out to be none.
    @NetworkActor
    private func respond(
        to request: HTTPRequest, over exchange: ServerExchange, in context: RequestContext
    ) async -> HTTPResponse {
        // What still comes of a body that is too long is passed over after the answer, so that the caller gets to see it.
        if let length = exchange.body.length, length > maximumBodyBytes {
            return refusal(
                Problem(.contentTooLarge, "The body is larger than the limit of \(maximumBodyBytes) bytes."), request.id
            )
        }
        exchange.body.limit = maximumBodyBytes
        let upload = RequestUpload(exchange.body)
        let handling = Task.detached { [handler] in
            var request = request
            request.body = .source(upload)
            return await context.run { await handler(request) }
        }
        exchange.cancelWhenPeerHasGone { handling.cancel() }
        let response = await handling.value
        exchange.onPeerGone = nil
        upload.end()
        return exchange.body.failure.map { refuse($0, requestID: request.id) } ?? response
    }

    private static func newID() -> String { TraceContext.hex(.random(in: .min ... .max)) }

    private static func acceptableID(_ text: String) -> String? {
        let isPlain =
            text.utf8.count <= 64
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
            }
        return isPlain && !text.isEmpty ? text : nil
    }
}

/// What code that works for a request can ask for, wherever it runs.
private struct RequestContext: Sendable {
    let span: Span
    let id: String

    func run<Value>(_ work: () async throws -> Value) async rethrows -> Value {
        try await Span.$current.withValue(span) { try await Log.$requestID.withValue(id) { try await work() } }
    }
}

extension MessageError {
    /// What the caller is told.
    var problem: Problem {
        let text = description
        return Problem(status, text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : "."))
    }
}
