import FoundationEssentials
import Glibc
import Settings
import TarArchives
import TestSupport
import Testing

@testable import Backup

struct BackupReaderTests {
    @Test func readsWhatIsWhole() async throws {
        try await ArchiveFixture.with { archive in
            try archive.write()
            let backup = try BackupReader(archive.path, key: nil)
            #expect(backup.counts == ["documents": 1, "chats": 1])
            #expect(backup.origin == "2026-11-20T10:00:00.000Z, schema 1, m")
            #expect(backup.manifest.workspace == "default")
            #expect(backup.manifest.settings == ["APUS_MODELS": "extractive"])
            #expect(backup.manifest.entries.map(\.name) == ArchiveFixture.files.map(\.name))
            #expect(backup.manifest.entries.first?.bytes == 5)
        }
    }

    @Test func theManifestIsTheLastEntryAndNobodyElseMayReadTheFile() async throws {
        try await ArchiveFixture.with { archive in
            try archive.write()
            let reader = try TarReader(path: archive.path)
            var names: [String] = []
            while let (name, _) = try reader.next() { names.append(name) }
            #expect(names == ArchiveFixture.files.map(\.name) + ["manifest.json"])
            var status = stat()
            #expect(stat(archive.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
    }

    @Test func aFileThatIsCutShortAnywhereIsRefused() async throws {
        try await ArchiveFixture.with { archive in
            try archive.write()
            let whole = try Fixtures.bytes(archive.path)
            for length in stride(from: 0, to: whole.count, by: max(1, whole.count / 40)) {
                try Data(whole[..<length]).write(to: URL(filePath: archive.path))
                let refusal = try #require(archive.refusal(), "\(length) of \(whole.count) bytes")
                #expect(refusal.contains(archive.path))
            }
        }
    }

    @Test func aByteThatFlippedAnywhereIsRefusedOrHarmless() async throws {
        try await ArchiveFixture.with { archive in
            try archive.write()
            let whole = try Fixtures.bytes(archive.path)
            let entries = try BackupReader(archive.path, key: nil).manifest.entries
            var refused = 0
            for place in stride(from: 0, to: whole.count, by: max(1, whole.count / 60)) {
                var changed = whole
                changed[place] ^= 0x10
                try Data(changed).write(to: URL(filePath: archive.path))
                // What the compression's own frame leaves open changes nothing that is read.
                if archive.refusal() != nil { refused += 1; continue }
                #expect(try BackupReader(archive.path, key: nil).manifest.entries == entries, "byte \(place)")
            }
            #expect(refused > 30)
        }
    }

    @Test func aFileThatIsNotTheOneListedIsNamed() async throws {
        try await ArchiveFixture.with { archive in
            try archive.write { manifest in
                let entry = manifest.entries[0]
                manifest.entries[0] = .init(
                    name: entry.name, bytes: entry.bytes, sha256: String(repeating: "0", count: 64))
            }
            let refusal = try #require(archive.refusal())
            #expect(refusal.contains("\(ArchiveFixture.files[0].name) is not what its manifest lists"))
        }
    }

    @Test func aFileThatIsMissingOrTooManyIsRefused() async throws {
        try await ArchiveFixture.with { archive in
            try archive.write { $0.entries.removeLast() }
            #expect(archive.refusal()?.contains("it has 3 files where its manifest lists 2") == true)
            try archive.write { $0.entries.append(.init(name: "more", bytes: 0, sha256: "")) }
            #expect(archive.refusal()?.contains("it has 3 files where its manifest lists 4") == true)
        }
    }

    @Test func whatStandsBehindTheManifestIsRefused() async throws {
        try await ArchiveFixture.with { archive in
            try archive.write(behind: "catalog.json")
            #expect(archive.refusal()?.contains("there is something behind its manifest: catalog.json") == true)
        }
    }

    @Test func anArchiveWithoutManifestIsCutShort() async throws {
        try await ArchiveFixture.with { archive in
            let output = try EntryWriter(path: archive.path)
            try output.add("catalog.json", [1])
            try output.close()
            #expect(archive.refusal()?.contains("the manifest at its end is missing") == true)
        }
    }

    @Test func aFileThatIsNoArchiveAndOneThatIsNotThereAreRefused() async throws {
        try await ArchiveFixture.with { archive in
            #expect(archive.refusal() != nil)
            try Data("no archive, but a text that is long enough to be looked at".utf8).write(
                to: URL(filePath: archive.path))
            #expect(archive.refusal()?.contains("it is damaged or cut short") == true)
        }
    }

    @Test func aManifestOfAnotherProductOrFormatIsRefused() async throws {
        try await ArchiveFixture.with { archive in
            for (text, reason) in [
                ("{}", "it was not made by 'apus backup'"), ("[", "its manifest cannot be read"),
                (#"{"product":"apus","format":2}"#, "it has format 2, this Apus reads format 1. Use a newer Apus."),
                (#"{"product":"apus","format":1}"#, "its manifest is not complete"),
                (
                    #"{"product":"apus","format":1,"workspace":"w","schema":1,"embeddingModel":"m","createdAt":"t","entries":[{}]}"#,
                    "its manifest is not complete"
                ),
            ] {
                try? FileManager.default.removeItem(atPath: archive.path)
                let output = try EntryWriter(path: archive.path)
                try output.add(BackupManifest.name, Array(text.utf8))
                try output.close()
                #expect(archive.refusal()?.contains(reason) == true, "\(text): \(archive.refusal() ?? "accepted")")
            }
        }
    }
}
