import AzureStorage
import Catalog
import ChatMessages
import ChromaClient
import Digests
import FoundationEssentials
import HTTPClient
import JSONCoding
import Settings
import TestStores
import TestSupport
import Testing

@testable import Backup

/// Backups of real stores, restored into others.
@Suite(.enabled(if: Stores.hasDatabase, "scripts/with-postgres gives a database"))
struct RoundTripTests {
    /// A product in use, and a folder for its backup.
    private func withBackup(_ body: (FilledStores, String) async throws -> Void) async throws {
        try await Stores.with { stores in
            let filled = try await FilledStores(stores)
            let folder = try Fixtures.temporaryDirectory()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try await body(filled, folder + "/backup.tar.zst")
        }
    }

    @Test func whatWasBackedUpComesBackInAnotherPlace() async throws {
        try await withBackup { filled, path in
            let report = try await BackupWriter(filled.services).write(to: path)
            #expect(report.documents == 3 && report.passages == 4 && report.chats == 2 && report.messages == 9)
            #expect(try Fixtures.bytes(path).count == report.bytes)
            let backup = try BackupReader(path, key: nil)
            #expect(backup.counts == ["documents": 3, "passages": 4, "chats": 2, "messages": 9])
            try await Stores.with { other in
                let services = try await FilledStores.services(other)
                let restored = try await BackupRestorer(services).restore(backup, embedsAnew: false)
                #expect(restored.counts == backup.counts && restored.queued == 0)
                let before = try await filled.contents(of: filled.services)
                let made = [
                    "vector_stores", "vector_store_files", "vector_store_batches", "file_purposes", "conversations",
                    "conversation_items", "responses",
                ]
                // What was being written then is not.
                for table in made { #expect(before.count { $0.hasPrefix(table + " ") } == 2, "\(table)") }
                #expect(before.contains { $0.hasPrefix("experiments ") && $0.contains("\"mrr\",\"value\":0.84") })
                #expect(try await filled.contents(of: services) == before)
                #expect(try await DataVerifier(services).run().problems == [])
            }
        }
    }

    @Test func theArchiveHasAPlaceForEachThing() async throws {
        try await withBackup { filled, path in
            _ = try await BackupWriter(filled.services).write(to: path)
            let names = try BackupReader(path, key: nil).manifest.entries.map(\.name)
            var expected: [String] = ["catalog.json", "blobs/\(filled.failed)/original"]
            // What is not of the first workspace says of which.
            for (id, workspace) in zip(filled.ready, ["", "second/"]) {
                expected += ["original", "text.json"].map { "blobs/\(workspace)\(id)/\($0)" }
                expected.append("passages/\(workspace)\(id).jsonl")
            }
            expected += filled.chats.map { "messages/\($0).jsonl" }
            #expect(Set(names) == Set(expected) && names.count == expected.count)
            #expect(names.last == "catalog.json")
        }
    }

    @Test func aPlaceThatIsNotEmptyIsLeftAlone() async throws {
        try await withBackup { filled, path in
            _ = try await BackupWriter(filled.services).write(to: path)
            let backup = try BackupReader(path, key: nil)
            let error = await #expect(throws: BackupError.self) {
                try await BackupRestorer(filled.services).restore(backup, embedsAnew: false)
            }
            #expect(error?.description.contains("(chats: 2, documents: 3, accounts: 1)") == true)
            #expect(try await DataVerifier(filled.services).run().problems == [])
        }
    }

    @Test func aRestoreThatWasCutOffIsRunAgain() async throws {
        try await withBackup { filled, path in
            _ = try await BackupWriter(filled.services).write(to: path)
            let backup = try BackupReader(path, key: nil)
            try await Stores.with { other in
                let services = try await FilledStores.services(other)
                // As far as it came: a file, some messages, no row.
                try await services.blobs.createContainer(BlobPaths.container)
                try await services.blobs.upload(
                    Bytes(Array("half".utf8)), to: BlobPaths.container,
                    BlobPaths.original(workspace: "default", document: filled.ready[0]), contentType: "text/plain")
                _ = try await BackupRestorer(services).restoreMessages(backup)
                _ = try await BackupRestorer(services).restore(backup, embedsAnew: false)
                let before = try await filled.contents(of: filled.services)
                #expect(try await filled.contents(of: services) == before)
            }
        }
    }

    @Test func anotherEmbeddingModelIsRefusedUnlessPassagesAreMadeAnew() async throws {
        try await withBackup { filled, path in
            _ = try await BackupWriter(filled.services).write(to: path)
            let backup = try BackupReader(path, key: nil)
            try await Stores.with { other in
                let services = try await FilledStores.services(other, ["APUS_EMBEDDINGS_MODEL": "another"])
                let error = await #expect(throws: BackupError.self) {
                    try await BackupRestorer(services).restore(backup, embedsAnew: false)
                }
                #expect(error?.description.contains("--embed-anew") == true)
                let report = try await BackupRestorer(services).restore(backup, embedsAnew: true)
                #expect(report.queued == 2)
                #expect(try await services.vectors.of("default").documentIDs().isEmpty)
                #expect(try await services.vectors.of("second").documentIDs().isEmpty)
                let messages = try await services.queue.peek(IngestMessage.queue, count: 10) ?? []
                let ids = messages.compactMap { message -> String? in
                    // As the queue keeps them.
                    guard let text = Data(base64Encoded: message.text) else { return nil }
                    return IngestMessage(text: String(decoding: text, as: UTF8.self))?.documentId
                }
                #expect(Set(ids) == Set(filled.ready))
                #expect(try await services.catalog.view(of: "default").document(filled.failed)?.status == .failed)
            }
        }
    }

    @Test func aNewerSchemaIsRefusedBeforeAnythingIsTouched() async throws {
        try await Stores.with { stores in
            let services = try await FilledStores.services(stores)
            try await ArchiveFixture.with { archive in
                try archive.write(manifest: ArchiveFixture.manifest(schema: 999, model: services.embeddingModel))
                let backup = try BackupReader(archive.path, key: nil)
                let error = await #expect(throws: BackupError.self) {
                    try await BackupRestorer(services).restore(backup, embedsAnew: false)
                }
                #expect(error?.description.contains("has schema 999") == true)
                #expect(error?.description.contains("Use a newer Apus") == true)
                #expect(try await services.catalog.appliedMigrations().isEmpty)
            }
        }
    }

    @Test(arguments: [
        "blobs/../../etc/passwd", "blobs/not-an-id/original", "messages/../x.jsonl", "something/else",
        "blobs/0198c5a0-0000-7000-8000-000000000001/other",
    ])
    func aNameThatIsNoPartOfABackupIsRefused(name: String) async throws {
        try await Stores.with { stores in
            let services = try await FilledStores.services(stores)
            try await ArchiveFixture.with { archive in
                try archive.write(
                    [(name, "{}"), ("catalog.json", "{}")],
                    manifest: ArchiveFixture.manifest(model: services.embeddingModel))
                let backup = try BackupReader(archive.path, key: nil)
                let error = await #expect(throws: BackupError.self) {
                    try await BackupRestorer(services).restore(backup, embedsAnew: false)
                }
                #expect(error?.description.contains("that this Apus knows") == true)
                #expect(try await services.catalog.size().documents == 0)
            }
        }
    }

    @Test func messagesAloneAreAddedToWhatIsThere() async throws {
        try await withBackup { filled, path in
            _ = try await BackupWriter(filled.services).write(to: path)
            let messages = filled.services.messages
            let kept = try await messages.messages(in: filled.chats[1], limit: 100)
            #expect(try await messages.deleteAll(in: filled.chats[0]) == 3)
            let count = try await BackupRestorer(filled.services).restoreMessages(try BackupReader(path, key: nil))
            #expect(count == 9)
            #expect(try await messages.count(in: filled.chats[0]) == 3)
            let after = try await messages.messages(in: filled.chats[1], limit: 100)
            #expect(after.map { $0.json().text } == kept.map { $0.json().text })
        }
    }

    @Test func aSignedBackupNeedsTheKey() async throws {
        try await Stores.with { stores in
            _ = try await FilledStores(stores)
            let services = try await FilledStores.services(stores, ["APUS_BACKUP_KEY": "secret words"])
            try await ArchiveFixture.with { archive in
                _ = try await BackupWriter(services).write(to: archive.path)
                #expect(archive.refusal(key: Secret("secret words")) == nil)
                #expect(archive.refusal(key: Secret("other words")) != nil)
                let manifest = try BackupReader(archive.path, key: nil).manifest
                #expect(!manifest.settings.values.contains { $0.contains("secret") })
            }
        }
    }

    @Test func noBackupIsMadeOfStoresThatDoNotAgree() async throws {
        try await withBackup { filled, path in
            _ = try await filled.services.vectors.of("second").delete(filter: ["documentId": .string(filled.ready[1])])
            let error = await #expect(throws: BackupError.self) {
                try await BackupWriter(filled.services).write(to: path)
            }
            #expect(error?.description.contains(filled.ready[1]) == true)
            #expect(error?.description.contains("Run 'apus verify'") == true)
            // Nothing half is left behind.
            let folder = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test func aBackupTakesNoOtherFilesPlace() async throws {
        try await withBackup { filled, path in
            try Data("mine".utf8).write(to: URL(filePath: path))
            await #expect(throws: BackupError.self) { try await BackupWriter(filled.services).write(to: path) }
            #expect(try Fixtures.bytes(path) == Array("mine".utf8))
        }
    }

    // MARK: - Verifying

    @Test func verifyingNamesWhatIsWrongAndTheRemedy() async throws {
        try await withBackup { filled, _ in
            let services = filled.services
            #expect(try await DataVerifier(services).run().problems == [])
            let (first, second) = (filled.ready[0], filled.ready[1])
            try await services.blobs.upload(
                Bytes(Array("changed".utf8)), to: BlobPaths.container,
                BlobPaths.original(workspace: "default", document: first), contentType: "text/plain")
            _ = try await services.blobs.delete(
                BlobPaths.container, BlobPaths.text(workspace: "default", document: first))
            _ = try await services.vectors.of("second").delete(filter: ["documentId": .string(second)])
            _ = try await services.blobs.delete(
                BlobPaths.container, BlobPaths.original(workspace: "default", document: filled.failed))
            _ = try await services.messages.deleteAll(in: filled.chats[0])
            _ = try await services.messages.add(
                ChatMessage(
                    id: UUIDv7.make(), chatId: filled.chats[1], workspaceId: "second", role: "user",
                    text: "Nobody copied it.", createdAt: "2026-11-20T11:00:00.000Z"))
            let report = try await DataVerifier(services).run()
            #expect(report.documents == 3 && report.chats == 2)
            func has(_ id: String, _ words: String) -> Bool {
                report.problems.contains { $0.contains(id) && $0.contains(words) }
            }
            #expect(has(first, "its file is not the one that was uploaded"))
            #expect(has(first, "its text is missing"))
            #expect(has(second, "0 of 2 passages are indexed"))
            #expect(has(filled.failed, "its file is missing"))
            #expect(has(filled.chats[0], "0 of 3 messages are stored"))
            #expect(has(filled.chats[1], "6 of 7 messages can be found by searching"))
            #expect(has(filled.chats[0], "0 of 3 messages are stored; end it"))
            #expect(report.problems.count == 7, "\(report.problems)")
        }
    }

    @Test func verifyingFindsPassagesOfDocumentsThatAreGone() async throws {
        try await withBackup { filled, _ in
            _ = try await filled.services.catalog.view(of: "default").markDeleting(filled.ready[0])
            _ = try await filled.services.catalog.view(of: "default").removeDocument(filled.ready[0])
            let problems = try await DataVerifier(filled.services).run().problems
            #expect(problems.count == 1 && problems.first?.contains("is gone, but has passages") == true)
        }
    }

    // MARK: - Settings

    @Test func allSettingsThatAreMissingAreNamedAtOnce() async throws {
        let error = await #expect(throws: (any Error).self) {
            try await BackupServices(environment: [:], client: HTTPSession())
        }
        let text = error.map { "\($0)" } ?? ""
        for name in BackupServices.needed { #expect(text.contains(name), "\(text)") }
    }
}
