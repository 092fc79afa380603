/// A piece of a passage that can be quoted, or that stands in front of such pieces.
struct PassageUnit: Sendable {
    enum Kind: Sendable {
        case sentence, item
        /// Titles, headings, captions, questions: they are never quoted alone, and say what the next pieces are about.
        case heading
        /// A row of a table; its cells' places.
        case row([Range<Int>])
    }

    let kind: Kind
    /// Place among the passage's scalars, without a bullet or the borders of a table.
    let range: Range<Int>
    let words: [AnswerWord]
    let text: String
    /// Indices of the headings above it: the passage's first, the nearest, and a sentence that ends with a colon.
    var headings: [Int] = []
    /// Names of the columns; empty but for rows.
    var header: [String] = []
    /// Which table it belongs to, counted within the passage.
    var table: Int?
    /// Blank lines and tables before it.
    var paragraph = 0

    /// Whether it goes on about what the piece before it is about: "It takes an hour.", "Founded in 1912."
    var refersBack: Bool {
        guard let first = words.first, words.count > 1 else { return false }
        return TypeWords.referring.contains(first.plain)
            || first.plain.hasSuffix("ed") && TypeWords.afterParticiple.contains(words[1].plain)
    }

    /// Whether somebody speaks of herself.
    var isInFirstPerson: Bool { words.contains { TypeWords.firstPerson.contains($0.plain) } }
    var isRow: Bool { if case .row = kind { true } else { false } }
    var isHeading: Bool { if case .heading = kind { true } else { false } }
}
