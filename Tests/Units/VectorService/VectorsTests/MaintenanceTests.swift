import Chroma
import Digests
import FoundationEssentials
import JSONCoding
import SQLite
import TestSupport
import Testing
import Vectors

/// Checks and backups of a data folder.
@Suite struct MaintenanceTests {
    /// A closed store with two records, of which one thing is then changed.
    private func problems(_ change: (_ folder: String) throws -> Void) async throws -> [String] {
        var result: [String] = []
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(
                ["a", "b"], [[1, 2], [3, 4]], documents: ["some text", nil], metadatas: [["k": 1], nil],
                tokens: [.string(Base64.encode([2] + [UInt8](repeating: 7, count: 64))), nil], to: info)
            await fixture.store.close()
            let copy = fixture.folder + "-copy"
            try Fixtures.copyFolder(fixture.folder, to: copy)
            try change(copy + "/collections/" + info.id)
            let report = try StoreVerification.run(copy)
            #expect(report.collections == 1)
            result = report.problems
        }
        return result
    }

    private func execute(_ statement: String, _ folder: String) throws {
        try SQLiteDatabase(path: folder + "/records.sqlite", schema: "").execute(statement)
    }

    @Test func anUntouchedFolderIsIntact() async throws { #expect(try await problems { _ in } == []) }

    @Test(arguments: [
        ("UPDATE records SET document = 'other' WHERE seq = 0", "record 0 does not fit its checksum"),
        ("UPDATE records SET uri = 'x' WHERE seq = 1", "record 1 does not fit its checksum"),
        ("UPDATE metadata SET value = '{\"k\":2}'", "the metadata of record 0 does not fit its checksum"),
        ("UPDATE metadata SET value = '{'", "the metadata of record 0 does not fit its checksum"),
        ("UPDATE records SET slot = 0", "two records share the vector 0"),
        ("INSERT INTO dead VALUES (1, 0)", "record 1 has the vector 1, which is deleted"),
        ("UPDATE records SET slot = 99 WHERE seq = 1", "its vector 99 does not fit its checksum"),
        ("DELETE FROM records WHERE seq = 1", "1 records and 0 deleted ones are not 2"),
        ("DELETE FROM records WHERE seq = 0", "metadata without a record"),
        ("DELETE FROM records WHERE seq = 0", "token embeddings without a record"),
        ("UPDATE tokens SET value = x'01'", "the token embeddings of record 0 do not fit their checksum"),
    ])
    func findsWhatDoesNotFit(statement: String, part: String) async throws {
        let found = try await problems { try execute(statement, $0) }
        #expect(found.contains { $0.contains(part) && $0.hasPrefix("Collection docs (") }, "\(found)")
    }

    @Test func aMissingVectorFileIsFound() async throws {
        let found = try await problems { try FileManager.default.removeItem(atPath: $0 + "/vectors.f32") }
        #expect(found.count == 2 && found.allSatisfy { $0.contains("does not fit its checksum") })
    }

    @Test func aDatabaseThatIsNoneIsFound() async throws {
        let found = try await problems {
            try Data("no database".utf8).write(to: URL(fileURLWithPath: $0 + "/records.sqlite"))
            for suffix in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: $0 + "/records.sqlite" + suffix)
            }
        }
        #expect(found.count == 1)
    }

    @Test func aFolderInUseIsNotChecked() async throws {
        try await StoreFixture.with { fixture in
            #expect(throws: VectorStorageError.self) { try StoreVerification.run(fixture.folder) }
        }
        #expect(throws: VectorStorageError.self) { try StoreVerification.run("/nowhere/at/all") }
    }

    @Test func backupsTakeOnlyDataFoldersAndEmptyTargets() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let error = #expect(throws: VectorStorageError.self) { try StoreBackup.copy(folder, to: folder + "/copy") }
        #expect(error?.description.contains("is not a data folder of vm-server") == true)
        try await StoreFixture.with { fixture in
            try Data().write(to: URL(fileURLWithPath: folder + "/something"))
            let error = #expect(throws: VectorStorageError.self) { try StoreBackup.copy(fixture.folder, to: folder) }
            #expect(error?.description.contains("is not empty; name a new folder") == true)
        }
    }

    @Test func aBackupWhileOthersWriteIsConsistent() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(["0"], [[0, 0]], to: info)
            let writing = Task {
                for index in 1..<200 {
                    guard !Task.isCancelled else { break }
                    try await fixture.add(["\(index)"], [[Float(index), 1]], to: info)
                    if index % 3 == 0 {
                        _ = try await fixture.store.delete(.init(ids: ["\(index - 1)"]), limit: nil, from: info)
                    }
                }
            }
            for round in 0..<3 {
                let target = fixture.folder + "-backup\(round)"
                let report = try StoreBackup.copy(fixture.folder, to: target)
                #expect(report.problems == [] && report.records > 0)
                let copy = try VectorStore(directory: target)
                #expect(try await copy.count(info) == report.records)
                await copy.close()
            }
            writing.cancel()
            _ = try? await writing.value
        }
    }

    @Test func aDamagedCollectionIsNotBackedUp() async throws {
        try await StoreFixture.with { fixture in
            let info = try await fixture.collection()
            try await fixture.add(["a"], [[1, 2]], documents: ["text"], to: info)
            await fixture.store.close()
            try execute("UPDATE records SET document = 'other'", fixture.folder + "/collections/" + info.id)
            let error = #expect(throws: VectorStorageError.self) {
                try StoreBackup.copy(fixture.folder, to: fixture.folder + "-backup")
            }
            #expect(error?.description.contains("does not fit its checksums after 5 attempts") == true)
        }
    }
}
