/// How slow a peer may be: so many bytes have to move in so much time of waiting for it.
///
/// Time in which nobody waits for the peer does not count.
public struct Pace: Sendable, Equatable {
    public let bytes: Int
    public let time: Duration
    let milliseconds: Int64

    /// - Parameters:
    ///   - bytes: At least 1, or a peer that does nothing would do.
    ///   - time: Looked at a few times a second.
    public init(bytes: Int, in time: Duration) {
        self.bytes = bytes
        self.time = time
        milliseconds = (MonotonicTime(milliseconds: 0) + time).milliseconds
    }
}

/// Measures how long a peer has been waited for, and whether it keeps a pace.
struct PaceMeter {
    /// Milliseconds waited before the wait that goes on, in this period and before it.
    private var period: Int64 = 0
    private var earlier: Int64 = 0
    /// Bytes that had moved when the period began.
    private var base = 0
    private var since: MonotonicTime?

    mutating func beginWait() { since = .now }

    mutating func endWait() {
        guard let since else { return }
        period += MonotonicTime.now.milliseconds - since.milliseconds
        self.since = nil
    }

    /// Forgets everything but a wait that goes on, which begins now.
    mutating func reset(moved: Int) {
        period = 0
        earlier = 0
        base = moved
        if since != nil { since = .now }
    }

    /// Milliseconds waited since the last reset; `nil` when nobody waits now.
    func waited(at now: MonotonicTime) -> Int64? {
        since.map { earlier + period + now.milliseconds - $0.milliseconds }
    }

    /// Whether the time for a number of bytes is up and fewer have moved. To be asked before each wait, and during it: the
    /// bytes of a peer that drips end each wait before anybody looks at it.
    ///
    /// - Parameter moved: All bytes that have moved so far; asked for only when the time is up.
    mutating func isTooSlow(_ pace: Pace, at now: MonotonicTime, moved: () -> Int) -> Bool {
        let sum = period + (since.map { now.milliseconds - $0.milliseconds } ?? 0)
        guard sum >= pace.milliseconds else { return false }
        let count = moved()
        guard count - base >= pace.bytes else { return true }
        earlier += sum
        period = 0
        base = count
        if since != nil { since = now }
        return false
    }
}
