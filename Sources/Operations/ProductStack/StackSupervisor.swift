import AzureSignatures
import ChildProcess
import FoundationEssentials
import Glibc
public import HTTPClient
import HTTPMessages
import Telemetry

/// Everything on one machine: private PostgreSQL, Azure emulator, VM server, functions host with the three apps.
public final class StackSupervisor: Sendable {
    /// What to start and where.
    public struct Configuration: Sendable {
        public var dataDirectory: String
        public var ports: StackPorts
        /// Settings that win over those of the stack; the process's environment.
        public var environment: [String: String]
        /// Whether only what holds data is started: no page, no handlers, no model.
        public var onlyData = false
        /// IPv4 address of the page.
        public var pageAddress = "127.0.0.1"

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
    private let usesEmulator: Bool
    /// Settings that are this stack's own, not its user's.
    private let ownSettings: [String: String]

    /// Plans a stack; nothing is started yet.
    public init(_ given: Configuration, layout: ProductLayout, printer: LogPrinter, client: HTTPSession) throws {
        var configuration = given
        if !configuration.dataDirectory.hasPrefix("/") {
            configuration.dataDirectory = FileManager.default.currentDirectoryPath + "/" + configuration.dataDirectory
        }
        let data = configuration.dataDirectory
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let settings = configuration.environment
        postgres = settings["APUS_DATABASE_URL"] == nil ? try PrivatePostgres(dataDirectory: data) : nil
        let namesStorage = ["", "__blobServiceUri", "__accountName"].contains {
            settings["AzureWebJobsStorage" + $0] != nil
        }
        usesEmulator = !namesStorage || settings["APUS_COSMOS_ENDPOINT"] == nil
        var environment = Self.settings(configuration.ports, postgres: postgres)
        // A key of ours would win over the identity that the settings ask for.
        if namesStorage { environment["AzureWebJobsStorage"] = nil }
        if settings["APUS_COSMOS_ENDPOINT"] != nil { environment["APUS_COSMOS_KEY"] = nil }
        // Whoever names real services means a real identity for them, even where the emulator stands in for the rest.
        let namesIdentity =
            namesStorage || settings["APUS_COSMOS_ENDPOINT"] != nil || settings["AZURE_CLIENT_ID"] != nil
        if usesEmulator, !namesIdentity {
            // So that a vault of the emulator can be tried by naming it.
            environment["IDENTITY_ENDPOINT"] = "http://127.0.0.1:\(configuration.ports.identity)/msi/token"
            environment["IDENTITY_HEADER"] = "apus-local-identity"
        }
        ownSettings = environment.filter { settings[$0.key] == nil && $0.key != "PATH" }
        environment.merge(settings) { $1 }
        var parts: [Part] = []
        if let postgres { parts.append(Part("postgres", postgres.command, stopSignal: SIGINT, printer: printer)) }
        let ports = configuration.ports
        let reporting = Self.reporting(settings, ports: configuration.ports)
        func add(_ program: String, _ arguments: [String]) {
            var command = Subprocess.Command(layout.program(program), arguments)
            // What reports are sent to does not report to itself.
            command.environment = program == "vm-server" ? environment : environment.merging(reporting) { $1 }
            parts.append(Part(program, command, printer: printer))
        }
        if usesEmulator {
            add(
                "azure-emulator",
                [
                    "--data", data + "/azure", "--blob-port", "\(ports.blob)", "--queue-port", "\(ports.queue)",
                    "--cosmos-port", "\(ports.cosmos)", "--vault-port", "\(ports.vault)", "--identity-port",
                    "\(ports.identity)",
                ])
        }
        add(
            "vm-server",
            [
                "--data", data + "/vectors", "--web", layout.web, "--model", layout.model, "--port", "\(ports.page)",
                "--vectors-port", "\(ports.vectors)", "--address", configuration.pageAddress,
            ] + (configuration.onlyData ? ["--vectors-only", "--no-embeddings"] : []))
        if !configuration.onlyData {
            add(
                "functions-host",
                ["start", "--json"]
                    + ProductLayout.apps.flatMap { ["--root", "\(layout.stagedApp($0))=\(ports.port(of: $0))"] })
        }
        self.parts = parts
        self.configuration = configuration
        self.layout = layout
        self.printer = printer
        self.client = client
    }

    /// The settings under which other programs reach the stack's services.
    public var settings: [String: String] { ownSettings.merging(configuration.environment) { $1 } }

    /// Where the page is.
    public var pageURL: String {
        let address = configuration.pageAddress == "0.0.0.0" ? "127.0.0.1" : configuration.pageAddress
        return "http://\(address):\(configuration.ports.page)"
    }

    /// The addresses of the parts, for people.
    public var addresses: String {
        let ports = configuration.ports
        return """
              page       \(pageURL)
              vectors    http://127.0.0.1:\(ports.vectors)  (Chroma API and /v1/embeddings)
              chat       http://127.0.0.1:\(ports.chat)/api/chat
              upload     http://127.0.0.1:\(ports.upload)/api/upload
              history    http://127.0.0.1:\(ports.history)/api/history
              models     \(configuration.environment["APUS_MODELS"] ?? "extractive (answers are quotes; APUS_MODELS names a language model)")
              data       \(configuration.dataDirectory)

            """
    }

    /// Process ids of the running parts, by name.
    public var processes: [(name: String, id: Int32)] {
        parts.compactMap { part in part.processID.map { (part.name, $0) } }
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
        try configuration.ports.checkFree(usesEmulator: usesEmulator)
        try await postgres?.prepare()
        var running: [Task<Void, Never>] = []
        let result: Result<Void, any Error>
        do {
            // The host comes last: it would only complain about what is not there yet.
            for part in parts {
                if part.name == "functions-host" {
                    try await postgres?.waitUntilReady()
                    if usesEmulator { await waitForEmulator() }
                }
                running.append(Task { await part.run() })
            }
            if configuration.onlyData {
                try await postgres?.waitUntilReady()
                if usesEmulator { await waitForEmulator() }
                try await waitUntil("http://127.0.0.1:\(configuration.ports.vectors)/api/v2/heartbeat")
            } else {
                try await waitUntil(pageURL + "/health")
                try file.write(ownSettings)
            }
            try await whenReady()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        if !configuration.onlyData { file.remove() }
        for part in parts.reversed() { await part.stop() }
        for task in running { await task.value }
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

    /// Has the programs report their metrics to the VM server, whose `/metrics` shows them all, unless the environment
    /// says where telemetry goes.
    private static func reporting(_ environment: [String: String], ports: StackPorts) -> [String: String] {
        guard !environment.keys.contains(where: { $0.hasPrefix("OTEL_") && $0.hasSuffix("ENDPOINT") }) else {
            return [:]
        }
        var settings = [
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:\(ports.vectors)/v1/metrics",
            "OTEL_METRIC_EXPORT_INTERVAL": environment["OTEL_METRIC_EXPORT_INTERVAL"] ?? "15000",
        ]
        if let token = environment["APUS_CHROMA_TOKEN"], !token.isEmpty {
            let encoded = token.utf8.map { byte in
                let digits = String(byte, radix: 16)
                return digits.count < 2 ? "%0\(digits)" : "%\(digits)"
            }
            settings["OTEL_EXPORTER_OTLP_METRICS_HEADERS"] = "x-chroma-token=\(encoded.joined())"
        }
        return settings
    }

    private static func settings(_ ports: StackPorts, postgres: PrivatePostgres?) -> [String: String] {
        let account = DevelopmentAccount.storageName
        var settings = [
            "PATH": "/usr/bin:/bin",
            "AzureWebJobsStorage":
                "DefaultEndpointsProtocol=http;AccountName=\(account);AccountKey=\(DevelopmentAccount.storageKey);"
                + "BlobEndpoint=http://127.0.0.1:\(ports.blob)/\(account);QueueEndpoint=http://127.0.0.1:\(ports.queue)/\(account);",
            "APUS_COSMOS_ENDPOINT": "http://127.0.0.1:\(ports.cosmos)",
            "APUS_COSMOS_KEY": DevelopmentAccount.cosmosKey,
            "APUS_CHROMA_URL": "http://127.0.0.1:\(ports.vectors)",
            "APUS_EMBEDDINGS_URL": "http://127.0.0.1:\(ports.vectors)/v1", "APUS_EMBEDDINGS_MODEL": "all-MiniLM-L6-v2",
            "APUS_CHAT_URL": "http://127.0.0.1:\(ports.chat)", "APUS_UPLOAD_URL": "http://127.0.0.1:\(ports.upload)",
            "APUS_HISTORY_URL": "http://127.0.0.1:\(ports.history)",
        ]
        settings["APUS_DATABASE_URL"] = postgres?.conninfo
        return settings
    }
}
