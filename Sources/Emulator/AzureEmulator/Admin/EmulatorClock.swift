import Synchronization
import Telemetry

/// The emulator's time: the machine's, and as much later as tests have moved it on.
///
/// Everything that begins, ends or expires reads this one clock. Only the dates that clients sign their requests with are
/// compared with the machine's, which is the clients' too.
public final class EmulatorClock: Sendable {
    /// The farthest that the clock can be ahead, in milliseconds: 100 years.
    private static let limit: Int64 = 3_155_760_000_000

    private let ahead = Mutex<Int64>(0)

    /// A clock that shows the machine's time.
    public init() {}

    /// Milliseconds since 1970.
    public var milliseconds: Int64 { Timestamp.nowMilliseconds() + aheadMilliseconds }

    /// Seconds since 1970.
    public var seconds: Int64 { milliseconds / 1000 }

    /// Milliseconds by which the clock is ahead of the machine's.
    public var aheadMilliseconds: Int64 { ahead.withLock { $0 } }

    /// Moves the clock on, at most to 100 years ahead; it does not go back.
    public func advance(milliseconds: Int64) {
        ahead.withLock { $0 = min($0 + min(max(0, milliseconds), Self.limit), Self.limit) }
    }

    /// Shows the machine's time again.
    public func setBack() { ahead.withLock { $0 = 0 } }
}
