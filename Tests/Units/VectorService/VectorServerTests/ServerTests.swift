import FoundationEssentials
import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import ProgramSupport
import RequestGuards
import Settings
import Synchronization
import Telemetry
import TestSupport
import Testing
import VectorServer
import Vectors

/// The whole server on real ports: page, proxy, vectors.
@Suite struct ServerTests {
    /// The apps behind the server; they answer with what they got.
    private final class Apps: Sendable {
        let seen = Mutex<[(method: String, target: String, fields: HTTPFields, body: String)]>([])

        static let cookies = [
            "__Host-apus-token=a.b.c; Path=/; Secure; HttpOnly; SameSite=Strict",
            "__Secure-apus-refresh=x, y; Path=/api/account; Expires=Thu, 01 Jan 2026 00:00:00 GMT; Secure",
        ]

        func answer(_ request: HTTPRequest) async -> HTTPResponse {
            let body = (try? await request.body.collect(limit: 1 << 20)) ?? []
            seen.withLock {
                $0.append(
                    (
                        request.method.rawValue, request.target.text, request.fields,
                        String(decoding: body, as: UTF8.self)
                    ))
            }
            if request.target.rawPath == "/api/chat/bare" { return HTTPResponse(.notFound) }
            if request.target.rawPath == "/api/health" { return HTTPResponse(json: ["version": "9.9"]) }
            var fields: HTTPFields = ["X-App": "yes", "Connection": "x-hop", "X-Hop": "1"]
            for cookie in Self.cookies { fields.append("Set-Cookie", cookie) }
            return HTTPResponse(HTTPStatus(rawValue: 203), fields: fields, body: .bytes(body))
        }
    }

    private func with(
        _ change: (inout VMServer.Configuration) -> Void = { _ in },
        _ body: (VMServer, Apps, HTTPSession) async throws -> Void
    ) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/web", withIntermediateDirectories: true)
        try "page".write(toFile: folder + "/web/index.html", atomically: true, encoding: .utf8)
        let apps = Apps()
        let backend = try HTTPServer(HTTPServer.Configuration()) { await apps.answer($0) }
        var settings = SettingsReader([
            "APUS_CHAT_URL": "http://127.0.0.1:\(backend.port)", "APUS_UPLOAD_URL": "http://127.0.0.1:\(backend.port)",
            "APUS_HISTORY_URL": "http://127.0.0.1:1", "APUS_ACCOUNT_URL": "http://127.0.0.1:\(backend.port)",
            "APUS_FUNCTIONS_KEY": "function-key",
        ])
        let upstreams = APIProxy.Upstreams(&settings)
        try settings.finish()
        var configuration = VMServer.Configuration()
        configuration.dataDirectory = folder + "/data"
        configuration.webDirectory = folder + "/web"
        (configuration.port, configuration.vectorsPort) = (0, 0)
        configuration.embeds = false
        change(&configuration)
        let client = HTTPSession()
        let server = try VMServer(
            configuration, upstreams: upstreams, client: client, log: Log(label: "test", level: .error))
        do {
            try await body(server, apps, client)
        } catch {
            await server.shutDown()
            await backend.shutDown(grace: .zero)
            throw error
        }
        await server.shutDown()
        await backend.shutDown(grace: .zero)
    }

    private func page(_ server: VMServer) -> String { "http://127.0.0.1:\(server.ports.page ?? 0)" }

    @Test func thePageAndTheVectorsHaveTheirOwnPorts() async throws {
        try await with { server, _, client in
            let site = try await client.fetch(.init(.get, page(server) + "/"))
            #expect(site.status == .ok && site.body == Array("page".utf8))
            let vectors = "http://127.0.0.1:\(server.ports.vectors)"
            let beat = try await client.fetch(.init(.get, vectors + "/api/v2/heartbeat"))
            #expect(beat.status == .ok)
            let elsewhere = try await client.fetch(.init(.get, page(server) + "/api/v2/heartbeat"))
            #expect(elsewhere.status == .notFound)
            #expect(try await client.fetch(.init(.get, vectors + "/")).status == .notFound)
        }
    }

    @Test func withoutAPageThereIsOnePort() async throws {
        try await with({ $0.vectorsOnly = true }) { (server, _, client) async throws in
            #expect(server.ports.page == nil)
            let beat = "http://127.0.0.1:\(server.ports.vectors)/api/v2"
            #expect(try await client.fetch(.init(.get, beat)).status == .ok)
        }
    }

    @Test func requestsGoToTheirAppWithTheKeyAndWithoutTheHost() async throws {
        try await with { server, apps, client in
            var request = HTTPSession.Request(
                .post, page(server) + "/api/chat?x=%20y",
                fields: [
                    "Content-Type": "application/json", "x-functions-key": "forged", "X-Apus-Own": "1",
                    "X-Apus-Client": "192.0.2.7",
                ],
                body: .bytes(Array("{\"message\":1}".utf8)))
            request.bodyLength = 13
            let answer = try await client.fetch(request)
            #expect(answer.status.rawValue == 203 && answer.fields["x-app"] == "yes")
            #expect(answer.fields["x-hop"] == nil && answer.body == Array("{\"message\":1}".utf8))
            let seen = try #require(apps.seen.withLock { $0.first })
            #expect(seen.method == "POST" && seen.target == "/api/chat?x=%20y" && seen.body == "{\"message\":1}")
            #expect(seen.fields.values("x-functions-key") == ["function-key"] && seen.fields["x-apus-own"] == "1")
            #expect(seen.fields.values("x-apus-client") == ["127.0.0.1"])
            #expect(seen.fields["host"] != page(server).dropFirst(7).description)
        }
    }

    @Test(arguments: [
        ("/api/chat", 203), ("/api/ask", 203), ("/api/models", 203), ("/api/upload", 203),
        ("/api/documents/1/text", 203),
        ("/v1/chat/completions", 203), ("/api/account/me", 203), ("/api/account", 203), ("/api/accounts", 404),
        ("/api/history", 503), ("/api/history/1", 503), ("/api/chatter", 404),
        ("/api/", 404), ("/api/v2/heartbeat", 404), ("/v1/embeddings", 404),
    ])
    func pathsHaveTheirApp(path: String, status: Int) async throws {
        try await with { server, _, client in
            let answer = try await client.fetch(.init(.get, page(server) + path))
            #expect(answer.status.rawValue == status)
            if status != 203 { #expect(answer.fields["content-type"] == "application/problem+json") }
        }
    }

    @Test func whatTheHostSaysNothingOfIsAProblem() async throws {
        try await with { server, _, client in
            let answer = try await client.fetch(.init(.get, page(server) + "/api/chat/bare"))
            #expect(answer.status == .notFound && answer.fields["content-type"] == "application/problem+json")
            let trace = HTTPMethod(rawValue: "TRACE")
            let refused = try await client.fetch(.init(trace, page(server) + "/api/chat"))
            #expect(refused.status == .methodNotAllowed && refused.fields["allow"]?.contains("GET") == true)
        }
    }

    @Test func otherSitesCannotChangeAnything() async throws {
        try await with { (server, _, client) async throws in
            let own = page(server)
            func status(_ method: HTTPMethod, _ origin: String) async throws -> Int {
                try await client.fetch(.init(method, own + "/api/chat", fields: ["Origin": origin])).status.rawValue
            }
            #expect(try await status(.post, own) == 203)
            for origin in ["https://evil.example", "null", own + ".evil.example"] {
                #expect(try await status(.post, origin) == 403)
                #expect(try await status(.delete, origin) == 403)
                #expect(try await status(.get, origin) == 203)
            }
        }
    }

    @Test func nothingThatAPlatformSaysOfARequestComesFromACaller() async throws {
        let forged: HTTPFields = [
            "X-Forwarded-For": "10.0.0.1", "X-Forwarded-Host": "evil", "Forwarded": "for=1", "X-Real-IP": "1",
            "X-MS-Client-Principal": "e30=", "X-MS-Client-Principal-Name": "root", "X-ARR-SSL": "1",
            "X-Azure-Functions-InvocationId": "i", "X-AppService-Proto": "https",
            "X-Original-URL": "/admin/host/status",
            "X-HTTP-Method-Override": "DELETE", "X-Identity-Header": "h", "Metadata": "true", "x-chroma-token": "t",
            "Sec-Fetch-Site": "same-origin", "Via": "1.1 x", "X-Own": "1", "Proxy-Authorization": "Basic x",
        ]
        let passed: HTTPFields = [
            "Accept": "text/event-stream", "Authorization": "Bearer k", "Accept-Language": "de", "Cookie": "a=b",
            "Range": "bytes=0-1", "If-None-Match": "\"x\"", "Last-Event-ID": "7", "Idempotency-Key": "i",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ]
        try await with { server, apps, client in
            var fields = forged
            for field in passed.all { fields.append(field.name, field.value) }
            fields.append("Origin", page(server))
            fields.append("Content-Type", "application/json")
            _ = try await client.fetch(
                .init(.post, page(server) + "/api/chat", fields: fields, body: .bytes(Array("{}".utf8))))
            let seen = try #require(apps.seen.withLock { $0.first }).fields
            for field in forged.all { #expect(seen[field.name] == nil, "\(field.name)") }
            #expect(seen["origin"] == nil && seen["content-type"] == "application/json")
            for field in passed.all where field.name != "traceparent" {
                #expect(seen[field.name] == field.value, "\(field.name)")
            }
        }
    }

    @Test func cookiesPassAsTheyAreInBothDirections() async throws {
        try await with { server, apps, client in
            var fields: HTTPFields = ["Authorization": "Bearer apus_key", "x-apus-workspace": "team"]
            // HTTP/2 may split the field; HTTP/1.1 has one (RFC 9113, section 8.2.3).
            fields.append("Cookie", "__Host-apus-token=a.b.c; __Secure-apus-refresh=r")
            let answer = try await client.fetch(.init(.get, page(server) + "/api/account/me", fields: fields))
            #expect(answer.fields.values("set-cookie") == Apps.cookies)
            let seen = try #require(apps.seen.withLock { $0.first }).fields
            #expect(seen.values("cookie") == ["__Host-apus-token=a.b.c; __Secure-apus-refresh=r"])
            #expect(seen["authorization"] == "Bearer apus_key" && seen["x-apus-workspace"] == "team")
        }
    }

    @Test(arguments: [
        "/api/chat/..", "/api/chat/../documents", "/api/chat/../../admin/host/restart", "/api/chat/./x",
        "/api/chat/%2e%2e/%2E%2e/admin/host/status", "/api/chat/.%2e/x", "/api/chat/..%2fadmin", "/api/chat/..%5cadmin",
        "/api/chat/%252e%252e/admin", "/api/chat/%25252e%25252e/admin", "/api/documents/a%2f..%2fb", "/v1/models/..",
    ])
    func noPathLeadsOutOfItsApp(path: String) async throws {
        try await with { server, apps, client in
            let answer = try await client.fetch(.init(.get, page(server) + path))
            #expect(answer.status == .badRequest && answer.fields["content-type"] == "application/problem+json")
            #expect(apps.seen.withLock { $0.isEmpty })
        }
    }

    @Test func dotsWithinANameAreNoClimbing() async throws {
        try await with { (server, _, client) async throws in
            for path in ["/api/documents/a..b", "/api/documents/...", "/api/documents/a%20b.txt", "/api/documents/%41"]
            {
                #expect(try await client.fetch(.init(.get, page(server) + path)).status.rawValue == 203)
            }
        }
    }

    @Test func bothPortsKnowTheirNames() async throws {
        try await with({ $0.hosts.add("docs.example") }) { (server, _, client) async throws in
            let vectors = "http://127.0.0.1:\(server.ports.vectors)/api/v2/heartbeat"
            for url in [page(server) + "/", page(server) + "/health", page(server) + "/api/chat", vectors] {
                func status(_ host: String) async throws -> Int {
                    try await client.fetch(.init(.get, url, fields: ["Host": host])).status.rawValue
                }
                #expect(try await status("evil.example") == 403)
                #expect(try await status("docs.example") != 403)
                #expect(try await status("localhost:1") != 403)
            }
        }
    }

    @Test func answersOfTheAPIAreNotKeptAndNotGuessedAt() async throws {
        try await with { server, _, client in
            let vectors = "http://127.0.0.1:\(server.ports.vectors)"
            for url in [
                page(server) + "/health", page(server) + "/api/chat", page(server) + "/api/history",
                page(server) + "/api/none", page(server) + "/api/chat/..", vectors + "/api/v2/heartbeat",
                vectors + "/none",
                vectors + "/metrics",
            ] {
                let fields = try await client.fetch(.init(.get, url)).fields
                #expect(fields.values("cache-control") == ["no-store"], "\(url)")
                #expect(fields.values("x-content-type-options") == ["nosniff"], "\(url)")
            }
        }
    }

    @Test func thePortsRefuseInTheWordsOfTheirAPI() async throws {
        try await with { (server, _, client) async throws in
            let vectors = "http://127.0.0.1:\(server.ports.vectors)"
            func refused(_ path: String) async throws -> JSONValue {
                let answer = try await client.fetch(
                    .init(.post, vectors + path, fields: ["Origin": "https://evil.example"], body: .bytes([123, 125])))
                #expect(answer.status == .forbidden)
                return try JSONParser.parse(answer.body)
            }
            #expect(try await refused("/api/v2/tenants")["error"] == "ChromaError")
            #expect(try await refused("/v1/embeddings")["error"]?["type"] == "invalid_request_error")
            #expect(try await refused("/v1/traces")["status"] == 403)
        }
    }

    @Test func healthSumsUpItsParts() async throws {
        try await with { server, _, client in
            // A part that takes too long counts as down, which a busy machine makes of any.
            var (status, json) = (HTTPStatus.ok, JSONValue.null)
            let isComplete = try await eventually {
                let answer = try await client.fetch(.init(.get, page(server) + "/health"))
                (status, json) = (answer.status, try JSONParser.parse(answer.body))
                return json["checks"]?["chat"] == ["status": "ok", "version": "9.9"]
            }
            #expect(isComplete, "\(json.text)")
            #expect(status == .serviceUnavailable && json["status"] == "degraded")
            #expect(json["checks"]?["vectors"] == ["status": "ok"])
            #expect(json["checks"]?["account"] == ["status": "ok", "version": "9.9"])
            #expect(json["checks"]?["history"] == ["status": "down", "version": nil])
            #expect(json["checks"]?["embeddings"] == nil && json["version"] == .string(Product.version))
        }
    }

    @Test func chromasErrorsAlsoStandForWhatNeverReachesARoute() async throws {
        try await with { server, _, client in
            let url = "http://127.0.0.1:\(server.ports.vectors)/api/v2/tenants"
            var request = HTTPSession.Request(
                .post, url, fields: ["Content-Type": "application/json"],
                body: .bytes([UInt8](repeating: 32, count: 41_943_041)))
            request.headTimeout = .seconds(60)
            let answer = try await client.fetch(request)
            #expect(answer.status == .contentTooLarge)
            #expect(try JSONParser.parse(answer.body)["error"] == "ChromaError")
        }
    }
}

/// The command line, and what it does in place of serving.
@Suite struct ProgramTests {
    private func options(_ arguments: [String]) -> ProgramOptions {
        ProgramOptions(
            program: "vm-server", usage: "", summary: "", options: VMServer.options, arguments: arguments)
    }

    @Test func optionsBecomeAConfiguration() throws {
        let standard = try VMServer.Configuration(options([]), token: nil)
        #expect(standard.port == 8080 && standard.vectorsPort == 8000 && standard.address == "127.0.0.1")
        #expect(standard.embeds && standard.service.allowsSparse && !standard.service.allowsReset)
        #expect(!standard.vectorsOnly && standard.tls == nil && standard.dataDirectory == ".apus/vectors")
        let given = try VMServer.Configuration(
            options([
                "--vectors-only", "--allow-reset", "--data", "/d", "--port=0", "--vectors-port", "9000", "--model",
                "/m",
                "--no-embeddings", "--no-sparse", "--cors-origin", "https://a", "--cors-origin=https://b",
                "--slow-ms", "250", "--scalar-quantisation", "--index-threads", "3", "--vectors-address", "0.0.0.0",
            ]), token: Secret("t"))
        #expect(given.vectorsOnly && given.service.allowsReset && given.dataDirectory == "/d" && given.port == 0)
        #expect(given.vectorsPort == 9000 && given.modelDirectory == "/m" && !given.embeds)
        #expect(!given.service.allowsSparse && given.service.origins == ["https://a", "https://b"])
        #expect(given.service.slow == .milliseconds(250) && given.storage.quantised)
        #expect(given.storage.indexThreads == 3 && given.vectorsAddress == "0.0.0.0")
    }

    @Test func aFileThatCannotBeReadIsNamedWithItsOption() throws {
        let error = #expect(throws: UnreadableFile.self) {
            try VMServer.Configuration(options(["--tokens", "/nowhere/tokens"]), token: nil)
        }
        #expect(error?.description == "--tokens: cannot read /nowhere/tokens")
    }

    @Test func checksCopiesAndPutsBack() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await APIFixture.with { fixture in
            _ = try await fixture.sample()
            await fixture.store.close()
            try Fixtures.copyFolder(fixture.folder + "/data", to: folder + "/data")
        }
        var lines: [String] = []
        func run(_ arguments: [String]) throws -> Bool {
            lines = []
            return try StoreMaintenance.run(options(["--data", folder + "/data"] + arguments)) { lines.append($0) }
        }
        #expect(try !run([]))
        #expect(try run(["--verify"]))
        #expect(lines == ["1 collections, 3 records: everything is intact."])
        #expect(try run(["--backup", folder + "/copy"]))
        #expect(
            lines == ["Copied 1 collections with 3 records to \(folder)/copy; every record was checked."])
        #expect(throws: VectorStorageError.self) { try run(["--backup", folder + "/copy"]) }
        try FileManager.default.removeItem(atPath: folder + "/data")
        #expect(try run(["--restore", folder + "/copy"]))
        #expect(lines == ["Restored 1 collections with 3 records into \(folder)/data."])
        #expect(try run(["--verify"]))
    }

    @Test func aDamagedFolderEndsTheCheckWithAnError() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await APIFixture.with { fixture in
            _ = try await fixture.sample()
            await fixture.store.close()
            try Fixtures.copyFolder(fixture.folder + "/data", to: folder + "/data")
        }
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: folder + "/data/collections").first)
        let path = folder + "/data/collections/\(name)/vectors.f32"
        var bytes = try Fixtures.bytes(path)
        for place in bytes.indices.suffix(from: bytes.count / 2) where bytes[place] != 0 { bytes[place] ^= 0xFF }
        for place in bytes.indices.prefix(bytes.count / 2) where bytes[place] != 0 { bytes[place] ^= 0x55 }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        var lines: [String] = []
        #expect(throws: DamagedStore.self) {
            try StoreMaintenance.run(options(["--data", folder + "/data", "--verify"])) { lines.append($0) }
        }
        #expect(
            lines.contains { $0.contains("does not fit its checksum") } && lines.last?.contains("problems.") == true)
    }
}
