public import JSONCoding
import Postgres

/// What is known about a document.
public struct DocumentRecord: Sendable {
    /// Where a document is on its way.
    public enum Status: String, Sendable, CaseIterable {
        case queued, extracting, embedding, ready, failed
    }

    public let id: String
    public let name: String
    public let mediaType: String
    public let bytes: Int
    public let sha256: String
    public let chatId: String?
    public let status: Status
    public let errorCode: String?
    public let errorDetail: String?
    public let pages: Int?
    public let pagesWithoutText: Int?
    public let passages: Int?
    public let language: String?
    public let createdAt: String
    public let readyAt: String?
    public let isDeleting: Bool
    /// Whether it is limited to some people.
    public let isLimited: Bool
    /// Counts the versions of a document from 1.
    public let version: Int
    /// What its versions have in common: the id of the first.
    public let family: String
    /// Since when a newer version is searched in its place; `nil` for the current one.
    public let supersededAt: String?
    /// The version that is searched in its place, where that was asked for.
    public var supersededBy: String?
    public let tags: [String]
    public let source: String?
    public let author: String?
    /// Such as `2026-01-31`, as somebody said it.
    public let date: String?

    /// `errorCode` of a document whose uploaded bytes are not stored any more.
    public static let lostCode = "lost"

    static let columns = """
        id, name, media_type, bytes, sha256, chat_id, status, error_code, error_detail, pages, pages_without_text,
        passages, language, deleting, is_limited, \(SQLTime.column("created_at")), \(SQLTime.column("ready_at")),
        version, coalesce(family_id, id) AS family, \(SQLTime.column("superseded_at")), array_to_json(tags)::text AS tags,
        source, author, dated::text AS dated
        """

    init(_ row: PostgresRow) throws {
        id = try row.string("id")
        name = try row.string("name")
        mediaType = try row.string("media_type")
        bytes = try row.int("bytes")
        sha256 = try row.string("sha256")
        chatId = try row.optional("chat_id")
        status = Status(rawValue: try row.string("status")) ?? .failed
        errorCode = try row.optional("error_code")
        errorDetail = try row.optional("error_detail")
        pages = try row.optionalInt("pages")
        pagesWithoutText = try row.optionalInt("pages_without_text")
        passages = try row.optionalInt("passages")
        language = try row.optional("language")
        createdAt = try row.string("created_at")
        readyAt = try row.optional("ready_at")
        isDeleting = try row.bool("deleting")
        isLimited = try row.bool("is_limited")
        version = try row.int("version")
        family = try row.string("family")
        supersededAt = try row.optional("superseded_at")
        tags = (try? JSONParser.parse(try row.string("tags")))?.array?.compactMap(\.string) ?? []
        source = try row.optional("source")
        author = try row.optional("author")
        date = try row.optional("dated")
    }

    /// The wire form.
    public var json: JSONValue {
        func number(_ value: Int?) -> JSONValue { value.map { .int(Int64($0)) } ?? .null }
        let error: JSONValue = errorCode.map { ["code": .string($0), "detail": .string(errorDetail ?? "")] } ?? .null
        var object: JSONObject = [
            "id": .string(id), "name": .string(name), "mediaType": .string(mediaType), "bytes": .int(Int64(bytes)),
            "sha256": .string(sha256), "chatId": .optional(chatId), "status": .string(status.rawValue), "error": error,
            "pages": number(pages), "pagesWithoutText": number(pagesWithoutText), "passages": number(passages),
            "language": .optional(language), "createdAt": .string(createdAt), "readyAt": .optional(readyAt),
            "version": .int(Int64(version)), "tags": .strings(tags), "source": .optional(source),
            "author": .optional(author), "date": .optional(date),
        ]
        if version > 1 || family != id { object["versionOf"] = .string(family) }
        if let supersededAt {
            object["supersededAt"] = .string(supersededAt)
            object["supersededBy"] = .optional(supersededBy)
        }
        if isLimited { object["limited"] = true }
        return .object(object)
    }
}

/// Times in the product's form, straight out of SQL.
enum SQLTime {
    static func column(_ name: String) -> String { column(name, as: name) }

    static func column(_ expression: String, as name: String) -> String {
        "to_char(\(expression) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') AS \(name)"
    }
}
