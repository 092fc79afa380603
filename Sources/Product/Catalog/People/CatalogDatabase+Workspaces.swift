import Digests
public import JSONCoding
import Postgres

/// A workspace, as somebody sees it.
public struct WorkspaceRecord: Sendable, Equatable {
    public let id: String
    public let name: String
    /// What they are there.
    public let role: String
    public let retention: RetentionPolicy
    /// Whether links to chats are for whoever has them, and not for members alone.
    public let hasPublicLinks: Bool

    static let columns = "w.id, w.name, w.public_links, \(RetentionPolicy.columns)"

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row.string("id")
        name = try row.string("name")
        role = try row.string("role")
        retention = try RetentionPolicy(row)
        hasPublicLinks = try row.bool("public_links")
    }

    /// The wire form.
    public var json: JSONValue {
        var object: JSONObject = ["id": .string(id), "name": .string(name), "role": .string(role)]
        for (name, value) in retention.members { object[name] = value }
        if hasPublicLinks { object["publicLinks"] = true }
        return .object(object)
    }
}

extension CatalogDatabase {
    /// The workspaces that somebody is a member of, by name; all of them, as owner, for an administrator.
    ///
    /// - Parameter person: `nil` for the one person of an installation where nobody signs in.
    public func workspaces(of person: String?, isAdministrator: Bool) async throws -> [WorkspaceRecord] {
        if let person, !UUIDv7.isValid(person) { return [] }
        return try await query(
            """
            SELECT \(WorkspaceRecord.columns), CASE WHEN $2::boolean THEN 'owner' ELSE m.role END AS role
            FROM workspaces w LEFT JOIN members m ON m.workspace_id = w.id AND m.person_id = $1::uuid
            WHERE $2::boolean OR m.role IS NOT NULL
            ORDER BY lower(w.name), w.id LIMIT \(PeopleLimits.workspaces)
            """, [person, String(isAdministrator)]
        ).map(WorkspaceRecord.init)
    }

    /// Whether there is a workspace of this id.
    public func hasWorkspace(_ id: String) async throws -> Bool {
        try await !query("SELECT 1 FROM workspaces WHERE id = $1", [id]).isEmpty
    }

    /// Adds a workspace.
    ///
    /// - Parameter owner: Who owns it from the beginning.
    /// - Throws: `PeopleRefusal`.
    public func addWorkspace(_ id: String, name: String, owner: String) async throws -> WorkspaceRecord {
        try await prepare()
        let limit = PeopleLimits.workspaces
        return try await database.transaction { connection in
            let rows = try connection.query(
                """
                INSERT INTO workspaces AS w (id, name) SELECT $1, $2
                WHERE NOT EXISTS (SELECT FROM workspaces OFFSET \(limit - 1))
                ON CONFLICT DO NOTHING RETURNING \(WorkspaceRecord.columns), 'owner' AS role
                """, [id, name])
            guard let row = rows.first else {
                let there = try connection.query("SELECT 1 FROM workspaces WHERE id = $1", [id])
                throw there.isEmpty
                    ? PeopleRefusal.full(what: "workspaces", limit: limit) : PeopleRefusal.workspaceTaken(id)
            }
            try Self.setMember(owner, Membership(workspace: id, role: "owner"), connection)
            return try WorkspaceRecord(row)
        }
    }

    /// Changes a workspace, as somebody who owns it.
    ///
    /// - Parameters:
    ///   - name: `nil` leaves it as it is.
    ///   - publicLinks: Whether links to chats are for whoever has them; `nil` leaves it as it is.
    ///   - retention: Has the policy as it is, and changes it.
    /// - Returns: `nil` when it is not there.
    public func changeWorkspace(
        _ id: String, name: String?, publicLinks: Bool? = nil,
        retention change: @escaping @Sendable (inout RetentionPolicy) -> Void
    ) async throws -> WorkspaceRecord? {
        try await prepare()
        return try await database.transaction { connection in
            let before = try connection.query(
                "SELECT \(RetentionPolicy.columns) FROM workspaces WHERE id = $1 FOR NO KEY UPDATE", [id]
            ).first
            guard var policy = try before.map(RetentionPolicy.init) else { return nil }
            change(&policy)
            return try connection.query(
                """
                UPDATE workspaces w SET name = coalesce($2, name), keep_chats_days = $3::integer,
                    keep_documents_days = $4::integer, public_links = coalesce($5::boolean, public_links)
                WHERE id = $1 RETURNING \(WorkspaceRecord.columns), 'owner' AS role
                """,
                [
                    id, name, policy.chatsDays.map(String.init), policy.documentsDays.map(String.init),
                    publicLinks.map { String($0) },
                ]
            ).first.map(WorkspaceRecord.init)
        }
    }
}
