import Digests
import Postgres
import TextSearch

extension WorkspaceCatalog {
    /// Links of one chat, and of one person in the workspace, that have not expired.
    public static let mostSharesOfChat = 20
    public static let mostSharesOfPerson = 500

    /// Makes a link that shows a chat as it is now.
    ///
    /// - Parameters:
    ///   - selector: What the link is found by.
    ///   - secret: SHA-256 of what opens it, in hexadecimal.
    ///   - days: After which it shows nothing any more.
    /// - Returns: `nil` when there is no such chat.
    /// - Throws: `TooManyShares`.
    public func addShare(
        _ id: String, of chat: String, showing path: SharedPath, selector: String, secret: String, days: Int
    ) async throws -> ShareRecord? {
        guard UUIDv7.isValid(chat) else { return nil }
        try await prepare()
        let documents = path.documents.filter { UUIDv7.isValid($0.key) }.sorted { $0.key < $1.key }
        return try await database.transaction { [workspace, person] connection in
            // Links that are made side by side are counted one after the other.
            try connection.query(
                "SELECT pg_advisory_xact_lock(hashtextextended($1, 4711200618))", ["\(workspace)/\(person ?? "")"])
            let rows = try connection.query(
                """
                SELECT id FROM chats WHERE workspace_id = $1 AND id = $2::uuid AND NOT deleting
                    AND \(Self.isSeen("chats", by: "$3")) FOR NO KEY UPDATE
                """, [workspace, chat, person])
            guard !rows.isEmpty else { return nil }
            let counts = try connection.query(
                """
                SELECT count(*) FILTER (WHERE chat_id = $2::uuid) AS of_chat,
                    count(*) FILTER (WHERE person_id IS NOT DISTINCT FROM $3::uuid) AS of_person
                FROM shares WHERE workspace_id = $1 AND expires_at > now()
                    AND (chat_id = $2::uuid OR person_id IS NOT DISTINCT FROM $3::uuid)
                """, [workspace, chat, person]
            ).first
            if try counts?.int("of_chat") ?? 0 >= Self.mostSharesOfChat {
                throw TooManyShares(what: "of this chat", limit: Self.mostSharesOfChat)
            }
            if try counts?.int("of_person") ?? 0 >= Self.mostSharesOfPerson {
                throw TooManyShares(what: "of yours", limit: Self.mostSharesOfPerson)
            }
            return try connection.query(
                """
                INSERT INTO shares AS s (id, workspace_id, chat_id, person_id, selector, secret, name, message_ids,
                    attempts, document_ids, document_places, expires_at)
                SELECT $4::uuid, workspace_id, id, $3::uuid, $5, $6, CASE WHEN named_by_user THEN name ELSE $12 END,
                    $7::uuid[], $8::text[], $9::uuid[], $10::integer[], now() + $11::int * interval '1 day'
                FROM chats WHERE workspace_id = $1 AND id = $2::uuid
                RETURNING \(ShareRecord.columns)
                """,
                [
                    workspace, chat, person, id, selector, secret, PostgresArray.text(path.messages.map(\.id)),
                    PostgresArray.text(path.messages.map(\.attempt)), PostgresArray.text(documents.map(\.key)),
                    PostgresArray.text(documents.map { String($0.value) }), String(days),
                    path.name.replacing("\0", with: " "),
                ]
            ).first.map(ShareRecord.init)
        }
    }

    /// The links of a chat that have not expired, the newest first; `nil` when there is no such chat.
    public func shares(of chat: String) async throws -> [ShareRecord]? {
        guard try await self.chat(chat) != nil else { return nil }
        return try await query(
            """
            SELECT \(ShareRecord.columns) FROM shares s
            WHERE workspace_id = $1 AND chat_id = $2::uuid AND expires_at > now()
            ORDER BY s.created_at DESC, s.id DESC LIMIT \(Self.mostSharesOfChat)
            """, [workspace, chat]
        ).map(ShareRecord.init)
    }

    /// Ends a link. Returns whether there was one.
    public func endShare(_ id: String, of chat: String) async throws -> Bool {
        guard UUIDv7.isValid(chat), UUIDv7.isValid(id) else { return false }
        return try await !query(
            """
            DELETE FROM shares s USING chats c
            WHERE s.workspace_id = $1 AND s.chat_id = $2::uuid AND s.id = $3::uuid AND s.expires_at > now()
                AND c.workspace_id = s.workspace_id AND c.id = s.chat_id AND NOT c.deleting
                AND \(Self.isSeen("c", by: "$4"))
            RETURNING s.id
            """, [workspace, chat, id, person]
        ).isEmpty
    }

    /// Documents that are called so. Those that are not seen are not among them: who makes up names is not told which there are.
    public func documents(named names: some Collection<String>) async throws -> [(id: String, name: String)] {
        guard !names.isEmpty else { return [] }
        return try await query(
            """
            SELECT id, name FROM documents WHERE workspace_id = $1 AND NOT deleting AND name = ANY ($2::text[])
                AND \(Self.isDocumentSeen("documents", by: "$3", reader: "$4"))
            LIMIT \(limits.documents)
            """, [workspace, PostgresArray.text(names), person, reader]
        ).map { row throws(PostgresError) in (try row.string("id"), try row.string("name")) }
    }

    /// How many of a link's messages are shown to whoever has this view: all before the first that was made from a document
    /// which they do not see. One that is deleted nobody sees; those of the person's chats alone are given with them.
    ///
    /// - Parameter isOutside: Whether it is somebody who is no member: they see what is limited to nobody.
    public func shownMessages(of share: OpenedShare, isOutside: Bool) async throws -> Int {
        let rows = try await query(
            """
            SELECT min(used.place) AS first FROM shares s, unnest(s.document_ids, s.document_places) AS used (id, place)
            WHERE s.workspace_id = $1 AND s.id = $2::uuid AND NOT EXISTS (
                SELECT FROM documents d WHERE d.workspace_id = $1 AND d.id = used.id AND NOT d.deleting
                    AND (d.chat_id IS NULL OR EXISTS (SELECT FROM chats c, chats o
                        WHERE c.id = s.chat_id AND o.id = d.chat_id AND NOT o.deleting
                            AND o.person_id IS NOT DISTINCT FROM c.person_id))
                    AND \(isOutside ? "NOT d.is_limited AND $3::uuid IS NULL" : Self.isReader("$3", of: "d")))
            """, [workspace, share.record.id, isOutside ? nil : reader])
        let first = try rows.first?.optionalInt("first")
        return first.map { max(0, $0 - 1) } ?? share.record.messages
    }

    /// A part of a link's messages, in their order, with the attempts that had written them; empty where none had.
    ///
    /// - Parameter place: The first of them, from 0.
    public func messages(of share: OpenedShare, from place: Int, limit: Int) async throws -> [(
        id: String, attempt: String
    )] {
        try await query(
            """
            SELECT shown.id, shown.attempt
            FROM shares s, unnest(s.message_ids[\(place + 1):\(place + limit)], s.attempts[\(place + 1):\(place + limit)])
                WITH ORDINALITY AS shown (id, attempt, place)
            WHERE s.workspace_id = $1 AND s.id = $2::uuid ORDER BY shown.place
            """, [workspace, share.record.id]
        ).map { row throws(PostgresError) in (try row.string("id"), try row.string("attempt")) }
    }
}
