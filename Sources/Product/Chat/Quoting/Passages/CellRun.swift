/// Short lines one after another, as a table looks whose columns are lost.
struct CellRun {
    private static let longestCell = 60
    private static let fewestCells = 5
    private static let mostColumns = 8

    /// What a cell holds, as far as it tells the columns apart.
    private enum Content: CaseIterable {
        case number, phraseWithNumber, capitalised, small
    }

    private static let shortMarks: Set = ["yes", "no", "n/a", "ja", "nein", "oui", "non", "si", "nee"]

    let cells: [Range<Int>]

    /// The runs within a stretch of text.
    static func runs(_ scalars: [Unicode.Scalar], _ range: Range<Int>) -> [CellRun] {
        var runs: [CellRun] = []
        var cells: [Range<Int>] = []
        var isAfterBlank = true
        func end() {
            if cells.count >= fewestCells { runs.append(CellRun(cells: cells)) }
            cells = []
        }
        var start = range.lowerBound
        while start < range.upperBound {
            let lineEnd =
                scalars[start..<range.upperBound].firstIndex { $0 == "\n" || $0 == "\u{c}" } ?? range.upperBound
            let line = TextParts.trimmed(scalars, start..<lineEnd)
            start = lineEnd + 1
            if line.isEmpty {
                isAfterBlank = true
                continue
            }
            if let last = cells.last, !isAfterBlank, continues(scalars, last, line) {
                cells[cells.count - 1] = last.lowerBound..<line.upperBound
            } else if isCell(scalars, line) {
                cells.append(line)
            } else {
                end()
            }
            isAfterBlank = false
        }
        end()
        return runs
    }

    private static func isCell(_ scalars: [Unicode.Scalar], _ line: Range<Int>) -> Bool {
        line.count <= longestCell && !SentenceEndings.isTerminal(scalars, line)
            && !["•", "●", "▪", "-", "*", "#", "\u{f0b7}"].contains(scalars[line.lowerBound])
    }

    /// "Largest flow," and "L/h" are one cell, and so are "Strokes per" and "minute".
    private static func continues(_ scalars: [Unicode.Scalar], _ last: Range<Int>, _ line: Range<Int>) -> Bool {
        line.upperBound - last.lowerBound <= 2 * longestCell && !SentenceEndings.isTerminal(scalars, line)
            && (scalars[last.upperBound - 1] == "," || scalars[line.lowerBound].properties.isLowercase)
    }

    // MARK: - Columns

    /// The rows, if the cells' kinds repeat as they do in columns; otherwise a row for each label with the numbers after it.
    func table(_ scalars: [Unicode.Scalar]) -> (rows: [[Range<Int>]], header: [Range<Int>], start: Int, end: Int)? {
        let contents = cells.map { Self.content(scalars, $0) }
        // "Water tank 2.4 litres": lines that have their name and their value are rows already.
        if 5 * contents.count(where: { $0 == .phraseWithNumber }) > 3 * contents.count { return nil }
        var best: (columns: Int, offset: Int, score: Double)?
        for offset in 0...4 {
            for columns in 2...Self.mostColumns {
                guard let score = regularity(contents, columns, offset) else { continue }
                // A heading above the table is rare; more columns explain less.
                let value = score - 0.012 * Double(offset) - 0.001 * Double(columns)
                if value > best?.score ?? 0.8 { best = (columns, offset, value) }
            }
        }
        if let best { return rows(columns: best.columns, offset: best.offset) }
        return labelled(contents)
    }

    /// How alike the cells of each column are below the header; `nil` when that cannot be the shape.
    private func regularity(_ contents: [Content], _ columns: Int, _ offset: Int) -> Double? {
        let first = offset + columns
        let rowCount = (contents.count - first) / columns
        guard rowCount >= 2, !contents[..<first].contains(.number), !contents[..<first].contains(.small) else {
            return nil
        }
        var sum = 0.0
        var firstShare = 0.0
        var commonest: [Content] = []
        for column in 0..<columns {
            let values = (0..<rowCount).map { contents[first + $0 * columns + column] }
            let counts = Content.allCases.map { kind in (kind, values.count { $0 == kind }) }
            guard let most = counts.max(by: { $0.1 < $1.1 }) else { return nil }
            let share = Double(most.1) / Double(rowCount)
            sum += share
            if column == 0 { firstShare = share }
            commonest.append(most.0)
        }
        // A number in front and a name at the end: the rows begin elsewhere.
        if columns > 2, commonest.first == .number, commonest.last != .number { return nil }
        let left = contents.count - first - rowCount * columns
        // Columns that are all alike say nothing about how many there are. Names of rows are of one kind even where the rest
        // is mixed.
        let isTold = commonest.dropFirst().contains { $0 != commonest[0] }
        let others = contents[first...].enumerated().filter { $0.offset % columns != 0 }
        let strangers = Double(others.count { $0.element != commonest[0] }) / Double(max(1, others.count))
        guard isTold || firstShare == 1 && strangers >= 0.5 else { return nil }
        let mean = sum / Double(columns)
        return max(mean, firstShare == 1 && strangers >= 0.5 ? 0.88 : 0) - 0.01 * Double(min(left, 5))
    }

    private func rows(columns: Int, offset: Int) -> (rows: [[Range<Int>]], header: [Range<Int>], start: Int, end: Int)?
    {
        let first = offset + columns
        let rows = stride(from: first, to: cells.count - columns + 1, by: columns).map {
            Array(cells[$0..<$0 + columns])
        }
        guard let end = rows.last?.last?.upperBound else { return nil }
        return (rows, Array(cells[offset..<first]), cells[offset].lowerBound, end)
    }

    private func labelled(_ contents: [Content]) -> (rows: [[Range<Int>]], header: [Range<Int>], start: Int, end: Int)?
    {
        guard let firstNumber = contents.firstIndex(of: .number), firstNumber > 0 else { return nil }
        var rows: [[Range<Int>]] = []
        var row: [Range<Int>] = [cells[firstNumber - 1]]
        for index in firstNumber..<cells.count {
            if contents[index] == .number {
                row.append(cells[index])
            } else {
                if row.count > 1 { rows.append(row) }
                row = [cells[index]]
            }
        }
        if row.count > 1 { rows.append(row) }
        guard rows.count > 1, let end = rows.last?.last?.upperBound else { return nil }
        // What stands directly above: as many names as the rows have cells.
        let width = rows.map(\.count).max() ?? 0
        let header = Array(cells[..<(firstNumber - 1)].suffix(width))
        return (rows, header, header.first?.lowerBound ?? cells[firstNumber - 1].lowerBound, end)
    }

    private static func content(_ scalars: [Unicode.Scalar], _ cell: Range<Int>) -> Content {
        let text = scalars[cell]
        let hasDigit = text.contains { $0.properties.numericType == .decimal }
        let words = text.split(whereSeparator: \.properties.isWhitespace)
        if !hasDigit {
            // Marks of tables stand where numbers do.
            if cell.count == 1 || shortMarks.contains(AnswerWord.folded(text)) { return .number }
            return text.first?.properties.isLowercase == true ? .small : .capitalised
        }
        let startsWithNumber = words.first.map { word in
            word.first.map { $0.properties.numericType != nil || "+-–±<>≤≥£€$(".unicodeScalars.contains($0) } ?? false
        }
        return words.count <= 2 && startsWithNumber == true
            ? .number : words.count == 1 ? .capitalised : .phraseWithNumber
    }

    /// Whether most cells of a row are numbers, which names of columns are not.
    static func isMostlyNumbers(_ cells: [Range<Int>], _ scalars: [Unicode.Scalar]) -> Bool {
        2 * cells.count { content(scalars, $0) == .number } >= cells.count
    }
}
