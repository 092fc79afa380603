import JSONCoding
import Telemetry

/// What is recorded of a timer between runs (docs/reference/functions-custom-handlers.md, 9.2;
/// `ScheduleMonitor.CheckPastDueAsync`). Times in milliseconds since 1970.
struct TimerStatus: Sendable, Equatable {
    var last: Int64?
    var next: Int64?
    var lastUpdated: Int64?

    init(last: Int64? = nil, next: Int64?, lastUpdated: Int64?) {
        self.last = last
        self.next = next
        self.lastUpdated = lastUpdated
    }

    /// Reads a record; `nil` for what is none.
    init?(_ json: JSONValue) {
        guard json.object != nil else { return nil }
        func time(_ name: String) -> Int64? {
            guard let text = json.member(name)?.string, !text.hasPrefix("0001-01-01") else { return nil }
            return Self.milliseconds(text)
        }
        self.init(last: time("Last"), next: time("Next"), lastUpdated: time("LastUpdated"))
    }

    /// The record as it is stored, and as the handler sees it.
    var json: JSONValue {
        func text(_ time: Int64?) -> JSONValue {
            .string(
                time.map { Timestamp.format(milliseconds: $0).replacing("Z", with: "+00:00") } ?? "0001-01-01T00:00:00")
        }
        return ["Last": text(last), "Next": text(next), "LastUpdated": text(lastUpdated)]
    }

    /// Compares a record with the schedule when a host starts.
    ///
    /// - Returns: The record to go on with, and whether an occurrence was missed.
    static func checked(_ stored: TimerStatus?, _ schedule: CronSchedule, now: Int64) -> (TimerStatus, isPastDue: Bool)
    {
        guard var status = stored else {
            return (TimerStatus(next: schedule.next(after: now), lastUpdated: now), false)
        }
        var expected = schedule.next(after: status.last ?? status.lastUpdated ?? now)
        if status.next != expected {
            // The schedule has changed: a time that has passed by the new one is no missed occurrence.
            if let time = expected, now > time { expected = schedule.next(after: now) }
            status = TimerStatus(next: expected, lastUpdated: now)
        }
        return (status, status.next.map { now > $0 } ?? false)
    }

    /// The record after a run that began at `time`.
    ///
    /// - Parameter isPlanned: Whether the run was the planned occurrence; one that came a little early by the clock
    ///   counts for it, so that it is not used twice.
    func afterRun(at time: Int64, isPlanned: Bool, _ schedule: CronSchedule) -> TimerStatus {
        let counted = isPlanned ? max(time, next ?? time) : time
        return TimerStatus(last: counted, next: schedule.next(after: counted), lastUpdated: counted)
    }

    /// A time with `Z`, an offset, or none, which is taken for UTC.
    private static func milliseconds(_ text: String) -> Int64? {
        if let time = Timestamp.milliseconds(iso8601: text.hasSuffix("Z") ? text : text + "Z") { return time }
        guard text.utf8.count > 6, let base = Timestamp.milliseconds(iso8601: String(text.dropLast(6)) + "Z") else {
            return nil
        }
        let offset = text.suffix(6)
        let parts = offset.dropFirst().split(separator: ":").compactMap { Int64($0) }
        guard parts.count == 2, offset.hasPrefix("+") || offset.hasPrefix("-") else { return nil }
        let minutes = (parts[0] * 60 + parts[1]) * (offset.hasPrefix("-") ? -1 : 1)
        return base - minutes * 60_000
    }
}
