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
    /// How well its passage bears on the question, 0 to 1.
    let passageScore: Double
    /// Share of what is asked of the thing that the question names, 0 to 1: of "What is Ada Okoye's salary?" the salary.
    var attribute = 1.0
    /// Whether it begins with what is asked for: "Deductible: …".
    var beginsWithIt = false
    /// MaxSim of its tokens with the question's, -1 to 1; `nil` where they were not compared.
    var likeness: Double?

    /// How near it comes to the words of the question that say something, -1 to 1: unlike `likeness` it leaves out the small ones,
    /// which any sentence has; `nil` where they were not compared.
    var wordLikeness: Double?

    /// What says so little of what is asked of the thing that the question names does not answer.
    static let noAttribute = 0.2
    /// Likeness of sentences that speak neither for themselves nor against.
    private static let usualLikeness = 0.6

    /// What the pieces are ordered by; the weights are those that order the pieces of the public sets best, within a range
    /// in which little changes (docs/retrieval.md).
    var score: Double {
        let said = coverage * (0.6 + 0.4 * fit) + (beginsWithIt ? 0.05 : 0)
        let nearness = 1.2 * passageScore + 0.25 * ((likeness ?? Self.usualLikeness) - Self.usualLikeness)
        let besidesThePoint = attribute < Self.noAttribute ? 0.15 : 0
        return said + nearness - besidesThePoint - (isRival ? 0.35 : 0) - 0.12 * Double(missing)
    }
}
