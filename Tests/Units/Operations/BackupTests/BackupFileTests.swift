import FoundationEssentials
import HTTPMessages
import Synchronization
import TestSupport
import Testing

@testable import Backup

struct BackupFileTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private func touch(_ path: String, _ text: String = "") throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    @Test func appearsUnderItsNameWhenItIsWhole() async throws {
        try await withFolder { folder in
            let file = try BackupFile(folder + "/b")
            try touch(file.temporary, "12345")
            #expect(!exists(file.path))
            #expect(try file.publish() == 5)
            #expect(exists(file.path) && !exists(file.temporary))
        }
    }

    @Test func takesNobodysPlace() async throws {
        try await withFolder { folder in
            try touch(folder + "/b")
            #expect(throws: BackupError.self) { try BackupFile(folder + "/b") }
        }
    }

    @Test func wantsAFolderThatIsThere() {
        #expect(throws: BackupError.self) { try BackupFile("/nonexistent/folder/b") }
    }

    @Test func whatAnEarlierRunLeftIsRemovedAndWhatFailedIsToo() async throws {
        try await withFolder { folder in
            try touch(folder + "/b.partial", "old")
            let file = try BackupFile(folder + "/b")
            #expect(!exists(file.temporary))
            try touch(file.temporary)
            file.discard()
            #expect(!exists(file.temporary) && !exists(file.path))
        }
    }

    @Test func publishingWhatIsNotThereFails() async throws {
        try await withFolder { folder in
            let file = try BackupFile(folder + "/b")
            #expect(throws: BackupError.self) { try file.publish() }
        }
    }

    // MARK: - Folders

    @Test func aFolderNamesBackupsByTheTime() async throws {
        try await withFolder { folder in
            let name = try #require(BackupFolder(folder)).newFile
            #expect(name.hasPrefix(folder + "/apus-20") && name.hasSuffix("Z.tar.zst"))
            #expect(try #require(BackupFolder(folder + "/")).newFile.hasPrefix(folder + "/apus-20"))
            #expect(name.dropFirst(folder.count).count == "/apus-20261120T100000Z.tar.zst".count)
        }
    }

    @Test func onlyAFolderIsAFolder() async throws {
        try await withFolder { folder in
            try touch(folder + "/file")
            #expect(BackupFolder(folder + "/file") == nil)
            #expect(BackupFolder(folder + "/none") == nil)
        }
    }

    @Test(arguments: [(1, 3), (2, 2), (4, 0), (9, 0)])
    func keepsTheNewestAndWhatIsNoBackup(keep: Int, removed: Int) async throws {
        try await withFolder { folder in
            let times = ["20261120T100000Z", "20261121T100000Z", "20251231T235959Z", "20261119T000000Z"]
            for time in times { try touch("\(folder)/apus-\(time).tar.zst") }
            let others = ["apus-20200101T000000Z.tar.zst.partial", "notes.txt", "other-20200101T000000Z.tar.zst"]
            for name in others { try touch("\(folder)/\(name)") }
            let gone = try #require(BackupFolder(folder)).removeOldest(keeping: keep)
            let oldest = times.sorted().prefix(removed).map { "\(folder)/apus-\($0).tar.zst" }
            #expect(gone == oldest)
            for path in gone { #expect(!exists(path)) }
            for name in others { #expect(exists("\(folder)/\(name)")) }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.count == times.count - removed + others.count)
        }
    }

    // MARK: - Entries

    private final class Body: HTTPBodySource {
        private let pieces: Mutex<[[UInt8]]>
        init(_ pieces: [[UInt8]]) { self.pieces = Mutex(pieces) }
        func next() async throws -> [UInt8]? { pieces.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }

    @Test func anEntryThatComesInPiecesHasTheChecksumOfTheWhole() async throws {
        try await ArchiveFixture.with { archive in
            let output = try EntryWriter(path: archive.path)
            try await output.add("a", Body([[1, 2], [3]]), bytes: 3)
            try output.add("b", [1, 2, 3])
            #expect(output.entries.map(\.bytes) == [3, 3])
            #expect(output.entries[0].sha256 == output.entries[1].sha256)
            #expect(output.entries[0].sha256 == "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81")
        }
    }

    @Test(arguments: [[[UInt8]]([[1]]), [[1, 2], [3, 4]], []])
    func anEntryThatIsShorterOrLongerThanAnnouncedFails(pieces: [[UInt8]]) async throws {
        try await ArchiveFixture.with { archive in
            let output = try EntryWriter(path: archive.path)
            await #expect(throws: BackupError.self) { try await output.add("a", Body(pieces), bytes: 3) }
        }
    }
}
