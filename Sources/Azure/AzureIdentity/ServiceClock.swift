public import HTTPMessages
import Telemetry

/// What services say about time in their answers; never trusted beyond sensible bounds.
public enum ServiceClock {
    /// Says by how much this machine's clock is off, given an answer of a service that does not accept its dates.
    public static func advice(_ answer: HTTPFields) -> String? {
        guard let theirs = answer["date"].flatMap({ Timestamp.seconds(httpDate: $0) }) else { return nil }
        let ahead = Timestamp.nowMilliseconds() / 1000 - theirs
        guard abs(ahead) > 14 * 60 else { return nil }
        let direction = ahead > 0 ? "ahead of" : "behind"
        return "this machine's clock is \(abs(ahead) / 60) minutes \(direction) the service's; set it right"
    }

    /// How long a service asks to wait, at most a minute: `x-ms-retry-after-ms`, or else `Retry-After` in seconds.
    public static func wait(_ answer: HTTPFields) -> Duration? {
        let milliseconds = answer["x-ms-retry-after-ms"].flatMap { Double($0) }
        guard let wait = milliseconds ?? answer["retry-after"].flatMap({ Double($0) }).map({ $0 * 1000 }), wait.isFinite
        else { return nil }
        return .milliseconds(Int64(min(max(wait, 0), 60_000)))
    }
}
