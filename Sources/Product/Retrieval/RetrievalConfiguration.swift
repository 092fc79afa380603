public import JSONCoding

/// How passages are found: one value, stored with every answer, so that answers found in another way can be told apart.
public struct RetrievalConfiguration: Sendable {
    /// Raised when passages are found or ordered in a way that the values below do not say.
    static let version: Int64 = 1

    /// What embeds questions and passages.
    let embeddingModel: String
    /// Passages that each search fetches for ranking.
    var candidates = 50
    /// Passages that an answer is made from.
    var passages = 8
    /// Share of the words in the sum that passages are ordered by.
    var wordWeight = CandidateRanking().wordWeight

    /// The wire form.
    public var json: JSONValue {
        [
            "version": .int(Self.version), "embeddingModel": .string(embeddingModel),
            "candidates": .int(Int64(candidates)), "passages": .int(Int64(passages)),
            // As it was written: the nearest double to a float has more digits.
            "wordWeight": .double(Double(wordWeight.description) ?? Double(wordWeight)),
        ]
    }
}
