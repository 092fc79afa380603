import Digests
public import JSONCoding
import Postgres

extension WorkspaceCatalog {
    /// Most files of one batch, and documents that one job reads anew.
    public static let mostJobItems = 1000

    /// Owners see every job, others those that they began; where nobody signs in, everybody sees all.
    private static let isSeen = "($2::uuid IS NULL OR $3::uuid IS NULL OR j.person_id = $2::uuid)"

    /// Begins a job; a batch is received until `openJob`.
    public func addJob(_ kind: JobRecord.Kind) async throws -> String {
        let id = UUIDv7.make()
        try await query(
            "INSERT INTO jobs (id, workspace_id, person_id, kind, stage) VALUES ($1::uuid, $2, $3::uuid, $4, $5)",
            [id, workspace, person, kind.rawValue, kind == .batch ? "receiving" : "open"])
        return id
    }

    /// A file of a batch has come. One whose document has got on since tells that.
    ///
    /// - Returns: Whether more are wanted: nobody has cancelled the job.
    public func add(_ item: JobItem, to job: String) async throws -> Bool {
        let rows = try await query(
            """
            WITH touched AS (UPDATE jobs SET updated_at = now() WHERE workspace_id = $1 AND id = $2::uuid
                RETURNING cancelled_at),
            document AS (SELECT status, deleting, error_code, error_detail FROM documents
                WHERE workspace_id = $1 AND id = $5::uuid FOR SHARE)
            INSERT INTO job_items (workspace_id, job_id, number, name, document_id, state, duplicate, status, code, detail)
            SELECT $1, $2::uuid, $3::int, $4, $5::uuid, CASE
                    WHEN $5::uuid IS NULL THEN $6
                    WHEN d.status IS NULL OR d.deleting THEN 'deleted'
                    WHEN d.status = 'queued' THEN 'waiting'
                    WHEN d.status IN ('extracting', 'embedding') THEN 'working'
                    ELSE d.status END,
                $7::boolean, $8::int, coalesce(d.error_code, $9), coalesce(d.error_detail, $10)
            FROM (SELECT) one LEFT JOIN document d ON true
            RETURNING (SELECT cancelled_at IS NULL FROM touched) AS is_wanted
            """,
            [
                workspace, job, String(item.number), item.name, item.documentId, item.state.rawValue,
                item.isDuplicate ? "true" : "false", item.status.map(String.init), item.code, item.detail,
            ])
        return try rows.first?.bool("is_wanted") ?? false
    }

    /// The last file of a batch has come.
    ///
    /// - Parameter isWhole: Whether there are no others that could not be read any more.
    public func openJob(_ id: String, isWhole: Bool = true) async throws {
        try await query(
            "UPDATE jobs SET stage = $3, updated_at = now() WHERE workspace_id = $1 AND id = $2::uuid",
            [workspace, id, isWhole ? "open" : "cut"])
    }

    /// Begins to work on a check or a repair, also where somebody has begun before and did not come to the end.
    ///
    /// - Returns: `nil` when there is nothing to be done.
    public func claimJob(_ id: String) async throws -> JobRecord.Kind? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            """
            UPDATE jobs SET stage = 'working', updated_at = now()
            WHERE workspace_id = $1 AND id = $2::uuid AND cancelled_at IS NULL AND stage IN ('open', 'working')
                AND kind IN ('check', 'repair')
            RETURNING kind
            """, [workspace, id])
        return try rows.first.map { JobRecord.Kind(rawValue: try $0.string("kind")) ?? .check }
    }

    /// A check or a repair has come to its end.
    ///
    /// - Parameter isFailed: Whether it could not be done; the report says why.
    public func endJob(_ id: String, report: JSONValue, isFailed: Bool = false) async throws {
        try await query(
            """
            UPDATE jobs SET stage = $3, report = $4::jsonb, updated_at = now()
            WHERE workspace_id = $1 AND id = $2::uuid AND stage = 'working'
            """, [workspace, id, isFailed ? "failed" : "finished", report.text])
    }

    /// The newest check that has come to its end, whoever wanted it; `nil` when there was none.
    public func latestCheck() async throws -> JobRecord? {
        let rows = try await query(
            """
            SELECT \(JobRecord.selection) WHERE j.workspace_id = $1 AND j.kind = 'check' AND j.stage = 'finished'
            ORDER BY j.id DESC LIMIT 1
            """, [workspace])
        return try rows.first.map(JobRecord.init)
    }

    /// Jobs, the newest first.
    ///
    /// - Parameter after: Id of the last job of the page before.
    public func jobs(limit: Int, after: String?) async throws -> [JobRecord] {
        let rows = try await query(
            """
            SELECT \(JobRecord.selection)
            WHERE j.workspace_id = $1 AND \(Self.isSeen) AND ($4::uuid IS NULL OR j.id < $4::uuid)
            ORDER BY j.id DESC LIMIT \(limit)
            """, [workspace, person, reader, after])
        return try rows.map(JobRecord.init)
    }

    /// A job; `nil` when there is none for whoever asks.
    public func job(_ id: String) async throws -> JobRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            "SELECT \(JobRecord.selection) WHERE j.workspace_id = $1 AND \(Self.isSeen) AND j.id = $4::uuid",
            [workspace, person, reader, id])
        return try rows.first.map(JobRecord.init)
    }

    /// Items of a job, as they came.
    ///
    /// - Parameter after: Number of the last item of the page before; 0 for the first page.
    public func items(of job: String, in state: JobItem.State?, after: Int, limit: Int) async throws -> [JobItem] {
        let rows = try await query(
            """
            SELECT \(JobItem.columns) FROM job_items
            WHERE workspace_id = $1 AND job_id = $2::uuid AND number > $3::int AND ($4::text IS NULL OR state = $4)
            ORDER BY number LIMIT \(limit)
            """, [workspace, job, String(after), state?.rawValue])
        return try rows.map(JobItem.init)
    }

    /// Forgets jobs of long ago, and those of timers that have found nothing, sooner. Returns how many.
    public func removeOldJobs(olderThanDays days: Int) async throws -> Int {
        try await query(
            """
            DELETE FROM jobs WHERE workspace_id = $1 AND (updated_at < now() - make_interval(days => \(days))
                OR (kind = 'check' AND person_id IS NULL AND updated_at < now() - interval '1 day'
                    AND report->'findings' = '[]'::jsonb))
            RETURNING id
            """, [workspace]
        ).count
    }
}

extension CatalogDatabase {
    /// Jobs of all workspaces that are not over, by their kind, with the age of the oldest.
    public func openJobs() async throws -> [(kind: JobRecord.Kind, count: Int, oldestSeconds: Int)] {
        let rows = try await query(
            """
            SELECT kind, count(*) AS count, extract(epoch FROM now() - min(created_at))::bigint AS oldest FROM jobs j
            WHERE cancelled_at IS NULL AND (stage = 'working' OR stage = 'open' AND (kind IN ('check', 'repair')
                OR EXISTS (SELECT FROM job_items i WHERE i.job_id = j.id AND i.state IN ('waiting', 'working'))))
            GROUP BY kind
            """)
        return try rows.map {
            (JobRecord.Kind(rawValue: try $0.string("kind")) ?? .batch, try $0.int("count"), try $0.int("oldest"))
        }
    }
}
