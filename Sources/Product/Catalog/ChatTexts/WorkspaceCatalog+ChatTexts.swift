import Digests
import JSONCoding
import Postgres

extension WorkspaceCatalog {
    /// A common table expression `chat` with the row of chat $2 while it is there and is not being deleted. It cannot be removed
    /// until the statement has ended, so no text comes after its chat's deletion.
    static let presentChat = """
        chat AS (
            SELECT id, workspace_id FROM chats WHERE workspace_id = $1 AND id = $2 AND \(isWhole("chats")) FOR KEY SHARE)
        """

    /// Inserts the texts of $3 where there is a `chat`.
    ///
    /// - Parameter replaces: Whether a text that is there gives way.
    static func insertingTexts(replaces: Bool) -> String {
        """
        INSERT INTO chat_texts (chat_id, id, workspace_id, role, created_at, text, terms)
        SELECT chat.id, t.id, chat.workspace_id, t.role, t.created_at, t.text, t.terms
        FROM chat, json_to_recordset($3::json)
            AS t (id uuid, role text, created_at timestamptz, text text, terms tsvector)
        ON CONFLICT (chat_id, id) DO \(replaces
            ? "UPDATE SET created_at = excluded.created_at, text = excluded.text, terms = excluded.terms" : "NOTHING")
        """
    }

    /// Copies messages of a chat, so that they can be found; those that are copied already stay.
    ///
    /// - Returns: Whether the chat is still there.
    @discardableResult
    public func keepTexts(_ texts: [ChatText], of chat: String) async throws -> Bool {
        guard UUIDv7.isValid(chat) else { return false }
        return try await !query(
            """
            WITH \(Self.presentChat), copy AS (\(Self.insertingTexts(replaces: false))) SELECT id FROM chat
            """,
            [workspace, chat, JSONValue.array(texts.map(\.row)).text]
        ).isEmpty
    }

    /// Those of the messages that have no copy.
    public func idsWithoutText(_ ids: [String], in chat: String) async throws -> Set<String> {
        let known = ids.filter(UUIDv7.isValid)
        guard UUIDv7.isValid(chat), !known.isEmpty else { return [] }
        let rows = try await query(
            """
            SELECT id FROM unnest($3::uuid[]) AS id
            EXCEPT SELECT id FROM chat_texts WHERE workspace_id = $1 AND chat_id = $2
            """,
            [workspace, chat, PostgresArray.text(known)])
        return Set(try rows.map { row throws(PostgresError) in try row.string("id") })
    }

    /// How many messages of a chat are copied.
    public func countTexts(in chat: String) async throws -> Int {
        guard UUIDv7.isValid(chat) else { return 0 }
        return try await query(
            "SELECT count(*) AS count FROM chat_texts WHERE workspace_id = $1 AND chat_id = $2", [workspace, chat]
        ).first?.int("count") ?? 0
    }

    /// Chats whose messages are still to be copied: those from before there were copies, and those of a backup. The last used first.
    public func chatsWithoutTexts(limit: Int) async throws -> [(id: String, name: String)] {
        let rows = try await query(
            """
            SELECT id, name FROM chats WHERE workspace_id = $1 AND NOT texts_kept AND NOT deleting
            ORDER BY updated_at DESC LIMIT \(limit)
            """,
            [workspace])
        return try rows.map { row throws(PostgresError) in (try row.string("id"), try row.string("name")) }
    }

    /// Notes that all messages of a chat are copied, and enters its name.
    public func setTextsKept(_ id: String, name: String) async throws {
        try await query(
            """
            UPDATE chats SET texts_kept = true, name_terms = CASE WHEN name = $3 THEN $4::tsvector ELSE name_terms END
            WHERE workspace_id = $1 AND id = $2
            """,
            [workspace, id, name, TermVector(name, weight: .name).text])
    }

    /// Messages and names of chats that have what is looked for, the best first, the newest of equals. Of very many matches,
    /// the newest compete: `mostRanked` messages, or `enough` of a word that is common, and `enough` names.
    ///
    /// What many messages have is found among the newest ones, read in their order; only what few have is looked up in the
    /// index, which gives all matches in no order.
    ///
    /// - Parameter place: Where the page before ended.
    public func search(_ query: ChatQuery, limit: Int, after place: ChatHit.Place?) async throws -> [ChatHit] {
        let rows = try await self.query(
            """
            WITH latest AS MATERIALIZED (
                SELECT chat_id, id, role, created_at, terms FROM (
                    SELECT chat_id, id, role, created_at, terms FROM chat_texts
                    WHERE workspace_id = $1 AND \(Self.isTextSeen)
                    ORDER BY created_at DESC LIMIT \(Self.mostScanned)) t
                WHERE terms @@ $2::tsquery LIMIT \(Self.enough)),
            indexed AS MATERIALIZED (
                SELECT chat_id, id, role, created_at, terms FROM chat_texts
                WHERE (SELECT count(*) FROM latest) < \(Self.enough) AND workspace_id = $1 AND terms @@ $2::tsquery
                    AND \(Self.isTextSeen)
                -- A sum, so that the index of times is no alternative to that of terms.
                ORDER BY created_at + interval '0' DESC LIMIT \(Self.mostRanked)),
            named AS MATERIALIZED (
                SELECT id AS chat_id, id, 'name', date_trunc('milliseconds', created_at) AS created_at, name_terms AS terms
                FROM chats WHERE workspace_id = $1 AND name_terms @@ $2::tsquery AND NOT deleting
                    AND \(Self.isSeen("chats", by: "$7"))
                ORDER BY created_at DESC LIMIT \(Self.enough)),
            found AS (
                SELECT * FROM latest WHERE (SELECT count(*) FROM latest) = \(Self.enough)
                UNION ALL SELECT * FROM indexed
                UNION ALL SELECT * FROM named),
            ranked AS (
                SELECT f.chat_id, f.id, f.role, f.created_at, c.name,
                    ts_rank_cd('{0.5, 0.5, 0.7, 1}', f.terms, $2::tsquery, 1) AS rank
                FROM found f JOIN chats c ON c.id = f.chat_id AND NOT c.deleting),
            shown AS (
                SELECT * FROM ranked
                WHERE $3::real IS NULL OR (rank, created_at, id, chat_id) < ($3::real, $4::timestamptz, $5::uuid, $6::uuid)
                ORDER BY rank DESC, created_at DESC, id DESC, chat_id DESC LIMIT \(limit))
            SELECT s.chat_id, s.id, s.role, s.name, s.rank::text AS rank, coalesce(t.text, s.name) AS text,
                \(SQLTime.column("s.created_at", as: "created_at"))
            FROM shown s LEFT JOIN chat_texts t ON t.chat_id = s.chat_id AND t.id = s.id
            ORDER BY s.rank DESC, s.created_at DESC, s.id DESC, s.chat_id DESC
            """,
            [workspace, query.expression, place?.rank, place?.createdAt, place?.id, place?.chatId, person])
        return try rows.map(ChatHit.init)
    }

    /// Whether the person sees the chat of a text.
    private static let isTextSeen = """
        ($7::uuid IS NULL OR EXISTS (
            SELECT FROM chats seen WHERE seen.id = chat_texts.chat_id AND \(isSeen("seen", by: "$7"))))
        """
    /// Matches out of the index whose rank is computed.
    private static let mostRanked = 300
    /// Matches among the newest messages with which a word counts as common.
    private static let enough = 100
    /// Newest messages that are read whether they match or not. What is not common among them has at most one match in twenty
    /// messages, so the index gives few enough of them.
    private static let mostScanned = 2000
}
