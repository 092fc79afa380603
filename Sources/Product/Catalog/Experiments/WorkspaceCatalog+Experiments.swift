import Digests
public import JSONCoding
import Postgres

/// What was measured of a workspace's answers once, under a name.
public struct ExperimentRecord: Sendable {
    public let id: String
    public let name: String
    public let createdAt: String
    /// What was measured and how: an object, as it was sent.
    public let result: JSONValue
    /// Its trial in service, in short; null when it has had none.
    public let split: JSONValue

    static let columns = """
        id, name, result::text AS result, \(SQLTime.column("created_at")),
        (SELECT json_build_object('share', s.share, 'variant', s.variant, 'isRunning', s.ended_at IS NULL, 'winner', s.winner)
         FROM splits s WHERE s.id = experiments.id)::text AS split
        """

    init(_ row: PostgresRow) throws {
        id = try row.string("id")
        name = try row.string("name")
        createdAt = try row.string("created_at")
        result = try JSONParser.parse(try row.string("result"))
        split = try row.optional("split").map { try JSONParser.parse($0) } ?? .null
    }

    /// The wire form.
    public var json: JSONValue {
        var object: JSONObject = ["id": .string(id), "name": .string(name), "createdAt": .string(createdAt)]
        for (name, value) in result.object?.members ?? [] where object[name] == nil { object[name] = value }
        object["split"] = split
        return .object(object)
    }
}

extension WorkspaceCatalog {
    /// Keeps what was measured.
    ///
    /// - Throws: `WorkspaceFull`.
    public func addExperiment(_ id: String, name: String, result: JSONObject) async throws -> ExperimentRecord {
        let rows = try await query(
            """
            INSERT INTO experiments (id, workspace_id, name, result)
            SELECT $1::uuid, $2, $3, $4::json WHERE \(Self.hasRoom("experiments", limits.experiments, workspace: "$2"))
            RETURNING \(ExperimentRecord.columns)
            """,
            [id, workspace, name, JSONValue.object(result).text])
        guard let row = rows.first else {
            try await requireRoom("experiments", limits.experiments)
            throw PostgresError.contention
        }
        return try ExperimentRecord(row)
    }

    /// What was measured, the newest first.
    ///
    /// - Parameter before: Id of the last one of the page before.
    public func experiments(limit: Int, before: String?) async throws -> [ExperimentRecord] {
        if let before, !UUIDv7.isValid(before) { return [] }
        let rows = try await query(
            """
            SELECT \(ExperimentRecord.columns) FROM experiments
            WHERE workspace_id = $1
                AND ($2::uuid IS NULL OR (experiments.created_at, experiments.id) <
                    (SELECT p.created_at, p.id FROM experiments p WHERE p.workspace_id = $1 AND p.id = $2::uuid))
            ORDER BY experiments.created_at DESC, experiments.id DESC LIMIT \(limit)
            """,
            [workspace, before])
        return try rows.map(ExperimentRecord.init)
    }

    /// What was measured once; `nil` when it is not there.
    public func experiment(_ id: String) async throws -> ExperimentRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            "SELECT \(ExperimentRecord.columns) FROM experiments WHERE workspace_id = $1 AND id = $2::uuid",
            [workspace, id])
        return try rows.first.map(ExperimentRecord.init)
    }

    /// Removes what was measured once. Returns whether it was there.
    public func deleteExperiment(_ id: String) async throws -> Bool {
        guard UUIDv7.isValid(id) else { return false }
        return try await !query(
            "DELETE FROM experiments WHERE workspace_id = $1 AND id = $2 RETURNING id", [workspace, id]
        ).isEmpty
    }
}
