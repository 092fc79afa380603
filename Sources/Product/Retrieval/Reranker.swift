import Glibc

/// Orders candidates by likeness of meaning and of words: the embedding knows synonyms, the words know names and
/// numbers. The word score is BM25 (Robertson and Zaragoza 2009) with statistics over the candidates.
struct Reranker: Sendable {
    /// Share of the word score in the result.
    var wordWeight = 0.5
    private let k1 = 1.2
    private let b = 0.75

    func rank(_ candidates: [FoundPassage], question: String) -> [FoundPassage] {
        let terms = Array(Set(RetrievalWords.content(question)))
        guard !terms.isEmpty, !candidates.isEmpty else { return candidates }
        let words = RetrievalWords()
        let counts = candidates.map { Self.count(terms, in: $0, words) }
        let average = max(1, Double(counts.reduce(0) { $0 + $1.length }) / Double(counts.count))
        let total = Double(candidates.count)
        var scores = [Double](repeating: 0, count: candidates.count)
        var best = 0.0
        for term in terms.indices {
            let holders = Double(counts.count { $0.frequencies[term] > 0 })
            let weight = log(1 + (total - holders + 0.5) / (holders + 0.5))
            best += weight * (k1 + 1)
            for (index, count) in counts.enumerated() where count.frequencies[term] > 0 {
                let f = Double(count.frequencies[term])
                scores[index] += weight * f * (k1 + 1) / (f + k1 * (1 - b + b * Double(count.length) / average))
            }
        }
        var ranked = candidates
        for index in ranked.indices {
            let words = best > 0 ? scores[index] / best : 0
            ranked[index].score = min(1, max(0, (1 - wordWeight) * ranked[index].similarity + wordWeight * words))
        }
        return ranked.sorted { $0.score > $1.score }
    }

    /// How often each term stands in a passage, and how many words the passage has. The words of the document's name
    /// count too: `Benefit_Options.pdf` also says what is in it.
    private static func count(_ terms: [UInt64], in passage: FoundPassage, _ words: RetrievalWords)
        -> (frequencies: [Int], length: Int)
    {
        var frequencies = [Int](repeating: 0, count: terms.count)
        var length = 0
        func take(_ word: UInt64) {
            length += 1
            if let index = terms.firstIndex(of: word) { frequencies[index] += 1 }
        }
        words.forEach(in: passage.text, take)
        let suffix = passage.name.lastIndex(of: ".") ?? passage.name.endIndex
        words.forEach(in: String(passage.name[..<suffix]), take)
        return (frequencies, length)
    }
}
