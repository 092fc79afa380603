public import JSONCoding
import Postgres

extension CatalogDatabase {
    /// The workspace's rows at one moment, each as a JSON object of its columns.
    public struct Snapshot: Sendable {
        /// Version of the schema.
        public let schema: Int
        public let workspaces: [JSONValue]
        public let chats: [JSONValue]
        public let documents: [JSONValue]
        public let usage: [JSONValue]
        public let experiments: [JSONValue]
        public let feedback: [JSONValue]
        public let splits: [JSONValue]
        public let splitAnswers: [JSONValue]
    }

    /// Reads the rows of one moment; what is being deleted is left out.
    public func snapshot() async throws -> Snapshot {
        try await prepare()
        let workspace = workspace
        return try await database.transaction { connection in
            try connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try connection.execute("SET LOCAL statement_timeout = '300s'")
            let version = try connection.query("SELECT max(version) AS version FROM schema_migrations").first
            return Snapshot(
                schema: try version?.int("version") ?? 0,
                workspaces: try Self.rows("workspaces", "id = $1", workspace, connection),
                chats: try Self.rows("chats", "workspace_id = $1 AND NOT deleting ORDER BY id", workspace, connection),
                documents: try Self.rows(
                    "documents", "workspace_id = $1 AND NOT deleting ORDER BY id", workspace, connection),
                usage: try Self.rows("usage_days", "workspace_id = $1 ORDER BY day, model", workspace, connection),
                experiments: try Self.rows("experiments", "workspace_id = $1 ORDER BY id", workspace, connection),
                feedback: try Self.rows(
                    "feedback", "\(Self.ofChats) ORDER BY chat_id, answer_id", workspace, connection),
                splits: try Self.rows("splits", "workspace_id = $1 ORDER BY id", workspace, connection),
                splitAnswers: try Self.rows(
                    "split_answers", "\(Self.ofChats) ORDER BY split_id, answer_id", workspace, connection))
        }
    }

    private static let ofChats =
        "EXISTS (SELECT FROM chats c WHERE c.workspace_id = $1 AND c.id = t.chat_id AND NOT c.deleting)"

    private static func rows(
        _ table: String, _ condition: String, _ workspace: String, _ connection: isolated PostgresConnection
    ) throws -> [JSONValue] {
        try connection.query("SELECT row_to_json(t)::text AS row FROM \(table) t WHERE \(condition)", [workspace])
            .map { try JSONParser.parse(try $0.string("row")) }
    }

    /// How many chats and documents the workspace has, those being deleted included.
    public func size() async throws -> (chats: Int, documents: Int) {
        let row = try await database.query(
            """
            SELECT (SELECT count(*) FROM chats WHERE workspace_id = $1) AS chats,
                (SELECT count(*) FROM documents WHERE workspace_id = $1) AS documents
            """, [workspace])
        return (try row.first?.int("chats") ?? 0, try row.first?.int("documents") ?? 0)
    }

    /// Inserts rows that `snapshot` has read, all or none.
    ///
    /// - Parameter embedsAnew: Whether documents that were ready go back into the queue.
    /// - Returns: Ids of the documents that are to be ingested.
    public func restore(_ tables: JSONValue, embedsAnew: Bool) async throws -> [String] {
        try await database.transaction { connection in
            try connection.execute("SET LOCAL statement_timeout = '300s'")
            let names = [
                "workspaces", "chats", "documents", "usage_days", "experiments", "feedback", "splits", "split_answers",
            ]
            for table in names {
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
                RETURNING id
                """
            ).map { try $0.string("id") }
        }
    }
}
