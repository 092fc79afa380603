import FoundationEssentials
import Settings
import TestSupport

@testable import Backup

/// A backup made by hand in a folder of its own.
struct ArchiveFixture {
    let folder: String
    var path: String { folder + "/backup.tar.zst" }

    static func with(_ body: (ArchiveFixture) async throws -> Void) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(ArchiveFixture(folder: folder))
    }

    static let files: [(name: String, text: String)] = [
        ("blobs/0198c5a0-0000-7000-8000-000000000001/original", "Hello"),
        ("messages/0198c5a0-0000-7000-8000-000000000002.jsonl", "{}\n"), ("catalog.json", "{}"),
    ]

    static func manifest(schema: Int = 1, model: String = "m") -> BackupManifest {
        BackupManifest(
            workspace: "default", schema: schema, embeddingModel: model, createdAt: "2026-11-20T10:00:00.000Z",
            counts: ["documents": 1, "chats": 1], settings: ["APUS_MODELS": "extractive"])
    }

    /// Writes an archive; the manifest lists what was written, unless the caller changes it.
    func write(
        _ files: [(name: String, text: String)] = Self.files, manifest given: BackupManifest = Self.manifest(),
        key: Secret? = nil, behind: String? = nil, change: (inout BackupManifest) -> Void = { _ in }
    ) throws {
        try? FileManager.default.removeItem(atPath: path)
        let output = try EntryWriter(path: path)
        for file in files { try output.add(file.name, Array(file.text.utf8)) }
        var manifest = given
        manifest.entries = output.entries
        change(&manifest)
        try output.add(BackupManifest.name, manifest.encoded(key: key))
        if let behind { try output.add(behind, [1]) }
        try output.close()
    }

    /// Why the archive is refused; `nil` when it is not.
    func refusal(key: Secret? = nil) -> String? {
        do {
            _ = try BackupReader(path, key: key)
            return nil
        } catch {
            return "\(error)"
        }
    }
}
