import Digests
import HTTPMessages
import Postgres
public import Problems

/// Somebody has as many unfinished uploads as they may.
public struct TooManyUploads: ProblemConvertible {
    public var problem: Problem {
        Problem(
            .conflict,
            """
            There are unfinished uploads already: \(WorkspaceCatalog.mostUploads) of one person, and \
            \(WorkspaceCatalog.mostUploadsOfAll) in one workspace, are the limit. Finish or delete some, or wait until they expire.
            """, code: "too_many_uploads")
    }
}

extension WorkspaceCatalog {
    /// Uploads that one person may have begun and not finished.
    public static let mostUploads = 50
    /// The same of all people of a workspace; where nobody signs in, they are one.
    public static let mostUploadsOfAll = 500

    /// A new upload's facts.
    public struct NewUpload: Sendable {
        /// Bytes of the whole file; `nil` when that is said later.
        public var length: Int?
        /// As its sender has written it.
        public var metadata: String
        /// Whether it is to be put together with others.
        public var isPart: Bool
        /// Seconds until it expires.
        public var lifetime: Int

        /// Describes an upload of which nothing has come yet.
        public init(length: Int?, metadata: String, isPart: Bool, lifetime: Int) {
            self.length = length
            self.metadata = metadata
            self.isPart = isPart
            self.lifetime = lifetime
        }
    }

    /// What takes room and is no document: what is unfinished, and parts that wait to be put together.
    private static let isHeld = "(stage = 'open' OR stage = 'done' AND is_part)"

    /// Whose uploads are seen: nobody's but one's own, also by owners.
    private static func isOwn(_ person: String) -> String { "person_id IS NOT DISTINCT FROM \(person)::uuid" }

    /// Begins an upload.
    ///
    /// - Throws: `TooManyUploads`. Callers side by side may pass the limit by their number.
    public func addUpload(_ upload: NewUpload) async throws -> UploadRecord {
        let rows = try await query(
            """
            INSERT INTO uploads (id, workspace_id, person_id, sees_everything, length, metadata, is_part, stage, expires_at)
            SELECT $1::uuid, $2, $3::uuid, $4::boolean, $5::bigint, $6, $7::boolean, 'open',
                now() + make_interval(secs => $8::int)
            WHERE NOT EXISTS (SELECT FROM uploads WHERE workspace_id = $2 AND \(Self.isHeld)
                    OFFSET \(Self.mostUploadsOfAll - 1))
                AND ($3::uuid IS NULL OR NOT EXISTS (SELECT FROM uploads
                    WHERE workspace_id = $2 AND person_id = $3::uuid AND \(Self.isHeld)
                    OFFSET \(Self.mostUploads - 1)))
            RETURNING \(UploadRecord.columns)
            """,
            [
                UUIDv7.make(), workspace, person, reader == nil ? "true" : "false", upload.length.map(String.init),
                upload.metadata, upload.isPart ? "true" : "false", String(upload.lifetime),
            ])
        guard let row = rows.first else { throw TooManyUploads() }
        return try UploadRecord(row)
    }

    /// Notes what was put together from parts in one step.
    ///
    /// - Parameter parts: As its sender has written it.
    public func addJoined(
        _ upload: NewUpload, parts: String, document: String, _ outcome: UploadRecord.Outcome
    ) async throws -> UploadRecord? {
        let rows = try await query(
            """
            INSERT INTO uploads (id, workspace_id, person_id, sees_everything, length, received, metadata, parts, stage,
                document_id, outcome, expires_at)
            SELECT $1::uuid, $2, $3::uuid, $4::boolean, $5::bigint, $5::bigint, $6, $7, 'done', $8::uuid, $9,
                now() + make_interval(secs => $10::int)
            RETURNING \(UploadRecord.columns)
            """,
            [
                UUIDv7.make(), workspace, person, reader == nil ? "true" : "false", upload.length.map(String.init),
                upload.metadata, parts, document, outcome.rawValue, String(upload.lifetime),
            ])
        return try rows.first.map(UploadRecord.init)
    }

    /// An upload of whoever asks, also one that has expired; `nil` when there is none.
    public func upload(_ id: String) async throws -> UploadRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            """
            SELECT \(UploadRecord.columns) FROM uploads
            WHERE workspace_id = $1 AND id = $2::uuid AND \(Self.isOwn("$3")) AND stage <> 'removing'
            """, [workspace, id, person])
        return try rows.first.map(UploadRecord.init)
    }

    /// Bytes that uploads of the workspace which are no documents yet need, as far as that has been said.
    public func bytesOnTheirWay() async throws -> Int {
        try await query(
            """
            SELECT coalesce(sum(greatest(length, received)), 0)::bigint AS bytes FROM uploads
            WHERE workspace_id = $1 AND \(Self.isHeld) AND expires_at > now()
            """, [workspace]
        ).first?.int("bytes") ?? 0
    }

    /// Says how long the file is. Returns whether that had not been said.
    public func setLength(_ length: Int, of id: String) async throws -> Bool {
        try await !query(
            """
            UPDATE uploads SET length = $3::bigint WHERE workspace_id = $1 AND id = $2::uuid AND \(Self.isOwn("$4"))
                AND length IS NULL AND received <= $3::bigint AND stage = 'open' RETURNING id
            """, [workspace, id, String(length), person]
        ).isEmpty
    }

    /// Begins to remove an upload, which nobody sees from then on.
    ///
    /// - Returns: What it was; `nil` when there is none, or its document is being made.
    public func beginRemoving(_ id: String) async throws -> UploadRecord? {
        let rows = try await query(
            """
            UPDATE uploads SET stage = 'removing', expires_at = now()
            WHERE workspace_id = $1 AND id = $2::uuid AND stage IN ('open', 'done') AND \(Self.isOwn("$3"))
                AND coalesce(busy_until < now(), true)
            RETURNING \(UploadRecord.columns)
            """, [workspace, id, person])
        return try rows.first.map(UploadRecord.init)
    }

    /// Removes the row, the last step.
    public func forgetUpload(_ id: String) async throws {
        try await query("DELETE FROM uploads WHERE workspace_id = $1 AND id = $2::uuid", [workspace, id])
    }
}
