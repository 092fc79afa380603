import Digests
import Postgres

extension CatalogDatabase {
    /// A workspace, and what somebody is to be there: `reader`, `editor` or `owner`.
    public struct Membership: Sendable, Equatable {
        public let workspace: String
        public let role: String

        /// Names both.
        public init(workspace: String, role: String) {
            self.workspace = workspace
            self.role = role
        }
    }

    /// Whether anybody has an account.
    public func hasPeople() async throws -> Bool {
        try await query("SELECT EXISTS (SELECT FROM people) AS there").first?.bool("there") ?? false
    }

    /// Somebody by their id; `nil` when there is nobody of it.
    public func person(_ id: String) async throws -> PersonRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        return try await query("SELECT \(PersonRecord.columns) FROM people WHERE id = $1::uuid", [id]).first
            .map(PersonRecord.init)
    }

    /// What a sign-in is checked against: who it is, what scrypt made of their password, and whether they may.
    public func credential(of login: LoginName) async throws -> (person: String, password: String?, isActive: Bool)? {
        try await query("SELECT id, password, active FROM people WHERE login_key = $1", [login.key]).first
            .map { (try $0.string("id"), try $0.optional("password"), try $0.bool("active")) }
    }

    /// What scrypt made of somebody's password; `nil` where there is none.
    public func password(of person: String) async throws -> String? {
        guard UUIDv7.isValid(person) else { return nil }
        return try await query("SELECT password FROM people WHERE id = $1::uuid", [person]).first?.optional("password")
    }

    /// Everybody, in the order in which they came.
    ///
    /// - Parameter after: Id of the last one of the page before.
    public func people(limit: Int, after: String?) async throws -> [PersonRecord] {
        if let after, !UUIDv7.isValid(after) { return [] }
        return try await query(
            """
            SELECT \(PersonRecord.columns) FROM people WHERE $1::uuid IS NULL OR id > $1::uuid
            ORDER BY id LIMIT \(limit)
            """, [after]
        ).map(PersonRecord.init)
    }

    /// Adds somebody who chooses a password by a link.
    ///
    /// - Parameter digest: SHA-256 of the link's token.
    /// - Throws: `PeopleRefusal`.
    public func addPerson(
        _ id: String, login: LoginName, name: String, isAdministrator: Bool, memberships: [Membership], digest: String
    ) async throws -> PersonRecord {
        try await prepare()
        let limits = (people: PeopleLimits.people, members: PeopleLimits.members)
        return try await database.transaction { connection in
            let rows: [PostgresRow]
            do {
                rows = try connection.query(
                    """
                    INSERT INTO people (id, login, login_key, name, administrator)
                    SELECT $1::uuid, $2, $3, $4, $5::boolean
                    WHERE NOT EXISTS (SELECT FROM people OFFSET \(limits.people - 1))
                    RETURNING \(PersonRecord.columns)
                    """, [id, login.text, login.key, name, String(isAdministrator)])
            } catch let error as PostgresError where error.isUniqueViolation {
                throw PeopleRefusal.loginTaken
            }
            guard let row = rows.first else { throw PeopleRefusal.full(what: "people", limit: limits.people) }
            for membership in memberships {
                let there = try connection.query(
                    "SELECT FROM workspaces WHERE id = $1 FOR KEY SHARE", [membership.workspace])
                guard !there.isEmpty else { throw PeopleRefusal.noWorkspace(membership.workspace) }
                try Self.setMember(id, membership, connection)
            }
            try Self.setLink("invitation", person: id, digest: digest, connection)
            return try PersonRecord(row)
        }
    }

    /// Changes what is given. Whoever may not sign in any more has no sessions from then on.
    ///
    /// - Returns: `nil` when there is nobody of this id.
    /// - Throws: `PeopleRefusal.lastAdministrator`.
    public func changePerson(
        _ id: String, name: String? = nil, isAdministrator: Bool? = nil, isActive: Bool? = nil
    ) async throws -> PersonRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        try await prepare()
        return try await database.transaction { connection in
            if isAdministrator == false || isActive == false {
                try Self.requireOtherAdministrator(than: id, connection)
            }
            let rows = try connection.query(
                """
                UPDATE people SET name = coalesce($2, name), administrator = coalesce($3::boolean, administrator),
                    active = coalesce($4::boolean, active), updated_at = now()
                WHERE id = $1::uuid RETURNING \(PersonRecord.columns)
                """, [id, name, isAdministrator.map { String($0) }, isActive.map { String($0) }])
            if isActive == false {
                try connection.query("DELETE FROM sessions WHERE person_id = $1::uuid", [id])
                try connection.query("DELETE FROM sign_in_links WHERE person_id = $1::uuid", [id])
            }
            return try rows.first.map(PersonRecord.init)
        }
    }

    /// Removes somebody, with their memberships, sessions and keys. Their chats are marked, and the history app removes them from
    /// all stores (`chatsBeingDeleted`). Returns whether they were there.
    ///
    /// - Throws: `PeopleRefusal.lastAdministrator`.
    public func deletePerson(_ id: String) async throws -> Bool {
        guard UUIDv7.isValid(id) else { return false }
        try await prepare()
        return try await database.transaction { connection in
            try Self.requireOtherAdministrator(than: id, connection)
            // The lock keeps off chats that are just being begun (`WorkspaceCatalog.createChat`).
            try connection.query("SELECT FROM people WHERE id = $1::uuid FOR UPDATE", [id])
            try connection.query(
                """
                WITH own AS (
                    UPDATE chats SET deleting = true, undo_until = NULL, updated_at = now() WHERE person_id = $1::uuid
                    RETURNING id, workspace_id),
                forgotten AS (DELETE FROM answer_cache WHERE workspace_id IN (SELECT workspace_id FROM own))
                UPDATE documents d SET deleting = true, updated_at = now() FROM own WHERE d.chat_id = own.id
                """, [id])
            return try !connection.query("DELETE FROM people WHERE id = $1::uuid RETURNING id", [id]).isEmpty
        }
    }

    /// Puts a new password in the place of one that was verified, and ends the sessions beside the one in which that was done.
    ///
    /// - Parameter old: What scrypt made of the old one.
    /// - Returns: Whether it still was the password.
    public func changePassword(of person: String, from old: String, to new: String, in session: String) async throws
        -> Bool
    {
        guard UUIDv7.isValid(person), UUIDv7.isValid(session) else { return false }
        try await prepare()
        return try await database.transaction { connection in
            let changed = try connection.query(
                """
                UPDATE people SET password = $3, updated_at = now() WHERE id = $1::uuid AND password = $2 RETURNING id
                """, [person, old, new])
            guard !changed.isEmpty else { return false }
            try connection.query(
                "DELETE FROM sessions WHERE person_id = $1::uuid AND id <> $2::uuid", [person, session])
            return true
        }
    }

    /// Puts a costlier form of the same password in the place of one, unless it has changed meanwhile.
    public func rehashPassword(of person: String, from old: String, to new: String) async throws {
        guard UUIDv7.isValid(person) else { return }
        try await query("UPDATE people SET password = $3 WHERE id = $1::uuid AND password = $2", [person, old, new])
    }

    /// Whoever was invited and has not come yet administers nothing. Locks the administrators, so that two who go at the same time see each other.
    private static func requireOtherAdministrator(
        than id: String, _ connection: isolated PostgresConnection
    ) throws {
        let rows = try connection.query(
            """
            SELECT p.id FROM people p WHERE p.administrator AND p.active AND \(PersonRecord.hasCome)
            ORDER BY p.id FOR UPDATE OF p
            """)
        let ids = try rows.map { row throws(PostgresError) in try row.string("id") }
        if ids == [id] { throw PeopleRefusal.lastAdministrator }
    }
}
