import Synchronization

/// Everything that the process counts and measures, for exporters and `/metrics` (OpenTelemetry specification, "Metrics
/// data model": sums, gauges, histograms with explicit bounds).
public final class Metrics: Sendable {
    /// The process's metrics.
    public static let shared = Metrics()

    private struct State {
        var instruments: [Instrument] = []
        var observers: [@Sendable () -> Void] = []
        var parts: [(metrics: Metrics, attributes: [String: String])] = []
    }

    private let state = Mutex(State())

    /// An empty set, for what has a `/metrics` of its own, and for tests.
    public init() {}

    /// A sum that only grows. The same name gives the same instrument.
    public func counter(_ name: String, unit: String = "1", _ description: String) -> Instrument {
        instrument(MetricDefinition(name: name, unit: unit, description: description, kind: .counter))
    }

    /// A value that goes up and down.
    public func gauge(_ name: String, unit: String = "1", _ description: String) -> Instrument {
        instrument(MetricDefinition(name: name, unit: unit, description: description, kind: .gauge))
    }

    /// A distribution.
    ///
    /// - Parameter bounds: Upper bounds of the buckets, growing.
    public func histogram(
        _ name: String, unit: String, bounds: [Double] = MetricDefinition.secondBounds, _ description: String
    ) -> Instrument {
        instrument(MetricDefinition(name: name, unit: unit, description: description, kind: .histogram(bounds)))
    }

    /// Has a closure called before every snapshot, for values that are looked up rather than counted.
    public func beforeSnapshot(_ observe: @escaping @Sendable () -> Void) {
        state.withLock { $0.observers.append(observe) }
    }

    /// Shows another set's metrics in every snapshot of this one, each value with further attributes.
    public func include(_ metrics: Metrics, _ attributes: [String: String]) {
        state.withLock { $0.parts.append((metrics, attributes)) }
    }

    /// Ends an inclusion.
    public func exclude(_ metrics: Metrics) { state.withLock { $0.parts.removeAll { $0.metrics === metrics } } }

    /// All values as they are now, in the order in which their instruments were made.
    public func snapshot() -> [MetricSnapshot] {
        for observe in state.withLock({ $0.observers }) { observe() }
        let (instruments, parts) = state.withLock { ($0.instruments, $0.parts) }
        var all = instruments.map(\.snapshot)
        for (metrics, attributes) in parts {
            for snapshot in metrics.snapshot() {
                let points = snapshot.points.map { ($0.attributes.merging(attributes) { $1 }, $0.value) }
                // One metric stands once, whoever has values of it.
                if let place = all.firstIndex(where: { $0.definition == snapshot.definition }) {
                    all[place].points += points
                } else {
                    all.append(MetricSnapshot(definition: snapshot.definition, points: points))
                }
            }
        }
        return all.filter { !$0.points.isEmpty }
    }

    private func instrument(_ definition: MetricDefinition) -> Instrument {
        state.withLock { state in
            if let known = state.instruments.first(where: { $0.definition.name == definition.name }) { return known }
            let new = Instrument(definition)
            state.instruments.append(new)
            return new
        }
    }
}

/// What a metric is.
public struct MetricDefinition: Sendable, Equatable {
    /// How values of a metric combine.
    public enum Kind: Sendable, Equatable {
        case counter
        case gauge
        case histogram([Double])
    }

    /// Bounds for durations in seconds, those of OpenTelemetry's HTTP conventions and two more for slow answers.
    public static let secondBounds = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60,
    ]

    /// Dotted lower-case words.
    public let name: String
    /// UCUM, e.g. `s`, `By`, `1`, `{token}`.
    public let unit: String
    public let description: String
    public let kind: Kind

    /// A definition.
    public init(name: String, unit: String, description: String, kind: Kind) {
        self.name = name
        self.unit = unit
        self.description = description
        self.kind = kind
    }
}

/// The values of one metric at one moment.
public struct MetricSnapshot: Sendable {
    public let definition: MetricDefinition
    /// A value for each combination of attributes.
    public var points: [(attributes: [String: String], value: MetricValue)]

    /// Values of a metric.
    public init(definition: MetricDefinition, points: [(attributes: [String: String], value: MetricValue)]) {
        self.definition = definition
        self.points = points
    }
}

/// A sum, a gauge's value, or a distribution.
public enum MetricValue: Sendable, Equatable {
    case number(Double)
    case distribution(Distribution)

    /// What a histogram has seen.
    public struct Distribution: Sendable, Equatable {
        /// One more than there are bounds; not cumulative.
        public var buckets: [UInt64]
        public var sum: Double

        /// A distribution.
        public init(buckets: [UInt64], sum: Double) {
            self.buckets = buckets
            self.sum = sum
        }

        /// How many values there were.
        public var count: UInt64 { buckets.reduce(0, &+) }
    }
}
