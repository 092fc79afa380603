import AzureSignatures
import FoundationEssentials
import HTTPServing
public import Telemetry

/// Azure's services for one machine: Blob, Queue, Cosmos DB, Key Vault and managed identity, each on its own port,
/// durable in one folder. A developer's tool, never linked into a handler.
public struct AzureEmulator: Sendable {
    /// Where to listen and to keep data.
    public struct Configuration: Sendable {
        public var dataDirectory = ".apus/azure"
        public var blobPort: UInt16 = 10000
        public var queuePort: UInt16 = 10001
        public var cosmosPort: UInt16 = 8081
        public var vaultPort: UInt16 = 8443
        public var identityPort: UInt16 = 8444
        /// What callers of the identity endpoint have to send; public, like the account keys.
        public var identityHeader = "apus-local-identity"

        /// The defaults.
        public init() {}
    }

    /// The emulators' public keys.
    public static let account = "devstoreaccount1"
    static let storageKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    static let cosmosKey = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="

    private let servers: [(name: String, server: HTTPServer)]

    /// The ports in use, by service.
    public var ports: [(name: String, port: UInt16)] { servers.map { ($0.name, $0.server.port) } }

    /// Starts all services.
    public init(_ configuration: Configuration, log: Log) throws {
        let directory = configuration.dataDirectory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let key = SharedKey(account: Self.account, base64Key: Self.storageKey)
        let front = StorageFrontEnd(accounts: [Self.account: key.map { [SharedKeyVerifier(key: $0)] } ?? []])
        let blobs = BlobService(store: try BlobStore(directory: directory), front: front)
        let queues = try QueueService(directory: directory, front: front)
        let keys = CosmosMasterKey(base64Key: Self.cosmosKey).map { [$0] } ?? []
        let cosmos = CosmosService(store: try CosmosStore(directory: directory), keys: keys)
        let vault = try VaultService(directory: directory, header: configuration.identityHeader)
        func start(
            _ name: String, _ port: UInt16, limit: Int, _ handler: @escaping HTTPServer.Handler
        ) throws -> (String, HTTPServer) {
            var listener = HTTPServer.Configuration()
            listener.port = port
            listener.maximumBodyBytes = limit
            return (name, try HTTPServer(listener, handler: handler))
        }
        servers = [
            try start("blob", configuration.blobPort, limit: BlobService.bodyLimit) { await blobs.answer($0) },
            try start("queue", configuration.queuePort, limit: QueueService.bodyLimit) { await queues.answer($0) },
            try start("cosmos", configuration.cosmosPort, limit: CosmosService.bodyLimit) { await cosmos.answer($0) },
            try start("vault", configuration.vaultPort, limit: VaultService.bodyLimit) { await vault.vault($0) },
            try start("identity", configuration.identityPort, limit: VaultService.bodyLimit) {
                await vault.identity($0)
            },
        ]
    }

    /// Stops all services.
    public func shutDown() async {
        for (_, server) in servers { await server.shutDown() }
    }
}
