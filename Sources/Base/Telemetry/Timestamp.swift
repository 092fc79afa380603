import Glibc

/// Times as the product shows them: RFC 3339 in UTC with milliseconds.
public enum Timestamp {
    /// The current time, e.g. `2026-11-20T10:12:05.123Z`.
    public static func now() -> String { format(milliseconds: nowMilliseconds()) }

    /// Milliseconds since 1970, by the wall clock.
    public static func nowMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Nanoseconds since 1970, by the wall clock.
    public static func nowNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(clamping: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// A point in time given in milliseconds since 1970.
    public static func format(milliseconds: Int64) -> String {
        let remainder = (milliseconds % 1000 + 1000) % 1000
        let seconds = (milliseconds - remainder) / 1000
        var clock = time_t(seconds)
        var parts = tm()
        gmtime_r(&clock, &parts)
        return "\(pad(Int(parts.tm_year) + 1900, 4))-\(pad(Int(parts.tm_mon) + 1, 2))-\(pad(Int(parts.tm_mday), 2))T"
            + "\(pad(Int(parts.tm_hour), 2)):\(pad(Int(parts.tm_min), 2)):\(pad(Int(parts.tm_sec), 2))."
            + "\(pad(Int(remainder), 3))Z"
    }

    /// Whether a text is a day as it begins such times, e.g. `2026-11-20`, and one that there is.
    public static func isDay(_ text: String) -> Bool {
        milliseconds(iso8601: text).map { format(milliseconds: $0).prefix(10) == text } ?? false
    }

    /// An HTTP date (RFC 9110, section 5.6.7), e.g. `Fri, 20 Nov 2026 07:23:12 GMT`.
    public static func httpDate(seconds: Int64) -> String {
        var clock = time_t(seconds)
        var parts = tm()
        gmtime_r(&clock, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        return "\(days[Int(parts.tm_wday) % 7]), \(pad(Int(parts.tm_mday), 2)) \(months[Int(parts.tm_mon) % 12]) "
            + "\(pad(Int(parts.tm_year) + 1900, 4)) \(pad(Int(parts.tm_hour), 2)):\(pad(Int(parts.tm_min), 2)):"
            + "\(pad(Int(parts.tm_sec), 2)) GMT"
    }

    /// Seconds since 1970 of an HTTP date in its preferred form; `nil` for anything else.
    public static func seconds(httpDate text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int32(words[1]), let year = Int32(words[3]),
            let month = months.firstIndex(of: String(words[2]).lowercased().capitalizedASCII)
        else { return nil }
        let clock = words[4].split(separator: ":", omittingEmptySubsequences: false).map { Int32($0) ?? -1 }
        guard clock.count == 3, (1900...9999).contains(year),
            isDay(Int(day), month: month + 1, year: Int(year)), (0..<24).contains(clock[0]),
            (0..<60).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        var parts = tm()
        parts.tm_year = year - 1900
        parts.tm_mon = Int32(month)
        parts.tm_mday = day
        parts.tm_hour = clock[0]
        parts.tm_min = clock[1]
        parts.tm_sec = clock[2]
        return Int64(timegm(&parts))
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Milliseconds since 1970 of a UTC time in ISO 8601: a day, a day with hours and minutes, or with seconds too, whose
    /// fraction may have any length. `nil` for anything else.
    public static func milliseconds(iso8601 text: String) -> Int64? {
        var digits = Array(text.utf8)[...]
        func number(_ count: Int) -> Int? {
            guard digits.count >= count, digits.prefix(count).allSatisfy({ (48...57).contains($0) }) else { return nil }
            defer { digits = digits.dropFirst(count) }
            return digits.prefix(count).reduce(0) { $0 * 10 + Int($1) - 48 }
        }
        func take(_ byte: Character) -> Bool {
            guard digits.first == byte.asciiValue else { return false }
            digits = digits.dropFirst()
            return true
        }
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
            isDay(day, month: month, year: year)
        else { return nil }
        var clock = tm()
        (clock.tm_year, clock.tm_mon, clock.tm_mday) = (Int32(year) - 1900, Int32(month) - 1, Int32(day))
        var milliseconds: Int64 = 0
        if !digits.isEmpty {
            guard take("T"), let hour = number(2), take(":"), let minute = number(2), hour < 24,
                minute < 60
            else { return nil }
            (clock.tm_hour, clock.tm_min) = (Int32(hour), Int32(minute))
            if take(":") {
                guard let second = number(2), second <= 60 else { return nil }
                clock.tm_sec = Int32(second)
                if take(".") {
                    let fraction = digits.prefix { (48...57).contains($0) }
                    digits = digits.dropFirst(fraction.count)
                    milliseconds = Int64(
                        (fraction.prefix(3) + [48, 48, 48]).prefix(3).reduce(0) { $0 * 10 + Int($1) - 48 })
                }
            }
            guard take("Z"), digits.isEmpty else { return nil }
        }
        return Int64(timegm(&clock)) * 1000 + milliseconds
    }

    /// Whether the month has that day (RFC 3339, section 5.7).
    private static func isDay(_ day: Int, month: Int, year: Int) -> Bool {
        let isLeap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...12).contains(month) && (1...lengths[month - 1]).contains(day)
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension String {
    fileprivate var capitalizedASCII: String { prefix(1).uppercased() + dropFirst() }
}
