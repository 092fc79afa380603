public import Catalog
import Digests
public import HTTPMessages
import JSONCoding
import Problems

/// `/v1/vector_stores/{id}/files`: which documents are in a store.
public struct VectorStoreFileRoutes: Sendable {
    let catalog: WorkspaceCatalog

    /// The files of one person's stores.
    public init(catalog: WorkspaceCatalog) { self.catalog = catalog }

    /// `POST`: adds a document that was uploaded.
    public func add(_ request: HTTPRequest) async throws -> HTTPResponse {
        let store = try await store(request)
        let body = try JSONParser.parse(try await request.body.collect(limit: StoreFields.bodyLimit))
        var reader = try FieldReader(body, allowed: ["file_id", "attributes", "chunking_strategy"])
        let file = reader.requiredString("file_id", length: 1...100)
        let attributes = MetadataField.attributes(body, &reader) ?? [:]
        StoreFields.refuseUnsupported(body, &reader)
        try reader.finish()
        let added = try await catalog.addVectorStoreFiles([(file, attributes)], to: store)
        try StoreFields.requireAll([file], in: added) { _ in "file_id" }
        return try await response(file, of: store)
    }

    /// `GET`: those there are.
    public func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await Self.list(request, of: try await store(request), batch: nil, catalog)
    }

    static func list(_ request: HTTPRequest, of store: String, batch: String?, _ catalog: WorkspaceCatalog)
        async throws -> HTTPResponse
    {
        let page = try ListQuery.read(request, allowed: ["filter"]) { UUIDv7.isValid($0) ? $0 : nil }
        var statuses: [DocumentRecord.Status]?
        if let filter = request.target.parameter("filter") {
            guard let known = VectorStoreForm.statuses(filter) else {
                throw InvalidFields(field: "filter", detail: "Must be in_progress, completed, failed or cancelled.")
            }
            statuses = known
        }
        let files = try await catalog.vectorStoreFiles(of: store, page.withOneMore, statuses: statuses, batch: batch)
        return HTTPResponse(
            json: ListForm.json(
                files.map(VectorStoreForm.file), limit: page.limit, isBackwards: page.after == nil && page.before != nil
            ))
    }

    /// `GET …/{file}`: how far it is.
    public func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await response(try await file(request), of: try await store(request))
    }

    /// `POST …/{file}`: other attributes.
    public func update(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (store, file) = (try await store(request), try await file(request))
        let body = try JSONParser.parse(try await request.body.collect(limit: StoreFields.bodyLimit))
        var reader = try FieldReader(body, allowed: ["attributes"])
        let attributes = MetadataField.attributes(body, &reader)
        if body["attributes"] == nil { reader.add("attributes", "Required.") }
        try reader.finish()
        guard try await catalog.vectorStoreFile(file, of: store) != nil else { throw Self.unknown(file) }
        _ = try await catalog.addVectorStoreFiles([(file, attributes ?? [:])], to: store)
        return try await response(file, of: store)
    }

    /// `DELETE …/{file}`: takes it out of the store; the document stays.
    public func remove(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (store, file) = (try await store(request), try await file(request))
        guard try await catalog.removeVectorStoreFile(file, of: store) else { throw Self.unknown(file) }
        return HTTPResponse(json: VectorStoreForm.deleted(file, "vector_store.file.deleted"))
    }

    private func response(_ file: String, of store: String) async throws -> HTTPResponse {
        guard let record = try await catalog.vectorStoreFile(file, of: store) else { throw Self.unknown(file) }
        return HTTPResponse(json: VectorStoreForm.file(record)).pollSoon
    }

    private func store(_ request: HTTPRequest) async throws -> String {
        let id = try VectorStoreRoutes.id(request)
        guard try await catalog.vectorStore(id) != nil else { throw VectorStoreRoutes.unknown(request) }
        return id
    }

    private func file(_ request: HTTPRequest) async throws -> String {
        let id = request.parameters["file"] ?? ""
        guard UUIDv7.isValid(id) else { throw Self.unknown(id) }
        return id
    }

    private static func unknown(_ file: String) -> Problem { OpenAIError.unknown("file", file) }
}

extension HTTPResponse {
    /// With the time in milliseconds after which an SDK that waits for it looks again: documents take a moment, not a second.
    var pollSoon: HTTPResponse {
        var response = self
        response.fields["openai-poll-after-ms"] = "250"
        return response
    }
}
