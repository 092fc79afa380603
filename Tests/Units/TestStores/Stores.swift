public import AzureEmulator
import AzureSignatures
import Digests
import FoundationEssentials
public import HTTPClient
import Postgres
import Settings
import Telemetry
import TestSupport
public import VectorServer

/// The stores that the product keeps its data in, new and empty: the Azure emulator and the vector service in this
/// process, and a database of their own on the PostgreSQL server that `APUS_TEST_POSTGRES` names.
public struct Stores: Sendable {
    public let emulator: Emulator
    public let vectors: VMServer
    public let client = HTTPSession()
    /// Of the database.
    public let conninfo: String

    private static let server = ProcessInfo.processInfo.environment["APUS_TEST_POSTGRES"]

    /// Whether there is a PostgreSQL server.
    public static var hasDatabase: Bool { server != nil }

    /// A database that others are copied from, made once for the process: that takes a fifth of what making its tables does.
    /// It goes with the server.
    public actor Template {
        private let fill: @Sendable (_ conninfo: String) async throws -> Void
        private var made: Task<String, any Error>?

        /// - Parameter fill: Makes what is to be in it, and leaves no connection open.
        public init(_ fill: @escaping @Sendable (_ conninfo: String) async throws -> Void) { self.fill = fill }

        func name() async throws -> String {
            let task =
                made
                ?? Task { [fill] in
                    let database = Stores.newName()
                    try await PostgresPool(server ?? "", maximumConnections: 1).query("CREATE DATABASE \(database)")
                    try await fill(Stores.conninfo(of: database))
                    return database
                }
            made = task
            return try await task.value
        }
    }

    private static func newName() -> String { "t" + Digest.hex(Digest.randomBytes(8)) }

    private static func conninfo(of database: String) -> String {
        (server ?? "").replacing("dbname=postgres", with: "dbname=\(database)")
    }

    /// Gives the body stores that are removed afterwards.
    ///
    /// - Parameter template: What the database is a copy of; `nil` for an empty one.
    public static func with(_ template: Template? = nil, _ body: (Stores) async throws -> Void) async throws {
        let database = newName()
        let admin = PostgresPool(server ?? "", maximumConnections: 1)
        let origin = try await template?.name()
        try await admin.query("CREATE DATABASE \(database)" + (origin.map { " TEMPLATE \($0)" } ?? ""))
        let conninfo = conninfo(of: database)
        let result: Result<Void, any Error>
        do {
            try await withServices(conninfo, body)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await admin.query("DROP DATABASE \(database) WITH (FORCE)")
        try result.get()
    }

    private static func withServices(_ conninfo: String, _ body: (Stores) async throws -> Void) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = Emulator.Configuration()
        configuration.dataDirectory = folder + "/azure"
        (configuration.blobPort, configuration.queuePort, configuration.cosmosPort) = (0, 0, 0)
        (configuration.vaultPort, configuration.identityPort) = (0, 0)
        let emulator = try Emulator(configuration, log: Log(label: "test", level: .error))
        let vectors: VMServer
        do {
            vectors = try vectorService(folder + "/vectors")
        } catch {
            await emulator.shutDown()
            throw error
        }
        let result: Result<Void, any Error>
        do {
            try await body(Stores(emulator: emulator, vectors: vectors, conninfo: conninfo))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        async let emulatorIsDown: Void = emulator.shutDown()
        await vectors.shutDown()
        await emulatorIsDown
        try result.get()
    }

    /// A vector service without embeddings, on a port that the system chooses; the caller shuts it down.
    ///
    /// - Parameter allowsSparse: Whether it has sparse vectors, which Chroma's own server on one machine refuses.
    public static func vectorService(_ folder: String, allowsSparse: Bool = true) throws -> VMServer {
        var configuration = VMServer.Configuration()
        configuration.service.allowsSparse = allowsSparse
        configuration.dataDirectory = folder
        (configuration.port, configuration.vectorsPort) = (0, 0)
        (configuration.vectorsOnly, configuration.embeds) = (true, false)
        var settings = SettingsReader([:])
        return try VMServer(
            configuration, upstreams: APIProxy.Upstreams(&settings), client: HTTPSession(),
            log: Log(label: "test", level: .error))
    }

    private func url(_ service: String) -> String {
        "http://127.0.0.1:\(emulator.ports.first { $0.name == service }?.port ?? 0)"
    }

    /// The settings that name them.
    public var settings: [String: String] {
        let name = DevelopmentAccount.storageName
        return [
            "APUS_DATABASE_URL": conninfo, "APUS_COSMOS_ENDPOINT": url("cosmos"),
            "APUS_COSMOS_KEY": DevelopmentAccount.cosmosKey,
            "APUS_CHROMA_URL": "http://127.0.0.1:\(vectors.ports.vectors)",
            "AzureWebJobsStorage":
                "AccountName=\(name);AccountKey=\(DevelopmentAccount.storageKey);"
                + "BlobEndpoint=\(url("blob"))/\(name);QueueEndpoint=\(url("queue"))/\(name)",
        ]
    }
}
