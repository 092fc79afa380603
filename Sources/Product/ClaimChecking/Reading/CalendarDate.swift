/// A date as far as a text gives it.
struct CalendarDate: Sendable, Equatable {
    var day: Int?
    var month: Int
    var year: Int?

    init(day: Int? = nil, month: Int, year: Int? = nil) {
        self.day = day
        self.month = month
        self.year = year
    }

    /// Reads 2024-05-03, 3.5.2024 and 3/5/2024; `nil` for everything else.
    init?(figures: String) {
        for separator in ["-", ".", "/"] as [Character] {
            let parts = figures.split(separator: separator, omittingEmptySubsequences: false)
            guard parts.count == 3, let first = Int(parts[0]), let second = Int(parts[1]), let third = Int(parts[2])
            else { continue }
            if parts[0].count == 4, parts[2].count <= 2 {
                self.init(day: third, month: second, year: first)
            } else if separator != "-", parts[2].count == 4, parts[0].count <= 2 {
                // With slashes the month may come first; the day is the one that cannot be a month.
                let isMonthFirst = separator == "/" && second > 12
                self.init(day: isMonthFirst ? second : first, month: isMonthFirst ? first : second, year: third)
            } else {
                return nil
            }
            guard (1...12).contains(month), day.map({ (1...31).contains($0) }) ?? true else { return nil }
            return
        }
        return nil
    }

    /// Whether a text that gives the other date bears this one out: what both say is the same, and the other one is not
    /// vaguer about day and month.
    func isBorneOut(by other: CalendarDate) -> Bool {
        month == other.month && (day == nil || day == other.day)
            && (year == nil || other.year == nil || year == other.year)
    }

    /// The month of that name.
    static func month(_ name: String) -> Int? { months[name] }

    /// A short name of a month, which is one beside a number alone.
    static func shortMonth(_ name: String) -> Int? { short[name] }

    private static func table(_ lists: [String]) -> [String: Int] {
        var table: [String: Int] = [:]
        for list in lists {
            for (place, name) in list.split(separator: " ").enumerated() { table[String(name)] = place + 1 }
        }
        return table
    }

    private static let months = table([
        "january february march april may june july august september october november december",
        "januar februar marz april mai juni juli august september oktober november dezember",
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    ])
    private static let short = table(["jan feb mar apr may jun jul aug sep oct nov dec"])
}

/// Times of day.
enum Clock {
    /// What times are counted in: minutes since midnight.
    static let unit = UnitOfMeasure(kind: "clock", size: 1)

    /// Minutes since midnight of 7:30, 17h30, 7am and 7:30pm; `nil` for everything else.
    static func minutes(_ text: String) -> Int? {
        var text = text[...]
        var isAfternoon: Bool?
        for (ending, afternoon) in [("am", false), ("pm", true)] where text.hasSuffix(ending) {
            text = text.dropLast(2)
            isAfternoon = afternoon
        }
        let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "h" }
        guard let hour = parts.first.flatMap({ Int($0) }), (0...24).contains(hour) else { return nil }
        var minute = 0
        if parts.count == 2 {
            guard parts[1].count == 2, let value = Int(parts[1]), value < 60 else { return nil }
            minute = value
        } else if parts.count != 1 || isAfternoon == nil {
            return nil
        }
        return minutes(hour, minute, isAfternoon)
    }

    /// Minutes since midnight.
    ///
    /// - Parameter isAfternoon: `nil` for a clock of 24 hours.
    static func minutes(_ hour: Int, _ minute: Int, _ isAfternoon: Bool?) -> Int {
        guard let isAfternoon else { return hour * 60 + minute }
        return (hour % 12 + (isAfternoon ? 12 : 0)) * 60 + minute
    }
}
