/// Our figures beside the other server's, with their ratio and its bar.
struct ComparisonReport {
    private var rows = TextTable(head: ["What", "Apus", "Chroma 1.5.9", "Ratio", "Bar", ""])

    /// Adds a figure; the ratio says how many times better ours is.
    mutating func add(
        _ what: String, _ ours: Double, _ theirs: Double, _ unit: String, _ bar: Double, isRate: Bool
    ) {
        let ratio = isRate ? ours / theirs : theirs / ours
        rows.add([
            what, "\(TextTable.number(ours)) \(unit)", "\(TextTable.number(theirs)) \(unit)",
            "\(TextTable.number(ratio))×",
            "\(TextTable.number(bar))×", ratio >= bar ? "ok" : "MISSED",
        ])
    }

    /// Adds a recall, which may not be below the floor.
    mutating func addRecall(_ what: String, _ ours: Double, _ theirs: Double, _ floor: Double) {
        func share(_ value: Double) -> String { String(Double(Int(value * 10000 + 0.5)) / 10000) }
        rows.add([what, share(ours), share(theirs), "", "≥ \(share(floor))", ours >= floor ? "ok" : "MISSED"])
    }

    /// The table as text.
    var table: String { rows.text }
}
