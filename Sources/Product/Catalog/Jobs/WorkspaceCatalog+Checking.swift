import Postgres

extension WorkspaceCatalog {
    /// What a document's row says there has to be in the other stores.
    public struct CheckedDocument: Sendable {
        public let id: String
        public let status: DocumentRecord.Status
        public let isDeleting: Bool
        /// Whether it is known that its file is gone.
        public let isLost: Bool
        /// How many passages it was cut into; `nil` before it was read.
        public let passages: Int?
        /// Whether nothing has happened to it for a while: nobody works on it.
        public let isAtRest: Bool
    }

    /// Rows of documents in the order of their ids, those being deleted included.
    ///
    /// - Parameters:
    ///   - after: The last id of the page before.
    ///   - restSeconds: Without a change for so long, nobody works on it.
    public func checkedDocuments(after: String?, restSeconds: Int, limit: Int) async throws -> [CheckedDocument] {
        let rows = try await query(
            """
            SELECT id, status, deleting, passages, coalesce(error_code = '\(DocumentRecord.lostCode)', false) AS is_lost, updated_at < now() - make_interval(secs => \(restSeconds)) AS rests
            FROM documents WHERE workspace_id = $1 AND ($2::uuid IS NULL OR id > $2::uuid) ORDER BY id LIMIT \(limit)
            """, [workspace, after])
        return try rows.map { row in
            CheckedDocument(
                id: try row.string("id"), status: DocumentRecord.Status(rawValue: try row.string("status")) ?? .failed,
                isDeleting: try row.bool("deleting"), isLost: try row.bool("is_lost"),
                passages: try row.optionalInt("passages"),
                isAtRest: try row.bool("rests"))
        }
    }

    /// Has a document read anew that says it is ready, and is not as a whole. Returns whether it is queued now.
    public func requeueIncomplete(_ id: String) async throws -> Bool {
        try await !query(
            """
            WITH forgotten AS (DELETE FROM answer_cache WHERE workspace_id = $1)
            UPDATE documents SET status = 'queued', updated_at = now()
            WHERE workspace_id = $1 AND id = $2::uuid AND status = 'ready' AND NOT deleting RETURNING id
            """, [workspace, id]
        ).isEmpty
    }

    /// Says of a document that its file is not there any more. Returns whether that was news.
    public func markLost(_ id: String, detail: String) async throws -> Bool {
        try await !query(
            """
            WITH forgotten AS (DELETE FROM answer_cache WHERE workspace_id = $1)
            UPDATE documents SET status = 'failed', error_code = '\(DocumentRecord.lostCode)', error_detail = $3, attempt = attempt + 1,
                updated_at = now()
            WHERE workspace_id = $1 AND id = $2::uuid AND error_code IS DISTINCT FROM '\(DocumentRecord.lostCode)' AND NOT deleting RETURNING id
            """, [workspace, id, detail]
        ).isEmpty
    }
}
