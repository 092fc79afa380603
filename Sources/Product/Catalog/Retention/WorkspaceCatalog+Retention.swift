import Postgres
import Telemetry

extension WorkspaceCatalog {
    /// Most that one round removes; the next one goes on.
    public static let mostPastRetention = 500

    /// Chats in which nothing was said for longer than the workspace keeps them, the oldest first.
    public func chatsPastRetention() async throws -> [String] {
        try await pastRetention(
            """
            SELECT t.id FROM chats t JOIN workspaces w ON w.id = t.workspace_id
            WHERE t.workspace_id = $1 AND NOT t.deleting AND t.updated_at < now() - make_interval(days => w.keep_chats_days)
            ORDER BY t.updated_at, t.id
            """)
    }

    /// Documents, of no chat, that were uploaded longer ago than the workspace keeps them, the oldest first.
    public func documentsPastRetention() async throws -> [String] {
        try await pastRetention(
            """
            SELECT t.id FROM documents t JOIN workspaces w ON w.id = t.workspace_id
            WHERE t.workspace_id = $1 AND NOT t.deleting AND t.chat_id IS NULL
                AND t.created_at < now() - make_interval(days => w.keep_documents_days)
            ORDER BY t.created_at, t.id
            """)
    }

    private func pastRetention(_ statement: String) async throws -> [String] {
        let rows = try await query(statement + " LIMIT \(Self.mostPastRetention)", [workspace])
        return try rows.map { row throws(PostgresError) in try row.string("id") }
    }

    /// What is written down of a round that has removed something: how much, never what.
    public func retentionEvent(_ what: String, _ count: Int) -> AuditEntry.Event {
        AuditEntry.Event(
            at: Timestamp.now(), workspace: workspace, person: nil, credential: nil, action: "retention",
            object: "\(what)=\(count)", status: 200, address: nil, requestId: "")
    }
}
