import Chroma
import Digests
import FoundationEssentials
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Vectors

/// Making, reading, changing and deleting collections.
struct CollectionRoutes: Sendable {
    let store: VectorStore
    let allowsSparse: Bool

    static let path = ChromaRoutes.base + "/tenants/{tenant}/databases/{database}/collections"

    func add(to router: inout Router) {
        let path = Self.path
        router.on(.post, path) { try await create($0) }
        router.on(.get, path) { [store] request in
            let (tenant, database) = try request.scope
            let list = try await store.collections(
                tenant: tenant, database: database, offset: try request.number("offset") ?? 0,
                limit: try request.number("limit") ?? Int(Int32.max))
            return HTTPResponse(json: .array(list.map(Self.json)))
        }
        router.on(.get, ChromaRoutes.base + "/tenants/{tenant}/databases/{database}/collections_count") {
            [store] request in
            let (tenant, database) = try request.scope
            return HTTPResponse(json: .int(Int64(store.collectionCount(tenant: tenant, database: database))))
        }
        router.on(.get, path + "/{collection}") { HTTPResponse(json: Self.json(try await named($0))) }
        router.on(.get, path + "/by-id/{collection}") { [store] request in
            guard let id = Self.uuid(request.parameters["collection"] ?? "") else {
                throw ChromaError.invalid(
                    "Validation error: collection_id: Invalid collection ID format, expected UUID")
            }
            let (tenant, database) = try request.scope
            guard let info = try? store.reference(id: id, tenant: tenant, database: database),
                let found = try await store.described(info)
            else { throw ChromaError.notFound("Collection [\(id)] does not exist") }
            return HTTPResponse(json: Self.json(found))
        }
        router.on(.put, path + "/{collection}") { try await modify($0) }
        router.on(.delete, path + "/{collection}") { [store] request in
            try await store.delete(try await named(request))
            return HTTPResponse(json: [:])
        }
        router.on(.get, ChromaRoutes.base + "/collections/{crn}") { try await resolve($0) }
        router.on(.post, path + "/{collection}/fork") { try await fork($0) }
        router.on(.get, path + "/{collection}/fork_count") { [store] request in
            HTTPResponse(json: ["count": .int(Int64(store.forkCount(try Self.collection(request, in: store))))])
        }
        router.on(.get, path + "/{collection}/indexing_status") { [store] request in
            let info = try Self.collection(request, in: store)
            let (operations, unindexed) = try await store.indexingStatus(info)
            let waiting = min(operations, unindexed)
            return HTTPResponse(
                json: [
                    "op_indexing_progress": .double(
                        operations == 0 ? 1 : Double(operations - waiting) / Double(operations)),
                    "num_unindexed_ops": .int(Int64(waiting)), "num_indexed_ops": .int(Int64(operations - waiting)),
                    "total_ops": .int(Int64(operations)),
                ])
        }
        addFunctions(to: &router)
    }

    /// Attached functions exist in Chroma's cloud only; a single node answers as Chroma's does.
    private func addFunctions(to router: inout Router) {
        let path = Self.path + "/{collection}"
        let refuse: Router.Action = { [store] request in
            _ = try Self.collection(request, in: store)
            throw ChromaError(
                .notImplemented, "ChromaError", "Attached functions are not supported by a single-node server")
        }
        router.on(.post, path + "/functions/attach", refuse)
        router.on(.post, path + "/attached_functions/{function}/detach", refuse)
        router.on(.get, path + "/functions/{function}") { [store] request in
            _ = try Self.collection(request, in: store)
            throw ChromaError.notFound("Attached function not found")
        }
    }

    /// The collection whose UUID is in the path, without what its records brought.
    static func collection(_ request: HTTPRequest, in store: VectorStore) throws -> CollectionInfo {
        let (tenant, database) = try request.scope
        guard let id = uuid(request.parameters["collection"] ?? "") else {
            throw ChromaError.invalid("Collection ID is not a valid UUIDv4")
        }
        return try store.reference(id: id, tenant: tenant, database: database)
    }

    /// A UUID in any of its usual spellings, in the usual one; `nil` when it is none.
    static func uuid(_ text: String) -> String? {
        let given = text.lowercased()
        var digits = given.hasPrefix("urn:uuid:") ? String(given.dropFirst(9)) : given
        if digits.hasPrefix("{"), digits.hasSuffix("}") { digits = String(digits.dropFirst().dropLast()) }
        digits.removeAll { $0 == "-" }
        guard digits.utf8.count == 32 else { return nil }
        var id = ""
        for (index, character) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { id += "-" }
            id.append(character)
        }
        return UUIDv7.isValid(id) ? id : nil
    }

    private func named(_ request: HTTPRequest) async throws -> CollectionInfo {
        let name = request.parameters["collection"] ?? ""
        let (tenant, database) = try request.scope
        guard let found = try await store.collection(named: name, tenant: tenant, database: database) else {
            throw ChromaError.notFound("Collection [\(name)] does not exist")
        }
        return found
    }

    private func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.json()
        let (tenant, database) = try request.scope
        let wanted = try CreateCollectionRequest(body, allowsSparse: allowsSparse)
        let info = CollectionInfo(
            id: UUIDv7.random(), name: wanted.name, tenant: tenant, database: database, metadata: wanted.metadata,
            schema: wanted.schema)
        return HTTPResponse(json: Self.json(try await store.createCollection(info, orGet: wanted.getsExisting)))
    }

    private func modify(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.json()
        let found = try Self.collection(request, in: store)
        let wanted = try ModifyCollectionRequest(body)
        try await store.update(found.id) { info in
            info.name = wanted.name ?? info.name
            // As with records, metadata whose last key was deleted is none, and not an empty object.
            if let metadata = wanted.metadata { info.metadata = metadata.isEmpty ? nil : metadata }
            try wanted.apply(to: &info.schema)
        }
        return HTTPResponse(json: [:])
    }

    private func fork(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.json()
        let info = try Self.collection(request, in: store)
        return HTTPResponse(json: Self.json(try await store.fork(info, name: try NameRequest.fork(body))))
    }

    private func resolve(_ request: HTTPRequest) async throws -> HTTPResponse {
        let parts = (request.parameters["crn"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
            .map(String.init)
        guard parts.count == 3, !parts.contains("") else {
            throw ChromaError.invalid(
                "Validation error: crn: CRN must be in the format <tenant_resource_name>:<database_name>:"
                    + "<collection_name> with non-empty parts")
        }
        guard let found = try await store.collection(tenant: parts[0], database: parts[1], name: parts[2]) else {
            throw ChromaError.notFound("Collection [\(parts[2])] does not exist")
        }
        return HTTPResponse(json: Self.json(found))
    }

    private static func json(_ info: CollectionInfo) -> JSONValue {
        [
            "id": .string(info.id), "name": .string(info.name),
            "configuration_json": [
                "hnsw": .object(info.schema.hnsw), "spann": nil, "embedding_function": info.schema.embeddingFunction,
            ],
            "schema": .object(info.schema.json), "metadata": info.metadata.map { .object($0) } ?? .null,
            "dimension": info.dimension.map { .int(Int64($0)) } ?? .null, "tenant": .string(info.tenant),
            "database": .string(info.database), "log_position": 0, "version": .int(Int64(info.version)),
        ]
    }
}
