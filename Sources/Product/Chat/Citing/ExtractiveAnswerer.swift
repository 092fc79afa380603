import Retrieval

/// Answers without a language model: the sentences and rows that answer, quoted, each with its source.
struct ExtractiveAnswerer: Sendable {
    /// An answer in the making.
    struct Answer: Sendable {
        /// Pieces in order, to be streamed.
        let pieces: [String]
        let citations: [Citation]
        /// Whether the documents answer the question.
        let isFound: Bool

        var text: String { pieces.joined() }
    }

    /// The first line of what is shown where nothing answers and something is near.
    static let mayNotAnswer = "Your documents may not answer this. These passages come closest:\n"

    let preset: Preset

    /// - Parameters:
    ///   - evidence: What the index knows of the passages beside their text.
    ///   - emptyScope: Why there is none to search; `nil` where there are some.
    func answer(
        _ question: String, _ found: PassageRetriever.Result, _ evidence: PassageEvidence, emptyScope: EmptyScope?
    ) -> Answer {
        if let emptyScope { return Answer(pieces: [emptyScope.explanation], citations: [], isFound: false) }
        let extracted = ExtractedQuotes(question, found.passages, evidence)
        let quoted = extracted.quotes.map {
            Citation($0.passage, Array($0.passage.text.unicodeScalars), range: $0.range)
        }
        let lines = zip(extracted.quotes, quoted).map { Self.line($0.lead, $1) }
        // A number leads to one place: the best of its passage.
        var numbers: Set<Int> = []
        let citations = quoted.filter { numbers.insert($0.passage.n).inserted }
        switch extracted.standing {
        case .nothing: return Answer(pieces: [preset.refusal], citations: [], isFound: false)
        case .closest:
            return Answer(pieces: [Self.mayNotAnswer] + lines.map { "\n- " + $0 }, citations: citations, isFound: false)
        case .answer:
            let verdict = preset.givesVerdicts ? Verdict(question, found.passages)?.opening : nil
            let pieces =
                lines.count == 1 ? lines : lines.enumerated().map { ($0 == 0 ? "" : "\n") + "- " + $1 }
            return Answer(pieces: (verdict.map { [$0] } ?? []) + pieces, citations: citations, isFound: true)
        }
    }

    /// A quote with what it needs in front to be understood.
    private static func line(_ lead: String, _ citation: Citation) -> String {
        (lead.isEmpty ? "" : lead + ": ") + "“\(citation.quote.oneLine)” [\(citation.passage.n)]"
    }
}
