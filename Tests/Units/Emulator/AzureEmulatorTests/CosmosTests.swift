import AzureSignatures
import HTTPMessages
import JSONCoding
import Telemetry
import Testing

@testable import AzureEmulator

/// Cosmos DB's account, databases, containers, authorization, partition key ranges and throughput.
@Suite struct CosmosTests {
    private let services: Services

    init() throws { services = try Services() }

    // MARK: - Authorization

    private func signed(
        _ method: HTTPMethod, _ path: String, type: String, link: String, key: String = DevelopmentAccount.cosmosKey,
        date: Int64 = 0, encoded: Bool = true
    ) async throws -> Answer {
        let date = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000 + date)
        let key = try #require(CosmosMasterKey(base64Key: key))
        let value = key.authorization(method: method, resourceType: type, resourceLink: link, date: date)
        return await services.send(
            .cosmos, method, path,
            ["x-ms-date": date, "authorization": encoded ? value : try #require(percentDecoded(value))])
    }

    @Test func linksAreSignedAsTheyAreNamed() async throws {
        try await services.cosmos(.post, "/dbs", [:], ["id": "Chat db"])
        #expect(try await signed(.get, "/dbs/Chat%20db", type: "dbs", link: "dbs/Chat db").status == 200)
        #expect(try await signed(.get, "/dbs/Chat%20db/", type: "dbs", link: "dbs/Chat db").status == 200)
        #expect(
            try await signed(.get, "/dbs/Chat%20db", type: "dbs", link: "dbs/Chat db", encoded: false).status == 200)
        #expect(
            try await signed(.get, "/dbs/Chat%20db", type: "dbs", link: "dbs/chat db").outcome == "401 Unauthorized")
        #expect(try await signed(.get, "/dbs/Chat%20db", type: "colls", link: "dbs/Chat db").status == 401)
        #expect(try await signed(.delete, "/dbs/Chat%20db", type: "dbs", link: "dbs/Chat").status == 401)
        #expect(try await signed(.get, "/dbs/chat%20db", type: "dbs", link: "dbs/chat db").outcome == "404 NotFound")
        #expect(try await signed(.get, "/", type: "", link: "").status == 200)
    }

    @Test func resourceIDsAreSignedInLowerCase() async throws {
        let made = try await services.cosmos(.post, "/dbs", [:], ["id": "d"])
        let rid = try #require(made.json["_rid"]?.string)
        let path = "/dbs/" + percentEncoded(rid)
        #expect(try await signed(.get, path, type: "dbs", link: rid.lowercased()).json["id"] == "d")
    }

    @Test(arguments: [(-16, 403), (-14, 200), (14, 200), (16, 403)] as [(Int64, Int)])
    func requestsAreFresh(minutes: Int64, status: Int) async throws {
        #expect(try await signed(.get, "/", type: "", link: "", date: minutes * 60).status == status)
    }

    @Test func whoeverIsUnknownIsRefused() async throws {
        #expect(await services.send(.cosmos, .get, "/").outcome == "401 Unauthorized")
        #expect(try await signed(.get, "/", type: "", link: "", key: Services.otherKey).outcome == "401 Unauthorized")
        let refused = try await signed(.get, "/dbs", type: "docs", link: "x")
        #expect(refused.text.contains("payload to sign"))
        for value in ["type=resource&ver=1.0&sig=x", "nothing", ""] {
            #expect(await services.send(.cosmos, .get, "/", ["authorization": value]).status == 401)
        }
    }

    @Test func identitiesWorkWithDataOnly() async throws {
        let path = try await services.container()
        let token = try await services.token("https://cosmos.azure.com")
        func send(_ method: HTTPMethod, _ path: String, _ fields: HTTPFields = [:], _ body: String = "") async -> Answer
        {
            var fields = fields
            fields["authorization"] = "type=aad&ver=1.0&sig=" + token
            return await services.send(.cosmos, method, path, fields, body.bytes)
        }
        #expect(await send(.get, path).status == 200)
        let key: HTTPFields = ["x-ms-documentdb-partitionkey": #"["p"]"#]
        #expect(await send(.post, path + "/docs", key, #"{"id":"a","pk":"p"}"#).status == 201)
        let refused = await send(.post, "/dbs", [:], #"{"id":"e"}"#)
        #expect(refused.outcome == "403 Forbidden" && refused.fields["x-ms-substatus"] == "5300")
        #expect(await send(.delete, path).status == 403)
        let other = try await services.token("https://storage.azure.com/")
        let answer = await services.send(.cosmos, .get, path, ["authorization": "type=aad&ver=1.0&sig=" + other])
        #expect(answer.outcome == "401 Unauthorized")
    }

    // MARK: - The account

    @Test(arguments: ["127.0.0.1:8081", "localhost:9000", "cosmos.test"] as [String])
    func theAccountHasTheAddressThatWasAsked(host: String) async throws {
        let date = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000)
        let key = try #require(CosmosMasterKey(base64Key: DevelopmentAccount.cosmosKey))
        let value = key.authorization(method: .get, resourceType: "", resourceLink: "", date: date)
        for (encrypted, scheme) in [(false, "http"), (true, "https")] {
            let answer = await services.send(
                .cosmos, .get, "/", ["x-ms-date": date, "authorization": value, "host": host],
                connection: .init(isEncrypted: encrypted, peer: ""))
            for name in ["writableLocations", "readableLocations"] {
                #expect(answer.json[name]?[0]?["databaseAccountEndpoint"]?.string == "\(scheme)://\(host)/")
            }
            #expect(answer.json["userConsistencyPolicy"]?["defaultConsistencyLevel"] == "Session")
        }
    }

    @Test func everyAnswerHasItsActivityAndCharge() async throws {
        let answer = try await services.cosmos(.get, "/dbs", ["x-ms-activity-id": "mine"])
        #expect(answer.fields["x-ms-activity-id"] == "mine" && answer.fields["x-ms-request-charge"] == "1")
        let missing = try await services.cosmos(.get, "/dbs/none")
        let activity = try #require(missing.fields["x-ms-activity-id"])
        #expect(missing.json["message"]?.string?.hasSuffix("ActivityId: \(activity)") == true)
    }

    // MARK: - Databases and containers

    @Test func databasesLiveAndDie() async throws {
        let made = try await services.cosmos(.post, "/dbs", [:], ["id": "d"])
        #expect(made.status == 201 && made.json["_self"]?.string == "dbs/\(made.json["_rid"]?.string ?? "")/")
        #expect(try await services.cosmos(.post, "/dbs", [:], ["id": "d"]).outcome == "409 Conflict")
        #expect(try await services.cosmos(.get, "/dbs/d").text == made.text)
        try await services.cosmos(.post, "/dbs", [:], ["id": "e"])
        let list = try await services.cosmos(.get, "/dbs").json
        #expect(list["Databases"]?.array?.compactMap { $0["id"]?.string } == ["d", "e"] && list["_count"] == 2)
        let found = try await services.cosmos(
            .post, "/dbs", ["x-ms-documentdb-isquery": "True", "Content-Type": "application/query+json"],
            ["query": "SELECT * FROM root r WHERE r.id = @id", "parameters": [["name": "@id", "value": "e"]]])
        #expect(found.json["Databases"]?.array?.count == 1)
        #expect(try await services.cosmos(.delete, "/dbs/d").status == 204)
        #expect(try await services.cosmos(.get, "/dbs/d").outcome == "404 NotFound")
        for id: JSONValue in ["", "a/b", "a#b", "end ", 1, .string(String(repeating: "i", count: 256))] {
            #expect(try await services.cosmos(.post, "/dbs", [:], ["id": id]).outcome == "400 BadRequest")
        }
    }

    @Test func containersGetTheirDefaults() async throws {
        let path = try await services.container(["defaultTtl": 60])
        let got = try await services.cosmos(.get, path).json
        #expect(got["partitionKey"]?["version"] == 2 && got["partitionKey"]?["kind"] == "Hash")
        #expect(got["indexingPolicy"]?["indexingMode"] == "consistent" && got["defaultTtl"] == 60)
        #expect(got["conflictResolutionPolicy"]?["mode"] == "LastWriterWins")
        #expect(got["_rid"]?.string?.utf8.count == 12 && got["_docs"] == "docs/")
        #expect(
            try await services.cosmos(.post, "/dbs/d/colls", [:], ["id": "c", "partitionKey": ["paths": ["/x"]]]).status
                == 409)
        let orphan = try await services.cosmos(
            .post, "/dbs/none/colls", [:], ["id": "c", "partitionKey": ["paths": ["/x"]]])
        #expect(orphan.status == 404 && orphan.fields["x-ms-substatus"] == "1003")
        #expect(try await services.cosmos(.get, "/dbs/d/colls").json["DocumentCollections"]?.array?.count == 1)
    }

    @Test(
        arguments: [
            JSONValue.object(["id": "x"]), ["id": "x", "partitionKey": ["paths": []]],
            ["id": "x", "partitionKey": ["paths": ["pk"]]],
            ["id": "x", "partitionKey": ["paths": ["/a", "/b"], "kind": "Hash"]],
            ["id": "x", "partitionKey": ["paths": ["/a", "/b", "/c", "/d"], "kind": "MultiHash"]],
            ["id": "x", "partitionKey": ["paths": ["/a"]], "defaultTtl": 0],
            ["id": "x", "partitionKey": ["paths": ["/a"]], "defaultTtl": -2], ["partitionKey": ["paths": ["/a"]]],
        ] as [JSONValue])
    func containersThatCannotBe(body: JSONValue) async throws {
        try await services.cosmos(.post, "/dbs", [:], ["id": "d"])
        #expect(try await services.cosmos(.post, "/dbs/d/colls", [:], body).outcome == "400 BadRequest")
    }

    @Test func someOfAContainerCanBeReplaced() async throws {
        let path = try await services.container(["uniqueKeyPolicy": ["uniqueKeys": [["paths": ["/mail"]]]]])
        let key: JSONValue = ["paths": ["/pk"], "kind": "Hash"]
        let replaced = try await services.cosmos(
            .put, path, [:], ["id": "c", "partitionKey": key, "defaultTtl": 30])
        #expect(replaced.status == 200 && replaced.json["defaultTtl"] == 30)
        #expect(replaced.json["uniqueKeyPolicy"]?["uniqueKeys"]?[0]?["paths"]?[0] == "/mail")
        for body: JSONValue in [
            ["id": "other", "partitionKey": key], ["id": "c", "partitionKey": ["paths": ["/other"], "kind": "Hash"]],
            ["id": "c", "partitionKey": key, "uniqueKeyPolicy": ["uniqueKeys": [["paths": ["/other"]]]]],
        ] { #expect(try await services.cosmos(.put, path, [:], body).outcome == "400 BadRequest") }
    }

    @Test func aContainerMadeAgainIsAnotherOne() async throws {
        let path = try await services.container()
        let rid = try #require(try await services.cosmos(.get, path).json["_rid"]?.string)
        let item: JSONValue = ["id": "a", "pk": "p"]
        let fields: HTTPFields = ["x-ms-cosmos-intended-collection-rid": rid]
        #expect(try await services.cosmos(.post, path + "/docs", partition: #"["p"]"#, fields, item).status == 201)
        #expect(try await services.cosmos(.delete, path).status == 204)
        let gone = try await services.cosmos(.get, path + "/docs/a", partition: #"["p"]"#)
        #expect(gone.status == 404 && gone.fields["x-ms-substatus"] == "1003")
        _ = try await services.container()
        let stale = try await services.cosmos(.get, path + "/docs/a", partition: #"["p"]"#, fields)
        #expect(stale.status == 400 && stale.fields["x-ms-substatus"] == "1024")
        #expect(try await services.cosmos(.get, path + "/docs/a", partition: #"["p"]"#).status == 404)
    }

    @Test func throughputIsKept() async throws {
        try await services.cosmos(.post, "/dbs", ["x-ms-offer-throughput": "400"], ["id": "d"])
        let rid = try #require(try await services.cosmos(.get, "/dbs/d").json["_rid"]?.string)
        let found = try await services.cosmos(
            .post, "/offers", ["Content-Type": "application/query+json", "x-ms-documentdb-isquery": "True"],
            [
                "query": "SELECT * FROM root r WHERE r.resource = @link",
                "parameters": [["name": "@link", "value": .string("dbs/\(rid)/")]],
            ])
        let offer = try #require(found.json["Offers"]?[0])
        #expect(offer["content"]?["offerThroughput"] == 400 && offer["offerVersion"] == "V2")
        let id = try #require(offer["_rid"]?.string)
        let path = "/offers/" + percentEncoded(id)
        let link = ("offers", id.lowercased())
        var changed = try #require(offer.object)
        changed["content"] = ["offerThroughput": 1000]
        #expect(try await services.cosmos(.put, path, [:], .object(changed), signed: link).status == 200)
        #expect(try await services.cosmos(.get, path, signed: link).json["content"]?["offerThroughput"] == 1000)
        changed["content"] = ["offerThroughput": 99]
        #expect(try await services.cosmos(.put, path, [:], .object(changed), signed: link).status == 400)
    }

    @Test(
        arguments: [
            "/dbs/d/users", "/dbs/d/colls/c/sprocs", "/dbs/d/colls/c/triggers", "/dbs/d/colls/c/udfs", "/other",
        ] as [String])
    func whatIsNotThereSaysSo(path: String) async throws {
        _ = try await services.container()
        #expect(try await services.cosmos(.get, path).outcome == "501 NotImplemented")
    }

    // MARK: - Partition key ranges

    @Test(arguments: [1, 4] as [Int])
    func rangesAreReadOnce(count: Int) async throws {
        let services = try Services(ranges: count)
        let path = try await services.container()
        let fields: HTTPFields = ["A-IM": "Incremental Feed", "x-ms-max-item-count": "-1"]
        let first = try await services.cosmos(.get, path + "/pkranges", fields)
        let ranges = first.json["PartitionKeyRanges"]?.array ?? []
        #expect(first.status == 200 && ranges.count == count)
        #expect(ranges.first?["minInclusive"] == "" && ranges.last?["maxExclusive"] == "FF")
        for (one, next) in zip(ranges, ranges.dropFirst()) { #expect(one["maxExclusive"] == next["minInclusive"]) }
        var again = fields
        again["If-None-Match"] = first.etag
        let second = try await services.cosmos(.get, path + "/pkranges", again)
        #expect(second.status == 304 && second.bytes.isEmpty && second.etag == first.etag)
    }
}
