/// The tables of a passage and the text between them.
enum TextParts {
    enum Part {
        case text(Range<Int>)
        /// Rows as their cells' places, without the header's.
        case table(rows: [[Range<Int>]], header: [Range<Int>])
    }

    /// All parts, in order.
    static func parts(_ scalars: [Unicode.Scalar]) -> [Part] {
        var parts: [Part] = []
        var textStart: Int?
        var rows: [[Range<Int>]] = []
        var hasRule = false
        func endTable() {
            guard !rows.isEmpty else { return }
            parts.append(table(rows, scalars, hasRule: hasRule))
            rows = []
            hasRule = false
        }
        func endText(_ end: Int) {
            guard let start = textStart else { return }
            parts += cellRuns(scalars, start..<end)
            textStart = nil
        }
        for line in lines(scalars) {
            if isRule(scalars, line), !rows.isEmpty {
                hasRule = true
            } else if let cells = cells(scalars, line) {
                endText(line.lowerBound)
                rows.append(cells)
            } else {
                if !scalars[line].allSatisfy(\.properties.isWhitespace) || !hasRule { endTable() }
                if textStart == nil { textStart = line.lowerBound }
            }
        }
        endTable()
        endText(scalars.count)
        return parts
    }

    private static func lines(_ scalars: [Unicode.Scalar]) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        for (index, scalar) in scalars.enumerated() where scalar == "\n" || scalar == "\u{c}" {
            lines.append(start..<index)
            start = index + 1
        }
        lines.append(start..<scalars.count)
        return lines
    }

    // MARK: - Rows on lines

    /// `| --- | --- |`
    private static func isRule(_ scalars: [Unicode.Scalar], _ line: Range<Int>) -> Bool {
        let marks = scalars[line].filter { !$0.properties.isWhitespace }
        return marks.count > 2 && marks.contains("-") && marks.allSatisfy { "|-:+=".unicodeScalars.contains($0) }
    }

    /// The names in a row of columns that stands by itself.
    static func names(_ row: String) -> [String] {
        let scalars = Array(row.unicodeScalars)
        return (cells(scalars, 0..<scalars.count) ?? []).map { String(String.UnicodeScalarView(scalars[$0])) }
    }

    /// The cells of a line that is a row: between bars, tabs, or wide gaps.
    private static func cells(_ scalars: [Unicode.Scalar], _ line: Range<Int>) -> [Range<Int>]? {
        let range = trimmed(scalars, line)
        guard !range.isEmpty else { return nil }
        let bars = scalars[range].count { $0 == "|" }
        var cells: [Range<Int>]
        if bars > 1 || bars == 1 && scalars[range.lowerBound] != "|" {
            cells = split(scalars, range) { $0 == "|" }
        } else if scalars[range].contains("\t") {
            cells = split(scalars, range) { $0 == "\t" }
        } else {
            cells = wideGaps(scalars, range)
        }
        cells = cells.map { trimmed(scalars, $0) }.filter { !$0.isEmpty }
        return cells.count > 1 ? cells : nil
    }

    private static func split(_ scalars: [Unicode.Scalar], _ range: Range<Int>, _ isBorder: (Unicode.Scalar) -> Bool)
        -> [Range<Int>]
    {
        scalars[range].split(whereSeparator: isBorder).map { $0.startIndex..<$0.endIndex }
    }

    /// Columns that are kept apart by three spaces or more, or by two in more than one place.
    private static func wideGaps(_ scalars: [Unicode.Scalar], _ range: Range<Int>) -> [Range<Int>] {
        var cells: [Range<Int>] = []
        var start = range.lowerBound
        var widest = 0
        var place = start
        while place < range.upperBound {
            var end = place
            while end < range.upperBound, scalars[end] == " " || scalars[end] == "\u{A0}" { end += 1 }
            if end - place > 1 {
                cells.append(start..<place)
                start = end
                widest = max(widest, end - place)
            }
            place = max(end, place + 1)
        }
        cells.append(start..<range.upperBound)
        return widest > 2 || cells.count > 2 ? cells : []
    }

    static func trimmed(_ scalars: [Unicode.Scalar], _ range: Range<Int>) -> Range<Int> {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high, scalars[low].properties.isWhitespace || scalars[low] == "|" { low += 1 }
        while high > low, scalars[high - 1].properties.isWhitespace || scalars[high - 1] == "|" { high -= 1 }
        return low..<high
    }

    /// The first row names the columns where a rule follows it, or where no number stands in it and some stand below.
    private static func table(_ rows: [[Range<Int>]], _ scalars: [Unicode.Scalar], hasRule: Bool) -> Part {
        guard let first = rows.first, rows.count > 1 else { return .table(rows: rows, header: []) }
        func hasNumber(_ cells: [Range<Int>]) -> Bool {
            cells.contains { scalars[$0].contains { $0.properties.numericType == .decimal } }
        }
        let isHeader = hasRule || !hasNumber(first) || !CellRun.isMostlyNumbers(first, scalars) && rows.count > 2
        return isHeader ? .table(rows: Array(rows.dropFirst()), header: first) : .table(rows: rows, header: [])
    }

    // MARK: - Cells on lines of their own

    /// Text of PDF tables: each cell on a line.
    private static func cellRuns(_ scalars: [Unicode.Scalar], _ range: Range<Int>) -> [Part] {
        var parts: [Part] = []
        var start = range.lowerBound
        for run in CellRun.runs(scalars, range) {
            guard let table = run.table(scalars) else { continue }
            if start < table.start { parts.append(.text(start..<table.start)) }
            parts.append(.table(rows: table.rows, header: table.header))
            start = table.end
        }
        if start < range.upperBound { parts.append(.text(start..<range.upperBound)) }
        return parts
    }
}
