/// A sentence of an answer, compared with what it cites.
public struct CheckedSentence: Sendable, Equatable {
    /// What bears a sentence out, or comes nearest to it.
    public struct Quote: Sendable, Equatable {
        /// The number of the passage.
        public let number: Int
        /// Place in the passage's text, in scalars; `nil` when nothing of it resembles the sentence.
        public let range: Range<Int>?
    }

    /// Place in the answer, in scalars, with the marks of its citations.
    public let range: Range<Int>
    /// Whether it claims something: a greeting, a question or a hint where something stands does not.
    public let isClaim: Bool
    public let support: Support
    /// A quote of each passage that it cites, in the order in which it does.
    public let quotes: [Quote]
}
