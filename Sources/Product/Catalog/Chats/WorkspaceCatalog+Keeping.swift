import Digests
import Postgres

extension WorkspaceCatalog {
    /// Folders that somebody's chats are in.
    public static let mostFolders = 1000

    /// Changes what is said about a chat, all at once; its place among the others stays.
    ///
    /// - Returns: The chat; `nil` when unknown.
    /// - Throws: `TooManyFolders`.
    public func changeChat(_ id: String, _ changes: ChatChanges) async throws -> ChatRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        var (folder, setsFolder): (String?, Bool) = (nil, false)
        if let wanted = changes.folder {
            setsFolder = true
            if case .named(let name) = wanted { folder = name }
        }
        let values = [
            workspace, id, person, changes.name, changes.name.map { TermVector($0, weight: .name).text },
            changes.isPinned.map { String($0) }, String(setsFolder), folder, changes.isArchived.map { String($0) },
            changes.isSeen.map { String($0) },
        ]
        let rows = try await query(
            """
            UPDATE chats SET name = coalesce($4, name), name_terms = coalesce($5::tsvector, name_terms),
                named_by_user = named_by_user OR $4::text IS NOT NULL, pinned = coalesce($6::boolean, pinned),
                folder = CASE WHEN $7::boolean THEN $8 ELSE folder END, archived = coalesce($9::boolean, archived),
                unseen = coalesce(NOT $10::boolean, unseen)
            WHERE workspace_id = $1 AND id = $2 AND NOT deleting AND \(Self.isSeen("chats", by: "$3"))
                AND ($8::text IS NULL OR \(Self.hasFolder("$8")) OR \(Self.hasRoomForFolder))
            RETURNING \(ChatRecord.columns)
            """, values)
        if let row = rows.first { return try ChatRecord(row) }
        if folder != nil, try await chat(id) != nil { throw TooManyFolders() }
        return nil
    }

    private static func hasFolder(_ name: String) -> String {
        """
        EXISTS (SELECT FROM chats f WHERE f.workspace_id = $1 AND f.folder = \(name) AND NOT f.deleting
            AND \(isSeen("f", by: "$3")))
        """
    }

    /// Callers side by side may pass the limit by their number.
    private static let hasRoomForFolder = """
        (SELECT count(DISTINCT f.folder) < \(mostFolders) FROM chats f WHERE f.workspace_id = $1 AND f.folder IS NOT NULL
            AND NOT f.deleting AND \(isSeen("f", by: "$3")))
        """

    /// The folders that somebody's chats are in, by name, and how many are in each that are not archived.
    public func folders() async throws -> [(name: String, chats: Int)] {
        try await query(
            """
            SELECT folder, count(*) FILTER (WHERE NOT archived) AS chats FROM chats
            WHERE workspace_id = $1 AND folder IS NOT NULL AND NOT deleting AND \(Self.isSeen("chats", by: "$2"))
            GROUP BY folder ORDER BY lower(folder), folder LIMIT \(Self.mostFolders)
            """, [workspace, person]
        ).map { row throws(PostgresError) in (try row.string("folder"), try row.int("chats")) }
    }
}
