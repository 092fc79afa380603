import Retrieval

/// What the passages say to a question, and whether that is an answer.
struct ExtractedQuotes: Sendable {
    /// How well the evidence bears an answer.
    enum Standing: Sendable {
        case answer
        /// Near the question, without saying what was asked for.
        case closest
        case nothing
    }

    /// A stretch of a passage that is quoted, and what is shown in front of it.
    struct Quote: Sendable {
        let passage: FoundPassage
        /// Place among the passage's scalars.
        let range: Range<Int>
        let lead: String
    }

    private static let mostQuotes = 3
    private static let mostOfKind = 6
    private static let longestQuote = 700
    /// Scalars that are quoted in front of what answers, from the answer's beginning on.
    private static let longestBeginning = 200
    private static let passagesRead = 8
    /// What is less than this behind the best is quoted with it.
    private static let nearBest = 0.12
    /// Rows of a table that differ by less answer alike.
    private static let equalRows = 0.01
    /// Passages that score less have next to nothing to do with the question.
    private static let farScore = 0.2
    /// MaxSim of a sentence that has to do with the question, wherever it stands.
    private static let nearSentence = 0.55
    /// Likeness of words of a sentence that is worth showing though it has few of the question's own.
    private static let nearWords = 0.55
    /// What names nothing of the kind that is asked for: no place, no person, no time, no amount.
    private static let noFit = 0.2
    /// MaxSim of a passage that speaks neither for it nor against it: of those that answer the middle is 0.72, of others 0.61.
    private static let usualLikeness = 0.63

    let standing: Standing
    let quotes: [Quote]
    /// What speaks for the best one; `nil` when there is none.
    let best: ScoredUnit?

    /// - Parameter evidence: What the index knows of the passages beside their text.
    init(_ text: String, _ found: [FoundPassage], _ evidence: PassageEvidence = .none) {
        let passages = Array(found.prefix(Self.passagesRead))
        let question = Question(text)
        let scores = SentenceScore(question, passages, evidence)
        let ranked = scores.ranked()
        best = ranked.first
        guard let best = ranked.first else {
            standing = .nothing
            quotes = []
            return
        }
        var standing = Self.standing(question, best, passages[best.passage])
        if standing == .answer, !scores.saysSingleWord { standing = .closest }
        var chosen = standing == .nothing ? [] : Self.chosen(ranked, scores, question)
        if standing == .nothing {
            // It may be said in other words throughout.
            let near = ranked.filter { $0.wordLikeness ?? 0 >= Self.nearWords && !$0.isRival && $0.missing == 0 }
            for candidate in near.sorted(by: { $0.wordLikeness ?? 0 > $1.wordLikeness ?? 0 })
            where chosen.count < Self.mostQuotes && !Self.repeats(candidate, chosen, scores) {
                chosen.append(candidate)
            }
            if !chosen.isEmpty { standing = .closest }
        }
        self.standing = standing
        var quotes: [Quote] = []
        for scored in chosen {
            let quote = Self.quote(scored, scores, passages)
            let isPartOfOther = quotes.contains { $0.passage.n == quote.passage.n && $0.range.overlaps(quote.range) }
            if !isPartOfOther { quotes.append(quote) }
        }
        self.quotes = quotes
    }

    /// The figures separate the answerable from the unanswerable questions of the public sets; docs/retrieval.md has how well.
    private static func standing(_ question: Question, _ best: ScoredUnit, _ passage: FoundPassage) -> Standing {
        // A question of few words is easily half covered by chance; a long one says much that nobody answers.
        let count = question.terms.count
        var needed = count < 4 ? 0.54 : count < 5 ? 0.5 : 0.46 - 0.005 * Double(min(12, count - 4))
        // Pairs of characters across two words are found only where the words stand in the same order.
        if 2 * question.terms.count(where: { $0.word.kind == .pair }) > count { needed *= 0.75 }
        if best.fit < 0.3 { needed += 0.1 }
        // Meaning has to agree with the words.
        if passage.score < farScore, best.likeness ?? 0 < nearSentence { needed += 0.15 }
        // So have the tokens, where they were compared; the encoder was trained on English alone.
        let late = question.language == .english ? passage.lateInteraction : nil
        let nearness = late.map { max(-0.3, min(0.3, $0 - usualLikeness)) } ?? 0
        let isNear = passage.score >= farScore || best.likeness ?? 0 >= nearSentence
        if best.missing == 0, !best.isRival, best.coverage >= needed - nearness {
            // "How many?" is not answered by what has no number at all.
            if question.type.isQuantity, best.fit < noFit { return .closest }
            if question.type == .place, best.fit <= noFit { return .closest }
            // Nor is what is asked of somebody by what else is said of her.
            return best.attribute < ScoredUnit.noAttribute ? .closest : .answer
        }
        return best.coverage >= 0.35 - nearness && isNear ? .closest : .nothing
    }

    private static func chosen(_ ranked: [ScoredUnit], _ scores: SentenceScore, _ question: Question) -> [ScoredUnit] {
        guard let best = ranked.first else { return [] }
        var chosen: [ScoredUnit] = []
        let most = question.kind == nil ? mostQuotes : mostOfKind
        for candidate in ranked where chosen.count < most && candidate.score >= best.score - nearBest {
            guard candidate.missing <= best.missing, !candidate.isRival || best.isRival else { continue }
            // "Where?" is not answered by what names no place, however much else of the question it says.
            guard candidate.fit > noFit || best.fit <= noFit else { continue }
            if !repeats(candidate, chosen, scores) { chosen.append(candidate) }
        }
        return chosen
    }

    private static func repeats(_ candidate: ScoredUnit, _ chosen: [ScoredUnit], _ scores: SentenceScore) -> Bool {
        let unit = scores.readings[candidate.passage].units[candidate.unit]
        return chosen.contains { other in
            let there = scores.readings[other.passage].units[other.unit]
            // Rows that are as good as each other are all that is asked for.
            let isLesserRow =
                other.passage == candidate.passage && unit.table != nil && unit.table == there.table
                && candidate.score < other.score - equalRows
            return isLesserRow
                || WordOverlap.score(WordOverlap.words(there.text), WordOverlap.words(unit.text)) > 0.6
        }
    }

    private static func quote(_ scored: ScoredUnit, _ scores: SentenceScore, _ passages: [FoundPassage]) -> Quote {
        let reading = scores.readings[scored.passage]
        let unit = reading.units[scored.unit]
        var lead = unit.header.map(\.oneLine).joined(separator: " | ")
        if lead.isEmpty, let heading = scored.lead.last {
            lead = reading.units[heading].text.oneLine
            while let last = lead.last, ":#*".contains(last) { lead.removeLast() }
        }
        return Quote(
            passage: passages[scored.passage], range: whole(scored, reading, scores.question.type), lead: lead)
    }

    /// An item together with those around it, where a list or the steps of a procedure are asked for.
    private static func whole(_ scored: ScoredUnit, _ reading: PassageUnits, _ type: AnswerType) -> Range<Int> {
        let index = scored.unit
        let unit = reading.units[index]
        // Under "You may bring:" one item is as good as another.
        let isAnyOfThem = scored.own < 0.1 && unit.headings.first.map { reading.units[$0].text.hasSuffix(":") } ?? false
        guard type == .list || type == .procedure || isAnyOfThem, isItem(unit, reading) else {
            return fromItsQuestion(index, reading)
        }
        func belongs(_ other: PassageUnit) -> Bool {
            isItem(other, reading) && other.headings.first == unit.headings.first
        }
        var (first, last) = (index, index)
        while first > 0, belongs(reading.units[first - 1]),
            unit.range.upperBound - reading.units[first - 1].range.lowerBound <= longestQuote
        {
            first -= 1
        }
        while last + 1 < reading.units.count, belongs(reading.units[last + 1]),
            reading.units[last + 1].range.upperBound - reading.units[first].range.lowerBound <= longestQuote
        {
            last += 1
        }
        return reading.units[first].range.lowerBound..<reading.units[last].range.upperBound
    }

    /// What stands under a question answers it from its first word on: "Yes. However, …".
    private static func fromItsQuestion(_ index: Int, _ reading: PassageUnits) -> Range<Int> {
        let unit = reading.units[index]
        guard let heading = unit.headings.first, heading + 1 < index, reading.units[heading].text.hasSuffix("?"),
            case .sentence = unit.kind, !isItem(unit, reading)
        else { return unit.range }
        let first = reading.units[heading + 1]
        let before = unit.range.lowerBound - first.range.lowerBound
        guard case .sentence = first.kind, before <= longestBeginning,
            unit.range.upperBound - first.range.lowerBound <= longestQuote
        else {
            return unit.range
        }
        return first.range.lowerBound..<unit.range.upperBound
    }

    /// With a bullet, or with a number or a letter in front: "2. Close the valve."
    private static func isItem(_ unit: PassageUnit, _ reading: PassageUnits) -> Bool {
        if case .item = unit.kind { return true }
        let start = reading.scalars[unit.range].prefix(4).drop { $0 == "(" }
        let label = start.prefix { $0.properties.numericType != nil }
        let mark = start.dropFirst(label.isEmpty ? 1 : label.count).first
        guard let first = start.first, !label.isEmpty || first.properties.isLowercase else { return false }
        return mark == "." || mark == ")"
    }
}

extension String {
    /// With single spaces for every stretch of white space.
    var oneLine: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
