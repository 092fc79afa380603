public import AzureEmulator
import AzureIdentity
import AzureSignatures
public import AzureStorage
public import Catalog
import Chat
public import ChatMessages
public import ChromaClient
import Digests
import FoundationEssentials
import FunctionsRuntime
public import HTTPClient
import HTTPMessages
import HTTPServing
import History
public import JSONCoding
public import Postgres
import Settings
import Telemetry
import TestSupport
import Upload
import VectorServer

/// The product inside the test's process: the three apps behind real sockets, a database of its own, the emulator, the
/// vector service, and a language model that says what the test wants.
public final class RunningProduct: Sendable {
    /// The function apps.
    public enum App: String, Sendable {
        case chat, upload, history
    }

    /// Whether there is a database server to make databases on.
    public static var hasDatabase: Bool { server != nil }
    /// Why suites are skipped without one.
    public static let noDatabase = "needs PostgreSQL: scripts/with-postgres sets APUS_TEST_POSTGRES"
    /// Whether texts can be embedded as well.
    public static var canSearch: Bool { hasDatabase && Fixtures.hasModel }
    /// Why suites are skipped without that.
    public static let noSearch = "needs PostgreSQL (scripts/with-postgres) and the embedding model (make setup)"

    static let server = ProcessInfo.processInfo.environment["APUS_TEST_POSTGRES"]

    public let emulator: Emulator
    public let client = HTTPSession()
    public let model: ScriptedModel
    /// The stores, for looking at what the apps have left in them and for putting them into odd states.
    public let catalog: CatalogDatabase
    public let sql: PostgresPool
    public let messages: MessageStore
    public let storage: StorageClients
    public let vectors: ChromaService
    public let environment: [String: String]

    private let vectorServer: VMServer
    private let apps: [App: HTTPServer]

    /// Runs a test on a product of its own, and removes everything after it.
    ///
    /// - Parameters:
    ///   - apps: Those that are started.
    ///   - settings: Win over the fixture's own.
    ///   - answer: What the language model says.
    public static func with(
        _ apps: [App], settings: [String: String] = [:],
        model answer: @escaping ScriptedModel.Script = { _ in .text("Nobody asked for this.") },
        _ body: (RunningProduct) async throws -> Void
    ) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let database = "t" + Digest.hex(Digest.randomBytes(8))
        let admin = PostgresPool(server ?? "", maximumConnections: 1)
        try await admin.query("CREATE DATABASE \(database)")
        let outcome: Result<Void, any Error>
        do {
            let product = try await RunningProduct(
                apps, folder: folder, database: database, settings: settings, model: ScriptedModel(answer))
            do {
                outcome = .success(try await body(product))
            } catch {
                outcome = .failure(error)
            }
            await product.shutDown()
        } catch {
            outcome = .failure(error)
        }
        try await admin.query("DROP DATABASE \(database) WITH (FORCE)")
        try outcome.get()
    }

    private init(
        _ wanted: [App], folder: String, database: String, settings: [String: String], model: ScriptedModel
    ) async throws {
        let log = Log(label: "test", level: .error)
        self.model = model
        var configuration = Emulator.Configuration()
        configuration.dataDirectory = folder + "/azure"
        (configuration.blobPort, configuration.queuePort, configuration.cosmosPort) = (0, 0, 0)
        (configuration.vaultPort, configuration.identityPort) = (0, 0)
        let emulator = try Emulator(configuration, log: log)
        self.emulator = emulator
        vectorServer = try Self.vectorService(folder + "/vectors", embeds: false, client: client, log: log)
        func url(_ service: String) -> String {
            "http://127.0.0.1:\(emulator.ports.first { $0.name == service }?.port ?? 0)"
        }
        let account = DevelopmentAccount.storageName
        var environment = [
            "APUS_DATABASE_URL": (Self.server ?? "").replacing("dbname=postgres", with: "dbname=\(database)"),
            "APUS_COSMOS_ENDPOINT": url("cosmos"), "APUS_COSMOS_KEY": DevelopmentAccount.cosmosKey,
            "APUS_CHROMA_URL": "http://127.0.0.1:\(vectorServer.ports.vectors)",
            "APUS_EMBEDDINGS_URL": Fixtures.hasModel ? try await Embedder.shared.url() : model.url,
            "APUS_MODELS": "openai:scripted", "OPENAI_BASE_URL": model.url, "APUS_LOG": "error",
            "AzureWebJobsStorage":
                "AccountName=\(account);AccountKey=\(DevelopmentAccount.storageKey);"
                + "BlobEndpoint=\(url("blob"))/\(account);QueueEndpoint=\(url("queue"))/\(account)",
        ]
        environment.merge(settings) { $1 }
        self.environment = environment
        var reader = SettingsReader(environment)
        let identity = TokenSource(reader, client: client)
        catalog = CatalogDatabase(&reader, identity: identity, client: client)
        guard let messages = MessageStore(&reader, identity: identity, client: client),
            let storage = StorageClients(&reader, identity: identity, client: client)
        else { throw TestFailure("the fixture's settings are wrong") }
        self.messages = messages
        self.storage = storage
        vectors = ChromaService(
            &reader, tenant: CatalogDatabase.defaultWorkspace, embeddingModel: "all-MiniLM-L6-v2", client: client)
        sql = PostgresPool(environment["APUS_DATABASE_URL"] ?? "", maximumConnections: 2)
        // Once, before the apps do it side by side.
        try await catalog.prepare()
        var apps: [App: HTTPServer] = [:]
        for app in wanted { apps[app] = try await Self.start(app, environment, log) }
        self.apps = apps
    }

    /// An app as its program starts it.
    private static func start(_ app: App, _ environment: [String: String], _ log: Log) async throws -> HTTPServer {
        let routes =
            switch app {
            case .chat: try await ChatFunctions.make(environment: environment, log: log)
            case .upload: try await UploadFunctions.make(environment: environment, log: log)
            case .history: try await HistoryFunctions.make(environment: environment, log: log)
            }
        let dispatcher = FunctionDispatcher(routes: routes, log: log)
        var configuration = HTTPServer.Configuration()
        configuration.maximumBodyBytes = app == .upload ? UploadFunctions.maximumBodyBytes(environment) : 1 << 20
        return try HTTPServer(configuration) { await dispatcher.answer($0) }
    }

    static func vectorService(_ folder: String, embeds: Bool, client: HTTPSession, log: Log) throws -> VMServer {
        var configuration = VMServer.Configuration()
        configuration.dataDirectory = folder
        configuration.modelDirectory = Fixtures.model
        configuration.vectorsPort = 0
        configuration.vectorsOnly = true
        configuration.embeds = embeds
        var none = SettingsReader([:])
        return try VMServer(configuration, upstreams: APIProxy.Upstreams(&none), client: client, log: log)
    }

    private func shutDown() async {
        for server in apps.values { await server.shutDown(grace: .zero) }
        await model.shutDown()
        await emulator.shutDown()
        await vectorServer.shutDown()
    }

    /// Starts another process's worth of an app for as long as the body runs: what an app does at its start happens.
    public func restart(_ app: App, _ body: () async throws -> Void) async throws {
        let server = try await Self.start(app, environment, Log(label: "test", level: .error))
        do {
            try await body()
        } catch {
            await server.shutDown(grace: .zero)
            throw error
        }
        await server.shutDown(grace: .zero)
    }

    /// Where an app listens.
    public func url(_ app: App) -> String { "http://127.0.0.1:\(apps[app]?.port ?? 0)" }

    /// Has the emulator fail in the way that its fault injector describes.
    public func fault(_ json: JSONValue) async throws {
        guard let port = emulator.ports.first(where: { $0.name == "blob" })?.port else { return }
        let answer = try await client.fetch(
            .init(
                .post, "http://127.0.0.1:\(port)/_emulator/faults", fields: ["Content-Type": "application/json"],
                body: .bytes(json.encoded)))
        guard answer.status.isSuccess else { throw TestFailure("no fault: \(answer.status.rawValue)") }
    }
}

/// One embedding service for all tests of the process: the model is read once.
private actor Embedder {
    static let shared = Embedder()

    private var server: VMServer?

    func url() throws -> String {
        if let server { return "http://127.0.0.1:\(server.ports.vectors)/v1" }
        // The folder stays until the process ends; nothing is ever stored in it.
        let started = try RunningProduct.vectorService(
            try Fixtures.temporaryDirectory(), embeds: true, client: HTTPSession(),
            log: Log(label: "test", level: .error))
        server = started
        return "http://127.0.0.1:\(started.ports.vectors)/v1"
    }
}
