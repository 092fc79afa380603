import Chroma
import FoundationEssentials
import JSONCoding
import TestSupport
import Vectors

/// A store in a folder of its own, with short ways to fill it.
struct StoreFixture {
    let store: VectorStore
    let folder: String

    static func with(
        options: VectorStore.Options = VectorStore.Options(), _ body: (StoreFixture) async throws -> Void
    ) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let fixture = StoreFixture(
            store: try VectorStore(directory: folder + "/data", options: options), folder: folder + "/data")
        do {
            try await body(fixture)
        } catch {
            await fixture.store.close()
            throw error
        }
        await fixture.store.close()
    }

    func collection(
        _ space: String = "l2", _ name: String = "docs", schema: JSONValue? = nil
    ) async throws -> CollectionInfo {
        let configuration: JSONValue? = schema == nil ? ["hnsw": ["space": .string(space)]] : nil
        let schema = try CollectionSchema(
            configuration: configuration, schema: schema, metadata: nil, allowsSparse: true)
        return try await store.createCollection(
            CollectionInfo(
                id: UUID().uuidString.lowercased(), name: name, tenant: "default_tenant",
                database: "default_database", metadata: nil, schema: schema), orGet: true)
    }

    func batch(
        _ ids: [String], _ vectors: [[Float]]? = nil, documents: [JSONValue]? = nil, metadatas: [JSONValue]? = nil,
        tokens: [JSONValue]? = nil, kind: RecordBatch.Kind = .add
    ) throws -> RecordBatch {
        var body: JSONObject = ["ids": .strings(ids)]
        if let vectors { body["embeddings"] = .array(vectors.map { .array($0.map { .double(Double($0)) }) }) }
        body["documents"] = documents.map { .array($0) }
        body["metadatas"] = metadatas.map { .array($0) }
        body["token_embeddings"] = tokens.map { .array($0) }
        return try RecordBatch(.object(body), kind: kind)
    }

    func add(
        _ ids: [String], _ vectors: [[Float]], documents: [JSONValue]? = nil, metadatas: [JSONValue]? = nil,
        tokens: [JSONValue]? = nil, to info: CollectionInfo
    ) async throws {
        try await store.write(
            try batch(ids, vectors, documents: documents, metadatas: metadatas, tokens: tokens), kind: .add, to: info)
    }

    func ids(_ filter: String, in info: CollectionInfo) async throws -> [String] {
        let selection = RecordSelection(filter: try WhereFilter.parse(try JSONParser.parse(filter)))
        return try await store.get(selection, from: info, offset: 0, limit: nil, fields: Self.nothing).map(\.id)
    }

    static let nothing = RecordFields(documents: false, metadatas: false, embeddings: false)
    static let everything = RecordFields(documents: true, metadatas: true, embeddings: true)

    /// Vectors around a few centres, as embeddings of texts are.
    static func vectors(_ count: Int, dimension: Int, seed: UInt64 = 1) -> [[Float]] {
        var generator = SplitMix(state: seed)
        let centres = (0..<32).map { _ in (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) } }
        return (0..<count).map { _ in
            let centre = centres[Int.random(in: 0..<32, using: &generator)]
            return centre.map { $0 + Float.random(in: -0.4...0.4, using: &generator) }
        }
    }
}

/// A generator that gives the same numbers in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
