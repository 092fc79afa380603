import LateInteraction
import Retrieval

/// How near the pieces of passages are to a question in meaning, by late interaction of their tokens.
struct LateEvidence: Sendable {
    /// A passage's tokens, and where its words are among them.
    private struct Reading {
        let tokens: TokenEmbeddings
        let starts: [Int]
        /// For each scalar of the passage, the number of words begun before and with it; words are what white space
        /// separates, the context's in front of the passage's included.
        let words: [Int]
    }

    private let question: TokenEmbeddings
    private let readings: [Reading?]

    /// `nil` where the question, or every passage, has no embeddings of tokens.
    init?(_ question: TokenEmbeddings?, _ passages: [FoundPassage]) {
        guard let question, passages.contains(where: { $0.tokens != nil }) else { return nil }
        self.question = question
        readings = passages.map { passage in
            passage.tokens.map { tokens in
                var count = passage.contextWords
                var isWithin = false
                let words = passage.text.unicodeScalars.map { scalar in
                    let isSpace = scalar.properties.isWhitespace
                    if !isSpace, !isWithin { count += 1 }
                    isWithin = !isSpace
                    return count
                }
                return Reading(tokens: tokens, starts: tokens.wordStarts, words: words)
            }
        }
    }

    /// MaxSim of the question with stretches of a passage, -1 to 1; `nil` where nothing is known of them.
    func similarity(_ passage: Int, _ ranges: [Range<Int>]) -> Double? {
        guard readings.indices.contains(passage), let reading = readings[passage] else { return nil }
        let tokens = ranges.compactMap { range -> Range<Int>? in
            guard !range.isEmpty, range.upperBound <= reading.words.count else { return nil }
            let (first, last) = (reading.words[range.lowerBound], reading.words[range.upperBound - 1])
            guard first <= last, last + 1 < reading.starts.count else { return nil }
            return reading.starts[first]..<reading.starts[last + 1]
        }
        return reading.tokens.similarity(to: question, tokens: tokens).map { Double($0) }
    }
}
