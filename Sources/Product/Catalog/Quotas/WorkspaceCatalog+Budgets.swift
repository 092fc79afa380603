import Postgres

/// Tokens and money, and questions.
public struct QuotaUse: Sendable {
    public var questions = 0
    public var tokens = 0
    /// US dollars.
    public var cost = 0.0

    /// Nothing.
    public init() {}
}

extension WorkspaceCatalog {
    /// How long a reservation counts which nobody renews, in seconds: what a process that has ended wanted to use is free again
    /// then.
    public static let reservationSeconds = 100

    /// What somebody's use counts against, and how much of it is left.
    public func quotaStandings(of holder: QuotaHolder) async throws -> [QuotaStanding] {
        try await query(Self.standings, [workspace, holder.person, holder.key]).compactMap(QuotaStanding.init)
    }

    /// Looks at what is left, and uses or reserves of it, while nobody else in the workspace does: what is left stays so until
    /// this has ended.
    ///
    /// - Parameters:
    ///   - id: Under which tokens and money are settled later.
    ///   - decide: Says what is used at once (questions) and what is reserved (tokens, money), given what is left.
    /// - Returns: What was decided.
    /// - Throws: what `decide` throws: then nothing is used.
    @discardableResult
    public func useQuotas(
        _ id: String, of holder: QuotaHolder, decide: @escaping @Sendable ([QuotaStanding]) throws -> QuotaUse
    ) async throws -> QuotaUse {
        try await prepare()
        return try await database.transaction { [workspace] connection in
            try Self.lockQuotas(of: workspace, connection)
            let caller = [workspace, holder.person, holder.key]
            let use = try decide(try connection.query(Self.standings, caller).compactMap(QuotaStanding.init))
            if use.questions > 0 { try connection.query(Self.counting, caller + use.values) }
            guard use.tokens > 0 else { return use }
            try connection.query(
                """
                INSERT INTO quota_reservations (id, workspace_id, person_id, key_id, tokens, cost, expires_at)
                VALUES ($4::uuid, $1, $2::uuid, $3, $5::bigint, $6::double precision,
                    clock_timestamp() + interval '\(Self.reservationSeconds) seconds')
                """, caller + [id, String(use.tokens), String(use.cost)])
            return use
        }
    }

    /// Adds something that the workspace holds, and takes it back when it holds more than its quotas say.
    ///
    /// - Throws: `QuotaExceeded`.
    func withinHeldQuotas(
        _ insert: @escaping @Sendable (isolated PostgresConnection) throws -> PostgresRow?
    ) async throws -> PostgresRow? {
        try await prepare()
        return try await database.transaction { [workspace] connection in
            try Self.lockQuotas(of: workspace, connection)
            guard let row = try insert(connection) else { return nil }
            let standings = try connection.query(Self.standings, [workspace, nil, nil]).compactMap(QuotaStanding.init)
            if let over = standings.first(where: { $0.metric.window == .held && $0.used > $0.amount }) {
                throw QuotaExceeded(over)
            }
            return row
        }
    }

    private static func lockQuotas(of workspace: String, _ connection: isolated PostgresConnection) throws {
        try connection.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", ["apus quotas " + workspace])
    }

    /// Keeps reservations from ending.
    public func renewReservation(_ id: String) async throws {
        try await query(
            """
            UPDATE quota_reservations SET expires_at = clock_timestamp() + interval '\(Self.reservationSeconds) seconds'
            WHERE id = $1::uuid
            """, [id])
    }

    /// Counts what was used, in place of what was reserved.
    ///
    /// - Parameter reservation: `nil` where nothing was.
    public func settle(_ use: QuotaUse, reservation: String?, of holder: QuotaHolder) async throws {
        let statement = "WITH settled AS (DELETE FROM quota_reservations WHERE id = $7::uuid) " + Self.counting
        let values = [workspace, holder.person, holder.key] + use.values + [reservation]
        do { try await query(statement, values) } catch let error as PostgresError where error.isForeignKeyViolation {
            // The person or the key went at this moment; the workspace has used it all the same.
            try await query(statement, values)
        }
    }

    /// Adds to the day of the workspace, of the person and of the key, in this order, so that two do not wait for one another.
    private static let counting = """
        INSERT INTO quota_usage AS u (workspace_id, person_id, key_id, day, questions, tokens, cost)
        SELECT $1, h.person_id, h.key_id, (now() AT TIME ZONE 'UTC')::date, $4::bigint, $5::bigint, $6::double precision
        FROM (VALUES (1, NULL::uuid, NULL::text), (2, $2::uuid, NULL), (3, NULL, $3)) h (place, person_id, key_id)
        WHERE place = 1 OR EXISTS (SELECT FROM people p WHERE p.id = h.person_id)
            OR EXISTS (SELECT FROM api_keys k WHERE k.id = h.key_id)
        ORDER BY place
        ON CONFLICT ON CONSTRAINT quota_usage_once DO UPDATE SET questions = u.questions + excluded.questions,
            tokens = u.tokens + excluded.tokens, cost = u.cost + excluded.cost
        """

    private static let standings = """
        WITH moment AS (
            SELECT (clock_timestamp() AT TIME ZONE 'UTC') AS at),
        own AS (
            SELECT metric, amount, CASE WHEN key_id IS NOT NULL THEN 'key'
                WHEN person_id IS NOT NULL OR of_members THEN 'person' ELSE 'workspace' END AS holder
            FROM quotas q WHERE workspace_id = $1 AND CASE WHEN key_id IS NOT NULL THEN key_id = $3
                WHEN person_id IS NOT NULL THEN person_id = $2::uuid
                WHEN of_members THEN $2::uuid IS NOT NULL AND NOT EXISTS (
                    SELECT FROM quotas o WHERE o.workspace_id = $1 AND o.person_id = $2::uuid AND o.metric = q.metric)
                ELSE true END),
        month AS (
            SELECT h.holder, coalesce(sum(questions) FILTER (WHERE day = m.at::date), 0) AS questions,
                coalesce(sum(tokens), 0) AS tokens, coalesce(sum(cost), 0) AS cost
            FROM moment m, quota_usage u CROSS JOIN LATERAL (SELECT CASE WHEN u.key_id IS NOT NULL THEN 'key'
                WHEN u.person_id IS NOT NULL THEN 'person' ELSE 'workspace' END AS holder) h
            WHERE u.workspace_id = $1 AND day >= date_trunc('month', m.at)::date
                AND (u.person_id IS NULL OR u.person_id = $2::uuid) AND (u.key_id IS NULL OR u.key_id = $3)
            GROUP BY h.holder),
        reserved AS (
            SELECT h.holder, sum(r.tokens) AS tokens, sum(r.cost) AS cost
            FROM quota_reservations r CROSS JOIN (VALUES ('workspace'), ('person'), ('key')) h (holder)
            WHERE r.workspace_id = $1 AND r.expires_at > clock_timestamp()
                AND (h.holder <> 'person' OR r.person_id = $2::uuid) AND (h.holder <> 'key' OR r.key_id = $3)
            GROUP BY h.holder)
        SELECT own.holder, own.metric, own.amount,
            coalesce(CASE own.metric
                WHEN 'documents' THEN (SELECT count(*) FROM documents WHERE workspace_id = $1 AND NOT deleting)
                WHEN 'bytes' THEN (SELECT sum(bytes) FROM documents WHERE workspace_id = $1 AND NOT deleting)
                WHEN 'questionsPerDay' THEN month.questions
                WHEN 'tokensPerMonth' THEN month.tokens
                WHEN 'costPerMonth' THEN month.cost END, 0)::double precision AS used,
            coalesce(CASE own.metric WHEN 'tokensPerMonth' THEN reserved.tokens
                WHEN 'costPerMonth' THEN reserved.cost END, 0)::double precision AS reserved,
            ceil(extract(epoch FROM date_trunc('day', m.at) + interval '1 day' - m.at))::int AS day_left,
            ceil(extract(epoch FROM date_trunc('month', m.at) + interval '1 month' - m.at))::int AS month_left
        FROM own CROSS JOIN moment m LEFT JOIN month USING (holder) LEFT JOIN reserved USING (holder)
        WHERE own.metric NOT IN ('uploadsPerMinute', 'questionsPerMinute')
        ORDER BY own.holder, own.metric
        """
}

extension CatalogDatabase {
    /// Removes reservations that have ended because nobody renewed them.
    public func removeEndedReservations() async throws {
        try await query("DELETE FROM quota_reservations WHERE expires_at < now()")
    }
}

extension QuotaUse {
    fileprivate var values: [String?] { [String(questions), String(tokens), String(cost)] }
}
