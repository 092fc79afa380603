import Postgres

extension CatalogDatabase {
    /// Keeps what somebody thinks of an answer, in the place of what was kept of it before.
    ///
    /// - Returns: What is kept now; `nil` when the chat is not there, or being deleted.
    public func setFeedback(
        _ rating: FeedbackRecord.Rating, reason: String?, comment: String?, of answerId: String, in chatId: String,
        question: String, model: String
    ) async throws -> FeedbackRecord? {
        let rows = try await query(
            """
            INSERT INTO feedback AS f (workspace_id, chat_id, answer_id, rating, reason, comment, question, model)
            SELECT $1, c.id, $3::uuid, $4, $5, $6, $7, $8 FROM chats c
            WHERE c.workspace_id = $1 AND c.id = $2::uuid AND NOT c.deleting
            ON CONFLICT (chat_id, answer_id) DO UPDATE SET rating = excluded.rating, reason = excluded.reason,
                comment = excluded.comment, question = excluded.question, model = excluded.model, updated_at = now()
            RETURNING \(FeedbackRecord.columns)
            """,
            [workspace, chatId, answerId, rating.rawValue, reason, comment, question, model])
        return try rows.first.map(FeedbackRecord.init)
    }

    /// Forgets what somebody thought of an answer. Returns what was kept; `nil` when nothing was.
    public func withdrawFeedback(of answerId: String, in chatId: String) async throws -> FeedbackRecord? {
        let rows = try await query(
            """
            DELETE FROM feedback WHERE workspace_id = $1 AND chat_id = $2::uuid AND answer_id = $3::uuid
            RETURNING \(FeedbackRecord.columns)
            """,
            [workspace, chatId, answerId])
        return try rows.first.map(FeedbackRecord.init)
    }

    /// What was said of a chat's answers, by the answer's id.
    public func feedback(in chatId: String, of answers: [String]) async throws -> [String: FeedbackRecord] {
        let ids = answers.filter(Self.isID)
        guard !ids.isEmpty, Self.isID(chatId) else { return [:] }
        let rows = try await query(
            """
            SELECT \(FeedbackRecord.columns) FROM feedback
            WHERE workspace_id = $1 AND chat_id = $2::uuid AND answer_id = ANY ($3::uuid[])
            """,
            [workspace, chatId, "{\(ids.joined(separator: ","))}"])
        let records = try rows.map(FeedbackRecord.init)
        return Dictionary(records.map { ($0.answerId, $0) }) { first, _ in first }
    }

    /// What was said of all answers, the latest first; that of chats being deleted is left out.
    ///
    /// - Parameters:
    ///   - rating: Only of this kind.
    ///   - before: Answer of the last one of the page before.
    public func feedback(limit: Int, before: String?, rating: FeedbackRecord.Rating?) async throws -> [FeedbackRecord] {
        if let before, !Self.isID(before) { return [] }
        let rows = try await query(
            """
            SELECT \(FeedbackRecord.columns) FROM feedback f
            WHERE workspace_id = $1 AND ($3::text IS NULL OR rating = $3)
                AND NOT EXISTS (SELECT FROM chats c WHERE c.id = f.chat_id AND c.deleting)
                AND ($2::uuid IS NULL OR (f.created_at, f.answer_id) <
                    (SELECT p.created_at, p.answer_id FROM feedback p WHERE p.workspace_id = $1 AND p.answer_id = $2::uuid))
            ORDER BY f.created_at DESC, f.answer_id DESC LIMIT \(limit)
            """,
            [workspace, before, rating?.rawValue])
        return try rows.map(FeedbackRecord.init)
    }
}
