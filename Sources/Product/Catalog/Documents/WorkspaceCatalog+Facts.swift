import Digests
import Postgres

extension WorkspaceCatalog {
    /// Changes what is said of a document.
    ///
    /// - Returns: The document; `nil` when it is not there.
    public func setFacts(_ facts: DocumentFacts, of id: String) async throws -> DocumentRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        return try await query(
            """
            UPDATE documents SET tags = coalesce($5::text[], tags), updated_at = now(),
                source = CASE WHEN $6::text IS NULL THEN source ELSE nullif($6, '') END,
                author = CASE WHEN $7::text IS NULL THEN author ELSE nullif($7, '') END,
                dated = CASE WHEN $8::text IS NULL THEN dated ELSE nullif($8, '')::date END
            WHERE workspace_id = $1 AND id = $2::uuid AND NOT deleting
                AND \(Self.isDocumentSeen("documents", by: "$3", reader: "$4"))
            RETURNING \(DocumentRecord.columns)
            """,
            [
                workspace, id, person, reader, facts.tags.map { PostgresArray.text($0) }, facts.source, facts.author,
                facts.date,
            ]
        ).first.map(DocumentRecord.init)
    }
}
