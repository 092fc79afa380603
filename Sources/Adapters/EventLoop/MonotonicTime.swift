import Glibc

/// A point on the clock that nobody sets, in milliseconds; cheap to take.
public struct MonotonicTime: Sendable, Comparable {
    /// Milliseconds since some start.
    public let milliseconds: Int64

    /// A point in time.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// The current time.
    public static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// A later point; very long times end at the last one there is.
    public static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        let (seconds, attoseconds) = duration.components
        let whole = seconds.multipliedReportingOverflow(by: 1000)
        let sum = time.milliseconds.addingReportingOverflow(whole.partialValue)
        guard !whole.overflow, !sum.overflow else { return MonotonicTime(milliseconds: .max) }
        return MonotonicTime(milliseconds: sum.partialValue.saturatingAdd(attoseconds / 1_000_000_000_000_000))
    }

    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.milliseconds < right.milliseconds }
}

extension Int64 {
    fileprivate func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
