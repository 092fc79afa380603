import Chroma
import FoundationEssentials
import JSONCoding
import TestSupport
import Testing
import Vectors

@Suite struct VectorsTests {
    private func withStore(_ body: (VectorStore, String) async throws -> Void) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(try VectorStore(directory: folder), folder)
    }

    private func collection(_ store: VectorStore, _ space: String = "l2", _ name: String = "docs") async throws
        -> CollectionInfo
    {
        try await store.createCollection(
            CollectionInfo(
                id: UUID().uuidString.lowercased(), name: name, tenant: "default_tenant", database: "default_database",
                metadata: nil,
                hnsw: ["space": .string(space)], embeddingFunction: .null), orGet: true)
    }

    private func batch(
        _ ids: [String], _ vectors: [[Float]], metadatas: [JSONValue]? = nil, kind: RecordBatch.Kind = .add
    ) throws -> RecordBatch {
        var body: JSONObject = [
            "ids": .strings(ids), "embeddings": .array(vectors.map { .array($0.map { .double(Double($0)) }) }),
            "documents": .strings(ids.map { "text of \($0)" }),
        ]
        if let metadatas { body["metadatas"] = .array(metadatas) }
        return try RecordBatch(.object(body), kind: kind)
    }

    /// The reference's own observations: query (1,1) against four vectors.
    @Test(arguments: [
        ("l2", [1, 29, 2, 10] as [Float]), ("cosine", [0.051316738, 1.1414213, 1, 0.051316738]),
        ("ip", [-2, 2, 1, -5]),
    ])
    func computesDistancesAsChromaDoes(space: String, expected: [Float]) async throws {
        try await withStore { store, _ in
            let info = try await collection(store, space)
            try await store.write(
                try batch(["a", "b", "c", "d"], [[1, 2], [3, -4], [0, 0], [2, 4]]), kind: .add, to: info)
            let hits = try store.query(
                [[1, 1]], .init(), in: info, count: 4, fields: .init(documents: true, embeddings: true))[0]
            let byID = Dictionary(uniqueKeysWithValues: hits.map { ($0.id, $0.distance ?? .nan) })
            for (id, distance) in zip(["a", "b", "c", "d"], expected) {
                #expect(abs((byID[id] ?? .nan) - distance) < 1e-6)
            }
            #expect(hits.map { $0.distance ?? 0 } == hits.map { $0.distance ?? 0 }.sorted())
            #expect(hits.first { $0.id == "a" }?.embedding == [1, 2])
        }
    }

    @Test func survivesAReopening() async throws {
        try await withStore { store, folder in
            let info = try await collection(store)
            try await store.write(
                try batch(["a", "b"], [[1, 2], [3, 4]], metadatas: [["k": 1], nil]), kind: .add, to: info)
            _ = try await store.delete(["a"], from: info)
            let again = try VectorStore(directory: folder)
            let found = try #require(
                try again.collection(named: "docs", tenant: "default_tenant", database: "default_database"))
            #expect(found.dimension == 2)
            let records = try again.get(
                .init(), from: found, offset: 0, limit: nil, fields: .init(documents: true, embeddings: true))
            #expect(records.map(\.id) == ["b"] && records[0].document == "text of b" && records[0].embedding == [3, 4])
        }
    }

    @Test func aRefusedWriteChangesNothing() async throws {
        try await withStore { store, _ in
            let info = try await collection(store)
            try await store.write(try batch(["a"], [[1, 2]]), kind: .add, to: info)
            await #expect(throws: ChromaError.self) {
                try await store.write(try batch(["b"], [[1, 2, 3]]), kind: .add, to: info)
            }
            #expect(try store.count(info) == 1)
        }
    }

    @Test func updatesMergeMetadataAndKeepThePlace() async throws {
        try await withStore { store, _ in
            let info = try await collection(store)
            try await store.write(
                try batch(["a", "b"], [[1, 2], [3, 4]], metadatas: [["k": 1, "old": true], ["k": 2]]), kind: .add,
                to: info)
            try await store.write(
                try batch(["a"], [[9, 9]], metadatas: [["k": 5, "old": nil]], kind: .upsert), kind: .upsert, to: info)
            let records = try store.get(
                .init(), from: info, offset: 0, limit: nil, fields: .init(documents: false, embeddings: true))
            #expect(records.map(\.id) == ["a", "b"])
            #expect(records[0].metadata == ["k": 5] && records[0].embedding == [9, 9])
        }
    }

    @Test(arguments: [
        ("{\"k\":1}", ["int"]), ("{\"k\":{\"$ne\":1}}", ["float", "text", "list", "none"]),
        ("{\"k\":{\"$gt\":1}}", ["float"]), ("{\"k\":{\"$gte\":1.0}}", ["int", "float"]),
        ("{\"k\":{\"$in\":[\"x\",\"y\"]}}", ["text"]), ("{\"k\":{\"$nin\":[1]}}", ["float", "text", "list", "none"]),
        ("{\"k\":{\"$contains\":\"x\"}}", ["list"]),
        ("{\"$or\":[{\"k\":1},{\"k\":\"x\"}]}", ["int", "text"]),
        ("{\"$and\":[{\"k\":{\"$gt\":0}},{\"k\":{\"$lt\":1.25}}]}", ["int"]),
        ("{\"$and\":[]}", ["int", "float", "text", "list", "none"]),
    ])
    func filters(text: String, expected: [String]) async throws {
        try await withStore { store, _ in
            let info = try await collection(store)
            let ids = ["int", "float", "text", "list", "none"]
            let values: [JSONValue] = [["k": 1], ["k": 1.5], ["k": "x"], ["k": ["x", "y"]], nil]
            try await store.write(
                try batch(ids, ids.indices.map { [Float($0), 1] }, metadatas: values), kind: .add, to: info)
            let filter = try WhereFilter.parse(try JSONParser.parse(text))
            #expect(try store.ids(.init(filter: filter), in: info) == expected)
        }
    }

    @Test(arguments: [
        "{}", "{\"a\":1,\"b\":2}", "{\"n\":{\"$gt\":0,\"$lt\":3}}", "{\"n\":{\"$gt\":\"x\"}}", "{\"n\":{\"$in\":[]}}",
        "{\"n\":{\"$in\":[1,\"a\"]}}", "{\"$x\":1}", "{\"n\":null}", "5",
    ])
    func refusesFilters(text: String) throws {
        let value = try JSONParser.parse(text)
        #expect(throws: ChromaError.self) { try WhereFilter.parse(value) }
    }

    @Test func findsWhatAPlainScanFinds() async throws {
        try await withStore { store, _ in
            let info = try await collection(store, "cosine")
            var generator = SystemRandomNumberGenerator()
            let vectors = (0..<300).map { _ in (0..<37).map { _ in Float.random(in: -1...1, using: &generator) } }
            try await store.write(try batch((0..<300).map(String.init), vectors), kind: .add, to: info)
            func distance(_ a: [Float], _ b: [Float]) -> Float {
                func dot(_ x: [Float], _ y: [Float]) -> Float { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
                return 1 - dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
            }
            let query = vectors[7].map { $0 + 0.1 }
            let expected = vectors.indices.sorted { distance(query, vectors[$0]) < distance(query, vectors[$1]) }
                .prefix(10).map(String.init)
            let hits = try store.query(
                [query], .init(), in: info, count: 10, fields: .init(documents: false, embeddings: false))[0]
            #expect(hits.map(\.id) == Array(expected))
        }
    }

    @Test func anotherTenantsCollectionIsNotThere() async throws {
        try await withStore { store, _ in
            let info = try await collection(store)
            #expect(throws: ChromaError.self) {
                try store.collection(id: info.id, tenant: "other", database: "default_database")
            }
        }
    }
}
