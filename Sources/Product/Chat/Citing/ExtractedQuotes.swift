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
    private static let longestQuote = 700
    private static let passagesRead = 8

    let standing: Standing
    let quotes: [Quote]
    /// What speaks for the best one; `nil` when there is none.
    let best: ScoredUnit?

    init(_ text: String, _ found: [FoundPassage]) {
        let passages = Array(found.prefix(Self.passagesRead))
        let question = Question(text)
        let scores = SentenceScore(question, passages)
        let ranked = scores.ranked()
        best = ranked.first
        guard let best = ranked.first else {
            standing = .nothing
            quotes = []
            return
        }
        standing = Self.standing(question, best)
        let chosen = standing == .nothing ? [] : Self.chosen(ranked, scores, question)
        quotes = chosen.map { Self.quote($0, scores, passages) }
    }

    /// The figures separate the answerable from the unanswerable questions of the public sets; docs/retrieval.md has how well.
    private static func standing(_ question: Question, _ best: ScoredUnit) -> Standing {
        let support = best.coverage + 0.005 * Double(min(12, max(0, question.terms.count - 4)))
        let needed = 0.46 + (best.fit < 0.3 ? 0.1 : 0)
        if best.missing == 0, !best.isRival, support >= needed { return .answer }
        return support >= 0.35 ? .closest : .nothing
    }

    private static func chosen(_ ranked: [ScoredUnit], _ scores: SentenceScore, _ question: Question) -> [ScoredUnit] {
        guard let best = ranked.first else { return [] }
        var chosen: [ScoredUnit] = []
        for candidate in ranked where chosen.count < mostQuotes && candidate.score >= 0.85 * best.score {
            guard candidate.missing <= best.missing, !candidate.isRival || best.isRival else { continue }
            let unit = scores.readings[candidate.passage].units[candidate.unit]
            let repeats = chosen.contains { other in
                let there = scores.readings[other.passage].units[other.unit]
                let isSameTable = other.passage == candidate.passage && unit.table != nil && unit.table == there.table
                return isSameTable
                    || WordOverlap.score(WordOverlap.words(there.text), WordOverlap.words(unit.text)) > 0.6
            }
            if !repeats { chosen.append(candidate) }
        }
        return chosen
    }

    private static func quote(_ scored: ScoredUnit, _ scores: SentenceScore, _ passages: [FoundPassage]) -> Quote {
        let reading = scores.readings[scored.passage]
        let unit = reading.units[scored.unit]
        var lead = unit.header.map { reading.text($0).oneLine }.joined(separator: " | ")
        if lead.isEmpty, let heading = scored.lead.last {
            lead = reading.units[heading].text.oneLine
            while let last = lead.last, ":#*".contains(last) { lead.removeLast() }
        }
        return Quote(passage: passages[scored.passage], range: unit.range, lead: lead)
    }
}

extension String {
    /// With single spaces for every stretch of white space.
    var oneLine: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
