/// Finds the rows of tables that came apart: cells each in a paragraph of its own, as readers of PDF leave them.
enum TableRows {
    private static let fewestCells = 6
    private static let columns = 2...8

    /// Cells of a row, and of the head of its table.
    struct Row {
        let cells: [Range<Int>]
        let header: [Range<Int>]
    }

    /// The rows of a run of cells; empty when no width of the table fits it.
    static func rows(_ cells: [Range<Int>], in scalars: [Unicode.Scalar]) -> [Row] {
        guard cells.count >= fewestCells, let (width, offset) = layout(cells.map { Shape(scalars[$0]) }) else {
            return []
        }
        let body = Array(cells.dropFirst(offset))
        var rows = stride(from: 0, to: body.count, by: width).map { Array(body[$0..<min($0 + width, body.count)]) }
        var header: [Range<Int>] = []
        // What has no figures anywhere, above rows that have some, is the head.
        if let first = rows.first, first.count == width, first.allSatisfy({ Shape(scalars[$0]).begins == .letter }),
            rows.dropFirst().contains(where: { $0.contains { Shape(scalars[$0]).begins != .letter } })
        {
            header = rows.removeFirst()
        }
        return rows.map { Row(cells: $0, header: header) }
    }

    /// What a cell looks like.
    private struct Shape: Equatable {
        enum Beginning { case digit, currency, letter }

        let begins: Beginning
        /// Figures with a word at most.
        let isFigure: Bool
        let hasDigits: Bool
        /// The letters at its end, which a column's cells have in common.
        let ending: String

        init(_ scalars: ArraySlice<Unicode.Scalar>) {
            let first = scalars.first { !["±", "−", "-", "<", ">"].contains($0) }
            let isCurrency = first.map { ["£", "€", "$", "¥"].contains($0) } ?? false
            begins = isCurrency ? .currency : first.map(Characters.isDigit) ?? false ? .digit : .letter
            isFigure = begins != .letter && scalars.split { !$0.properties.isAlphabetic }.count < 2
            hasDigits = scalars.contains(where: Characters.isDigit)
            ending = String(String.UnicodeScalarView(scalars.reversed().prefix { $0.properties.isAlphabetic }))
        }

        func likeness(to other: Shape) -> Double {
            if isFigure != other.isFigure { return 0 }
            return (begins == other.begins ? 0.5 : 0.2) + (hasDigits == other.hasDigits ? 0.2 : 0)
                + (ending == other.ending ? 0.3 : 0)
        }
    }

    /// Width of the table, and how many cells belong to a row that began before: those at which cells are most like those
    /// above them.
    private static func layout(_ shapes: [Shape]) -> (width: Int, offset: Int)? {
        var best: (width: Int, offset: Int, score: Double)?
        for width in columns where shapes.count >= 2 * width + 1 {
            for offset in 0..<width {
                var (sum, count) = (0.0, 0)
                // The first whole row may be the head.
                for place in offset + 2 * width..<max(offset + 2 * width, shapes.count) {
                    sum += shapes[place].likeness(to: shapes[place - width])
                    count += 1
                }
                guard count >= width else { continue }
                var score = sum / Double(count)
                if (shapes.count - offset) % width == 0 { score += 0.1 }
                if offset == 0 { score += 0.05 }
                // A row begins with what it is about.
                let labels = stride(from: offset + width, to: shapes.count, by: width).map {
                    shapes[$0].isFigure ? 0.0 : 1
                }
                score += 0.15 * labels.reduce(0, +) / Double(labels.count)
                if score > (best?.score ?? 0.6) + 1e-9 { best = (width, offset, score) }
            }
        }
        return best.map { ($0.width, $0.offset) }
    }
}
