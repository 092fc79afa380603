/// Whether the passages found can hold an answer. Without a language model this decides between an answer and an
/// honest "not in your documents".
public struct Evidence: Sendable {
    /// Cosine similarity of the best passage.
    public let similarity: Double
    /// Share of the question's words that occur in the best passages.
    public let coverage: Double
    /// Best combined score.
    public let score: Double

    init(question: String, passages: [FoundPassage]) {
        similarity = passages.map(\.similarity).max() ?? 0
        score = passages.first?.score ?? 0
        let terms = Set(RetrievalWords.content(question))
        let found = passages.prefix(3).reduce(into: Set<UInt64>()) {
            $0.formUnion(RetrievalWords.content($1.text + " " + $1.name))
        }
        coverage = terms.isEmpty ? 0 : Double(terms.intersection(found).count) / Double(terms.count)
    }

    /// Similar enough by meaning, with few words missing. The numbers separate the answerable from the
    /// unanswerable questions of the evaluation set; docs/retrieval.md has the figures.
    public var isSufficient: Bool { similarity + 0.25 * coverage >= 0.62 }
}
