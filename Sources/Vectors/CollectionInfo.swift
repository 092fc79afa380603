public import JSONCoding

/// How the distance between two vectors is computed.
public enum VectorSpace: String, Sendable {
    /// Squared Euclidean distance.
    case l2
    /// 1 - cosine similarity.
    case cosine
    /// 1 - inner product.
    case ip
}

/// What is known about a collection.
public struct CollectionInfo: Sendable {
    /// UUID, lower case.
    public let id: String
    public var name: String
    public let tenant: String
    public let database: String
    public var metadata: JSONObject?
    /// The `hnsw` part of the configuration, complete with defaults.
    public var hnsw: JSONObject
    /// Stored and returned as given.
    public var embeddingFunction: JSONValue
    /// Numbers per vector; `nil` until the first vector is stored.
    public var dimension: Int?

    /// The distance.
    public var space: VectorSpace { hnsw["space"]?.string.flatMap(VectorSpace.init) ?? .l2 }

    /// Makes a description.
    public init(
        id: String, name: String, tenant: String, database: String, metadata: JSONObject?, hnsw: JSONObject,
        embeddingFunction: JSONValue, dimension: Int? = nil
    ) {
        self.id = id
        self.name = name
        self.tenant = tenant
        self.database = database
        self.metadata = metadata
        self.hnsw = hnsw
        self.embeddingFunction = embeddingFunction
        self.dimension = dimension
    }
}
