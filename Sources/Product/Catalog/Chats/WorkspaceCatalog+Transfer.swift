import HTTPMessages
import Postgres
public import Problems

/// Somebody took a chat that is being imported for one whose deletion was cut off.
public struct ImportInterrupted: ProblemConvertible {
    public var problem: Problem {
        Problem(.serviceUnavailable, "A chat took too long to be imported and was given up. Please try again.")
    }
}

extension WorkspaceCatalog {
    /// Chats in the order of their ids, which does not change while they are used.
    ///
    /// - Parameter id: The last chat of the page before.
    public func chats(after id: String?, limit: Int) async throws -> [ChatRecord] {
        let rows = try await query(
            """
            SELECT \(ChatRecord.columns) FROM chats
            WHERE workspace_id = $1 AND NOT deleting AND \(Self.isSeen("chats", by: "$3"))
                AND ($2::uuid IS NULL OR id > $2::uuid) ORDER BY id LIMIT \(limit)
            """,
            [workspace, id, person])
        return try rows.map(ChatRecord.init)
    }

    /// Makes a chat that nobody sees: to everybody else it is being deleted.
    ///
    /// - Returns: A mark that tells whether it has been left alone since.
    /// - Throws: `WorkspaceFull`.
    public func beginImport(_ id: String, name: String, preset: String?) async throws -> String {
        let rows = try await query(
            """
            WITH \(Self.presentPerson("$6"))
            INSERT INTO chats (id, workspace_id, name, preset, name_terms, named_by_user, deleting, person_id)
            SELECT $1::uuid, $2, $3, $4, $5::tsvector, true, true, $6::uuid
            WHERE \(Self.hasRoom("chats", limits.chats, workspace: "$2")) AND \(Self.isPersonPresent("$6"))
            RETURNING updated_at::text AS mark
            """,
            [id, workspace, name, preset, TermVector(name, weight: .name).text, person])
        guard let row = rows.first else {
            try await requirePerson()
            try await requireRoom("chats", limits.chats)
            throw PostgresError.contention
        }
        return try row.string("mark")
    }

    /// Says that the chat is still being imported.
    ///
    /// - Returns: The new mark.
    public func continueImport(_ id: String, _ mark: String) async throws -> String {
        let rows = try await query(
            """
            UPDATE chats SET updated_at = clock_timestamp()
            WHERE workspace_id = $1 AND id = $2 AND deleting AND updated_at = $3::timestamptz
            RETURNING updated_at::text AS mark
            """,
            [workspace, id, mark])
        guard let row = rows.first else { throw ImportInterrupted() }
        return try row.string("mark")
    }

    /// Lets the chat be seen.
    ///
    /// - Parameter chosen: The message that the chosen path leads through, where messages have versions.
    public func finishImport(
        _ id: String, _ mark: String, messages: Int, createdAt: String, updatedAt: String, chosen: String? = nil
    ) async throws {
        let rows = try await query(
            """
            UPDATE chats SET deleting = false, messages = \(messages), created_at = $4::timestamptz,
                updated_at = $5::timestamptz, chosen = $6::uuid
            WHERE workspace_id = $1 AND id = $2 AND deleting AND updated_at = $3::timestamptz RETURNING id
            """,
            [workspace, id, mark, createdAt, updatedAt, chosen])
        if rows.isEmpty { throw ImportInterrupted() }
    }
}
