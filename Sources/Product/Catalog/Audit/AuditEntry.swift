import Digests
public import JSONCoding
import Postgres

/// Who did what to what, from where. What was asked or answered is never in it.
public struct AuditEntry: Sendable, Equatable {
    /// What is noted of a request; PostgreSQL adds its place in the chain.
    public struct Event: Sendable, Equatable {
        /// RFC 3339, UTC, milliseconds.
        public let at: String
        /// `nil` for what concerns the installation.
        public let workspace: String?
        /// `nil` where nobody was signed in.
        public let person: String?
        /// `session` or `key` with its id; `nil` where nobody was signed in.
        public let credential: String?
        /// Method and template of the path, such as `DELETE /api/documents/{id}`.
        public let action: String
        /// What it was done to: the path's parameters, or what the action itself says.
        public let object: String?
        /// Status of the answer.
        public let status: Int
        /// Where the request came from, as far as the platform says; `nil` when it does not.
        public let address: String?
        public let requestId: String

        /// Describes what was done.
        public init(
            at: String, workspace: String?, person: String?, credential: String?, action: String, object: String?,
            status: Int, address: String?, requestId: String
        ) {
            self.at = at
            self.workspace = workspace
            self.person = person
            self.credential = credential
            self.action = action
            self.object = object
            self.status = status
            self.address = address
            self.requestId = requestId
        }
    }

    /// Its place: entries are numbered without gaps.
    public let number: Int
    public let event: Event
    /// SHA-256 over the digest of the entry before and this entry, in hexadecimal.
    public let digest: String

    static let columns = """
        number, \(SQLTime.column("at")), workspace_id, person_id, credential, action, object, status, address, request_id,
        digest
        """

    init(_ row: PostgresRow) throws {
        number = try row.int("number")
        digest = try row.string("digest")
        event = Event(
            at: try row.string("at"), workspace: try row.optional("workspace_id"),
            person: try row.optional("person_id"), credential: try row.optional("credential"),
            action: try row.string("action"), object: try row.optional("object"), status: try row.int("status"),
            address: try row.optional("address"), requestId: try row.string("request_id"))
    }

    /// The digest that an entry has behind another one.
    static func digest(of event: Event, number: Int, after previous: String) -> String {
        let fields: [JSONValue] = [
            .string(previous), .int(Int64(number)), .string(event.at), .optional(event.workspace),
            .optional(event.person), .optional(event.credential), .string(event.action), .optional(event.object),
            .int(Int64(event.status)), .optional(event.address), .string(event.requestId),
        ]
        return Digest.hex(Digest.sha256(JSONValue.array(fields).encoded))
    }

    /// Whether it follows the entry before it, unchanged.
    func follows(_ previous: String) -> Bool {
        digest == Self.digest(of: event, number: number, after: previous)
    }

    /// The wire form.
    public var json: JSONValue {
        [
            "number": .int(Int64(number)), "at": .string(event.at), "workspace": .optional(event.workspace),
            "person": .optional(event.person), "credential": .optional(event.credential),
            "action": .string(event.action), "object": .optional(event.object), "status": .int(Int64(event.status)),
            "address": .optional(event.address), "requestId": .string(event.requestId), "digest": .string(digest),
        ]
    }
}
