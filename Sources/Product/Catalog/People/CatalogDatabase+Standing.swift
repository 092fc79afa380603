import Digests
import JSONCoding
import Postgres

/// What there is to know of whoever sends a session's token or a key, at one moment.
public struct StandingRecord: Sendable, Equatable {
    public let person: String
    public let isAdministrator: Bool
    /// What they are, by the workspace's id.
    public let roles: [String: String]
    /// The workspace that the session has chosen; the key's own.
    public let workspace: String?
    /// Of a key: SHA-256 of its secret, in hexadecimal.
    public let secret: String?
    /// Of a key: what it may at most.
    public let scopes: [String]?
    /// Whether its use has not been noted for a minute.
    public let isUseDue: Bool
}

extension CatalogDatabase {
    private static let standing = """
        p.id AS person, p.administrator,
        coalesce((SELECT json_object_agg(m.workspace_id, m.role) FROM members m WHERE m.person_id = p.id), '{}')::text
            AS roles
        """

    /// What a session is worth; `nil` when it has ended, or is of somebody who may not sign in.
    public func standing(ofSession id: String) async throws -> StandingRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        return try await query(
            """
            SELECT \(Self.standing), s.workspace_id, NULL AS secret, NULL AS scopes,
                s.last_used_at < now() - interval '1 minute' AS is_due
            FROM sessions s JOIN people p ON p.id = s.person_id
            WHERE s.id = $1::uuid AND p.active AND \(Self.isAlive)
            """, [id]
        ).first.map(Self.standing)
    }

    /// What a key is worth; `nil` when there is none of this id, it has expired, or is of somebody who may not sign in.
    public func standing(ofKey id: String) async throws -> StandingRecord? {
        try await query(
            """
            SELECT \(Self.standing), k.workspace_id, k.secret, k.scopes,
                coalesce(k.last_used_at < now() - interval '1 minute', true) AS is_due
            FROM api_keys k JOIN people p ON p.id = k.person_id
            WHERE k.id = $1 AND p.active AND (k.expires_at IS NULL OR k.expires_at > now())
            """, [id]
        ).first.map(Self.standing)
    }

    private static func standing(_ row: PostgresRow) throws -> StandingRecord {
        let roles = try JSONParser.parse(try row.string("roles")).object?.members ?? []
        return StandingRecord(
            person: try row.string("person"), isAdministrator: try row.bool("administrator"),
            roles: Dictionary(roles.map { ($0.name, $0.value.string ?? "") }) { first, _ in first },
            workspace: try row.optional("workspace_id"), secret: try row.optional("secret"),
            scopes: try row.optional("scopes")?.split(separator: ",").map(String.init),
            isUseDue: try row.bool("is_due"))
    }
}
