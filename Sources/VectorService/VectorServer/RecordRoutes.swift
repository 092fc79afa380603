import Chroma
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Vectors

/// Writing, reading and searching records.
struct RecordRoutes: Sendable {
    let store: VectorStore
    let allowsSparse: Bool

    func add(to router: inout Router) {
        let path = CollectionRoutes.path + "/{collection}"
        router.on(.post, path + "/add") { try await write($0, .add) }
        router.on(.post, path + "/upsert") { try await write($0, .upsert) }
        router.on(.post, path + "/update") { try await write($0, .update) }
        router.on(.post, path + "/get") { try await get($0) }
        router.on(.post, path + "/query") { try await query($0) }
        router.on(.post, path + "/search") { try await search($0) }
        router.on(.post, path + "/delete") { try await delete($0) }
        router.on(.get, path + "/count") { [store] request in
            let level = request.target.parameter("read_level") ?? "index_and_wal"
            guard ["index_and_wal", "index_only", "index_and_bounded_wal"].contains(level) else {
                throw ChromaError.invalid("Failed to deserialize query string: unknown read_level")
            }
            return HTTPResponse(
                json: .int(Int64(try await store.count(try CollectionRoutes.collection(request, in: store)))))
        }
    }

    private func write(_ request: HTTPRequest, _ kind: RecordBatch.Kind) async throws -> HTTPResponse {
        let body = try await request.json()
        let parsed = Result { () throws(ChromaError) in
            try RecordBatch(body, kind: kind, allowsSparse: allowsSparse)
        }
        // The body's shape is looked at before the collection, its contents after.
        if case .failure(let error) = parsed, error.status == .unprocessableContent { throw error }
        let collection = try CollectionRoutes.collection(request, in: store)
        try await store.write(try parsed.get(), kind: kind, to: collection)
        return HTTPResponse(kind == .add ? .created : .ok, json: [:])
    }

    private func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.json()
        let include = try RecordInclude(body["include"], default: ["documents", "metadatas"])
        let (offset, limit) = (try body.count("offset") ?? 0, try body.count("limit"))
        let ids = try body.ids()
        let collection = try CollectionRoutes.collection(request, in: store)
        let chosen = try selection(body, ids)
        let records = try await store.get(
            chosen, from: collection, offset: offset, limit: limit, fields: include.fields)
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
        guard let list = body["query_embeddings"]?.array else {
            throw ChromaError.shape("query_embeddings", "missing field `query_embeddings`")
        }
        let include = try RecordInclude(body["include"], default: ["documents", "metadatas", "distances"])
        let ids = try body.ids()
        let count = try body.count("n_results") ?? 10
        var vectors: [[Float]] = []
        for item in list {
            guard let numbers = item.array else {
                throw ChromaError.shape("query_embeddings", "expected lists of numbers")
            }
            vectors.append(try RecordBatch.queryVector(numbers))
        }
        let collection = try CollectionRoutes.collection(request, in: store)
        guard Set(vectors.map(\.count)).count <= 1 else {
            throw ChromaError.invalid("Inconsistent dimensions in provided embeddings")
        }
        let chosen = try selection(body, ids)
        let groups = try await store.query(vectors, chosen, in: collection, count: count, fields: include.fields)
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
        let ids = try body.ids()
        let limit = try body.count("limit")
        let collection = try CollectionRoutes.collection(request, in: store)
        let chosen = try selection(body, ids)
        let hasFilter = chosen.filter != nil || chosen.documentFilter != nil
        if limit != nil, !hasFilter {
            throw ChromaError.invalid(
                "Validation error: limit, where: limit can only be specified when a where clause is provided")
        }
        if !hasFilter {
            guard let ids else { return HTTPResponse(json: ["deleted": 0]) }
            guard !ids.isEmpty else {
                throw ChromaError.invalid("Validation error: ids, where: Either ids or where must be specified")
            }
        }
        let deleted = try await store.delete(chosen, limit: limit, from: collection)
        return HTTPResponse(json: ["deleted": .int(Int64(deleted))])
    }

    private func search(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.json()
        guard let list = body["searches"]?.array else {
            throw ChromaError.shape("searches", "missing field `searches`")
        }
        let collection = try CollectionRoutes.collection(request, in: store)
        var requests: [SearchRequest] = []
        for item in list { requests.append(try SearchRequest(item)) }
        let answers = try await store.search(requests, in: collection)
        return HTTPResponse(json: SearchAnswer.json(requests, answers))
    }

    private func selection(_ body: JSONValue, _ ids: [String]?) throws(ChromaError) -> RecordSelection {
        RecordSelection(
            ids: ids, filter: try WhereFilter.parse(body["where"]),
            documentFilter: try WhereFilter.parseDocument(body["where_document"]))
    }
}

extension JSONValue {
    /// The member `ids`, if given.
    fileprivate func ids() throws(ChromaError) -> [String]? {
        guard let value = self["ids"], !value.isNull else { return nil }
        guard let list = value.array else { throw .shape("ids", "expected a list of strings") }
        let texts = list.compactMap(\.string)
        guard texts.count == list.count else { throw .shape("ids", "expected a list of strings") }
        return texts
    }

    /// A member that has to be an unsigned 32-bit number, if given.
    fileprivate func count(_ name: String) throws(ChromaError) -> Int? {
        guard let value = self[name], !value.isNull else { return nil }
        guard case .int(let number) = value, let count = UInt32(exactly: number) else {
            throw .shape(name, "expected an unsigned 32-bit number")
        }
        return Int(count)
    }
}
