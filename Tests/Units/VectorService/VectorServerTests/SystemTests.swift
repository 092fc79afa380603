import HTTPMessages
import JSONCoding
import TestSupport
import Testing
import VectorServer

/// Routes beside the data, and what every route has in common.
@Suite struct SystemTests {
    @Test func beatsInNanosecondsUnderBothPaths() async throws {
        try await APIFixture.with { fixture in
            for path in ["/api/v2", "/api/v2/heartbeat"] {
                let answer = try await fixture.call(.get, path)
                let beat = try #require(answer.json["nanosecond heartbeat"]?.int)
                #expect(answer.status == 200 && beat > 1_700_000_000_000_000_000)
            }
        }
    }

    @Test func saysWhatClientsAskAtTheirStart() async throws {
        try await APIFixture.with { fixture in
            let health = try await fixture.call(.get, "/api/v2/healthcheck")
            #expect(health.json == ["is_executor_ready": true, "is_log_client_ready": true])
            #expect(try await fixture.call(.get, "/api/v2/version").json == "1.0.0")
            let checks = try await fixture.call(.get, "/api/v2/pre-flight-checks")
            #expect(
                checks.json == [
                    "max_batch_size": 5461, "supports_base64_encoding": true, "supports_token_embeddings": true,
                ])
            let identity = try await fixture.call(.get, "/api/v2/auth/identity")
            #expect(
                identity.json == ["user_id": "", "tenant": "default_tenant", "databases": ["default_database"]])
        }
    }

    @Test func resetsOnlyWhereThatIsAllowed() async throws {
        try await APIFixture.with { fixture in
            let answer = try await fixture.call(.post, "/api/v2/reset")
            #expect(answer.status == 403 && answer.message == "Reset is disabled by config")
            #expect(answer.error == "ChromaError")
        }
        var options = VectorAPI.Options()
        options.allowsReset = true
        try await APIFixture.with(options) { fixture in
            _ = try await fixture.sample()
            _ = try await fixture.call(.post, "/api/v2/tenants", ["name": "acme"])
            let answer = try await fixture.call(.post, "/api/v2/reset")
            #expect(answer.status == 200 && answer.json == true)
            #expect(try await fixture.call(.get, APIFixture.collections).json == [])
            #expect(try await fixture.call(.get, "/api/v2/tenants/acme").status == 404)
            #expect(try await fixture.call(.get, "/api/v2/tenants/default_tenant").status == 200)
            #expect(try await fixture.call(.get, APIFixture.database).status == 200)
        }
    }

    @Test(arguments: ["/", "/api/v2/", "/api/v2/nothing", "/api/v1", "/api/v1/", "/api/v2/heartbeat/", "/v1/nothing"])
    func knowsNoOtherPaths(path: String) async throws {
        try await APIFixture.with { (fixture) async throws in
            #expect(try await fixture.call(.get, path).status == 404)
        }
    }

    @Test func theFirstVersionOfTheAPIIsGone() async throws {
        try await APIFixture.with { fixture in
            for method in [HTTPMethod.get, .put, .delete, .options] {
                let answer = try await fixture.call(method, "/api/v1/collections")
                #expect(answer.status == 410 && answer.error == "Unimplemented")
                #expect(answer.message == "The v1 API is deprecated. Please use /v2 apis")
            }
            #expect(try await fixture.call(.post, "/api/v1/collections").status == 405)
        }
    }

    @Test func namesTheMethodsThatAPathHas() async throws {
        try await APIFixture.with { fixture in
            let answer = try await fixture.call(.delete, "/api/v2/heartbeat")
            #expect(answer.status == 405 && answer.bytes.isEmpty && answer.fields["allow"] == "GET,HEAD")
            let options = try await fixture.call(.options, APIFixture.collections)
            #expect(options.status == 405 && options.fields["allow"] == "POST,GET,HEAD")
        }
    }

    @Test func headWorksWhereGetDoes() async throws {
        try await APIFixture.with { (fixture) async throws in
            #expect(try await fixture.call(.head, "/api/v2/version").status == 200)
            #expect(try await fixture.call(.head, "/api/v2/tenants").status == 405)
        }
    }

    @Test(arguments: [
        ("application/json", true), ("application/json; charset=utf-8", true), ("application/vnd.x+json", true),
        (nil, true), ("text/plain", false), ("application/x-www-form-urlencoded", false), ("text/json", false),
    ])
    func takesBodiesOfJSONTypesOnly(type: String?, isTaken: Bool) async throws {
        try await APIFixture.with { fixture in
            var fields = HTTPFields()
            fields["content-type"] = type
            let answer = try await fixture.call(.post, "/api/v2/tenants", ["name": "acme"], fields)
            #expect(answer.status == (isTaken ? 200 : 415))
            #expect(isTaken || answer.message == "Expected request with `Content-Type: application/json`")
        }
    }

    @Test(arguments: ["", "{", "nonsense", "{\"name\":}"])
    func refusesWhatIsNotJSON(body: String) async throws {
        try await APIFixture.with { fixture in
            let answer = try await fixture.call(.post, "/api/v2/tenants", bytes: Array(body.utf8))
            #expect(answer.status == 400 && answer.error == "InvalidArgumentError")
            #expect(answer.message.hasPrefix("Failed to parse the request body as JSON: "))
        }
    }

    @Test func refusesABodyBeyondFortyMebibytes() async throws {
        try await APIFixture.with { fixture in
            let large = [UInt8](repeating: 32, count: 41_943_041)
            let answer = try await fixture.call(.post, "/api/v2/tenants", bytes: large)
            #expect(answer.status == 413 && answer.error == "ChromaError")
            #expect(answer.message == "Failed to buffer the request body: length limit exceeded")
            let fitting = try await fixture.call(
                .post, "/api/v2/tenants", bytes: Array(large.dropLast(17)) + Array("{\"name\":\"acme\"}".utf8))
            #expect(fitting.status == 200)
        }
    }

    @Test func errorsCarryTheRequestsIDAsATrace() async throws {
        try await APIFixture.with { fixture in
            let answer = try await fixture.call(.get, "/api/v2/tenants/none")
            #expect(answer.fields["chroma-trace-id"] == "000000000000000000000000" + "0123abcd")
            #expect(try await fixture.call(.get, "/api/v2/version").fields["chroma-trace-id"] == nil)
        }
    }

    @Test func describesItsOwnRoutes() async throws {
        try await APIFixture.with { fixture in
            let json = try await fixture.call(.get, "/openapi.json").json
            #expect(json["openapi"]?.string?.hasPrefix("3.1") == true)
            let paths = try #require(json["paths"]?.object)
            let query = "/api/v2/tenants/{tenant}/databases/{database}/collections/{collection}/query"
            #expect(paths[query]?["post"]?["parameters"]?.array?.count == 3)
            #expect(paths["/api/v2/heartbeat"]?["get"] != nil && paths["/v1/metrics"]?["post"] != nil)
            let chroma = paths.names.filter { $0.hasPrefix("/api/v2") }
            #expect(chroma.count == 30, "\(chroma)")
        }
    }

    @Test func attachedFunctionsAreNotOffered() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection()
            let body: JSONValue = ["name": "n", "function_id": "record_counter", "output_collection": "o"]
            #expect(try await fixture.call(.post, path + "/functions/attach", body).status == 501)
            #expect(try await fixture.call(.post, path + "/attached_functions/n/detach", [:]).status == 501)
            let missing = try await fixture.call(.get, path + "/functions/n")
            #expect(missing.status == 404 && missing.message == "Attached function not found")
        }
    }
}
