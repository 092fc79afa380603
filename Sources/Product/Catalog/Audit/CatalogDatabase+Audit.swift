import Postgres

extension CatalogDatabase {
    /// Which entries are looked for; what is `nil` restricts nothing.
    public struct AuditFilter: Sendable {
        public var workspace: String?
        public var person: String?
        /// RFC 3339.
        public var from: String?
        public var until: String?

        /// All entries.
        public init() {}
    }

    /// What came of looking at the whole chain.
    public enum AuditState: Sendable, Equatable {
        /// Every entry follows the one before it; how many there are.
        case intact(Int)
        /// The first entry that does not: it, or one before it, was changed, taken out or put in.
        case broken(at: Int)
    }

    /// The lock under which entries are added, one batch after another: a chain has one end.
    private static let auditLock = 0x6170_7573_0000_0001
    private static let auditPage = 1000

    /// Adds entries behind those that are there, in one transaction.
    public func addAudit(_ events: [AuditEntry.Event]) async throws {
        guard !events.isEmpty else { return }
        try await prepare()
        try await database.transaction { connection in
            try connection.query("SELECT pg_advisory_xact_lock(\(Self.auditLock))")
            let last = try connection.query("SELECT number, digest FROM audit ORDER BY number DESC LIMIT 1").first
            var (number, digest) = (try last?.int("number") ?? 0, try last?.string("digest") ?? "")
            if last == nil, let anchor = try connection.query("SELECT number, digest FROM audit_anchor").first {
                (number, digest) = (try anchor.int("number"), try anchor.string("digest"))
            }
            for event in events {
                number += 1
                digest = AuditEntry.digest(of: event, number: number, after: digest)
                try connection.query(
                    """
                    INSERT INTO audit (number, at, workspace_id, person_id, credential, action, object, status, address,
                        request_id, digest)
                    VALUES ($1::bigint, $2::timestamptz, $3, $4::uuid, $5, $6, $7, $8::int, $9, $10, $11)
                    """,
                    [
                        String(number), event.at, event.workspace, event.person, event.credential, event.action,
                        event.object, String(event.status), event.address, event.requestId, digest,
                    ])
            }
        }
    }

    /// Entries, the newest first.
    ///
    /// - Parameter before: Number of the last entry of the page before.
    public func audit(_ filter: AuditFilter, limit: Int, before: Int?) async throws -> [AuditEntry] {
        try await query(
            """
            SELECT \(AuditEntry.columns) FROM audit
            WHERE ($1::text IS NULL OR workspace_id = $1) AND ($2::uuid IS NULL OR person_id = $2::uuid)
                AND ($3::timestamptz IS NULL OR at >= $3::timestamptz) AND ($4::timestamptz IS NULL OR at < $4::timestamptz)
                AND ($5::bigint IS NULL OR number < $5::bigint)
            ORDER BY number DESC LIMIT \(limit)
            """,
            [filter.workspace, filter.person, filter.from, filter.until, before.map { String($0) }]
        ).map(AuditEntry.init)
    }

    /// Entries in their order, for a file.
    ///
    /// - Parameter after: Number of the last entry of the page before; 0 for the beginning.
    public func audit(after: Int, limit: Int) async throws -> [AuditEntry] {
        try await query(
            "SELECT \(AuditEntry.columns) FROM audit WHERE number > $1::bigint ORDER BY number LIMIT \(limit)",
            [String(after)]
        ).map(AuditEntry.init)
    }

    /// Looks at the whole chain.
    public func auditState() async throws -> AuditState {
        let anchor = try await query("SELECT number, digest FROM audit_anchor").first
        var (number, digest) = (try anchor?.int("number") ?? 0, try anchor?.string("digest") ?? "")
        var count = 0
        while true {
            let page = try await audit(after: number, limit: Self.auditPage)
            for entry in page {
                guard entry.number == number + 1, entry.follows(digest) else { return .broken(at: entry.number) }
                (number, digest) = (entry.number, entry.digest)
            }
            count += page.count
            if page.count < Self.auditPage { return .intact(count) }
        }
    }

    /// Removes the oldest entries, and remembers where the chain begins from then on. Returns how many they were.
    ///
    /// - Parameter days: Age from which on entries go.
    public func removeAudit(olderThanDays days: Int) async throws -> Int {
        try await prepare()
        return try await database.transaction { connection in
            try connection.query("SELECT pg_advisory_xact_lock(\(Self.auditLock))")
            let last = try connection.query(
                """
                SELECT number, digest FROM audit
                WHERE number < (SELECT coalesce(min(number), 9223372036854775807) FROM audit
                    WHERE at >= now() - make_interval(days => \(days)))
                ORDER BY number DESC LIMIT 1
                """
            ).first
            guard let last else { return 0 }
            let number = try last.int("number")
            try connection.query("DELETE FROM audit_anchor")
            try connection.query(
                "INSERT INTO audit_anchor (number, digest) VALUES ($1::bigint, $2)",
                [String(number), try last.string("digest")])
            try connection.query("SET LOCAL apus.retention = 'on'")
            return try connection.query(
                "DELETE FROM audit WHERE number <= $1::bigint RETURNING number", [String(number)]
            )
            .count
        }
    }
}
