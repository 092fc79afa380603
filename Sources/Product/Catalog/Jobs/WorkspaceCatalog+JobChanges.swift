import Digests
import Postgres

/// Documents that are read, cancelled or tried again together.
extension WorkspaceCatalog {
    /// Which documents are read anew: current versions, and never those of a chat, whose names owners, who see all jobs, may not
    /// know.
    public enum Processing: Sendable {
        case these([String])
        /// Those of a status that nobody works on.
        case all(DocumentRecord.Status)
    }

    /// Queues documents to be read anew, as one job, all or none. Until each has been read it is not asked.
    ///
    /// - Returns: The job and its documents; `nil` when there are none that could be.
    /// - Throws: `JobTooLarge`.
    public func processAnew(_ wanted: Processing) async throws -> (job: String, documents: [String])? {
        let (ids, status): ([String]?, String?) =
            switch wanted {
            case .these(let ids): (ids.filter(UUIDv7.isValid), nil)
            case .all(let status): (nil, status.rawValue)
            }
        let job = UUIDv7.make()
        try await prepare()
        return try await database.transaction { [workspace, person, reader] connection in
            let found = try connection.query(
                """
                SELECT id FROM documents WHERE workspace_id = $1 AND NOT deleting AND chat_id IS NULL AND superseded_at IS NULL
                    AND status IN ('ready', 'failed')
                    AND ($4::uuid[] IS NULL OR id = ANY ($4::uuid[])) AND ($5::text IS NULL OR status = $5)
                    AND \(Self.isDocumentSeen("documents", by: "$2", reader: "$3"))
                ORDER BY id LIMIT \(Self.mostJobItems + 1) FOR UPDATE
                """, [workspace, person, reader, ids.map { PostgresArray.text($0) }, status]
            ).map { row throws(PostgresError) in try row.string("id") }
            guard !found.isEmpty else { return nil }
            guard found.count <= Self.mostJobItems else { throw JobTooLarge() }
            let parameters = [workspace, job, PostgresArray.text(found)]
            try connection.query(
                """
                INSERT INTO jobs (id, workspace_id, person_id, kind, stage)
                VALUES ($2::uuid, $1, $3::uuid, 'process', 'open')
                """, [workspace, job, person])
            try connection.query(
                """
                INSERT INTO job_items (workspace_id, job_id, number, name, document_id, state, earlier, attempt)
                SELECT $1, $2::uuid, row_number() OVER (ORDER BY id), name, id, 'waiting', status, attempt FROM documents
                WHERE workspace_id = $1 AND id = ANY ($3::uuid[])
                """, parameters)
            try connection.query(
                """
                UPDATE documents SET status = 'queued', error_code = NULL, error_detail = NULL, updated_at = now()
                WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
                """, [workspace, PostgresArray.text(found)])
            // What is remembered was made from passages that go.
            try connection.query("DELETE FROM answer_cache WHERE workspace_id = $1", [workspace])
            return (job, found)
        }
    }

    /// Ends a job before its end. Documents that were to be read anew and were not begun are what they were; files of a batch
    /// that have not been read are marked as being deleted.
    ///
    /// - Returns: Documents that are to be removed.
    public func cancelJob(_ id: String) async throws -> [String] {
        try await prepare()
        return try await database.transaction { [workspace] connection in
            let kind = try connection.query(
                """
                UPDATE jobs SET cancelled_at = now(), updated_at = now()
                WHERE workspace_id = $1 AND id = $2::uuid AND cancelled_at IS NULL AND stage IN ('receiving', 'cut', 'open')
                RETURNING kind
                """, [workspace, id]
            ).first?.string("kind")
            guard let kind else { return [] }
            let isBatch = kind == JobRecord.Kind.batch.rawValue
            // What was there before the batch, or is another one's too, stays.
            let removed =
                isBatch
                ? try connection.query(
                    """
                    UPDATE documents d SET deleting = true, updated_at = now() FROM job_items i
                    WHERE NOT i.duplicate AND i.state IN ('waiting', 'working') AND i.earlier IS NULL AND d.status <> 'ready'
                        AND i.workspace_id = $1 AND i.job_id = $2::uuid AND d.id = i.document_id AND d.workspace_id = $1
                        AND NOT d.deleting AND NOT EXISTS (SELECT FROM job_items o
                            WHERE o.document_id = d.id AND o.job_id <> i.job_id AND o.state IN ('waiting', 'working'))
                    RETURNING d.id
                    """, [workspace, id]
                ).map { row throws(PostgresError) in try row.string("id") } : []
            // What has been begun has no passages any more, and is read to its end.
            let changed = try connection.query(
                """
                UPDATE documents d SET status = i.earlier, updated_at = now(),
                    error_code = CASE i.earlier WHEN 'failed' THEN 'cancelled' END,
                    error_detail = CASE i.earlier WHEN 'failed' THEN 'Reading it anew was cancelled. Press retry to read it.' END
                FROM job_items i
                WHERE i.state = 'waiting' AND d.status = 'queued' AND d.attempt = i.attempt AND i.earlier IS NOT NULL
                    AND i.workspace_id = $1 AND i.job_id = $2::uuid AND d.id = i.document_id AND d.workspace_id = $1
                    AND NOT d.deleting
                RETURNING d.id
                """, [workspace, id]
            ).map { row throws(PostgresError) in try row.string("id") }
            // The documents have told their items something else.
            try connection.query(
                """
                UPDATE job_items SET state = 'cancelled', code = NULL, detail = NULL, updated_at = now()
                WHERE workspace_id = $1 AND job_id = $2::uuid AND document_id = ANY ($3::uuid[])
                """, [workspace, id, PostgresArray.text(removed + changed)])
            return removed
        }
    }

    /// Has the documents of a job that failed read again.
    ///
    /// - Returns: Those that are queued now.
    public func retryJob(_ id: String) async throws -> [String] {
        try await prepare()
        return try await database.transaction { [workspace] connection in
            let queued = try connection.query(
                """
                UPDATE documents d SET status = 'queued', error_code = NULL, error_detail = NULL, updated_at = now()
                FROM job_items i WHERE i.workspace_id = $1 AND i.job_id = $2::uuid AND i.state = 'failed'
                    AND d.id = i.document_id AND d.workspace_id = $1 AND d.status = 'failed' AND NOT d.deleting
                RETURNING d.id
                """, [workspace, id]
            ).map { row throws(PostgresError) in try row.string("id") }
            try connection.query(
                """
                UPDATE job_items i SET state = 'waiting', code = NULL, detail = NULL, updated_at = now(), earlier = 'failed',
                    attempt = d.attempt
                FROM documents d WHERE d.id = i.document_id
                    AND i.workspace_id = $1 AND i.job_id = $2::uuid AND i.document_id = ANY ($3::uuid[])
                """, [workspace, id, PostgresArray.text(queued)])
            if !queued.isEmpty {
                try connection.query(
                    "UPDATE jobs SET cancelled_at = NULL WHERE workspace_id = $1 AND id = $2::uuid", [workspace, id])
            }
            return queued
        }
    }
}
