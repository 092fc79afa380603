import EventLoop
import Telemetry

/// What an app did: on its own `/metrics`, and with the app's name among the process's metrics.
@NetworkActor
final class HostMetrics {
    /// Upper bounds in seconds.
    private static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

    /// One function's series, looked up once.
    struct Counts: Sendable {
        fileprivate let succeeded: Series
        fileprivate let failed: Series
        fileprivate let seconds: Series
        fileprivate let running: Series

        func begin() { running.add() }

        func end(seconds elapsed: Double, succeeded hasSucceeded: Bool) {
            running.add(-1)
            (hasSucceeded ? succeeded : failed).add()
            seconds.record(elapsed)
        }
    }

    private let all = Metrics()
    private let invocations: Instrument
    private let running: Instrument
    private let durations: Instrument
    private let lengths: Instrument
    private let rejected: Series
    private let restarts: Series
    private let ready: Series
    private let connections: Series
    private var functions: [String: Counts] = [:]

    /// - Parameter app: What tells the app from others among the process's metrics.
    init(app: String) {
        invocations = all.counter(
            "functions.host.invocations", unit: "{invocation}", "Invocations that have ended.")
        running = all.gauge("functions.host.invocations.running", unit: "{invocation}", "Invocations under way.")
        durations = all.histogram(
            "functions.host.invocation.duration", unit: "s", bounds: Self.bounds,
            "Time from start to end of invocations.")
        lengths = all.gauge(
            "functions.host.queue.length", unit: "{message}",
            "Messages of a queue, hidden ones included, when it was last looked at.")
        rejected = all.counter(
            "functions.host.requests.rejected", unit: "{request}", "Requests answered with 429."
        ).series()
        restarts = all.counter(
            "functions.host.handler.restarts", unit: "{restart}", "How often the handler was started again."
        ).series()
        ready = all.gauge("functions.host.handler.ready", "Whether the handler answers.").series()
        connections = all.gauge(
            "functions.host.connections", unit: "{connection}", "Open connections of callers."
        ).series()
        Metrics.shared.include(all, ["app": app])
    }

    deinit { Metrics.shared.exclude(all) }

    /// The counts of a function.
    func counts(of function: String) -> Counts {
        if let known = functions[function] { return known }
        let new = Counts(
            succeeded: invocations.series(["function": function, "result": "succeeded"]),
            failed: invocations.series(["function": function, "result": "failed"]),
            seconds: durations.series(["function": function]), running: running.series(["function": function]))
        functions[function] = new
        return new
    }

    /// A queue's approximate length, hidden messages included.
    func queueLength(_ queue: String, _ length: Int) { lengths.set(Double(length), ["queue": queue]) }

    /// A request was turned away because too many were under way.
    func reject() { rejected.add() }

    /// Takes what is not counted here but known elsewhere.
    func observe(restarts count: Int, isReady: Bool, connections open: Int) {
        restarts.set(Double(count))
        ready.set(isReady ? 1 : 0)
        connections.set(Double(open))
    }

    /// The text that a Prometheus server reads.
    var text: String { PrometheusText(all.snapshot()).text }
}
