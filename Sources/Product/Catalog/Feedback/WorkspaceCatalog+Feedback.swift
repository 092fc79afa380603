import Digests
import Postgres
import TextSearch

extension WorkspaceCatalog {
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
            // PostgreSQL has no text with this character.
            [
                workspace, chatId, answerId, rating.rawValue, reason, comment, question.replacing("\0", with: " "),
                model,
            ])
        return try rows.first.map(FeedbackRecord.init)
    }

    /// Forgets what somebody thought of an answer, if anybody did.
    public func withdrawFeedback(of answerId: String, in chatId: String) async throws {
        try await query(
            "DELETE FROM feedback WHERE workspace_id = $1 AND chat_id = $2::uuid AND answer_id = $3::uuid",
            [workspace, chatId, answerId])
    }

    /// What was said of a chat's answers, by the answer's id.
    public func feedback(in chatId: String, of answers: [String]) async throws -> [String: FeedbackRecord] {
        let ids = answers.filter(UUIDv7.isValid)
        guard !ids.isEmpty, UUIDv7.isValid(chatId) else { return [:] }
        let rows = try await query(
            """
            SELECT \(FeedbackRecord.columns) FROM feedback
            WHERE workspace_id = $1 AND chat_id = $2::uuid AND answer_id = ANY ($3::uuid[])
            """,
            [workspace, chatId, PostgresArray.text(ids)])
        let records = try rows.map(FeedbackRecord.init)
        return Dictionary(records.map { ($0.answerId, $0) }) { first, _ in first }
    }

    /// What was said of all answers, the latest first; that of chats being deleted is left out.
    ///
    /// - Parameters:
    ///   - cursor: `FeedbackRecord.cursor` of the last one of the page before.
    ///   - rating: Only of this kind.
    /// - Returns: `nil` when the cursor is none.
    public func feedback(limit: Int, after cursor: String?, rating: FeedbackRecord.Rating?) async throws
        -> [FeedbackRecord]?
    {
        var place: [String?] = [nil, nil, nil]
        if let cursor {
            let parts = cursor.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, let moment = Int64(parts[0]), abs(moment) < 1 << 56,
                parts.dropFirst().allSatisfy(UUIDv7.isValid)
            else { return nil }
            place = parts
        }
        let rows = try await query(
            """
            SELECT \(FeedbackRecord.columns) FROM feedback f
            WHERE workspace_id = $1 AND ($2::text IS NULL OR rating = $2)
                AND NOT EXISTS (SELECT FROM chats c WHERE c.id = f.chat_id AND c.deleting)
                AND ($3::bigint IS NULL OR (f.created_at, f.chat_id, f.answer_id) <
                    (timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4::uuid, $5::uuid))
            ORDER BY f.created_at DESC, f.chat_id DESC, f.answer_id DESC LIMIT \(limit)
            """,
            [workspace, rating?.rawValue] + place)
        return try rows.map(FeedbackRecord.init)
    }
}
