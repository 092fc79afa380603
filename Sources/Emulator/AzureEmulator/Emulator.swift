import Digests
import FoundationEssentials
import HTTPMessages
import HTTPServing
public import RequestGuards
import SQLite
public import Settings
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
        /// What callers prove themselves with.
        public var keys = EmulatorKeys.wellKnown
        /// Opens `/_emulator/`; `nil` for the token of the data folder's file.
        public var adminToken: Secret?
        /// The names under which it may be asked, beside this machine's.
        public var hosts = AllowedHosts()
        /// User-assigned identities: a name and, where it matters, the client id.
        public var identities: [(name: String, clientID: String?)] = []
        /// Further storage accounts: a name and one or two base64 keys.
        public var accounts: [(name: String, keys: [String])] = []
        /// Ranges of partition keys; with more than one Cosmos DB is as demanding as the real gateway.
        public var partitionRanges = 1

        /// The defaults.
        public init() {}
    }

    private let servers: [(name: String, server: HTTPServer)]
    private let lock: FolderLock
    private let sweeper: Task<Void, Never>

    /// The time that everything in the emulator reads; tests move it on.
    public let clock: EmulatorClock

    /// Where the certificate lies that clients have to trust for https.
    public let certificatePath: String

    /// What `/_emulator/` wants as a bearer token.
    public let adminToken: Secret

    /// The file that the token is in; `nil` when it was given.
    public let adminTokenPath: String?

    /// The ports in use, by service.
    public var ports: [(name: String, port: UInt16)] { servers.map { ($0.name, $0.server.port) } }

    /// Starts all services; http and https share each port.
    ///
    /// - Throws: `EmulatorError`, `HTTPServerStartError`, and what the disk refuses.
    public init(_ configuration: Configuration, log: Log) throws {
        let directory = configuration.dataDirectory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        lock = try FolderLock(data: directory)
        let clock = EmulatorClock()
        self.clock = clock
        let certificates = try LocalCertificates(directory: directory)
        let token = try AdminToken(directory: directory, given: configuration.adminToken)
        adminToken = token.secret
        adminTokenPath = configuration.adminToken == nil ? directory + "/" + AdminToken.fileName : nil
        let services = try EmulatorServices(
            configuration, clock: clock, certificate: certificates.authority, token: token)
        func start(_ name: EmulatorServices.Name, _ port: UInt16) throws -> (String, HTTPServer) {
            var listener = HTTPServer.Configuration()
            listener.address = configuration.address
            listener.port = port
            listener.portOption = "\(name.rawValue)-port"
            listener.maximumBodyBytes = EmulatorServices.bodyLimit(name)
            listener.tls = .init(certificate: certificates.server.pem, key: certificates.server.key)
            listener.servesPlainToo = true
            return (name.rawValue, try HTTPServer(listener) { await services.answer(name, $0) })
        }
        servers = [
            try start(.blob, configuration.blobPort), try start(.queue, configuration.queuePort),
            try start(.cosmos, configuration.cosmosPort), try start(.vault, configuration.vaultPort),
            try start(.identity, configuration.identityPort),
        ]
        certificatePath = certificates.path
        sweeper = Task {
            repeat {
                do {
                    try await services.stores.removeExpired()
                } catch {
                    log.warning("what has expired could not be removed", ["error": String(describing: error)])
                }
            } while (try? await Task.sleep(for: .seconds(30))) != nil
        }
    }

    /// Stops all services.
    public func shutDown() async {
        sweeper.cancel()
        await withDiscardingTaskGroup { group in
            for (_, server) in servers { group.addTask { await server.shutDown() } }
        }
    }
}
