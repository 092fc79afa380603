/// Time spans as .NET writes them: `hh:mm:ss[.fraction]`, `d.hh:mm:ss[.fraction]`, `hh:mm`, or a number of days.
enum TimeSpan {
    /// Reads a time span; `nil` when it is none. An hour part of 24 or more is read as days, as .NET does.
    static func parse(_ text: String) -> Duration? {
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative { rest = rest.dropFirst() }
        guard let span = positive(rest) else { return nil }
        return isNegative ? .zero - span : span
    }

    private static func positive(_ text: Substring) -> Duration? {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count) else { return nil }
        if parts.count == 1 { return number(parts[0], 0...10_675_199).map { .seconds($0 * 86_400) } }
        var days: Int64 = 0
        let first = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        if first.count == 2 {
            guard let value = number(first[0], 0...10_675_199) else { return nil }
            days = value
            parts[0] = first[1]
        } else if let hours = number(parts[0], 24...10_675_199), parts.count == 3 {
            // "48:00:30" is 48 days, no hours, 30 minutes.
            guard let hour = number(parts[1], 0...23), let minute = number(parts[2], 0...59) else { return nil }
            return .seconds(hours * 86_400 + hour * 3600 + minute * 60)
        }
        guard let hour = number(parts[0], 0...23), let minute = number(parts[1], 0...59) else { return nil }
        let whole = days * 86_400 + hour * 3600 + minute * 60
        guard parts.count == 3 else { return .seconds(whole) }
        let seconds = parts[2].split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(seconds.count), let second = number(seconds[0], 0...59) else { return nil }
        var milliseconds: Int64 = 0
        if seconds.count == 2 {
            guard (1...7).contains(seconds[1].utf8.count), let fraction = number(seconds[1], 0...9_999_999) else {
                return nil
            }
            let scale = (seconds[1].utf8.count..<7).reduce(Int64(1)) { product, _ in product * 10 }
            milliseconds = fraction * scale / 10_000
        }
        return .seconds(whole + second) + .milliseconds(milliseconds)
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int64>) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int64(text) else {
            return nil
        }
        return range.contains(value) ? value : nil
    }
}
