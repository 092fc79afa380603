import AzureSignatures
import Digests
import FoundationEssentials
import HTTPMessages
import HTTPServing
public import Telemetry

/// Azure's services for one machine: Blob, Queue, Cosmos DB, Key Vault and managed identity, each on its own port,
/// durable in one folder. A developer's tool, never linked into a handler.
public final class Emulator: Sendable {
    /// Where to listen and to keep data.
    public struct Configuration: Sendable {
        public var dataDirectory = ".apus/azure"
        /// IPv4 address to listen on.
        public var address = "127.0.0.1"
        public var blobPort: UInt16 = 10000
        public var queuePort: UInt16 = 10001
        public var cosmosPort: UInt16 = 8081
        public var vaultPort: UInt16 = 8443
        public var identityPort: UInt16 = 8444
        /// What callers of the identity endpoint have to send; public, like the account keys.
        public var identityHeader = "apus-local-identity"
        /// Further storage accounts: a name and one or two base64 keys.
        public var accounts: [(name: String, keys: [String])] = []
        /// Ranges of partition keys; with more than one Cosmos DB is as demanding as the real gateway.
        public var partitionRanges = 1

        /// The defaults.
        public init() {}
    }

    private let servers: [(name: String, server: HTTPServer)]
    private let lock: DirectoryLock
    private let sweeper: Task<Void, Never>

    /// Where the certificate lies that clients have to trust for https.
    public let certificatePath: String

    /// The ports in use, by service.
    public var ports: [(name: String, port: UInt16)] { servers.map { ($0.name, $0.server.port) } }

    /// Starts all services; http and https share each port.
    ///
    /// - Throws: `EmulatorError`, `HTTPServerStartError`, and what the disk refuses.
    public init(_ configuration: Configuration, log: Log) throws {
        let directory = configuration.dataDirectory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        lock = try DirectoryLock(directory: directory)
        let certificates = try LocalCertificates(directory: directory)
        let authority = try TokenAuthority(directory: directory)
        var accounts: [String: SharedKeyVerifier] = [:]
        for (name, keys) in configuration.accounts + [(DevelopmentAccount.storageName, [DevelopmentAccount.storageKey])]
        {
            let parsed = keys.compactMap { SharedKey(account: name, base64Key: $0) }
            guard parsed.count == keys.count, !keys.isEmpty else {
                throw EmulatorError(description: "a key of the account \(name) is not base64")
            }
            accounts[name] = SharedKeyVerifier(keys: parsed)
        }
        func front(_ service: StorageFrontEnd.Service) -> StorageFrontEnd {
            StorageFrontEnd(service: service, accounts: accounts, authority: authority)
        }
        let blobs = BlobService(store: try BlobStore(directory: directory), front: front(.blob))
        let queues = QueueService(store: try QueueStore(directory: directory), front: front(.queue))
        let cosmos = CosmosService(
            store: try CosmosStore(directory: directory),
            keys: CosmosMasterKey(base64Key: DevelopmentAccount.cosmosKey).map { [$0] } ?? [], authority: authority,
            ranges: PartitionRanges(count: configuration.partitionRanges))
        let faults = FaultInjector()
        let vault = VaultService(store: try VaultStore(directory: directory), authority: authority)
        let identity = IdentityService(authority: authority, faults: faults, header: configuration.identityHeader)
        let admin = AdminRoutes(
            faults: faults, authority: authority, blobs: blobs.store, queues: queues.store, cosmos: cosmos.store,
            vault: vault.store, authorityCertificate: certificates.authority)
        func start(
            _ name: String, _ port: UInt16, limit: Int, _ handler: @escaping HTTPServer.Handler
        ) throws -> (String, HTTPServer) {
            var listener = HTTPServer.Configuration()
            listener.address = configuration.address
            listener.port = port
            listener.maximumBodyBytes = limit
            listener.tls = .init(certificate: certificates.server.pem, key: certificates.server.key)
            listener.servesPlainToo = true
            let server = try HTTPServer(listener) { request in
                if request.target.rawPath.hasPrefix(AdminRoutes.prefix) { return await admin.answer(request) }
                return await faults.answer(name, request, handler)
            }
            return (name, server)
        }
        servers = [
            try start("blob", configuration.blobPort, limit: BlobService.bodyLimit) { await blobs.answer($0) },
            try start("queue", configuration.queuePort, limit: QueueService.bodyLimit) { await queues.answer($0) },
            try start("cosmos", configuration.cosmosPort, limit: CosmosService.bodyLimit) { await cosmos.answer($0) },
            try start("vault", configuration.vaultPort, limit: 8 << 20) { await vault.answer($0) },
            try start("identity", configuration.identityPort, limit: 128 * 1024) { await identity.answer($0) },
        ]
        certificatePath = certificates.path
        sweeper = Task { [items = cosmos.store, messages = queues.store] in
            while (try? await Task.sleep(for: .seconds(30))) != nil {
                do {
                    try await items.removeExpired()
                    try await messages.removeExpired()
                } catch {
                    log.warning("what has expired could not be removed", ["error": String(describing: error)])
                }
            }
        }
    }

    /// Stops all services.
    public func shutDown() async {
        sweeper.cancel()
        for (_, server) in servers { await server.shutDown() }
    }
}
