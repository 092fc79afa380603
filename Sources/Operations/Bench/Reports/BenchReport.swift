/// Measured values next to their bars.
struct BenchReport {
    private var rows: [(what: String, bar: String, measured: String, isReached: Bool)] = []

    /// Adds a row whose value should be at most the bar.
    mutating func atMost(_ what: String, _ bar: Double, _ value: Double, unit: String) {
        rows.append((what, "≤ \(Self.text(bar)) \(unit)", "\(Self.text(value)) \(unit)", value <= bar))
    }

    /// Adds a row whose value should be at least the bar.
    mutating func atLeast(_ what: String, _ bar: Double, _ value: Double, unit: String) {
        rows.append((what, "≥ \(Self.text(bar)) \(unit)", "\(Self.text(value)) \(unit)", value >= bar))
    }

    /// The table as text.
    var table: String {
        let all =
            [("What", "Bar", "Measured", "")]
            + rows.map { ($0.what, $0.bar, $0.measured, $0.isReached ? "ok" : "MISSED") }
        let widths = [all.map(\.0.count).max() ?? 0, all.map(\.1.count).max() ?? 0, all.map(\.2.count).max() ?? 0]
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: width - text.count + 2)
        }
        return all.map { padded($0.0, widths[0]) + padded($0.1, widths[1]) + padded($0.2, widths[2]) + $0.3 }
            .joined(separator: "\n") + "\n"
    }

    private static func text(_ value: Double) -> String {
        let rounded = (value * 10).rounded() / 10
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}

extension [Double] {
    /// The value below which the share of all values lies.
    func quantile(_ share: Double) -> Double {
        guard !isEmpty else { return .nan }
        return sorted()[Swift.min(count - 1, Int(Double(count) * share))]
    }
}
