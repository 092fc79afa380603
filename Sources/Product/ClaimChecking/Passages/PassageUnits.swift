import SentenceUnits

/// A passage taken apart into sentences and rows.
struct PassageUnits: Sendable {
    /// A paragraph no longer than this may be a cell of a table.
    private static let longestCell = 60

    let units: [PassageUnit]
    /// Words of its titles: what the sentences below them are about.
    let headings: Set<String>
    /// Every word of the passage in lower case as it is written, those in small letters apart.
    let words: Set<String>
    let small: Set<String>

    init(_ text: String) {
        let scalars = Array(text.unicodeScalars)
        var units: [PassageUnit] = []
        var cells: [Range<Int>] = []
        func closeCells() {
            let rows = TableRows.rows(cells, in: scalars)
            units += rows.map { PassageUnit(scalars, row: $0.cells, header: $0.header) }
            if rows.isEmpty { units += cells.map { PassageUnit(scalars, $0, isHeading: true) } }
            cells = []
        }
        for block in Self.blocks(scalars) {
            if let table = Self.lines(of: block, scalars) {
                closeCells()
                units += table
            } else if block.count <= Self.longestCell, !Self.endsSentence(scalars, block) {
                cells.append(block)
            } else {
                // The first cell of a table hangs on the paragraph before it.
                var sentences = Self.sentences(scalars, block)
                closeCells()
                if let last = sentences.last, last.count <= Self.longestCell, sentences.count > 1,
                    !Self.endsSentence(scalars, last)
                {
                    sentences.removeLast()
                    cells.append(last)
                }
                units += sentences.map {
                    PassageUnit(scalars, $0, isHeading: !Self.endsSentence(scalars, $0) && $0.count < Self.longestCell)
                }
            }
        }
        closeCells()
        self.units = units
        headings = units.filter(\.isHeading).reduce(into: []) { $0.formUnion($1.words) }
        let tokens = Tokenizer.tokens(scalars, in: 0..<scalars.count).filter { $0.kind == .word }
        words = Set(tokens.map(\.text))
        small = Set(tokens.filter { !$0.isCapital }.map(\.text))
    }

    private static func endsSentence(_ scalars: [Unicode.Scalar], _ range: Range<Int>) -> Bool {
        range.last.map { [".", "!", "?", ":", ";", "。", "！", "？", "”", "\""].contains(scalars[$0]) } ?? false
    }

    private static func sentences(_ scalars: [Unicode.Scalar], _ block: Range<Int>) -> [Range<Int>] {
        SentenceSplitter.units(Array(scalars[block])).map {
            $0.lowerBound + block.lowerBound..<$0.upperBound + block.lowerBound
        }
    }

    /// Stretches between blank lines; lines of a table by themselves.
    private static func blocks(_ scalars: [Unicode.Scalar]) -> [Range<Int>] {
        var blocks: [Range<Int>] = []
        var start = 0
        var place = 0
        func close(_ end: Int) {
            var (low, high) = (start, end)
            while low < high, scalars[low].properties.isWhitespace { low += 1 }
            while high > low, scalars[high - 1].properties.isWhitespace { high -= 1 }
            if low < high { blocks.append(low..<high) }
            start = end
        }
        while place < scalars.count {
            if scalars[place] == "\n", place + 1 < scalars.count, scalars[place + 1] == "\n" { close(place) }
            place += 1
        }
        close(scalars.count)
        return blocks
    }

    /// The rows of a block whose lines are rows, with tabs or bars between the cells; `nil` for other blocks.
    private static func lines(of block: Range<Int>, _ scalars: [Unicode.Scalar]) -> [PassageUnit]? {
        let lines = scalars[block].split(separator: "\n").map { $0.startIndex..<$0.endIndex }
        let isTabbed = lines.filter { scalars[$0].contains("\t") }.count
        let isBarred = lines.filter { scalars[$0].first == "|" }.count
        guard 2 * max(isTabbed, isBarred) > lines.count else { return nil }
        let mark: Unicode.Scalar = isBarred > isTabbed ? "|" : "\t"
        var header: [Range<Int>] = []
        var rows: [PassageUnit] = []
        for line in lines {
            let cells = scalars[line].split(separator: mark).compactMap {
                trimmed($0.startIndex..<$0.endIndex, scalars)
            }
            // The rule below a head says nothing.
            let isRule = cells.allSatisfy { scalars[$0].allSatisfy { $0 == "-" || $0 == ":" } }
            guard !cells.isEmpty, !isRule else { continue }
            if header.isEmpty, cells.count > 1,
                !cells.dropFirst().contains(where: { scalars[$0].contains(where: Characters.isDigit) })
            {
                header = cells
            } else {
                rows.append(PassageUnit(scalars, row: cells, header: header))
            }
        }
        return rows
    }

    private static func trimmed(_ range: Range<Int>, _ scalars: [Unicode.Scalar]) -> Range<Int>? {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high, scalars[low].properties.isWhitespace { low += 1 }
        while high > low, scalars[high - 1].properties.isWhitespace { high -= 1 }
        return low < high ? low..<high : nil
    }
}
