import Digests
public import JSONCoding
import Postgres

/// Somebody who is signed in, in one browser.
public struct SessionRecord: Sendable, Equatable {
    public let id: String
    public let createdAt: String
    public let lastUsedAt: String
    /// What the browser called itself, and where it was when it signed in; empty when unknown.
    public let userAgent: String
    public let address: String

    static let columns = "id, \(SQLTime.column("created_at")), \(SQLTime.column("last_used_at")), user_agent, address"

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row.string("id")
        createdAt = try row.string("created_at")
        lastUsedAt = try row.string("last_used_at")
        userAgent = try row.string("user_agent")
        address = try row.string("address")
    }

    /// The wire form.
    ///
    /// - Parameter current: The session that asks.
    public func json(current: String?) -> JSONValue {
        [
            "id": .string(id), "createdAt": .string(createdAt), "lastUsedAt": .string(lastUsedAt),
            "userAgent": .string(userAgent), "address": .string(address), "current": .bool(id == current),
        ]
    }
}

extension CatalogDatabase {
    /// Days after its last use, and after its beginning, when a session ends.
    public static let sessionDays = (unused: 30, most: 180)

    /// True of a session that has not run out.
    static let isAlive = """
        (s.last_used_at > now() - interval '\(sessionDays.unused) days'
         AND s.created_at > now() - interval '\(sessionDays.most) days')
        """

    /// By what somebody has signed in.
    public enum Proof: Sendable {
        /// A password that was verified: what scrypt made of it. Whoever changes it meanwhile ends this session too.
        case password(String)
        /// What an identity provider of this name said; the token is shown to it when they sign out.
        case identity(Identity, provider: String, idToken: String?)
    }

    /// Begins a session.
    ///
    /// - Parameters:
    ///   - proof: By what they have signed in.
    ///   - refresh: SHA-256 of the refresh token.
    /// - Returns: Whether they may still sign in, by this proof.
    public func addSession(
        _ id: String, of person: String, by proof: Proof, refresh: String, userAgent: String, address: String
    ) async throws -> Bool {
        guard UUIDv7.isValid(person) else { return false }
        let rows: [PostgresRow]
        switch proof {
        case .password(let password):
            rows = try await query(
                """
                INSERT INTO sessions (id, person_id, refresh, user_agent, address)
                SELECT $2::uuid, id, $4, $5, $6 FROM people
                WHERE id = $1::uuid AND active AND password = $3 FOR SHARE RETURNING id
                """, [person, id, password, refresh, userAgent, address])
        case .identity(let identity, let provider, let idToken):
            rows = try await query(
                """
                INSERT INTO sessions (id, person_id, refresh, user_agent, address, provider, id_token)
                SELECT $2::uuid, p.id, $5, $6, $7, $8, $9 FROM people p JOIN identities i ON i.person_id = p.id
                WHERE p.id = $1::uuid AND p.active AND i.issuer = $3 AND i.subject = $4 FOR SHARE RETURNING id
                """,
                [person, id, identity.issuer, identity.subject, refresh, userAgent, address, provider, idToken])
        }
        guard !rows.isEmpty else { return false }
        try await query(
            """
            DELETE FROM sessions s WHERE s.person_id = $1::uuid AND (NOT \(Self.isAlive) OR s.id IN (
                SELECT o.id FROM sessions o WHERE o.person_id = $1::uuid
                ORDER BY o.last_used_at DESC, o.id DESC OFFSET \(PeopleLimits.sessions)))
            """, [person])
        return true
    }

    /// What came of a refresh token.
    public enum Rotation: Sendable, Equatable {
        /// Of this person: the token of this SHA-256 counts from now on, or already does.
        case done(person: String, refresh: String)
        /// There is no such session any more; or the token was used again, and the session of this person has been ended.
        case refused(ended: String?)
    }

    /// Puts the next refresh token in the place of one that was used. The one before counts for half a minute more, with the
    /// same successor: two tabs may use it side by side.
    ///
    /// - Parameters:
    ///   - given: SHA-256 of the token that was used.
    ///   - successors: SHA-256 of what may follow it; the first is put in its place.
    ///   - cameBefore: Whether the token of a SHA-256 is one that followed from it.
    public func rotate(
        _ session: String, given: String, successors: [String], cameBefore: (String) -> Bool
    ) async throws -> Rotation {
        guard UUIDv7.isValid(session), let next = successors.first else { return .refused(ended: nil) }
        let rotated = try await query(
            """
            UPDATE sessions s SET refresh = $3, previous = $2, previous_until = now() + interval '30 seconds',
                last_used_at = now()
            FROM people p
            WHERE s.id = $1::uuid AND s.refresh = $2 AND p.id = s.person_id AND p.active AND \(Self.isAlive)
            RETURNING s.person_id, s.refresh
            """, [session, given, next])
        if let row = rotated.first { return try Self.done(row) }
        let again = try await query(
            """
            SELECT s.person_id, s.refresh FROM sessions s JOIN people p ON p.id = s.person_id
            WHERE s.id = $1::uuid AND s.previous = $2 AND s.previous_until > now() AND p.active AND \(Self.isAlive)
                AND s.refresh = ANY ($3::text[])
            """, [session, given, PostgresArray.text(successors)])
        if let row = again.first { return try Self.done(row) }
        // Somebody has a token that only its owner should have, and that its owner has used already. What never was one ends
        // nothing: a session's id is no secret.
        let current = try await query("SELECT refresh FROM sessions WHERE id = $1::uuid", [session]).first
        guard let current = try current?.string("refresh"), current != given, cameBefore(current) else {
            return .refused(ended: nil)
        }
        let ended = try await query(
            """
            DELETE FROM sessions WHERE id = $1::uuid AND refresh = $2
                AND (previous IS DISTINCT FROM $3 OR previous_until <= now()) RETURNING person_id
            """, [session, current, given])
        return .refused(ended: try ended.first?.string("person_id"))
    }

    private static func done(_ row: PostgresRow) throws -> Rotation {
        .done(person: try row.string("person_id"), refresh: try row.string("refresh"))
    }

    /// Somebody's sessions, the last used first.
    public func sessions(of person: String) async throws -> [SessionRecord] {
        guard UUIDv7.isValid(person) else { return [] }
        return try await query(
            """
            SELECT \(SessionRecord.columns) FROM sessions s WHERE person_id = $1::uuid AND \(Self.isAlive)
            ORDER BY s.last_used_at DESC, s.id DESC LIMIT \(PeopleLimits.sessions)
            """, [person]
        ).map(SessionRecord.init)
    }

    /// By which identity provider the person of a session signed in, and the token that it is shown when they sign out there;
    /// `nil` where there is none.
    public func provider(ofSession id: String) async throws -> (name: String, idToken: String?)? {
        guard UUIDv7.isValid(id) else { return nil }
        return try await query(
            "SELECT provider, id_token FROM sessions WHERE id = $1::uuid AND provider IS NOT NULL", [id]
        ).first.map { (try $0.string("provider"), try $0.optional("id_token")) }
    }

    /// Ends a session of somebody. Returns whether it was there.
    public func endSession(_ id: String, of person: String) async throws -> Bool {
        guard UUIDv7.isValid(id), UUIDv7.isValid(person) else { return false }
        return try await !query(
            "DELETE FROM sessions WHERE id = $1::uuid AND person_id = $2::uuid RETURNING id", [id, person]
        ).isEmpty
    }

    /// Ends the session that a refresh token is of.
    ///
    /// - Parameter refresh: SHA-256 of it.
    /// - Returns: Whose it was; `nil` when there was none.
    public func endSession(_ id: String, refresh: String) async throws -> String? {
        guard UUIDv7.isValid(id) else { return nil }
        return try await query(
            """
            DELETE FROM sessions WHERE id = $1::uuid AND (refresh = $2 OR previous = $2 AND previous_until > now())
            RETURNING person_id
            """, [id, refresh]
        ).first?.string("person_id")
    }

    /// Ends all sessions of somebody but one. Returns how many there were.
    public func endSessions(of person: String, except id: String) async throws -> Int {
        guard UUIDv7.isValid(id), UUIDv7.isValid(person) else { return 0 }
        return try await query(
            "DELETE FROM sessions WHERE person_id = $1::uuid AND id <> $2::uuid RETURNING id", [person, id]
        ).count
    }

    /// Keeps which workspace a session is about where a request does not say.
    public func choose(_ workspace: String, in session: String) async throws {
        guard UUIDv7.isValid(session) else { return }
        try await query("UPDATE sessions SET workspace_id = $2 WHERE id = $1::uuid", [session, workspace])
    }

    /// Notes that a session is used, at most once a minute.
    public func noteUse(ofSession id: String) async throws {
        guard UUIDv7.isValid(id) else { return }
        try await query(
            """
            UPDATE sessions SET last_used_at = now()
            WHERE id = $1::uuid AND last_used_at < now() - interval '1 minute'
            """, [id])
    }
}
