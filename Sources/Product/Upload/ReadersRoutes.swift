import AccessControl
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Problems

/// `/api/documents/{id}/access`: whom a document is limited to, which owners of the workspace say.
struct ReadersRoutes: Sendable {
    private static let bodyLimit = 64 * 1024
    private static let unknown = Problem(.notFound, "There is no document with this id.")

    let catalog: WorkspaceCatalog

    func get(_ request: HTTPRequest) async throws -> HTTPResponse { try await answer(Self.id(request)) }

    /// `{people: [id] | null}`; null opens it to everybody in the workspace.
    func set(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard catalog.person != nil else { throw Problem(.conflict, "Nobody signs in here; APUS_SIGN_IN says so.") }
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        var reader = try FieldReader(body, allowed: ["people"])
        let people = reader.strings("people", maximumCount: WorkspaceCatalog.mostReaders)
        if body["people"] == nil { reader.add("people", "Required: ids of members, or null for everybody.") }
        if let people, !people.allSatisfy(UUIDv7.isValid) {
            reader.add("people", "Every entry must be the id of a member.")
        }
        try reader.finish()
        let id = Self.id(request)
        guard let document = try await catalog.document(id), !document.isDeleting else { throw Self.unknown }
        guard document.chatId == nil else {
            throw Problem(.conflict, "The document belongs to a chat, and is its person's alone.")
        }
        guard try await catalog.setReaders(people, of: id) else { throw Self.unknown }
        AuditObjects.note("readers", people.map { String($0.count) } ?? "everybody")
        return try await answer(id)
    }

    private func answer(_ id: String) async throws -> HTTPResponse {
        guard let (isLimited, readers) = try await catalog.readers(of: id) else { throw Self.unknown }
        let people = readers.map { reader -> JSONValue in
            ["id": .string(reader.person), "login": .string(reader.login), "name": .string(reader.name)]
        }
        return HTTPResponse(json: ["limited": .bool(isLimited), "people": isLimited ? .array(people) : .null])
    }

    private static func id(_ request: HTTPRequest) -> String { request.parameters["id"] ?? "" }
}
