import Chroma
import FoundationEssentials
import JSONCoding
import SQLite
import TestSupport
import Testing
import Vectors

@Suite struct StoreTests {
    /// What Chroma answers (docs/reference/chroma.md, 6): query (1,1) against four vectors.
    @Test(arguments: [
        ("l2", [1, 29, 2, 10] as [Float]), ("cosine", [0.051316738, 1.1414213, 1, 0.051316738]),
        ("ip", [-2, 2, 1, -5]),
    ])
    func computesDistancesAsChromaDoes(space: String, expected: [Float]) async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection(space)
            try await fixture.add(["a", "b", "c", "d"], [[1, 2], [3, -4], [0, 0], [2, 4]], to: info)
            let hits = try await fixture.store.query(
                [[1, 1]], .init(), in: info, count: 4, fields: StoreFixture.everything)[0]
            let byID = Dictionary(uniqueKeysWithValues: hits.map { ($0.id, $0.distance ?? .nan) })
            for (id, distance) in zip(["a", "b", "c", "d"], expected) {
                #expect(abs((byID[id] ?? .nan) - distance) < 1e-6)
            }
            #expect(hits.map { $0.distance ?? 0 } == hits.map { $0.distance ?? 0 }.sorted())
            #expect(hits.first { $0.id == "a" }?.embedding == [1, 2])
        }
    }

    @Test func survivesAReopening() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(
                ["a", "b"], [[1, 2], [3, 4]], documents: ["one", "two"], metadatas: [["k": 1], nil], to: info)
            #expect(try await fixture.store.delete(.init(ids: ["a"]), limit: nil, from: info) == 1)
            await fixture.store.close()
        }
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(["a", "b"], [[1, 2], [3, 4]], documents: ["one", nil], to: info)
            _ = try await fixture.store.delete(.init(ids: ["a"]), limit: nil, from: info)
            try await fixture.store.write(
                try fixture.batch(["b"], [[5, 6]], metadatas: [["k": 2]], kind: .upsert), kind: .upsert, to: info)
            await fixture.store.close()
            let copy = fixture.folder + "-copy"
            try Fixtures.copyFolder(fixture.folder, to: copy)
            let again = try VectorStore(directory: copy)
            let found = try #require(
                try await again.collection(named: "docs", tenant: "default_tenant", database: "default_database"))
            #expect(found.dimension == 2 && found.version == 3)
            let records = try await again.get(
                .init(), from: found, offset: 0, limit: nil, fields: StoreFixture.everything)
            #expect(records.map(\.id) == ["b"] && records[0].embedding == [5, 6])
            #expect(records[0].metadata == "{\"k\":2}" && records[0].document == nil)
            await again.close()
        }
    }

    @Test func toGetOrCreateSucceedsBesideDeletions() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        for round in 0..<60 {
                            let info = try await fixture.collection()
                            #expect(info.name == "docs")
                            // With a record there is a folder, which the deletion takes away.
                            if worker % 2 == 0 { try? await fixture.add(["a\(round)"], [[1, 2]], to: info) }
                            _ = try await store.collections(
                                tenant: "default_tenant", database: "default_database", offset: 0, limit: 10)
                            if worker >= 4 { try? await store.delete(info) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let last = try await fixture.collection()
            try await fixture.add(["z"], [[1, 2]], to: last)
            #expect(try await store.count(last) > 0)
        }
    }

    @Test func changesOfADescriptionSideBySideAllStay() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let info = try await fixture.collection()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await store.update(info.id) { info in
                            var metadata = info.metadata ?? JSONObject()
                            metadata["k\(number)"] = .int(Int64(number))
                            info.metadata = metadata
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await fixture.collection().metadata?.members.count == 40)
        }
    }

    @Test func aRefusedWriteChangesNothing() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(["a"], [[1, 2]], to: info)
            await #expect(throws: VectorError.wrongDimension(expected: 2, given: 3)) {
                try await fixture.add(["b"], [[1, 2, 3]], to: info)
            }
            #expect(try await fixture.store.count(info) == 1)
            #expect(try await fixture.store.described(info)?.version == 1)
        }
    }

    @Test func updatesMergeMetadataAndKeepThePlace() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(
                ["a", "b"], [[1, 2], [3, 4]], metadatas: [["k": 1, "old": true], ["k": 2]], to: info)
            try await fixture.store.write(
                try fixture.batch(["a"], [[9, 9]], metadatas: [["k": 5, "old": nil]], kind: .upsert), kind: .upsert,
                to: info)
            let records = try await fixture.store.get(
                .init(), from: info, offset: 0, limit: nil, fields: StoreFixture.everything)
            #expect(records.map(\.id) == ["a", "b"])
            #expect(records[0].metadata == "{\"k\":5}" && records[0].embedding == [9, 9])
            #expect(try await fixture.ids("{\"k\":5}", in: info) == ["a"])
        }
    }

    @Test(arguments: [
        ("{\"k\":1}", ["int"]), ("{\"k\":{\"$ne\":1}}", ["float", "text", "list", "none"]),
        ("{\"k\":{\"$gt\":1}}", ["float"]), ("{\"k\":{\"$gte\":1.0}}", ["int", "float"]),
        ("{\"k\":{\"$lt\":1.5}}", ["int"]), ("{\"k\":{\"$lte\":1.5}}", ["int", "float"]),
        ("{\"k\":{\"$in\":[\"x\",\"y\"]}}", ["text"]), ("{\"k\":{\"$nin\":[1]}}", ["float", "text", "list", "none"]),
        ("{\"k\":{\"$contains\":\"x\"}}", ["list"]),
        ("{\"k\":{\"$not_contains\":\"x\"}}", ["int", "float", "text", "none"]),
        ("{\"$or\":[{\"k\":1},{\"k\":\"x\"}]}", ["int", "text"]),
        ("{\"$and\":[{\"k\":{\"$gt\":0}},{\"k\":{\"$lt\":1.25}}]}", ["int"]),
        ("{\"$and\":[]}", ["int", "float", "text", "list", "none"]), ("{\"$or\":[]}", []),
        ("{\"#id\":{\"$in\":[\"text\",\"unknown\"]}}", ["text"]),
        ("{\"#document\":{\"$contains\":\"of f\"}}", ["float"]),
        ("{\"#document\":{\"$regex\":\"^text .*(list|none)$\"}}", ["list"]),
        ("{\"$or\":[{\"#document\":{\"$not_regex\":\"t\"}},{\"k\":1}]}", ["int", "none"]),
    ])
    func filters(text: String, expected: [String]) async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            let ids = ["int", "float", "text", "list", "none"]
            let values: [JSONValue] = [["k": 1], ["k": 1.5], ["k": "x"], ["k": ["x", "y"]], nil]
            let documents: [JSONValue] = ids.map { $0 == "none" ? .null : .string("text of \($0)") }
            try await fixture.add(
                ids, ids.indices.map { [Float($0), 1] }, documents: documents, metadatas: values, to: info)
            #expect(try await fixture.ids(text, in: info) == expected)
        }
    }

    @Test(arguments: [
        "{}", "{\"a\":1,\"b\":2}", "{\"n\":{\"$gt\":0,\"$lt\":3}}", "{\"n\":{\"$gt\":\"x\"}}", "{\"n\":{\"$in\":[]}}",
        "{\"n\":{\"$in\":[1,\"a\"]}}", "{\"$x\":1}", "{\"n\":null}", "5", "{\"n\":{\"$regex\":\"x\"}}",
        "{\"#document\":{\"$eq\":\"x\"}}", "{\"#document\":{\"$regex\":\"(\"}}",
        "{\"#document\":{\"$regex\":\"(?-u:\\\\d)\"}}", "{\"#id\":{\"$gt\":1}}",
    ])
    func refusesFilters(text: String) throws {
        let value = try JSONParser.parse(text)
        #expect(throws: ChromaError.self) { try WhereFilter.parse(value) }
    }

    @Test func integersBeyondDoublesCompareExactly() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            let values: [JSONValue] = [["k": 9_007_199_254_740_993], ["k": 9_007_199_254_740_992.0]]
            try await fixture.add(["int", "float"], [[1], [2]], metadatas: values, to: info)
            #expect(try await fixture.ids("{\"k\":9007199254740993}", in: info) == ["int"])
            #expect(try await fixture.ids("{\"k\":{\"$gt\":9007199254740992.0}}", in: info) == ["int"])
            #expect(try await fixture.ids("{\"k\":9007199254740992}", in: info) == ["float"])
        }
    }

    @Test func anotherTenantsCollectionIsNotThere() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            #expect(throws: VectorError.collectionMissing(id: info.id)) {
                try fixture.store.reference(id: info.id, tenant: "other", database: "default_database")
            }
        }
    }

    @Test func aFolderBelongsToOneProcess() async throws {
        try await StoreFixture.with { fixture in
            let error = #expect(throws: VectorStorageError.self) { try VectorStore(directory: fixture.folder) }
            #expect(error?.description.contains("is in use by process") ?? false)
        }
    }

    @Test func deletedTextLeavesTheDisk() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            let secret = "the secret recipe of the house"
            let number: Float = 1234.5678
            try await fixture.add(
                ["a", "b"], [[number, 2], [3, 4]], documents: [.string(secret), "kept"],
                metadatas: [["note": .string(secret)], nil], to: info)
            _ = try await fixture.store.delete(.init(ids: ["a"]), limit: nil, from: info)
            let needles = [Array(secret.utf8), withUnsafeBytes(of: number) { Array($0) }]
            var left: [String] = ["not looked"]
            _ = try await eventually {
                left = try files(in: fixture.folder + "/collections/" + info.id).filter { path in
                    let bytes = Array(FileManager.default.contents(atPath: path) ?? Data())
                    return needles.contains { contains(bytes, $0) }
                }
                return left.isEmpty
            }
            #expect(left == [])
        }
    }

    @Test func forksAreIndependent() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(["a", "b"], [[1, 2], [3, 4]], documents: ["one", "two"], to: info)
            let fork = try await fixture.store.fork(info, name: "fork")
            _ = try await fixture.store.delete(.init(ids: ["a"]), limit: nil, from: info)
            try await fixture.add(["c"], [[5, 6]], to: fork)
            #expect(try await fixture.ids("{\"$and\":[]}", in: fork) == ["a", "b", "c"])
            #expect(try await fixture.ids("{\"$and\":[]}", in: info) == ["b"])
            let second = try await fixture.store.fork(fork, name: "fork of the fork")
            for collection in [info, fork, second] { #expect(fixture.store.forkCount(collection) == 2) }
            await #expect(throws: VectorError.collectionExists(name: "fork")) {
                try await fixture.store.fork(info, name: "fork")
            }
        }
    }

    @Test func backupsAreWholeAndCanBeRestored() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            let vectors = StoreFixture.vectors(300, dimension: 16)
            try await fixture.add((0..<300).map(String.init), vectors, to: info)
            // The server is still at work: a backup does not need it to stop.
            let report = try StoreBackup.copy(fixture.folder, to: fixture.folder + "-backup")
            #expect(report.collections == 1 && report.records == 300)
            #expect(throws: VectorStorageError.self) {
                try StoreBackup.restore(fixture.folder + "-backup", to: fixture.folder)
            }
            _ = try StoreBackup.restore(fixture.folder + "-backup", to: fixture.folder + "-restored")
            let restored = try VectorStore(directory: fixture.folder + "-restored")
            #expect(try await restored.count(info) == 300)
            await restored.close()
        }
    }

    @Test func verificationFindsEveryFlippedByte() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(
                ["a", "b"], [[1, 2], [3, 4]], documents: ["some text", "more text"], metadatas: [["k": 1], nil],
                to: info)
            await fixture.store.close()
            let copy = fixture.folder + "-damaged"
            try Fixtures.copyFolder(fixture.folder, to: copy)
            #expect(try StoreVerification.run(copy).problems == [])
            let folder = copy + "/collections/" + info.id
            try damage(folder + "/vectors.f32", at: 5)
            let found = try StoreVerification.run(copy).problems
            #expect(found.count == 1 && found[0].contains("its vector 0 does not fit"))
        }
    }

    private func files(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).map { folder + "/" + $0 }
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        return (0...bytes.count - part.count).contains { bytes[$0...].starts(with: part) }
    }

    private func damage(_ path: String, at offset: Int) throws {
        var bytes = Array(try #require(FileManager.default.contents(atPath: path)))
        bytes[offset] ^= 0x40
        try Data(bytes).write(to: URL(filePath: path))
    }
}

@Suite struct FirstFormatTests {
    @Test func theFirstFormatIsImportedOnce() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let old = try SQLiteDatabase(
            path: folder + "/vectors.sqlite",
            schema: """
                CREATE TABLE tenants (name TEXT PRIMARY KEY);
                CREATE TABLE databases (id TEXT PRIMARY KEY, name TEXT, tenant TEXT);
                CREATE TABLE collections (id TEXT PRIMARY KEY, name TEXT, tenant TEXT, db TEXT, metadata TEXT,
                    hnsw TEXT, embedding_function TEXT, dimension INTEGER);
                CREATE TABLE records (seq INTEGER PRIMARY KEY, collection TEXT, id TEXT, document TEXT, uri TEXT,
                    metadata TEXT, embedding BLOB);
                INSERT INTO tenants VALUES ('acme');
                INSERT INTO databases VALUES ('42b505fd-9818-41f5-adcc-abceb38426eb', 'apus', 'acme');
                INSERT INTO collections VALUES ('52b505fd-9818-41f5-adcc-abceb38426eb', 'passages', 'acme', 'apus',
                    '{"dimension":2}', '{"space":"cosine","ef_construction":100,"ef_search":100,"max_neighbors":16,
                    "resize_factor":1.2,"sync_threshold":1000}', 'null', 2);
                INSERT INTO records VALUES (3, '52b505fd-9818-41f5-adcc-abceb38426eb', 'a', 'text', NULL, '{"page":7}',
                    x'0000803f00000040');
                INSERT INTO records VALUES (9, '52b505fd-9818-41f5-adcc-abceb38426eb', 'b', NULL, 'file:///b', NULL,
                    x'0000404000008040');
                """)
        withExtendedLifetime(old) {}
        for _ in 0..<2 {
            let store = try VectorStore(directory: folder)
            let info = try #require(
                try await store.collection(named: "passages", tenant: "acme", database: "apus"))
            #expect(info.schema.space == .cosine && info.dimension == 2 && info.metadata == ["dimension": 2])
            let records = try await store.get(
                .init(), from: info, offset: 0, limit: nil, fields: StoreFixture.everything)
            #expect(records.map(\.id) == ["a", "b"] && records.map(\.embedding) == [[1, 2], [3, 4]])
            #expect(records[0].document == "text" && records[0].metadata == "{\"page\":7}")
            await store.close()
            #expect(!FileManager.default.fileExists(atPath: folder + "/vectors.sqlite"))
        }
    }
}
