/// A numbered change of the schema, with the way back.
public struct Migration: Sendable {
    public let version: Int
    public let name: String
    /// Statements that make the change.
    public let up: String
    /// Statements that undo it.
    public let down: String

    /// Describes a migration.
    public init(version: Int, name: String, up: String, down: String) {
        self.version = version
        self.name = name
        self.up = up
        self.down = down
    }
}

extension PostgresPool {
    /// Brings the schema to a version, upwards or downwards, in one transaction; does nothing when it is there.
    ///
    /// Several programs may call this at the same time: an advisory lock lets one of them work.
    ///
    /// - Parameter target: Version to reach; `nil` for the newest.
    /// - Returns: The versions that were applied or undone, in order.
    @discardableResult
    public func migrate(_ migrations: [Migration], to target: Int? = nil) async throws -> [Int] {
        let ordered = migrations.sorted { $0.version < $1.version }
        let goal = target ?? ordered.last?.version ?? 0
        return try await transaction { connection in
            try connection.query("SELECT pg_advisory_xact_lock(4711200611)")
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
                """)
            let rows = try connection.query("SELECT version FROM schema_migrations")
            let applied = Set(try rows.map { row throws(PostgresError) in try row.int("version") })
            var changed: [Int] = []
            for migration in ordered where migration.version <= goal && !applied.contains(migration.version) {
                try connection.execute(migration.up)
                try connection.query(
                    "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)",
                    [String(migration.version), migration.name])
                changed.append(migration.version)
            }
            for migration in ordered.reversed() where migration.version > goal && applied.contains(migration.version) {
                try connection.execute(migration.down)
                try connection.query("DELETE FROM schema_migrations WHERE version = $1", [String(migration.version)])
                changed.append(migration.version)
            }
            return changed
        }
    }
}
