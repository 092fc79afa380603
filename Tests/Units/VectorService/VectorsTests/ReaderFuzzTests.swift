import Chroma
import FoundationEssentials
import JSONCoding
import LinearRegex
import TestSupport
import Testing

@testable import Vectors

/// Feeds the readers of outside data with damaged versions of good input. A trap ends the process, which is the
/// failure; `APUS_FUZZ_SECONDS` sets how long it goes on.
@Suite struct ReaderFuzzTests {
    private static let seconds =
        ProcessInfo.processInfo.environment["APUS_FUZZ_SECONDS"].flatMap(Double.init) ?? 3

    private static let texts = [
        ##"{"ids":["a","b"],"embeddings":[[1,2.5e3,-0.1],"AACAPwAAAEAAAEBA"],"documents":["x",null],"uris":[null,"file:///x"],"metadatas":[{"k":1,"f":1.0,"s":"t","b":true,"l":[1,2.5],"v":{"#type":"sparse_vector","indices":[1,5],"values":[0.5,1]}},null]}"##,
        ##"{"$and":[{"a":1},{"$or":[{"b":{"$gt":1.5}},{"c":{"$in":["x","y"]}},{"d":{"$contains":true}}]},{"#document":{"$regex":"(?i)^a[b-d]+\\d{2,3}$"}},{"#id":{"$nin":["q"]}}]}"##,
        ##"{"filter":{"a":{"$ne":null}},"rank":{"$sum":[{"$mul":[{"$val":-1},{"$knn":{"query":[0.1,0.2],"limit":5,"default":2.0,"return_rank":true}}]},{"$div":{"left":{"$abs":{"$val":3}},"right":{"$knn":{"query":{"indices":[1],"values":[1]},"key":"s"}}}}]},"group_by":{"keys":["g"],"aggregate":{"$min_k":{"keys":["#score"],"k":2}}},"limit":{"offset":1,"limit":9},"select":{"keys":["#document","title"]}}"##,
        ##"{"hnsw":{"space":"cosine","ef_search":10,"resize_factor":1.5},"spann":null,"embedding_function":{"type":"known","name":"n","config":{}}}"##,
        ##"{"defaults":{"string":{"fts_index":{"enabled":false,"config":{}}},"sparse_vector":{"sparse_vector_index":{"enabled":false,"config":{"bm25":true}}}},"keys":{"#embedding":{"float_list":{"vector_index":{"enabled":true,"config":{"space":"ip","hnsw":{"ef_construction":7}}}}},"k":{"int":{"int_inverted_index":{"enabled":false,"config":{}}}}}}"##,
        ##"(?i:a|b)*[[:alpha:]&&[^x-z]]{0,5}\p{Greek}?\x{41}(?P<n>\b.\B)$|^\pL--\D\W\S\u0041[\]\-a]"##,
    ]

    @Test func readersOfTextNeverTrap() {
        var generator = SystemRandomNumberGenerator()
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var rounds = 0
        while ContinuousClock.now < end {
            rounds += 1
            var bytes = Array((Self.texts.randomElement(using: &generator) ?? "").utf8)
            mutate(&bytes, &generator)
            read(bytes)
        }
        #expect(rounds > 0)
    }

    private func read(_ bytes: [UInt8]) {
        if let regex = try? LinearPattern(String(decoding: bytes, as: UTF8.self)) {
            _ = regex.matches("aB\u{3B1} 12 x\u{1F600}")
        }
        guard let value = try? JSONParser.parse(bytes) else { return }
        for kind in [RecordBatch.Kind.add, .upsert, .update] { _ = try? RecordBatch(value, kind: kind) }
        _ = try? WhereFilter.parse(value)
        _ = try? WhereFilter.parseDocument(value)
        _ = try? SearchRequest(value)
        let schema = try? CollectionSchema(
            configuration: value, schema: nil, metadata: value.object, allowsSparse: true)
        _ = try? CollectionSchema(configuration: nil, schema: value, metadata: nil, allowsSparse: true)
        var changed = schema
        try? changed?.modify(value)
        _ = changed?.hnsw
    }

    @Test func readersOfFilesNeverTrap() async throws {
        var generator = SystemRandomNumberGenerator()
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let original = folder + "/original"
        // Large vectors, so that few of them are worth a graph.
        let vectors = StoreFixture.vectors(1400, dimension: 1600)
        let info = try await fill(original, vectors)
        let names = ["graph.meta", "graph.0", "graph.1", "graph.0.sums", "vectors.f32", "records.sqlite"]
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var rounds = 0
        while ContinuousClock.now < end || rounds < 6 {
            let copy = folder + "/copy\(rounds)"
            defer { try? FileManager.default.removeItem(atPath: copy) }
            try Fixtures.copyFolder(original, to: copy)
            let name = names[rounds % names.count]
            let path = copy + "/collections/" + info.id + "/" + name
            var bytes = Array(FileManager.default.contents(atPath: path) ?? Data())
            for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&bytes, &generator) }
            try Data(bytes).write(to: URL(filePath: path))
            _ = GraphFile.parseMeta(bytes)
            _ = GraphFile.parseJournal(bytes)
            try await use(copy, info, vectors[0])
            _ = try? StoreVerification.run(copy)
            rounds += 1
        }
    }

    private func fill(_ path: String, _ vectors: [[Float]]) async throws -> CollectionInfo {
        let store = try VectorStore(directory: path)
        let fixture = StoreFixture(store: store, folder: path)
        let info = try await fixture.collection()
        try await fixture.add(vectors.indices.map(String.init), vectors, to: info)
        while store.statistics.graphNodes < vectors.count {
            try await Task.sleep(for: .milliseconds(20))
        }
        await store.close()
        return info
    }

    /// Damage may be an error; it may not be a crash.
    private func use(_ path: String, _ info: CollectionInfo, _ query: [Float]) async throws {
        guard let store = try? VectorStore(directory: path) else { return }
        _ = try? await store.query([query], .init(), in: info, count: 20, fields: StoreFixture.everything)
        _ = try? await store.get(.init(), from: info, offset: 0, limit: 10, fields: StoreFixture.everything)
        let fixture = StoreFixture(store: store, folder: path)
        try? await fixture.add(["new"], [query], to: info)
        _ = try? await store.delete(.init(ids: ["1", "2"]), limit: nil, from: info)
        await store.close()
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SystemRandomNumberGenerator) {
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            guard !bytes.isEmpty else { return }
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            let length = min(Int.random(in: 1...8, using: &generator), bytes.count - place)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.removeSubrange(place..<place + length)
            case 3: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
            case 4: bytes.replaceSubrange(place..<place + length, with: Array("9999999999999999999".utf8))
            default: bytes.removeSubrange(place...)
            }
        }
    }
}
