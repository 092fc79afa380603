import HTTPMessages
import JSONCoding
import Markup
import SQLite
import Telemetry
import Testing

@testable import AzureEmulator

/// The clock that tests move on: everything that begins, ends or expires reads it.
@Suite struct ClockTests {
    private let services: Services

    init() throws { services = try Services() }

    private func advance(_ seconds: Double) async {
        let answer = await services.admin(.post, "clock", ["advance": .double(seconds)])
        #expect(answer.status == 200)
    }

    @Test func tellsTheTimeAndHowFarItIsAhead() async throws {
        let before = Timestamp.nowMilliseconds()
        #expect(await services.admin(.get, "clock").json["aheadSeconds"]?.double == 0)
        #expect(await services.admin(.put, "clock", ["advance": 1.5]).json["aheadSeconds"]?.double == 1.5)
        let answer = await services.admin(.post, "clock", ["advance": 3600])
        #expect(answer.json["aheadSeconds"]?.double == 3601.5)
        let now = try #require(answer.json["now"]?.string.flatMap { Timestamp.milliseconds(iso8601: $0) })
        #expect((3_601_500...3_661_500).contains(now - before))
    }

    @Test(
        arguments: [
            JSONValue.object([:]), ["advance": -1], ["advance": "60"], ["advance": 1e300], ["advance": 1, "to": 2], [],
        ] as [JSONValue])
    func refusesWhatIsNoTime(body: JSONValue) async {
        #expect(await services.admin(.post, "clock", body).status == 400)
        #expect(services.clock.aheadMilliseconds == 0)
    }

    @Test func otherOriginsCannotMoveIt() async {
        for method in [HTTPMethod.post, .put] {
            let answer = await services.admin(
                .blob, method, "clock", ["Content-Type": "text/plain"], #"{"advance": 60}"#.bytes)
            #expect(answer.status == 415)
        }
        #expect(services.clock.aheadMilliseconds == 0)
    }

    @Test func stopsAHundredYearsAhead() {
        let clock = EmulatorClock()
        for _ in 0..<3 { clock.advance(milliseconds: .max) }
        #expect(clock.aheadMilliseconds == 3_155_760_000_000)
        clock.advance(milliseconds: -1)
        #expect(clock.aheadMilliseconds == 3_155_760_000_000)
    }

    @Test func isSetBackByItsOwnPageAndByAReset() async throws {
        await advance(60)
        #expect(await services.admin(.delete, "clock").status == 204)
        #expect(services.clock.aheadMilliseconds == 0)
        await advance(60)
        #expect(await services.admin(.post, "reset").status == 204)
        #expect(services.clock.aheadMilliseconds == 0)
        // Tokens of both times are good, though the clock has been later.
        await advance(600)
        _ = await services.admin(.post, "tokens", ["expireAll": true])
        _ = await services.admin(.delete, "clock")
        #expect(try await services.vault(.get, "/secrets").status == 200)
    }

    @Test func leasesExpire() async throws {
        try await services.blob(.put, "docs?restype=container")
        try await services.blob(.put, "docs/b", ["x-ms-blob-type": "BlockBlob"], "text")
        let lease = try await services.blob(
            .put, "docs/b?comp=lease", ["x-ms-lease-action": "acquire", "x-ms-lease-duration": "60"])
        #expect(lease.status == 201)
        await advance(1)
        #expect(try await services.blob(.delete, "docs/b").outcome == "412 LeaseIdMissing")
        await advance(60)
        #expect(try await services.blob(.head, "docs/b").fields["x-ms-lease-state"] == "expired")
        #expect(try await services.blob(.delete, "docs/b").status == 202)
    }

    @Test func containersLeasesEndWhenTheyBreak() async throws {
        try await services.blob(.put, "docs?restype=container")
        try await services.blob(
            .put, "docs?restype=container&comp=lease", ["x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"])
        let broken = try await services.blob(
            .put, "docs?restype=container&comp=lease", ["x-ms-lease-action": "break", "x-ms-lease-break-period": "30"])
        #expect(broken.fields["x-ms-lease-time"] == "30")
        #expect(try await services.blob(.delete, "docs?restype=container").outcome == "412 LeaseIdMissing")
        await advance(31)
        #expect(try await services.blob(.delete, "docs?restype=container").status == 202)
    }

    @Test func blocksThatNobodyCommitsGoAfterAWeek() async throws {
        try await services.blob(.put, "docs?restype=container")
        try await services.blob(.put, "docs/b?comp=block&blockid=QQ==", [:], "one")
        await advance(6 * 86_400)
        #expect(try await services.blob(.get, "docs/b?comp=blocklist&blocklisttype=all").status == 200)
        await advance(2 * 86_400)
        #expect(
            try await services.blob(.get, "docs/b?comp=blocklist&blocklisttype=all").outcome == "404 BlobNotFound")
        #expect(try services.stores.blobs.reader.query("SELECT 1 FROM contents").isEmpty)
    }

    @Test func messagesBecomeVisibleAndExpire() async throws {
        let message = "<QueueMessage><MessageText>hello</MessageText></QueueMessage>"
        try await services.queue(.put, "q-1")
        try await services.queue(.post, "q-1/messages?messagettl=600", [:], message)
        func get() async throws -> Int {
            try await services.queue(.get, "q-1/messages?visibilitytimeout=300").xml.children.count
        }
        #expect(try await get() == 1)
        #expect(try await get() == 0)
        await advance(301)
        #expect(try await get() == 1)
        await advance(301)
        #expect(try await get() == 0)
        let count = try await services.queue(.get, "q-1?comp=metadata").fields["x-ms-approximate-messages-count"]
        #expect(count == "0")
        #expect(try services.stores.queues.reader.query("SELECT 1 FROM messages").isEmpty)
    }

    @Test func delayedMessagesComeLater() async throws {
        try await services.queue(.put, "q-1")
        try await services.queue(
            .post, "q-1/messages?visibilitytimeout=3600", [:],
            "<QueueMessage><MessageText>later</MessageText></QueueMessage>")
        #expect(try await services.queue(.get, "q-1/messages?peekonly=true").xml.children.isEmpty)
        await advance(3601)
        #expect(try await services.queue(.get, "q-1/messages?peekonly=true").xml.children.count == 1)
    }

    @Test func itemsTimeToLiveEnds() async throws {
        let path = try await services.container(["defaultTtl": 100])
        try await services.cosmos(.post, path + "/docs", partition: #"["p"]"#, [:], ["id": "a", "pk": "p"])
        try await services.cosmos(
            .post, path + "/docs", partition: #"["p"]"#, [:], ["id": "b", "pk": "p", "ttl": 1000])
        try await services.cosmos(.post, path + "/docs", partition: #"["p"]"#, [:], ["id": "c", "pk": "p", "ttl": -1])
        func ids() async throws -> [String] {
            let list = try await services.cosmos(.get, path + "/docs", partition: #"["p"]"#).json["Documents"]?.array
            return (list ?? []).compactMap { $0["id"]?.string }
        }
        #expect(try await ids() == ["a", "b", "c"])
        await advance(101)
        #expect(try await ids() == ["b", "c"])
        #expect(try await services.cosmos(.get, path + "/docs/a", partition: #"["p"]"#).status == 404)
        await advance(900)
        #expect(try await ids() == ["c"])
        await advance(31_536_000)
        #expect(try await ids() == ["c"])
        #expect(try services.stores.cosmos.reader.query("SELECT 1 FROM items").count == 1)
    }

    @Test func queriesAndItemsHaveTheSameTime() async throws {
        let path = try await services.container()
        await advance(86_400)
        let made = try await services.cosmos(.post, path + "/docs", partition: #"["p"]"#, [:], ["id": "a", "pk": "p"])
        let written = try #require(made.json["_ts"]?.int)
        #expect(written - Timestamp.nowMilliseconds() / 1000 > 86_000)
        let answer = try await services.cosmos(
            .post, path + "/docs", partition: #"["p"]"#,
            ["Content-Type": "application/query+json", "x-ms-documentdb-isquery": "True"],
            ["query": "SELECT VALUE GetCurrentTimestamp() - c._ts * 1000 FROM c"])
        let age = try #require(answer.json["Documents"]?[0]?.int)
        #expect((0..<60_000).contains(age))
    }

    @Test func deletedSecretsArePurgedAfterNinetyDays() async throws {
        try await services.vault(.put, "/secrets/name", ["value": "one"])
        try await services.vault(.delete, "/secrets/name")
        await advance(89 * 86_400)
        #expect(try await services.vault(.get, "/deletedsecrets/name").status == 200)
        await advance(2 * 86_400)
        #expect(try await services.vault(.get, "/deletedsecrets/name").status == 404)
        #expect(try await services.vault(.put, "/secrets/name", ["value": "two"]).status == 200)
        #expect(try await services.vault(.get, "/secrets/name/versions").json["value"]?.array?.count == 1)
    }

    @Test func tokensExpire() async throws {
        let token = try await services.token("https://vault.azure.net")
        func status() async -> Int {
            await services.send(
                .vault, .get, "/secrets?api-version=7.4", ["Authorization": "Bearer \(token)"]
            ).status
        }
        await advance(3400)
        #expect(await status() == 200)
        await advance(200)
        #expect(await status() == 401)
    }

    @Test func keysGoOnWorkingHoweverLateItIs() async throws {
        await advance(365 * 86_400)
        #expect(try await services.blob(.put, "docs?restype=container").status == 201)
        #expect(try await services.queue(.put, "q-1").status == 201)
        #expect(try await services.cosmos(.get, "/dbs").status == 200)
    }
}
