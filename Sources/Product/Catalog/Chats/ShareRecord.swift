import HTTPMessages
public import JSONCoding
import Postgres
public import Problems

/// A link that shows a chat as it was, as whoever sees the chat knows it: what opens it is told once, when it is made.
public struct ShareRecord: Sendable {
    public let id: String
    public let createdAt: String
    public let expiresAt: String
    /// How many messages it shows.
    public let messages: Int

    static let columns = """
        s.id, cardinality(s.message_ids) AS messages, \(SQLTime.column("s.created_at", as: "created_at")),
        \(SQLTime.column("s.expires_at", as: "expires_at"))
        """

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row.string("id")
        createdAt = try row.string("created_at")
        expiresAt = try row.string("expires_at")
        messages = try row.int("messages")
    }

    /// The wire form.
    public var json: JSONObject {
        [
            "id": .string(id), "createdAt": .string(createdAt), "expiresAt": .string(expiresAt),
            "messages": .int(Int64(messages)),
        ]
    }
}

/// What a link is to show: the path of a chat, and what its answers were made from.
public struct SharedPath: Sendable {
    /// The messages in their order, with the attempts that have written them; empty where none did.
    public var messages: [(id: String, attempt: String)] = []
    /// Documents, and the place of the first message that was made from each, or names it, from 1.
    public var documents: [String: Int] = [:]
    /// What the link is called where nobody has named the chat: a name that a model thought of may say what is withheld.
    public var name = ""

    /// Nothing.
    public init() {}

    /// Adds the next message.
    ///
    /// - Parameter documents: What it was made from; what is no document's id is left out.
    public mutating func add(_ id: String, attempt: String?, documents used: some Sequence<String>) {
        messages.append((id, attempt ?? ""))
        for document in used where documents[document] == nil { documents[document] = messages.count }
    }
}

/// A link that somebody opens: what it shows, before it is known whether they may see it.
public struct OpenedShare: Sendable {
    public let record: ShareRecord
    public let workspace: String
    public let chat: String
    /// The chat's name when the link was made.
    public let name: String
    /// SHA-256 of what opens it, in hexadecimal.
    public let secret: String
    /// Whether it is for whoever has it.
    public let isPublic: Bool

    init(_ row: PostgresRow) throws(PostgresError) {
        record = try ShareRecord(row)
        workspace = try row.string("workspace_id")
        chat = try row.string("chat_id")
        name = try row.string("name")
        secret = try row.string("secret")
        isPublic = try row.bool("public_links")
    }
}

/// There are as many links as there may be.
public struct TooManyShares: ProblemConvertible {
    let what: String
    let limit: Int

    public var problem: Problem {
        Problem(
            .conflict, "There are \(limit) links \(what), which is the limit. End some, and try again.",
            code: "too_many_links")
    }
}
