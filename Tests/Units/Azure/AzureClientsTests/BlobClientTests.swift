import AzureIdentity
import AzureSignatures
import AzureStorage
import Digests
import HTTPClient
import HTTPMessages
import Settings
import TestSupport
import Testing

/// The Blob client against the emulator.
@Suite struct BlobClientTests {
    @Test(arguments: [0, 1, 65_537, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 7_000_001])
    func carriesEveryLength(count: Int) async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            let source = PieceSource(count: count)
            #expect(try await blobs.upload(source, to: "docs", "a b/ü%25", contentType: "text/x") == count)
            #expect(try await blobs.get("docs", "a b/ü%25") == source.bytes)
            let properties = try #require(try await blobs.properties("docs", "a b/ü%25"))
            #expect(properties.length == count && properties.contentType == "text/x")
        }
    }

    @Test func readsRangesAndGoesOnAfterACut() async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            let content = Digest.randomBytes(3_000_000)
            try await blobs.put(content, to: "docs", "b", contentType: "x/y")
            let part = try await blobs.download("docs", "b", range: 1_000_000..<1_000_100)
            #expect(try await HTTPBody.source(part.body).collect(limit: 1000) == Array(content[1_000_000..<1_000_100]))
            try await fixture.fault(
                #"{"service": "blob", "method": "GET", "pathContains": "/docs/b", "cut": "body", "count": 3}"#)
            #expect(try await blobs.get("docs", "b") == content)
        }
    }

    @Test func neverMixesTwoVersions() async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            try await blobs.put(Digest.randomBytes(3_000_000), to: "docs", "b", contentType: "x/y")
            try await fixture.fault(
                #"{"service": "blob", "method": "GET", "pathContains": "/docs/b", "cut": "body"}"#)
            let download = try await blobs.download("docs", "b")
            try await blobs.put(Digest.randomBytes(3_000_000), to: "docs", "b", contentType: "x/y")
            await #expect(throws: StorageError.self) {
                try await HTTPBody.source(download.body).collect(limit: 4_000_000)
            }
        }
    }

    @Test func conditionsAreKept() async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            var new = BlobWrite(contentType: "x/y")
            new.conditions = .mustBeNew
            let etag = try await blobs.put("one".bytes, to: "docs", "b", new)
            await #expect(throws: StorageError.self) { try await blobs.put("two".bytes, to: "docs", "b", new) }
            var guarded = BlobWrite(contentType: "x/y")
            guarded.conditions = BlobConditions(ifMatch: etag)
            try await blobs.put("three".bytes, to: "docs", "b", guarded)
            await #expect { try await blobs.put("four".bytes, to: "docs", "b", guarded) } throws: {
                ($0 as? StorageError)?.isConflict == true
            }
            #expect(try await blobs.get("docs", "b") == "three".bytes)
        }
    }

    /// The first try is carried out and its answer lost; the second one meets its own success.
    @Test func aLostAnswerIsNoConflict() async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            var new = BlobWrite(contentType: "x/y")
            new.conditions = .mustBeNew
            try await fixture.fault(
                #"{"service": "blob", "method": "PUT", "pathContains": "/docs/b", "cut": "response"}"#)
            try await blobs.put("mine".bytes, to: "docs", "b", new)
            #expect(try await blobs.get("docs", "b") == "mine".bytes)
        }
    }

    @Test func oneBlockIsSentAgainByItself() async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            try await fixture.fault(
                #"{"service": "blob", "pathContains": "comp=block&", "status": 503, "skip": 1, "count": 2}"#)
            let source = PieceSource(count: 9_000_000)
            try await blobs.upload(source, to: "docs", "b", contentType: "x/y")
            #expect(try await blobs.get("docs", "b") == source.bytes)
        }
    }

    @Test func listsFlatAndByPrefix() async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            let names = ["a", "a/1", "a/2", "b\u{1}", "docs"]
            for name in names { try await blobs.put([1], to: "docs", name, contentType: "x/y") }
            #expect(try await blobs.list("docs", prefix: "") == names)
            #expect(try await blobs.list("docs", prefix: "a/", limit: 1) == ["a/1"])
            let page = try await blobs.page("docs", delimiter: "/", maximum: 2)
            #expect(page.blobs.map(\.name) == ["a"] && page.prefixes == ["a/"] && page.blobs[0].length == 1)
            let next = try await blobs.page("docs", delimiter: "/", marker: page.next, maximum: 2)
            #expect(next.blobs.map(\.name) == ["b\u{1}", "docs"] && next.next == nil)
        }
    }

    @Test func copiesLeasesMetadataAndBatches() async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            try await blobs.put("content".bytes, to: "docs", "b", contentType: "x/y")
            try await blobs.setMetadata(["Own": "me"], of: "docs", "b")
            #expect(try await blobs.copy(from: blobs.url("docs", "b"), to: "docs", "copy").isComplete)
            #expect(try await blobs.properties("docs", "copy")?.metadata == ["Own": "me"])
            let id = "11111111-1111-1111-1111-111111111111"
            #expect(try await blobs.acquireLease("docs", "b", duration: .seconds(15), id: id) == id)
            await #expect(throws: StorageError.self) { try await blobs.delete("docs", "b") }
            try await blobs.renewLease("docs", "b", id: id)
            try await blobs.releaseLease("docs", "b", id: id)
            _ = try await blobs.acquireLease("docs", "b", duration: nil, id: id)
            #expect(try await blobs.breakLease("docs", "b") == .zero)
            let names = (0..<300).map { "many/\($0) ü" }
            for name in names { try await blobs.put([], to: "docs", name, contentType: "x/y") }
            #expect(try await blobs.delete("docs", names + ["none"]) == 300)
            #expect(try await blobs.list("docs", prefix: "") == ["b", "copy"])
            #expect(try await blobs.deleteContainer("docs"))
            #expect(try await blobs.deleteContainer("docs") == false)
        }
    }

    @Test(arguments: [false, true])
    func sharedURLsOpenOneBlob(byIdentity: Bool) async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            try await blobs.put("content".bytes, to: "docs", "a b", contentType: "x/y")
            var signer = blobs
            if byIdentity {
                let base = fixture.url("blob") + "/" + DevelopmentAccount.storageName
                let account = StorageAccount(blobServiceURI: base, queueServiceURI: fixture.url("queue"))
                signer = BlobClient(account: account, identity: fixture.identity, client: fixture.client)
            }
            let read = try await signer.sharedURL("docs", "a b", .read, lifetime: .seconds(60))
            #expect(try await fixture.client.fetch(.init(.get, read)).body == "content".bytes)
            #expect(try await fixture.client.fetch(.init(.delete, read)).status == .forbidden)
            let write = try await signer.sharedURL("docs", "a b", .write, lifetime: .seconds(60))
            let put = HTTPSession.Request(
                .put, write, fields: ["x-ms-blob-type": "BlockBlob"], body: .bytes("new".bytes))
            #expect(try await fixture.client.fetch(put).status == .created)
            guard !byIdentity else { return }
            let late = try await signer.sharedURL("docs", "a b", .read, lifetime: .seconds(-600))
            #expect(try await fixture.client.fetch(.init(.get, late)).status == .forbidden)
        }
    }

    @Test(arguments: ["", "a/../b", "./a"])
    func refusesNamesThatClientsWouldFold(name: String) async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            await #expect(throws: StorageError.self) { try await blobs.put([], to: "docs", name, contentType: "x/y") }
        }
    }

    @Test func queuesKeepTheirPromises() async throws {
        try await EmulatorFixture.with { fixture in
            let queue = QueueClient(account: try fixture.account, identity: nil, client: fixture.client)
            #expect(try await queue.get("jobs", count: 1, visibility: .seconds(30)) == nil)
            try await queue.create("jobs")
            try await queue.put("ü<&>", to: "jobs")
            #expect(try await queue.peek("jobs", count: 1)?.first?.dequeueCount == 0)
            let message = try #require(try await queue.get("jobs", count: 1, visibility: .seconds(30))?.first)
            #expect(Base64.decode(message.text) == "ü<&>".bytes && message.dequeueCount == 1)
            #expect(try await queue.count("jobs") == 1)
            let updated = try await queue.update(message, in: "jobs", visibility: .seconds(30))
            await #expect(throws: StorageError.self) { try await queue.delete(message, from: "jobs") }
            try await queue.delete(updated, from: "jobs")
            try await queue.putRaw("x", to: "jobs")
            try await queue.clear("jobs")
            #expect(try await queue.count("jobs") == 0)
            #expect(try await queue.deleteQueue("jobs"))
        }
    }
}
