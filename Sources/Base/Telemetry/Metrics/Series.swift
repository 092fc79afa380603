import Synchronization

/// The value of one metric under one set of attributes.
///
/// Whoever counts often holds it: nothing is looked up then, and numbers change without a lock.
public final class Series: Sendable {
    private let bounds: [Double]?
    /// A counter's sum or a gauge's value, as the bits of a `Double`.
    private let number = Atomic<UInt64>(0)
    private let distribution: Mutex<MetricValue.Distribution>

    init(_ kind: MetricDefinition.Kind) {
        if case .histogram(let bounds) = kind { self.bounds = bounds } else { bounds = nil }
        distribution = Mutex(.init(buckets: bounds.map { [UInt64](repeating: 0, count: $0.count + 1) } ?? [], sum: 0))
    }

    /// Adds to a counter, or to a gauge; gauges may also go down.
    public func add(_ amount: Double = 1) {
        var known = number.load(ordering: .relaxed)
        while true {
            let changed = (Double(bitPattern: known) + amount).bitPattern
            let result = number.weakCompareExchange(expected: known, desired: changed, ordering: .relaxed)
            if result.exchanged { return }
            known = result.original
        }
    }

    /// Sets a gauge, or a counter to a sum that was counted elsewhere.
    public func set(_ amount: Double) { number.store(amount.bitPattern, ordering: .relaxed) }

    /// Adds a value to a histogram.
    public func record(_ amount: Double) {
        guard let bounds, amount.isFinite else { return }
        let bucket = bounds.firstIndex { amount <= $0 } ?? bounds.count
        distribution.withLock { distribution in
            distribution.buckets[bucket] += 1
            distribution.sum += amount
        }
    }

    var value: MetricValue {
        bounds == nil
            ? .number(Double(bitPattern: number.load(ordering: .relaxed)))
            : .distribution(distribution.withLock { $0 })
    }
}
