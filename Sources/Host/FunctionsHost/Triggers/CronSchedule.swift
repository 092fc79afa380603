import Glibc

/// A timer's schedule: six fields (second minute hour day month day-of-week), five (without seconds), or a time span.
/// Fields are in the process's time zone.
struct CronSchedule: Sendable, Equatable {
    private enum Kind: Sendable, Equatable {
        case fields([Set<Int>])
        case every(milliseconds: Int64)
    }

    private static let ranges = [0...59, 0...59, 0...23, 1...31, 1...12, 0...7]
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    private static let maximumSpan = Int64(100 * 366) * 86_400

    private let kind: Kind

    /// - Throws: `HostError` that names the field.
    init(_ text: String) throws {
        if text.contains(":"), let span = TimeSpan.parse(text) {
            let (seconds, attoseconds) = span.components
            let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
            guard milliseconds >= 100, seconds < Self.maximumSpan else {
                throw HostError("the schedule \(text) must be a time span from 00:00:00.1 to 100 years.")
            }
            kind = .every(milliseconds: milliseconds)
            return
        }
        var parts = text.split(whereSeparator: \.isWhitespace).map(String.init)
        if parts.count == 5 { parts.insert("0", at: 0) }
        guard parts.count == 6 else {
            throw HostError("the schedule '\(text)' has \(parts.count) fields; it needs six, or a time span.")
        }
        let names = [[], [], [], [], Self.months, Self.days]
        let fields = try zip(parts, zip(Self.ranges, names)).map { part, rule in
            guard let values = Self.values(part, rule.0, rule.1), !values.isEmpty else {
                throw HostError("the schedule '\(text)' has a field that cannot be read: \(part).")
            }
            return values
        }
        // Sunday is 0 and 7.
        kind = .fields(Array(fields.dropLast()) + [Set(fields[5].map { $0 % 7 })])
    }

    /// The first occurrence after a time in milliseconds since 1970; `nil` when there is none within four years.
    func next(after time: Int64) -> Int64? {
        switch kind {
        case .every(let milliseconds): time + milliseconds
        case .fields(let fields): Self.next(fields, after: time.flooredSeconds).map { $0 * 1000 }
        }
    }

    /// Whether it fires more than once a minute, which is not worth recording: a span below a minute, or fields of
    /// which only the seconds are restricted.
    func isSubMinute(at now: Int64) -> Bool {
        switch kind {
        case .every(let milliseconds): return milliseconds < 60_000
        case .fields(let fields):
            let isFree = zip(fields.dropFirst(), Self.ranges.dropFirst()).allSatisfy { values, range in
                values.count >= min(range.count, range == 0...7 ? 7 : range.count)
            }
            guard isFree, let first = next(after: now), let second = next(after: first) else { return false }
            return second - now <= 60_000
        }
    }

    private static func next(_ fields: [Set<Int>], after time: Int64) -> Int64? {
        var candidate = time + 1
        let end = time + 4 * 366 * 86_400
        while candidate < end {
            var clock = time_t(candidate)
            var parts = tm()
            localtime_r(&clock, &parts)
            let isHour =
                fields[4].contains(Int(parts.tm_mon) + 1) && fields[3].contains(Int(parts.tm_mday))
                && fields[5].contains(Int(parts.tm_wday)) && fields[2].contains(Int(parts.tm_hour))
            if !isHour {
                // An hour at a time: days are longer and shorter where clocks change.
                candidate += Int64(3600 - Int(parts.tm_min) * 60 - min(59, Int(parts.tm_sec)))
            } else if !fields[1].contains(Int(parts.tm_min)) {
                candidate += Int64(60 - min(59, Int(parts.tm_sec)))
            } else if !fields[0].contains(Int(parts.tm_sec)) {
                candidate += 1
            } else {
                return candidate
            }
        }
        return nil
    }

    /// The values of a field: lists of `*`, numbers, names, ranges, each with an optional step.
    private static func values(_ field: String, _ range: ClosedRange<Int>, _ names: [String]) -> Set<Int>? {
        var result: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let stepped = part.split(separator: "/", omittingEmptySubsequences: false)
            guard (1...2).contains(stepped.count) else { return nil }
            let step = stepped.count == 2 ? Int(stepped[1]) ?? 0 : 1
            guard step > 0 else { return nil }
            func number(_ text: Substring) -> Int? {
                let offset = range.lowerBound == 1 ? 1 : 0
                let name = text.lowercased().prefix(3)
                guard let value = Int(text) ?? names.firstIndex(of: String(name)).map({ $0 + offset }) else {
                    return nil
                }
                return range.contains(value) ? value : nil
            }
            var bounds = range
            if stepped[0] != "*" {
                let ends = stepped[0].split(separator: "-", omittingEmptySubsequences: false)
                guard (1...2).contains(ends.count), let low = number(ends[0]), let high = number(ends[ends.count - 1]),
                    low <= high
                else { return nil }
                bounds = low...(ends.count == 1 && stepped.count == 2 ? range.upperBound : high)
            }
            result.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: min(step, 1000)))
        }
        return result
    }
}

extension Int64 {
    /// Milliseconds as whole seconds, rounded down.
    fileprivate var flooredSeconds: Int64 { self >= 0 ? self / 1000 : (self - 999) / 1000 }
}
