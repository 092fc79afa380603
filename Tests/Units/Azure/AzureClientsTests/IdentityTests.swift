import AzureIdentity
import FoundationEssentials
import HTTPClient
import HTTPMessages
import JSONCoding
import Settings
import Telemetry
import TestSupport
import Testing

/// Tokens and secrets, against the emulator and a server that answers as it was told.
@Suite struct IdentityTests {
    private static func token(_ lifetime: Int64, asText: Bool = true) -> HTTPResponse {
        let expires = Timestamp.nowMilliseconds() / 1000 + lifetime
        let value = asText ? "\"\(expires)\"" : "\(expires)"
        return HTTPResponse(.ok, body: .bytes(#"{"access_token":"t\#(lifetime)","expires_on":\#(value)}"#.bytes))
    }

    private func with(
        _ responses: [HTTPResponse], _ body: (ScriptedServer, TokenSource) async throws -> Void
    ) async throws {
        let server = try ScriptedServer(responses)
        let source = TokenSource(
            SettingsReader(["IDENTITY_ENDPOINT": server.url + "/msi/token", "IDENTITY_HEADER": "h"]),
            client: HTTPSession())
        try await body(server, source)
        await server.stop()
    }

    @Test func oneRefreshServesAllWaiters() async throws {
        try await with([Self.token(3600)]) { (server: ScriptedServer, source: TokenSource) async throws in
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<50 { group.addTask { try await source.token(for: "https://a") } }
                for try await token in group { #expect(token == "t3600") }
            }
            #expect(server.requests.count == 1 && server.requests[0].fields["x-identity-header"] == "h")
            #expect(server.requests[0].target.parameter("resource") == "https://a")
            _ = try await source.token(for: "https://b")
            #expect(server.requests.count == 2)
        }
    }

    @Test func renewsEarlyAndKeepsTheOldOneWhileItIsGood() async throws {
        let answers = [Self.token(200, asText: false), Self.token(3600)]
        try await with(answers) { (server: ScriptedServer, source: TokenSource) async throws in
            #expect(try await source.token(for: "https://a") == "t200")
            #expect(try await source.token(for: "https://a") == "t3600")
            #expect(server.requests.count == 2)
        }
        let down = HTTPResponse(.badRequest, body: .bytes(#"{"message":"gone"}"#.bytes))
        try await with([Self.token(200), down]) { (_: ScriptedServer, source: TokenSource) async throws in
            #expect(try await source.token(for: "https://a") == "t200")
            #expect(try await source.token(for: "https://a") == "t200")
        }
    }

    @Test func saysWhyThereIsNone() async throws {
        let refused = HTTPResponse(
            .unauthorized, body: .bytes(#"{"error":"invalid_client","error_description":"AADSTS7000215: bad"}"#.bytes))
        try await with([refused]) { (server: ScriptedServer, source: TokenSource) async throws in
            await #expect { try await source.token(for: "https://a") } throws: { "\($0)".contains("AADSTS7000215") }
            #expect(server.requests.count == 1)
        }
        let nobody = TokenSource(
            SettingsReader(["IDENTITY_ENDPOINT": "http://127.0.0.1:1/", "IDENTITY_HEADER": "secret-header"]),
            client: HTTPSession())
        await #expect { try await nobody.token(for: "https://a") } throws: {
            "\($0)".contains("identity endpoint") && !"\($0)".contains("secret-header")
        }
    }

    @Test func tokensStayOffOpenNetworks() {
        let source = TokenSource(SettingsReader([:]), client: HTTPSession())
        for url in ["http://example.com", "http://127.0.0.1.example.com/", "http://localhost.example.com"] {
            #expect(throws: IdentityError.self) { try source.checkMaySend(to: url) }
        }
        for url in ["https://example.com", "http://127.0.0.1:10000/a", "http://localhost"] {
            #expect(throws: Never.self) { try source.checkMaySend(to: url) }
        }
    }

    @Test func everySourceGivesTokens() async throws {
        try await EmulatorFixture.with { fixture in
            let folder = try Fixtures.temporaryDirectory()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try Data("assertion".utf8).write(to: URL(filePath: folder + "/token"))
            let identity = fixture.url("identity")
            let common = ["AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_AUTHORITY_HOST": identity]
            let sources: [[String: String]] = [
                ["IDENTITY_ENDPOINT": identity + "/msi/token", "IDENTITY_HEADER": "apus-local-identity"],
                ["AZURE_POD_IDENTITY_AUTHORITY_HOST": identity],
                common.merging(["AZURE_CLIENT_SECRET": "apus-local-client-secret"]) { $1 },
                common.merging(["AZURE_FEDERATED_TOKEN_FILE": folder + "/token"]) { $1 },
            ]
            for settings in sources {
                let source = TokenSource(SettingsReader(settings), client: fixture.client)
                let vault = KeyVaultClient(url: fixture.url("vault"), identity: source, client: fixture.client)
                #expect(try await vault.secret("none") == nil)
            }
        }
    }

    @Test func readsSecretsAndTheirVersions() async throws {
        try await EmulatorFixture.with { fixture in
            let vault = KeyVaultClient(url: fixture.url("vault"), identity: fixture.identity, client: fixture.client)
            let token = try await fixture.identity.token(for: "https://vault.azure.net")
            for number in 0..<30 {
                for value in ["old", "new"] {
                    let body = JSONValue.object(["value": .string(value + "\(number)")])
                    let request = HTTPSession.Request(
                        .put, "\(fixture.url("vault"))/secrets/APUS-S\(number)?api-version=7.4",
                        fields: ["Authorization": "Bearer \(token)"], body: .bytes(body.encoded))
                    #expect(try await fixture.client.fetch(request).status == .ok)
                }
            }
            #expect(try await vault.secret("APUS-S7")?.value == "new7")
            #expect(try await vault.list().count == 30)
            let versions = try await vault.versions("APUS-S7")
            #expect(versions.count == 2)
            #expect(try await vault.secret("apus-s7", version: versions[0].version)?.value == "old7")
            let resolved = try await KeyVaultSettings.resolved(
                [
                    "APUS_KEY_VAULT_URL": fixture.url("vault"), "APUS_S3": "overridden", "OTHER": "kept",
                    "IDENTITY_ENDPOINT": fixture.url("identity") + "/msi/token",
                    "IDENTITY_HEADER": "apus-local-identity",
                ], names: ["APUS_S3", "OTHER"], client: fixture.client)
            #expect(resolved["APUS_S3"] == "new3" && resolved["OTHER"] == "kept")
            try await fixture.fault(#"{"service": "vault", "status": 429, "count": 1, "retryAfterMilliseconds": 100}"#)
            #expect(try await vault.secret("APUS-S1")?.value == "new1")
        }
    }
}
