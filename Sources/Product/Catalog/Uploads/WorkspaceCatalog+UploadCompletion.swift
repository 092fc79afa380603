public import JSONCoding
import Postgres

/// Making the document of an upload whose bytes are all there: one process at a time, and another one when that has died.
extension WorkspaceCatalog {
    /// For so long nobody else makes the document of an upload unless it is renewed.
    private static let busyInterval = "interval '30 seconds'"
    /// How often it is renewed.
    public static let busyRenewal = Duration.seconds(10)

    /// Begins to make the document.
    ///
    /// - Returns: The upload; `nil` when bytes are missing, somebody else is at it, or it is done.
    public func claimUpload(_ id: String) async throws -> UploadRecord? {
        let rows = try await query(
            """
            UPDATE uploads SET busy_until = now() + \(Self.busyInterval)
            WHERE workspace_id = $1 AND id = $2::uuid AND stage = 'open' AND received = length
                AND coalesce(busy_until < now(), true) RETURNING \(UploadRecord.columns)
            """, [workspace, id])
        return try rows.first.map(UploadRecord.init)
    }

    /// Says that it is still being worked on.
    public func renewUpload(_ id: String) async throws {
        try await query(
            """
            UPDATE uploads SET busy_until = now() + \(Self.busyInterval)
            WHERE workspace_id = $1 AND id = $2::uuid AND stage = 'open'
            """, [workspace, id])
    }

    /// The document is there, or, of a part, the part's blob.
    public func finishUpload(_ id: String, document: String?, _ outcome: UploadRecord.Outcome?) async throws {
        try await query(
            """
            WITH done AS (UPDATE uploads SET stage = 'done', busy_until = NULL, refusal = NULL, document_id = $3::uuid,
                outcome = $4 WHERE workspace_id = $1 AND id = $2::uuid AND stage = 'open' RETURNING id),
            pieces AS (DELETE FROM upload_pieces p USING done WHERE p.upload_id = done.id)
            DELETE FROM upload_blocks b USING done WHERE b.upload_id = done.id
            """, [workspace, id, document, outcome?.rawValue])
    }

    /// There is no document.
    ///
    /// - Parameter refusal: Why, where it would be the same again; `nil` lets it be tried again by itself.
    public func releaseUpload(_ id: String, refusal: JSONValue?) async throws {
        try await query(
            """
            UPDATE uploads SET busy_until = NULL, refusal = $3::jsonb
            WHERE workspace_id = $1 AND id = $2::uuid AND stage = 'open'
            """,
            [workspace, id, refusal?.text])
    }
}

extension CatalogDatabase {
    /// Uploads whose bytes are all there, and whose document nobody makes: its maker has died, or a store did not answer.
    public func interruptedUploads(limit: Int = 100) async throws -> [UploadRecord] {
        try await query(
            """
            SELECT \(UploadRecord.columns) FROM uploads WHERE stage = 'open' AND received = length AND refusal IS NULL
                AND expires_at > now() AND coalesce(busy_until < now(), true) ORDER BY created_at LIMIT \(limit)
            """
        ).map(UploadRecord.init)
    }

    /// For so long it is known of an expired upload that there was one.
    private static let memory = "interval '7 days'"

    /// Marks uploads that have expired as being removed.
    ///
    /// - Returns: Those of which something may be stored, also from earlier.
    public func expiredUploads(limit: Int = 500) async throws -> [(id: String, workspace: String)] {
        try await query("DELETE FROM uploads WHERE stage = 'gone' AND expires_at < now() - \(Self.memory)")
        try await query(
            """
            UPDATE uploads SET stage = CASE WHEN document_id IS NULL THEN 'removing' ELSE 'gone' END
            WHERE stage IN ('open', 'done') AND expires_at <= now() AND coalesce(busy_until < now(), true)
            """)
        return try await query(
            "SELECT id, workspace_id FROM uploads WHERE stage = 'removing' ORDER BY expires_at LIMIT \(limit)"
        ).map { row throws(PostgresError) in (try row.string("id"), try row.string("workspace_id")) }
    }

    /// Nothing is stored of an upload any more.
    public func setGone(upload id: String) async throws {
        try await query(
            """
            WITH gone AS (UPDATE uploads SET stage = 'gone' WHERE id = $1::uuid AND stage = 'removing' RETURNING id),
            pieces AS (DELETE FROM upload_pieces p USING gone WHERE p.upload_id = gone.id)
            DELETE FROM upload_blocks b USING gone WHERE b.upload_id = gone.id
            """, [id])
    }
}
