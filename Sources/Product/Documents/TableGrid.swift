/// Puts the cells of a table into its columns (HTML Standard, section 4.9.12): what spans several rows is said again in
/// each, so that every row can be understood by itself.
struct TableGrid {
    private static let mostColumns = 1000
    private static let mostRows = 100_000
    /// Longer texts are not said again.
    private static let longestRepeated = 500

    private struct Span {
        let text: String
        var rows: Int
    }

    private var spans: [Int: Span] = [:]
    private var row: [String] = []
    private var column = 0
    private var own = 0

    /// Enters the next cell of the current row.
    ///
    /// - Parameters:
    ///   - columns: How many columns it spans.
    ///   - rows: How many rows it spans; 0 for all that follow.
    mutating func add(_ text: String, columns: Int, rows: Int) {
        fill()
        own += 1
        let again = text.utf8.count <= Self.longestRepeated ? text : ""
        for number in 0..<max(1, min(columns, Self.mostColumns)) where column < Self.mostColumns {
            place(number == 0 ? text : again)
            if rows != 1 {
                spans[column] = Span(text: again, rows: (rows <= 0 ? Self.mostRows : min(rows, Self.mostRows)) - 1)
            }
            column += 1
        }
    }

    /// The row's cells, left to right; the grid goes on with the next row.
    mutating func endRow() -> [String] {
        fill()
        // What stands further right and spans rows, behind columns that this row lacks.
        for other in spans.keys.sorted() where other >= column {
            column = other
            take(other)
        }
        var cells = row
        // One that spans the whole row is its title.
        if own == 1, let first = cells.first, cells.allSatisfy({ $0 == first }) { cells = [first] }
        while cells.last?.isEmpty ?? false { cells.removeLast() }
        row = []
        column = 0
        own = 0
        return cells
    }

    /// Takes in what spans down into the columns from here on.
    private mutating func fill() { while spans[column] != nil { take(column) } }

    private mutating func take(_ place: Int) {
        guard var span = spans[place] else { return }
        self.place(span.text)
        span.rows -= 1
        spans[place] = span.rows > 0 ? span : nil
        column = place + 1
    }

    private mutating func place(_ text: String) {
        while row.count < column { row.append("") }
        row.append(text)
    }
}
