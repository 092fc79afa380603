/// Days and times as spreadsheets count them, in days since a day near 1900 or 1904.
enum CalendarText {
    private static let days1904 = 1462
    /// The day after 31 December 9999.
    private static let end = 2_958_466

    /// A number of days as date, time or both; `nil` when it is out of range.
    static func text(
        _ text: String, hasDate: Bool, hasTime: Bool, hasSeconds: Bool, isElapsed: Bool, is1904: Bool
    ) -> String? {
        guard let value = Double(text), value >= 0, value < Double(end) else { return nil }
        var seconds = Int((value * 86_400).rounded())
        if !hasSeconds { seconds = Int((Double(seconds) / 60).rounded(.down)) * 60 }
        if isElapsed {
            return "\(seconds / 3600):\(two(seconds / 60 % 60))" + (hasSeconds ? ":\(two(seconds % 60))" : "")
        }
        let time = "\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60))" + (hasSeconds ? ":\(two(seconds % 60))" : "")
        guard hasDate else { return time }
        let date = date(seconds / 86_400 + (is1904 ? days1904 : 0))
        return hasTime ? "\(date) \(time)" : date
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    /// The date of a day, of which number 60 is the 29 February 1900 that never was.
    private static func date(_ number: Int) -> String {
        if number == 60 { return "1900-02-29" }
        // Days since 1 March of the year 0; see Howard Hinnant, "chrono-compatible low-level date algorithms".
        let days = number + (number < 60 ? 1 : 0) - 25_569 + 719_468
        let era = days / 146_097
        let ofEra = days % 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let shifted = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let full = year + era * 400 + (month <= 2 ? 1 : 0)
        return "\(full)-\(two(month))-\(two(day))"
    }
}
