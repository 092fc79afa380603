/// Our figures beside the other server's, with their ratio and its bar.
struct ComparisonReport {
    private var rows: [[String]] = [["What", "Apus", "Chroma 1.5.9", "Ratio", "Bar", ""]]

    /// Adds a figure; the ratio says how many times better ours is.
    mutating func add(
        _ what: String, _ ours: Double, _ theirs: Double, _ unit: String, _ bar: Double, isRate: Bool
    ) {
        let ratio = isRate ? ours / theirs : theirs / ours
        rows.append([
            what, "\(Self.text(ours)) \(unit)", "\(Self.text(theirs)) \(unit)", "\(Self.text(ratio))×",
            "\(Self.text(bar))×", ratio >= bar ? "ok" : "MISSED",
        ])
    }

    /// Adds a recall, which may not be below the floor.
    mutating func addRecall(_ what: String, _ ours: Double, _ theirs: Double, _ floor: Double) {
        func share(_ value: Double) -> String { String(Double(Int(value * 10000 + 0.5)) / 10000) }
        rows.append([what, share(ours), share(theirs), "", "≥ \(share(floor))", ours >= floor ? "ok" : "MISSED"])
    }

    /// The table as text.
    var table: String {
        let widths = (0..<6).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }.joined()
        }.joined(separator: "\n") + "\n"
    }

    private static func text(_ value: Double) -> String {
        if value >= 100 { return String(Int(value.rounded())) }
        let digits = value >= 10 ? 10.0 : 100.0
        return String((value * digits).rounded() / digits)
    }
}
