public import LateInteraction

/// What an embedding model makes of a text.
public struct Embedding: Sendable {
    public let vector: [Float]
    /// Of the text's tokens, for late interaction; `nil` where the service has none.
    public let tokens: TokenEmbeddings?

    /// Makes an embedding.
    public init(vector: [Float], tokens: TokenEmbeddings? = nil) {
        self.vector = vector
        self.tokens = tokens
    }
}
