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

    private let servers: [(name: String, server: HTTPServer)]

    /// The ports in use, by service.
    public var ports: [(name: String, port: UInt16)] { servers.map { ($0.name, $0.server.port) } }

    /// Starts all services.
    public init(_ configuration: Configuration, log: Log) throws {
        let directory = configuration.dataDirectory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let account = DevelopmentAccount.storageName
        let key = SharedKey(account: account, base64Key: DevelopmentAccount.storageKey)
        let front = StorageFrontEnd(accounts: [account: key.map { [SharedKeyVerifier(key: $0)] } ?? []])
        let blobs = BlobService(store: try BlobStore(directory: directory), front: front)
        let queues = try QueueService(directory: directory, front: front)
        let keys = CosmosMasterKey(base64Key: DevelopmentAccount.cosmosKey).map { [$0] } ?? []
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
