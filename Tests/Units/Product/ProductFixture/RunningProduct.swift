import Accounts
public import AzureEmulator
import AzureIdentity
public import AzureStorage
public import Catalog
import Chat
public import ChatMessages
public import ChromaClient
import FunctionsRuntime
public import HTTPClient
import HTTPMessages
import HTTPServing
import History
public import JSONCoding
public import Postgres
import Settings
import Telemetry
import TestStores
import TestSupport
import Upload
import VectorServer

/// The product inside the test's process: the three apps behind real sockets, a database of its own, the emulator, the
/// vector service, and a language model that says what the test wants.
public final class RunningProduct: Sendable {
    /// The function apps.
    public enum App: String, Sendable {
        case chat, upload, history, account
    }

    /// Whether there is a database server to make databases on.
    public static var hasDatabase: Bool { Stores.hasDatabase }
    /// Why suites are skipped without one.
    public static let noDatabase = "needs PostgreSQL: scripts/with-postgres sets APUS_TEST_POSTGRES"
    /// Whether texts can be embedded as well.
    public static var canSearch: Bool { hasDatabase && Fixtures.hasModel }
    /// Why suites are skipped without that.
    public static let noSearch = "needs PostgreSQL (scripts/with-postgres) and the embedding model (make setup)"

    public let emulator: Emulator
    public let client: HTTPSession
    public let model: ScriptedModel
    /// The stores, for looking at what the apps have left in them and for putting them into odd states.
    public let catalog: WorkspaceCatalog
    public let sql: PostgresPool
    public let messages: MessageStore
    public let storage: StorageClients
    public let vectors: ChromaService
    public let environment: [String: String]

    /// What each app answers, as `GET /api/documents`.
    public let routes: [App: [String]]
    private let apps: [App: HTTPServer]

    /// The catalogue's tables, without anything in them.
    private static let schema = Stores.Template { conninfo in
        var reader = SettingsReader(["APUS_DATABASE_URL": conninfo])
        let client = HTTPSession()
        let identity = TokenSource(reader, client: client)
        try await CatalogDatabase(&reader, identity: identity, client: client).prepare()
    }

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
        try await Stores.with(schema) { stores in
            let product = try await RunningProduct(apps, stores, settings: settings, model: ScriptedModel(answer))
            do {
                try await body(product)
            } catch {
                await product.shutDown()
                throw error
            }
            await product.shutDown()
        }
    }

    private init(_ wanted: [App], _ stores: Stores, settings: [String: String], model: ScriptedModel) async throws {
        let log = Log(label: "test", level: .error)
        emulator = stores.emulator
        client = stores.client
        self.model = model
        var environment = stores.settings
        environment["APUS_EMBEDDINGS_URL"] = Fixtures.hasModel ? try await Embedder.shared.url() : model.url
        environment["APUS_MODELS"] = "openai:scripted"
        environment["OPENAI_BASE_URL"] = model.url
        environment["APUS_LOG"] = "error"
        environment.merge(settings) { $1 }
        self.environment = environment
        var reader = SettingsReader(environment)
        let identity = TokenSource(reader, client: client)
        catalog = CatalogDatabase(&reader, identity: identity, client: client).view(of: CatalogDatabase.firstWorkspace)
        guard let messages = MessageStore(&reader, identity: identity, client: client),
            let storage = StorageClients(&reader, identity: identity, client: client)
        else { throw TestFailure("the fixture's settings are wrong") }
        self.messages = messages
        self.storage = storage
        vectors = ChromaService(
            &reader, tenant: CatalogDatabase.firstWorkspace, embeddingModel: "all-MiniLM-L6-v2", client: client)
        sql = PostgresPool(stores.conninfo, maximumConnections: 2)
        // Once, before the apps do it side by side.
        try await catalog.index.prepare()
        var apps: [App: HTTPServer] = [:]
        var routes: [App: [String]] = [:]
        for app in wanted {
            let own = try await Self.routes(of: app, environment, log)
            routes[app] = own.table.map { "\($0.method) \($0.template)" }
            apps[app] = try Self.serve(app, own, environment, log)
        }
        self.apps = apps
        self.routes = routes
    }

    /// An app as its program starts it.
    private static func routes(
        of app: App, _ environment: [String: String], _ log: Log
    ) async throws -> FunctionRoutes {
        switch app {
        case .chat: try await ChatFunctions.make(environment: environment, log: log)
        case .upload: try await UploadFunctions.make(environment: environment, log: log)
        case .history: try await HistoryFunctions.make(environment: environment, log: log)
        case .account: try await AccountFunctions.make(environment: environment, log: log)
        }
    }

    private static func serve(
        _ app: App, _ routes: FunctionRoutes, _ environment: [String: String], _ log: Log
    ) throws -> HTTPServer {
        let dispatcher = FunctionDispatcher(routes: routes, log: log)
        var configuration = HTTPServer.Configuration()
        configuration.maximumBodyBytes =
            switch app {
            case .upload: UploadFunctions.maximumBodyBytes(environment)
            case .history: HistoryFunctions.maximumBodyBytes
            case .chat, .account: 1 << 20
            }
        return try HTTPServer(configuration) { await dispatcher.answer($0) }
    }

    private func shutDown() async {
        for server in apps.values { await server.shutDown(grace: .zero) }
        await model.shutDown()
    }

    /// Starts another process's worth of an app for as long as the body runs: what an app does at its start happens.
    public func restart(_ app: App, _ body: () async throws -> Void) async throws {
        try await another(app) { _ in try await body() }
    }

    /// The same, with the address at which it listens.
    public func another(_ app: App, _ body: (_ url: String) async throws -> Void) async throws {
        let log = Log(label: "test", level: .error)
        let routes = try await Self.routes(of: app, environment, log)
        let server = try Self.serve(app, routes, environment, log)
        do {
            try await body("http://127.0.0.1:\(server.port)")
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
                .post, "http://127.0.0.1:\(port)/_emulator/faults",
                fields: [
                    "Content-Type": "application/json", "Authorization": "Bearer \(emulator.adminToken.value)",
                ],
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
        var configuration = VMServer.Configuration()
        // The folder stays until the process ends; nothing is ever stored in it.
        configuration.dataDirectory = try Fixtures.temporaryDirectory()
        configuration.modelDirectory = Fixtures.model
        (configuration.port, configuration.vectorsPort) = (0, 0)
        configuration.vectorsOnly = true
        var none = SettingsReader([:])
        let started = try VMServer(
            configuration, upstreams: APIProxy.Upstreams(&none), client: HTTPSession(),
            log: Log(label: "test", level: .error))
        server = started
        return "http://127.0.0.1:\(started.ports.vectors)/v1"
    }
}
