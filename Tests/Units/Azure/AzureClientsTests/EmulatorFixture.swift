import AzureEmulator
import AzureIdentity
import AzureSignatures
import AzureStorage
import CosmosDB
import Digests
import FoundationEssentials
import HTTPClient
import HTTPMessages
import Settings
import Telemetry
import TestSupport

/// An emulator in this process, with clients for it.
struct EmulatorFixture {
    let emulator: Emulator
    let client = HTTPSession()

    static func with(_ body: (EmulatorFixture) async throws -> Void) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = Emulator.Configuration()
        configuration.dataDirectory = folder
        (configuration.blobPort, configuration.queuePort, configuration.cosmosPort) = (0, 0, 0)
        (configuration.vaultPort, configuration.identityPort) = (0, 0)
        let emulator = try Emulator(configuration, log: Log(label: "test", level: .error))
        do {
            try await body(EmulatorFixture(emulator: emulator))
        } catch {
            await emulator.shutDown()
            throw error
        }
        await emulator.shutDown()
    }

    func url(_ service: String) -> String {
        "http://127.0.0.1:\(emulator.ports.first { $0.name == service }?.port ?? 0)"
    }

    private var name: String { DevelopmentAccount.storageName }

    var account: StorageAccount {
        get throws {
            try StorageAccount(
                connectionString:
                    "AccountName=\(name);AccountKey=\(DevelopmentAccount.storageKey);"
                    + "BlobEndpoint=\(url("blob"))/\(name);QueueEndpoint=\(url("queue"))/\(name)")
        }
    }

    var identity: TokenSource {
        TokenSource(
            SettingsReader([
                "IDENTITY_ENDPOINT": url("identity") + "/msi/token", "IDENTITY_HEADER": "apus-local-identity",
            ]), client: client)
    }

    func blobs() async throws -> BlobClient {
        let blobs = BlobClient(account: try account, identity: nil, client: client)
        try await blobs.createContainer("docs")
        return blobs
    }

    func items(partitionKeyPath: String = "/pk") async throws -> CosmosContainer {
        let container = try CosmosContainer(
            endpoint: url("cosmos"), key: DevelopmentAccount.cosmosKey, identity: nil, client: client,
            database: "d", container: "convé")
        try await container.createIfMissing(partitionKeyPath: partitionKeyPath)
        return container
    }

    /// Asks the emulator for a fault.
    func fault(_ json: String) async throws {
        let answer = try await client.fetch(
            .init(
                .post, url("blob") + "/_emulator/faults",
                fields: [
                    "Content-Type": "application/json", "Authorization": "Bearer \(emulator.adminToken.value)",
                ],
                body: .bytes(json.bytes)))
        guard answer.status == .created else { throw TestFailure("no fault: \(answer.status.rawValue)") }
    }
}

/// Random bytes in pieces of odd sizes.
final class PieceSource: HTTPBodySource, Sendable {
    let bytes: [UInt8]
    private let place = Counter()

    init(count: Int) { bytes = Digest.randomBytes(count) }

    func next() async throws -> [UInt8]? {
        let start = place.value
        guard start < bytes.count else { return nil }
        let end = min(bytes.count, start + 99_991)
        place.add(end - start)
        return Array(bytes[start..<end])
    }
}
