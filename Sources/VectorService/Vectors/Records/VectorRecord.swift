public import LateInteraction

/// A record as it is returned.
public struct VectorRecord: Sendable {
    public let id: String
    /// As JSON text, `nil` when it never had any.
    public let metadata: String?
    public let document: String?
    public let uri: String?
    public let embedding: [Float]?
    public let tokens: TokenEmbeddings?
    /// Of queries only.
    public let distance: Float?
    let seq: UInt32
}

/// What a read returns besides ids.
public struct RecordFields: Sendable {
    public var documents: Bool
    public var metadatas: Bool
    public var embeddings: Bool
    public var tokens: Bool

    /// Chooses the members that cost something. URIs come with documents.
    public init(documents: Bool, metadatas: Bool, embeddings: Bool, tokens: Bool = false) {
        self.documents = documents
        self.metadatas = metadatas
        self.embeddings = embeddings
        self.tokens = tokens
    }
}
