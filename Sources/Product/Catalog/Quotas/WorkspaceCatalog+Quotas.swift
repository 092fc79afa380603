import Postgres

/// The quotas of a workspace, and what it does when a budget is used up.
public struct QuotaPlan: Sendable {
    public var quotas: [QuotaRecord]
    public var policy: BudgetPolicy

    /// Describes what a workspace has set.
    public init(quotas: [QuotaRecord] = [], policy: BudgetPolicy = .refuse) {
        self.quotas = quotas
        self.policy = policy
    }

    /// Those that somebody's use counts against: the workspace's, their own or else each member's, and their key's.
    public func applying(to holder: QuotaHolder) -> [QuotaRecord] {
        quotas.filter { quota in
            switch quota.subject {
            case .workspace: true
            case .key(let id): id == holder.key
            case .person(let id): id == holder.person
            case .members: holder.person.map { own(quota.metric, of: $0) == nil } ?? false
            }
        }
    }

    private func own(_ metric: QuotaMetric, of person: String) -> QuotaRecord? {
        quotas.first { $0.metric == metric && $0.subject == .person(person) }
    }
}

extension WorkspaceCatalog {
    /// Quotas that one workspace may have: each of a few hundred people and keys.
    public static let mostQuotas = 2000

    /// Everything that was set.
    public func quotaPlan() async throws -> QuotaPlan {
        let rows = try await query(
            """
            SELECT person_id, key_id, of_members, metric, amount FROM quotas WHERE workspace_id = $1
            ORDER BY person_id NULLS FIRST, key_id NULLS FIRST, of_members, metric LIMIT \(Self.mostQuotas)
            """,
            [workspace])
        let policy = try await query("SELECT budget_policy FROM workspaces WHERE id = $1", [workspace]).first
        return QuotaPlan(
            quotas: try rows.compactMap(QuotaRecord.init),
            policy: try policy.flatMap { BudgetPolicy(rawValue: try $0.string("budget_policy")) } ?? .refuse)
    }

    /// Sets quotas of one subject, all or none; what is not named stays as it is.
    ///
    /// - Parameters:
    ///   - amounts: `nil` takes a quota away.
    ///   - policy: `nil` leaves it as it is.
    /// - Returns: Whether the person is a member, or the key is one of this workspace.
    /// - Throws: `WorkspaceFull` when there are too many.
    public func setQuotas(
        _ amounts: [QuotaMetric: Double?], for subject: QuotaSubject, policy: BudgetPolicy? = nil
    ) async throws -> Bool {
        try await prepare()
        let columns = subject.columns
        return try await database.transaction { [workspace] connection in
            guard try Self.isThere(subject, in: workspace, connection) else { return false }
            if let policy {
                try connection.query(
                    "UPDATE workspaces SET budget_policy = $2 WHERE id = $1", [workspace, policy.rawValue])
            }
            for (metric, amount) in amounts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                let key = [workspace, columns.person, columns.key, columns.ofMembers, metric.rawValue]
                guard let amount else {
                    try connection.query(
                        """
                        DELETE FROM quotas WHERE workspace_id = $1 AND person_id IS NOT DISTINCT FROM $2::uuid
                            AND key_id IS NOT DISTINCT FROM $3 AND of_members = $4::boolean AND metric = $5
                        """, key)
                    continue
                }
                try connection.query(
                    """
                    INSERT INTO quotas (workspace_id, person_id, key_id, of_members, metric, amount)
                    VALUES ($1, $2::uuid, $3, $4::boolean, $5, $6::double precision)
                    ON CONFLICT ON CONSTRAINT quotas_once DO UPDATE SET amount = excluded.amount
                    """, key + [String(amount)])
            }
            let count = try connection.query(
                "SELECT count(*) AS quotas FROM quotas WHERE workspace_id = $1", [workspace]
            ).first?.int("quotas")
            if count ?? 0 > Self.mostQuotas { throw WorkspaceFull(what: "quotas", limit: Self.mostQuotas) }
            return true
        }
    }

    private static func isThere(
        _ subject: QuotaSubject, in workspace: String, _ connection: isolated PostgresConnection
    ) throws(PostgresError) -> Bool {
        switch subject {
        case .workspace, .members: true
        case .person(let id):
            try !connection.query(
                "SELECT FROM members WHERE workspace_id = $1 AND person_id = $2::uuid", [workspace, id]
            ).isEmpty
        case .key(let id):
            try !connection.query("SELECT FROM api_keys WHERE workspace_id = $1 AND id = $2", [workspace, id]).isEmpty
        }
    }
}

extension QuotaSubject {
    /// The values of the columns `person_id`, `key_id` and `of_members`.
    var columns: (person: String?, key: String?, ofMembers: String) {
        switch self {
        case .workspace: (nil, nil, "false")
        case .members: (nil, nil, "true")
        case .person(let id): (id, nil, "false")
        case .key(let id): (nil, id, "false")
        }
    }
}
