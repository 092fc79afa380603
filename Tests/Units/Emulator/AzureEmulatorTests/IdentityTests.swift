import HTTPMessages
import JSONCoding
import Testing

@testable import AzureEmulator

/// Where tokens come from.
@Suite struct IdentityTests {
    private let services: Services

    init() throws { services = try Services() }

    private static let secret: HTTPFields = ["X-IDENTITY-HEADER": "apus-local-identity"]

    private func functions(_ query: String, _ fields: HTTPFields = secret) async -> Answer {
        await services.send(.identity, .get, "/msi/token?" + query, fields)
    }

    private func machine(_ query: String, _ fields: HTTPFields = ["Metadata": "true"]) async -> Answer {
        await services.send(.identity, .get, "/metadata/identity/oauth2/token?" + query, fields)
    }

    private func form(_ values: [String: String]) async -> Answer {
        let text = values.map { "\($0.key)=\(percentEncoded($0.value))" }.joined(separator: "&")
        return await services.send(
            .identity, .post, "/tenant/oauth2/v2.0/token", ["Content-Type": "application/x-www-form-urlencoded"],
            text.bytes)
    }

    private func isGood(_ token: String?) async -> Bool {
        await services.send(
            .vault, .get, "/secrets?api-version=7.4", ["Authorization": "Bearer \(token ?? "")"]
        ).status == 200
    }

    @Test func functionsGetATokenForAResource() async throws {
        let answer = await functions("api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net")
        #expect(answer.status == 200 && answer.json["token_type"] == "Bearer")
        #expect(answer.json["resource"] == "https://vault.azure.net" && answer.json["expires_in"] == nil)
        // Seconds since 1970, as a text.
        let expires = try #require(answer.json["expires_on"]?.string.flatMap { Int64($0) })
        #expect((3590...3610).contains(expires - services.clock.seconds))
        #expect(await isGood(answer.json["access_token"]?.string))
    }

    @Test(
        arguments: [
            ("api-version=2019-08-01&resource=https://a", ["X-IDENTITY-HEADER": "wrong"], 401),
            ("api-version=2019-08-01&resource=https://a", [:], 401), ("resource=https://a", nil, 400),
            ("api-version=2017-09-01&resource=https://a", nil, 400), ("api-version=2019-08-01", nil, 400),
            ("api-version=2019-08-01&resource=vault", nil, 400),
            ("api-version=2019-08-01&resource=https://a&client_id=00000000-0000-0000-0000-000000000000", nil, 400),
            ("api-version=2019-08-01&resource=https://a&client_id=mine", nil, 400),
            ("api-version=2019-08-01&resource=https://a&client_id=", nil, 200),
            ("api-version=2019-08-01&resource=https://a&client_id=b4c6a3de-0f6b-4b7e-8f6d-3a1f5d2c7e90", nil, 200),
        ] as [(String, [String: String]?, Int)])
    func functionsSayWhatIsWrong(query: String, given: [String: String]?, status: Int) async {
        var fields: HTTPFields = given == nil ? Self.secret : [:]
        for (name, value) in given ?? [:] { fields[name] = value }
        let answer = await functions(query, fields)
        #expect(answer.status == status)
        if status != 200 { #expect(answer.json["statusCode"]?.int == Int64(status) && answer.json["message"] != nil) }
    }

    @Test func machinesGetTheirNumbersAsTexts() async {
        let answer = await machine("api-version=2018-02-01&resource=https://vault.azure.net")
        #expect(answer.json["expires_in"] == "3600" && answer.json["ext_expires_in"] == "3600")
        #expect(answer.json["expires_on"]?.string.flatMap { Int64($0) } != nil)
        #expect(await isGood(answer.json["access_token"]?.string))
        #expect(await machine("resource=https://a", [:]).outcome == "400")
        #expect(await machine("resource=https://a", ["Metadata": "true", "X-Forwarded-For": "1.2.3.4"]).status == 400)
        #expect(await machine("api-version=2018-02-01").json["error"] == "invalid_request")
        #expect(
            await machine("resource=https://a&client_id=00000000-0000-0000-0000-000000000000").json["error_description"]
                == "Identity not found")
    }

    @Test func userAssignedIdentitiesAreThoseThatWereAssigned() async throws {
        #expect(await services.admin(.get, "identities").json["identities"] == [])
        let made = await services.admin(.post, "identities", ["name": "chat-identity"])
        #expect(made.status == 201)
        let client = try #require(made.json["clientId"]?.string)
        let principal = try #require(made.json["principalId"]?.string)
        let resource = try #require(made.json["resourceId"]?.string)
        // Asked again it is the same; another id makes it another.
        #expect(await services.admin(.post, "identities", ["name": "CHAT-identity"]).json == made.json)
        #expect(await services.admin(.get, "identities").json["identities"] == [made.json])
        for choice in [
            "client_id=\(client)", "principal_id=\(principal)", "object_id=\(principal)",
            "mi_res_id=\(percentEncoded(resource))", "client_id=\(client.uppercased())",
        ] {
            let answer = await functions("api-version=2019-08-01&resource=https://vault.azure.net&\(choice)")
            #expect(answer.json["client_id"]?.string == client, "\(choice)")
            #expect(await isGood(answer.json["access_token"]?.string))
            #expect(await machine("resource=https://a&\(choice)").json["client_id"]?.string == client, "\(choice)")
        }
        for choice in [
            "client_id=\(principal)", "principal_id=\(client)", "mi_res_id=chat-identity", "client_id=unknown",
            "client_id=\(client)&principal_id=\(principal)",
        ] {
            #expect(await functions("api-version=2019-08-01&resource=https://a&\(choice)").status == 400, "\(choice)")
            #expect(await machine("resource=https://a&\(choice)").status == 400, "\(choice)")
        }
        // What a client was configured with goes on meaning the same.
        try services.restart()
        #expect(await services.admin(.get, "identities").json["identities"] == [made.json])
        let own = "12345678-1234-1234-1234-1234567890ab"
        let second = await services.admin(.post, "identities", ["name": "second", "clientId": .string(own)])
        #expect(second.json["clientId"]?.string == own)
        #expect(await services.admin(.delete, "identities/second").status == 204)
        #expect(await services.admin(.delete, "identities/second").status == 404)
        #expect(await functions("api-version=2019-08-01&resource=https://a&client_id=\(own)").status == 400)
    }

    @Test(
        arguments: [
            ["name": "x"], ["name": "a b c"], ["clientId": "12345678-1234-1234-1234-1234567890ab"],
            ["name": "abc", "clientId": "id"], ["name": "abc", "other": 1], ["name": 1],
        ] as [JSONValue])
    func identitiesHaveNamesAndIDsOfTheirKind(body: JSONValue) async {
        #expect(await services.admin(.post, "identities", body).status == 400)
        #expect(await services.admin(.get, "identities").json["identities"] == [])
    }

    @Test(
        arguments: [
            ("mine.vault.localhost:8443", "https://vault.localhost:8443"),
            ("MINE.vault.localhost", "https://vault.localhost"), ("127.0.0.1:8443", "https://vault.azure.net"),
            ("localhost:8443", "https://vault.azure.net"), ("vault.localhost", "https://vault.azure.net"),
            ("evilvault.localhost", "https://vault.azure.net"),
            ("mine.vault.localhost.test", "https://vault.azure.net"),
        ] as [(String, String)])
    func vaultsAskForTokensOfTheirOwnDomain(host: String, resource: String) async throws {
        let path = "/secrets?api-version=7.4"
        let refused = await services.send(.vault, .get, path, ["host": host])
        #expect(refused.status == 401)
        #expect(refused.fields["www-authenticate"]?.contains("resource=\"\(resource)\"") == true)
        for audience in [resource, "https://vault.azure.net"] {
            let token = try await services.token(audience)
            let answer = await services.send(
                .vault, .get, path, ["host": host, "Authorization": "Bearer \(token)"])
            #expect(answer.status == 200, "\(audience)")
        }
        let wrong = try await services.token("https://storage.azure.com")
        let answer = await services.send(.vault, .get, path, ["host": host, "Authorization": "Bearer \(wrong)"])
        #expect(answer.status == 401)
    }

    @Test func applicationsGetATokenForASecretOrAnAssertion() async {
        let common = [
            "grant_type": "client_credentials", "client_id": "app", "scope": "https://vault.azure.net/.default",
        ]
        var values = common
        values["client_secret"] = "apus-local-client-secret"
        let bySecret = await form(values)
        #expect(bySecret.status == 200 && bySecret.json["expires_in"] == 3600)
        #expect(await isGood(bySecret.json["access_token"]?.string))
        values = common
        values["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        values["client_assertion"] = "jwt"
        #expect(await isGood(await form(values).json["access_token"]?.string))
    }

    @Test(
        arguments: [
            (["client_secret": "wrong"], 401, "invalid_client", "AADSTS7000215"),
            (["grant_type": "password"], 400, "unsupported_grant_type", "AADSTS70003"),
            (["client_id": ""], 400, "invalid_request", "AADSTS900144"),
            (["scope": "https://vault.azure.net"], 400, "invalid_scope", "AADSTS70011"),
            (["scope": "https://unknown.test/.default"], 400, "invalid_resource", "AADSTS500011"),
        ] as [([String: String], Int, String, String)])
    func applicationsAreToldWhatIsWrong(
        changes: [String: String], status: Int, error: String, code: String
    ) async {
        var values = [
            "grant_type": "client_credentials", "client_id": "app", "scope": "https://vault.azure.net/.default",
            "client_secret": "apus-local-client-secret",
        ]
        values.merge(changes) { $1 }
        let answer = await form(values)
        #expect(answer.status == status && answer.json["error"]?.string == error)
        #expect(answer.json["error_description"]?.string?.hasPrefix(code + ":") == true)
        #expect(answer.json["trace_id"] != nil && answer.json["correlation_id"] != nil)
    }

    @Test func authoritiesDescribeThemselves() async {
        let answer = await services.send(
            .identity, .get, "/tenant/v2.0/.well-known/openid-configuration", ["host": "localhost:8444"],
            connection: .init(isEncrypted: true, peer: ""))
        #expect(answer.json["token_endpoint"] == "https://localhost:8444/tenant/oauth2/v2.0/token")
        #expect(answer.json["issuer"] == "https://localhost:8444/tenant/v2.0")
        #expect(await services.send(.identity, .get, "/other").status == 404)
    }

    // MARK: - Lives of tokens

    @Test func tokensAreExpiredOnRequest() async throws {
        let old = try await services.token("https://vault.azure.net")
        #expect(await isGood(old))
        #expect(await services.admin(.post, "tokens", ["expireAll": true]).status == 204)
        #expect(await isGood(old) == false)
        // Tokens are told apart by milliseconds.
        services.clock.advance(milliseconds: 2)
        #expect(await isGood(try await services.token("https://vault.azure.net")))
    }

    @Test func newTokensLiveAsLongAsTheyAreToldTo() async throws {
        #expect(await services.admin(.post, "tokens", ["lifetimeSeconds": -10]).status == 204)
        #expect(await isGood(try await services.token("https://vault.azure.net")) == false)
        #expect(await services.admin(.post, "tokens", ["lifetimeSeconds": nil]).status == 400)
        #expect(await services.admin(.post, "tokens", ["lifetimeSeconds": "x"]).status == 400)
        _ = await services.admin(.delete, "faults")
        #expect(await isGood(try await services.token("https://vault.azure.net")))
    }

    @Test func tokensOutliveARestart() async throws {
        let token = try await services.token("https://vault.azure.net")
        try services.restart()
        #expect(await isGood(token))
    }
}
