import Digests
import Postgres

extension WorkspaceCatalog {
    /// What documents are for where nobody has said.
    public static let standardPurpose = "assistants"

    /// Documents that belong to no chat with what they are for, in the order in which they came.
    ///
    /// - Parameter purpose: Only those for this.
    public func files(_ page: ListedPage, purpose: String?) async throws -> [(
        document: DocumentRecord, purpose: String
    )] {
        let order = page.order
        let place = "(SELECT p.created_at, p.id FROM documents p WHERE p.workspace_id = $1 AND p.id ="
        let rows = try await query(
            """
            SELECT \(DocumentRecord.columns), coalesce(u.purpose, '\(Self.standardPurpose)') AS purpose
            FROM documents d LEFT JOIN file_purposes u ON u.document_id = d.id
            WHERE d.workspace_id = $1 AND NOT d.deleting AND d.chat_id IS NULL
                AND \(Self.isDocumentSeen("d", by: "$2", reader: "$3"))
                AND ($4::text IS NULL OR coalesce(u.purpose, '\(Self.standardPurpose)') = $4)
                AND ($5::uuid IS NULL OR (d.created_at, d.id) \(order.after) \(place) $5::uuid))
            ORDER BY d.created_at \(order.direction), d.id \(order.direction) LIMIT \(page.limit)
            """, [workspace, person, reader, purpose, page.after])
        return try rows.map { (try DocumentRecord($0), try $0.string("purpose")) }
    }

    /// What a document is for.
    public func purpose(of document: String) async throws -> String {
        guard UUIDv7.isValid(document) else { return Self.standardPurpose }
        let rows = try await query("SELECT purpose FROM file_purposes WHERE document_id = $1", [document])
        return try rows.first?.string("purpose") ?? Self.standardPurpose
    }

    /// Says what a document is for that has just come.
    public func setPurpose(_ purpose: String, of document: String) async throws {
        try await query(
            """
            INSERT INTO file_purposes (document_id, purpose)
            SELECT id, $3 FROM documents WHERE workspace_id = $1 AND id = $2::uuid ON CONFLICT DO NOTHING
            """, [workspace, document, purpose])
    }
}
