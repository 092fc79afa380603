import Digests
import Postgres

extension CatalogMigrations {
    static let chosenPaths = Migration(
        version: 17, name: "which versions of a chat's messages are shown",
        // NULL in chats whose messages have no versions.
        up: "ALTER TABLE chats ADD COLUMN chosen uuid;",
        down: "ALTER TABLE chats DROP COLUMN chosen;")
}

extension WorkspaceCatalog {
    /// Has a chat show the path through one of its messages, and be read as one whose messages have versions from then on.
    /// What was summed up of it is of all paths, and goes.
    ///
    /// - Returns: The chat; `nil` when unknown.
    @discardableResult
    public func choose(_ message: String, in chat: String) async throws -> ChatRecord? {
        guard UUIDv7.isValid(chat), UUIDv7.isValid(message) else { return nil }
        let rows = try await query(
            """
            UPDATE chats SET chosen = $3::uuid, summary = NULL, summarised_until = NULL
            WHERE workspace_id = $1 AND id = $2 AND \(Self.isWhole("chats")) AND \(Self.isSeen("chats", by: "$4"))
            RETURNING \(ChatRecord.columns)
            """,
            [workspace, chat, message, person])
        return try rows.first.map(ChatRecord.init)
    }
}
