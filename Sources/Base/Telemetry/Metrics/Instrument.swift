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
    private let all = Mutex<[[String: String]: Series]>([:])

    init(_ definition: MetricDefinition) { self.definition = definition }

    /// The series of a set of attributes, which begins with 0 when it is new. What counts often keeps it.
    public func series(_ attributes: [String: String] = [:]) -> Series {
        all.withLock { all in
            if let known = all[attributes] { return known }
            let key = all.count < Self.seriesLimit ? attributes : Self.overflow
            if let known = all[key] { return known }
            let fresh = Series(definition.kind)
            all[key] = fresh
            return fresh
        }
    }

    /// Adds to a counter.
    public func add(_ amount: Double = 1, _ attributes: [String: String] = [:]) { series(attributes).add(amount) }

    /// Sets a gauge.
    public func set(_ amount: Double, _ attributes: [String: String] = [:]) { series(attributes).set(amount) }

    /// Adds a value to a histogram.
    public func record(_ amount: Double, _ attributes: [String: String] = [:]) {
        // A value that is no number makes no series either.
        if amount.isFinite { series(attributes).record(amount) }
    }

    /// Adds the seconds since a moment to a histogram.
    public func record(since start: ContinuousClock.Instant, _ attributes: [String: String] = [:]) {
        let elapsed = (ContinuousClock.now - start).components
        record(Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18, attributes)
    }

    /// Forgets all values; for gauges whose set of attributes changes. Series that somebody holds are not shown again.
    public func reset() { all.withLock { $0 = [:] } }

    var snapshot: MetricSnapshot {
        MetricSnapshot(definition: definition, points: all.withLock { $0.map { ($0.key, $0.value.value) } })
    }
}
