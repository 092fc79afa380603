import AzureStorage
import Catalog
import ChromaClient
import DocumentQueue
import FunctionsRuntime
import HTTPMessages
import Ingestion
import JSONCoding
import Problems

/// `/api/documents`: listing, reading, retrying and deleting.
struct DocumentRoutes: Sendable {
    static let page = PageSize(standard: 50, most: 200)
    private static let bodyLimit = 64 * 1024

    let catalog: WorkspaceCatalog
    let blobs: BlobClient
    let queue: IngestQueue
    let remover: DocumentRemover

    func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let limit = try PageLimit.read(request, Self.page)
        let wanted = try DocumentListing(request)
        let page = try await catalog.documents(
            chatId: try request.idParameter("chatId"), limit: limit + 1, after: wanted.after, filter: wanted.filter,
            versions: wanted.versions)
        let shown = try await withNewest(Array(page.prefix(limit)))
        return HTTPResponse(
            json: [
                "documents": .array(shown.map(\.json)), "next": .optional(page.count > limit ? shown.last?.id : nil),
            ])
    }

    func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        HTTPResponse(json: .array(try await withNewest([try await document(request)]).map(\.json))[0] ?? .null)
    }

    /// Says of old versions which one is searched in their place.
    private func withNewest(_ documents: [DocumentRecord]) async throws -> [DocumentRecord] {
        let current = try await catalog.currentVersions(of: documents.filter { $0.supersededAt != nil }.map(\.id))
        return documents.map { document in
            var document = document
            document.supersededBy = document.supersededAt == nil ? nil : current[document.id]
            return document
        }
    }

    /// `PATCH /api/documents/{id}`: what is said of it.
    func describe(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        var reader = try FieldReader(body, allowed: DocumentFacts.names)
        let facts = DocumentFacts(body, &reader)
        if facts == DocumentFacts() {
            reader.add("body", "Must have one of \(DocumentFacts.names.joined(separator: ", ")).")
        }
        try reader.finish()
        guard let changed = try await catalog.setFacts(facts, of: request.parameters["id"] ?? "") else {
            throw Self.unknown
        }
        return HTTPResponse(json: .array(try await withNewest([changed]).map(\.json))[0] ?? .null)
    }

    /// `POST /api/documents/{id}/restore`: an old version becomes the newest.
    func restore(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let restored = try await catalog.restoreVersion(request.parameters["id"] ?? "") else {
            throw Self.unknown
        }
        return HTTPResponse(json: restored.json)
    }

    func content(_ request: HTTPRequest) async throws -> HTTPResponse {
        let document = try await document(request)
        let path = BlobPaths.original(workspace: catalog.workspace, document: document.id)
        let (body, length) = try await blobs.open(BlobPaths.container, path)
        // Always a download: an uploaded page must never run in this origin.
        let fields: HTTPFields = [
            "Content-Type": document.mediaType, "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Content-Disposition": "attachment; filename*=UTF-8''\(percentEncoded(document.name))",
        ]
        return HTTPResponse(
            .ok, fields: fields,
            body: .stream(length: length) { writer in
                while let piece = try await body.next() { try await writer.write(piece) }
            })
    }

    func text(_ request: HTTPRequest) async throws -> HTTPResponse {
        let document = try await document(request)
        let path = BlobPaths.text(workspace: catalog.workspace, document: document.id)
        let stored: (body: any HTTPBodySource, length: Int?)
        do {
            stored = try await blobs.open(BlobPaths.container, path)
        } catch let error as StorageError where error.isNotFound {
            throw Problem(.conflict, "The document's text is not extracted; its status is \(document.status.rawValue).")
        }
        guard let wanted = request.target.parameter("page") else {
            return Self.json(stored.body, length: stored.length)
        }
        guard let number = Int(wanted), number >= 1 else {
            throw InvalidFields(field: "page", detail: "Must be a page number from 1.")
        }
        let page = StoredPage(number, of: stored.body)
        guard try await page.begin() else {
            throw Problem(
                .notFound, "The document has \(counted(page.pagesPassed, "page")); there is no page \(number).")
        }
        return Self.json(page, length: nil)
    }

    /// How the document was read: what its owner should know beside its text.
    func report(_ request: HTTPRequest) async throws -> HTTPResponse {
        let document = try await document(request)
        let known = document.json.object ?? JSONObject()
        guard document.status == .ready || document.status == .failed else {
            throw Problem(.conflict, "The document has not been read; its status is \(document.status.rawValue).")
        }
        var report: JSONObject = ["documentId": .string(document.id)]
        for name in ["name", "mediaType", "status", "error", "pages", "pagesWithoutText", "passages", "language"] {
            report[name] = known[name] ?? .null
        }
        for (name, value) in try await catalog.report(of: document.id)?.object?.members ?? [] { report[name] = value }
        return HTTPResponse(json: .object(report))
    }

    /// A text may be large: it is passed on as it comes.
    private static func json(_ body: any HTTPBodySource, length: Int?) -> HTTPResponse {
        HTTPResponse(
            .ok, fields: ["Content-Type": "application/json"],
            body: .stream(length: length) { writer in
                while let piece = try await body.next() { try await writer.write(piece) }
            })
    }

    func retry(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let queued = try await catalog.requeue(request.parameters["id"] ?? "") else {
            let document = try await document(request)
            throw Problem(
                .conflict, "Only a failed document can be retried; its status is \(document.status.rawValue).")
        }
        try await queue.put(queued.id, of: catalog.workspace)
        return HTTPResponse(.accepted, json: queued.json)
    }

    func delete(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = request.parameters["id"] ?? ""
        switch request.target.parameter("versions") {
        case nil, "this"?:
            let left = try await catalog.otherVersions(of: id)
            guard try await catalog.markDeleting(id) else { throw Self.unknown }
            // The deletion goes on when the caller leaves.
            let receipt = try await Task { [remover] in try await remover.remove(id) }.value
            guard left > 0, var json = receipt.json.object else { return HTTPResponse(json: receipt.json) }
            json["versionsLeft"] = .int(Int64(left))
            return HTTPResponse(json: .object(json))
        case "all"?:
            let ids = try await catalog.markAllVersionsDeleting(id)
            guard !ids.isEmpty else { throw Self.unknown }
            let receipt = try await Task { [remover] in
                var sum = DocumentRemover.Receipt(rows: 0, blobs: 0, passages: 0)
                for id in ids { sum += try await remover.remove(id) }
                return sum
            }.value
            return HTTPResponse(json: receipt.json)
        default:
            throw InvalidFields(field: "versions", detail: "Must be this, which is meant when nothing is said, or all.")
        }
    }

    private static let unknown = Problem(.notFound, "There is no document with this id.")

    private func document(_ request: HTTPRequest) async throws -> DocumentRecord {
        guard let document = try await catalog.document(request.parameters["id"] ?? ""), !document.isDeleting else {
            throw Self.unknown
        }
        return document
    }
}
