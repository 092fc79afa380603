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

    /// Reads a body and finds its collection. A body of the wrong shape is refused before the collection is looked
    /// for, one with the wrong contents after.
    private func read<Body>(
        _ request: HTTPRequest, _ parse: (JSONValue) throws(ChromaError) -> Body
    ) async throws -> (Body, CollectionInfo) {
        let json = try await request.json()
        let parsed = Result { () throws(ChromaError) in try parse(json) }
        if case .failure(let error) = parsed, error.status == .unprocessableContent { throw error }
        let collection = try CollectionRoutes.collection(request, in: store)
        return (try parsed.get(), collection)
    }

    private func write(_ request: HTTPRequest, _ kind: RecordBatch.Kind) async throws -> HTTPResponse {
        let (batch, collection) = try await read(request) { body throws(ChromaError) in
            try RecordBatch(body, kind: kind, allowsSparse: allowsSparse)
        }
        try await store.write(batch, kind: kind, to: collection)
        return HTTPResponse(kind == .add ? .created : .ok, json: [:])
    }

    private func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (wanted, collection) = try await read(request, GetRequest.init)
        let include = wanted.include
        let records = try await store.get(
            wanted.selection, from: collection, offset: wanted.offset, limit: wanted.limit, fields: include.fields)
        var result: [UInt8] = []
        result += "{\"ids\":".utf8
        JSONValue.strings(records.map(\.id)).write(to: &result)
        for name in ["embeddings", "documents", "uris", "metadatas"] {
            result += ",\"\(name)\":".utf8
            include.write(name, of: records, to: &result)
        }
        if include.names.contains(RecordInclude.tokens) {
            result += ",\"\(RecordInclude.tokens)\":".utf8
            include.write(RecordInclude.tokens, of: records, to: &result)
        }
        result += ",\"include\":".utf8
        include.echo.write(to: &result)
        result.append(UInt8(ascii: "}"))
        return HTTPResponse(.ok, fields: ["Content-Type": "application/json"], body: .bytes(result))
    }

    private func query(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (wanted, collection) = try await read(request, QueryRequest.init)
        let include = wanted.include
        let groups = try await store.query(
            wanted.vectors, wanted.selection, in: collection, count: wanted.count, fields: include.fields)
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
        let (wanted, collection) = try await read(request, DeleteRequest.init)
        // Nothing selected is nothing deleted, not everything.
        guard !wanted.selection.isEverything else { return HTTPResponse(json: ["deleted": 0]) }
        let deleted = try await store.delete(wanted.selection, limit: wanted.limit, from: collection)
        return HTTPResponse(json: ["deleted": .int(Int64(deleted))])
    }

    private func search(_ request: HTTPRequest) async throws -> HTTPResponse {
        let searches = try SearchRequest.elements(of: try await request.json())
        let collection = try CollectionRoutes.collection(request, in: store)
        var requests: [SearchRequest] = []
        for search in searches { requests.append(try SearchRequest(search)) }
        let answers = try await store.search(requests, in: collection)
        return HTTPResponse(json: SearchAnswer.json(requests, answers))
    }
}
