public import Chroma

/// Which records a read or delete is about; `nil` members do not restrict.
public struct RecordSelection: Sendable {
    public var ids: [String]?
    public var filter: WhereFilter?
    public var documentFilter: WhereFilter?

    /// A selection.
    public init(ids: [String]? = nil, filter: WhereFilter? = nil, documentFilter: WhereFilter? = nil) {
        self.ids = ids
        self.filter = filter
        self.documentFilter = documentFilter
    }

    var isEverything: Bool { ids == nil && filter == nil && documentFilter == nil }

    /// Whether evaluating it may take long.
    public var needsDocuments: Bool { filter?.needsDocument ?? false || documentFilter?.needsDocument ?? false }
}

/// A record as it is returned.
public struct VectorRecord: Sendable {
    public let id: String
    /// As JSON text, `nil` when it never had any.
    public let metadata: String?
    public let document: String?
    public let uri: String?
    public let embedding: [Float]?
    /// Of queries only.
    public let distance: Float?
    let seq: UInt32
}

/// What a read returns besides ids.
public struct RecordFields: Sendable {
    public var documents: Bool
    public var metadatas: Bool
    public var embeddings: Bool

    /// Chooses the members that cost something. URIs come with documents.
    public init(documents: Bool, metadatas: Bool, embeddings: Bool) {
        self.documents = documents
        self.metadatas = metadatas
        self.embeddings = embeddings
    }
}
