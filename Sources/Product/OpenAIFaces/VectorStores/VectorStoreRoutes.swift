public import Catalog
import Digests
public import HTTPMessages
import JSONCoding
import Problems

/// `/v1/vector_stores`: sets of documents that questions can be limited to.
public struct VectorStoreRoutes: Sendable {
    private static let longestName = 256
    private static let longestDescription = 512

    let catalog: WorkspaceCatalog

    /// The stores of one person's workspace.
    public init(catalog: WorkspaceCatalog) { self.catalog = catalog }

    /// `POST`: makes one, with files from the beginning.
    public func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: StoreFields.bodyLimit))
        var reader = try FieldReader(
            body, allowed: ["name", "description", "file_ids", "metadata", "chunking_strategy", "expires_after"])
        let name = StoreFields.text("name", longest: Self.longestName, &reader) ?? ""
        let description = StoreFields.text("description", longest: Self.longestDescription, &reader)
        let metadata = MetadataField.read(body, &reader) ?? [:]
        StoreFields.refuseUnsupported(body, &reader)
        let files = StoreFields.files(&reader) ?? []
        try reader.finish()
        try StoreFields.requireAll(files, in: try await catalog.documentsForStores(files)) { "file_ids[\($0)]" }
        let id = UUIDv7.make()
        try await catalog.addVectorStore(id, name: name, description: description, metadata: metadata)
        _ = try await catalog.addVectorStoreFiles(files.map { ($0, [:]) }, to: id)
        return HTTPResponse(json: VectorStoreForm.store(try await store(id)))
    }

    /// `GET`: those there are.
    public func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let page = try ListQuery.read(request) { ObjectID.vectorStore.id($0) }
        let stores = try await catalog.vectorStores(page.withOneMore)
        return HTTPResponse(
            json: ListForm.json(
                stores.map(VectorStoreForm.store), limit: page.limit,
                isBackwards: page.after == nil && page.before != nil))
    }

    /// `GET …/{id}`: one of them.
    public func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        HTTPResponse(json: VectorStoreForm.store(try await store(try Self.id(request))))
    }

    /// `POST …/{id}`: changes its name or its metadata.
    public func update(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = try Self.id(request)
        let body = try JSONParser.parse(try await request.body.collect(limit: StoreFields.bodyLimit))
        var reader = try FieldReader(body, allowed: ["name", "metadata", "expires_after"])
        let name = StoreFields.text("name", longest: Self.longestName, &reader)
        let metadata = MetadataField.read(body, &reader)
        StoreFields.refuseUnsupported(body, &reader)
        try reader.finish()
        guard try await catalog.changeVectorStore(id, name: name, metadata: metadata) else {
            throw Self.unknown(request)
        }
        return HTTPResponse(json: VectorStoreForm.store(try await store(id)))
    }

    /// `DELETE …/{id}`: removes it, and none of its documents.
    public func delete(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = try Self.id(request)
        guard try await catalog.removeVectorStore(id) else { throw Self.unknown(request) }
        return HTTPResponse(json: VectorStoreForm.deleted(ObjectID.vectorStore.text(id), "vector_store.deleted"))
    }

    private func store(_ id: String) async throws -> VectorStoreRecord {
        guard let store = try await catalog.vectorStore(id) else { throw OpenAIError.unknown("vector store", id) }
        return store
    }

    /// The id of the store that a path names.
    ///
    /// - Throws: `Problem` 404.
    static func id(_ request: HTTPRequest) throws -> String {
        guard let id = ObjectID.vectorStore.id(request.parameters["id"] ?? "") else { throw unknown(request) }
        return id
    }

    static func unknown(_ request: HTTPRequest) -> Problem {
        OpenAIError.unknown("vector store", request.parameters["id"] ?? "")
    }
}
