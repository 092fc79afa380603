import Catalog
import Digests
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Telemetry

/// What `GET /api/documents` is asked for.
struct DocumentListing: Sendable {
    let filter: DocumentFilter
    let versions: ListedVersions
    /// Id of the last document of the page before.
    let after: String?

    /// Reads the parameters. `after` is the page before, or a day, or, given twice, both: their forms tell them apart.
    ///
    /// - Throws: `InvalidFields`.
    init(_ request: HTTPRequest) throws {
        let query = request.target.query
        var members = JSONObject()
        let tags = query.filter { $0.name == "tag" || $0.name == "tags" }.map(\.value)
        if !tags.isEmpty { members["tags"] = .strings(tags) }
        for name in ["before", "source", "author", "language"] {
            if let text = request.target.parameter(name), !text.isEmpty { members[name] = .string(text) }
        }
        var page: String?
        for text in query.filter({ $0.name == "after" }).map(\.value) where !text.isEmpty {
            if UUIDv7.isValid(text) {
                page = text
            } else if Timestamp.isDay(text) {
                members["after"] = .string(text)
            } else {
                throw InvalidFields(field: "after", detail: "Must be an id, or a date such as 2026-01-31.")
            }
        }
        after = page
        var reader = try FieldReader(.object(members), allowed: DocumentFilter.names)
        filter = DocumentFilter(&reader)
        try reader.finish()
        switch request.target.parameter("versions") {
        case nil, "", "current": versions = .current
        case "newest": versions = .newest
        case "all": versions = .all
        case let id? where UUIDv7.isValid(id): versions = .of(id)
        default:
            throw InvalidFields(
                field: "versions",
                detail: "Must be current, newest, all, or a document's id for the versions of that one.")
        }
    }
}
