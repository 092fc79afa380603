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

/// The database was brought to a schema that this program does not know.
public struct NewerSchemaError: Error, Sendable, CustomStringConvertible {
    /// The database's version.
    public let version: Int
    /// The newest version that the program knows.
    public let known: Int

    public var description: String {
        "the database has schema version \(version), made by a newer Apus; this one knows versions up to \(known). "
            + "Update the program, or bring the database down with the newer one: apus migrate down --to \(known)"
    }
}

extension PostgresPool {
    /// The versions that were applied, in order; none when nothing was ever applied.
    public func appliedMigrations() async throws -> [(version: Int, name: String, at: String)] {
        guard try await query("SELECT to_regclass('schema_migrations') AS name").first?.optional("name") != nil else {
            return []
        }
        return try await query(
            "SELECT version, name, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS at "
                + "FROM schema_migrations ORDER BY version"
        ).map { (try $0.int("version"), try $0.string("name"), try $0.string("at")) }
    }

    /// Brings the schema to a version, upwards or downwards, in one transaction; does nothing when it is there.
    ///
    /// Several programs may call this at the same time: an advisory lock lets one of them work.
    ///
    /// - Parameter target: Version to reach; `nil` for the newest.
    /// - Returns: The versions that were applied or undone, in order.
    /// - Throws: `NewerSchemaError` when the database has a version that is not among the migrations.
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
            if let newest = applied.max(), newest > ordered.last?.version ?? 0 {
                throw NewerSchemaError(version: newest, known: ordered.last?.version ?? 0)
            }
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
