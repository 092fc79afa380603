import Digests
import Postgres

extension WorkspaceCatalog {
    /// A remembered answer; `nil` when there is none or it is too old.
    ///
    /// - Parameter key: Digest of everything that the answer depends on.
    public func rememberedAnswer(_ key: String) async throws -> String? {
        try await query(
            "SELECT answer FROM answer_cache WHERE workspace_id = $1 AND key = $2 AND expires_at > now()",
            [workspace, key]
        ).first?.string("answer")
    }

    /// Remembers an answer unless one of its documents has gone since.
    public func rememberAnswer(_ key: String, _ answer: String, seconds: Int, documents: Set<String>) async throws {
        let ids = documents.filter(UUIDv7.isValid)
        try await query(
            """
            INSERT INTO answer_cache (workspace_id, key, answer, expires_at)
            SELECT $1, $2, $3, now() + make_interval(secs => $4::float8)
            WHERE (SELECT count(*) FROM documents WHERE workspace_id = $1 AND id = ANY ($5::uuid[]) AND NOT deleting)
                = \(ids.count)
            ON CONFLICT (workspace_id, key) DO UPDATE SET answer = excluded.answer, expires_at = excluded.expires_at
            """,
            [workspace, key, answer, String(seconds), PostgresArray.text(ids)])
    }
}

extension CatalogDatabase {
    /// Removes what is too old, of all workspaces.
    public func forgetExpiredAnswers() async throws {
        try await query("DELETE FROM answer_cache WHERE expires_at <= now()")
    }
}
