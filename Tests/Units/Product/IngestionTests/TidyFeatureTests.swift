import AzureStorage
import Catalog
import ChromaClient
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import Telemetry
import TestSupport
import Testing

/// The timer function `tidy`: what crashes leave behind.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct TidyFeatureTests {
    /// An id that was made so many minutes ago.
    private func id(minutesAgo minutes: UInt64) -> String {
        UUIDv7.make(
            milliseconds: UInt64(Timestamp.nowMilliseconds()) - minutes * 60_000, random: Digest.randomBytes(10))
    }

    private func tidy(_ product: RunningProduct) async throws {
        #expect(try await product.invoke("tidy", ["timer": ["IsPastDue": false]]) == 200)
    }

    private func age(_ id: String, _ product: RunningProduct) async throws {
        try await product.sql.query(
            "UPDATE documents SET updated_at = now() - interval '10 minutes' WHERE id = $1", [id])
    }

    private func passage(of document: String, _ product: RunningProduct) async throws {
        try await product.vectors.upsert([
            .init(
                id: "\(document):0", embedding: [Float](repeating: 0.05, count: 384), document: "text",
                metadata: ["documentId": .string(document), "page": 1, "start": 0, "end": 4])
        ])
    }

    @Test func documentsThatDoNotMoveAreQueuedAgain() async throws {
        try await RunningProduct.with([.upload]) { product in
            var ids: [String] = []
            for (number, status) in [
                DocumentRecord.Status.queued, .extracting, .embedding, .ready, .failed,
            ].enumerated() {
                let id = try await product.added("text \(number)", name: "\(number).txt")
                try await product.put(id, into: status)
                try await age(id, product)
                ids.append(id)
            }
            let fresh = try await product.added("fresh", name: "fresh.txt")
            try await product.storage.queues.deleteQueue(IngestMessage.queue)
            try await tidy(product)
            #expect(Set(try await product.queued()) == Set(ids.prefix(3)))
            #expect(try await product.document(fresh)["status"] == "queued")
        }
    }

    @Test func deletionsThatWereCutOffAreQueued() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await product.added("text", name: "a.txt")
            try await product.storage.queues.clear(IngestMessage.queue)
            _ = try await product.catalog.markDeleting(id)
            try await age(id, product)
            try await tidy(product)
            #expect(try await product.queued() == [id])
            try await product.ingestAll()
            #expect(try await product.sql.query("SELECT id FROM documents").isEmpty)
            #expect(try await product.storage.blobs.list(BlobPaths.container, prefix: "default/").isEmpty)
        }
    }

    @Test func blobsWithoutARowGoOnceTheyAreOld() async throws {
        try await RunningProduct.with([.upload]) { product in
            let kept = try await product.added("text", name: "a.txt")
            let old = id(minutesAgo: 61)
            let young = id(minutesAgo: 59)
            for document in [old, young] {
                try await product.storage.blobs.put(
                    "x".bytes, to: BlobPaths.container, BlobPaths.original(workspace: "default", document: document),
                    contentType: "text/plain")
            }
            try await product.storage.blobs.put(
                "x".bytes, to: BlobPaths.container, "other/\(old)/original", contentType: "text/plain")
            try await tidy(product)
            let left = try await product.storage.blobs.list(BlobPaths.container, prefix: "")
            #expect(
                Set(left) == [
                    BlobPaths.original(workspace: "default", document: kept),
                    BlobPaths.original(workspace: "default", document: young), "other/\(old)/original",
                ])
        }
    }

    @Test func passagesWithoutARowGo() async throws {
        try await RunningProduct.with([.upload]) { product in
            let kept = try await product.added("text", name: "a.txt")
            let gone = id(minutesAgo: 1)
            for document in [kept, gone] { try await passage(of: document, product) }
            try await tidy(product)
            #expect(try await product.vectors.documentIDs() == [kept])
        }
    }

    @Test func poisonedMessagesEndAsFailures() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await product.added("text", name: "a.txt")
            try await product.storage.queues.create(IngestMessage.poisonQueue)
            try await product.storage.queues.put(
                IngestMessage(documentId: id, workspace: "default").text, to: IngestMessage.poisonQueue)
            try await product.storage.queues.put("nonsense", to: IngestMessage.poisonQueue)
            try await tidy(product)
            let document = try await product.document(id)
            #expect(document["status"] == "failed" && document["error"]?["code"] == "unavailable")
            #expect(try await product.storage.queues.count(IngestMessage.poisonQueue) == 0)
        }
    }

    @Test func aPoisonedMessageDoesNotStopARetryThatCameAfterIt() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await product.added("text", name: "a.txt")
            try await product.storage.queues.create(IngestMessage.poisonQueue)
            try await product.storage.queues.put(
                IngestMessage(documentId: id, workspace: "default").text, to: IngestMessage.poisonQueue)
            try await product.sql.query(
                "UPDATE documents SET updated_at = now() + interval '10 seconds' WHERE id = $1", [id])
            try await tidy(product)
            #expect(try await product.document(id)["status"] == "queued")
            #expect(try await product.storage.queues.count(IngestMessage.poisonQueue) == 0)
        }
    }

    @Test func rememberedAnswersThatAreTooOldGo() async throws {
        try await RunningProduct.with([.upload]) { product in
            try await product.catalog.rememberAnswer("old", "x", seconds: 600, documents: [])
            try await product.catalog.rememberAnswer("new", "x", seconds: 600, documents: [])
            try await product.sql.query(
                "UPDATE answer_cache SET expires_at = now() - interval '1 second' WHERE key = 'old'")
            #expect(try await product.catalog.rememberedAnswer("old") == nil)
            try await tidy(product)
            #expect(try await product.sql.query("SELECT key FROM answer_cache").map { try $0.string("key") } == ["new"])
        }
    }

    @Test func anEmptyInstallationHasNothingToTidy() async throws {
        try await RunningProduct.with([.upload]) { product in
            try await tidy(product)
            #expect(try await product.storage.queues.count(IngestMessage.queue) == nil)
        }
    }

    @Test func moreThanOnePageOfPoisonIsTakenAway() async throws {
        try await RunningProduct.with([.upload]) { product in
            try await product.storage.queues.create(IngestMessage.poisonQueue)
            for number in 0..<40 { try await product.storage.queues.put("\(number)", to: IngestMessage.poisonQueue) }
            try await tidy(product)
            #expect(try await product.storage.queues.count(IngestMessage.poisonQueue) == 0)
        }
    }
}
