import Digests
import Postgres

extension WorkspaceCatalog {
    /// Names of documents, newest first.
    ///
    /// - Parameters:
    ///   - ids: The documents; others are left out.
    ///   - limit: Most of them.
    public func names(of ids: [String], limit: Int) async throws -> [(id: String, name: String)] {
        let known = ids.filter(UUIDv7.isValid)
        guard !known.isEmpty else { return [] }
        let rows = try await query(
            """
            SELECT id, name FROM documents WHERE workspace_id = $1 AND NOT deleting AND id = ANY ($2::uuid[])
                AND \(Self.isDocumentSeen("documents", by: "$3", reader: "$4"))
            ORDER BY created_at DESC, id DESC LIMIT \(limit)
            """,
            [workspace, PostgresArray.text(known), person, reader])
        return try rows.map { row throws(PostgresError) in (try row.string("id"), try row.string("name")) }
    }
}
