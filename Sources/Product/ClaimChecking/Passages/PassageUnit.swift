/// A sentence of a passage, or a row of a table, made ready for comparing.
struct PassageUnit: Sendable {
    /// A cell of a row.
    struct Cell: Sendable {
        let facts: Facts
        /// Stems of the words above it.
        let header: Set<String>
    }

    /// Place in the passage, in scalars.
    let range: Range<Int>
    let facts: Facts
    /// For each of its quantities the words that belong to it.
    let segments: [Set<String>]
    let stems: Set<String>
    /// Words as they are, in lower case; for names.
    let words: Set<String>
    /// Capitalised words within it.
    let names: Set<String>
    /// First letters of its words, for abbreviations.
    let initials: String
    let clauses: [Clause]
    /// Empty for what is no row.
    let cells: [Cell]
    /// A title, or a line like one.
    let isHeading: Bool

    var isRow: Bool { !cells.isEmpty }

    init(_ scalars: [Unicode.Scalar], _ range: Range<Int>, isHeading: Bool) {
        self.init(Tokenizer.tokens(scalars, in: range), range, cells: [], header: [], isHeading: isHeading)
    }

    /// A row of cells, and the tokens of those above them.
    init(_ scalars: [Unicode.Scalar], row: [Range<Int>], header: [Range<Int>]) {
        let above = header.map { Tokenizer.tokens(scalars, in: $0) }
        var cells: [Cell] = []
        var tokens: [Token] = []
        for (column, range) in row.enumerated() {
            let own = Tokenizer.tokens(scalars, in: range)
            tokens += own
            tokens.append(Token(kind: .sign, text: ";", range: range.upperBound..<range.upperBound))
            let title = above.count == row.count ? above[column] : []
            cells.append(Cell(facts: Facts(own), header: Stems.stems(title)))
        }
        let range = (row.first?.lowerBound ?? 0)..<(row.last?.upperBound ?? 0)
        self.init(tokens, range, cells: cells, header: above.flatMap(\.self), isHeading: false)
    }

    private init(_ tokens: [Token], _ range: Range<Int>, cells: [Cell], header: [Token], isHeading: Bool) {
        self.range = range
        self.cells = cells
        self.isHeading = isHeading
        facts = Facts(tokens)
        segments = Segments.stems(tokens, facts.quantities)
        let all = tokens + header
        stems = Stems.stems(all)
        words = Set(all.filter { $0.kind == .word }.map(\.text))
        var names: Set<String> = []
        for (place, token) in tokens.enumerated()
        where token.isCapital && token.kind == .word && !Vocabulary.isEmpty(token.text) {
            // The first word, past the number of its section.
            let isFirst =
                !tokens[..<place].contains { $0.kind == .word }
                || [".", "!", "?", ":", "("].contains(tokens[place - 1].text)
            if !isFirst || isHeading || !cells.isEmpty { names.insert(token.text) }
        }
        self.names = names
        initials = String(all.filter { $0.kind == .word }.compactMap(\.text.first))
        clauses = Clause.clauses(tokens)
    }
}
