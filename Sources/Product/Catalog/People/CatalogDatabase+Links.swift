import Digests
public import JSONCoding
import Postgres

/// A link by which somebody chooses a password, once.
public struct SignInLinkRecord: Sendable, Equatable {
    /// What it is for.
    public enum Kind: String, Sendable, CaseIterable {
        /// Makes the first administrator.
        case first
        /// Lets somebody in who was added.
        case invitation
        /// Takes the place of a password that was forgotten.
        case reset

        /// Hours that it counts.
        public var hours: Int {
            switch self {
            case .first, .reset: 24
            case .invitation: 72
            }
        }
    }

    public let kind: Kind
    /// Whose it is; `nil` for the first administrator's.
    public let person: String?
    /// What they sign in with, and are called; empty for the first administrator.
    public let login: String
    public let name: String

    /// The wire form.
    public var json: JSONValue {
        ["kind": .string(kind.rawValue), "login": .string(login), "name": .string(name)]
    }
}

extension CatalogDatabase {
    /// Offers the first administrator's link: the one that was offered before, as long as it counts, since a program may start
    /// just when somebody opens it.
    ///
    /// - Parameter digest: SHA-256 of the token of a link that ends at the time given; another one is put in the place of a
    ///   link that is not of it.
    /// - Returns: When it ends; `nil` where it is not needed, since somebody has an account.
    public func offerFirstLink(_ digest: @escaping @Sendable (_ expiry: String) -> String) async throws -> String? {
        try await prepare()
        return try await database.transaction { connection in
            // Programs that start side by side offer the same.
            try connection.query("SELECT pg_advisory_xact_lock(4711200612)")
            let rows = try connection.query("SELECT EXISTS (SELECT FROM people) AS there")
            if try rows.first?.bool("there") ?? true { return nil }
            let expiry = "extract(epoch FROM expires_at)::bigint::text AS expiry"
            let offered = try connection.query(
                "SELECT digest, \(expiry) FROM sign_in_links WHERE kind = 'first' AND expires_at > now()")
            if let row = offered.first {
                let end = try row.string("expiry")
                if digest(end) == (try row.string("digest")) { return end }
            }
            let moments = try connection.query(
                """
                SELECT extract(epoch FROM date_trunc('second', now()))::bigint
                    + \(SignInLinkRecord.Kind.first.hours) * 3600 AS expiry
                """)
            guard let end = try moments.first?.string("expiry") else { return nil }
            try Self.setLink("first", person: nil, digest: digest(end), connection)
            try connection.query(
                "UPDATE sign_in_links SET expires_at = to_timestamp($1::bigint) WHERE kind = 'first'", [end])
            return end
        }
    }

    /// Offers somebody a link to choose a new password by, in the place of the one before: an invitation again, where they have
    /// never had one.
    ///
    /// - Returns: What it is for; `nil` when there is nobody of this id, or they may not sign in.
    public func offerReset(to person: String, _ digest: String) async throws -> SignInLinkRecord.Kind? {
        guard UUIDv7.isValid(person) else { return nil }
        try await prepare()
        return try await database.transaction { connection in
            let rows = try connection.query(
                "SELECT NOT \(PersonRecord.hasCome) AS is_new FROM people p WHERE id = $1::uuid AND active FOR SHARE OF p",
                [person])
            guard let row = rows.first else { return nil }
            let kind: SignInLinkRecord.Kind = try row.bool("is_new") ? .invitation : .reset
            try Self.setLink(kind.rawValue, person: person, digest: digest, connection)
            return kind
        }
    }

    static func setLink(
        _ kind: String, person: String?, digest: String, _ connection: isolated PostgresConnection
    ) throws {
        let hours = SignInLinkRecord.Kind(rawValue: kind)?.hours ?? 0
        try connection.query(
            """
            INSERT INTO sign_in_links AS l (digest, kind, person_id, expires_at)
            VALUES ($1, $2, $3::uuid, now() + \(hours) * interval '1 hour')
            ON CONFLICT (coalesce(person_id, '00000000-0000-0000-0000-000000000000')) DO UPDATE
            SET digest = excluded.digest, kind = excluded.kind, expires_at = excluded.expires_at
            """, [digest, kind, person])
    }

    static let openLink = """
        SELECT l.kind, l.person_id, coalesce(p.login, '') AS login, coalesce(p.name, '') AS name
        FROM sign_in_links l LEFT JOIN people p ON p.id = l.person_id
        WHERE l.digest = $1 AND l.expires_at > now() AND
            CASE WHEN l.person_id IS NULL THEN NOT EXISTS (SELECT FROM people) ELSE p.active END
        """

    /// What a link is for; `nil` when it is unknown, used or too old.
    public func link(_ digest: String) async throws -> SignInLinkRecord? {
        try await query(Self.openLink, [digest]).first.flatMap(Self.link)
    }

    static func link(_ row: PostgresRow) throws(PostgresError) -> SignInLinkRecord? {
        guard let kind = SignInLinkRecord.Kind(rawValue: try row.string("kind")) else { return nil }
        return SignInLinkRecord(
            kind: kind, person: try row.optional("person_id"), login: try row.string("login"),
            name: try row.string("name"))
    }

    /// Uses up the first administrator's link: whoever has it is administrator, and owner of the first workspace.
    ///
    /// - Returns: Whether the link was good; of several that use it side by side it is for one.
    public func acceptFirst(
        _ digest: String, person: String, login: LoginName, name: String, password: String
    ) async throws -> Bool {
        try await prepare()
        return try await database.transaction { connection in
            // Nobody else comes to be the first meanwhile, by this link or one that was printed just now.
            try connection.execute("LOCK TABLE people IN SHARE ROW EXCLUSIVE MODE")
            guard try !connection.query(Self.openLink, [digest]).isEmpty else { return false }
            try connection.query("DELETE FROM sign_in_links WHERE digest = $1", [digest])
            try connection.query(
                """
                INSERT INTO people (id, login, login_key, name, password, administrator)
                VALUES ($1::uuid, $2, $3, $4, $5, true)
                """, [person, login.text, login.key, name, password])
            try Self.setMember(
                person, Membership(workspace: Self.firstWorkspace, role: "owner"), connection)
            return true
        }
    }

    /// Uses up the link of somebody who has an account: the password is theirs from then on, and all their sessions end.
    ///
    /// - Parameter name: A new name, if they gave one.
    /// - Returns: Whether the link was good; of several that use it side by side it is for one.
    public func accept(_ digest: String, person: String, name: String?, password: String) async throws -> Bool {
        guard UUIDv7.isValid(person) else { return false }
        try await prepare()
        return try await database.transaction { connection in
            let used = try connection.query(
                """
                DELETE FROM sign_in_links WHERE digest = $1 AND person_id = $2::uuid AND expires_at > now()
                RETURNING digest
                """, [digest, person])
            guard !used.isEmpty else { return false }
            let changed = try connection.query(
                """
                UPDATE people SET password = $2, name = coalesce($3, name), updated_at = now()
                WHERE id = $1::uuid AND active RETURNING id
                """, [person, password, name])
            guard !changed.isEmpty else { return false }
            try connection.query("DELETE FROM sessions WHERE person_id = $1::uuid", [person])
            return true
        }
    }
}
