import Glibc

/// How well the passages found hold the places that prove an answer. A place counts once, however many passages lie in it;
/// relevance is yes or no.
///
/// Definitions: Manning, Raghavan, Schütze, *Introduction to Information Retrieval* (2008), chapter 8; recall, reciprocal
/// rank and nDCG as TREC's `trec_eval` has them (`recall_k`, `recip_rank`, `ndcg_cut_k`), success at k as its `success_k`.
enum RetrievalMeasures {
    /// The share of the places among the first `k`.
    static func recall(_ found: [Place], _ truth: [Place], at k: Int) -> Double {
        let first = found.prefix(k)
        let held = truth.count { place in first.contains { place.holds($0) } }
        return truth.isEmpty ? 0 : Double(held) / Double(truth.count)
    }

    /// One divided by the rank of the first passage at one of the places; 0 when there is none.
    static func reciprocalRank(_ found: [Place], _ truth: [Place]) -> Double {
        let index = found.firstIndex { passage in truth.contains { $0.holds(passage) } }
        return index.map { 1 / Double($0 + 1) } ?? 0
    }

    /// Discounted cumulative gain among the first `k` (Järvelin, Kekäläinen 2002, with the logarithm of base 2 of rank + 1),
    /// divided by that of the best order.
    static func normalisedGain(_ found: [Place], _ truth: [Place], at k: Int) -> Double {
        var left = truth
        var gain = 0.0
        for (index, passage) in found.prefix(k).enumerated() {
            guard let place = left.firstIndex(where: { $0.holds(passage) }) else { continue }
            left.remove(at: place)
            gain += 1 / log2(Double(index + 2))
        }
        let best = (0..<min(k, truth.count)).reduce(0.0) { $0 + 1 / log2(Double($1 + 2)) }
        return best == 0 ? 0 : gain / best
    }

    /// 1 when one of the first `k` lies at one of the places, or so many pages beside it; otherwise 0.
    static func success(_ found: [Place], _ truth: [Place], at k: Int, within pages: Int = 0) -> Double {
        found.prefix(k).contains { passage in truth.contains { $0.holds(passage, within: pages) } } ? 1 : 0
    }

    /// 1 when the first passage is of one of the documents; otherwise 0.
    static func documentFirst(_ found: [Place], _ truth: [Place]) -> Double {
        truth.contains { $0.document == found.first?.document } ? 1 : 0
    }
}
