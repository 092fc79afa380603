/// Rows of text in columns of equal width, the first row being the head.
struct TextTable: Sendable {
    private var rows: [[String]]

    init(head: [String]) { rows = [head] }

    mutating func add(_ row: [String]) { rows.append(row) }

    var text: String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }.joined()
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n") + "\n"
    }

    /// A number with three digits or so; a word for what is none.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "none" : "endless" }
        if abs(value) >= 100 { return whole(value.rounded()) }
        let digits = abs(value) >= 10 ? 10.0 : 100.0
        return String((value * digits).rounded() / digits)
    }

    private static func whole(_ value: Double) -> String {
        Int(exactly: value).map { String($0) } ?? String(value)
    }
}
