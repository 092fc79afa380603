public import JSONCoding
import Postgres

extension CatalogDatabase {
    /// The rows of all workspaces at one moment, each as a JSON object of its columns.
    public struct Snapshot: Sendable {
        /// Version of the schema.
        public let schema: Int
        /// Rows by the names of their tables, in the order in which they can be inserted.
        public let tables: [(name: String, rows: [JSONValue])]

        /// The rows of a table.
        public func rows(of table: String) -> [JSONValue] { tables.first { $0.name == table }?.rows ?? [] }
    }

    /// The tables of a snapshot, what they refer to before them, with the rows that belong in it and their order. What is
    /// being deleted is left out; so is what is made anew, and what lasts for a moment alone.
    private static let kept: [(table: String, rows: String)] = [
        ("workspaces", "true ORDER BY id"),
        ("people", "true ORDER BY id"),
        ("identities", "true ORDER BY issuer, subject"),
        ("members", "true ORDER BY workspace_id, person_id"),
        ("api_keys", "true ORDER BY id"),
        ("quotas", "true ORDER BY workspace_id, person_id, key_id, of_members, metric"),
        ("quota_usage", "true ORDER BY workspace_id, person_id, key_id, day"),
        ("chats", "NOT deleting ORDER BY id"),
        ("documents", "NOT deleting AND (t.chat_id IS NULL OR \(ofChats)) ORDER BY id"),
        ("shares", "\(ofChats) AND t.expires_at > now() ORDER BY id"),
        ("file_purposes", "\(ofDocuments)"),
        ("vector_stores", "true ORDER BY id"),
        ("vector_store_files", "\(ofDocuments) ORDER BY store_id, document_id"),
        ("vector_store_batches", "true ORDER BY id"),
        ("conversations", "\(ofChats) ORDER BY chat_id"),
        ("conversation_items", "\(ofChats) ORDER BY chat_id, id"),
        ("responses", "(t.chat_id IS NULL OR \(ofChats)) AND t.status NOT IN ('queued', 'in_progress') ORDER BY id"),
        ("document_readers", "EXISTS (SELECT FROM documents d WHERE d.id = t.document_id AND NOT d.deleting)"),
        ("usage_days", "true ORDER BY workspace_id, day, model"),
        ("experiments", "true ORDER BY id"),
        ("feedback", "\(ofChats) ORDER BY chat_id, answer_id"),
        ("splits", "true ORDER BY id"),
        ("split_answers", "\(ofChats) ORDER BY split_id, answer_id"),
        ("audit_anchor", "true"),
        ("audit", "true ORDER BY number"),
    ]

    private static let ofChats = "EXISTS (SELECT FROM chats c WHERE c.id = t.chat_id AND NOT c.deleting)"

    private static let ofDocuments =
        "EXISTS (SELECT FROM documents d WHERE d.id = t.document_id AND NOT d.deleting AND (d.chat_id IS NULL OR "
        + "EXISTS (SELECT FROM chats c WHERE c.id = d.chat_id AND NOT c.deleting)))"

    /// Reads the rows of one moment.
    public func snapshot() async throws -> Snapshot {
        try await prepare()
        return try await database.transaction { connection in
            try connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try connection.execute("SET LOCAL statement_timeout = '300s'")
            let version = try connection.query("SELECT max(version) AS version FROM schema_migrations").first
            return Snapshot(
                schema: try version?.int("version") ?? 0,
                tables: try Self.kept.map { table, rows in
                    let found = try connection.query("SELECT row_to_json(t)::text AS row FROM \(table) t WHERE \(rows)")
                    return (table, try found.map { try JSONParser.parse(try $0.string("row")) })
                })
        }
    }

    /// How much there is in all workspaces, what is being deleted included, and how many people have an account.
    public func size() async throws -> (chats: Int, documents: Int, people: Int) {
        let row = try await database.query(
            """
            SELECT (SELECT count(*) FROM chats) AS chats, (SELECT count(*) FROM documents) AS documents,
                to_regclass('people') IS NOT NULL AS has_people
            """
        ).first
        // A schema from before there were people may be here.
        let hasPeople = try row?.bool("has_people") ?? false
        let people = hasPeople ? try await database.query("SELECT count(*) AS people FROM people").first : nil
        return (try row?.int("chats") ?? 0, try row?.int("documents") ?? 0, try people?.int("people") ?? 0)
    }

    /// Inserts rows that `snapshot` has read, all or none.
    ///
    /// - Parameter embedsAnew: Whether documents that were ready go back into the queue.
    /// - Returns: What is to be ingested.
    public func restore(_ tables: JSONValue, embedsAnew: Bool) async throws -> [IngestMessage] {
        try await database.transaction { connection in
            try connection.execute("SET LOCAL statement_timeout = '300s'")
            // What was tried before anybody signed up is no part of the chain that comes.
            if try !connection.query("SELECT WHERE to_regclass('audit') IS NOT NULL").isEmpty {
                try connection.query("SET LOCAL apus.retention = 'on'")
                try connection.query("DELETE FROM audit")
                try connection.query("DELETE FROM audit_anchor")
            }
            // A new schema has the first workspace; as it was, it is in the backup.
            if tables["workspaces"]?.array?.isEmpty == false { try connection.query("DELETE FROM workspaces") }
            for (table, _) in Self.kept {
                for row in tables[table]?.array ?? [] {
                    // Rows of a schema that has no such table are not there either.
                    try connection.query(
                        """
                        INSERT INTO \(table) SELECT * FROM json_populate_record(NULL::\(table), $1::json)
                        ON CONFLICT DO NOTHING
                        """, [row.text])
                }
            }
            let condition = embedsAnew ? "status <> 'failed'" : "status NOT IN ('ready', 'failed')"
            return try connection.query(
                """
                UPDATE documents SET status = 'queued', updated_at = now() WHERE NOT deleting AND \(condition)
                RETURNING id, workspace_id
                """
            ).map { IngestMessage(documentId: try $0.string("id"), workspace: try $0.string("workspace_id")) }
        }
    }
}
