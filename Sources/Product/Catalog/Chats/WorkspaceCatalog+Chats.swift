import Digests
public import JSONCoding
import Postgres

/// What is known about a chat.
public struct ChatRecord: Sendable {
    public let id: String
    public let name: String
    public let createdAt: String
    public let updatedAt: String
    public let messages: Int
    /// The preset that was chosen for the chat; `nil` for the deployment's.
    public let preset: String?
    /// What was said before `summarisedUntil`, in short.
    public let summary: String?
    /// Time of the newest message that the summary covers.
    public let summarisedUntil: String?
    /// The message that the chosen path leads through; `nil` in a chat whose messages have no versions.
    public let chosen: String?
    public let isPinned: Bool
    public let folder: String?
    public let isArchived: Bool
    /// Whether an answer has come since somebody last said that they have seen the chat.
    public let isUnseen: Bool

    static let columns = """
        id, name, messages, preset, summary, summarised_until, chosen, pinned, folder, archived, unseen, \(SQLTime.column("created_at")),
        \(SQLTime.column("updated_at"))
        """

    init(_ row: PostgresRow) throws {
        id = try row.string("id")
        name = try row.string("name")
        messages = try row.int("messages")
        preset = try row.optional("preset")
        summary = try row.optional("summary")
        summarisedUntil = try row.optional("summarised_until")
        chosen = try row.optional("chosen")
        isPinned = try row.bool("pinned")
        folder = try row.optional("folder")
        isArchived = try row.bool("archived")
        isUnseen = try row.bool("unseen")
        createdAt = try row.string("created_at")
        updatedAt = try row.string("updated_at")
    }

    /// The wire form.
    public var json: JSONValue {
        [
            "id": .string(id), "name": .string(name), "createdAt": .string(createdAt), "updatedAt": .string(updatedAt),
            "messages": .int(Int64(messages)), "preset": .optional(preset), "pinned": .bool(isPinned),
            "folder": .optional(folder), "archived": .bool(isArchived), "unseen": .bool(isUnseen),
        ]
    }
}

extension WorkspaceCatalog {
    /// Makes a chat, which belongs to the person; finds it when the id is there already.
    ///
    /// - Throws: `WorkspaceFull`.
    public func createChat(_ id: String, name: String, preset: String? = nil) async throws -> ChatRecord {
        let rows = try await query(
            """
            WITH \(Self.presentPerson("$6"))
            INSERT INTO chats (id, workspace_id, name, preset, name_terms, texts_kept, person_id)
            SELECT $1::uuid, $2, $3, $4, $5::tsvector, true, $6::uuid
            WHERE \(Self.hasRoom("chats", limits.chats, workspace: "$2")) AND \(Self.isPersonPresent("$6"))
            ON CONFLICT DO NOTHING RETURNING \(ChatRecord.columns)
            """,
            [id, workspace, name, preset, TermVector(name, weight: .name).text, person])
        if let row = rows.first { return try ChatRecord(row) }
        // Whoever made it at the same moment has done so by now: the statement has waited for that.
        let known = try await query(
            """
            SELECT \(ChatRecord.columns) FROM chats
            WHERE workspace_id = $1 AND id = $2 AND \(Self.isSeen("chats", by: "$3"))
            """,
            [workspace, id, person])
        if let row = known.first { return try ChatRecord(row) }
        try await requirePerson()
        try await requireRoom("chats", limits.chats)
        throw PostgresError.contention
    }

    /// A chat that is not being deleted; `nil` when unknown.
    public func chat(_ id: String) async throws -> ChatRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            """
            SELECT \(ChatRecord.columns) FROM chats
            WHERE workspace_id = $1 AND id = $2 AND NOT deleting AND \(Self.isSeen("chats", by: "$3"))
            """,
            [workspace, id, person])
        return try rows.first.map(ChatRecord.init)
    }

    /// Chats, the most recently used first.
    ///
    /// - Parameter before: Id of the last chat of the page before.
    public func chats(limit: Int, before: String?, _ filter: ChatFilter = ChatFilter()) async throws -> [ChatRecord] {
        if let before, !UUIDv7.isValid(before) { return [] }
        var folder: String?
        var isInFolder = "$6::text IS NULL"
        switch filter.folder {
        case nil: break
        case .nowhere: isInFolder += " AND c.folder IS NULL"
        case .named(let name): (folder, isInFolder) = (name, "c.folder = $6")
        }
        let rows = try await query(
            """
            SELECT \(ChatRecord.columns) FROM chats c
            WHERE workspace_id = $1 AND NOT deleting AND \(Self.isSeen("c", by: "$3"))
                AND ($4::boolean IS NULL OR c.archived = $4::boolean) AND ($5::boolean IS NULL OR c.pinned = $5::boolean)
                AND \(isInFolder)
                AND ($2::uuid IS NULL OR (c.updated_at, c.id) <
                    (SELECT p.updated_at, p.id FROM chats p WHERE p.workspace_id = $1 AND p.id = $2::uuid
                        AND \(Self.isSeen("p", by: "$3"))))
            ORDER BY c.updated_at DESC, c.id DESC LIMIT \(limit)
            """,
            [
                workspace, before, person, filter.isArchived.map { String($0) }, filter.isPinned.map { String($0) },
                folder,
            ])
        return try rows.map(ChatRecord.init)
    }

    /// Gives a chat another name. Returns the chat, `nil` when unknown.
    public func renameChat(_ id: String, to name: String) async throws -> ChatRecord? {
        var changes = ChatChanges()
        changes.name = name
        return try await changeChat(id, changes)
    }

    /// Gives a chat a name that nobody chose; one that somebody did choose stays.
    public func suggestName(_ id: String, _ name: String) async throws {
        try await query(
            """
            UPDATE chats SET name = $3, name_terms = $4::tsvector
            WHERE workspace_id = $1 AND id = $2 AND NOT deleting AND NOT named_by_user
            """,
            [workspace, id, name, TermVector(name, weight: .name).text])
    }

    /// Keeps the summary of a chat's older messages.
    ///
    /// - Parameter until: Time of the newest message that it covers.
    public func setSummary(_ id: String, _ summary: String, until: String) async throws {
        try await query(
            """
            UPDATE chats SET summary = $3, summarised_until = $4
            WHERE workspace_id = $1 AND id = $2 AND NOT deleting AND coalesce(summarised_until, '') < $4
            """,
            [workspace, id, summary, until])
    }

    /// Notes that messages were added. Returns whether the chat is still there.
    ///
    /// - Parameters:
    ///   - total: How many there are now, where they were counted; wins over those added.
    ///   - text: The one that can be found from now on, in the place of an older one with its id.
    @discardableResult
    public func countMessages(_ id: String, added: Int, total: Int? = nil, text: ChatText? = nil) async throws -> Bool {
        // An answer has not been seen yet, whoever follows it: that is theirs to say.
        let unseen = text?.role == .assistant ? ", unseen = true" : ""
        let chat = """
            UPDATE chats SET messages = \(total.map(String.init) ?? "messages + \(added)"), updated_at = now()\(unseen)
            WHERE workspace_id = $1 AND id = $2 AND \(Self.isWhole("chats")) RETURNING id, workspace_id
            """
        guard let text else { return try await !query(chat, [workspace, id]).isEmpty }
        return try await !query(
            "WITH chat AS (\(chat)), copy AS (\(Self.insertingTexts(replaces: true))) SELECT id FROM chat",
            [workspace, id, JSONValue.array([text.row]).text]
        ).isEmpty
    }

    /// Marks a chat and its own documents as being deleted, for good. Returns the documents' ids, `nil` when there is no chat.
    ///
    /// - Parameter age: Only when the chat is among those that `chatsBeingDeleted(olderThanSeconds:)` lists: of two processes
    ///   that do so at once, one gets it.
    public func markChatDeleting(_ id: String, ifDueAfterSeconds age: Int? = nil) async throws -> [String]? {
        guard UUIDv7.isValid(id) else { return nil }
        try await prepare()
        let (workspace, person) = (self.workspace, self.person)
        return try await database.transaction { connection in
            let chats = try connection.query(
                """
                UPDATE chats SET deleting = true, undo_until = NULL, updated_at = now()
                WHERE workspace_id = $1 AND id = $2 AND \(Self.isSeen("chats", by: "$3"))
                    AND \(age.map(Self.isDue(afterSeconds:)) ?? "true") RETURNING id
                """,
                [workspace, id, person])
            if chats.isEmpty { return nil }
            try connection.query("DELETE FROM answer_cache WHERE workspace_id = $1", [workspace])
            let documents = try connection.query(
                """
                UPDATE documents SET deleting = true, updated_at = now() WHERE workspace_id = $1 AND chat_id = $2
                RETURNING id
                """,
                [workspace, id])
            return try documents.map { row throws(PostgresError) in try row.string("id") }
        }
    }

    /// Removes a chat's row, the copies of its texts and its links, the last step of its deletion; its documents lose the
    /// reference and go by themselves.
    ///
    /// - Returns: How many rows there were of the chat and its texts, and how many links.
    public func removeChat(_ id: String) async throws -> (rows: Int, links: Int) {
        try await prepare()
        let workspace = self.workspace
        return try await database.transaction { connection in
            try connection.query(
                "UPDATE documents SET chat_id = NULL WHERE workspace_id = $1 AND chat_id = $2 AND deleting",
                [workspace, id])
            // Holds off texts that are just being kept, so that all are counted.
            let chat = try connection.query(
                "SELECT id FROM chats WHERE workspace_id = $1 AND id = $2 AND deleting FOR UPDATE", [workspace, id])
            if chat.isEmpty { return (0, 0) }
            let texts = try connection.query(
                "DELETE FROM chat_texts WHERE workspace_id = $1 AND chat_id = $2 RETURNING id", [workspace, id])
            let links = try connection.query(
                "DELETE FROM shares WHERE workspace_id = $1 AND chat_id = $2 RETURNING id", [workspace, id])
            try connection.query("DELETE FROM chats WHERE workspace_id = $1 AND id = $2", [workspace, id])
            return (1 + texts.count, links.count)
        }
    }

    /// Chats whose deletion was cut off, or cannot be undone any more.
    public func chatsBeingDeleted(olderThanSeconds age: Int) async throws -> [String] {
        let rows = try await query(
            """
            SELECT id FROM chats WHERE workspace_id = $1 AND \(Self.isDue(afterSeconds: age)) LIMIT 500
            """,
            [workspace])
        return try rows.map { row throws(PostgresError) in try row.string("id") }
    }

    /// The condition under which a chat's deletion was cut off, or cannot be undone any more.
    private static func isDue(afterSeconds age: Int) -> String {
        """
        deleting AND CASE WHEN undo_until IS NULL THEN updated_at < now() - make_interval(secs => \(age))
            ELSE undo_until <= now() END
        """
    }
}
