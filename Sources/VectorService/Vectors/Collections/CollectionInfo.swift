public import Chroma
public import JSONCoding

/// What is known about a collection.
public struct CollectionInfo: Sendable {
    /// UUID, lower case.
    public let id: String
    public var name: String
    public let tenant: String
    public let database: String
    public var metadata: JSONObject?
    /// Configuration and indexes, with the keys that records brought.
    public var schema: CollectionSchema
    /// Numbers per vector; `nil` until the first vector is stored.
    public var dimension: Int?
    /// Grows with every write.
    public var version = 0
    /// What all forks of one collection share: the id of the first.
    public let root: String

    /// Makes a description.
    ///
    /// - Parameter root: The collection that this is a fork of, directly or not; itself when `nil`.
    public init(
        id: String, name: String, tenant: String, database: String, metadata: JSONObject?, schema: CollectionSchema,
        root: String? = nil
    ) {
        self.id = id
        self.name = name
        self.tenant = tenant
        self.database = database
        self.metadata = metadata
        self.schema = schema
        self.root = root ?? id
    }
}
