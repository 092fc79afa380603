import AzureSignatures
import ChildProcess
import Glibc

/// Which programs a stack runs, and with which settings; worked out before anything is started.
struct StackPlan: Sendable {
    /// One program.
    struct Program: Sendable {
        let name: String
        let command: Subprocess.Command
        var stopSignal = SIGTERM
    }

    /// In the order of starting; stopping goes backwards.
    let programs: [Program]
    let usesEmulator: Bool
    /// Settings that are this stack's own, not its user's.
    let ownSettings: [String: String]

    /// - Parameter configuration: With the whole path of the data folder.
    init(
        _ configuration: StackSupervisor.Configuration, layout: ProductLayout, keys: StackKeys,
        postgres: PrivatePostgres?
    ) {
        let settings = configuration.environment
        let ports = configuration.ports
        let data = configuration.dataDirectory
        let namesStorage = ["", "__blobServiceUri", "__accountName"].contains {
            settings["AzureWebJobsStorage" + $0] != nil
        }
        let usesEmulator = !namesStorage || settings["APUS_COSMOS_ENDPOINT"] == nil
        self.usesEmulator = usesEmulator
        var environment = Self.settings(ports, keys: keys, postgres: postgres)
        environment["APUS_PAGE_URL"] = configuration.pageURL
        // A key of ours would win over the identity that the settings ask for.
        if namesStorage { environment["AzureWebJobsStorage"] = nil }
        if settings["APUS_COSMOS_ENDPOINT"] != nil { environment["APUS_COSMOS_KEY"] = nil }
        // Whoever names real services means a real identity for them, even where the emulator stands in for the rest.
        let namesIdentity =
            namesStorage || settings["APUS_COSMOS_ENDPOINT"] != nil || settings["AZURE_CLIENT_ID"] != nil
        if usesEmulator, !namesIdentity {
            // So that a vault of the emulator can be tried by naming it.
            environment["IDENTITY_ENDPOINT"] = "http://127.0.0.1:\(ports.identity)/msi/token"
            environment["IDENTITY_HEADER"] = keys.identityHeader
        }
        ownSettings = environment.filter { settings[$0.key] == nil && $0.key != "PATH" }
        environment.merge(settings) { $1 }
        var programs: [Program] = []
        if let postgres { programs.append(Program(name: "postgres", command: postgres.command, stopSignal: SIGINT)) }
        let reporting = Self.reporting(settings, ports: ports)
        func add(_ program: String, _ part: PartEnvironment, _ arguments: [String], own: [String: String] = [:]) {
            var command = Subprocess.Command(layout.program(program), arguments)
            // What reports are sent to does not report to itself.
            let all = program == "vm-server" ? environment : environment.merging(reporting) { $1 }
            command.environment = part.selected(from: all).merging(own) { $1 }
            command.capabilities = Self.capabilities(ports)
            programs.append(Program(name: program, command: command))
        }
        if usesEmulator {
            add(
                "azure-emulator", .emulator,
                [
                    "--data", data + "/azure", "--blob-port", "\(ports.blob)", "--queue-port", "\(ports.queue)",
                    "--cosmos-port", "\(ports.cosmos)", "--vault-port", "\(ports.vault)", "--identity-port",
                    "\(ports.identity)",
                ],
                own: [
                    "APUS_EMULATOR_STORAGE_KEY": keys.storage, "APUS_EMULATOR_COSMOS_KEY": keys.cosmos,
                    "APUS_EMULATOR_IDENTITY_HEADER": keys.identityHeader,
                    "APUS_EMULATOR_CLIENT_SECRET": keys.clientSecret,
                ])
        }
        add(
            "vm-server", .server,
            [
                "--data", data + "/vectors", "--web", layout.web, "--model", layout.model, "--port", "\(ports.page)",
                "--vectors-port", "\(ports.vectors)", "--address", configuration.pageAddress,
            ] + (configuration.onlyData ? ["--vectors-only", "--no-embeddings"] : []))
        if !configuration.onlyData {
            add(
                "functions-host", .functionsHost(environment),
                ["start", "--json"]
                    + ProductLayout.apps.flatMap { app in
                        let folder = layout.stagedApp(app)
                        let names = PartEnvironment.app(app, environment).names.joined(separator: ",")
                        return ["--root", "\(folder)=\(ports.port(of: app))", "--environment", "\(folder)=\(names)"]
                    },
                own: ["APUS_ADMIN_KEY": settings["APUS_ADMIN_KEY"] ?? keys.admin])
        }
        self.programs = programs
    }

    /// What is left of root's rights where root starts the stack. The data may be another user's, whose modes root passes over;
    /// what reads documents drops the rest, which takes a capability by itself.
    private static func capabilities(_ ports: StackPorts) -> Set<Capability> {
        ports.all.contains { $0 < 1024 }
            ? [.overrideFileModes, .dropCapabilities, .bindLowPorts] : [.overrideFileModes, .dropCapabilities]
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

    private static func settings(
        _ ports: StackPorts, keys: StackKeys, postgres: PrivatePostgres?
    ) -> [String: String] {
        let account = DevelopmentAccount.storageName
        var settings = [
            "PATH": "/usr/bin:/bin",
            "AzureWebJobsStorage":
                "DefaultEndpointsProtocol=http;AccountName=\(account);AccountKey=\(keys.storage);"
                + "BlobEndpoint=http://127.0.0.1:\(ports.blob)/\(account);QueueEndpoint=http://127.0.0.1:\(ports.queue)/\(account);",
            "APUS_COSMOS_ENDPOINT": "http://127.0.0.1:\(ports.cosmos)",
            "APUS_COSMOS_KEY": keys.cosmos,
            "APUS_CHROMA_URL": "http://127.0.0.1:\(ports.vectors)",
            "APUS_EMBEDDINGS_URL": "http://127.0.0.1:\(ports.vectors)/v1", "APUS_EMBEDDINGS_MODEL": "all-MiniLM-L6-v2",
            "APUS_CHAT_URL": "http://127.0.0.1:\(ports.chat)", "APUS_UPLOAD_URL": "http://127.0.0.1:\(ports.upload)",
            "APUS_HISTORY_URL": "http://127.0.0.1:\(ports.history)",
            "APUS_ACCOUNT_URL": "http://127.0.0.1:\(ports.account)", "APUS_SIGNING_KEYS": keys.signing,
        ]
        settings["APUS_DATABASE_URL"] = postgres?.conninfo
        return settings
    }
}
