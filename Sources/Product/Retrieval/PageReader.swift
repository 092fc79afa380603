import Chroma
public import ChromaClient
import JSONCoding

/// Puts pages together again from the passages of the vector store, which hold every word of a document.
public struct PageReader: Sendable {
    private static let maximumPassages = 400

    private let vectors: ChromaService

    /// A reader over a collection.
    public init(vectors: ChromaService) { self.vectors = vectors }

    /// Pages of the document of that name, each as one passage without a number.
    public func pages(of name: String, from first: Int64, to last: Int64, in documents: [String]) async throws
        -> [FoundPassage]
    {
        guard !documents.isEmpty else { return [] }
        // Old versions have the same name, and would leave no room for the one that counts.
        var conditions: [JSONValue] = [
            ["name": .string(name)], ["page": ["$gte": .int(first)]], ["page": ["$lte": .int(last)]],
        ]
        if documents.count <= PassageRetriever.filterLimit {
            conditions.append(["documentId": ["$in": .strings(documents)]])
        }
        let filter: JSONValue = ["$and": .array(conditions)]
        let allowed = Set(documents)
        let parts = try await vectors.records(filter: filter, limit: Self.maximumPassages)
            .compactMap { PassageRetriever.passage($0.document, $0.metadata, similarity: 1) }.filter {
                allowed.contains($0.documentId)
            }
        // Two documents may have the same name; the pages of one of them are read.
        guard let document = parts.first?.documentId else { return [] }
        let own = parts.filter { $0.documentId == document }.sorted { $0.start < $1.start }
        return Dictionary(grouping: own, by: \.page).sorted { $0.key < $1.key }.compactMap { Self.joined($0.value) }
    }

    /// Passages overlap; gaps between them are white space.
    private static func joined(_ parts: [FoundPassage]) -> FoundPassage? {
        guard let first = parts.first else { return nil }
        var scalars = Array(first.text.unicodeScalars)
        for part in parts.dropFirst() {
            let end = first.start + scalars.count
            if part.start > end { scalars += [Unicode.Scalar](repeating: " ", count: min(part.start - end, 10_000)) }
            scalars += part.text.unicodeScalars.dropFirst(max(0, first.start + scalars.count - part.start))
        }
        return FoundPassage(
            n: 0, documentId: first.documentId, name: first.name, page: first.page, start: first.start,
            end: first.start + scalars.count, text: String(String.UnicodeScalarView(scalars)), score: 0, similarity: 0)
    }
}
