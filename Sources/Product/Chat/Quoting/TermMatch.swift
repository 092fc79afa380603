/// How well words of a passage say a word of the question.
enum TermMatch {
    private static let prefixLength = 6

    /// From 0 for not at all to 1 for the same word.
    ///
    /// - Parameter isRow: Whether they are a row of a table, whose column may have the noun of "lab 5".
    static func credit(
        _ term: Question.Term, _ words: [AnswerWord], allowsTypos: Bool = false, isRow: Bool = false
    ) -> Double {
        switch term.kind {
        case .code, .number: return words.contains { $0.plain == term.word.plain } ? 1 : 0
        case .label(let noun): return label(noun, term.word.plain, words, isRow)
        case .name, .word: break
        }
        var best = 0.0
        for word in words where word.kind == term.word.kind {
            if word.stem == term.word.stem || word.plain == term.word.plain { return 1 }
            guard word.kind == .word else { continue }
            if term.synonyms.contains(word.stem) { best = max(best, 0.8) }
            if !term.isSpecific || word.isCapitalised { best = max(best, likeness(term.word, word)) }
            if best < 0.75, allowsTypos, isTypo(term.word.plain, word.plain) { best = 0.75 }
        }
        return best
    }

    /// How well a piece says a word in other words, 0 to 0.8, by late interaction: "consent" where permission is asked for, "hens"
    /// where chickens are. Of words that have nothing to do with each other the cosine is seldom more than a half.
    ///
    /// - Parameter nearness: Cosine similarity of the word's tokens with the nearest of the piece.
    static func credit(nearness: Double) -> Double { max(0, min(0.8, 2.5 * (nearness - 0.55))) }

    /// "lab 5": the number after its noun. A year needs none.
    private static func label(_ noun: String, _ number: String, _ words: [AnswerWord], _ isRow: Bool) -> Double {
        var best = 0.0
        for (index, word) in words.enumerated() where word.plain == number {
            // The number of a clause or a chapter, in front of its own text.
            if index == 0, TypeWords.labelledStems.contains(noun) { return 1.5 }
            if noun.isEmpty || index > 0 && words[index - 1].stem == noun { return 1 }
            // "#1182": so long a number is seldom there by chance.
            best = number.utf8.count > 3 ? 0.6 : isRow ? 0.4 : 0.2
        }
        return best
    }

    /// Whether the words name another thing of the same kind: lab 3 instead of lab 5, another part number.
    static func hasRival(_ term: Question.Term, _ words: [AnswerWord]) -> Bool {
        switch term.kind {
        case .label(let noun):
            guard !noun.isEmpty else {
                // Another year, unless it is what this one is compared with.
                return words.indices.contains { index in
                    words[index].isYear
                        && !words[max(0, index - 4)..<index].contains { comparing.contains($0.plain) }
                }
            }
            return words.indices.dropFirst().contains { words[$0].kind == .number && words[$0 - 1].stem == noun }
        case .code:
            let shape = Self.shape(term.word.plain)
            return words.contains { $0.kind == .code && Self.shape($0.plain) == shape }
        case .name, .word, .number: return false
        }
    }

    private static let comparing: Set = ["compared", "versus", "vs", "than", "over", "relative", "previous"]

    /// The letters that a code begins with: what it is a code of.
    private static func shape(_ code: String) -> Substring { code.prefix { !$0.isNumber } }

    /// Same beginning ("reimbursed", "reimbursement"), or one the other's part ("Kündigungsfrist").
    private static func likeness(_ a: AnswerWord, _ b: AnswerWord) -> Double {
        let (x, y) = (a.stem.utf8, b.stem.utf8)
        guard min(x.count, y.count) >= 5, x.first == y.first || x.last == y.last else { return 0 }
        let shared = zip(x, y).prefix { $0 == $1 }.count
        if shared >= prefixLength { return 0.6 }
        if shared >= 5, shared == min(x.count, y.count) { return 0.6 }
        if x.count > y.count ? a.stem.hasSuffix(b.stem) : b.stem.hasSuffix(a.stem) { return 0.6 }
        return 0
    }

    /// One letter too many, too few, or wrong.
    private static func isTypo(_ a: String, _ b: String) -> Bool {
        let (x, y) = (Array(a.utf8), Array(b.utf8))
        guard min(x.count, y.count) >= 5, abs(x.count - y.count) <= 1, x.first == y.first else { return false }
        let head = zip(x, y).prefix { $0 == $1 }.count
        let tail = zip(x.reversed(), y.reversed()).prefix { $0 == $1 }.count
        return head + tail >= max(x.count, y.count) - 1
    }
}
