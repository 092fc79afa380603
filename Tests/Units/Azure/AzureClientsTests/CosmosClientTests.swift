import AzureSignatures
import CosmosDB
import HTTPClient
import HTTPMessages
import JSONCoding
import Testing

/// The Cosmos DB client against the emulator and against a server that answers as it was told.
@Suite struct CosmosClientTests {
    @Test func itemsLiveAndDie() async throws {
        try await EmulatorFixture.with { fixture in
            let items = try await fixture.items()
            let made = try await items.create(["id": "a 1", "pk": "ü", "n": 1], partition: "ü")
            #expect(!made.etag.isEmpty && made.charge > 0)
            await #expect { try await items.create(["id": "a 1", "pk": "ü"], partition: "ü") } throws: {
                ($0 as? CosmosError)?.isConflict == true
            }
            let changed = try await items.replace(
                "a 1", ["id": "a 1", "pk": "ü", "n": 2], partition: "ü", condition: .unchanged(made.etag))
            await #expect {
                try await items.replace(
                    "a 1", ["id": "a 1", "pk": "ü"], partition: "ü", condition: .unchanged(made.etag))
            } throws: {
                ($0 as? CosmosError)?.isPreconditionFailed == true
            }
            #expect(try await items.read("a 1", partition: "ü")?["n"]?.int == 2)
            let patched = try await items.patch(
                "a 1", [.increment("/n", 3), .set("/s", "x"), .remove("/s")], partition: "ü",
                condition: .unchanged(changed.etag), predicate: "FROM c WHERE c.n = 2")
            #expect(patched.value["n"]?.int == 5 && patched.value["s"] == nil)
            try await items.upsert(["id": "2", "pk": "ü"], partition: "ü")
            #expect(
                try await items.query("SELECT VALUE c.id FROM c WHERE c.n = @n", [("@n", 5)], partition: "ü") == ["a 1"]
            )
            #expect(try await items.delete("a 1", partition: "ü"))
            #expect(try await items.delete("a 1", partition: "ü") == false)
            #expect(try await items.item("a 1", partition: "ü") == nil)
            await #expect(throws: CosmosError.self) { try await items.read("a/b", partition: "ü") }
        }
    }

    @Test func batchesAreAllOrNone() async throws {
        try await EmulatorFixture.with { fixture in
            let items = try await fixture.items()
            let results = try await items.batch(
                [
                    .create(["id": "1", "pk": "a", "n": 1]), .upsert(["id": "2", "pk": "a"]),
                    .patch("1", [.increment("/n", 1)]), .read("1"), .delete("2"),
                ], partition: "a")
            #expect(results.count == 5 && results[3]["n"]?.int == 2)
            await #expect {
                try await items.batch(
                    [.create(["id": "3", "pk": "a"]), .create(["id": "1", "pk": "a"])], partition: "a")
            } throws: {
                ($0 as? CosmosError)?.isConflict == true
            }
            #expect(try await items.query("SELECT VALUE c.id FROM c", partition: "a") == ["1"])
        }
    }

    @Test func pagesHoldTogether() async throws {
        try await EmulatorFixture.with { fixture in
            let items = try await fixture.items()
            for number in 0..<25 {
                try await items.create(
                    ["id": .string("\(number)"), "pk": "a", "n": .int(Int64(number))], partition: "a")
            }
            var seen: [JSONValue] = []
            var continuation: String?
            repeat {
                let page = try await items.page(
                    "SELECT VALUE c.n FROM c ORDER BY c.n DESC", partition: "a", continuation: continuation, maximum: 7)
                seen += page.rows
                continuation = page.continuation
            } while continuation != nil
            #expect(seen == (0..<25).reversed().map { .int($0) })
        }
    }

    private func with(
        _ responses: [HTTPResponse], _ body: (ScriptedServer, CosmosContainer) async throws -> Void
    ) async throws {
        let server = try ScriptedServer(responses)
        let items = try CosmosContainer(
            endpoint: server.url, key: DevelopmentAccount.cosmosKey, identity: nil, client: HTTPSession(),
            database: "d", container: "c")
        try await body(server, items)
        await server.stop()
    }

    private static func answer(_ status: Int, _ fields: HTTPFields = [:], _ json: String = "{}") -> HTTPResponse {
        HTTPResponse(HTTPStatus(rawValue: status), fields: fields, body: .bytes(json.bytes))
    }

    @Test func waitsWhenItIsThrottled() async throws {
        let busy = Self.answer(
            429, ["x-ms-retry-after-ms": "150", "x-ms-substatus": "3200", "x-ms-request-charge": "2"])
        let done = Self.answer(201, ["x-ms-request-charge": "5.5"], #"{"id":"1"}"#)
        try await with([busy, busy, done]) { server, items in
            let started = ContinuousClock.now
            let made = try await items.create(["id": "1", "pk": "a"], partition: "a")
            #expect(ContinuousClock.now - started >= .milliseconds(300) && server.requests.count == 3)
            #expect(made.charge == 9.5)
        }
    }

    @Test(arguments: ["nan", "-inf", "1e400", "-1e300", "soon"])
    func aSenselessWaitIsNoCrash(text: String) async throws {
        let busy = Self.answer(429, ["x-ms-retry-after-ms": text])
        try await with([busy, Self.answer(201, [:], #"{"id":"1"}"#)]) { server, items in
            try await items.create(["id": "1", "pk": "a"], partition: "a")
            #expect(server.requests.count == 2)
        }
    }

    @Test(arguments: [408, 410, 449, 500, 503])
    func repeatsWhatPasses(status: Int) async throws {
        try await with([Self.answer(status), Self.answer(200, [:], #"{"id":"1"}"#)]) { server, items in
            let read = try await items.read("1", partition: "a")
            #expect(read?["id"] == "1")
            #expect(server.requests.count == 2)
        }
    }

    /// A guarded write that may have been carried out would fail by its own success.
    @Test func neverRepeatsAGuardedWriteThatMayHaveHappened() async throws {
        try await with([Self.answer(500), Self.answer(200)]) { server, items in
            await #expect(throws: CosmosError.self) {
                try await items.replace("1", ["id": "1"], partition: "a", condition: .unchanged("\"x\""))
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test func readsWithoutItsSessionWhenTheReplicaIsBehind() async throws {
        let first = Self.answer(201, ["x-ms-session-token": "0:-1#5"], #"{"id":"1"}"#)
        let behind = Self.answer(410, ["x-ms-substatus": "1002"], #"{"code":"Gone"}"#)
        try await with([first, behind, Self.answer(200, [:], #"{"id":"1"}"#)]) { server, items in
            try await items.create(["id": "1"], partition: "a")
            let read = try await items.read("1", partition: "a")
            #expect(read?["id"] == "1")
            #expect(server.requests.count == 3)
            #expect(server.requests.last?.fields["x-ms-session-token"] == "0:-1#5")
        }
        let lost = Self.answer(404, ["x-ms-substatus": "1002"], #"{"code":"NotFound"}"#)
        try await with([first, lost, Self.answer(200, [:], #"{"id":"1"}"#)]) { server, items in
            try await items.create(["id": "1"], partition: "a")
            try await items.upsert(["id": "1"], partition: "a")
            #expect(server.requests.count == 3 && server.requests.last?.fields["x-ms-session-token"] == nil)
        }
    }

    @Test func aFailedBatchNamesItsOperation() async throws {
        let failed = Self.answer(207, [:], #"[{"statusCode":424},{"statusCode":409},{"statusCode":424}]"#)
        try await with([failed]) { _, items in
            await #expect { try await items.batch([.read("1"), .read("2"), .read("3")], partition: "a") } throws: {
                ($0 as? CosmosError)?.isConflict == true && "\($0)".contains("operation 2")
            }
        }
    }

    @Test func errorsSayWhatHappened() async throws {
        let refused = Self.answer(
            403, ["x-ms-activity-id": "act", "x-ms-substatus": "5300", "Date": "Fri, 20 Nov 2020 07:23:12 GMT"],
            #"{"code":"Forbidden"}"#)
        try await with([refused]) { _, items in
            do {
                try await items.create(["id": "1"], partition: "a")
                Issue.record("it was refused")
            } catch let error as CosmosError {
                #expect(error.description.hasPrefix("Cosmos DB: create item: 403/5300 Forbidden, activity act"))
                #expect(error.advice?.contains("clock") == true)
            }
        }
    }
}
