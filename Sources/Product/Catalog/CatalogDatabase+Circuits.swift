import Postgres

/// What is known about a model service that has failed lately.
public struct ModelCircuit: Sendable {
    public let model: String
    /// Failures without an answer in between.
    public let failures: Int
    /// Kind of the last failure.
    public let reason: String
    /// Seconds until it may be tried again; 0 or less when it may be tried now.
    public let secondsLeft: Double
}

extension CatalogDatabase {
    /// The services that have failed since they last answered.
    public func circuits() async throws -> [ModelCircuit] {
        let rows = try await query(
            """
            SELECT model, failures, reason, extract(epoch FROM open_until - now())::text AS left_seconds
            FROM model_circuits LIMIT 1000
            """)
        return try rows.map { row throws(PostgresError) in
            ModelCircuit(
                model: try row.string("model"), failures: try row.int("failures"), reason: try row.string("reason"),
                secondsLeft: Double(try row.string("left_seconds")) ?? 0)
        }
    }

    /// Notes a failure, and for how long the service is to be left alone.
    ///
    /// - Parameters:
    ///   - pause: Seconds to leave it alone at once; `nil` leaves it alone only from the third failure on, for 5 s and
    ///     then twice as long each time, 5 minutes at most.
    public func noteFailure(of model: String, reason: String, pause: Double?) async throws {
        try await query(
            """
            INSERT INTO model_circuits AS c (model, failures, reason, open_until)
            VALUES ($1, 1, $2, now() + make_interval(secs => coalesce($3::float8, 0)))
            ON CONFLICT (model) DO UPDATE SET
                -- Failures long ago say nothing about now.
                failures = CASE WHEN c.updated_at < now() - interval '10 minutes' THEN 1 ELSE c.failures + 1 END,
                reason = $2, updated_at = now(),
                open_until = greatest(c.open_until, now() + make_interval(secs => coalesce($3::float8,
                    CASE WHEN c.updated_at < now() - interval '10 minutes' OR c.failures + 1 < 3 THEN 0
                        ELSE least(300, 5 * power(2, least(c.failures - 2, 10))) END)))
            """,
            [model, reason, pause.map { String($0) }])
    }

    /// Asks for the one try that shows whether a service has recovered; the others wait meanwhile.
    ///
    /// - Returns: Whether the caller has the try.
    public func claimTrial(of model: String) async throws -> Bool {
        try await !query(
            """
            UPDATE model_circuits SET open_until = now() + interval '10 seconds'
            WHERE model = $1 AND open_until <= now() RETURNING model
            """,
            [model]
        ).isEmpty
    }

    /// Notes that a service answers again.
    public func noteRecovery(of model: String) async throws {
        try await query("DELETE FROM model_circuits WHERE model = $1", [model])
    }
}
