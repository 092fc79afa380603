import HTTPMessages
import JSONCoding
import Settings
import TestSupport
import Testing
import VectorServer

/// Who may use the port: tokens, and pages of other origins.
@Suite struct AccessTests {
    private func options(_ file: String = "# tokens\n\nacme-token acme\nall-token *\n") throws -> VectorAPI.Options {
        var options = VectorAPI.Options()
        options.tokens = try AccessTokens(token: Secret("main-token"), file: file)
        return options
    }

    private func with(_ token: String) -> HTTPFields { ["x-chroma-token": token] }

    @Test func withoutATokenNothingIsTold() async throws {
        try await APIFixture.with(try options()) { fixture in
            for fields in [[:], with("wrong"), ["authorization": "Basic main-token"], with("")] as [HTTPFields] {
                let answer = try await fixture.call(.get, APIFixture.collections, nil, fields)
                #expect(answer.status == 401 && answer.error == "AuthError")
            }
            #expect(try await fixture.call(.get, "/metrics").status == 401)
            #expect(try await fixture.call(.get, "/openapi.json").status == 401)
            let embedded = try await fixture.call(.post, "/v1/embeddings", [:])
            #expect(embedded.status == 401, "\(embedded.status) \(embedded.text)")
            #expect(try await fixture.call(.get, "/api/v2/auth/identity").status == 401)
        }
    }

    @Test(arguments: [
        "/api/v2", "/api/v2/heartbeat", "/api/v2/healthcheck", "/api/v2/version", "/api/v2/pre-flight-checks",
    ])
    func whatTellsNothingIsOpen(path: String) async throws {
        try await APIFixture.with(try options()) { (fixture) async throws in
            #expect(try await fixture.call(.get, path).status == 200)
        }
    }

    @Test func bothHeadersAreTaken() async throws {
        try await APIFixture.with(try options()) { fixture in
            for fields in [with("main-token"), with("all-token"), ["authorization": "Bearer main-token"]]
                as [HTTPFields]
            {
                #expect(try await fixture.call(.get, APIFixture.collections, nil, fields).status == 200)
                let identity = try await fixture.call(.get, "/api/v2/auth/identity", nil, fields)
                #expect(identity.json["tenant"] == "default_tenant")
            }
        }
    }

    @Test func aTenantsTokenOpensThatTenantOnly() async throws {
        try await APIFixture.with(try options()) { fixture in
            _ = try await fixture.call(.post, "/api/v2/tenants", ["name": "acme"], with("main-token"))
            for name in ["books", "atlas"] {
                let made = try await fixture.call(
                    .post, "/api/v2/tenants/acme/databases", ["name": .string(name)], with("acme-token"))
                #expect(made.status == 200)
            }
            let identity = try await fixture.call(.get, "/api/v2/auth/identity", nil, with("acme-token"))
            #expect(identity.json == ["user_id": "", "tenant": "acme", "databases": ["atlas", "books"]])
            let refused: [(HTTPMethod, String)] = [
                (.get, APIFixture.collections), (.get, "/api/v2/tenants/default_tenant"), (.post, "/api/v2/tenants"),
                (.post, "/api/v2/reset"), (.get, "/api/v2/collections/acme:books:docs"),
                (.get, "/api/v2/tenants/%61cme2"),
            ]
            for (method, path) in refused {
                let answer = try await fixture.call(method, path, nil, with("acme-token"))
                #expect(answer.status == 403 && answer.error == "AuthorizationError")
            }
            #expect(try await fixture.call(.get, "/api/v2/tenants/%61cme", nil, with("acme-token")).status == 200)
        }
    }

    @Test(arguments: [("one", 1), ("a b\nc d e", 2), ("# x\n\n   \nlonely", 4)])
    func aTokenFilesFaultIsNamedByItsLine(file: String, line: Int) throws {
        let error = #expect(throws: AccessTokensError.self) { try AccessTokens(token: nil, file: file) }
        #expect(
            error?.description == "line \(line) of the token file is not a token followed by a tenant, * or @metrics")
    }

    @Test func metricsAreForTheTokenOfAllOrOneOfTheirOwn() async throws {
        var options = VectorAPI.Options()
        options.tokens = try AccessTokens(token: nil, file: "all *\nacme-token acme\nscrape @metrics\n")
        try await APIFixture.with(options) { (fixture) async throws in
            func status(_ method: HTTPMethod, _ path: String, _ token: String) async throws -> Int {
                try await fixture.call(method, path, nil, ["x-chroma-token": token]).status
            }
            #expect(try await status(.get, "/metrics", "all") == 200)
            #expect(try await status(.get, "/metrics", "scrape") == 200)
            #expect(try await status(.get, "/metrics", "acme-token") == 403)
            #expect(try await status(.get, "/metrics", "wrong") == 401)
            #expect(try await status(.post, "/v1/metrics", "scrape") != 403)
            for path in [APIFixture.collections, "/api/v2/auth/identity", "/openapi.json", "/api/v2/tenants/acme"] {
                #expect(try await status(.get, path, "scrape") == 403)
            }
        }
    }

    @Test func withoutAnyTokenEverybodyMay() async throws {
        var options = VectorAPI.Options()
        options.tokens = try AccessTokens(token: nil, file: "# nobody\n")
        try await APIFixture.with(options) { (fixture) async throws in
            #expect(try await fixture.call(.get, APIFixture.collections).status == 200)
        }
    }

    // MARK: - Other origins

    private let preflight: HTTPFields = [
        "origin": "https://a.example", "access-control-request-method": "POST",
        "access-control-request-headers": "x-chroma-token",
    ]

    @Test func otherOriginsGetNothingByDefault() async throws {
        try await APIFixture.with { fixture in
            let answer = try await fixture.call(.options, "/api/v2/heartbeat", nil, preflight)
            #expect(answer.status == 405 && answer.fields["access-control-allow-origin"] == nil)
            let read = try await fixture.call(.get, "/api/v2/heartbeat", nil, ["origin": "https://a.example"])
            #expect(read.status == 200 && read.fields["access-control-allow-origin"] == nil)
        }
    }

    @Test func anAllowedOriginMayReadAndAsk() async throws {
        var options = try options()
        options.origins = ["https://a.example"]
        try await APIFixture.with(options) { fixture in
            // A preflight request carries no token.
            let asked = try await fixture.call(.options, APIFixture.collections, nil, preflight)
            #expect(asked.status == 200 && asked.fields["access-control-allow-origin"] == "https://a.example")
            #expect(asked.fields["access-control-allow-headers"] == "x-chroma-token")
            #expect(asked.fields["access-control-allow-methods"]?.contains("DELETE") == true)
            #expect(asked.fields["vary"] == "Origin")
            // Also a refusal can be read by the page.
            let refused = try await fixture.call(.get, APIFixture.collections, nil, ["origin": "https://a.example"])
            #expect(refused.status == 401 && refused.fields["access-control-allow-origin"] == "https://a.example")
            var other = preflight
            other["origin"] = "https://evil.example"
            let evil = try await fixture.call(.options, "/api/v2/heartbeat", nil, other)
            #expect(evil.status == 405 && evil.fields["access-control-allow-origin"] == nil)
        }
    }

    @Test func aStarAllowsEveryOrigin() async throws {
        var options = VectorAPI.Options()
        options.origins = ["*"]
        try await APIFixture.with(options) { fixture in
            let answer = try await fixture.call(.get, "/api/v2/version", nil, ["origin": "null"])
            #expect(answer.fields["access-control-allow-origin"] == "null")
        }
    }
}
