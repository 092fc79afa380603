import HTTPMessages
import Telemetry

/// Watches one request from its head to the end of its answer: a server span, and the duration by route
/// (OpenTelemetry's semantic conventions for HTTP servers).
struct RequestObserver: Sendable {
    private static let duration = Metrics.shared.histogram(
        "http.server.request.duration", unit: "s", "Time from a request's head to the end of its answer.")
    /// The span that the answering task works under.
    let span: Span
    private let method: String
    private let started = ContinuousClock.now

    init(_ method: HTTPMethod, _ fields: HTTPFields) {
        // Any token is a method; only those of the standard may become a label.
        self.method = HTTPMethod.standard.contains(method) ? method.rawValue : "_OTHER"
        let parent = fields["traceparent"].flatMap {
            TraceContext(traceparent: $0, tracestate: fields["tracestate"])
        }
        span = Span(self.method, kind: .server, parent: parent)
    }

    /// Notes the end. Callers who left show as status 499.
    func end(status: Int) {
        let route = span.route ?? "unmatched"
        Self.duration.record(
            since: started,
            ["http.request.method": method, "http.route": route, "http.response.status_code": String(status)])
        if span.isRecorded {
            span.rename("\(method) \(route)")
            span.set("http.request.method", .string(method))
            span.set("http.route", .string(route))
            span.set("http.response.status_code", .int(status))
        }
        if status >= 500 { span.fail("status \(status)") }
        span.end()
    }
}
