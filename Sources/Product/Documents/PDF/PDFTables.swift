/// The tables of a page. Poppler's text has their cells one below the other; by the words' places they are beside each other
/// again, a row on a line and a tab between cells. Only the space between words is changed.
struct PDFTables {
    /// Words that follow each other in the text, on lines that belong together.
    private struct Cell {
        var words: Range<Int>
        var box: PDFBox
        /// Of its last line.
        var lineBox: PDFBox
        var lines = 1
        var length: Int
        /// Whether it may only mark an item of a list.
        var isMark: Bool
    }

    /// Of the height of a line: the least space between columns, and the most between lines of one cell and between rows.
    private static let leastGap = 0.9
    private static let mostLineGap = 0.45
    private static let mostRowGap = 3.5
    /// Of the lower of two heights, what those beside each other share at least.
    private static let leastShared = 0.4
    /// Times that letters of one cell may be higher than others.
    private static let mostHigher = 1.4
    /// How far the edges of a column's cells may be apart, of the height of a line.
    private static let edge = 0.6
    /// Letters of cells, on average, beyond which it is text in columns.
    private static let longestCells = 160
    private static let mostWords = 20_000

    /// Whether a page may have a table: lines with something wide between their words, one below the other.
    static func mayStand(on page: PDFRuns.Page) -> Bool {
        guard page.runs.count < mostWords else { return false }
        let runs = page.runs.sorted { $0.box.top != $1.box.top ? $0.box.top < $1.box.top : $0.box.left < $1.box.left }
        var lines = 0
        var index = 0
        while index < runs.count {
            let first = runs[index]
            var right = first.box.right
            var hasGap = false
            index += 1
            while index < runs.count, runs[index].box.top < first.box.top + 0.5 * first.box.height {
                if runs[index].box.left - right > leastGap * first.box.height { hasGap = true }
                right = max(right, runs[index].box.right)
                index += 1
            }
            if hasGap { lines += 1 }
            if lines > 1 { return true }
        }
        return false
    }

    /// Lays the page's tables out in rows.
    static func layOut(_ page: inout PDFPageText, _ words: [PDFWords.Word]) {
        guard words.count == page.ranges.count, words.count < mostWords else { return }
        for table in tables(rows(cells(words))) {
            for (number, row) in table.rows.enumerated() {
                guard let first = row.first else { continue }
                let start = String(repeating: "\t", count: first.column)
                if let label = table.labels[number] {
                    page.move(label.words, before: first.cell.words.lowerBound, between: ("\n", start))
                } else if number > 0 || !start.isEmpty {
                    page.setGap(before: first.cell.words.lowerBound, to: "\n" + start)
                } else {
                    page.beginLine(before: first.cell.words.lowerBound)
                }
                var column = first.column
                for entry in row {
                    let cell = entry.cell.words
                    if entry.column > column {
                        page.setGap(before: cell.lowerBound, to: String(repeating: "\t", count: entry.column - column))
                    }
                    column = entry.column
                    for word in cell.dropFirst() { page.joinLines(before: word) }
                }
            }
            if let end = table.rows.last?.last?.cell.words.upperBound { page.beginLine(before: end) }
        }
    }

    // MARK: - Cells and rows

    private static func cells(_ words: [PDFWords.Word]) -> [Cell] {
        var cells: [Cell] = []
        for (index, word) in words.enumerated() {
            let (box, length) = (word.box, word.text.unicodeScalars.count)
            let isMark = isMark(word.text)
            guard let last = cells.last, last.words.upperBound == index, box.height > 0 else {
                cells.append(Cell(words: index..<index + 1, box: box, lineBox: box, length: length, isMark: isMark))
                continue
            }
            let height = max(box.height, last.lineBox.height)
            let isBeside = stands(box, beside: last.lineBox)
            let gap = box.left - last.lineBox.right
            let isOfLine = isBeside && gap > -0.5 * height && gap < leastGap * height
            let below = box.top - last.lineBox.bottom
            let isBelow =
                !isBeside && below > -0.4 * height && below < mostLineGap * height
                && box.left < last.box.right && box.left > last.box.left - edge * height
                && words[index - 1].box.height * mostHigher > box.height
                && box.height * mostHigher > words[index - 1].box.height
            guard isOfLine || isBelow else {
                cells.append(Cell(words: index..<index + 1, box: box, lineBox: box, length: length, isMark: isMark))
                continue
            }
            var cell = last
            cell.words = cell.words.lowerBound..<index + 1
            cell.box = united(cell.box, box)
            cell.lineBox = isOfLine ? united(cell.lineBox, box) : box
            if !isOfLine { cell.lines += 1 }
            cell.length += length
            cell.isMark = false
            cells[cells.count - 1] = cell
        }
        return cells
    }

    /// Whether two share much of their height.
    private static func stands(_ one: PDFBox, beside other: PDFBox) -> Bool {
        min(one.bottom, other.bottom) - max(one.top, other.top) > leastShared * min(one.height, other.height)
    }

    private static func sharesEdge(_ one: PDFBox, _ other: PDFBox, _ slack: Double) -> Bool {
        abs(one.left - other.left) < slack || abs(one.right - other.right) < slack
    }

    private static func united(_ one: PDFBox, _ other: PDFBox) -> PDFBox {
        PDFBox(
            left: min(one.left, other.left), top: min(one.top, other.top), right: max(one.right, other.right),
            bottom: max(one.bottom, other.bottom))
    }

    /// A bullet, or a number as items of lists have it: "1.", "(a)", "[12]", "iv)".
    private static func isMark(_ word: String) -> Bool {
        let scalars = Array(word.unicodeScalars)
        guard scalars.count <= 5, let last = scalars.last else { return false }
        if scalars.count == 1, !last.properties.isAlphabetic, last.properties.numericType == nil { return true }
        if scalars.count <= 2, scalars.allSatisfy({ $0.properties.numericType == .decimal }) { return true }
        return ".):]".unicodeScalars.contains(last)
    }

    /// Cells that follow each other beside each other.
    private static func rows(_ cells: [Cell]) -> [[Cell]] {
        var rows: [[Cell]] = []
        for cell in cells {
            if let last = rows.last?.last, let first = rows.last?.first, cell.box.left >= last.box.right,
                stands(cell.box, beside: first.box)
            {
                rows[rows.count - 1].append(cell)
            } else {
                rows.append([cell])
            }
        }
        return rows
    }

    // MARK: - Tables

    private struct Table {
        let rows: [[(column: Int, cell: Cell)]]
        /// A cell of the first column.
        let first: PDFBox
        /// What stands in the first column of rows that lack it, by the rows' numbers; the text has it behind the table.
        var labels: [Int: Cell] = [:]

        /// Takes a cell as the label of the row that it stands beside.
        mutating func take(_ cell: Cell) {
            let number = rows.indices.first { number in
                guard let first = rows[number].first, first.column == 1, labels[number] == nil else { return false }
                return cell.box.right <= first.cell.box.left && stands(cell.box, beside: first.cell.box)
                    && sharesEdge(cell.box, self.first, edge * cell.lineBox.height)
            }
            if let number { labels[number] = cell }
        }
    }

    /// Cells behind a table that may be labels of its rows.
    private static let mostLabels = 20

    private static func tables(_ rows: [[Cell]]) -> [Table] {
        var tables: [Table] = []
        var start = 0
        while start < rows.count {
            var end = start
            while end < rows.count, rows[end].count > 1, end == start || follow(rows[end - 1], rows[end]) { end += 1 }
            if end > start, let (found, last) = table(rows[start..<end]) {
                var table = found
                for row in rows[last...].prefix(mostLabels) {
                    guard row.count == 1, let cell = row.first else { break }
                    table.take(cell)
                }
                tables.append(table)
                start = last
            } else {
                start = max(end, start + 1)
            }
        }
        return tables
    }

    /// Whether a row stands below another, near enough to be of the same table.
    private static func follow(_ above: [Cell], _ below: [Cell]) -> Bool {
        guard let one = above.first, let other = below.first else { return false }
        let bottom = above.reduce(one.box.bottom) { max($0, $1.box.bottom) }
        let gap = other.box.top - bottom
        let height = min(one.lineBox.height, other.lineBox.height)
        return gap > -0.5 * height && gap < mostRowGap * height
    }

    /// The rows, from the first on, that share their columns; `nil` when these are no table.
    private static func table(_ rows: ArraySlice<[Cell]>) -> (table: Table, end: Int)? {
        guard let widest = rows.max(by: { $0.count < $1.count }), let first = widest.first else { return nil }
        var placed: [[(column: Int, cell: Cell)]] = []
        for row in rows {
            // The text has these column by column.
            guard row.count(where: { $0.lines > 2 }) < 2, let places = places(row, in: widest) else { break }
            placed.append(places)
        }
        let cells = placed.joined().map(\.cell)
        let width = widest.count
        guard placed.count > 2 || placed.count == 2 && width > 2,
            cells.reduce(0, { $0 + $1.length }) <= longestCells * cells.count
        else { return nil }
        // Items of a list stand beside their marks as well.
        if width == 2, 2 * placed.count(where: { $0.first?.cell.isMark ?? false }) >= placed.count { return nil }
        return (Table(rows: placed, first: first.box), rows.startIndex + placed.count)
    }

    /// In which column each cell of a row stands; `nil` when one stands in none.
    private static func places(_ row: [Cell], in columns: [Cell]) -> [(column: Int, cell: Cell)]? {
        var places: [(column: Int, cell: Cell)] = []
        var next = 0
        for cell in row {
            let found = (next..<columns.count).first { stands(cell, in: columns[$0]) }
            guard let found else { return nil }
            places.append((found, cell))
            next = found + 1
        }
        return places
    }

    private static func stands(_ cell: Cell, in column: Cell) -> Bool {
        let (one, other) = (cell.box, column.box)
        return one.left < other.right && other.left < one.right
            || sharesEdge(one, other, edge * column.lineBox.height)
    }
}
