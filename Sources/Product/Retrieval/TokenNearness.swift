/// How near a piece of a passage is to a question, token by token (late interaction; Khattab and Zaharia 2020, ColBERT).
public struct TokenNearness: Sendable, Equatable {
    /// For each token of the question, the cosine similarity with the nearest token of the piece, -1 to 1.
    let nearest: [Float]

    /// MaxSim, -1 to 1.
    public var likeness: Double { Double(nearest.reduce(0, +)) / Double(max(1, nearest.count)) }

    /// How near the piece comes to a word: the pieces of a word have to be near together, so the farthest counts.
    ///
    /// - Parameter tokens: Places of the word's tokens among those of the question, of which the first is 0.
    /// - Returns: `nil` for tokens that were not compared.
    public func nearness(to tokens: Range<Int>) -> Double? {
        guard tokens.upperBound <= nearest.count else { return nil }
        return nearest[tokens].min().map { Double($0) }
    }
}
