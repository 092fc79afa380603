import Digests
public import JSONCoding
import Postgres

/// A key by which a program asks in somebody's name.
public struct KeyRecord: Sendable, Equatable {
    public let id: String
    public let name: String
    /// What it may at most.
    public let scopes: [String]
    public let workspace: String
    public let createdAt: String
    public let lastUsedAt: String?
    public let expiresAt: String?

    static let columns = """
        id, name, scopes, workspace_id, \(SQLTime.column("created_at")), \(SQLTime.column("last_used_at")),
        \(SQLTime.column("expires_at"))
        """

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row.string("id")
        name = try row.string("name")
        scopes = try row.string("scopes").split(separator: ",").map(String.init)
        workspace = try row.string("workspace_id")
        createdAt = try row.string("created_at")
        lastUsedAt = try row.optional("last_used_at")
        expiresAt = try row.optional("expires_at")
    }

    /// The wire form; the key itself is not known any more.
    public var json: JSONObject {
        [
            "id": .string(id), "name": .string(name), "scopes": .strings(scopes), "workspace": .string(workspace),
            "createdAt": .string(createdAt), "lastUsedAt": .optional(lastUsedAt), "expiresAt": .optional(expiresAt),
        ]
    }
}

extension CatalogDatabase {
    /// Keeps a key.
    ///
    /// - Parameters:
    ///   - secret: SHA-256 of its secret, in hexadecimal.
    ///   - days: After which it counts no more; `nil` for never.
    /// - Throws: `PeopleRefusal.full`.
    public func addKey(
        _ id: String, secret: String, of person: String, workspace: String, name: String, scopes: [String], days: Int?
    ) async throws -> KeyRecord {
        try await prepare()
        let row = try await database.transaction { connection in
            // Keys that are made side by side see each other.
            try connection.query("SELECT FROM people WHERE id = $1::uuid FOR UPDATE", [person])
            return try connection.query(
                """
                INSERT INTO api_keys (id, secret, person_id, workspace_id, name, scopes, expires_at)
                SELECT $1, $2, $3::uuid, $4, $5, $6, now() + $7::int * interval '1 day'
                WHERE NOT EXISTS (SELECT FROM api_keys WHERE person_id = $3::uuid OFFSET \(PeopleLimits.keys - 1))
                RETURNING \(KeyRecord.columns)
                """,
                [id, secret, person, workspace, name, scopes.joined(separator: ","), days.map { String($0) }]
            ).first
        }
        guard let row else { throw PeopleRefusal.full(what: "keys of yours", limit: PeopleLimits.keys) }
        return try KeyRecord(row)
    }

    /// Somebody's keys, the newest first; those that have expired as well.
    public func keys(of person: String) async throws -> [KeyRecord] {
        guard UUIDv7.isValid(person) else { return [] }
        return try await query(
            """
            SELECT \(KeyRecord.columns) FROM api_keys k WHERE person_id = $1::uuid
            ORDER BY k.created_at DESC, k.id LIMIT \(PeopleLimits.keys)
            """, [person]
        ).map(KeyRecord.init)
    }

    /// Removes a key of somebody. Returns whether it was there.
    public func deleteKey(_ id: String, of person: String) async throws -> Bool {
        guard UUIDv7.isValid(person) else { return false }
        return try await !query(
            "DELETE FROM api_keys WHERE id = $1 AND person_id = $2::uuid RETURNING id", [id, person]
        ).isEmpty
    }

    /// Notes that a key is used, at most once a minute.
    public func noteUse(ofKey id: String) async throws {
        try await query(
            """
            UPDATE api_keys SET last_used_at = now()
            WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
            """, [id])
    }
}
