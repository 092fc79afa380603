import Chroma
import FoundationEssentials
import JSONCoding
import SQLite
import TestSupport
import Testing

@testable import Vectors

/// What is left of a store whose process or machine ended in the middle.
@Suite struct DurabilityTests {
    /// A copy of the folder as it is on the disk now, as a crash would leave it.
    private func crashed(_ fixture: StoreFixture) throws -> String {
        let copy = fixture.folder + "-crashed-" + UUID().uuidString
        try Fixtures.copyFolder(fixture.folder, to: copy)
        return copy
    }

    private func ids(_ store: VectorStore, _ info: CollectionInfo) async throws -> [String] {
        try await store.get(.init(), from: info, offset: 0, limit: nil, fields: StoreFixture.nothing).map(\.id)
    }

    /// Opens a store, counts what is in a collection, and closes the store.
    private func countOfRecords(_ store: String, _ info: CollectionInfo) async throws -> Int {
        let again = try VectorStore(directory: store)
        let count = try await ids(again, info).count
        await again.close()
        return count
    }

    /// What is wrong with a store that nobody uses, or is about to let go of.
    private func problems(_ store: String) async throws -> [String] {
        for _ in 0..<200 {
            do { return try StoreVerification.run(store).problems } catch is VectorStorageError {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        return try StoreVerification.run(store).problems
    }

    /// Vectors that the database still has copies of.
    private func keptVectors(_ store: String, _ info: CollectionInfo) throws -> Int {
        let database = try SQLiteDatabase(path: folder(store, info) + "/records.sqlite", schema: "")
        return try database.read { try RecordDatabase.kept($0).count }
    }

    private func folder(_ store: String, _ info: CollectionInfo) -> String { store + "/collections/" + info.id }

    @Test func whatWasAcknowledgedSurvivesACrash() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(["a", "b"], [[1, 2], [3, 4]], documents: ["one", "two"], to: info)
            try await fixture.store.write(
                try fixture.batch(["a"], [[5, 6]], kind: .upsert), kind: .upsert, to: info)
            _ = try await fixture.store.delete(.init(ids: ["b"]), limit: nil, from: info)
            let again = try VectorStore(directory: try crashed(fixture))
            let records = try await again.get(
                .init(), from: info, offset: 0, limit: nil, fields: StoreFixture.everything)
            #expect(records.map(\.id) == ["a"] && records[0].embedding == [5, 6] && records[0].document == "one")
            #expect(try await again.described(info)?.version == 3)
            await again.close()
        }
    }

    @Test func aSmallWritesVectorsComeBackFromTheDatabase() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            // A store that rests writes its vectors out and keeps no copies; the crash has to come before.
            var copy = ""
            repeat {
                try await fixture.store.write(
                    try fixture.batch(["a", "b"], [[1, 2], [3, 4]], kind: .upsert), kind: .upsert, to: info)
                copy = try crashed(fixture)
            } while try keptVectors(copy, info) < 2
            // The machine lost what had not reached the vector file.
            let path = folder(copy, info) + "/vectors.f32"
            let size = try Fixtures.bytes(path).count
            try Data([UInt8](repeating: 0, count: size)).write(to: URL(fileURLWithPath: path))
            let again = try VectorStore(directory: copy)
            let hits = try await again.query(
                [[3, 4]], .init(), in: info, count: 1, fields: StoreFixture.everything)[0]
            #expect(hits.map(\.id) == ["b"])
            #expect(hits.map(\.distance) == [0])
            #expect(hits.map(\.embedding) == [[3, 4]])
            await again.close()
        }
    }

    @Test func aWriteWhoseLogIsCutOffIsNotThereAtAll() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add((0..<10).map { "first\($0)" }, StoreFixture.vectors(10, dimension: 4), to: info)
            let log = folder(fixture.folder, info) + "/records.sqlite-wal"
            let before = try Fixtures.bytes(log).count
            try await fixture.add((0..<3000).map { "second\($0)" }, StoreFixture.vectors(3000, dimension: 4), to: info)
            let after = try Fixtures.bytes(log)
            #expect(after.count > before)
            // Every place at which the machine may have stopped writing.
            for length in stride(from: before, to: after.count, by: max(1, (after.count - before) / 7)) {
                let copy = try crashed(fixture)
                let path = folder(copy, info) + "/records.sqlite-wal"
                try Data(after.prefix(length)).write(to: URL(fileURLWithPath: path))
                try? FileManager.default.removeItem(atPath: folder(copy, info) + "/records.sqlite-shm")
                let count = try await countOfRecords(copy, info)
                #expect(count == 10 || count == 3010, "\(length) of \(after.count)")
                #expect(try await problems(copy) == [])
            }
        }
    }

    @Test func aVectorFileThatIsTooShortIsSaidSo() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(["a"], [[1, 2]], to: info)
            await fixture.store.close()
            let copy = try crashed(fixture)
            try Data().write(to: URL(fileURLWithPath: folder(copy, info) + "/vectors.f32"))
            let again = try VectorStore(directory: copy)
            let error = await #expect(throws: VectorStorageError.self) { try await again.count(info) }
            #expect(error?.description.contains("restore the collection from a backup") == true)
            await again.close()
        }
    }

    @Test func aNewerFormatIsLeftAlone() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let catalog = try SQLiteDatabase(path: folder + "/catalog.sqlite", schema: "")
        try catalog.execute("PRAGMA user_version = 9")
        let error = #expect(throws: VectorStorageError.self) { try VectorStore(directory: folder) }
        #expect(error?.description.contains("has format 9, written by a newer version") == true)
    }

    @Test func foldersThatNobodyKnowsAreRemovedAtTheStart() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(["a"], [[1]], to: info)
            let copy = try crashed(fixture)
            let orphan = copy + "/collections/00000000-0000-4000-8000-000000000000"
            try FileManager.default.createDirectory(atPath: orphan, withIntermediateDirectories: true)
            let again = try VectorStore(directory: copy)
            #expect(!FileManager.default.fileExists(atPath: orphan))
            #expect(try await ids(again, info) == ["a"])
            await again.close()
        }
    }

    /// By their number, and by the address space that they have set aside.
    @Test(arguments: [(2, Int.max), (256, 1)])
    func onlySoManyCollectionsStayOpen(number: Int, addressSpace: Int) async throws {
        var options = VectorStore.Options()
        (options.openCollections, options.addressSpace) = (number, addressSpace)
        let most = addressSpace == 1 ? 1 : number
        try await StoreFixture.with(options: options) { fixture in
            var all: [CollectionInfo] = []
            for index in 0..<6 {
                let info = try await fixture.collection("l2", "docs\(index)")
                try await fixture.add(["a\(index)"], [[Float(index)]], to: info)
                all.append(info)
                #expect(fixture.store.statistics.openCollections <= most)
            }
            #expect(fixture.store.statistics.collections == 6)
            for (index, info) in all.enumerated() {
                #expect(try await ids(fixture.store, info) == ["a\(index)"])
                #expect(fixture.store.statistics.openCollections <= most)
            }
        }
    }

    @Test func manyCollectionsOfLargeVectorsAreMadeAndListed() async throws {
        try await StoreFixture.with { fixture in
            let vector = [Float](repeating: 1, count: 4096)
            for index in 0..<140 {
                let info = try await fixture.collection("l2", "docs\(index)")
                try await fixture.add(["a"], [vector], to: info)
            }
            let all = try await fixture.store.collections(
                tenant: "default_tenant", database: "default_database", offset: 0, limit: 1000)
            #expect(all.count == 140 && all.allSatisfy { $0.dimension == 4096 })
        }
    }

    @Test func aTenantHasSoManyCollectionsAndDatabases() async throws {
        var options = VectorStore.Options()
        (options.limits.tenants, options.limits.databasesPerTenant, options.limits.collectionsPerTenant) = (2, 2, 2)
        try await StoreFixture.with(options: options) { fixture in
            let store = fixture.store
            try await store.createTenant("other")
            await #expect(throws: VectorError.tooMany(.tenants, limit: 2)) { try await store.createTenant("third") }
            try await store.createDatabase("second", id: "1", tenant: "default_tenant")
            await #expect(throws: VectorError.tooMany(.databases, limit: 2)) {
                try await store.createDatabase("third", id: "2", tenant: "default_tenant")
            }
            // Of the other tenant nothing is counted.
            try await store.createDatabase("first", id: "3", tenant: "other")
            let first = try await fixture.collection("l2", "one")
            _ = try await fixture.collection("l2", "two")
            await #expect(throws: VectorError.tooMany(.collections, limit: 2)) {
                try await fixture.collection("l2", "three")
            }
            // One that is there is found, and a deletion makes room.
            #expect(try await fixture.collection("l2", "one").id == first.id)
            try await store.delete(first)
            _ = try await fixture.collection("l2", "three")
        }
    }

    @Test func aRefusedFirstWriteSetsNoDimension() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            let update = try fixture.batch(["none"], [[1, 2, 3]], kind: .update)
            // Nothing is stored by it, so nothing is known of the dimension.
            try await fixture.store.write(update, kind: .update, to: info)
            try await fixture.add(["a"], [[1, 2]], to: info)
            #expect(try await fixture.store.described(info)?.dimension == 2)
        }
    }

    @Test func writersAtOnceAllGetTheirTurn() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<16 {
                    group.addTask {
                        for round in 0..<5 {
                            try await fixture.add(["\(writer)-\(round)"], [[Float(writer), Float(round)]], to: info)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await fixture.store.count(info) == 80)
            #expect(try await fixture.store.described(info)?.version == 80)
            let again = try VectorStore(directory: try crashed(fixture))
            #expect(try await again.count(info) == 80)
            await again.close()
        }
    }

    @Test func aCollectionThatIsDeletedMeanwhileIsMissing() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(["a"], [[1]], to: info)
            try await fixture.store.delete(info)
            await #expect(throws: VectorError.collectionMissing(id: info.id)) { try await fixture.store.count(info) }
            await #expect(throws: VectorError.collectionMissing(id: info.id)) {
                try await fixture.add(["b"], [[1]], to: info)
            }
            await #expect(throws: VectorError.collectionMissing(id: info.id)) { try await fixture.store.delete(info) }
            await #expect(throws: VectorError.collectionMissing(id: info.id)) {
                try await fixture.store.update(info.id) { _ in }
            }
            #expect(!FileManager.default.fileExists(atPath: folder(fixture.folder, info)))
        }
    }
}
