import JSONCoding
import Postgres

/// What the process that writes an answer, and whoever takes over from it, does in the database.
extension CatalogDatabase {
    /// Seconds after which a writer that has not been heard of is taken for dead.
    public static let leaseSeconds = 15
    /// Seconds for which a writer whose lease has ended may still show that it lives: where the database did not answer
    /// anybody for a while, every lease has ended when it does, and whoever reads must not be quicker than the writer.
    public static let suspicionSeconds = 4
    static let freshLease = "now() + interval '\(leaseSeconds) seconds'"

    /// Writes what is new of many answers, in one statement.
    ///
    /// - Returns: Holders of those that were written. The others have gone with their chat, or are in other hands.
    public func write(_ portions: [AnswerPortion]) async throws -> Set<String> {
        let rows = try await query(
            """
            WITH batch AS (
                SELECT * FROM json_to_recordset($1::json) AS b (
                    workspace text, chat uuid, answer uuid, holder uuid, last bigint, events text, finish text)
            ), held AS (
                SELECT a.workspace_id, a.chat_id, a.id, a.holder FROM answers a JOIN batch b ON a.holder = b.holder
                WHERE a.finish_reason IS NULL ORDER BY a.workspace_id, a.chat_id, a.id FOR NO KEY UPDATE OF a
            ), written AS (
                INSERT INTO answer_events (workspace_id, chat_id, answer_id, last, events)
                SELECT h.workspace_id, h.chat_id, h.id, b.last, b.events FROM held h JOIN batch b USING (holder)
                WHERE b.last IS NOT NULL
                -- Written before, by a statement of which nobody heard that it was done.
                ON CONFLICT DO NOTHING
            ), ended AS (
                UPDATE answers a SET finish_reason = b.finish, last_event = coalesce(b.last, a.last_event), ended_at = now()
                FROM held h JOIN batch b USING (holder) WHERE a.holder = h.holder AND b.finish IS NOT NULL
            )
            SELECT holder FROM held
            """,
            [JSONValue.array(portions.map(\.row)).text])
        return Set(try rows.map { row throws(PostgresError) in try row.string("holder") })
    }

    /// Shows that a process lives.
    ///
    /// - Parameter holders: Of what it writes.
    public func renewAnswers(_ holders: [String]) async throws {
        try await query(
            """
            UPDATE answers SET lease_until = \(Self.freshLease), suspected_at = NULL
            WHERE finish_reason IS NULL AND holder IN (
                SELECT a.holder FROM answers a WHERE a.holder = ANY ($1::uuid[])
                ORDER BY a.workspace_id, a.chat_id, a.id FOR NO KEY UPDATE)
            """,
            [PostgresArray.text(holders)])
    }

    /// Those of a process's answers that are to go on: neither stopped nor deleted, nor in other hands.
    public func answersInForce(_ holders: [String]) async throws -> Set<String> {
        let rows = try await query(
            """
            SELECT holder FROM answers
            WHERE holder = ANY ($1::uuid[]) AND finish_reason IS NULL AND NOT stop_wanted
            """,
            [PostgresArray.text(holders)])
        return Set(try rows.map { row throws(PostgresError) in try row.string("holder") })
    }

    /// Puts an answer whose writer died into other hands; what that one still writes comes to nothing from then on.
    ///
    /// The first who asks only raises the suspicion; it is done when that has stood for a while.
    ///
    /// - Returns: Whether it is in them: somebody else may have been quicker, and the writer may live.
    public func takeOver(_ answer: AnswerRecord, as holder: String) async throws -> Bool {
        let rows = try await query(
            """
            UPDATE answers SET suspected_at = coalesce(suspected_at, now()),
                holder = CASE WHEN \(Self.isCertain) THEN $5::uuid ELSE holder END,
                lease_until = CASE WHEN \(Self.isCertain) THEN \(Self.freshLease) ELSE lease_until END
            WHERE workspace_id = $1 AND chat_id = $2::uuid AND id = $3::uuid AND holder = $4::uuid
                AND finish_reason IS NULL AND lease_until < now() RETURNING holder
            """,
            [answer.key.workspace, answer.key.chat, answer.key.id, answer.holder, holder])
        return try rows.first?.string("holder") == holder
    }

    private static let isCertain =
        "coalesce(suspected_at < now() - interval '\(suspicionSeconds) seconds', false)"

    /// Answers of all workspaces whose writer died, the oldest first.
    public func abandonedAnswers(limit: Int) async throws -> [AnswerRecord] {
        let rows = try await query(
            """
            SELECT \(AnswerRecord.columns) FROM answers a JOIN chats c ON c.workspace_id = a.workspace_id AND c.id = a.chat_id
            WHERE a.finish_reason IS NULL AND a.lease_until < now() AND NOT c.deleting
            ORDER BY a.started_at LIMIT \(limit)
            """)
        return try rows.map(AnswerRecord.init)
    }

    /// Removes the logs of answers that ended so long ago; their messages are in the message store.
    ///
    /// - Returns: How many answers there were.
    public func removeAnswerLogs(olderThanSeconds age: Int) async throws -> Int {
        var removed = 0
        while true {
            let rows = try await query(
                """
                WITH old AS (
                    SELECT DISTINCT e.workspace_id, e.chat_id, e.answer_id FROM answer_events e JOIN answers a
                        ON a.workspace_id = e.workspace_id AND a.chat_id = e.chat_id AND a.id = e.answer_id
                    WHERE a.ended_at < now() - make_interval(secs => \(age)) LIMIT 500
                ), gone AS (
                    DELETE FROM answer_events e USING old WHERE e.workspace_id = old.workspace_id
                        AND e.chat_id = old.chat_id AND e.answer_id = old.answer_id
                )
                SELECT count(*) AS count FROM old
                """)
            let count = try rows.first?.int("count") ?? 0
            removed += count
            if count < 500 { return removed }
        }
    }
}
