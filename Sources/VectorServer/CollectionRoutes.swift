import Chroma
import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Vectors

/// Making, reading, changing and deleting collections.
struct CollectionRoutes: Sendable {
    let store: VectorStore

    static let path = ChromaRoutes.base + "/tenants/{tenant}/databases/{database}/collections"

    func add(to router: inout Router) {
        let path = Self.path
        router.on(.post, path) { try await create($0) }
        router.on(.get, path) { [store] request in
            let (tenant, database) = request.scope
            let list = try store.collections(
                tenant: tenant, database: database, offset: try request.number("offset") ?? 0,
                limit: try request.number("limit") ?? Int(Int32.max))
            return HTTPResponse(json: .array(list.map(Self.json)))
        }
        router.on(.get, ChromaRoutes.base + "/tenants/{tenant}/databases/{database}/collections_count") {
            [store] request in
            let (tenant, database) = request.scope
            let list = try store.collections(tenant: tenant, database: database, offset: 0, limit: Int(Int32.max))
            return HTTPResponse(json: .int(Int64(list.count)))
        }
        router.on(.get, path + "/{collection}") { HTTPResponse(json: Self.json(try named($0))) }
        router.on(.get, path + "/by-id/{collection}") { [store] in
            HTTPResponse(json: Self.json(try Self.collection($0, in: store)))
        }
        router.on(.put, path + "/{collection}") { try await modify($0) }
        router.on(.delete, path + "/{collection}") { [store] request in
            try await store.delete(try named(request))
            return HTTPResponse(json: [:])
        }
    }

    /// The collection whose UUID is in the path.
    static func collection(_ request: HTTPRequest, in store: VectorStore) throws -> CollectionInfo {
        let given = (request.parameters["collection"] ?? "").lowercased()
        var digits = given.hasPrefix("urn:uuid:") ? String(given.dropFirst(9)) : given
        digits.removeAll { $0 == "-" || $0 == "{" || $0 == "}" }
        guard digits.utf8.count == 32 else {
            throw ChromaError.invalid(
                "Validation error: collection_id: Invalid collection ID format, expected UUID")
        }
        var id = ""
        for (index, character) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { id += "-" }
            id.append(character)
        }
        guard UUIDv7.isValid(id) else {
            throw ChromaError.invalid("Validation error: collection_id: Invalid collection ID format, expected UUID")
        }
        return try store.collection(id: id, tenant: request.scope.tenant, database: request.scope.database)
    }

    private func named(_ request: HTTPRequest) throws -> CollectionInfo {
        let name = request.parameters["collection"] ?? ""
        let (tenant, database) = request.scope
        guard let found = try store.collection(named: name, tenant: tenant, database: database) else {
            throw ChromaError.notFound("Collection [\(name)] does not exist")
        }
        return found
    }

    private func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.json()
        guard let name = body["name"]?.string else { throw ChromaError.shape("name", "missing field `name`") }
        if let problem = Self.nameProblem(name) { throw ChromaError.invalid("Validation error: name: " + problem) }
        let metadata = try Self.metadata(body["metadata"], dropsNull: false)
        let configuration = body["configuration"]
        let hnsw = configuration?["hnsw"]
        let spann = configuration?["spann"]
        if let hnsw, let spann, !hnsw.isNull, !spann.isNull {
            throw ChromaError.invalid("Multiple vector index configurations provided")
        }
        var settings = Self.defaults
        if let object = hnsw?.object {
            try Self.apply(object, to: &settings, allowed: Self.creatable)
        } else if let space = spann?["space"] {
            try Self.apply(["space": space], to: &settings, allowed: Self.creatable)
        }
        if hnsw?.object?.isEmpty ?? true { try Self.applyLegacy(metadata, to: &settings) }
        let info = CollectionInfo(
            id: UUIDv7.random(), name: name, tenant: request.scope.tenant, database: request.scope.database,
            metadata: metadata, hnsw: settings, embeddingFunction: configuration?["embedding_function"] ?? .null)
        let made = try await store.createCollection(info, orGet: body["get_or_create"]?.bool ?? false)
        return HTTPResponse(json: Self.json(made))
    }

    private func modify(_ request: HTTPRequest) async throws -> HTTPResponse {
        var info = try Self.collection(request, in: store)
        let body = try await request.json()
        if let name = body["new_name"], !name.isNull {
            guard let text = name.string else { throw ChromaError.shape("new_name", "expected a string") }
            if let problem = Self.nameProblem(text) {
                throw ChromaError.invalid("Validation error: new_name: " + problem)
            }
            info.name = text
        }
        if let metadata = body["new_metadata"], !metadata.isNull {
            info.metadata = try Self.metadata(metadata, dropsNull: true)
        }
        if let configuration = body["new_configuration"] {
            if let object = configuration["hnsw"]?.object {
                try Self.apply(object, to: &info.hnsw, allowed: Self.changeable)
            }
            if let function = configuration["embedding_function"], !function.isNull {
                info.embeddingFunction = function
            }
        }
        try await store.update(info)
        return HTTPResponse(json: [:])
    }

    // MARK: - Rules

    private static let defaults: JSONObject = [
        "space": "l2", "ef_construction": 100, "ef_search": 100, "max_neighbors": 16, "resize_factor": 1.2,
        "sync_threshold": 1000,
    ]
    private static let hidden = ["num_threads", "batch_size"]
    private static let creatable = defaults.names + hidden
    private static let changeable = ["ef_search", "max_neighbors", "resize_factor", "sync_threshold"] + hidden

    private static func apply(_ given: JSONObject, to settings: inout JSONObject, allowed: [String]) throws(ChromaError)
    {
        for (name, value) in given.members where !value.isNull {
            guard allowed.contains(name) else { throw .shape("configuration.hnsw", "unknown field `\(name)`") }
            if name == "space" {
                guard let text = value.string, VectorSpace(rawValue: text) != nil else {
                    throw .shape("configuration.hnsw.space", "unknown variant, expected one of `l2`, `cosine`, `ip`")
                }
            } else if value.double.map({ $0 < 0 }) ?? true {
                throw .shape("configuration.hnsw.\(name)", "expected an unsigned number")
            }
            if !hidden.contains(name) { settings[name] = value }
        }
    }

    /// Reads the metadata keys that set the index before there was a configuration; LangChain still uses them.
    private static func applyLegacy(_ metadata: JSONObject?, to settings: inout JSONObject) throws(ChromaError) {
        let names = [
            "hnsw:space": "space", "hnsw:construction_ef": "ef_construction", "hnsw:search_ef": "ef_search",
            "hnsw:M": "max_neighbors", "hnsw:num_threads": "num_threads", "hnsw:resize_factor": "resize_factor",
            "hnsw:sync_threshold": "sync_threshold", "hnsw:batch_size": "batch_size",
        ]
        for (key, value) in metadata?.members ?? [] where key.hasPrefix("hnsw:") {
            let failure = ChromaError.invalid("Failed to parse hnsw parameters from segment metadata")
            guard let name = names[key] else { throw failure }
            do throws(ChromaError) { try apply([name: value], to: &settings, allowed: creatable) } catch {
                throw failure
            }
        }
    }

    private static func metadata(_ value: JSONValue?, dropsNull: Bool) throws(ChromaError) -> JSONObject? {
        guard let value, !value.isNull else { return nil }
        guard let object = value.object else { throw .shape("metadata", "expected an object") }
        guard !object.isEmpty else { throw .invalid("Validation error: metadata: Metadata cannot be empty") }
        var result = JSONObject()
        for (key, value) in object.members {
            guard !key.isEmpty else { throw .invalid("Validation error: metadata: Metadata key cannot be empty") }
            guard !key.hasPrefix("#"), !key.hasPrefix("$") else {
                throw .invalid("Validation error: metadata: Metadata key cannot start with '#' or '$': \(key)")
            }
            switch value {
            case .string, .int, .double, .bool: result[key] = value
            case .null:
                guard dropsNull else { throw .shape("metadata.\(key)", "null is not a value") }
            case .array, .object: throw .invalid("Validation error: metadata: Lists and objects are not values: \(key)")
            }
        }
        return result
    }

    /// What is wrong with a name, `nil` when it is fine.
    static func nameProblem(_ name: String) -> String? {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        let bytes = Array(name.utf8)
        let isPlain =
            (3...512).contains(bytes.count) && bytes.allSatisfy { isAlphanumeric($0) || [45, 46, 95].contains($0) }
        guard isPlain, let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last)
        else {
            return "Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a "
                + "character in [a-zA-Z0-9]. Got: \(name)"
        }
        if name.contains("..") {
            return "Expected a name that does not contains two consecutive periods (..). Got \(name)"
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) {
            return "Expected a name that is not a valid ip address. Got \(name)"
        }
        return nil
    }

    private static func json(_ info: CollectionInfo) -> JSONValue {
        [
            "id": .string(info.id), "name": .string(info.name),
            "configuration_json": [
                "hnsw": .object(info.hnsw), "spann": nil, "embedding_function": info.embeddingFunction,
            ],
            "metadata": info.metadata.map { .object($0) } ?? .null,
            "dimension": info.dimension.map { .int(Int64($0)) } ?? .null, "tenant": .string(info.tenant),
            "database": .string(info.database), "log_position": 0, "version": 0,
        ]
    }
}
