import Postgres

extension CatalogDatabase {
    /// Failures to sign in that cost nothing, and the longest that somebody waits after more of them, in seconds.
    static let signInFailures = (free: 5, longestWait: 900)

    /// Counts an attempt to sign in before it is known whether it succeeds, so that no number of them side by side is tried
    /// beyond the limit. It counts for whoever has the name, and for names that nobody has.
    ///
    /// - Returns: `nil` when it may be tried; otherwise the seconds to wait.
    public func beginSignIn(_ login: LoginName) async throws -> Int? {
        let free = Self.signInFailures.free
        // What lies back for hours counts no more; neither does it stay, whatever names somebody tries.
        try await query("DELETE FROM sign_in_failures WHERE updated_at < now() - interval '6 hours'")
        let counted = try await query(
            """
            INSERT INTO sign_in_failures AS f (login, failures) VALUES ($1, 1)
            ON CONFLICT (login) DO UPDATE SET failures = f.failures + 1, updated_at = now(),
                locked_until = CASE WHEN f.failures + 1 >= \(free) THEN now() + interval '1 second'
                    * least(\(Self.signInFailures.longestWait), power(2, least(f.failures + 2 - \(free), 20))) END
            WHERE f.locked_until IS NULL OR f.locked_until <= now()
            RETURNING failures
            """, [login.digest])
        if !counted.isEmpty { return nil }
        let rows = try await query(
            """
            SELECT ceil(extract(epoch FROM locked_until - now()))::int AS seconds FROM sign_in_failures WHERE login = $1
            """, [login.digest])
        return max(1, try rows.first?.optionalInt("seconds") ?? 1)
    }

    /// Forgets the failures of somebody who has signed in.
    public func endSignIn(_ login: LoginName) async throws {
        try await query("DELETE FROM sign_in_failures WHERE login = $1", [login.digest])
    }
}
