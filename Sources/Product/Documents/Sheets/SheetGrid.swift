import DocumentReading

/// The cells of a sheet that show something, in their places.
struct SheetGrid {
    /// What all sheets of a file may hold together.
    struct Budget {
        private static let mostCells = 2_000_000
        private static let mostMerges = 2_000_000

        private var cells = 0
        private var bytes = 0
        private var merges = 0

        /// Counts cells.
        ///
        /// - Throws: `ExtractionError` when there are too many.
        mutating func count(cells added: Int) throws {
            let (sum, isOver) = cells.addingReportingOverflow(added)
            guard !isOver, sum <= Self.mostCells else {
                throw ExtractionError.tooComplex("it has more than \(Self.mostCells) cells")
            }
            cells = sum
        }

        /// Counts a cell that is merged with others, or said again because of that.
        ///
        /// - Throws: `ExtractionError` when there are too many.
        mutating func countMerge() throws {
            merges += 1
            guard merges <= Self.mostMerges else {
                throw ExtractionError.tooComplex("it has more than \(Self.mostMerges) merged cells")
            }
        }

        /// Counts a line.
        ///
        /// - Throws: `ExtractionError` when there is too much text.
        mutating func count(_ line: String) throws {
            bytes += line.utf8.count + 1
            guard bytes <= ReaderLimits.textBytes else {
                throw ExtractionError.tooComplex("it holds more than \(ReaderLimits.textBytes >> 20) MiB of text")
            }
        }
    }

    typealias Cell = (column: Int, text: String)
    typealias Place = (row: Int, column: Int)

    private static let longestRepeated = 300

    private var rows: [(number: Int, cells: [Cell])] = []
    private var merges: [(first: Place, last: Place)] = []

    /// Adds the cells of the next row, if there are any.
    mutating func add(_ cells: [Cell], row: Int) {
        if !cells.isEmpty { rows.append((row, cells)) }
    }

    /// Notes that a cell spans others below it.
    mutating func merge(from first: Place, through last: Place) { merges.append((first, last)) }

    /// The rows as lines. Columns that are empty in all of them are left out; a cell that is merged over rows is said in each.
    ///
    /// - Throws: `ExtractionError` when a limit is passed.
    mutating func text(_ budget: inout Budget) throws -> String {
        try repeatMerged(&budget)
        let columns = Set(rows.lazy.flatMap { $0.cells.lazy.map(\.column) }).sorted()
        let places = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1, $0) })
        var result = ""
        for row in rows {
            var line = ""
            var place = 0
            for cell in row.cells.sorted(by: { $0.column < $1.column }) {
                let target = places[cell.column] ?? place
                line += String(repeating: "\t", count: max(0, target - place)) + cell.text
                place = target
            }
            try budget.count(line)
            result += (result.isEmpty ? "" : "\n") + line
        }
        return result
    }

    private mutating func repeatMerged(_ budget: inout Budget) throws {
        let places = Dictionary(rows.enumerated().map { ($1.number, $0) }) { first, _ in first }
        for merge in merges {
            guard let first = places[merge.first.row],
                let text = rows[first].cells.first(where: { $0.column == merge.first.column })?.text,
                text.count <= Self.longestRepeated
            else { continue }
            for index in rows.index(after: first)..<max(rows.count, first + 1) {
                guard rows[index].number <= merge.last.row else { break }
                try budget.countMerge()
                guard !rows[index].cells.contains(where: { $0.column == merge.first.column }) else { continue }
                rows[index].cells.append((merge.first.column, text))
            }
        }
    }
}
