import Digests
public import JSONCoding
import Postgres

extension WorkspaceCatalog {
    /// What is counted of a store `s`: documents that whoever asks sees.
    private static func held(by person: String, reader: String) -> String {
        """
        LATERAL (SELECT count(*) FILTER (WHERE d.status = 'ready') AS completed,
            count(*) FILTER (WHERE d.status = 'failed') AS failed,
            count(*) FILTER (WHERE d.status NOT IN ('ready', 'failed')) AS in_progress,
            coalesce(sum(d.bytes), 0)::bigint AS bytes
            FROM vector_store_files f JOIN documents d ON d.id = f.document_id
            WHERE f.store_id = s.id AND NOT d.deleting
                AND \(isDocumentSeen("d", by: person, reader: reader))) held
        """
    }

    /// Makes a store that has no documents yet.
    ///
    /// - Throws: `WorkspaceFull`.
    public func addVectorStore(_ id: String, name: String, description: String?, metadata: JSONValue) async throws {
        let rows = try await query(
            """
            INSERT INTO vector_stores (id, workspace_id, name, description, metadata)
            SELECT $1::uuid, $2, $3, $4, $5 WHERE \(Self.hasRoom("vector_stores", limits.vectorStores, workspace: "$2"))
            RETURNING id
            """, [id, workspace, name, description, metadata.text])
        if rows.isEmpty { try await requireRoom("vector_stores", limits.vectorStores) }
    }

    /// A store; `nil` when unknown.
    public func vectorStore(_ id: String) async throws -> VectorStoreRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            """
            SELECT \(VectorStoreRecord.columns) FROM vector_stores s, \(Self.held(by: "$3", reader: "$4"))
            WHERE s.workspace_id = $1 AND s.id = $2
            """, [workspace, id, person, reader])
        return try rows.first.map(VectorStoreRecord.init)
    }

    /// Stores in the order of their making.
    public func vectorStores(_ page: ListedPage) async throws -> [VectorStoreRecord] {
        let order = page.order
        let place = "(SELECT p.created_at, p.id FROM vector_stores p WHERE p.workspace_id = $1 AND p.id ="
        let rows = try await query(
            """
            SELECT \(VectorStoreRecord.columns) FROM vector_stores s, \(Self.held(by: "$2", reader: "$3"))
            WHERE s.workspace_id = $1
                AND ($4::uuid IS NULL OR (s.created_at, s.id) \(order.after) \(place) $4::uuid))
                AND ($5::uuid IS NULL OR (s.created_at, s.id) \(order.before) \(place) $5::uuid))
            ORDER BY s.created_at \(order.direction), s.id \(order.direction) LIMIT \(page.limit)
            """, [workspace, person, reader, page.after, page.before])
        return page.ordered(try rows.map(VectorStoreRecord.init))
    }

    /// Changes what is said about a store; what is `nil` stays. Returns whether there is one.
    public func changeVectorStore(_ id: String, name: String?, metadata: JSONValue?) async throws -> Bool {
        guard UUIDv7.isValid(id) else { return false }
        return try await !query(
            """
            UPDATE vector_stores SET name = coalesce($3, name), metadata = coalesce($4, metadata), last_active_at = now()
            WHERE workspace_id = $1 AND id = $2 RETURNING id
            """, [workspace, id, name, metadata?.text]
        ).isEmpty
    }

    /// Removes a store; its documents stay. Returns whether there was one.
    public func removeVectorStore(_ id: String) async throws -> Bool {
        guard UUIDv7.isValid(id) else { return false }
        return try await !query(
            "DELETE FROM vector_stores WHERE workspace_id = $1 AND id = $2 RETURNING id", [workspace, id]
        ).isEmpty
    }

    /// The documents of some stores that can be searched, with their attributes by store; those of chats are not among them. A file
    /// means the document whatever its version: the current one is searched.
    ///
    /// - Returns: `nil` when one of the stores is not there.
    public func vectorStoreScope(_ stores: [String]) async throws -> [(document: String, attributes: JSONValue)]? {
        guard stores.allSatisfy(UUIDv7.isValid) else { return nil }
        let list = PostgresArray.text(Set(stores))
        let known = try await query(
            """
            UPDATE vector_stores SET last_active_at = now() WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) RETURNING id
            """, [workspace, list])
        guard known.count == Set(stores).count else { return nil }
        let rows = try await query(
            """
            SELECT DISTINCT ON (d.id) d.id AS document_id, f.attributes FROM vector_store_files f
                JOIN documents named ON named.id = f.document_id AND named.workspace_id = $1
                JOIN documents d ON d.workspace_id = $1 AND \(Self.family("d")) = \(Self.family("named"))
            WHERE f.workspace_id = $1 AND f.store_id = ANY ($2::uuid[]) AND d.status = 'ready' AND d.superseded_at IS NULL
                AND NOT d.deleting AND d.chat_id IS NULL AND \(Self.isReader("$3", of: "d"))
            ORDER BY d.id LIMIT \(limits.documents)
            """, [workspace, list, reader])
        return try rows.map { (try $0.string("document_id"), try JSONParser.parse(try $0.string("attributes"))) }
    }
}
