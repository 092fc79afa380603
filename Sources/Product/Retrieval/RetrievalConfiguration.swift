public import JSONCoding

/// How passages are found: one value, stored with every answer, so that answers found in another way can be told apart.
public struct RetrievalConfiguration: Sendable {
    /// Raised when passages are found or ordered in a way that the values below do not say.
    static let version: Int64 = 1

    /// What embeds questions and passages.
    let embeddingModel: String
    /// Passages that each search fetches for ranking.
    public var candidates = 50
    /// Passages that an answer is made from.
    public var passages = 8
    /// What orders them.
    var ranking = CandidateRanking()

    /// Share of the words in the order.
    public var wordWeight: Float {
        get { ranking.wordWeight }
        set { ranking.wordWeight = newValue }
    }

    /// Share of late interaction in the order.
    public var lateWeight: Float {
        get { ranking.lateWeight }
        set { ranking.lateWeight = newValue }
    }

    /// The wire form.
    public var json: JSONValue {
        [
            "version": .int(Self.version), "embeddingModel": .string(embeddingModel),
            "candidates": .int(Int64(candidates)), "passages": .int(Int64(passages)),
            "wordWeight": Self.json(ranking.wordWeight), "lateWeight": Self.json(ranking.lateWeight),
        ]
    }

    /// As it was written: the nearest double to a float has more digits.
    private static func json(_ weight: Float) -> JSONValue { .double(Double(weight.description) ?? Double(weight)) }
}
