import AzureIdentity
import AzureSignatures
import AzureStorage
import CosmosDB
import HTTPClient
import HTTPMessages
import JSONCoding
import Settings
import Telemetry
import Testing

/// What the three clients do when a service is busy, refuses a token or does not answer, against a server that answers as
/// it was told.
@Suite struct TransportTests {
    private static func answer(_ status: Int, _ fields: HTTPFields = [:], _ json: String = "{}") -> HTTPResponse {
        HTTPResponse(HTTPStatus(rawValue: status), fields: fields, body: .bytes(json.bytes))
    }

    private static let token = answer(200, [:], #"{"access_token":"t","expires_in":"3600"}"#)
    private static let lost = HTTPResponse(.noAnswer)

    private func serving(
        _ responses: [HTTPResponse], _ body: (ScriptedServer) async throws -> Void
    ) async throws {
        let server = try ScriptedServer(responses)
        do {
            try await body(server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func account(_ server: ScriptedServer) throws -> StorageAccount {
        let name = DevelopmentAccount.storageName
        return try StorageAccount(
            connectionString:
                "AccountName=\(name);AccountKey=\(DevelopmentAccount.storageKey);BlobEndpoint=\(server.url);QueueEndpoint=\(server.url)"
        )
    }

    private func items(_ server: ScriptedServer, identity: TokenSource? = nil) throws -> CosmosContainer {
        try CosmosContainer(
            endpoint: server.url, key: identity == nil ? DevelopmentAccount.cosmosKey : nil, identity: identity,
            client: HTTPSession(), database: "d", container: "c")
    }

    private func identity(_ server: ScriptedServer) -> TokenSource {
        TokenSource(
            SettingsReader(["IDENTITY_ENDPOINT": server.url + "/token", "IDENTITY_HEADER": "h"]), client: HTTPSession())
    }

    // MARK: - Refused tokens

    @Test func cosmosRenewsARefusedTokenOnce() async throws {
        try await serving([Self.token]) { (tokens: ScriptedServer) async throws in
            try await serving([Self.answer(401), Self.answer(200, [:], #"{"id":"1"}"#)]) {
                (server: ScriptedServer) async throws in
                let read = try await items(server, identity: identity(tokens)).read("1", partition: "a")
                #expect(read?["id"] == "1" && server.requests.count == 2 && tokens.requests.count == 2)
            }
            try await serving([Self.answer(401)]) { (server: ScriptedServer) async throws in
                await #expect {
                    try await items(server, identity: identity(tokens)).read("1", partition: "a")
                } throws: {
                    ($0 as? CosmosError)?.status == 401
                }
                #expect(server.requests.count == 2)
            }
        }
    }

    @Test func aRefusedKeyIsNotTriedAgain() async throws {
        try await serving([Self.answer(401, [:], #"{"code":"Unauthorized"}"#)]) {
            (server: ScriptedServer) async throws in
            await #expect { try await items(server).read("1", partition: "a") } throws: {
                ($0 as? CosmosError)?.code == "Unauthorized"
            }
            #expect(server.requests.count == 1)
            let blobs = BlobClient(account: try account(server), identity: nil, client: HTTPSession())
            await #expect { _ = try await blobs.get("c", "b") } throws: {
                ($0 as? StorageError)?.status == .unauthorized
            }
            #expect(server.requests.count == 2)
        }
    }

    @Test func storageRenewsARefusedTokenOnce() async throws {
        try await serving([Self.token]) { (tokens: ScriptedServer) async throws in
            try await serving([Self.answer(401), Self.answer(201)]) { (server: ScriptedServer) async throws in
                let account = StorageAccount(blobServiceURI: server.url, queueServiceURI: server.url)
                let blobs = BlobClient(account: account, identity: identity(tokens), client: HTTPSession())
                try await blobs.put([1], to: "c", "b", contentType: "x/y")
                #expect(server.requests.map { $0.fields["authorization"] } == ["Bearer t", "Bearer t"])
                #expect(tokens.requests.count == 2)
            }
        }
    }

    @Test func theVaultRenewsARefusedTokenOnce() async throws {
        try await serving([Self.token]) { (tokens: ScriptedServer) async throws in
            try await serving([Self.answer(401), Self.answer(200, [:], #"{"value":"v"}"#)]) {
                (server: ScriptedServer) async throws in
                let vault = KeyVaultClient(url: server.url, identity: identity(tokens), client: HTTPSession())
                #expect(try await vault.secret("name")?.value == "v")
                #expect(server.requests.count == 2 && tokens.requests.count == 2)
            }
            try await serving([Self.answer(401, [:], #"{"error":{"code":"Unauthorized"}}"#)]) {
                (server: ScriptedServer) async throws in
                let vault = KeyVaultClient(url: server.url, identity: identity(tokens), client: HTTPSession())
                await #expect { try await vault.secret("name") } throws: {
                    "\($0)".hasPrefix("Key Vault: secret name: 401 Unauthorized")
                }
                #expect(server.requests.count == 2)
            }
        }
    }

    // MARK: - The vault and the identity endpoint

    @Test(arguments: [429, 500, 503] as [Int])
    func theVaultIsAskedAgain(status: Int) async throws {
        try await serving([Self.token]) { (tokens: ScriptedServer) async throws in
            let busy = Self.answer(status, ["Retry-After": "0.01"])
            try await serving([busy, busy, busy, Self.answer(200, [:], #"{"value":"v"}"#)]) {
                (server: ScriptedServer) async throws in
                let vault = KeyVaultClient(url: server.url, identity: identity(tokens), client: HTTPSession())
                #expect(try await vault.secret("name")?.value == "v")
                #expect(server.requests.count == 4)
            }
            try await serving([busy]) { (server: ScriptedServer) async throws in
                let vault = KeyVaultClient(url: server.url, identity: identity(tokens), client: HTTPSession())
                await #expect(throws: IdentityError.self) { try await vault.secret("name") }
                #expect(server.requests.count == 4)
            }
        }
    }

    @Test func whatTheVaultForbidsIsSaid() async throws {
        try await serving([Self.token]) { (tokens: ScriptedServer) async throws in
            let refused = Self.answer(
                403, ["x-ms-request-id": "r-1"],
                #"{"error":{"code":"Forbidden","innererror":{"code":"ForbiddenByRbac"}}}"#)
            try await serving([refused]) { (server: ScriptedServer) async throws in
                let vault = KeyVaultClient(url: server.url, identity: identity(tokens), client: HTTPSession())
                await #expect { try await vault.secret("name") } throws: { error in
                    guard let error = error as? IdentityError else { return false }
                    return error.isForbidden && error.description.hasSuffix("403 ForbiddenByRbac, request r-1")
                }
                #expect(server.requests.count == 1)
            }
        }
    }

    /// A vault's list names the next page's address, and a token goes nowhere else.
    @Test func tokensStayWithTheVault() async throws {
        try await serving([Self.token]) { (tokens: ScriptedServer) async throws in
            let page = Self.answer(200, [:], #"{"value":[],"nextLink":"http://127.0.0.1:1/secrets"}"#)
            try await serving([page]) { (server: ScriptedServer) async throws in
                let vault = KeyVaultClient(url: server.url, identity: identity(tokens), client: HTTPSession())
                await #expect { try await vault.list() } throws: { "\($0)".contains("another address") }
            }
        }
    }

    @Test(arguments: [(404, 2), (410, 2), (429, 2), (500, 2), (400, 1), (401, 1), (403, 1)] as [(Int, Int)])
    func theIdentityEndpointMayNotBeThereYet(status: Int, tries: Int) async throws {
        let refusal = Self.answer(status, ["Retry-After": "0.01"], #"{"message":"not yet"}"#)
        try await serving([refusal, Self.token]) { (server: ScriptedServer) async throws in
            let token = try? await identity(server).token(for: "https://a")
            #expect(server.requests.count == tries && (token == "t") == (tries == 2))
        }
    }

    // MARK: - Answers that were lost

    @Test func aMessageWhoseAnswerWasLostIsNotPutTwice() async throws {
        try await serving([Self.lost, Self.answer(201)]) { (server: ScriptedServer) async throws in
            let queues = QueueClient(account: try account(server), identity: nil, client: HTTPSession())
            await #expect { try await queues.put("x", to: "q") } throws: {
                ($0 as? StorageError)?.isUnavailable == true
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test func anUploadWhoseAnswerWasLostIsSentAgain() async throws {
        try await serving([Self.lost, Self.answer(201)]) { (server: ScriptedServer) async throws in
            let blobs = BlobClient(account: try account(server), identity: nil, client: HTTPSession())
            try await blobs.put([1, 2], to: "c", "b", contentType: "x/y")
            #expect(server.requests.count == 2)
        }
    }

    @Test func anItemWhoseAnswerWasLostIsWrittenAgainOnlyWhereThatChangesNothing() async throws {
        let done = Self.answer(200, [:], #"{"id":"1"}"#)
        try await serving([Self.lost, done]) { (server: ScriptedServer) async throws in
            try await items(server).upsert(["id": "1", "pk": "a"], partition: "a")
            #expect(server.requests.count == 2)
        }
        try await serving([Self.lost, done]) { (server: ScriptedServer) async throws in
            await #expect { try await items(server).patch("1", [.increment("/n", 1)], partition: "a") } throws: {
                ($0 as? CosmosError)?.status == 0
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: [(429, 2), (449, 2), (410, 2), (503, 2), (408, 1), (500, 1)] as [(Int, Int)])
    func aGuardedWriteIsSentAgainOnlyWhenItWasRefused(status: Int, tries: Int) async throws {
        try await serving([Self.answer(status), Self.answer(200, [:], #"{"id":"1"}"#)]) {
            (server: ScriptedServer) async throws in
            _ = try? await items(server).replace(
                "1", ["id": "1", "pk": "a"], partition: "a", condition: .unchanged("\"x\""))
            #expect(server.requests.count == tries)
        }
    }

    // MARK: - Limits

    @Test func storageGivesUpAfterFiveTries() async throws {
        try await serving([Self.answer(503, ["Retry-After": "0", "x-ms-error-code": "ServerBusy"])]) {
            (server: ScriptedServer) async throws in
            let blobs = BlobClient(account: try account(server), identity: nil, client: HTTPSession())
            await #expect { try await blobs.put([], to: "c", "b", contentType: "x/y") } throws: {
                ($0 as? StorageError)?.code == "ServerBusy"
            }
            #expect(server.requests.count == 5)
        }
    }

    @Test func cosmosGivesUpAfterSevenTriesButWaitsOutThrottling() async throws {
        try await serving([Self.answer(503)]) { (server: ScriptedServer) async throws in
            await #expect(throws: CosmosError.self) { try await items(server).read("1", partition: "a") }
            #expect(server.requests.count == 7)
        }
        let busy = Self.answer(429, ["x-ms-retry-after-ms": "1", "x-ms-request-charge": "1"])
        let done = Self.answer(201, ["x-ms-request-charge": "5"], #"{"id":"1"}"#)
        try await serving(Array(repeating: busy, count: 12) + [done]) { (server: ScriptedServer) async throws in
            let made = try await items(server).create(["id": "1", "pk": "a"], partition: "a")
            #expect(server.requests.count == 13 && made.charge == 17)
        }
    }

    @Test func aWaitLongerThanTheDeadlineIsNotBegun() async throws {
        try await serving([Self.answer(429, ["x-ms-retry-after-ms": "59000"])]) {
            (server: ScriptedServer) async throws in
            let started = ContinuousClock.now
            await #expect { try await items(server).read("1", partition: "a") } throws: {
                ($0 as? CosmosError)?.status == 429
            }
            #expect(ContinuousClock.now - started < .seconds(20) && server.requests.count == 1)
        }
    }

    /// Each try is signed anew, since a signature holds the time.
    @Test func everyTryHasItsOwnDateAndTheSameID() async throws {
        try await serving([Self.answer(503, ["Retry-After": "1.1"]), Self.answer(201)]) {
            (server: ScriptedServer) async throws in
            let blobs = BlobClient(account: try account(server), identity: nil, client: HTTPSession())
            try await Log.$requestID.withValue("request-1") {
                try await blobs.put([1], to: "c", "b", contentType: "x/y")
            }
            let dates = server.requests.compactMap { $0.fields["x-ms-date"] }
            #expect(dates.count == 2 && dates[0] != dates[1])
            #expect(server.requests.map { $0.fields["x-ms-client-request-id"] } == ["request-1", "request-1"])
            #expect(server.requests[0].fields["authorization"] != server.requests[1].fields["authorization"])
        }
    }
}
