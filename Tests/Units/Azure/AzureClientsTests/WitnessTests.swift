import AzureSignatures
import AzureStorage
import CosmosDB
import Digests
import FoundationEssentials
import HTTPClient
import HTTPMessages
import JSONCoding
import Testing

/// The clients against the emulator, and against a real account or another emulator where settings name one, so that our
/// emulator is never their only witness. `APUS_TEST_STORAGE` is a connection string; `APUS_TEST_COSMOS_ENDPOINT` and
/// `APUS_TEST_COSMOS_KEY` are of an account whose database `apus-witness` exists or can be made.
@Suite struct WitnessTests {
    /// Where the clients are sent; names are of this run alone, and removed at its end.
    enum Witness: CaseIterable {
        case emulator, other
    }

    private static func setting(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static let storages: [Witness] = setting("APUS_TEST_STORAGE") == nil ? [.emulator] : Witness.allCases
    private static let databases: [Witness] =
        setting("APUS_TEST_COSMOS_ENDPOINT") == nil ? [.emulator] : Witness.allCases

    private func withStorage(
        _ witness: Witness, _ body: (StorageAccount, HTTPSession, _ name: String) async throws -> Void
    ) async throws {
        let name = "witness-\(Digest.hex(Digest.randomBytes(6)))"
        guard witness == .other, let text = Self.setting("APUS_TEST_STORAGE") else {
            return try await EmulatorFixture.with { try await body(try $0.account, $0.client, name) }
        }
        try await body(try StorageAccount(connectionString: text), HTTPSession(), name)
    }

    @Test(arguments: storages) func blobs(witness: Witness) async throws {
        try await withStorage(witness) { account, client, name in
            let blobs = BlobClient(account: account, identity: nil, client: client)
            try await blobs.createContainer(name)
            do {
                try await useBlobs(blobs, name)
            } catch {
                _ = try? await blobs.deleteContainer(name)
                throw error
            }
            #expect(try await blobs.deleteContainer(name))
        }
    }

    private func useBlobs(_ blobs: BlobClient, _ name: String) async throws {
        let large = PieceSource(count: 5_000_001)
        #expect(try await blobs.upload(large, to: name, "a b/ü%25", contentType: "text/x") == large.bytes.count)
        #expect(try await blobs.get(name, "a b/ü%25") == large.bytes)
        #expect(try await blobs.properties(name, "a b/ü%25")?.contentType == "text/x")
        var new = BlobWrite(contentType: "x/y")
        new.conditions = .mustBeNew
        let etag = try await blobs.put("one".bytes, to: name, "b", new)
        await #expect(throws: StorageError.self) { try await blobs.put("two".bytes, to: name, "b", new) }
        var guarded = BlobWrite(contentType: "x/y")
        guarded.conditions = BlobConditions(ifMatch: etag)
        try await blobs.put("three".bytes, to: name, "b", guarded)
        await #expect(throws: StorageError.self) { try await blobs.put("four".bytes, to: name, "b", guarded) }
        let part = try await blobs.download(name, "b", range: 1..<3)
        #expect(try await HTTPBody.source(part.body).collect(limit: 10) == "hr".bytes)
        #expect(try await blobs.list(name, prefix: "").sorted() == ["a b/ü%25", "b"])
        #expect(try await blobs.delete(name, ["b"]) == 1)
        #expect(try await blobs.properties(name, "b") == nil)
    }

    @Test(arguments: storages) func queues(witness: Witness) async throws {
        try await withStorage(witness) { account, client, name in
            let queues = QueueClient(account: account, identity: nil, client: client)
            try await queues.create(name)
            do {
                try await queues.put("<a> & ü", to: name)
                #expect(try await queues.count(name) == 1)
                let taken = try #require(try await queues.get(name, count: 1, visibility: .seconds(30))?.first)
                #expect(taken.text == Base64.encode("<a> & ü".bytes))
                #expect(try await queues.get(name, count: 1, visibility: .seconds(30))?.isEmpty == true)
                let held = try await queues.update(taken, in: name, visibility: .seconds(60))
                try await queues.delete(held, from: name)
                #expect(try await queues.peek(name, count: 1)?.isEmpty == true)
            } catch {
                _ = try? await queues.deleteQueue(name)
                throw error
            }
            #expect(try await queues.deleteQueue(name))
        }
    }

    @Test(arguments: databases) func items(witness: Witness) async throws {
        guard witness == .other, let endpoint = Self.setting("APUS_TEST_COSMOS_ENDPOINT") else {
            return try await EmulatorFixture.with { try await useItems(try await $0.items()) }
        }
        let container = try CosmosContainer(
            endpoint: endpoint, key: Self.setting("APUS_TEST_COSMOS_KEY") ?? "", identity: nil, client: HTTPSession(),
            database: "apus-witness", container: "items")
        try await container.createIfMissing(partitionKeyPath: "/pk")
        try await useItems(container)
    }

    private func useItems(_ items: CosmosContainer) async throws {
        let key = Digest.hex(Digest.randomBytes(8))
        let made = try await items.create(["id": "a 1", "pk": .string(key), "n": 1], partition: key)
        await #expect(throws: CosmosError.self) {
            try await items.create(["id": "a 1", "pk": .string(key)], partition: key)
        }
        let patched = try await items.patch(
            "a 1", [.increment("/n", 3), .set("/s", "x"), .remove("/s")], partition: key,
            condition: .unchanged(made.etag), predicate: "FROM c WHERE c.n = 1")
        #expect(patched.value["n"]?.int == 4 && patched.value["s"] == nil)
        for number in 0..<12 {
            try await items.upsert(
                ["id": .string("\(number)"), "pk": .string(key), "n": .int(Int64(number * 5 % 12))], partition: key)
        }
        let batch = try await items.batch([.read("a 1"), .delete("a 1")], partition: key)
        #expect(batch.count == 2)
        var seen: [JSONValue] = []
        var continuation: String?
        repeat {
            let page = try await items.page(
                "SELECT VALUE c.n FROM c ORDER BY c.n DESC", partition: key, continuation: continuation, maximum: 5)
            seen += page.rows
            continuation = page.continuation
        } while continuation != nil
        #expect(seen == (0..<12).reversed().map { .int($0) })
        for number in 0..<12 { #expect(try await items.delete("\(number)", partition: key)) }
        #expect(try await items.item("a 1", partition: key) == nil)
    }
}
