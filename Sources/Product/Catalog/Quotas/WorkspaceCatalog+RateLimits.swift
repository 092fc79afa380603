import Postgres

extension WorkspaceCatalog {
    /// Takes one token out of a bucket that all processes share; it fills again evenly, one `amount`th of a minute for each
    /// token, and holds no more than `amount`.
    ///
    /// - Parameter amount: Tokens a minute; 0 for none at all.
    /// - Returns: `nil` when there was one, else the seconds until there is.
    public func takeToken(_ metric: QuotaMetric, of subject: QuotaSubject, amount: Double) async throws -> Int? {
        guard amount >= 1 else { return 60 }
        let columns = subject.columns
        let key: [String?] = [workspace, columns.person, columns.key, metric.rawValue, String(amount)]
        let taken = try await query(
            """
            INSERT INTO rate_buckets AS b (workspace_id, person_id, key_id, metric, level, filled_at)
            VALUES ($1, $2::uuid, $3, $4, $5::double precision - 1, clock_timestamp())
            ON CONFLICT ON CONSTRAINT rate_buckets_once DO UPDATE
                SET level = \(Self.level("$5")) - 1, filled_at = clock_timestamp()
                WHERE \(Self.level("$5")) >= 1
            RETURNING level
            """, key)
        if !taken.isEmpty { return nil }
        let row = try await query(
            """
            SELECT ceil((1 - \(Self.level("$5"))) * 60 / $5::double precision)::int AS seconds FROM rate_buckets b
            WHERE workspace_id = $1 AND person_id IS NOT DISTINCT FROM $2::uuid AND key_id IS NOT DISTINCT FROM $3
                AND metric = $4
            """, key
        ).first
        return max(1, try row?.int("seconds") ?? 1)
    }

    private static func level(_ amount: String) -> String {
        """
        least(\(amount)::double precision, b.level + \(amount)::double precision / 60
            * greatest(0, extract(epoch FROM clock_timestamp() - b.filled_at)))
        """
    }
}
