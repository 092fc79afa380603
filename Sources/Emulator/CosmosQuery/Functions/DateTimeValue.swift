/// A date and time of the query language: 100-nanosecond steps since 1970, from the year 1 to the year 9999.
///
/// The text forms are those of `IS_DATETIME`: a day alone, or with a time behind `T` or a space, with up to seven digits of
/// a second, and `Z` or nothing at the end.
struct DateTimeValue {
    /// The steps.
    let ticks: Int64

    static let second: Int64 = 10_000_000
    private static let day: Int64 = 86_400 * second
    private static let earliest = days(1, 1, 1) * day
    private static let latest = days(9999, 12, 31) * day + day - 1

    /// `nil` outside the years.
    init?(ticks: Int64) {
        guard (Self.earliest...Self.latest).contains(ticks) else { return nil }
        self.ticks = ticks
    }

    /// `nil` for a day or time that does not exist.
    init?(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, fraction: Int = 0
    ) {
        guard (1...9999).contains(year), (1...12).contains(month), (1...Self.length(month, year)).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second),
            (0..<Int(Self.second)).contains(fraction)
        else { return nil }
        let seconds = Int64((hour * 60 + minute) * 60 + second)
        ticks = Self.days(year, month, day) * Self.day + seconds * Self.second + Int64(fraction)
    }

    /// `nil` for what is no date and time.
    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        func number(_ count: Int) -> Int? {
            guard rest.count >= count, rest.prefix(count).allSatisfy({ (48...57).contains($0) }) else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count).reduce(0) { $0 * 10 + Int($1) - 48 }
        }
        func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2) else { return nil }
        var (hour, minute, second, fraction) = (0, 0, 0, 0)
        if take("T") || take(" ") {
            guard let hours = number(2), take(":"), let minutes = number(2), take(":"), let seconds = number(2) else {
                return nil
            }
            (hour, minute, second) = (hours, minutes, seconds)
            if take(".") {
                let digits = rest.prefix { (48...57).contains($0) }.count
                guard (1...7).contains(digits), let value = number(digits) else { return nil }
                fraction = (digits..<7).reduce(value) { value, _ in value * 10 }
            }
        }
        _ = take("Z")
        guard rest.isEmpty else { return nil }
        self.init(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, fraction: fraction)
    }

    /// The text as the service writes it.
    var text: String {
        let parts = parts
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))T"
            + "\(padded(parts.hour, 2)):\(padded(parts.minute, 2)):\(padded(parts.second, 2))."
            + "\(padded(parts.fraction, 7))Z"
    }

    typealias Parts = (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, fraction: Int)

    var parts: Parts {
        let (days, rest) = Self.split(ticks, Self.day)
        let (year, month, day) = Self.date(days)
        let seconds = Int(rest / Self.second)
        return (
            year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60, Int(rest % Self.second)
        )
    }

    // MARK: - Parts by name

    /// A part that functions name.
    enum Part {
        case year, month
        /// A part of one length, in steps; a nanosecond is less than one.
        case steps(Int64)
        case nanosecond

        init?(_ name: String) {
            switch name.lowercased() {
            case "year", "yyyy", "yy": self = .year
            case "month", "mm", "m": self = .month
            case "day", "dd", "d": self = .steps(DateTimeValue.day)
            case "hour", "hh": self = .steps(3600 * DateTimeValue.second)
            case "minute", "mi", "n": self = .steps(60 * DateTimeValue.second)
            case "second", "ss", "s": self = .steps(DateTimeValue.second)
            case "millisecond", "ms": self = .steps(10_000)
            case "microsecond", "mcs": self = .steps(10)
            case "nanosecond", "ns": self = .nanosecond
            default: return nil
            }
        }
    }

    /// The value of a part.
    func value(of part: Part) -> Int {
        let parts = parts
        switch part {
        case .year: return parts.year
        case .month: return parts.month
        case .steps(Self.day): return parts.day
        case .steps(3600 * Self.second): return parts.hour
        case .steps(60 * Self.second): return parts.minute
        case .steps(Self.second): return parts.second
        case .steps(let length): return parts.fraction / Int(length)
        case .nanosecond: return parts.fraction * 100
        }
    }

    /// Later by so many of a part; a day that the month does not have becomes its last.
    func adding(_ count: Int64, _ part: Part) -> DateTimeValue? {
        switch part {
        case .year: return adding(months: count.multipliedReportingOverflow(by: 12))
        case .month: return adding(months: (count, false))
        case .steps(let length): return adding(count.multipliedReportingOverflow(by: length))
        case .nanosecond: return adding((count / 100, false))
        }
    }

    private func adding(_ steps: (partialValue: Int64, overflow: Bool)) -> DateTimeValue? {
        let sum = ticks.addingReportingOverflow(steps.partialValue)
        return steps.overflow || sum.overflow ? nil : DateTimeValue(ticks: sum.partialValue)
    }

    private func adding(months: (partialValue: Int64, overflow: Bool)) -> DateTimeValue? {
        guard !months.overflow, (-120_000...120_000).contains(months.partialValue) else { return nil }
        let parts = parts
        let (year, month) = Self.split(Int64(parts.year * 12 + parts.month - 1) + months.partialValue, 12)
        guard (1...9999).contains(year) else { return nil }
        let day = min(parts.day, Self.length(Int(month) + 1, Int(year)))
        return DateTimeValue(
            year: Int(year), month: Int(month) + 1, day: day, hour: parts.hour, minute: parts.minute,
            second: parts.second, fraction: parts.fraction)
    }

    /// Borders of a part between this time and a later one.
    func borders(to end: DateTimeValue, _ part: Part) -> Int64 {
        let (from, to) = (parts, end.parts)
        switch part {
        case .year: return Int64(to.year - from.year)
        case .month: return Int64((to.year * 12 + to.month) - (from.year * 12 + from.month))
        case .steps(let length): return Self.split(end.ticks, length).0 - Self.split(ticks, length).0
        // The years from 1 to 9999 have fewer nanoseconds than a number of 64 bits can count by a factor of 34.
        case .nanosecond: return (end.ticks - ticks).multipliedReportingOverflow(by: 100).partialValue
        }
    }

    /// The last border at or before this time of bins of so many of a part, counted from a start.
    func bin(_ size: Int64, _ part: Part, from start: DateTimeValue) -> DateTimeValue? {
        let length: Int64
        switch part {
        case .year, .month: return nil
        case .steps(let steps):
            let product = steps.multipliedReportingOverflow(by: size)
            guard !product.overflow else { return nil }
            length = product.partialValue
        case .nanosecond: length = max(1, size / 100)
        }
        return DateTimeValue(ticks: start.ticks + Self.split(ticks - start.ticks, length).0 * length)
    }

    // MARK: - The calendar

    /// Quotient and remainder that is not negative.
    private static func split(_ value: Int64, _ by: Int64) -> (Int64, Int64) {
        let rest = (value % by + by) % by
        return ((value - rest) / by, rest)
    }

    private static func length(_ month: Int, _ year: Int) -> Int {
        guard month == 2 else { return [4, 6, 9, 11].contains(month) ? 30 : 31 }
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    }

    /// Days since 1970 in the calendar that is used today, for all times (Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms").
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let ofEra = shifted - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return Int64(era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468)
    }

    private static func date(_ days: Int64) -> (year: Int, month: Int, day: Int) {
        let (era, ofEra) = split(days + 719_468, 146_097)
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let shifted = (5 * ofYear + 2) / 153
        let day = Int(ofYear - (153 * shifted + 2) / 5 + 1)
        let month = Int(shifted < 10 ? shifted + 3 : shifted - 9)
        return (Int(year + era * 400) + (month <= 2 ? 1 : 0), month, day)
    }
}
