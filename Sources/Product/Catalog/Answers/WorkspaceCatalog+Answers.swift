import Digests
import Postgres

extension WorkspaceCatalog {
    /// Makes an answer's place, or has a new attempt take the place of one that has ended.
    ///
    /// - Parameters:
    ///   - attempt: Of the writer alone, who is also the first to hold the place.
    ///   - createdAt: Time of the message.
    /// - Returns: The number that the attempt's events come after; `nil` when somebody writes the answer already, or its
    ///   chat has gone.
    public func beginAnswer(
        _ id: String, to question: String, in chat: String, attempt: String, model: String, createdAt: String
    ) async throws -> Int? {
        let rows = try await query(
            """
            WITH \(Self.presentChat)
            INSERT INTO answers AS a
                (workspace_id, chat_id, id, parent_id, attempt, holder, model, created_at, lease_until)
            SELECT workspace_id, id, $3::uuid, $4::uuid, $5::uuid, $5::uuid, $6, $7, \(CatalogDatabase.freshLease)
            FROM chat
            ON CONFLICT (workspace_id, chat_id, id) DO UPDATE SET
                attempt = excluded.attempt, holder = excluded.holder, model = excluded.model,
                created_at = excluded.created_at, first_event = a.last_event, finish_reason = NULL,
                stop_wanted = false, lease_until = excluded.lease_until, started_at = now(), ended_at = NULL
            WHERE a.finish_reason IS NOT NULL
            RETURNING a.first_event
            """,
            [workspace, chat, id, question, attempt, model, createdAt])
        return try rows.first?.int("first_event")
    }

    /// An answer whose place is known, in a chat that can be seen; of several chats the last. `nil` when there is none.
    public func answer(_ id: String) async throws -> AnswerRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        return try await answers("a.id = $3::uuid", id, limit: 1).first
    }

    /// The answers of a chat that are being written, or were when their writer died; the oldest first, a hundred at most.
    public func openAnswers(in chat: String) async throws -> [AnswerRecord] {
        guard UUIDv7.isValid(chat) else { return [] }
        return try await answers("a.chat_id = $3::uuid AND a.finish_reason IS NULL", chat, limit: 100).reversed()
    }

    private func answers(_ condition: String, _ value: String, limit: Int) async throws -> [AnswerRecord] {
        let rows = try await query(
            """
            SELECT \(AnswerRecord.columns) FROM answers a JOIN chats c ON c.workspace_id = a.workspace_id AND c.id = a.chat_id
            WHERE a.workspace_id = $1 AND NOT c.deleting AND \(Self.isSeen("c", by: "$2")) AND \(condition)
            ORDER BY a.started_at DESC LIMIT \(limit)
            """,
            [workspace, person, value])
        return try rows.map(AnswerRecord.init)
    }

    /// The chat of a stored message that can be seen, for answers that never had a place of their own; `nil` when there is
    /// none.
    public func chat(ofMessage id: String) async throws -> String? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            """
            SELECT c.id FROM chats c WHERE c.workspace_id = $1 AND NOT c.deleting AND \(Self.isSeen("c", by: "$2"))
                AND c.id IN (SELECT t.chat_id FROM chat_texts t WHERE t.workspace_id = $1 AND t.id = $3::uuid)
            ORDER BY c.updated_at DESC LIMIT 1
            """,
            [workspace, person, id])
        return try rows.first?.string("id")
    }

    /// Wants an answer to be stopped, whichever process writes it. One that has ended stays as it is.
    public func stopAnswer(_ key: AnswerKey) async throws {
        try await query(
            """
            UPDATE answers SET stop_wanted = true
            WHERE workspace_id = $1 AND chat_id = $2::uuid AND id = $3::uuid AND finish_reason IS NULL
            """,
            [workspace, key.chat, key.id])
    }
}
