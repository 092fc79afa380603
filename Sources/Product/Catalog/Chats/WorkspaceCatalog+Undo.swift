import Digests
import Postgres

extension WorkspaceCatalog {
    /// Seconds in which a deletion can be undone.
    public static let undoSeconds = 30

    /// A condition on rows of chats: whether what belongs to a chat may be written. Of one whose deletion can be undone it may: it
    /// is seen by nobody, and has to be whole.
    static func isWhole(_ chats: String) -> String { "(NOT \(chats).deleting OR \(chats).undo_until IS NOT NULL)" }

    /// Deletes a chat for now: nobody sees it from this moment, nothing of it has gone, and answers that are being written in it
    /// are stopped. When the time is over it is removed like one whose deletion was cut off.
    ///
    /// - Returns: Until when that can be undone; `nil` when there is no such chat.
    public func hideChat(_ id: String) async throws -> String? {
        guard UUIDv7.isValid(id) else { return nil }
        return try await query(
            """
            WITH hidden AS (
                UPDATE chats SET deleting = true, undo_until = now() + interval '\(Self.undoSeconds) seconds'
                WHERE workspace_id = $1 AND id = $2 AND NOT deleting AND \(Self.isSeen("chats", by: "$3"))
                RETURNING workspace_id, id, undo_until),
            stopped AS (
                UPDATE answers a SET stop_wanted = true FROM hidden
                WHERE a.workspace_id = hidden.workspace_id AND a.chat_id = hidden.id AND a.finish_reason IS NULL),
            -- What is remembered may quote a document of the chat.
            forgotten AS (DELETE FROM answer_cache WHERE workspace_id IN (SELECT workspace_id FROM hidden))
            SELECT \(SQLTime.column("undo_until")) FROM hidden
            """, [workspace, id, person]
        ).first?.string("undo_until")
    }

    /// Undoes a deletion in time.
    ///
    /// - Returns: The chat as it was; `nil` when there is none that can be restored.
    public func restoreChat(_ id: String) async throws -> ChatRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        return try await query(
            """
            UPDATE chats SET deleting = false, undo_until = NULL
            WHERE workspace_id = $1 AND id = $2 AND deleting AND undo_until > now() AND \(Self.isSeen("chats", by: "$3"))
            RETURNING \(ChatRecord.columns)
            """, [workspace, id, person]
        ).first.map(ChatRecord.init)
    }
}
