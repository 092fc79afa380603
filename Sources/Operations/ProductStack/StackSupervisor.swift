import FoundationEssentials
public import HTTPClient
import HTTPMessages
import Telemetry

/// Everything on one machine: private PostgreSQL, Azure emulator, VM server, functions host with the apps.
public final class StackSupervisor: Sendable {
    /// What to start and where.
    public struct Configuration: Sendable {
        public var dataDirectory: String
        public var ports: StackPorts
        /// Settings that win over those of the stack; the process's environment.
        public var environment: [String: String]
        /// Whether only what holds data is started: no page, no handlers, no model.
        public var onlyData = false
        /// Whether the emulator has the public keys of every emulator, for tools that know no others.
        public var wellKnownKeys = false
        /// IPv4 address of the page.
        public var pageAddress = "127.0.0.1"

        /// Where the page is reached from this machine.
        var pageURL: String { "http://\(pageAddress == "0.0.0.0" ? "127.0.0.1" : pageAddress):\(ports.page)" }

        /// A configuration.
        public init(dataDirectory: String, ports: StackPorts, environment: [String: String]) {
            self.dataDirectory = dataDirectory
            self.ports = ports
            self.environment = environment
        }
    }

    private let configuration: Configuration
    private let layout: ProductLayout
    private let printer: LogPrinter
    private let client: HTTPSession
    private let postgres: PrivatePostgres?
    /// In the order of starting; stopping goes backwards.
    private let parts: [Part]
    private let plan: StackPlan

    /// Plans a stack; nothing is started yet.
    ///
    /// - Throws: `StackError` for a page that would be open to others, or a data folder that cannot be used.
    public init(_ given: Configuration, layout: ProductLayout, printer: LogPrinter, client: HTTPSession) throws {
        var configuration = given
        if !configuration.dataDirectory.hasPrefix("/") {
            configuration.dataDirectory = FileManager.default.currentDirectoryPath + "/" + configuration.dataDirectory
        }
        if !configuration.onlyData {
            try OpenPage.check(address: configuration.pageAddress, environment: configuration.environment)
        }
        let data = configuration.dataDirectory
        let folders = PrivateFolders(data: data)
        let usesPostgres = configuration.environment["APUS_DATABASE_URL"] == nil
        try folders.make(for: usesPostgres ? PrivatePostgres.user?.group : nil)
        folders.tighten()
        postgres = usesPostgres ? try PrivatePostgres(dataDirectory: data) : nil
        let keys = try StackKeys(dataDirectory: data, wellKnown: configuration.wellKnownKeys)
        plan = StackPlan(configuration, layout: layout, keys: keys, postgres: postgres)
        parts = plan.programs.map { Part($0.name, $0.command, stopSignal: $0.stopSignal, printer: printer) }
        self.configuration = configuration
        self.layout = layout
        self.printer = printer
        self.client = client
    }

    /// The settings under which other programs reach the stack's services.
    public var settings: [String: String] { plan.ownSettings.merging(configuration.environment) { $1 } }

    /// Where the page is.
    public var pageURL: String { configuration.pageURL }

    /// The addresses of the parts, for people.
    public var addresses: String {
        let ports = configuration.ports
        return """
              page       \(pageURL)
              vectors    http://127.0.0.1:\(ports.vectors)  (Chroma API and /v1/embeddings)
              chat       http://127.0.0.1:\(ports.chat)/api/chat
              upload     http://127.0.0.1:\(ports.upload)/api/upload
              history    http://127.0.0.1:\(ports.history)/api/history
              account    http://127.0.0.1:\(ports.account)/api/account
              sign-in    \(OpenPage.signsIn(configuration.environment) ? configuration.environment["APUS_SIGN_IN"] ?? "" : "none (APUS_SIGN_IN=local has people sign in)")
              models     \(configuration.environment["APUS_MODELS"] ?? "extractive (answers are quotes; APUS_MODELS names a language model)")
              data       \(configuration.dataDirectory)

            """
    }

    /// Starts everything, calls `whenReady` once all parts are healthy, and stops everything in order when the body
    /// returns or throws.
    public func run(_ whenReady: @escaping @Sendable () async throws -> Void) async throws {
        if !configuration.onlyData { try checkFiles() }
        let file = StackFile(dataDirectory: configuration.dataDirectory)
        guard file.settings == nil else {
            throw StackError(
                "Apus runs already with the data in \(configuration.dataDirectory). Stop it first, or choose another folder with --data."
            )
        }
        try configuration.ports.checkFree(usesEmulator: plan.usesEmulator)
        try await postgres?.prepare()
        var running: [Task<Void, Never>] = []
        let result: Result<Void, any Error>
        do {
            // The host comes last: it would only complain about what is not there yet.
            for part in parts {
                if part.name == "functions-host" {
                    try await postgres?.waitUntilReady()
                    if plan.usesEmulator { await waitForEmulator() }
                }
                running.append(Task { await part.run() })
            }
            if configuration.onlyData {
                try await postgres?.waitUntilReady()
                if plan.usesEmulator { await waitForEmulator() }
                try await waitUntil("http://127.0.0.1:\(configuration.ports.vectors)/api/v2/heartbeat")
            } else {
                try await waitUntil(pageURL + "/health")
                try file.write(plan.ownSettings)
            }
            try await whenReady()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        if !configuration.onlyData { file.remove() }
        for part in parts.reversed() { await part.stop() }
        for task in running {
            // One that waits for its next start waits no longer.
            task.cancel()
            await task.value
        }
        try result.get()
    }

    private func checkFiles() throws {
        for app in ProductLayout.apps where !FileManager.default.fileExists(atPath: layout.stagedApp(app) + "/handler")
        {
            throw StackError("the app \(app) is not staged. Run 'apus stage' (or 'make run', which does it).")
        }
        guard FileManager.default.fileExists(atPath: layout.model + "/model.safetensors") else {
            throw StackError("the embedding model is not in \(layout.model). Run 'make setup'.")
        }
    }

    /// Waits for the emulator, at most a few seconds: the host copes without, but says so.
    private func waitForEmulator() async {
        let deadline = ContinuousClock.now + .seconds(5)
        let url = "http://127.0.0.1:\(configuration.ports.blob)/_emulator/health"
        while ContinuousClock.now < deadline, (try? await client.fetch(.init(.get, url), limit: 64 * 1024)) == nil {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func waitUntil(_ url: String) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            var request = HTTPSession.Request(.get, url)
            request.headTimeout = .seconds(15)
            if let answer = try? await client.fetch(request, limit: 64 * 1024), answer.status.rawValue == 200 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw StackError("not every part became healthy within a minute; the lines above say which and why.")
    }
}
