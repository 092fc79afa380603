public import HTTPMessages
import Telemetry

/// What services say about time in their answers.
public enum ServiceClock {
    /// Says by how much this machine's clock is off, given an answer of a service that does not accept its dates.
    public static func advice(_ answer: HTTPFields) -> String? {
        guard let theirs = answer["date"].flatMap({ Timestamp.seconds(httpDate: $0) }) else { return nil }
        let ahead = Timestamp.nowMilliseconds() / 1000 - theirs
        guard abs(ahead) > 14 * 60 else { return nil }
        let direction = ahead > 0 ? "ahead of" : "behind"
        return "this machine's clock is \(abs(ahead) / 60) minutes \(direction) the service's; set it right"
    }
}
