public import JSONCoding
import Postgres

/// A set of documents that has a name, which questions can be limited to.
public struct VectorStoreRecord: Sendable {
    /// How far its documents are.
    public struct Counts: Sendable, Equatable {
        public var completed = 0
        public var inProgress = 0
        public var failed = 0

        /// None.
        public init() {}

        /// Documents by their status.
        public init(_ statuses: [DocumentRecord.Status]) {
            for status in statuses {
                switch status {
                case .ready: completed += 1
                case .failed: failed += 1
                case .queued, .extracting, .embedding: inProgress += 1
                }
            }
        }
    }

    public let id: String
    public let name: String
    public let description: String?
    public let metadata: JSONValue
    public let createdAt: String
    public let lastActiveAt: String
    public let counts: Counts
    /// Bytes of its documents as they were uploaded.
    public let bytes: Int

    static let columns = """
        s.id, s.name, s.description, s.metadata, \(SQLTime.column("s.created_at", as: "created_at")),
        \(SQLTime.column("s.last_active_at", as: "last_active_at")), held.completed, held.failed, held.in_progress, held.bytes
        """

    init(_ row: PostgresRow) throws {
        id = try row.string("id")
        name = try row.string("name")
        description = try row.optional("description")
        metadata = try JSONParser.parse(try row.string("metadata"))
        createdAt = try row.string("created_at")
        lastActiveAt = try row.string("last_active_at")
        var counts = Counts()
        counts.completed = try row.int("completed")
        counts.failed = try row.int("failed")
        counts.inProgress = try row.int("in_progress")
        self.counts = counts
        bytes = try row.int("bytes")
    }
}

/// A document of such a set.
public struct VectorStoreFileRecord: Sendable {
    public let store: String
    public let document: String
    /// What a search can be limited by: texts, numbers and truth values.
    public let attributes: JSONValue
    public let createdAt: String
    public let status: DocumentRecord.Status
    public let errorCode: String?
    public let errorDetail: String?
    public let bytes: Int

    static let columns = """
        f.store_id, f.document_id, f.attributes, \(SQLTime.column("f.created_at", as: "created_at")), d.status, d.error_code,
        d.error_detail, d.bytes
        """

    init(_ row: PostgresRow) throws {
        store = try row.string("store_id")
        document = try row.string("document_id")
        attributes = try JSONParser.parse(try row.string("attributes"))
        createdAt = try row.string("created_at")
        status = DocumentRecord.Status(rawValue: try row.string("status")) ?? .failed
        errorCode = try row.optional("error_code")
        errorDetail = try row.optional("error_detail")
        bytes = try row.int("bytes")
    }
}

/// Documents that were added to a set together.
public struct VectorStoreBatchRecord: Sendable {
    public let id: String
    public let store: String
    public let createdAt: String
    public let counts: VectorStoreRecord.Counts
}
