import HTTPMessages
import Telemetry

/// Watches one outgoing request until its answer's head has come: a client span whose context goes along, and the
/// duration by server (OpenTelemetry's semantic conventions for HTTP clients).
struct OutgoingObserver: Sendable {
    private static let duration = Metrics.shared.histogram(
        "http.client.request.duration", unit: "s", "Time until the head of another service's answer has come.")

    private let span: Span
    private let method: String
    private let server: String
    private let started = ContinuousClock.now

    init(_ request: inout HTTPSession.Request) {
        method = request.method.rawValue
        // Scheme and path are left out: the label has to be one of few, and paths may hold secrets.
        let parts = request.url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
        server = parts.count > 1 ? String(parts[1].prefix { $0 != "?" }) : ""
        span = Span(method, kind: .client, parent: Span.current?.context)
        request.fields["traceparent"] = span.context.traceparent
        request.fields["tracestate"] = span.context.state
    }

    func end(status: Int) {
        note(["http.response.status_code": String(status)])
        span.set("http.response.status_code", .int(status))
        if status >= 500 { span.fail("status \(status)") }
        span.end()
    }

    func end(failure: any Error) {
        let kind = (failure as? HTTPClientError).map { "\($0.code)" } ?? "cancelled"
        note(["error.type": kind])
        span.fail(kind)
        span.end()
    }

    private func note(_ outcome: [String: String]) {
        Self.duration.record(
            since: started, outcome.merging(["http.request.method": method, "server.address": server]) { $1 })
        span.set("http.request.method", .string(method))
        span.set("server.address", .string(server))
    }
}
