public import Catalog
public import HTTPMessages
import JSONCoding
import Problems
public import Retrieval

/// `POST /v1/vector_stores/{id}/search`: passages of a store's documents.
public struct VectorStoreSearchRoute: Sendable {
    private static let longestQuery = 4096
    private static let mostQueries = 8
    private static let standardCount = 10

    let catalog: WorkspaceCatalog
    let retriever: PassageRetriever

    /// A search over one person's stores.
    public init(catalog: WorkspaceCatalog, retriever: PassageRetriever) {
        self.catalog = catalog
        self.retriever = retriever
    }

    /// The best passages, best first; of several queries, each passage once.
    public func search(_ request: HTTPRequest) async throws -> HTTPResponse {
        let store = try VectorStoreRoutes.id(request)
        let body = try JSONParser.parse(try await request.body.collect(limit: StoreFields.bodyLimit))
        var reader = try FieldReader(
            body, allowed: ["query", "max_num_results", "ranking_options", "filters", "rewrite_query"])
        let queries = Self.queries(body["query"], &reader)
        let options = SearchOptions(body, &reader)
        if reader.bool("rewrite_query", default: false) {
            reader.add("rewrite_query", "Not supported: queries are searched as they are. Leave it out.")
        }
        try reader.finish()
        guard let scope = try await catalog.vectorStoreScope([store]) else { throw VectorStoreRoutes.unknown(request) }
        let chosen = scope.filter { options.filter?.matches($0.attributes) ?? true }
        let count = options.count ?? Self.standardCount
        var found: [FoundPassage] = []
        for query in queries {
            let passages = try await retriever.passages(for: query, in: chosen.map(\.document), count: count).passages
            for passage in passages where passage.score >= options.threshold {
                let place = found.firstIndex {
                    ($0.documentId, $0.start, $0.end) == (passage.documentId, passage.start, passage.end)
                }
                guard let place else {
                    found.append(passage)
                    continue
                }
                found[place].score = max(found[place].score, passage.score)
            }
        }
        if queries.count > 1 { found.sort { $0.score > $1.score } }
        let attributes = Dictionary(scope.map { ($0.document, $0.attributes) }) { first, _ in first }
        let data = found.prefix(count).map { passage -> JSONValue in
            [
                "file_id": .string(passage.documentId), "filename": .string(passage.name),
                "score": .double((passage.score * 10_000).rounded() / 10_000),
                "attributes": attributes[passage.documentId] ?? [:],
                "content": [["type": "text", "text": .string(passage.text)]], "page": .int(Int64(passage.page)),
                "start": .int(Int64(passage.start)), "end": .int(Int64(passage.end)),
            ]
        }
        return HTTPResponse(
            json: [
                "object": "vector_store.search_results.page", "search_query": .strings(queries), "data": .array(data),
                "has_more": false, "next_page": nil,
            ])
    }

    private static func queries(_ value: JSONValue?, _ reader: inout FieldReader) -> [String] {
        let texts = value?.string.map { [$0] } ?? value?.array?.compactMap(\.string) ?? []
        let isWhole = value?.array.map { $0.count == texts.count } ?? true
        let isFitting = texts.allSatisfy { text in
            (1...longestQuery).contains(text.unicodeScalars.count)
                && !text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
        }
        if !isWhole || !isFitting || !(1...mostQueries).contains(texts.count) {
            reader.add(
                "query",
                "Must be a text of 1 to \(longestQuery) characters, or a list of 1 to \(mostQueries) of them.")
        }
        return texts
    }
}
