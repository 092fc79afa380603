import Synchronization
import Vectors

/// Counts requests for `/metrics` in Prometheus' text format (version 0.0.4).
final class ServiceMetrics: Sendable {
    private struct Series {
        var byStatus: [Int: Int] = [:]
        var buckets = [Int](repeating: 0, count: ServiceMetrics.bounds.count)
        var seconds = 0.0
        var count = 0
    }

    private static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    private let series = Mutex<[String: Series]>([:])

    /// Notes an answered request; `operation` is one of few names, never a part of the path.
    func note(_ operation: String, status: Int, seconds: Double) {
        series.withLock { all in
            var one = all[operation] ?? Series()
            one.byStatus[status, default: 0] += 1
            one.count += 1
            one.seconds += seconds
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { one.buckets[index] += 1 }
            all[operation] = one
        }
    }

    /// The text that a Prometheus server reads.
    func text(_ store: VectorStore.Statistics) -> String {
        var result = ""
        func describe(_ name: String, _ type: String, _ help: String) {
            result += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        }
        let all = series.withLock { $0 }.sorted { $0.key < $1.key }
        describe("apus_vectors_requests_total", "counter", "Requests by operation and status.")
        for (operation, one) in all {
            for (status, count) in one.byStatus.sorted(by: { $0.key < $1.key }) {
                result += "apus_vectors_requests_total{operation=\"\(operation)\",status=\"\(status)\"} \(count)\n"
            }
        }
        describe("apus_vectors_request_seconds", "histogram", "Time from a request's header section to its answer.")
        for (operation, one) in all {
            for (bound, count) in zip(Self.bounds, one.buckets) {
                result += "apus_vectors_request_seconds_bucket{operation=\"\(operation)\",le=\"\(bound)\"} \(count)\n"
            }
            result += "apus_vectors_request_seconds_bucket{operation=\"\(operation)\",le=\"+Inf\"} \(one.count)\n"
            result += "apus_vectors_request_seconds_sum{operation=\"\(operation)\"} \(one.seconds)\n"
            result += "apus_vectors_request_seconds_count{operation=\"\(operation)\"} \(one.count)\n"
        }
        let gauges: [(String, String, Int)] = [
            ("collections", "Collections in all tenants.", store.collections),
            (
                "open_collections", "Collections that are open; the rest is opened when asked for.",
                store.openCollections
            ),
            ("records", "Records of the open collections.", store.records),
            ("vector_bytes", "Bytes of the open collections' vector files.", store.vectorBytes),
            ("graph_nodes", "Vectors in the graphs of the open collections.", store.graphNodes),
            ("unindexed_vectors", "Vectors that are searched one by one until a graph has them.", store.unindexed),
            ("deleted_vectors", "Vectors deleted and not yet taken out of a graph.", store.deleted),
        ]
        for (name, help, value) in gauges {
            describe("apus_vectors_\(name)", "gauge", help)
            result += "apus_vectors_\(name) \(value)\n"
        }
        describe("apus_vectors_checkpoints_total", "counter", "Graph checkpoints written since the start.")
        result += "apus_vectors_checkpoints_total \(store.checkpoints)\n"
        return result
    }
}
