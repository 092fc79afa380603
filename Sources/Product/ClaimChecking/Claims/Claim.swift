/// What a sentence, or a part of it, says.
struct Claim: Sendable {
    let facts: Facts
    /// For each of its quantities the words that belong to it.
    let segments: [Set<String>]
    /// The quantities of the whole sentence.
    let siblings: [Quantity]
    /// Stems of all its words, those of its numbers and units too.
    let words: Set<String>
    /// Whether it is a part of a sentence.
    let isPart: Bool
    /// Words that carry meaning, each once, as they are compared.
    let stems: [String]
    /// Capitalised words that are no beginning of a sentence, in lower case.
    let names: [Token]
    let clauses: [Clause]

    var isDenied: Bool { clauses.contains(where: \.isDenied) }

    /// - Parameters:
    ///   - small: Words that the passages have in small letters: at the beginning of a sentence they are no names.
    ///   - known: All words of the passages.
    ///   - whole: The sentence that it is a part of.
    init(_ tokens: [Token], small: Set<String>, known: Set<String>, beginsSentence: Bool, partOf whole: Claim? = nil) {
        var facts = Facts(tokens)
        facts.dropReferences(tokens)
        self.facts = facts
        words = Set(tokens.filter { $0.kind == .word }.map { Stems.stem($0.text) })
        isPart = whole != nil
        siblings = whole?.siblings ?? facts.quantities
        let own = Segments.stems(tokens, facts.quantities)
        segments = zip(facts.quantities, own).map { quantity, stems in
            // A part's numbers are of what the sentence says of them.
            guard let whole, let place = whole.facts.quantities.firstIndex(where: { $0.range == quantity.range }) else {
                return stems
            }
            return whole.segments[place]
        }
        var stems: [String] = []
        var seen: Set<String> = []
        var names: [Token] = []
        for (place, token) in tokens.enumerated() {
            if token.kind == .code, seen.insert(token.text).inserted { stems.append(token.text) }
            if let numbered = Stems.numbered(tokens, place), seen.insert(numbered).inserted {
                stems.append(numbered)
            }
            guard token.kind == .word, !facts.taken.contains(place), !Vocabulary.isEmpty(token.text) else { continue }
            let isFirst = place == 0 && beginsSentence || place > 0 && tokens[place - 1].text == ":"
            let isFollowed = place + 1 < tokens.count && tokens[place + 1].isCapital
            let mayBeFirst = isFirst && (isFollowed || known.contains(token.text)) && !small.contains(token.text)
            if token.isCapital, !isFirst || mayBeFirst || Vocabulary.isWeekday(token.text) { names.append(token) }
            guard !Vocabulary.denies(token.text) else { continue }
            let stem = Stems.stem(token.text)
            if seen.insert(stem).inserted { stems.append(stem) }
        }
        self.stems = stems
        self.names = names
        clauses = Clause.clauses(tokens)
    }

    /// The parts of a sentence that say something by themselves.
    ///
    /// - Parameter border: Cuts at every comma with enough on both sides, or at what joins main clauses alone.
    static func parts(_ tokens: [Token], at border: Border) -> [ArraySlice<Token>] {
        var parts: [ArraySlice<Token>] = []
        var start = 0
        for place in tokens.indices where isBorder(tokens, place, border) {
            guard weight(tokens[start..<place]) >= 2, weight(tokens[(place + 1)...]) >= 2 else { continue }
            parts.append(tokens[start..<place])
            start = place + 1
        }
        parts.append(tokens[start...])
        return parts
    }

    enum Border { case comma, mainClause }

    private static let joiners: Set = [
        "and", "but", "while", "whereas", "und", "aber", "wahrend", "et", "mais", "tandis", "y", "pero", "mientras",
    ]

    private static func isBorder(_ tokens: [Token], _ place: Int, _ border: Border) -> Bool {
        let token = tokens[place]
        let next = place + 1 < tokens.count ? tokens[place + 1] : nil
        if [";", "；"].contains(token.text) || token.text == "but" { return true }
        if [",", "，"].contains(token.text) {
            return border == .comma || next.map { joiners.contains($0.text) } ?? false
        }
        if token.text == ":" { return border == .comma }
        // "Colin does this and Daniel that."
        return joiners.contains(token.text) && (next?.isCapital ?? false) && weight(tokens[(place + 1)...]) >= 3
    }

    private static func weight(_ tokens: ArraySlice<Token>) -> Int {
        tokens.count { $0.kind != .sign && !Vocabulary.isEmpty($0.text) }
    }
}
