import Digests
import Postgres

extension CatalogDatabase {
    /// Attempts to sign in that are remembered as used, each for minutes.
    private static let mostAttempts = 100_000

    /// Notes that an attempt to sign in has come back.
    ///
    /// - Parameters:
    ///   - digest: SHA-256 of what came back.
    ///   - seconds: How long it could come back again.
    /// - Returns: Whether it was the first time. Where too many have come back already, it counts as not.
    public func useAttempt(_ digest: String, for seconds: Int64) async throws -> Bool {
        try await query("DELETE FROM used_attempts WHERE expires_at < now()")
        return try await !query(
            """
            INSERT INTO used_attempts (digest, expires_at)
            SELECT $1, now() + \(seconds) * interval '1 second'
            WHERE NOT EXISTS (SELECT FROM used_attempts OFFSET \(Self.mostAttempts - 1))
            ON CONFLICT DO NOTHING RETURNING digest
            """, [digest]
        ).isEmpty
    }

    /// Finds out who somebody is whom an identity provider has signed in, makes them if that is wanted, and has their roles be
    /// what the provider's groups say.
    ///
    /// - Throws: `PeopleRefusal.full`.
    public func admit(_ claim: IdentityClaim) async throws -> Admission {
        try await prepare()
        do { return try await admitOnce(claim) } catch let error as PostgresError where error.isUniqueViolation {
            // They came twice side by side, or two of one name did: the other one is there by now.
            do { return try await admitOnce(claim) } catch let error as PostgresError where error.isUniqueViolation {
                return .refused(.notAdmitted)
            }
        }
    }

    private func admitOnce(_ claim: IdentityClaim) async throws -> Admission {
        try await database.transaction { connection in
            let admission = try Self.find(claim, connection)
            if case .admitted(let person, _) = admission { try Self.setRoles(of: person, claim.roles, connection) }
            return admission
        }
    }

    private static func find(_ claim: IdentityClaim, _ connection: isolated PostgresConnection) throws -> Admission {
        let identity = claim.identity
        let known = try connection.query(
            """
            SELECT p.id, p.active FROM identities i JOIN people p ON p.id = i.person_id
            WHERE i.issuer = $1 AND i.subject = $2 FOR SHARE OF p
            """, [identity.issuer, identity.subject]
        ).first.map { (id: try $0.string("id"), isActive: try $0.bool("active")) }
        if let link = claim.link { return try useLink(link, claim, known: known?.id, connection) }
        if let known { return known.isActive ? .admitted(person: known.id, by: .known) : .refused(.notAdmitted) }
        if claim.isFirstAdministrator, let login = claim.login,
            let person = try addFirst(login, claim, connection)
        {
            return .admitted(person: person, by: .first)
        }
        guard let login = claim.login else { return .refused(.notAdmitted) }
        let rows = try connection.query(
            """
            SELECT p.id, p.active, (
                SELECT i.subject FROM identities i WHERE i.person_id = p.id AND i.issuer = $2) AS subject
            FROM people p WHERE p.login_key = $1 FOR UPDATE OF p
            """, [login.key, identity.issuer])
        guard let row = rows.first else { return try addNew(login, claim, connection) }
        let subject = try row.optional("subject")
        // The name was somebody's whom the provider calls otherwise: it has been given to another since.
        guard try row.bool("active"), subject == nil || subject == identity.subject else {
            return .refused(.notAdmitted)
        }
        let person = try row.string("id")
        // They have come twice side by side, and were let in since it was looked who they are.
        if subject != nil { return .admitted(person: person, by: .known) }
        try add(identity, of: person, connection)
        // They have come: whoever else has their invitation is not to choose a password for them.
        try connection.query("DELETE FROM sign_in_links WHERE person_id = $1::uuid", [person])
        return .admitted(person: person, by: .name)
    }

    /// Takes the link of an invitation or reset as proof of who somebody is, or makes the first administrator.
    private static func useLink(
        _ digest: String, _ claim: IdentityClaim, known: String?, _ connection: isolated PostgresConnection
    ) throws -> Admission {
        guard let link = try connection.query(openLink, [digest]).first.flatMap(link) else { return .refused(.link) }
        guard let person = link.person else {
            guard let login = claim.login ?? claim.spareLogin, let first = try addFirst(login, claim, connection) else {
                return .refused(.link)
            }
            return .admitted(person: first, by: .first)
        }
        if let known, known != person { return .refused(.taken) }
        // Of several who use it side by side it is for one.
        let used = try connection.query(
            "DELETE FROM sign_in_links WHERE digest = $1 AND expires_at > now() RETURNING digest", [digest])
        let active = try connection.query("SELECT FROM people WHERE id = $1::uuid AND active FOR UPDATE", [person])
        guard !used.isEmpty, !active.isEmpty else { return .refused(.link) }
        try connection.query(
            "DELETE FROM identities WHERE person_id = $1::uuid AND issuer = $2", [person, claim.identity.issuer])
        try add(claim.identity, of: person, connection)
        // A link takes the place of what somebody signed in by before: a password that others may know does not count on.
        try connection.query(
            "UPDATE people SET password = NULL, updated_at = now() WHERE id = $1::uuid", [person])
        try connection.query("DELETE FROM sessions WHERE person_id = $1::uuid", [person])
        return .admitted(person: person, by: .link)
    }

    private static func add(_ identity: Identity, of person: String, _ connection: isolated PostgresConnection) throws {
        try connection.query(
            "INSERT INTO identities (issuer, subject, person_id) VALUES ($1, $2, $3::uuid)",
            [identity.issuer, identity.subject, person])
    }

    /// Makes the first administrator, who owns the first workspace; `nil` where somebody has an account.
    private static func addFirst(
        _ login: LoginName, _ claim: IdentityClaim, _ connection: isolated PostgresConnection
    ) throws -> String? {
        // Nobody else comes to be the first meanwhile, by a link or otherwise.
        try connection.execute("LOCK TABLE people IN SHARE ROW EXCLUSIVE MODE")
        guard try connection.query("SELECT FROM people LIMIT 1").isEmpty else { return nil }
        try connection.query("DELETE FROM sign_in_links WHERE kind = 'first'")
        let person = try insert(login, claim, isAdministrator: true, connection)
        try setMember(person, Membership(workspace: firstWorkspace, role: "owner"), connection)
        return person
    }

    /// Makes somebody of whom nobody has heard, where that is wanted. Where nobody has an account yet there is an
    /// administrator to come before them.
    private static func addNew(
        _ login: LoginName, _ claim: IdentityClaim, _ connection: isolated PostgresConnection
    ) throws -> Admission {
        guard claim.makesPeople, try !connection.query("SELECT FROM people LIMIT 1").isEmpty else {
            return .refused(.notAdmitted)
        }
        let limit = PeopleLimits.people
        guard try connection.query("SELECT FROM people OFFSET \(limit - 1) LIMIT 1").isEmpty else {
            throw PeopleRefusal.full(what: "people", limit: limit)
        }
        return .admitted(person: try insert(login, claim, isAdministrator: false, connection), by: .new)
    }

    private static func insert(
        _ login: LoginName, _ claim: IdentityClaim, isAdministrator: Bool, _ connection: isolated PostgresConnection
    ) throws -> String {
        let person = UUIDv7.make()
        try connection.query(
            """
            INSERT INTO people (id, login, login_key, name, administrator) VALUES ($1::uuid, $2, $3, $4, $5::boolean)
            """, [person, login.text, login.key, claim.name, String(isAdministrator)])
        try add(claim.identity, of: person, connection)
        return person
    }

    /// Workspaces that are not there are left out. The last owner of one may go: administrators own every workspace, and have
    /// left it to the groups.
    private static func setRoles(
        of person: String, _ roles: [String: String?], _ connection: isolated PostgresConnection
    ) throws {
        for (workspace, role) in roles.sorted(by: { $0.key < $1.key }) {
            guard let role else {
                try connection.query(
                    "DELETE FROM members WHERE workspace_id = $1 AND person_id = $2::uuid", [workspace, person])
                continue
            }
            let there = try connection.query("SELECT FROM workspaces WHERE id = $1 FOR KEY SHARE", [workspace])
            if !there.isEmpty { try setMember(person, Membership(workspace: workspace, role: role), connection) }
        }
    }
}
