import AccessControl
import Digests
import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import ProductFixture
import Settings
import TestSupport
import Testing

@testable import Accounts

/// Signing in by an identity provider, over real sockets: who does not get in, whatever is tried.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct OpenIDLiesFeatureTests {
    private static let done = "/#signed-in"

    private static func problem(_ code: String) -> String { "/#sign-in-problem=\(code)" }

    @Test func everyLieOfATokenIsRefusedAndWhatIsRightIsNot() async throws {
        typealias Change = @Sendable (inout ScriptedProvider.Behaviour) throws -> Void
        let now = Clock.seconds()
        let lies: [(String, Change)] = [
            ("iss", { $0.claims["iss"] = "https://evil.example" }), ("aud", { $0.claims["aud"] = "another client" }),
            ("azp", { $0.claims["azp"] = "another client" }), ("nonce", { $0.claims["nonce"] = "of another attempt" }),
            ("no nonce", { $0.removed = ["nonce"] }), ("expired", { $0.claims["exp"] = .int(now - 100) }),
            ("from the future", { $0.claims["iat"] = .int(now + 1000) }),
            ("at_hash", { $0.claims["at_hash"] = "AAAA" }),
            ("no subject", { $0.removed = ["sub"] }),
            (
                "alg none",
                {
                    $0.header["alg"] = "none"
                    $0.signature = { _ in [] }
                }
            ),
            (
                "HS256 with the public key",
                { behaviour in
                    behaviour.header["alg"] = "HS256"
                    guard case .rsa(let modulus, _) = behaviour.signing.key.publicKey else { return }
                    behaviour.signature = { Digest.hmacSHA256(key: modulus, message: $0) }
                }
            ),
            (
                "HS256 with the client's secret",
                {
                    $0.header["alg"] = "HS256"
                    $0.signature = { Digest.hmacSHA256(key: Array(ScriptedProvider.secret.utf8), message: $0) }
                }
            ),
            ("another key under the same name", { $0.signing = try ScriptedProvider.Key("one") }),
            ("a key that is not published", { $0.signing = try ScriptedProvider.Key("two") }),
            ("a short signature", { $0.signature = { _ in [1, 2, 3] } }),
            ("no ID token", { $0.tokens["id_token"] = .null }), ("no JWT", { $0.tokens["id_token"] = "a.b" }),
            ("another kind of access token", { $0.tokens["token_type"] = "DPoP" }),
        ]
        try await ProviderHouse.with { test in
            try await test.add("ann@example.com")
            let honest = test.provider.behaviour
            #expect(try await test.signIn(test.house.browser()) == Self.done)
            for (name, change) in lies {
                test.provider.behaviour = honest
                try change(&test.provider.behaviour)
                let browser = test.house.browser()
                #expect(try await test.signIn(browser) == Self.problem("invalid"), "\(name)")
                #expect(browser.cookies.isEmpty, "\(name)")
                #expect(try await browser.send(.get, "me").status == 401)
            }
            test.provider.behaviour = honest
            #expect(try await test.signIn(test.house.browser()) == Self.done)
        }
    }

    @Test func anAttemptIsOneBrowsersAndCountsOnce() async throws {
        try await ProviderHouse.with { test in
            try await test.add("ann@example.com")
            let (browser, other) = (test.house.browser(), test.house.browser())
            let back = try await test.begin(browser)
            // Of another browser, which has an attempt of its own or none.
            #expect(try await test.come(other, back) == Self.problem("expired"))
            let theirs = try await test.begin(other)
            #expect(try await test.come(other, back) == Self.problem("expired"))
            // That did not disturb theirs.
            #expect(other.cookies["__Host-apus-attempt"] != nil)
            let kept = browser.cookies
            #expect(try await test.come(browser, back, "&state=twice") == Self.problem("expired"))
            #expect(try await test.come(browser, (back.code, "")) == Self.problem("expired"))
            #expect(try await test.come(browser, back) == Self.done)
            // A second time, with the cookie that it had: with the same code, and with another.
            browser.cookies = kept
            #expect(try await test.come(browser, back) == Self.problem("expired"))
            #expect(try await test.come(browser, (theirs.code, back.state)) == Self.problem("expired"))
            #expect(try await test.come(other, (back.code, theirs.state)) == Self.problem("refused"))
            #expect(test.provider.asked("/token") == 2)
        }
    }

    /// A code that somebody else got at the provider is bound to their attempt.
    @Test func aCodeOfAnotherAttemptIsRefused() async throws {
        try await ProviderHouse.with { test in
            try await test.add("ann@example.com")
            let (mine, theirs) = (test.house.browser(), test.house.browser())
            let stolen = try await test.begin(theirs)
            let own = try await test.begin(mine)
            #expect(try await test.come(mine, (stolen.code, own.state)) == Self.problem("refused"))
        }
    }

    @Test func whatTheProviderRefusesIsSaidInWordsOfOurOwn() async throws {
        try await ProviderHouse.with { test in
            let browser = test.house.browser()
            for (query, code) in [
                ("error=access_denied&error_description=%3Cscript%3E", "refused"), ("", "invalid"),
                ("code=", "invalid"),
                ("code=a&code=b", "invalid"), ("code=unknown", "refused"),
                ("code=a&iss=https%3A%2F%2Fevil.example", "invalid"),
                ("code=\(String(repeating: "x", count: 5000))", "invalid"),
            ] {
                let state = try await test.begin(browser).state
                let answer = try await browser.send(.get, "oidc/test/callback?state=\(state)&\(query)")
                #expect(answer.status == 303 && answer.fields["location"] == Self.problem(code), "\(query)")
                #expect(answer.bytes.isEmpty)
            }
            // RFC 9207: where the provider names itself in every answer, it does so in this one.
            #expect(try await browser.fetch(.get, "oidc/other/start", [:]).status == 404)
            #expect(try await browser.fetch(.get, "oidc/other/callback", [:]).status == 404)
        }
        try await ProviderHouse.with(["PEOPLE": "new"]) { test in
            test.provider.behaviour.metadata["authorization_response_iss_parameter_supported"] = true
            let browser = test.house.browser()
            #expect(try await test.signIn(browser) == Self.problem("invalid"))
            let issuer = "&iss=" + percentEncoded(test.provider.issuer)
            let back = try await test.begin(browser)
            #expect(try await test.come(browser, back, issuer) == Self.done)
        }
    }

    @Test func theSecretGoesWhereTheProviderWantsItAndNowhereElse() async throws {
        try await ProviderHouse.with(["PEOPLE": "new"]) { test in
            test.provider.behaviour.authentication = "client_secret_post"
            let place = try await test.signIn(test.house.browser())
            #expect(place == Self.done)
        }
        try await ProviderHouse.with(["PEOPLE": "new"]) { test in
            let thief = try ScriptedProvider()
            let elsewhere = thief.issuer + "/token"
            test.provider.behaviour.answers["/token"] = {
                HTTPResponse(HTTPStatus(rawValue: 307), fields: ["Location": elsewhere])
            }
            #expect(try await test.signIn(test.house.browser()) == Self.problem("refused"))
            #expect(thief.asked("/token") == 0)
            await thief.shutDown()
        }
    }

    @Test func aDocumentThatIsNotAsItShouldBeIsNotBelieved() async throws {
        let documents: [(String, @Sendable (inout ScriptedProvider.Behaviour) -> Void)] = [
            ("another issuer", { $0.metadata["issuer"] = "https://evil.example" }),
            ("no token endpoint", { $0.metadata["token_endpoint"] = .null }),
            ("an endpoint over http", { $0.metadata["token_endpoint"] = "http://evil.example/token" }),
            ("a page that is a script", { $0.metadata["authorization_endpoint"] = "javascript:alert(1)" }),
            ("keys in a file", { $0.metadata["jwks_uri"] = "file:///etc/passwd" }),
            ("only plain challenges", { $0.metadata["code_challenge_methods_supported"] = ["plain"] }),
            ("secrets that are not ours", { $0.authentication = "private_key_jwt" }),
            (
                "more than anybody needs",
                {
                    $0.answers["/.well-known/openid-configuration"] = {
                        HTTPResponse(.ok, text: "{\"issuer\":\"" + String(repeating: "x", count: 100_000) + "\"}")
                    }
                }
            ),
            ("no JSON", { $0.answers["/.well-known/openid-configuration"] = { HTTPResponse(.ok, text: "<html>") } }),
            (
                "a redirect",
                {
                    $0.answers["/.well-known/openid-configuration"] = {
                        HTTPResponse(.seeOther, fields: ["Location": "/keys"])
                    }
                }
            ),
        ]
        for (name, change) in documents {
            let scripted = try ScriptedProvider()
            change(&scripted.behaviour)
            let provider = try provider(scripted)
            await #expect(throws: OpenIDFailure.self, "\(name)") { _ = try await provider.discover() }
            await scripted.shutDown()
        }
    }

    private func provider(
        _ scripted: ScriptedProvider, patience: Duration = .seconds(10),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) throws -> OpenIDProvider {
        var settings = SettingsReader([
            "APUS_SIGN_IN": "oidc", "APUS_OIDC_A_ISSUER": scripted.issuer, "APUS_OIDC_A_CLIENT_ID": "apus-test",
            "APUS_OIDC_A_CLIENT_SECRET": "s",
        ])
        let all = ProviderSettings.all(&settings, page: "https://docs.example.com")
        return OpenIDProvider(try #require(all.first), client: HTTPSession(), patience: patience, now: now)
    }

    @Test func aProviderThatDoesNotAnswerKeepsNobodyWaiting() async throws {
        let scripted = try ScriptedProvider()
        let path = "/.well-known/openid-configuration"
        scripted.behaviour.answers[path] = {
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    // Steadily, and without an end.
                    while true {
                        try await writer.write([32])
                        try await Task.sleep(for: .milliseconds(20))
                    }
                })
        }
        let time = ManualClock()
        let provider = try provider(scripted, patience: .milliseconds(300), now: { time.now })
        let began = ContinuousClock.now
        await #expect(throws: OpenIDFailure.self) { _ = try await provider.discover() }
        #expect(ContinuousClock.now - began < .seconds(5))
        // Who comes next does not wait for the same again, for a while.
        await #expect(throws: OpenIDFailure.self) { _ = try await provider.discover() }
        #expect(scripted.asked(path) == 1)
        time.advance(by: .seconds(6))
        scripted.behaviour.answers = [:]
        #expect(try await provider.discover().token == scripted.issuer + "/token")
        await scripted.shutDown()
    }

    @Test func keysAreReadAgainForANameThatIsNewButNotForEveryOne() async throws {
        let scripted = try ScriptedProvider()
        let time = ManualClock()
        let provider = try provider(scripted, now: { time.now })
        func token() throws -> IDToken { try IDToken(scripted.idToken(nonce: "n", scripted.behaviour)) }
        _ = try await provider.key(of: try token())
        _ = try await provider.key(of: try token())
        #expect(scripted.asked("/keys") == 1)
        let next = try ScriptedProvider.Key("two", isRSA: false)
        scripted.behaviour.signing = next
        scripted.behaviour.algorithm = "ES256"
        scripted.behaviour.published.append(next)
        // Just read: whoever makes up names has the provider asked no more often.
        await #expect(throws: OpenIDFailure.self) { _ = try await provider.key(of: try token()) }
        #expect(scripted.asked("/keys") == 1)
        time.advance(by: .seconds(31))
        #expect(try await provider.key(of: try token()) == next.key.publicKey)
        #expect(scripted.asked("/keys") == 2)
        // What was read counts on while the provider is away.
        scripted.behaviour.answers["/keys"] = { HTTPResponse(.serviceUnavailable) }
        time.advance(by: .seconds(7200))
        #expect(try await provider.key(of: try token()) == next.key.publicKey)
        time.advance(by: .seconds(90_000))
        await #expect(throws: OpenIDFailure.self) { _ = try await provider.key(of: try token()) }
        await scripted.shutDown()
    }

    @Test func manyWhoComeAtOnceHaveTheProviderAskedOnce() async throws {
        let scripted = try ScriptedProvider()
        let provider = try provider(scripted)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try await provider.discover() } }
            try await group.waitForAll()
        }
        #expect(scripted.asked("/.well-known/openid-configuration") == 1)
        await scripted.shutDown()
    }
}
