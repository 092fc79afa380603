import Synchronization

/// One metric of the process: takes values with their attributes.
///
/// Attributes have few values each (routes, not paths). Beyond 2,000 combinations values are summed up under
/// `otel.metric.overflow` (OpenTelemetry specification, "Cardinality limits").
public final class Instrument: Sendable {
    /// Name, unit and kind.
    public let definition: MetricDefinition

    private static let seriesLimit = 2000
    private static let overflow = ["otel.metric.overflow": "true"]
    private let series = Mutex<[[String: String]: MetricValue]>([:])

    init(_ definition: MetricDefinition) { self.definition = definition }

    /// Adds to a counter.
    public func add(_ amount: Double = 1, _ attributes: [String: String] = [:]) {
        update(attributes) { value in
            guard case .number(let sum) = value else { return }
            value = .number(sum + amount)
        }
    }

    /// Sets a gauge.
    public func set(_ amount: Double, _ attributes: [String: String] = [:]) {
        update(attributes) { $0 = .number(amount) }
    }

    /// Adds a value to a histogram.
    public func record(_ amount: Double, _ attributes: [String: String] = [:]) {
        guard case .histogram(let bounds) = definition.kind, amount.isFinite else { return }
        update(attributes) { value in
            guard case .distribution(var distribution) = value else { return }
            // The old buckets are let go first, so that they are changed in place.
            value = .number(0)
            distribution.buckets[bounds.firstIndex { amount <= $0 } ?? bounds.count] += 1
            distribution.sum += amount
            value = .distribution(distribution)
        }
    }

    /// Adds the seconds since a moment to a histogram.
    public func record(since start: ContinuousClock.Instant, _ attributes: [String: String] = [:]) {
        let elapsed = (ContinuousClock.now - start).components
        record(Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18, attributes)
    }

    /// Takes a value that was counted elsewhere, in the place of what was there.
    public func replace(_ value: MetricValue, _ attributes: [String: String] = [:]) {
        update(attributes) { $0 = value }
    }

    /// Forgets all values; for gauges whose set of attributes changes.
    public func reset() { series.withLock { $0 = [:] } }

    var snapshot: MetricSnapshot {
        MetricSnapshot(definition: definition, points: series.withLock { $0.map { ($0.key, $0.value) } })
    }

    private func update(_ attributes: [String: String], _ change: (inout MetricValue) -> Void) {
        series.withLock { series in
            let isKnown = series[attributes] != nil
            let key = isKnown || series.count < Self.seriesLimit ? attributes : Self.overflow
            change(&series[key, default: empty])
        }
    }

    private var empty: MetricValue {
        guard case .histogram(let bounds) = definition.kind else { return .number(0) }
        return .distribution(.init(buckets: [UInt64](repeating: 0, count: bounds.count + 1), sum: 0))
    }
}
