import JSONCoding
import Postgres

/// Reading the logs of answers. Whoever calls this has seen to it that the answer may be read.
extension CatalogDatabase {
    /// Rows that are read at once; each has what an answer came to in a tenth of a second.
    static let logPage = 50

    /// Events of one answer after a number, a page of them; none when there are none.
    public func answerEvents(_ key: AnswerKey, after number: Int) async throws -> [LoggedEvent] {
        let rows = try await query(
            """
            SELECT events FROM answer_events
            WHERE workspace_id = $1 AND chat_id = $2::uuid AND answer_id = $3::uuid AND last > $4::bigint
            ORDER BY last LIMIT \(Self.logPage)
            """,
            [key.workspace, key.chat, key.id, String(number)])
        return LoggedEvent.events(
            in: try rows.map { row throws(PostgresError) in try row.string("events") }, after: number)
    }

    /// What has become of an answer since it was last looked.
    public struct AnswerNews: Sendable {
        /// What has come, in order.
        public let events: [LoggedEvent]
        /// Whether nothing more will come.
        public let isOver: Bool
        /// Whether its writer has not been heard of for too long.
        public let isAbandoned: Bool
    }

    /// What has become of many answers, in one statement, in their order. One that has gone is over.
    ///
    /// - Parameter answers: With the number of the last event that is known.
    public func answerNews(_ answers: [(key: AnswerKey, after: Int)]) async throws -> [AnswerNews] {
        let asked = answers.enumerated().map { index, answer -> JSONValue in
            [
                "n": .int(Int64(index)), "workspace": .string(answer.key.workspace), "chat": .string(answer.key.chat),
                "answer": .string(answer.key.id), "after": .int(Int64(answer.after)),
            ]
        }
        let rows = try await query(
            """
            SELECT k.n, a.id IS NULL OR a.finish_reason IS NOT NULL AS over,
                a.finish_reason IS NULL AND a.lease_until < now() AS abandoned, e.events
            FROM json_to_recordset($1::json) AS k (n int, workspace text, chat uuid, answer uuid, after bigint)
            LEFT JOIN answers a ON a.workspace_id = k.workspace AND a.chat_id = k.chat AND a.id = k.answer
            LEFT JOIN LATERAL (
                SELECT e.last, e.events FROM answer_events e
                WHERE e.workspace_id = k.workspace AND e.chat_id = k.chat AND e.answer_id = k.answer AND e.last > k.after
                ORDER BY e.last LIMIT \(Self.logPage)) e ON true
            ORDER BY k.n, e.last
            """,
            [JSONValue.array(asked).text])
        var found: [Int: [PostgresRow]] = [:]
        for row in rows { found[try row.int("n"), default: []].append(row) }
        return try answers.enumerated().map { index, answer in
            let own = found[index] ?? []
            let events = try own.compactMap { row throws(PostgresError) in try row.optional("events") }
            return AnswerNews(
                events: LoggedEvent.events(in: events, after: answer.after),
                isOver: try own.first?.bool("over") ?? true && events.count < Self.logPage,
                isAbandoned: try own.first?.optional("abandoned") == "t")
        }
    }
}
