import Synchronization
import Telemetry
import Vectors

/// Counts the vectors port's requests for `/metrics`.
final class ServiceMetrics: Sendable {
    private struct Answer: Hashable {
        let operation: String
        let status: Int
    }

    /// The series of one operation's answers with one status, looked up once.
    private struct Counts {
        let requests: Series
        let seconds: Series
    }

    private static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    private let all = Metrics()
    private let requests: Instrument
    private let durations: Instrument
    private let counts = Mutex<[Answer: Counts]>([:])

    init() {
        requests = all.counter("apus.vectors.requests", unit: "{request}", "Requests by operation and status.")
        durations = all.histogram(
            "apus.vectors.request", unit: "s", bounds: Self.bounds,
            "Time from a request's header section to its answer.")
    }

    /// Notes an answered request; `operation` is one of few names, never a part of the path.
    func note(_ operation: String, status: Int, seconds: Double) {
        let answer = Answer(operation: operation, status: status)
        let counts = counts.withLock { counts in
            if let known = counts[answer] { return known }
            let fresh = Counts(
                requests: requests.series(["operation": operation, "status": "\(status)"]),
                seconds: durations.series(["operation": operation]))
            counts[answer] = fresh
            return fresh
        }
        counts.requests.add()
        counts.seconds.record(seconds)
    }

    /// The text that a Prometheus server reads.
    func text(_ store: VectorStore.Statistics) -> String {
        let gauges: [(name: String, unit: String, help: String, value: Int)] = [
            ("collections", "{collection}", "Collections in all tenants.", store.collections),
            (
                "open_collections", "{collection}", "Collections that are open; the rest is opened when asked for.",
                store.openCollections
            ),
            ("records", "{record}", "Records of the open collections.", store.records),
            ("vector", "By", "Bytes of the open collections' vector files.", store.vectorBytes),
            ("graph_nodes", "{node}", "Vectors in the graphs of the open collections.", store.graphNodes),
            (
                "unindexed_vectors", "{vector}", "Vectors that are searched one by one until a graph has them.",
                store.unindexed
            ),
            ("deleted_vectors", "{vector}", "Vectors deleted and not yet taken out of a graph.", store.deleted),
        ]
        for (name, unit, help, value) in gauges {
            all.gauge("apus.vectors.\(name)", unit: unit, help).set(Double(value))
        }
        all.counter("apus.vectors.checkpoints", unit: "{checkpoint}", "Graph checkpoints written since the start.")
            .series().set(Double(store.checkpoints))
        return PrometheusText(all.snapshot()).text
    }
}
