import Digests
public import JSONCoding
import Postgres

/// Somebody who belongs to a workspace.
public struct MemberRecord: Sendable, Equatable {
    public let person: String
    public let login: String
    public let name: String
    public let role: String
    public let isActive: Bool

    init(_ row: PostgresRow) throws(PostgresError) {
        person = try row.string("id")
        login = try row.string("login")
        name = try row.string("name")
        role = try row.string("role")
        isActive = try row.bool("active")
    }

    /// The wire form.
    public var json: JSONValue {
        [
            "id": .string(person), "login": .string(login), "name": .string(name), "role": .string(role),
            "active": .bool(isActive),
        ]
    }
}

extension CatalogDatabase {
    /// The members of a workspace, in the order in which they got their accounts.
    ///
    /// - Parameter after: Id of the last one of the page before.
    public func members(of workspace: String, limit: Int, after: String?) async throws -> [MemberRecord] {
        if let after, !UUIDv7.isValid(after) { return [] }
        return try await query(
            """
            SELECT p.id, p.login, p.name, p.active, m.role FROM members m JOIN people p ON p.id = m.person_id
            WHERE m.workspace_id = $1 AND ($2::uuid IS NULL OR m.person_id > $2::uuid)
            ORDER BY m.person_id LIMIT \(limit)
            """, [workspace, after]
        ).map(MemberRecord.init)
    }

    /// Makes somebody a member of a workspace, or another kind of member.
    ///
    /// - Parameter leavesOwnerless: Whether the last owner may become less, which administrators decide.
    /// - Returns: `nil` when there is nobody of this id.
    /// - Throws: `PeopleRefusal`.
    public func setMember(_ person: String, _ membership: Membership, leavesOwnerless: Bool) async throws
        -> MemberRecord?
    {
        guard UUIDv7.isValid(person) else { return nil }
        try await prepare()
        return try await database.transaction { connection in
            let there = try connection.query("SELECT FROM people WHERE id = $1::uuid FOR KEY SHARE", [person])
            guard !there.isEmpty else { return nil }
            if membership.role != "owner", !leavesOwnerless {
                try Self.requireOtherOwner(than: person, of: membership.workspace, connection)
            }
            try Self.setMember(person, membership, connection)
            let rows = try connection.query(
                "SELECT id, login, name, active, $2 AS role FROM people WHERE id = $1::uuid",
                [person, membership.role])
            return try rows.first.map(MemberRecord.init)
        }
    }

    /// Removes somebody from a workspace. Returns whether they were a member.
    ///
    /// - Parameter leavesOwnerless: Whether the last owner may go, which administrators decide.
    /// - Throws: `PeopleRefusal.lastOwner`.
    public func removeMember(_ person: String, from workspace: String, leavesOwnerless: Bool) async throws -> Bool {
        guard UUIDv7.isValid(person) else { return false }
        try await prepare()
        return try await database.transaction { connection in
            if !leavesOwnerless { try Self.requireOtherOwner(than: person, of: workspace, connection) }
            let removed = try connection.query(
                "DELETE FROM members WHERE workspace_id = $1 AND person_id = $2::uuid RETURNING person_id",
                [workspace, person])
            return !removed.isEmpty
        }
    }

    static func setMember(
        _ person: String, _ membership: Membership, _ connection: isolated PostgresConnection
    ) throws {
        let limit = PeopleLimits.members
        let rows = try connection.query(
            """
            INSERT INTO members (workspace_id, person_id, role) SELECT $1, $2::uuid, $3
            WHERE EXISTS (SELECT FROM members WHERE workspace_id = $1 AND person_id = $2::uuid)
                OR NOT EXISTS (SELECT FROM members WHERE workspace_id = $1 OFFSET \(limit - 1))
            ON CONFLICT (workspace_id, person_id) DO UPDATE SET role = excluded.role RETURNING role
            """, [membership.workspace, person, membership.role])
        guard !rows.isEmpty else { throw PeopleRefusal.full(what: "members of this workspace", limit: limit) }
    }

    /// Whoever was invited and has not come yet owns nothing. Locks the owners, so that two who go at the same time see each other.
    private static func requireOtherOwner(
        than person: String, of workspace: String, _ connection: isolated PostgresConnection
    ) throws {
        let rows = try connection.query(
            """
            SELECT m.person_id FROM members m JOIN people p ON p.id = m.person_id
            WHERE m.workspace_id = $1 AND m.role = 'owner' AND p.active AND \(PersonRecord.hasCome)
            ORDER BY m.person_id FOR UPDATE OF m
            """, [workspace])
        let ids = try rows.map { row throws(PostgresError) in try row.string("person_id") }
        if ids == [person] { throw PeopleRefusal.lastOwner }
    }
}
