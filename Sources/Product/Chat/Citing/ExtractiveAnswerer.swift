import Glibc
import Retrieval
import SentenceUnits

/// Answers without a language model: the sentences that answer best, quoted, each with its source.
struct ExtractiveAnswerer: Sendable {
    /// An answer in the making.
    struct Answer: Sendable {
        /// Pieces in order, to be streamed.
        let pieces: [String]
        let citations: [Citation]
        /// Whether the documents hold something at all.
        let isFound: Bool

        var text: String { pieces.joined() }
    }

    private static let maximumQuotes = 3

    static let noDocuments = "There are no documents to search yet. Upload one and ask again."

    let preset: Preset

    /// What is said when no document can be searched yet.
    ///
    /// - Parameter unread: Documents that are still being read.
    static func nothingToSearch(unread: Int) -> String {
        switch unread {
        case 0: noDocuments
        case 1: "A document is still being read. Ask again in a moment."
        default: "\(unread) documents are still being read. Ask again in a moment."
        }
    }

    /// - Parameter unread: Documents that are still being read, when there is none to search; otherwise `nil`.
    func answer(_ question: String, _ found: PassageRetriever.Result, unread: Int?) -> Answer {
        if let unread {
            return Answer(pieces: [Self.nothingToSearch(unread: unread)], citations: [], isFound: false)
        }
        let chosen = found.evidence.isSufficient ? Self.sentences(question, found.passages) : []
        guard let first = chosen.first else { return Answer(pieces: [preset.refusal], citations: [], isFound: false) }
        let verdict = preset.givesVerdicts ? Verdict(question, found.passages)?.opening : nil
        let pieces =
            chosen.count == 1
            ? [Self.quoted(first)]
            : chosen.enumerated().map { ($0 == 0 ? "" : "\n") + "- " + Self.quoted($1) }
        return Answer(pieces: (verdict.map { [$0] } ?? []) + pieces, citations: chosen, isFound: true)
    }

    /// Questions for amounts and dates are answered best by sentences with digits in them.
    private static func asksForNumber(_ question: String) -> Bool {
        !numberWords.isDisjoint(with: RetrievalWords.content(question))
    }

    private static let numberWords = Set(
        RetrievalWords.content(
            "much many amount cost deductible copay copayment price limit maximum date deadline number percent"))

    private static func quoted(_ citation: Citation) -> String {
        let line = citation.quote.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return "“\(line)” [\(citation.passage.n)]"
    }

    /// The best sentences: many words of the question, rare ones more than common ones, in a good passage.
    private static func sentences(_ question: String, _ passages: [FoundPassage]) -> [Citation] {
        struct Candidate {
            let citation: Citation
            let words: Set<UInt64>
            var score: Double
        }
        let terms = QuestionTerms(question, passages: passages)
        let asksForNumber = Self.asksForNumber(question)
        var candidates: [Candidate] = []
        for passage in passages.prefix(5) {
            let scalars = Array(passage.text.unicodeScalars)
            let units = SentenceSplitter.units(scalars)
            for (index, unit) in units.enumerated() where unit.count >= 12 {
                // A heading or a question says little by itself: its following sentence is quoted with it.
                var range = unit
                let last = scalars[unit.upperBound - 1]
                if (unit.count < 60 && last != "." || last == "?" || last == ":"), index + 1 < units.count {
                    range = unit.lowerBound..<units[index + 1].upperBound
                }
                guard range.count <= 700 else { continue }
                let citation = Citation(passage, scalars, range: range)
                let words = terms.matched(citation.quote)
                guard !words.isEmpty else { continue }
                let length = Double(range.count)
                var score = terms.weight(words) * passage.score * (length < 40 ? 0.7 : 1) * (length > 400 ? 0.85 : 1)
                if asksForNumber, citation.quote.contains(where: \.isNumber) { score *= 1.3 }
                candidates.append(Candidate(citation: citation, words: words, score: score))
            }
        }
        candidates.sort { $0.score > $1.score }
        guard let best = candidates.first else {
            // Alike in meaning without a word in common: the best passage's beginning.
            guard let passage = passages.first else { return [] }
            let scalars = Array(passage.text.unicodeScalars)
            return SentenceSplitter.units(scalars).first.map { [Citation(passage, scalars, range: $0)] } ?? []
        }
        var chosen: [Citation] = []
        for candidate in candidates where chosen.count < maximumQuotes && candidate.score >= 0.6 * best.score {
            // One quote for each passage, so that a citation's number leads to exactly one place.
            let repeats = chosen.contains {
                $0.passage.n == candidate.citation.passage.n
                    || WordOverlap.score(WordOverlap.words($0.quote), WordOverlap.words(candidate.citation.quote)) > 0.6
            }
            if !repeats { chosen.append(candidate.citation) }
        }
        return chosen
    }
}

/// The question's words with their weights among the passages found.
private struct QuestionTerms {
    private let weights: [UInt64: Double]

    init(_ question: String, passages: [FoundPassage]) {
        let bags = passages.map { Set(RetrievalWords.content($0.text)) }
        var weights: [UInt64: Double] = [:]
        for term in Set(RetrievalWords.content(question)) {
            // Words that every passage has, such as the product's name, say nothing about which sentence answers.
            let holders = bags.count { $0.contains(term) }
            weights[term] = log(Double(passages.count + 1) / (Double(holders) + 0.5))
        }
        self.weights = weights
    }

    func matched(_ text: String) -> Set<UInt64> { Set(RetrievalWords.content(text)).intersection(weights.keys) }
    func weight(_ words: Set<UInt64>) -> Double { words.reduce(0) { $0 + (weights[$1] ?? 0) } }
}
