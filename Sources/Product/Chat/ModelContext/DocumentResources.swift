import Catalog
import Digests
import JSONCoding
import ModelContextProtocol
import Problems
import Retrieval

/// The documents of a workspace as resources: `apus://documents/{id}` and `apus://documents/{id}/pages/{page}`.
struct DocumentResources: MCPResources {
    private static let scheme = "apus://documents/"
    private static let listed = 100
    /// Pages of a document that is read as a whole; the rest by their own addresses.
    private static let mostPages: Int64 = 10

    let library: Library

    var templates: [JSONValue] {
        [
            [
                "uriTemplate": .string(Self.scheme + "{id}/pages/{page}"), "name": "page",
                "title": "A page of a document", "mimeType": "text/plain",
            ]
        ]
    }

    func list(after cursor: String?) async throws -> (resources: [JSONValue], next: String?) {
        if let cursor, !UUIDv7.isValid(cursor) {
            throw MCPFailure(.invalidParameters, "The cursor must be the nextCursor of the page before.")
        }
        let (documents, next) = try await page(Self.listed, after: cursor)
        let described = documents.filter { $0.status == .ready }.map { document -> JSONValue in
            [
                "uri": .string(Self.scheme + document.id), "name": .string(document.name),
                "mimeType": "text/plain",
                "description": .string(
                    "\(document.mediaType), \(counted(document.pages ?? 0, "page")); the text of the first \(Self.mostPages)"
                ),
            ]
        }
        return (described, next)
    }

    func read(_ address: String) async throws -> [JSONValue]? {
        guard address.hasPrefix(Self.scheme) else { return nil }
        let parts = address.dropFirst(Self.scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        guard let id = parts.first, let document = try await readable(String(id)) else { return nil }
        let range: ClosedRange<Int64>
        switch parts.count {
        case 1: range = 1...Self.mostPages
        case 3:
            guard parts[1] == "pages", let page = Int64(parts[2]), page >= 1 else { return nil }
            range = page...page
        default: return nil
        }
        let pages = try await library.pages.pages(
            of: document.name, from: range.lowerBound, to: range.upperBound, in: [document.id])
        guard !pages.isEmpty else { return nil }
        return pages.map { page in
            [
                "uri": .string("\(Self.scheme)\(document.id)/pages/\(page.page)"), "mimeType": "text/plain",
                "text": .string(page.text),
            ]
        }
    }

    /// A page of the documents that belong to no chat.
    func page(_ limit: Int, after: String?) async throws -> (documents: [DocumentRecord], next: String?) {
        let page = try await library.catalog.documents(chatId: nil, limit: limit + 1, after: after)
        let shown = page.prefix(limit)
        return (shown.filter { $0.chatId == nil }, page.count > limit ? shown.last?.id : nil)
    }

    /// A document that has been read, and belongs to no chat.
    func readable(_ id: String) async throws -> DocumentRecord? {
        guard let document = try await library.catalog.document(id), document.status == .ready, !document.isDeleting,
            document.chatId == nil
        else { return nil }
        return document
    }
}
