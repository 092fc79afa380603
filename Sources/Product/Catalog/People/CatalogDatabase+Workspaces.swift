import Digests
public import JSONCoding
import Postgres

/// A workspace, as somebody sees it.
public struct WorkspaceRecord: Sendable, Equatable {
    public let id: String
    public let name: String
    /// What they are there.
    public let role: String

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row.string("id")
        name = try row.string("name")
        role = try row.string("role")
    }

    /// The wire form.
    public var json: JSONValue { ["id": .string(id), "name": .string(name), "role": .string(role)] }
}

extension CatalogDatabase {
    /// The workspaces that somebody is a member of, by name; all of them, as owner, for an administrator.
    ///
    /// - Parameter person: `nil` for the one person of an installation where nobody signs in.
    public func workspaces(of person: String?, isAdministrator: Bool) async throws -> [WorkspaceRecord] {
        if let person, !UUIDv7.isValid(person) { return [] }
        return try await query(
            """
            SELECT w.id, w.name, CASE WHEN $2::boolean THEN 'owner' ELSE m.role END AS role
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
                INSERT INTO workspaces (id, name) SELECT $1, $2
                WHERE NOT EXISTS (SELECT FROM workspaces OFFSET \(limit - 1))
                ON CONFLICT DO NOTHING RETURNING id, name, 'owner' AS role
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

    /// Renames a workspace, as somebody who owns it. Returns `nil` when it is not there.
    public func renameWorkspace(_ id: String, to name: String) async throws -> WorkspaceRecord? {
        try await query(
            "UPDATE workspaces SET name = $2 WHERE id = $1 RETURNING id, name, 'owner' AS role", [id, name]
        ).first.map(WorkspaceRecord.init)
    }
}
