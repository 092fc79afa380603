import EventLoop
import Telemetry

/// What an app did, in the text form that Prometheus reads.
@NetworkActor
final class HostMetrics {
    /// Upper bounds in seconds.
    private nonisolated static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

    /// What one function did.
    @NetworkActor
    final class Counts {
        fileprivate var succeeded = 0
        fileprivate var failed = 0
        fileprivate var seconds = 0.0
        fileprivate var buckets = [Int](repeating: 0, count: bounds.count + 1)
        fileprivate var running = 0

        func begin() { running += 1 }

        func end(seconds elapsed: Double, succeeded hasSucceeded: Bool) {
            running -= 1
            if hasSucceeded { succeeded += 1 } else { failed += 1 }
            seconds += elapsed
            buckets[HostMetrics.bounds.firstIndex { elapsed <= $0 } ?? HostMetrics.bounds.count] += 1
        }
    }

    private var functions: [String: Counts] = [:]
    private var queues: [String: Int] = [:]
    private var rejected = 0

    /// The counts of a function.
    func counts(of function: String) -> Counts {
        if let known = functions[function] { return known }
        let new = Counts()
        functions[function] = new
        return new
    }

    /// A queue's approximate length, hidden messages included.
    func queueLength(_ queue: String, _ length: Int) { queues[queue] = length }

    /// A request was turned away because too many were under way.
    func reject() { rejected += 1 }

    /// Hands the counts on to the process's metrics, for its exporter.
    func publish(app: String, restarts: Int) {
        for (name, counts) in functions {
            Self.invocations.replace(
                .number(Double(counts.succeeded)), ["app": app, "function": name, "result": "succeeded"])
            Self.invocations.replace(
                .number(Double(counts.failed)), ["app": app, "function": name, "result": "failed"])
            Self.durations.replace(
                .distribution(.init(buckets: counts.buckets.map(UInt64.init), sum: counts.seconds)),
                ["app": app, "function": name])
        }
        for (name, length) in queues { Self.lengths.set(Double(length), ["queue": name]) }
        Self.handlerRestarts.replace(.number(Double(restarts)), ["app": app])
        Self.rejections.replace(.number(Double(rejected)), ["app": app])
    }

    private nonisolated static let invocations = Metrics.shared.counter(
        "functions.host.invocations", unit: "{invocation}", "Invocations that have ended.")
    private nonisolated static let durations = Metrics.shared.histogram(
        "functions.host.invocation.duration", unit: "s", bounds: bounds, "Time from start to end of invocations.")
    private nonisolated static let lengths = Metrics.shared.gauge(
        "functions.host.queue.length", unit: "{message}", "Messages of a queue, hidden ones included.")
    private nonisolated static let handlerRestarts = Metrics.shared.counter(
        "functions.host.handler.restarts", unit: "{restart}", "How often a handler was started again.")
    private nonisolated static let rejections = Metrics.shared.counter(
        "functions.host.requests.rejected", unit: "{request}", "Requests answered with 429.")

    func text(restarts: Int, isReady: Bool, connections: Int) -> String {
        var text = ""
        func family(_ name: String, _ type: String, _ help: String, _ lines: [String]) {
            text += "# HELP functions_host_\(name) \(help)\n# TYPE functions_host_\(name) \(type)\n"
            for line in lines { text += "functions_host_\(line)\n" }
        }
        let sorted = functions.sorted { $0.key < $1.key }
        family(
            "invocations_total", "counter", "Invocations that have ended.",
            sorted.flatMap { name, counts in
                [
                    "invocations_total{function=\"\(name)\",result=\"succeeded\"} \(counts.succeeded)",
                    "invocations_total{function=\"\(name)\",result=\"failed\"} \(counts.failed)",
                ]
            })
        family(
            "invocations_running", "gauge", "Invocations under way.",
            sorted.map { "invocations_running{function=\"\($0)\"} \($1.running)" })
        family(
            "invocation_duration_seconds", "histogram", "Time from start to end of invocations.",
            sorted.flatMap { name, counts in
                var sum = 0
                var lines = zip(Self.bounds.map { "\($0)" } + ["+Inf"], counts.buckets).map { bound, count in
                    sum += count
                    return "invocation_duration_seconds_bucket{function=\"\(name)\",le=\"\(bound)\"} \(sum)"
                }
                lines.append("invocation_duration_seconds_sum{function=\"\(name)\"} \(counts.seconds)")
                lines.append("invocation_duration_seconds_count{function=\"\(name)\"} \(sum)")
                return lines
            })
        family(
            "queue_length", "gauge", "Messages of a queue, hidden ones included, when it was last looked at.",
            queues.sorted { $0.key < $1.key }.map { "queue_length{queue=\"\($0)\"} \($1)" })
        family(
            "requests_rejected_total", "counter", "Requests answered with 429.", ["requests_rejected_total \(rejected)"]
        )
        family(
            "handler_restarts_total", "counter", "How often the handler was started again.",
            ["handler_restarts_total \(restarts)"])
        family("handler_ready", "gauge", "Whether the handler answers.", ["handler_ready \(isReady ? 1 : 0)"])
        family("connections", "gauge", "Open connections of callers.", ["connections \(connections)"])
        return text
    }
}
