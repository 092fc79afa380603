import AzureSignatures
import FoundationEssentials
import Glibc
import HTTPMessages
import JSONCoding
import Markup
import SQLite
import Settings
import Telemetry
import TestSupport
import Testing

@testable import AzureEmulator

/// What tests ask of the emulator itself: faults, contents, a reset; and what a restart keeps.
@Suite struct AdminTests {
    private let services: Services

    init() throws { services = try Services() }

    private func fault(_ rule: JSONValue) async {
        let answer = await services.admin(.post, "faults", rule)
        #expect(answer.status == 201, "\(answer.text)")
    }

    // MARK: - Faults

    @Test(
        arguments: [
            (503, "ServerBusy"), (500, "InternalError"), (403, "AuthenticationFailed"), (408, "OperationTimedOut"),
        ] as [(Int, String)])
    func storageFailsInItsOwnWords(status: Int, code: String) async throws {
        await fault(["service": "blob", "status": .int(Int64(status)), "retryAfterMilliseconds": 1500])
        let answer = try await services.blob(.get, "?comp=list")
        #expect(answer.outcome == "\(status) \(code)" && answer.fields["retry-after"] == "2")
        #expect(try answer.xml["Code"]?.text == code)
        #expect(try await services.blob(.get, "?comp=list").status == 200)
    }

    @Test func everyServiceFailsInItsOwnWords() async throws {
        await fault(["service": "cosmos", "status": 429, "retryAfterMilliseconds": 30])
        let throttled = try await services.cosmos(.get, "/dbs")
        #expect(throttled.outcome == "429 TooManyRequests" && throttled.fields["x-ms-retry-after-ms"] == "30")
        #expect(throttled.fields["x-ms-substatus"] == "3200")
        await fault(["service": "vault", "status": 429])
        #expect(try await services.vault(.get, "/secrets").outcome == "429 Throttled")
        await fault(["service": "identity", "status": 500])
        let token = await services.send(.identity, .get, "/msi/token")
        #expect(token.status == 500 && token.json["error"] == "temporarily_unavailable")
        await fault(["service": "queue", "status": 503])
        #expect(try await services.queue(.get, "?comp=list").outcome == "503 ServerBusy")
    }

    @Test func rulesFitCountAndSkip() async throws {
        await fault(["service": "blob", "method": "put", "pathContains": "docs", "status": 503, "skip": 1, "count": 2])
        let waiting = await services.admin(.get, "faults").json["faults"]?[0]
        #expect(waiting?["method"] == "PUT" && waiting?["skip"] == 1 && waiting?["count"] == 2)
        #expect(try await services.blob(.get, "docs?restype=container").status == 404)
        #expect(try await services.blob(.put, "other?restype=container").status == 201)
        #expect(try await services.queue(.put, "docs").status == 201)
        var statuses: [Int] = []
        for number in 0..<4 { statuses.append(try await services.blob(.put, "docs\(number)?restype=container").status) }
        #expect(statuses == [201, 503, 503, 201])
        #expect(await services.admin(.get, "faults").json["faults"] == [])
    }

    @Test func connectionsAreCutAtEachPlace() async throws {
        try await services.blob(.put, "docs?restype=container")
        let put: HTTPFields = ["x-ms-blob-type": "BlockBlob"]
        await fault(["service": "blob", "cut": "request"])
        #expect(try await services.blob(.put, "docs/a", put, "one").status == 0)
        #expect(try await services.blob(.head, "docs/a").status == 404)
        await fault(["service": "blob", "cut": "response"])
        #expect(try await services.blob(.put, "docs/a", put, "one two").status == 0)
        #expect(try await services.blob(.get, "docs/a").text == "one two")
        await fault(["service": "blob", "cut": "body"])
        let half = try await services.blob(.get, "docs/a")
        #expect(half.status == 200 && half.isCut && half.text == "one")
    }

    @Test func aFaultMayOnlyDelay() async throws {
        await fault(["service": "blob", "delayMilliseconds": 60])
        let started = ContinuousClock.now
        #expect(try await services.blob(.get, "?comp=list").status == 200)
        #expect(ContinuousClock.now - started >= .milliseconds(60))
    }

    @Test(
        arguments: [
            JSONValue.object(["service": "blob"]), ["status": 503], ["service": "table", "status": 503],
            ["service": "blob", "status": 200], ["service": "blob", "status": 600], ["service": "blob", "cut": "half"],
            ["service": "blob", "status": 503, "count": 0], ["service": "blob", "status": 503, "skip": -1],
            ["service": "blob", "status": 503, "often": true], ["service": "blob", "delayMilliseconds": 700_000], [],
        ] as [JSONValue])
    func faultsThatCannotBe(rule: JSONValue) async {
        #expect(await services.admin(.post, "faults", rule).status == 400)
        #expect(await services.admin(.get, "faults").json["faults"] == [])
    }

    // MARK: - Pages

    @Test func thePagesAnswerOnEveryPort() async {
        for name in EmulatorServices.Name.allCases {
            #expect(await services.send(name, .get, "/_emulator/health").json["status"] == "ok")
            #expect(await services.admin(name, .get, "ca.pem").text == "the authority")
            #expect(await services.admin(name, .get, "none").status == 404)
            #expect(await services.admin(name, .post, "reset", ["Content-Type": "text/plain"]).status == 415)
            #expect(await services.admin(name, .post, "reset").status == 415)
        }
    }

    // MARK: - Who may

    @Test(arguments: [
        (HTTPMethod.get, "ca.pem"), (.get, "contents"), (.get, "faults"), (.post, "faults"), (.delete, "faults"),
        (.post, "tokens"), (.get, "identities"), (.post, "identities"), (.delete, "identities/x"), (.get, "clock"),
        (.post, "clock"), (.put, "clock"), (.delete, "clock"), (.post, "reset"), (.get, "none"), (.post, "health"),
        (.get, ""), (.get, "health/"),
    ])
    func nothingButHealthIsOpenWithoutTheToken(method: HTTPMethod, page: String) async throws {
        try await services.blob(.put, "docs?restype=container")
        let token = services.token.secret.value
        let wrong: [String?] = [
            nil, "", "Bearer", "Bearer ", "Bearer wrong", "Bearer \(token)x", "Bearer \(token.dropLast())", token,
            "Basic \(token)",
        ]
        for name in EmulatorServices.Name.allCases {
            for value in wrong {
                var fields: HTTPFields = ["Content-Type": "application/json"]
                fields["Authorization"] = value
                let answer = await services.send(name, method, "/_emulator/" + page, fields, "{}".bytes)
                #expect(answer.status == 401 && answer.fields["www-authenticate"] == "Bearer")
                #expect(answer.text.contains("admin-token") && !answer.text.contains(token))
            }
        }
        #expect(try await services.blob(.get, "docs?restype=container").status == 200)
    }

    @Test func theTokenIsTheFoldersAndOnlyItsUserReadsIt() throws {
        let path = services.folder + "/" + AdminToken.fileName
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text == services.token.secret.value + "\n" && text.utf8.count > 40)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try AdminToken(directory: services.folder, given: nil).secret.value == services.token.secret.value)
        try "short".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: EmulatorError.self) { try AdminToken(directory: services.folder, given: nil) }
        // A file whose token opens nothing would mislead.
        #expect(try AdminToken(directory: services.folder, given: Secret("given")).secret.value == "given")
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try AdminToken(directory: services.folder, given: nil).secret.value != services.token.secret.value)
    }

    @Test func otherNamesAndOtherSitesGetNothing() async throws {
        try await services.blob(.put, "docs?restype=container")
        for name in EmulatorServices.Name.allCases {
            for path in ["/", "/_emulator/health", "/devstoreaccount1/docs?restype=container"] {
                let answer = await services.send(name, .get, path, ["host": "evil.example"])
                #expect(answer.status == 403 && answer.text.contains("APUS_ALLOWED_HOSTS"))
            }
            for field in [("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")] {
                var fields: HTTPFields = ["Content-Type": "text/plain"]
                fields.append(field.0, field.1)
                let answer = await services.send(
                    name, .post, "/devstoreaccount1/docs?restype=container", fields, "{}".bytes)
                #expect(answer.status == 403 && answer.text.contains(field.0))
            }
        }
    }

    @Test func aPublicKeyOpensNothingWhereTheFolderHasItsOwn() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = Emulator.Configuration()
        configuration.dataDirectory = folder
        configuration.keys.storage = Secret("b3RoZXIga2V5IG9mIDMyIGJ5dGVzIGZvciB0ZXN0cyE=")
        configuration.keys.cosmos = Secret("c2Vjb25kIGtleSBvZiAzMiBieXRlcyBmb3IgdGVzdHM=")
        configuration.keys.identityHeader = Secret("header")
        configuration.keys.clientSecret = Secret("secret")
        let own = try EmulatorServices(
            configuration, clock: EmulatorClock(), certificate: "", token: AdminToken(directory: folder, given: nil))
        func status(_ service: EmulatorServices.Name, _ method: HTTPMethod, _ target: String, _ fields: HTTPFields)
            async -> Int
        {
            await own.answer(
                service,
                HTTPRequest(
                    method: method, target: HTTPTarget(target), fields: fields, body: .bytes([]), id: "test")
            ).status.rawValue
        }
        let target = HTTPTarget("/devstoreaccount1/?comp=list")
        for (key, expected) in [(DevelopmentAccount.storageKey, 403), (configuration.keys.storage.value, 200)] {
            let fields = try Services.signed(.get, target, ["x-ms-version": "2021-12-02"], key: key)
            #expect(await status(.blob, .get, target.text, fields) == expected)
        }
        let date = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000)
        for (key, expected) in [(DevelopmentAccount.cosmosKey, 401), (configuration.keys.cosmos.value, 200)] {
            let value = try #require(CosmosMasterKey(base64Key: key)).authorization(
                method: .get, resourceType: "dbs", resourceLink: "", date: date)
            #expect(await status(.cosmos, .get, "/dbs", ["x-ms-date": date, "authorization": value]) == expected)
        }
        let token = "/msi/token?api-version=2019-08-01&resource=https://vault.azure.net"
        for (header, expected) in [("apus-local-identity", 401), ("header", 200)] {
            #expect(await status(.identity, .get, token, ["X-IDENTITY-HEADER": header]) == expected)
        }
    }

    private func fillAll() async throws {
        try await services.blob(.put, "docs?restype=container")
        let large = [UInt8](repeating: 1, count: 100_000)
        _ = try await services.storage(.blob, .put, "docs/large", ["x-ms-blob-type": "BlockBlob"], large)
        try await services.blob(.put, "docs/small", ["x-ms-blob-type": "BlockBlob", "x-ms-meta-k": "v"], "text")
        try await services.queue(.put, "jobs", ["x-ms-meta-k": "v"])
        try await services.queue(
            .post, "jobs/messages", [:], "<QueueMessage><MessageText>m</MessageText></QueueMessage>")
        let path = try await services.container(["uniqueKeyPolicy": ["uniqueKeys": [["paths": ["/u"]]]]])
        try await services.cosmos(.post, path + "/docs", partition: #"["p"]"#, [:], ["id": "a", "pk": "p", "u": 1])
        try await services.vault(.put, "/secrets/name", ["value": "secret value"])
    }

    @Test func contentsAreListedWithoutWhatTheyHold() async throws {
        try await fillAll()
        let answer = await services.admin(.get, "contents")
        #expect(answer.json["containers"] == [["account": "devstoreaccount1", "name": "docs"]])
        #expect(answer.json["blobs"]?.array?.compactMap { $0["name"]?.string } == ["large", "small"])
        #expect(answer.json["blobs"]?[0]?["bytes"] == 100_000)
        #expect(answer.json["queues"]?[0]?["messages"] == 1)
        #expect(answer.json["cosmosContainers"] == [["database": "d", "name": "c", "items": 1]])
        #expect(answer.json["secrets"] == [["name": "name", "versions": 1]])
        #expect(!answer.text.contains("secret value"))
    }

    @Test func aResetLeavesNothing() async throws {
        try await fillAll()
        await fault(["service": "blob", "status": 503])
        #expect(await services.admin(.post, "reset").status == 204)
        let contents = try #require(await services.admin(.get, "contents").json.object)
        for (name, value) in contents.members { #expect(value == [], "\(name)") }
        #expect(await services.admin(.get, "faults").json["faults"] == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: services.folder + "/blobs").isEmpty)
        // Everything can be made again under the same names.
        try await fillAll()
        #expect(try await services.blob(.get, "docs/small").text == "text")
    }

    // MARK: - Restarts

    @Test func aRestartKeepsEverything() async throws {
        try await fillAll()
        let lease = try await services.blob(
            .put, "docs/small?comp=lease", ["x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"])
        try await services.blob(.put, "docs/pending?comp=block&blockid=QQ==", [:], "block")
        _ = try await services.queue(.get, "jobs/messages?visibilitytimeout=600")
        let tag = try await services.blob(.head, "docs/small").etag
        try services.restart()
        let small = try await services.blob(.get, "docs/small")
        #expect(small.text == "text" && small.etag == tag && small.fields["x-ms-meta-k"] == "v")
        #expect(small.fields["x-ms-lease-state"] == "leased")
        #expect(try await services.blob(.delete, "docs/small").outcome == "412 LeaseIdMissing")
        #expect(
            try await services.blob(
                .delete, "docs/small", ["x-ms-lease-id": try #require(lease.fields["x-ms-lease-id"])]
            ).status == 202)
        #expect(try await services.blob(.get, "docs/large").bytes == [UInt8](repeating: 1, count: 100_000))
        let list = "<BlockList><Latest>QQ==</Latest></BlockList>"
        #expect(try await services.blob(.put, "docs/pending?comp=blocklist", [:], list).status == 201)
        #expect(try await services.blob(.get, "docs/pending").text == "block")
        // A message that was taken is still hidden, and comes back with its count.
        #expect(try await services.queue(.get, "jobs/messages").xml.children.isEmpty)
        services.clock.advance(milliseconds: 601_000)
        let message = try await services.queue(.get, "jobs/messages").xml["QueueMessage"]
        #expect(message?["DequeueCount"]?.text == "2")
        let path = "/dbs/d/colls/c"
        #expect(try await services.cosmos(.get, path + "/docs/a", partition: #"["p"]"#).json["u"] == 1)
        let again = try await services.cosmos(
            .post, path + "/docs", partition: #"["p"]"#, [:], ["id": "b", "pk": "p", "u": 1])
        #expect(again.outcome == "409 Conflict")
        #expect(try await services.vault(.get, "/secrets/name").json["value"] == "secret value")
    }

    @Test func filesWithoutARowGoAtTheNextStart() async throws {
        try await fillAll()
        let folder = services.folder + "/blobs"
        let before = try FileManager.default.contentsOfDirectory(atPath: folder)
        try Data("left over".utf8).write(to: URL(filePath: folder + "/left-over"))
        try services.restart()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == before)
    }

    @Test func aFolderHasOneEmulator() throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = try FolderLock(data: folder)
        let refusal = #expect(throws: EmulatorError.self) { _ = try FolderLock(data: folder) }
        #expect(refusal?.description.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
        withExtendedLifetime(first) {}
    }
}
