import Digests
public import JSONCoding
import Postgres

/// What of a conversation is no message of its chat: a call of a function, its result, an instruction.
public struct ConversationItemRecord: Sendable {
    public let id: String
    /// Of the form of messages' times.
    public let createdAt: String
    /// As OpenAI's API has it, without its id.
    public let item: JSONValue

    /// Describes an item.
    public init(id: String, createdAt: String, item: JSONValue) {
        self.id = id
        self.createdAt = createdAt
        self.item = item
    }
}

extension WorkspaceCatalog {
    /// Most items of a conversation that are no messages.
    public static let mostConversationItems = 10_000

    /// What a program has noted of a conversation; an empty object when nothing.
    public func conversationMetadata(_ chat: String) async throws -> JSONValue {
        guard UUIDv7.isValid(chat) else { return [:] }
        let rows = try await query(
            "SELECT metadata FROM conversations WHERE workspace_id = $1 AND chat_id = $2", [workspace, chat])
        return try rows.first.map { try JSONParser.parse(try $0.string("metadata")) } ?? [:]
    }

    /// Notes it. Returns whether the chat is there.
    public func setConversationMetadata(_ metadata: JSONValue, of chat: String) async throws -> Bool {
        guard UUIDv7.isValid(chat) else { return false }
        return try await !query(
            """
            WITH \(Self.presentChat)
            INSERT INTO conversations (workspace_id, chat_id, metadata) SELECT $1, id, $3 FROM chat
            ON CONFLICT (workspace_id, chat_id) DO UPDATE SET metadata = excluded.metadata RETURNING chat_id
            """, [workspace, chat, metadata.text]
        ).isEmpty
    }

    /// Adds items. Returns whether the chat is there and had room.
    public func addConversationItems(_ items: [ConversationItemRecord], to chat: String) async throws -> Bool {
        guard UUIDv7.isValid(chat) else { return false }
        if items.isEmpty { return true }
        let list = items.map { item -> JSONValue in
            ["id": .string(item.id), "created_at": .string(item.createdAt), "item": .string(item.item.text)]
        }
        return try await !query(
            """
            WITH \(Self.presentChat)
            INSERT INTO conversation_items (id, workspace_id, chat_id, created_at, item)
            SELECT t.id, $1, chat.id, t.created_at, t.item
            FROM chat, json_to_recordset($3::json) AS t (id uuid, created_at text, item text)
            WHERE (SELECT count(*) FROM conversation_items i WHERE i.workspace_id = $1 AND i.chat_id = $2)
                < \(Self.mostConversationItems)
            RETURNING id
            """, [workspace, chat, JSONValue.array(list).text]
        ).isEmpty
    }

    /// Items of a chat beyond a place, in the order of time.
    ///
    /// - Parameter place: Time and id of the entry that they come after; `nil` for all from one end.
    public func conversationItems(
        of chat: String, limit: Int, isAscending: Bool, after place: (createdAt: String, id: String)?
    ) async throws -> [ConversationItemRecord] {
        guard UUIDv7.isValid(chat) else { return [] }
        let (sign, direction) = isAscending ? (">", "ASC") : ("<", "DESC")
        let rows = try await query(
            """
            SELECT id, created_at, item FROM conversation_items
            WHERE workspace_id = $1 AND chat_id = $2
                AND ($3::text IS NULL OR (created_at, id) \(sign) ($3::text, $4::uuid))
            ORDER BY created_at \(direction), id \(direction) LIMIT \(limit)
            """, [workspace, chat, place?.createdAt, place?.id])
        return try rows.map(Self.conversationItem)
    }

    /// An item; `nil` when unknown.
    public func conversationItem(_ id: String, of chat: String) async throws -> ConversationItemRecord? {
        guard UUIDv7.isValid(id), UUIDv7.isValid(chat) else { return nil }
        return try await query(
            """
            SELECT id, created_at, item FROM conversation_items WHERE workspace_id = $1 AND chat_id = $2 AND id = $3
            """, [workspace, chat, id]
        ).first.map(Self.conversationItem)
    }

    /// Removes an item. Returns whether there was one.
    public func removeConversationItem(_ id: String, of chat: String) async throws -> Bool {
        guard UUIDv7.isValid(id), UUIDv7.isValid(chat) else { return false }
        return try await !query(
            "DELETE FROM conversation_items WHERE workspace_id = $1 AND chat_id = $2 AND id = $3 RETURNING id",
            [workspace, chat, id]
        ).isEmpty
    }

    /// Removes what the database has of one message of a chat that has gone from the message store.
    public func forgetMessage(_ id: String, of chat: String) async throws {
        guard UUIDv7.isValid(id), UUIDv7.isValid(chat) else { return }
        try await query(
            """
            WITH text AS (DELETE FROM chat_texts WHERE workspace_id = $1 AND chat_id = $2 AND id = $3),
            log AS (DELETE FROM answers WHERE workspace_id = $1 AND chat_id = $2 AND id = $3),
            rating AS (DELETE FROM feedback WHERE workspace_id = $1 AND chat_id = $2 AND answer_id = $3)
            UPDATE chats SET messages = greatest(messages - 1, 0), summary = NULL, summarised_until = NULL
            WHERE workspace_id = $1 AND id = $2
            """, [workspace, chat, id])
    }

    private static func conversationItem(_ row: PostgresRow) throws -> ConversationItemRecord {
        ConversationItemRecord(
            id: try row.string("id"), createdAt: try row.string("created_at"),
            item: try JSONParser.parse(try row.string("item")))
    }
}
