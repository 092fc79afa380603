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
        let bags = candidates.map { candidate in
            RetrievalWords.content(candidate.text + " " + Self.readable(candidate.name)).reduce(into: [String: Int]()) {
                $0[$1, default: 0] += 1
            }
        }
        let lengths = bags.map { Double($0.values.reduce(0, +)) }
        let average = max(1, lengths.reduce(0, +) / Double(lengths.count))
        let count = Double(candidates.count)
        var scores = [Double](repeating: 0, count: candidates.count)
        var best = 0.0
        for term in terms {
            let holders = Double(bags.count { $0[term] != nil })
            let weight = log(1 + (count - holders + 0.5) / (holders + 0.5))
            best += weight * (k1 + 1)
            for index in bags.indices {
                guard let frequency = bags[index][term] else { continue }
                let f = Double(frequency)
                scores[index] += weight * f * (k1 + 1) / (f + k1 * (1 - b + b * lengths[index] / average))
            }
        }
        var ranked = candidates
        for index in ranked.indices {
            let words = best > 0 ? scores[index] / best : 0
            ranked[index].score = min(1, max(0, (1 - wordWeight) * ranked[index].similarity + wordWeight * words))
        }
        return ranked.sorted { $0.score > $1.score }
    }

    /// A file's name as words: `Benefit_Options.pdf` also stands for what is in it.
    private static func readable(_ name: String) -> String {
        let stem = name.split(separator: ".").dropLast().joined(separator: " ")
        return stem.replacing("_", with: " ").replacing("-", with: " ")
    }
}
