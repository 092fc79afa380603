public import HTTPMessages
import Telemetry

extension HTTPFields {
    /// How long a service asks to wait, never trusted beyond `longest`: `x-ms-retry-after-ms` or `retry-after-ms`, otherwise
    /// `Retry-After` in seconds or as a date. `nil` when it says nothing sensible.
    public func retryAfter(atMost longest: Duration) -> Duration? {
        let milliseconds = (self["x-ms-retry-after-ms"] ?? self["retry-after-ms"]).flatMap { Double($0) }
        guard let wait = milliseconds ?? retryAfterField, wait.isFinite else { return nil }
        let most = Double(longest.components.seconds) * 1000
        return .milliseconds(Int64(min(max(wait, 0), most)))
    }

    /// `Retry-After` in milliseconds (RFC 9110, section 10.2.3).
    private var retryAfterField: Double? {
        guard let text = self["retry-after"] else { return nil }
        if let seconds = Double(text) { return seconds * 1000 }
        return Timestamp.seconds(httpDate: text).map { Double($0 * 1000 - Timestamp.nowMilliseconds()) }
    }
}
