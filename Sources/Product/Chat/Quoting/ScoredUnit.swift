/// A piece of a passage as an answer to a question, with what speaks for it.
struct ScoredUnit: Sendable {
    /// Index of the passage.
    let passage: Int
    /// Index of the piece in it.
    let unit: Int
    /// Share of the question that it covers together with what stands around it, 0 to 1.
    let coverage: Double
    /// Share that it covers by itself.
    let own: Double
    /// Whether it names the kind of thing asked for, 0 to 1.
    let fit: Double
    /// Words that the answer must be about and that nothing around it says.
    let missing: Int
    /// Whether it is about another thing of the same kind.
    let isRival: Bool
    /// Headings above it that say what it does not say itself.
    let lead: [Int]
    let rank: Double

    var score: Double {
        (0.75 * coverage + 0.25 * own) * (0.72 + 0.28 * fit) + 0.1 * rank - (isRival ? 0.35 : 0) - 0.12
            * Double(missing)
    }
}
