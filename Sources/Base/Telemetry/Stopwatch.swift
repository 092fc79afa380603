/// Measures elapsed time on the monotonic clock.
public struct Stopwatch: Sendable {
    private let start = ContinuousClock.now

    /// Starts measuring.
    public init() {}

    /// Milliseconds since the start, to a tenth.
    public var milliseconds: Double {
        let elapsed = (ContinuousClock.now - start).components
        let exact = Double(elapsed.seconds) * 1000 + Double(elapsed.attoseconds) / 1e15
        return (exact * 10).rounded() / 10
    }
}
