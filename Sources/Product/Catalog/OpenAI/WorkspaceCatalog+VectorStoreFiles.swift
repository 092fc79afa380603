import Digests
public import JSONCoding
import Postgres

extension WorkspaceCatalog {
    /// Those of some documents that whoever asks can add to a store.
    public func documentsForStores(_ documents: [String]) async throws -> Set<String> {
        let known = documents.filter(UUIDv7.isValid)
        guard !known.isEmpty else { return [] }
        let rows = try await query(
            """
            SELECT d.id FROM documents d
            WHERE d.workspace_id = $1 AND d.id = ANY ($2::uuid[]) AND NOT d.deleting AND d.chat_id IS NULL
                AND \(Self.isDocumentSeen("d", by: "$3", reader: "$4"))
            """, [workspace, PostgresArray.text(known), person, reader])
        return Set(try rows.map { row throws(PostgresError) in try row.string("id") })
    }

    /// Adds documents to a store; one that is in it already gets the attributes.
    ///
    /// - Parameter files: Ids, each once, and attributes.
    /// - Returns: Those that were added: not ones that are not there, are a chat's, or are not seen by whoever asks.
    public func addVectorStoreFiles(_ files: [(document: String, attributes: JSONValue)], to store: String) async throws
        -> Set<String>
    {
        let known = files.filter { UUIDv7.isValid($0.document) }
        guard UUIDv7.isValid(store), !known.isEmpty else { return [] }
        let list = known.map { file -> JSONValue in
            ["id": .string(file.document), "attributes": .string(file.attributes.text)]
        }
        let rows = try await query(
            """
            WITH store AS (UPDATE vector_stores SET last_active_at = now() WHERE workspace_id = $1 AND id = $2 RETURNING id)
            INSERT INTO vector_store_files (workspace_id, store_id, document_id, attributes)
            SELECT $1, store.id, d.id, t.attributes
            FROM store, json_to_recordset($3::json) AS t (id uuid, attributes text)
                JOIN documents d ON d.id = t.id AND d.workspace_id = $1
            WHERE NOT d.deleting AND d.chat_id IS NULL AND \(Self.isDocumentSeen("d", by: "$4", reader: "$5"))
            ON CONFLICT (store_id, document_id) DO UPDATE SET attributes = excluded.attributes
            RETURNING document_id
            """, [workspace, store, JSONValue.array(list).text, person, reader])
        return Set(try rows.map { row throws(PostgresError) in try row.string("document_id") })
    }

    /// A document of a store; `nil` when it is not in it.
    public func vectorStoreFile(_ document: String, of store: String) async throws -> VectorStoreFileRecord? {
        guard UUIDv7.isValid(document), UUIDv7.isValid(store) else { return nil }
        let rows = try await query(
            """
            SELECT \(VectorStoreFileRecord.columns) FROM vector_store_files f JOIN documents d ON d.id = f.document_id
            WHERE f.workspace_id = $1 AND f.store_id = $2 AND f.document_id = $3 AND NOT d.deleting
                AND \(Self.isDocumentSeen("d", by: "$4", reader: "$5"))
            """, [workspace, store, document, person, reader])
        return try rows.first.map(VectorStoreFileRecord.init)
    }

    /// Documents of a store, in the order in which they were added.
    ///
    /// - Parameters:
    ///   - statuses: Only those; `nil` for all.
    ///   - batch: Only those that were added together under this id.
    public func vectorStoreFiles(
        of store: String, _ page: ListedPage, statuses: [DocumentRecord.Status]? = nil, batch: String? = nil
    ) async throws -> [VectorStoreFileRecord] {
        let order = page.order
        let place =
            "(SELECT p.created_at, p.document_id FROM vector_store_files p WHERE p.store_id = $2 AND p.document_id ="
        let rows = try await query(
            """
            SELECT \(VectorStoreFileRecord.columns) FROM vector_store_files f JOIN documents d ON d.id = f.document_id
            WHERE f.workspace_id = $1 AND f.store_id = $2 AND NOT d.deleting
                AND \(Self.isDocumentSeen("d", by: "$3", reader: "$4"))
                AND ($5::text[] IS NULL OR d.status = ANY ($5::text[]))
                AND ($6::uuid IS NULL OR f.document_id = ANY (
                    SELECT unnest(b.document_ids) FROM vector_store_batches b
                    WHERE b.workspace_id = $1 AND b.store_id = $2 AND b.id = $6::uuid))
                AND ($7::uuid IS NULL OR (f.created_at, f.document_id) \(order.after) \(place) $7::uuid))
                AND ($8::uuid IS NULL OR (f.created_at, f.document_id) \(order.before) \(place) $8::uuid))
            ORDER BY f.created_at \(order.direction), f.document_id \(order.direction) LIMIT \(page.limit)
            """,
            [
                workspace, store, person, reader, statuses.map { PostgresArray.text($0.map(\.rawValue)) }, batch,
                page.after, page.before,
            ])
        return page.ordered(try rows.map(VectorStoreFileRecord.init))
    }

    /// Takes a document out of a store. Returns whether it was in it.
    public func removeVectorStoreFile(_ document: String, of store: String) async throws -> Bool {
        guard try await vectorStoreFile(document, of: store) != nil else { return false }
        return try await !query(
            """
            DELETE FROM vector_store_files WHERE workspace_id = $1 AND store_id = $2 AND document_id = $3
            RETURNING document_id
            """, [workspace, store, document]
        ).isEmpty
    }

    /// Notes which documents were added together.
    public func addVectorStoreBatch(_ id: String, of store: String, documents: [String]) async throws {
        try await query(
            """
            INSERT INTO vector_store_batches (id, workspace_id, store_id, document_ids)
            VALUES ($1::uuid, $2, $3::uuid, $4::uuid[])
            """, [id, workspace, store, PostgresArray.text(documents)])
    }

    /// What was added together, as far as it is still in the store; `nil` when unknown.
    public func vectorStoreBatch(_ id: String, of store: String) async throws -> VectorStoreBatchRecord? {
        guard UUIDv7.isValid(id), UUIDv7.isValid(store) else { return nil }
        let rows = try await query(
            """
            SELECT \(SQLTime.column("b.created_at", as: "created_at")), d.status
            FROM vector_store_batches b
                LEFT JOIN vector_store_files f ON f.store_id = b.store_id AND f.document_id = ANY (b.document_ids)
                LEFT JOIN documents d ON d.id = f.document_id AND NOT d.deleting
                    AND \(Self.isDocumentSeen("d", by: "$4", reader: "$5"))
            WHERE b.workspace_id = $1 AND b.store_id = $2 AND b.id = $3
            """, [workspace, store, id, person, reader])
        guard let first = rows.first else { return nil }
        let statuses = try rows.compactMap { row throws(PostgresError) in try row.optional("status") }
        return VectorStoreBatchRecord(
            id: id, store: store, createdAt: try first.string("created_at"),
            counts: VectorStoreRecord.Counts(statuses.compactMap(DocumentRecord.Status.init)))
    }
}
