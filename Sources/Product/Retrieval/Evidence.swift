/// How near the passages found are to the question. Whether they answer it is decided by their sentences.
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
}
