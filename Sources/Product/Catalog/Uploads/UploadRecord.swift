public import JSONCoding
import Postgres

/// A file that comes in several requests.
public struct UploadRecord: Sendable {
    /// Where it is on its way.
    public enum Stage: String, Sendable {
        /// Bytes may still come, or the document is still to be made.
        case open
        case done
        /// What was stored of it is being removed.
        case removing
        /// It has expired.
        case gone
    }

    /// What became of it.
    public enum Outcome: String, Sendable, CaseIterable {
        case new
        /// Its place had the same bytes already.
        case duplicate
        /// Its place had a document of its name, and the file was left out.
        case skipped
    }

    public let id: String
    public let workspace: String
    /// Who sends it.
    public let person: String?
    /// Whether that was an owner of the workspace.
    public let seesEverything: Bool
    /// Bytes of the whole file; `nil` as long as that has not been said.
    public let length: Int?
    /// Bytes that are stored.
    public let received: Int
    /// Those of them that are blocks of the blob.
    public let blocked: Int
    /// As its sender has written it.
    public let metadata: String
    /// What the first block was recognised as.
    public let mediaType: String?
    /// Whether it is to be put together with others.
    public let isPart: Bool
    /// What it was put together from, as its sender has written it.
    public let parts: String?
    public let stage: Stage
    /// Whether somebody makes the document of it.
    public let isBusy: Bool
    /// Why no document could be made of it, as it is.
    public let refusal: JSONValue?
    public let documentId: String?
    public let outcome: Outcome?
    public let createdAt: String
    /// Seconds since 1970.
    public let expiresAt: Int
    public let isExpired: Bool

    static let columns = """
        id, workspace_id, person_id, sees_everything, length, received, blocked, metadata, media_type, is_part, parts, stage,
        coalesce(busy_until > now(), false) AS is_busy, refusal::text AS refusal, document_id, outcome,
        \(SQLTime.column("created_at")), extract(epoch FROM expires_at)::bigint AS expires_at,
        expires_at <= now() AS is_expired
        """

    init(_ row: PostgresRow) throws {
        id = try row.string("id")
        workspace = try row.string("workspace_id")
        person = try row.optional("person_id")
        seesEverything = try row.bool("sees_everything")
        length = try row.optionalInt("length")
        received = try row.int("received")
        blocked = try row.int("blocked")
        metadata = try row.string("metadata")
        mediaType = try row.optional("media_type")
        isPart = try row.bool("is_part")
        parts = try row.optional("parts")
        stage = Stage(rawValue: try row.string("stage")) ?? .gone
        isBusy = try row.bool("is_busy")
        refusal = try row.optional("refusal").map { try JSONParser.parse($0) }
        documentId = try row.optional("document_id")
        outcome = try row.optional("outcome").flatMap(Outcome.init)
        createdAt = try row.string("created_at")
        expiresAt = try row.int("expires_at")
        isExpired = try row.bool("is_expired")
    }

    /// Whether all bytes are there.
    public var isWhole: Bool { length == received }
}
