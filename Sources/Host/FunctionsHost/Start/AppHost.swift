import Digests
public import EventLoop
import FoundationEssentials
import Glibc
public import HTTPClient
import HTTPMessages
import HTTPServing
import HTTPWire
import Problems
public import RequestGuards
import Telemetry

/// Serves one function app: its port stays while its files, and with them its functions, may change.
@NetworkActor
public final class AppHost {
    /// How to serve an app.
    public struct Options: Sendable {
        /// `nil` for local.settings.json's, or 7071.
        public var port: UInt16?
        /// `nil` for local.settings.json's, or 127.0.0.1.
        public var address: String?
        /// `nil` for local.settings.json's.
        public var corsOrigins: [String]?
        public var corsCredentials = false
        /// Whether callers have to show keys.
        public var checksKeys = false
        public var behaviour = HostBehaviour.helpful
        /// The names under which the app may be asked for, beside this machine's.
        public var hosts = AllowedHosts()
        /// Who may use `/admin`.
        public var admin = AdminAccess()
        /// Whether an app whose files have a fault is served all the same, with 503 until they are mended.
        var staysWhenBroken = false
        /// The functions to run; empty for all.
        public var functions: [String] = []

        /// The defaults.
        public init() {}
    }

    static let offlineFile = "app_offline.htm"
    private static let standardPort: UInt16 = 7071
    /// Many callers and long pauses, but heads that leave a handler room for the fields that are added.
    private static let limits = {
        var limits = ServerLimits()
        limits.connections = 20_000
        limits.idleTime = .seconds(130)
        limits.head = .request
        return limits
    }()

    /// The port that callers use.
    public var port: UInt16 { server?.port ?? 0 }
    /// Called when the app ends by itself, with the reason.
    public var onEnd: (@NetworkActor (String) -> Void)?

    private let root: String
    private let options: Options
    private let environment: [String: String]
    private let client: HTTPSession
    private let console: HostConsole
    private let keys: AccessKeys?
    private let guarding: RequestGuard
    private let metrics: HostMetrics
    private var server: ExchangeServer?
    private var admin: AdminEndpoints?
    private var instance: AppInstance?
    /// What keeps the app from running.
    private var error: String?
    private var supervision: Task<Void, Never>?
    private var watch: Task<Void, Never>?

    /// Reads an app and listens; the handler starts in the background.
    ///
    /// - Parameter root: Folder with host.json and the function folders.
    /// - Throws: `HostError` that says what to do.
    public init(
        root given: String, options: Options, environment: [String: String], client: HTTPSession, console: HostConsole
    ) throws {
        var root = given.hasPrefix("/") ? given : FileManager.default.currentDirectoryPath + "/" + given
        while root.hasSuffix("/"), root.utf8.count > 1 { root.removeLast() }
        if root.hasSuffix("/.") { root.removeLast(2) }
        var isDirectory: Bool = false
        guard FileManager.default.fileExists(atPath: root, isDirectory: &isDirectory), isDirectory else {
            throw HostError("\(root) is not a folder; --root names the folder with the app's host.json.")
        }
        guard
            FileManager.default.fileExists(atPath: root + "/host.json")
                || !FunctionCatalog.names(in: root).isEmpty
        else {
            throw HostError("\(root) has no host.json; --root names the folder with the app's host.json.")
        }
        self.root = root
        self.options = options
        self.environment = environment
        self.client = client
        self.console = console
        metrics = HostMetrics(app: root.split(separator: "/").last.map(String.init) ?? root)
        keys = options.checksKeys ? try AccessKeys(root: root) : nil
        guarding = RequestGuard(hosts: options.hosts)
        let settings = try LocalSettings(root: root, environment: environment)
        var access = options.admin
        access.isLocal = try listen(settings)
        do {
            instance = try AppInstance(
                root: root, settings: complete(settings), options: options, keys: keys, metrics: metrics,
                client: client, console: console)
        } catch  where options.staysWhenBroken {
            note(error)
        }
        admin = AdminEndpoints(root: root, keys: keys, access: access) { [unowned self] in reload() }
        announce()
        begin()
    }

    /// Stops callers first, then triggers, then the handler.
    public func shutDown() async {
        watch?.cancel()
        supervision?.cancel()
        await server?.shutDown(grace: .seconds(2))
        await instance?.stop()
    }

    /// Returns whether only this machine's programs can connect.
    private func listen(_ settings: LocalSettings) throws -> Bool {
        let address = options.address ?? settings.address ?? "127.0.0.1"
        let wanted = options.port ?? settings.port ?? Self.standardPort
        do {
            server = try ExchangeServer(
                address: address == "localhost" ? "127.0.0.1" : address, port: wanted, limits: Self.limits
            ) { [unowned self] in await answer($0) }
        } catch SocketError.system(EADDRINUSE) {
            throw HostError("port \(wanted) is in use by another program; choose one with --port.")
        } catch {
            throw HostError("cannot listen on \(address):\(wanted): \(error).")
        }
        return address == "localhost" || address.hasPrefix("127.")
    }

    /// The settings with what the host itself adds for handler and functions.
    private func complete(_ settings: LocalSettings) -> LocalSettings {
        var settings = settings
        let standard = [
            "AZURE_FUNCTIONS_ENVIRONMENT": "Development", "WEBSITE_HOSTNAME": "localhost:\(port)",
            "AzureWebJobsScriptRoot": root, "FUNCTIONS_WORKER_RUNTIME": "custom",
        ]
        settings.environment.merge(standard) { given, _ in given }
        // Several apps may run side by side, so these are never inherited.
        settings.environment["WEBSITE_HOSTNAME"] = standard["WEBSITE_HOSTNAME"]
        settings.environment["AzureWebJobsScriptRoot"] = root
        for (index, name) in options.functions.enumerated() {
            settings.environment["AzureFunctionsJobHost__functions__\(index)"] = name
        }
        return settings
    }

    private func announce() {
        guard let instance else { return }
        console.align(instance.catalog.functions.map(\.name))
        console.plain(FunctionTable(catalog: instance.catalog, port: port, console: console).text)
        for (name, detail) in instance.catalog.errors { console.line(.error, name, "is left out: \(detail)") }
    }

    private func begin() {
        instance?.invoker?.handler.onGiveUp = { [unowned self] reason in onEnd?(reason) }
        instance?.start()
        watch?.cancel()
        let watcher = FileWatcher(root: root, configuration: instance?.configuration)
        watch = Task { @NetworkActor [weak self] in
            await watcher.changed()
            guard !Task.isCancelled else { return }
            self?.reload()
        }
    }

    private func note(_ error: any Error) {
        self.error = String(describing: error)
        console.line(.error, "host", "the app cannot run until this is mended: \(error)")
    }

    /// Reads the app anew. While that is not possible calls get 503, and the next change tries again.
    private func reload() {
        guard supervision == nil else { return }
        console.line(.information, "host", "the app's files have changed; starting anew")
        supervision = Task { @NetworkActor in
            let old = instance
            await old?.stop()
            do {
                let settings = try LocalSettings(root: root, environment: environment)
                instance = try AppInstance(
                    root: root, settings: complete(settings), options: options, keys: keys, metrics: metrics,
                    client: client, console: console)
                error = nil
                announce()
            } catch {
                instance = nil
                note(error)
            }
            supervision = nil
            begin()
        }
    }

    // MARK: - Requests

    private func answer(_ exchange: ServerExchange) async {
        do {
            try await route(exchange)
        } catch let error as MessageError where exchange.sentStatus == nil {
            try? await exchange.send(HTTPResponse(error.status, text: error.description + "\n"))
        } catch is HTTPBodyTooLarge where exchange.sentStatus == nil {
            try? await exchange.send(HTTPResponse(.contentTooLarge))
        } catch {
            exchange.abort()
        }
    }

    private func route(_ exchange: ServerExchange) async throws {
        if let problem = guarding.hostRefusal(of: exchange.request) {
            let id = exchange.request.fields["x-request-id"] ?? UUIDv7.random()
            return try await exchange.send(problem.response(requestID: id))
        }
        let path = exchange.request.target.rawPath
        let lowered = path.utf8.count < 64 ? path.lowercased() : path
        if lowered.hasPrefix("/admin/") {
            return try await admin?.answer(exchange, description()) { [unowned self] in metricsText() } ?? ()
        }
        if let page = offlinePage() {
            return try await exchange.send(
                HTTPResponse(.serviceUnavailable, text: page, contentType: "text/html; charset=utf-8"))
        }
        guard let instance else {
            let text =
                options.behaviour.failsFast
                ? (error.map { "The app cannot run: \($0)\n" } ?? "The app is starting.\n") : ""
            return try await exchange.send(HTTPResponse(.serviceUnavailable, text: text))
        }
        if path == "/metrics", options.behaviour.servesMetrics, exchange.request.method == .get,
            !instance.edge.hasRoute(exchange.request)
        {
            return try await exchange.send(
                HTTPResponse(.ok, text: metricsText(), contentType: PrometheusText.contentType))
        }
        try await instance.edge.answer(exchange)
    }

    /// Brings what is not counted but looked up into the process's metrics; to be called before they are exported.
    public func observeMetrics() {
        let handler = instance?.invoker?.handler
        metrics.observe(
            restarts: handler?.restarts ?? 0, isReady: handler?.isReady ?? false,
            connections: server?.connectionCount ?? 0)
    }

    private func metricsText() -> String {
        observeMetrics()
        return metrics.text
    }

    private func description() -> AdminEndpoints.App {
        AdminEndpoints.App(
            id: String(Digest.hex(Digest.sha256(Array(root.utf8))).prefix(32)), catalog: instance?.catalog,
            error: error, isOffline: offlinePage() != nil, port: port,
            invoker: instance?.invoker, manual: instance?.manual)
    }

    private var offline: (checked: MonotonicTime, page: String?) = (MonotonicTime(milliseconds: .min), nil)

    /// The page of an app that was taken offline. Looked for a few times a second at most.
    private func offlinePage() -> String? {
        let now = MonotonicTime.now
        if offline.checked > now { return offline.page }
        let path = root + "/" + Self.offlineFile
        let page =
            access(path, R_OK) == 0
            ? FileManager.default.contents(atPath: path).map { String(decoding: $0.prefix(1 << 20), as: UTF8.self) }
            : nil
        offline = (now + .milliseconds(200), page)
        return page
    }
}
