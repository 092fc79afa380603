import Glibc
import JSONCoding

/// A timer's schedule: six fields (second minute hour day month day-of-week), five (without seconds), or a time span.
/// Times are UTC.
struct CronSchedule: Sendable, Equatable {
    private enum Kind: Sendable, Equatable {
        case fields([Set<Int>])
        case every(seconds: Int64)
    }

    private let kind: Kind

    init(_ text: String) throws {
        if text.contains(":"), let span = HostConfiguration.duration(.string(text)), span >= .seconds(1) {
            kind = .every(seconds: span.components.seconds)
            return
        }
        var parts = text.split(separator: " ").map(String.init)
        if parts.count == 5 { parts.insert("0", at: 0) }
        guard parts.count == 6 else {
            throw HostError("the schedule \(text) has \(parts.count) fields; it needs six, or a time span.")
        }
        let ranges = [0...59, 0...59, 0...23, 1...31, 1...12, 0...7]
        let names = [[], [], [], [], Self.months, Self.days]
        let fields = try zip(parts, zip(ranges, names)).map { part, rule in
            guard let values = Self.values(part, rule.0, rule.1), !values.isEmpty else {
                throw HostError("the schedule \(text) has a field that cannot be read: \(part).")
            }
            return values
        }
        // Sunday is 0 and 7.
        kind = .fields(Array(fields.dropLast()) + [Set(fields[5].map { $0 % 7 })])
    }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// The first occurrence after a time in seconds since 1970; `nil` when there is none within four years.
    func next(after time: Int64) -> Int64? {
        switch kind {
        case .every(let seconds): return time + seconds
        case .fields(let fields):
            var candidate = time + 1
            let end = time + 4 * 366 * 86_400
            while candidate < end {
                var clock = time_t(candidate)
                var parts = tm()
                gmtime_r(&clock, &parts)
                let isDay =
                    fields[4].contains(Int(parts.tm_mon) + 1) && fields[3].contains(Int(parts.tm_mday))
                    && fields[5].contains(Int(parts.tm_wday))
                if !isDay {
                    candidate += Int64(86_400 - Int(parts.tm_hour) * 3600 - Int(parts.tm_min) * 60 - Int(parts.tm_sec))
                } else if !fields[2].contains(Int(parts.tm_hour)) {
                    candidate += Int64(3600 - Int(parts.tm_min) * 60 - Int(parts.tm_sec))
                } else if !fields[1].contains(Int(parts.tm_min)) {
                    candidate += Int64(60 - Int(parts.tm_sec))
                } else if !fields[0].contains(Int(parts.tm_sec)) {
                    candidate += 1
                } else {
                    return candidate
                }
            }
            return nil
        }
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
                guard let value = Int(text) ?? names.firstIndex(of: text.lowercased()).map({ $0 + offset }) else {
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
            result.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
        }
        return result
    }
}
