import Digests
import JSONCoding
import SQLite
import Telemetry

/// Secrets and their versions on disk. Names compare without case; the first spelling is kept.
final class VaultStore: Sendable {
    /// One version of a secret.
    struct Version: Sendable {
        let seq: Int64
        let name: String
        let version: String
        let value: String
        var contentType: String?
        var tags: JSONValue?
        var enabled: Bool
        var notBefore: Int64?
        var expires: Int64?
        /// Seconds since 1970.
        let created: Int64
        var updated: Int64

        static let columns = """
            secrets.seq, secrets.name, version, value, content_type, tags, enabled, not_before, expires, created, updated
            """

        init(_ row: [SQLiteValue]) {
            seq = row[0].int ?? 0
            name = row[1].string ?? ""
            version = row[2].string ?? ""
            value = row[3].string ?? ""
            contentType = row[4].string
            tags = row[5].string.flatMap { try? JSONParser.parse($0) }
            enabled = row[6].int == 1
            notBefore = row[7].int
            expires = row[8].int
            created = row[9].int ?? 0
            updated = row[10].int ?? 0
        }
    }

    /// A deleted secret.
    struct Deletion: Sendable {
        let name: String
        /// Seconds since 1970.
        let deleted: Int64
    }

    let database: SQLiteDatabase
    let clock: EmulatorClock

    init(directory: String, clock: EmulatorClock) throws {
        self.clock = clock
        database = try SQLiteDatabase(
            path: directory + "/keyvault.sqlite",
            schema: """
                CREATE TABLE IF NOT EXISTS secrets (
                    seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE, version TEXT NOT NULL,
                    value TEXT NOT NULL, content_type TEXT, tags TEXT, enabled INTEGER NOT NULL, not_before INTEGER,
                    expires INTEGER, created INTEGER NOT NULL, updated INTEGER NOT NULL, UNIQUE (name, version));
                CREATE TABLE IF NOT EXISTS deleted (
                    name TEXT PRIMARY KEY COLLATE NOCASE, deleted INTEGER NOT NULL) WITHOUT ROWID;
                """)
        try FirstFormat(directory: directory, name: "vault.sqlite", target: database).importSecrets()
    }

    /// Days that a deleted secret can be recovered.
    static let recoverableDays: Int64 = 90

    /// Purges secrets that nobody has recovered in time.
    func removeExpired() async throws {
        let latest = clock.seconds - Self.recoverableDays * 86_400
        try await database.write { access in
            let names = try access.query("DELETE FROM deleted WHERE deleted <= ? RETURNING name", [.integer(latest)])
            for row in names { try access.query("DELETE FROM secrets WHERE name = ?", [row[0]]) }
        }
    }

    /// The deletion of a secret that was deleted and not recovered.
    static func deletion(_ name: String, _ access: borrowing SQLiteDatabase.Access) throws -> Deletion? {
        try access.query("SELECT name, deleted FROM deleted WHERE name = ?", [.text(name)]).first.map {
            Deletion(name: $0[0].string ?? name, deleted: $0[1].int ?? 0)
        }
    }

    /// A version of a secret, deleted or not; the newest when none is named.
    static func version(
        _ name: String, _ version: String?, _ access: borrowing SQLiteDatabase.Access
    ) throws -> Version? {
        try access.query(
            """
            SELECT \(Version.columns) FROM secrets WHERE name = ?1 AND (?2 IS NULL OR version = ?2) ORDER BY seq DESC LIMIT 1
            """, [.text(name), .optional(version)]
        ).first.map { Version($0) }
    }

    static func insert(_ version: Version, _ access: borrowing SQLiteDatabase.Access) throws {
        try access.query(
            """
            INSERT INTO secrets (name, version, value, content_type, tags, enabled, not_before, expires, created, updated)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, values(version))
    }

    static func update(_ version: Version, _ access: borrowing SQLiteDatabase.Access) throws {
        try access.query(
            """
            UPDATE secrets SET name = ?, version = ?, value = ?, content_type = ?, tags = ?, enabled = ?, not_before = ?,
            expires = ?, created = ?, updated = ? WHERE seq = ?
            """, values(version) + [.integer(version.seq)])
    }

    private static func values(_ version: Version) -> [SQLiteValue] {
        [
            .text(version.name), .text(version.version), .text(version.value), .optional(version.contentType),
            .optional(version.tags?.text), .integer(version.enabled ? 1 : 0),
            version.notBefore.map { .integer($0) } ?? .null, version.expires.map { .integer($0) } ?? .null,
            .integer(version.created), .integer(version.updated),
        ]
    }
}
