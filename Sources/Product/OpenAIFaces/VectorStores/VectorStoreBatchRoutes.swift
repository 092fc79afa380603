public import Catalog
import Digests
public import HTTPMessages
import JSONCoding
import Problems

/// `/v1/vector_stores/{id}/file_batches`: documents that are added together.
public struct VectorStoreBatchRoutes: Sendable {
    let catalog: WorkspaceCatalog

    /// The batches of one person's stores.
    public init(catalog: WorkspaceCatalog) { self.catalog = catalog }

    /// `POST`: adds documents, all or none.
    public func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        let store = try await store(request)
        let body = try JSONParser.parse(try await request.body.collect(limit: StoreFields.bodyLimit))
        let files = try Self.files(body)
        let found = try await catalog.documentsForStores(files.map(\.document))
        try StoreFields.requireAll(files.map(\.document), in: found) { place in
            body["files"]?.array == nil ? "file_ids[\(place)]" : "files[\(place)].file_id"
        }
        let added = try await catalog.addVectorStoreFiles(files, to: store)
        let id = UUIDv7.make()
        try await catalog.addVectorStoreBatch(id, of: store, documents: Array(added))
        return try await response(id, of: store)
    }

    /// Ids and attributes, each file once.
    private static func files(_ body: JSONValue) throws -> [(document: String, attributes: JSONValue)] {
        var reader = try FieldReader(body, allowed: ["file_ids", "files", "attributes", "chunking_strategy"])
        let attributes = MetadataField.attributes(body, &reader) ?? [:]
        StoreFields.refuseUnsupported(body, &reader)
        if let ids = StoreFields.files(&reader) {
            if body["files"].map({ !$0.isNull }) ?? false { reader.add("files", "Must not come with file_ids.") }
            if ids.isEmpty { reader.add("file_ids", "Must have at least one entry.") }
            try reader.finish()
            return ids.map { ($0, attributes) }
        }
        guard let list = body["files"]?.array, (1...StoreFields.mostFiles).contains(list.count) else {
            reader.add("file_ids", "Required: ids of files, or `files`, 1 to \(StoreFields.mostFiles) of them.")
            try reader.finish()
            return []
        }
        var known: Set<String> = []
        var files: [(String, JSONValue)] = []
        for (place, entry) in list.enumerated() {
            try reader.inside("files[\(place)]") {
                var inner = try FieldReader(entry, allowed: ["file_id", "attributes", "chunking_strategy"])
                let id = inner.requiredString("file_id", length: 1...100)
                let own = MetadataField.attributes(entry, &inner) ?? [:]
                StoreFields.refuseUnsupported(entry, &inner)
                try inner.finish()
                if known.insert(id).inserted { files.append((id, own)) }
            }
        }
        try reader.finish()
        return files
    }

    /// `GET …/{batch}`: how far they are.
    public func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await response(try batch(request), of: try await store(request))
    }

    /// `POST …/{batch}/cancel`: documents are in the store from the moment they are added, and are read in any case.
    public func cancel(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (store, batch) = (try await store(request), try batch(request))
        guard try await catalog.vectorStoreBatch(batch, of: store) != nil else { throw Self.unknown(request) }
        throw Problem(
            .badRequest,
            "A batch cannot be cancelled: its files are in the store already. Remove them from it instead.",
            code: "not_supported")
    }

    /// `GET …/{batch}/files`: which they are.
    public func files(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (store, batch) = (try await store(request), try batch(request))
        guard try await catalog.vectorStoreBatch(batch, of: store) != nil else { throw Self.unknown(request) }
        return try await VectorStoreFileRoutes.list(request, of: store, batch: batch, catalog)
    }

    private func response(_ batch: String, of store: String) async throws -> HTTPResponse {
        guard let record = try await catalog.vectorStoreBatch(batch, of: store) else {
            throw OpenAIError.unknown("file batch", batch)
        }
        return HTTPResponse(json: VectorStoreForm.batch(record)).pollSoon
    }

    private func store(_ request: HTTPRequest) async throws -> String {
        let id = try VectorStoreRoutes.id(request)
        guard try await catalog.vectorStore(id) != nil else { throw VectorStoreRoutes.unknown(request) }
        return id
    }

    private func batch(_ request: HTTPRequest) throws -> String {
        guard let id = ObjectID.batch.id(request.parameters["batch"] ?? "") else { throw Self.unknown(request) }
        return id
    }

    private static func unknown(_ request: HTTPRequest) -> Problem {
        OpenAIError.unknown("file batch", request.parameters["batch"] ?? "")
    }
}
