import Digests
import Postgres

/// How far an upload is: it moves by what is stored elsewhere already, and only from where its writer has seen it, so that of two
/// writers one wins.
extension WorkspaceCatalog {
    /// A block that is stored with the blob.
    public struct UploadedBlock: Sendable {
        /// Where in the file it begins.
        public let start: Int
        public let id: String

        /// Describes a block.
        public init(start: Int, id: String) {
            self.start = start
            self.id = id
        }
    }

    /// Counts bytes.
    ///
    /// - Parameters:
    ///   - received: Where the writer has begun: the move is none when somebody else has moved it.
    ///   - blocks: Now stored, the first with all pieces that there were.
    ///   - blocked: Where the last of them ends.
    ///   - piece: What is too little for a block.
    ///   - mediaType: What the first block is.
    /// - Returns: Whether it was moved.
    public func move(
        _ id: String, from received: Int, to end: Int, blocks: [UploadedBlock], blocked: Int, piece: [UInt8],
        mediaType: String? = nil
    ) async throws -> Bool {
        let rows = try await query(
            """
            WITH moved AS (
                UPDATE uploads SET received = $4::bigint, blocked = $5::bigint, media_type = coalesce(media_type, $6),
                    refusal = NULL
                WHERE workspace_id = $1 AND id = $2::uuid AND received = $3::bigint AND stage = 'open'
                    AND expires_at > now() AND (length IS NULL OR $4::bigint <= length)
                RETURNING id),
            gathered AS (DELETE FROM upload_pieces p USING moved
                WHERE p.upload_id = moved.id AND p.start < $5::bigint),
            added AS (INSERT INTO upload_blocks (workspace_id, upload_id, start, block)
                SELECT $1, moved.id, b.start, b.block FROM moved, unnest($7::bigint[], $8::text[]) b (start, block)),
            piece AS (INSERT INTO upload_pieces (workspace_id, upload_id, start, bytes)
                SELECT $1, moved.id, $4::bigint - length(b.bytes), b.bytes
                FROM moved, decode($9, 'base64') b (bytes) WHERE length(b.bytes) > 0)
            SELECT id FROM moved
            """,
            [
                workspace, id, String(received), String(end), String(blocked), mediaType,
                PostgresArray.text(blocks.map { String($0.start) }), PostgresArray.text(blocks.map(\.id)),
                Base64.encode(piece),
            ])
        return !rows.isEmpty
    }

    /// The pieces of an upload, which are less than a block together.
    public func pieces(of id: String) async throws -> [UInt8] {
        let rows = try await query(
            """
            SELECT translate(encode(string_agg(bytes, ''::bytea ORDER BY start), 'base64'), E'\\n', '') AS bytes
            FROM upload_pieces WHERE workspace_id = $1 AND upload_id = $2::uuid
            """, [workspace, id])
        return try rows.first?.optional("bytes").flatMap { Base64.decode($0) } ?? []
    }

    /// The ids of an upload's blocks, in their order.
    public func blocks(of id: String) async throws -> [String] {
        try await query(
            "SELECT block FROM upload_blocks WHERE workspace_id = $1 AND upload_id = $2::uuid ORDER BY start",
            [workspace, id]
        ).map { row throws(PostgresError) in try row.string("block") }
    }
}
