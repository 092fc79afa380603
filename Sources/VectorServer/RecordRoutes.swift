import Chroma
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Vectors

/// Writing, reading and searching records.
struct RecordRoutes: Sendable {
    let store: VectorStore

    func add(to router: inout Router) {
        let path = CollectionRoutes.path + "/{collection}"
        router.on(.post, path + "/add") { try await write($0, .add) }
        router.on(.post, path + "/upsert") { try await write($0, .upsert) }
        router.on(.post, path + "/update") { try await write($0, .update) }
        router.on(.post, path + "/get") { try await get($0) }
        router.on(.post, path + "/query") { try await query($0) }
        router.on(.post, path + "/delete") { try await delete($0) }
        router.on(.get, path + "/count") { [store] request in
            HTTPResponse(json: .int(Int64(try store.count(try CollectionRoutes.collection(request, in: store)))))
        }
    }

    private func write(_ request: HTTPRequest, _ kind: RecordBatch.Kind) async throws -> HTTPResponse {
        let body = try await request.json()
        let collection = try CollectionRoutes.collection(request, in: store)
        try await store.write(try RecordBatch(body, kind: kind), kind: kind, to: collection)
        return HTTPResponse(kind == .add ? .created : .ok, json: [:])
    }

    private func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.json()
        let collection = try CollectionRoutes.collection(request, in: store)
        let include = try Include(body["include"], default: ["documents", "metadatas"])
        let records = try store.get(
            try selection(body), from: collection, offset: try count(body, "offset") ?? 0,
            limit: try count(body, "limit"),
            fields: include.fields)
        var result: [UInt8] = []
        result += "{\"ids\":".utf8
        JSONValue.strings(records.map(\.id)).write(to: &result)
        for name in ["embeddings", "documents", "uris", "metadatas"] {
            result += ",\"\(name)\":".utf8
            include.write(name, of: records, to: &result)
        }
        result += ",\"include\":".utf8
        include.echo.write(to: &result)
        result.append(UInt8(ascii: "}"))
        return HTTPResponse(.ok, fields: ["Content-Type": "application/json"], body: .bytes(result))
    }

    private func query(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.json()
        let collection = try CollectionRoutes.collection(request, in: store)
        guard let list = body["query_embeddings"]?.array else {
            throw ChromaError.shape("query_embeddings", "missing field `query_embeddings`")
        }
        var vectors: [[Float]] = []
        for item in list {
            guard let numbers = item.array else {
                throw ChromaError.shape("query_embeddings", "expected lists of numbers")
            }
            vectors.append(try RecordBatch.vector(numbers))
        }
        guard Set(vectors.map(\.count)).count <= 1 else {
            throw ChromaError.invalid("Inconsistent dimensions in provided embeddings")
        }
        let include = try Include(body["include"], default: ["documents", "metadatas", "distances"])
        let groups = try store.query(
            vectors, try selection(body), in: collection, count: try count(body, "n_results") ?? 10,
            fields: include.fields)
        var result: [UInt8] = []
        result += "{\"ids\":".utf8
        JSONValue.array(groups.map { .strings($0.map(\.id)) }).write(to: &result)
        for name in ["embeddings", "documents", "uris", "metadatas", "distances"] {
            result += ",\"\(name)\":".utf8
            guard include.names.contains(name) else {
                result += "null".utf8
                continue
            }
            result.append(UInt8(ascii: "["))
            for (index, group) in groups.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                include.write(name, of: group, to: &result)
            }
            result.append(UInt8(ascii: "]"))
        }
        result += ",\"include\":".utf8
        include.echo.write(to: &result)
        result.append(UInt8(ascii: "}"))
        return HTTPResponse(.ok, fields: ["Content-Type": "application/json"], body: .bytes(result))
    }

    private func delete(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.json()
        let collection = try CollectionRoutes.collection(request, in: store)
        let chosen = try selection(body)
        let hasFilter = chosen.filter != nil || chosen.documentFilter != nil
        let limit = try count(body, "limit")
        if limit != nil, !hasFilter {
            throw ChromaError.invalid(
                "Validation error: limit, where: limit can only be specified when a where clause is provided")
        }
        if !hasFilter {
            guard let ids = chosen.ids else { return HTTPResponse(json: ["deleted": 0]) }
            guard !ids.isEmpty else {
                throw ChromaError.invalid("Validation error: ids, where: Either ids or where must be specified")
            }
        }
        let ids = try store.ids(chosen, in: collection).prefix(limit ?? Int.max)
        let deleted = try await store.delete(Array(ids), from: collection)
        return HTTPResponse(json: ["deleted": .int(Int64(deleted))])
    }

    private func selection(_ body: JSONValue) throws(ChromaError) -> VectorStore.Selection {
        var ids: [String]?
        if let value = body["ids"], !value.isNull {
            guard let list = value.array else { throw .shape("ids", "expected a list of strings") }
            let texts = list.compactMap(\.string)
            guard texts.count == list.count else { throw .shape("ids", "expected a list of strings") }
            ids = texts
        }
        return VectorStore.Selection(
            ids: ids, filter: try WhereFilter.parse(body["where"]),
            documentFilter: try WhereFilter.parseDocument(body["where_document"]))
    }

    private func count(_ body: JSONValue, _ name: String) throws(ChromaError) -> Int? {
        guard let value = body[name], !value.isNull else { return nil }
        guard case .int(let number) = value, let count = UInt32(exactly: number) else {
            throw .shape(name, "expected an unsigned 32-bit number")
        }
        return Int(count)
    }
}

/// Which members an answer has besides the ids.
private struct Include {
    let names: [String]
    let echo: JSONValue

    init(_ value: JSONValue?, default standard: [String]) throws(ChromaError) {
        guard let value else {
            names = standard
            echo = .strings(standard)
            return
        }
        guard let list = value.array else { throw .shape("include", "expected a list") }
        let known = ["distances", "documents", "embeddings", "metadatas", "uris"]
        var names: [String] = []
        for item in list {
            guard let name = item.string, known.contains(name) else {
                throw .shape("include", "unknown variant, expected one of \(known.joined(separator: ", "))")
            }
            names.append(name)
        }
        self.names = names
        echo = value
    }

    var fields: VectorStore.Fields {
        VectorStore.Fields(
            documents: names.contains("documents") || names.contains("uris"), embeddings: names.contains("embeddings"))
    }

    /// Appends one member for the records, `null` when it was not asked for.
    func write(_ name: String, of records: [VectorStore.Record], to result: inout [UInt8]) {
        guard names.contains(name) else { return result += "null".utf8 }
        result.append(UInt8(ascii: "["))
        for (index, record) in records.enumerated() {
            if index > 0 { result.append(UInt8(ascii: ",")) }
            switch name {
            case "embeddings": JSONText.write(record.embedding ?? [], to: &result)
            case "documents": JSONValue.optional(record.document).write(to: &result)
            case "uris": JSONValue.optional(record.uri).write(to: &result)
            case "metadatas": (record.metadata.map { JSONValue.object($0) } ?? .null).write(to: &result)
            default:
                let distance = record.distance ?? .nan
                result += (distance.isFinite ? distance.description : "null").utf8
            }
        }
        result.append(UInt8(ascii: "]"))
    }
}
