import Digests
public import JSONCoding
import Postgres

/// An answer that is kept for whoever asked for it by OpenAI's API.
public struct ResponseRecord: Sendable {
    public let id: String
    /// The conversation's chat.
    public let chat: String?
    public let previous: String?
    public let status: String
    /// The items that it answers.
    public let input: [JSONValue]
    /// As OpenAI's API has it.
    public let response: JSONValue
    /// Whether it was being written when its writer was last seen, and that is too long ago.
    public let isAbandoned: Bool

    /// Describes an answer.
    public init(id: String, chat: String?, previous: String?, status: String, input: [JSONValue], response: JSONValue) {
        self.id = id
        self.chat = chat
        self.previous = previous
        self.status = status
        self.input = input
        self.response = response
        isAbandoned = false
    }

    init(_ row: PostgresRow) throws {
        id = try row.string("id")
        chat = try row.optional("chat_id")
        previous = try row.optional("previous_id")
        status = try row.string("status")
        input = try JSONParser.parse(try row.string("input")).array ?? []
        response = try JSONParser.parse(try row.string("response"))
        isAbandoned = try row.bool("abandoned")
    }

    static let columns = """
        r.id, r.chat_id, r.previous_id, r.status, r.input, r.response,
        r.status IN ('queued', 'in_progress') AND r.alive_at < now() - interval '30 seconds' AS abandoned
        """
}

extension WorkspaceCatalog {
    /// How long responses are kept, in days, and as long as a later one goes on from them.
    public static let responseDays = 30
    /// Responses of which one is the continuation of the one before.
    public static let longestResponseChain = 200
    /// Bytes of them that are read at once; the oldest are left out.
    private static let mostChainBytes = 4 << 20

    /// Responses are their person's; what nobody signed in for is everybody's.
    private static func isResponseSeen(by person: String) -> String {
        "(\(person)::uuid IS NULL OR r.person_id IS NULL OR r.person_id = \(person)::uuid)"
    }

    /// Keeps a response, in the place of an older state of it that is still being written.
    ///
    /// - Returns: Whether it is kept: not when it was cancelled or deleted meanwhile, or its conversation has gone.
    /// - Throws: `WorkspaceFull`; `PersonGone`.
    @discardableResult
    public func keepResponse(_ record: ResponseRecord, isNew: Bool) async throws -> Bool {
        if !isNew {
            return try await !query(
                """
                UPDATE responses SET status = $3, response = $4, alive_at = now()
                WHERE workspace_id = $1 AND id = $2 AND status IN ('queued', 'in_progress') RETURNING id
                """, [workspace, record.id, record.status, record.response.text]
            ).isEmpty
        }
        let rows = try await query(
            """
            WITH \(Self.presentPerson("$3")),
            chat AS (SELECT id FROM chats WHERE workspace_id = $2 AND id = $4::uuid AND \(Self.isWhole("chats")) FOR KEY SHARE)
            INSERT INTO responses (id, workspace_id, person_id, chat_id, previous_id, status, input, response)
            SELECT $1::uuid, $2, $3::uuid, $4::uuid, $5::uuid, $6, $7, $8
            WHERE \(Self.isPersonPresent("$3")) AND ($4::uuid IS NULL OR EXISTS (SELECT FROM chat))
                AND \(Self.hasRoom("responses", limits.responses, workspace: "$2"))
            ON CONFLICT DO NOTHING RETURNING id
            """,
            [
                record.id, workspace, person, record.chat, record.previous, record.status,
                JSONValue.array(record.input).text, record.response.text,
            ])
        if !rows.isEmpty { return true }
        try await requirePerson()
        try await requireResponseRoom()
        return false
    }

    /// - Throws: `WorkspaceFull` when no more responses can be kept.
    public func requireResponseRoom() async throws { try await requireRoom("responses", limits.responses) }

    /// A response; `nil` when unknown.
    public func response(_ id: String) async throws -> ResponseRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            """
            SELECT \(ResponseRecord.columns) FROM responses r
            WHERE r.workspace_id = $1 AND r.id = $2 AND \(Self.isResponseSeen(by: "$3"))
                AND (r.chat_id IS NULL OR EXISTS (SELECT FROM chats c WHERE c.id = r.chat_id AND NOT c.deleting))
            """, [workspace, id, person])
        return try rows.first.map(ResponseRecord.init)
    }

    /// A response and those that it goes on from, the oldest first, as far as they are no more than can be read at once; `nil` when
    /// one of them is unknown.
    public func responseChain(to id: String) async throws -> [ResponseRecord]? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            """
            WITH RECURSIVE chain AS (
                SELECT r.id, r.previous_id, octet_length(r.input) + octet_length(r.response) AS bytes, 1 AS depth
                FROM responses r
                WHERE r.workspace_id = $1 AND r.id = $2 AND \(Self.isResponseSeen(by: "$3"))
                UNION ALL
                SELECT r.id, r.previous_id, octet_length(r.input) + octet_length(r.response), chain.depth + 1
                FROM chain JOIN responses r ON r.id = chain.previous_id
                WHERE r.workspace_id = $1 AND \(Self.isResponseSeen(by: "$3"))
                    AND chain.depth < \(Self.longestResponseChain)),
            summed AS (SELECT id, depth, sum(bytes) OVER (ORDER BY depth) AS total FROM chain),
            whole AS (
                SELECT coalesce(bool_or(previous_id IS NULL), false) OR count(*) = \(Self.longestResponseChain) AS whole
                FROM chain)
            SELECT \(ResponseRecord.columns), whole.whole FROM whole, summed s JOIN responses r ON r.id = s.id
            WHERE s.depth = 1 OR s.total <= \(Self.mostChainBytes) ORDER BY s.depth DESC
            """, [workspace, id, person])
        guard let first = rows.first, try first.bool("whole") else { return nil }
        return try rows.map(ResponseRecord.init)
    }

    /// Removes a response. Returns whether there was one.
    public func removeResponse(_ id: String) async throws -> Bool {
        guard UUIDv7.isValid(id) else { return false }
        return try await !query(
            """
            DELETE FROM responses r WHERE r.workspace_id = $1 AND r.id = $2 AND \(Self.isResponseSeen(by: "$3"))
            RETURNING r.id
            """, [workspace, id, person]
        ).isEmpty
    }

    /// Notes that a response is still being written. Returns whether that is still wanted.
    public func noteResponseAlive(_ id: String) async throws -> Bool {
        try await !query(
            """
            UPDATE responses SET alive_at = now() WHERE workspace_id = $1 AND id = $2 AND status IN ('queued', 'in_progress')
            RETURNING id
            """, [workspace, id]
        ).isEmpty
    }
}

extension CatalogDatabase {
    /// Removes responses of all workspaces that were kept long enough: as long as OpenAI's API promises, or less where chats
    /// are kept for less. Those that a later one goes on from stay with it.
    ///
    /// - Returns: How many.
    public func removeOldResponses() async throws -> Int {
        try await query(
            """
            DELETE FROM responses r USING workspaces w
            WHERE w.id = r.workspace_id AND r.created_at < now() - make_interval(
                    days => least(\(WorkspaceCatalog.responseDays), coalesce(w.keep_chats_days, \(WorkspaceCatalog.responseDays))))
                AND NOT EXISTS (SELECT FROM responses later WHERE later.previous_id = r.id) RETURNING r.id
            """
        ).count
    }
}
