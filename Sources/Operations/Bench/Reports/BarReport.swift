/// Figures next to their bars.
struct BarReport {
    private var rows = TextTable(head: ["What", "Apus", "Bar", "Ratio", ""])

    /// Adds a figure; a ratio of 1 or more meets the bar.
    mutating func add(_ what: String, _ value: Double, _ unit: String, _ bar: Double, isRate: Bool) {
        let ratio = isRate ? value / bar : bar / value
        rows.add([
            what, "\(TextTable.number(value)) \(unit)", "\(isRate ? "≥" : "≤") \(TextTable.number(bar)) \(unit)",
            "\(TextTable.number(ratio))×", ratio >= 1 ? "ok" : "MISSED",
        ])
    }

    /// The table as text.
    var table: String { rows.text }
}
