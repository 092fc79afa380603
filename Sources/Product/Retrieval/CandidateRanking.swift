import ChromaClient

/// Orders what a search by meaning and one by words have found: a weighted sum of both scores, each between the least and
/// the greatest of those found. On the public sets it is better than the fusion of ranks, which hurts where one of
/// the two is weak (docs/retrieval.md). Where the tokens were compared, too, late interaction has its share of the order.
struct CandidateRanking: Sendable {
    /// Share of the words in the sum.
    var wordWeight: Float = 0.65
    /// Share of late interaction in the order.
    var lateWeight: Float = 0.35
    private let reranker = Reranker()

    /// The passages, best first. Their scores say how near the best is to the question, and how near to the best the others
    /// are.
    func rank(_ candidates: ChromaService.Candidates, question: String) -> [FoundPassage] {
        let least = candidates.found.compactMap(\.similarity).min() ?? 0
        let known = candidates.found.compactMap { candidate in
            PassageRetriever.passage(
                candidate.document, candidate.metadata, similarity: Double(candidate.similarity ?? least)
            ).map { passage in
                var passage = passage
                passage.recordId = candidate.id
                passage.lateInteraction = candidate.lateInteraction.map { Double($0) }
                return (candidate, passage)
            }
        }
        let absolute = reranker.rank(known.map(\.1), question: question)
        // Without words of the whole collection, those of the nearest have to do.
        guard candidates.hasWords else { return absolute }
        let near = Self.scaled(known.map(\.0.similarity))
        let wordy = Self.scaled(known.map(\.0.wordScore))
        var sums = zip(near, wordy).map { Double((1 - wordWeight) * $0 + wordWeight * $1) }
        if known.contains(where: { $0.0.lateInteraction != nil }) {
            let late = Self.scaled(known.map(\.0.lateInteraction))
            sums = zip(sums, late).map { Double(1 - lateWeight) * $0 + Double(lateWeight * $1) }
        }
        let order = sums.indices.sorted { sums[$0] != sums[$1] ? sums[$0] > sums[$1] : $0 < $1 }
        guard let first = order.first, sums[first] > 0 else { return absolute }
        let best = known[first].1
        let scale = absolute.first { $0.documentId == best.documentId && $0.start == best.start }?.score ?? best.score
        return order.map { index in
            var passage = known[index].1
            passage.score = scale * sums[index] / sums[first]
            return passage
        }
    }

    /// Between 0 for the least, or for none, and 1 for the greatest.
    private static func scaled(_ scores: [Float?]) -> [Float] {
        let known = scores.compactMap { $0 }
        guard let least = known.min(), let greatest = known.max(), greatest > least else {
            return scores.map { $0 == nil ? 0 : 1 }
        }
        return scores.map { score in score.map { ($0 - least) / (greatest - least) } ?? 0 }
    }
}
