import Catalog
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Problems

/// `GET /api/history/search`: messages and names of chats by their words.
struct SearchRoute: Sendable {
    static let page = PageSize(standard: 20, most: 100)
    let catalog: WorkspaceCatalog

    func search(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try ChatQuery(request.target.parameter("q"))
        let limit = try PageLimit.read(request, Self.page)
        var place: ChatHit.Place?
        if let before = request.target.parameter("before"), !before.isEmpty {
            guard let known = ChatHit.Place(before) else {
                throw InvalidFields(field: "before", detail: "Must be the `next` of the page before.")
            }
            place = known
        }
        let found = try await catalog.search(query, limit: limit + 1, after: place)
        let shown = found.prefix(limit)
        return HTTPResponse(
            json: [
                "hits": .array(shown.map { Self.json($0, query) }),
                "next": .optional(found.count > limit ? shown.last.map { ChatHit.Place(of: $0).text } : nil),
            ])
    }

    private static func json(_ hit: ChatHit, _ query: ChatQuery) -> JSONValue {
        let excerpt = Excerpt(of: hit.text, places: query.places(in: hit.text))
        let message: JSONValue? = hit.role.map { role in
            ["id": .string(hit.id), "role": .string(role.rawValue), "createdAt": .string(hit.createdAt)]
        }
        return [
            "chat": ["id": .string(hit.chatId), "name": .string(hit.chatName)], "message": message ?? .null,
            "excerpt": .string(excerpt.text),
            "highlights": .array(
                excerpt.highlights.map { [.int(Int64($0.lowerBound)), .int(Int64($0.upperBound))] }),
        ]
    }
}
