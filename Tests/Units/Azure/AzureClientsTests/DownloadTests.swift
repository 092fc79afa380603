import AzureEmulator
import AzureSignatures
import AzureStorage
import Digests
import HTTPClient
import HTTPMessages
import Testing

/// Reading blobs in part and over connections that break.
@Suite struct DownloadTests {
    private static let content = Array("0123456789abcdefghij".utf8)

    private func with(
        _ responses: [HTTPResponse], _ body: (ScriptedServer, BlobClient) async throws -> Void
    ) async throws {
        let server = try ScriptedServer(responses)
        let name = DevelopmentAccount.storageName
        let account = try StorageAccount(
            connectionString:
                "AccountName=\(name);AccountKey=\(DevelopmentAccount.storageKey);BlobEndpoint=\(server.url);QueueEndpoint=\(server.url)"
        )
        do {
            try await body(server, BlobClient(account: account, identity: nil, client: HTTPSession()))
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// The part of a range whose connection breaks after so many bytes.
    private static func cut(_ range: Range<Int>, after count: Int, tag: String = "\"1\"") -> HTTPResponse {
        var response = ScriptedServer.cut(
            Array(content[range].prefix(count)), of: range.count, ["ETag": tag])
        response.status = range.lowerBound == 0 && range.count == content.count ? .ok : .partialContent
        return response
    }

    private static func part(_ range: Range<Int>, tag: String = "\"1\"") -> HTTPResponse {
        HTTPResponse(.partialContent, fields: ["ETag": tag], body: .bytes(Array(content[range])))
    }

    @Test func goesOnAfterEveryCut() async throws {
        let answers = [Self.cut(0..<20, after: 6), Self.cut(6..<20, after: 5), Self.part(11..<20)]
        try await with(answers) { (server: ScriptedServer, blobs: BlobClient) async throws in
            #expect(try await blobs.get("c", "b") == Self.content)
            #expect(server.requests.map { $0.fields["x-ms-range"] } == [nil, "bytes=6-19", "bytes=11-19"])
            #expect(server.requests.map { $0.fields["if-match"] } == [nil, "\"1\"", "\"1\""])
        }
    }

    @Test func goesOnWithinTheRangeThatWasAskedFor() async throws {
        try await with([Self.cut(5..<15, after: 4), Self.part(9..<15)]) {
            (server: ScriptedServer, blobs: BlobClient) async throws in
            let download = try await blobs.download("c", "b", range: 5..<15)
            #expect(download.length == 10)
            #expect(try await HTTPBody.source(download.body).collect(limit: 100) == Array(Self.content[5..<15]))
            #expect(server.requests.map { $0.fields["x-ms-range"] } == ["bytes=5-14", "bytes=9-14"])
        }
    }

    /// Without an entity tag nobody knows whether the rest is of the same blob.
    @Test func withoutATagItEndsWithTheCut() async throws {
        var first = ScriptedServer.cut(Array(Self.content.prefix(5)), of: 20)
        first.fields["ETag"] = nil
        try await with([first, Self.part(5..<20)]) { (server: ScriptedServer, blobs: BlobClient) async throws in
            await #expect(throws: HTTPClientError.self) { _ = try await blobs.get("c", "b") }
            #expect(server.requests.count == 1)
        }
    }

    @Test func aBlobThatWasReplacedMeanwhileIsAnError() async throws {
        let changed = HTTPResponse(.preconditionFailed, fields: ["x-ms-error-code": "ConditionNotMet"])
        try await with([Self.cut(0..<20, after: 5), changed]) { (_: ScriptedServer, blobs: BlobClient) async throws in
            await #expect { _ = try await blobs.get("c", "b") } throws: {
                ($0 as? StorageError)?.code == "ConditionNotMet"
            }
        }
    }

    @Test func aConnectionThatBreaksForEverIsGivenUp() async throws {
        try await with([Self.cut(0..<20, after: 1)] + (1..<12).map { Self.cut($0..<20, after: 1) }) {
            (server: ScriptedServer, blobs: BlobClient) async throws in
            await #expect(throws: HTTPClientError.self) { _ = try await blobs.get("c", "b") }
            #expect(server.requests.count == 6)
        }
    }

    @Test func aBusyServiceIsAskedAgainForTheRest() async throws {
        let busy = HTTPResponse(.serviceUnavailable, fields: ["Retry-After": "0.01"])
        try await with([Self.cut(0..<20, after: 8), busy, Self.part(8..<20)]) {
            (server: ScriptedServer, blobs: BlobClient) async throws in
            #expect(try await blobs.get("c", "b") == Self.content)
            #expect(server.requests.count == 3)
        }
    }

    @Test func readingIsBounded() async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            try await blobs.put(Digest.randomBytes(100_000), to: "docs", "b", contentType: "x/y")
            await #expect(throws: HTTPBodyTooLarge.self) { _ = try await blobs.get("docs", "b", limit: 99_999) }
            #expect(try await blobs.get("docs", "b", limit: 100_000).count == 100_000)
        }
    }

    @Test(arguments: [0..<1, 99_990..<100_000, 65_000..<66_000, 0..<100_000] as [Range<Int>])
    func rangesAreWhatTheyAre(range: Range<Int>) async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            let content = Digest.randomBytes(100_000)
            try await blobs.put(content, to: "docs", "b", contentType: "x/y")
            let download = try await blobs.download("docs", "b", range: range)
            #expect(download.length == range.count)
            #expect(try await HTTPBody.source(download.body).collect(limit: 100_000) == Array(content[range]))
        }
    }

    @Test func conditionsGuardAReader() async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            let old = try await blobs.put("old".bytes, to: "docs", "b", contentType: "x/y")
            try await blobs.put("new".bytes, to: "docs", "b", contentType: "x/y")
            await #expect {
                _ = try await blobs.download("docs", "b", conditions: BlobConditions(ifMatch: old))
            } throws: {
                ($0 as? StorageError)?.isConflict == true
            }
        }
    }

    @Test func whatIsNotThereIsNoProperties() async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            #expect(try await blobs.properties("docs", "none") == nil)
            await #expect { _ = try await blobs.get("docs", "none") } throws: {
                ($0 as? StorageError)?.isNotFound == true
            }
            #expect(try await blobs.delete("docs", "none") == false)
        }
    }

    /// A lease's time and a message's invisibility end when the emulator's clock says so.
    @Test func timeMayBeMovedOn() async throws {
        try await EmulatorFixture.with { fixture in
            let blobs = try await fixture.blobs()
            try await blobs.put("x".bytes, to: "docs", "b", contentType: "x/y")
            let id = "11111111-1111-1111-1111-111111111111"
            _ = try await blobs.acquireLease("docs", "b", duration: .seconds(60), id: id)
            await #expect { _ = try await blobs.delete("docs", "b") } throws: {
                ($0 as? StorageError)?.code == "LeaseIdMissing"
            }
            fixture.emulator.clock.advance(milliseconds: 61_000)
            #expect(try await blobs.delete("docs", "b"))
            let queue = QueueClient(account: try fixture.account, identity: nil, client: fixture.client)
            try await queue.create("jobs")
            try await queue.put("work", to: "jobs")
            #expect(try await queue.get("jobs", count: 1, visibility: .seconds(300))?.count == 1)
            #expect(try await queue.get("jobs", count: 1, visibility: .seconds(300))?.isEmpty == true)
            fixture.emulator.clock.advance(milliseconds: 301_000)
            #expect(try await queue.get("jobs", count: 1, visibility: .seconds(300))?.first?.dequeueCount == 2)
        }
    }
}
