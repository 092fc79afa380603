import JSONCoding
import Postgres

/// How long a workspace keeps what nobody touches; `nil` is for ever.
public struct RetentionPolicy: Sendable, Equatable {
    /// Days after the last message of a chat.
    public var chatsDays: Int?
    /// Days after the upload of a document that belongs to no chat.
    public var documentsDays: Int?

    static let columns = "keep_chats_days, keep_documents_days"

    /// Keeps what it is told to keep.
    public init(chatsDays: Int? = nil, documentsDays: Int? = nil) {
        self.chatsDays = chatsDays
        self.documentsDays = documentsDays
    }

    init(_ row: PostgresRow) throws(PostgresError) {
        chatsDays = try row.optionalInt("keep_chats_days")
        documentsDays = try row.optionalInt("keep_documents_days")
    }

    /// The members of the wire form; what is kept for ever has none.
    var members: [(name: String, value: JSONValue)] {
        [("keepChatsDays", chatsDays), ("keepDocumentsDays", documentsDays)].compactMap { name, days in
            days.map { (name, .int(Int64($0))) }
        }
    }
}
