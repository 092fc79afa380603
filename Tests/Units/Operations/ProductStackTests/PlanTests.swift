import ChildProcess
import FoundationEssentials
import Glibc
import Testing

@testable import ProductStack

/// What each program of the stack is started with.
struct PlanTests {
    private static let keys = StackKeys()

    private func withPlan(
        _ environment: [String: String], onlyData: Bool = false, _ body: (StackPlan, FakeLayout) throws -> Void
    ) async throws {
        try await FakeLayout.with { fake in
            var configuration = StackSupervisor.Configuration(
                dataDirectory: fake.root + "/data", ports: StackPorts(page: 8080, base: nil), environment: environment)
            configuration.onlyData = onlyData
            try body(StackPlan(configuration, layout: try fake.layout, keys: Self.keys, postgres: nil), fake)
        }
    }

    private func environment(_ plan: StackPlan, _ program: String) -> [String: String] {
        plan.programs.first { $0.name == program }?.command.environment ?? [:]
    }

    private func arguments(_ plan: StackPlan, _ program: String) -> [String] {
        plan.programs.first { $0.name == program }?.command.arguments ?? []
    }

    @Test func theProgramsStartFromTheStoresUp() async throws {
        try await withPlan([:]) { plan, _ in
            #expect(plan.programs.map(\.name) == ["azure-emulator", "vm-server", "functions-host"])
            #expect(plan.usesEmulator)
            #expect(plan.programs.allSatisfy { $0.stopSignal == SIGTERM })
        }
    }

    @Test func everyProgramGetsItsPlaceAndItsPorts() async throws {
        try await withPlan([:]) { plan, fake in
            #expect(
                arguments(plan, "azure-emulator") == [
                    "--data", fake.root + "/data/azure", "--blob-port", "10000", "--queue-port", "10001",
                    "--cosmos-port", "8081", "--vault-port", "8443", "--identity-port", "8444",
                ])
            #expect(
                arguments(plan, "vm-server") == [
                    "--data", fake.root + "/data/vectors", "--web", fake.root + "/web", "--model",
                    fake.root + "/models/all-MiniLM-L6-v2", "--port", "8080", "--vectors-port", "8000", "--address",
                    "127.0.0.1",
                ])
            let host = arguments(plan, "functions-host")
            let environments = host.indices.filter { host[$0] == "--environment" }
            let rest = host.indices.filter { index in !environments.contains { $0 == index || $0 + 1 == index } }
            #expect(
                rest.map { host[$0] } == [
                    "start", "--json", "--root", fake.root + "/.build/apps/chat=7071", "--root",
                    fake.root + "/.build/apps/upload=7072", "--root", fake.root + "/.build/apps/history=7073",
                    "--root", fake.root + "/.build/apps/account=7074",
                ])
            let folders = environments.map { host[$0 + 1].prefix { $0 != "=" } }
            #expect(folders.map(String.init) == ProductLayout.apps.map { "\(fake.root)/.build/apps/\($0)" })
        }
    }

    @Test func theSettingsNameTheStacksOwnServices() async throws {
        try await withPlan([:]) { plan, _ in
            let settings = environment(plan, "functions-host")
            #expect(settings["APUS_CHROMA_URL"] == "http://127.0.0.1:8000")
            #expect(settings["APUS_EMBEDDINGS_URL"] == "http://127.0.0.1:8000/v1")
            #expect(settings["APUS_COSMOS_ENDPOINT"] == "http://127.0.0.1:8081")
            #expect(settings["APUS_COSMOS_KEY"] == Self.keys.cosmos)
            #expect(settings["AzureWebJobsStorage"]?.contains("AccountKey=\(Self.keys.storage);") == true)
            #expect(settings["IDENTITY_HEADER"] == Self.keys.identityHeader)
            #expect(environment(plan, "vm-server")["APUS_CHAT_URL"] == "http://127.0.0.1:7071")
            #expect(environment(plan, "vm-server")["APUS_ACCOUNT_URL"] == "http://127.0.0.1:7074")
            #expect(settings["APUS_PAGE_URL"] == "http://127.0.0.1:8080")
            #expect(settings["AzureWebJobsStorage"]?.contains("BlobEndpoint=http://127.0.0.1:10000/") == true)
            #expect(settings["AzureWebJobsStorage"]?.contains("QueueEndpoint=http://127.0.0.1:10001/") == true)
            #expect(settings["IDENTITY_ENDPOINT"] == "http://127.0.0.1:8444/msi/token")
            #expect(plan.ownSettings["PATH"] == nil && settings["PATH"] == "/usr/bin:/bin")
        }
    }

    @Test func whatTheUserNamesWinsAndIsNotTheStacksOwn() async throws {
        try await withPlan(["APUS_CHROMA_URL": "http://chroma:1", "APUS_MODELS": "ollama:x"]) { plan, _ in
            #expect(environment(plan, "functions-host")["APUS_CHROMA_URL"] == "http://chroma:1")
            #expect(environment(plan, "functions-host")["APUS_MODELS"] == "ollama:x")
            #expect(plan.ownSettings["APUS_CHROMA_URL"] == nil && plan.ownSettings["APUS_MODELS"] == nil)
            #expect(plan.ownSettings["APUS_EMBEDDINGS_URL"] == "http://127.0.0.1:8000/v1")
        }
    }

    @Test(arguments: ["AzureWebJobsStorage", "AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__accountName"])
    func realStorageLeavesTheEmulatorForTheRestAndGetsNoKeyOfOurs(setting: String) async throws {
        try await withPlan([setting: "value"]) { plan, _ in
            #expect(plan.usesEmulator)
            let settings = environment(plan, "functions-host")
            #expect(settings["AzureWebJobsStorage"] == (setting == "AzureWebJobsStorage" ? "value" : nil))
            #expect(settings["IDENTITY_ENDPOINT"] == nil)
            #expect(settings["APUS_COSMOS_KEY"] != nil)
        }
    }

    @Test func aRealCosmosGetsNoKeyOfOurs() async throws {
        try await withPlan(["APUS_COSMOS_ENDPOINT": "https://c.documents.azure.com"]) { plan, _ in
            #expect(plan.usesEmulator)
            #expect(environment(plan, "functions-host")["APUS_COSMOS_KEY"] == nil)
            #expect(environment(plan, "functions-host")["IDENTITY_ENDPOINT"] == nil)
        }
    }

    @Test func whereAllOfAzureIsRealThereIsNoEmulator() async throws {
        let settings = ["APUS_COSMOS_ENDPOINT": "https://c", "AzureWebJobsStorage__blobServiceUri": "https://b"]
        try await withPlan(settings) { plan, _ in
            #expect(!plan.usesEmulator)
            #expect(plan.programs.map(\.name) == ["vm-server", "functions-host"])
        }
    }

    @Test func aClientIdMeansARealIdentity() async throws {
        try await withPlan(["AZURE_CLIENT_ID": "id"]) { plan, _ in
            #expect(environment(plan, "functions-host")["IDENTITY_ENDPOINT"] == nil)
        }
    }

    @Test func onlyTheDataNeedsNoPageNoModelAndNoHandlers() async throws {
        try await withPlan([:], onlyData: true) { plan, _ in
            #expect(plan.programs.map(\.name) == ["azure-emulator", "vm-server"])
            #expect(arguments(plan, "vm-server").suffix(2) == ["--vectors-only", "--no-embeddings"])
        }
    }

    // MARK: - What each part gets

    /// The names on the command line, as the functions host reads them.
    private func app(_ name: String, of plan: StackPlan) -> [String: String] {
        let list = arguments(plan, "functions-host").first { $0.contains("/apps/\(name)=") && $0.contains(",") }
        let names = (list ?? "").drop { $0 != "=" }.dropFirst().split(separator: ",").map(String.init)
        return PartEnvironment(names: names).selected(from: environment(plan, "functions-host"))
    }

    @Test func eachPartGetsItsOwnSecretsOnly() async throws {
        let secrets = [
            "APUS_CHROMA_TOKEN": "t", "OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k", "BRAVE_SEARCH_KEY": "k",
            "AZURE_CLIENT_SECRET": "k", "APUS_FUNCTIONS_KEY": "k", "APUS_BACKUP_KEY": "k", "PGPASSWORD": "k",
            "APUS_EMBEDDINGS_MODEL": "gemini:x", "APUS_SIGN_IN": "local,oidc", "APUS_OIDC_A_CLIENT_SECRET": "k",
            "SOMEBODYS_SECRET": "k",
            "SSH_AUTH_SOCK": "/x",
        ]
        try await withPlan(secrets) { plan, _ in
            let parts = [
                "azure-emulator": environment(plan, "azure-emulator"), "vm-server": environment(plan, "vm-server"),
                "chat": app("chat", of: plan), "upload": app("upload", of: plan), "history": app("history", of: plan),
                "account": app("account", of: plan),
            ]
            func owners(_ name: String) -> [String] { parts.filter { $0.value[name] != nil }.keys.sorted() }
            #expect(owners("AzureWebJobsStorage") == ["history", "upload"])
            #expect(owners("APUS_COSMOS_KEY") == ["chat", "history"])
            #expect(owners("APUS_CHROMA_TOKEN") == ["chat", "upload", "vm-server"])
            #expect(owners("OPENAI_API_KEY") == ["chat"] && owners("BRAVE_SEARCH_KEY") == ["chat"])
            #expect(owners("GEMINI_API_KEY") == ["chat", "upload"], "upload embeds with it")
            #expect(owners("APUS_FUNCTIONS_KEY") == ["vm-server"])
            #expect(owners("AZURE_CLIENT_SECRET") == ["account", "chat", "history", "upload", "vm-server"])
            let apps = ["account", "chat", "history", "upload"]
            #expect(owners("PGPASSWORD") == apps)
            #expect(owners("APUS_SIGN_IN") == apps && owners("APUS_SIGNING_KEYS") == apps)
            #expect(owners("APUS_PAGE_URL") == ["account"])
            #expect(owners("APUS_OIDC_A_CLIENT_SECRET") == ["account"])
            for nobodys in ["APUS_BACKUP_KEY", "SOMEBODYS_SECRET", "SSH_AUTH_SOCK"] {
                #expect(owners(nobodys).isEmpty && environment(plan, "functions-host")[nobodys] == nil)
            }
            #expect(parts.values.allSatisfy { $0["PATH"] != nil })
        }
    }

    @Test func theSettingsOfDeclaredToolsGoToChat() async throws {
        try await FakeLayout.with { fake in
            try fake.write(
                "tools.json", #"{"tools":[{"headers":{"a":"Bearer ${SHOP_TOKEN}","b":"${X}${Y_1}${not}"}}]}"#)
            let environment = ["APUS_TOOLS": fake.root + "/tools.json", "SHOP_TOKEN": "s", "Y_1": "y", "OTHER": "o"]
            let chat = PartEnvironment.app("chat", environment).selected(from: environment)
            #expect(chat["SHOP_TOKEN"] == "s" && chat["Y_1"] == "y" && chat["OTHER"] == nil)
            #expect(PartEnvironment.app("upload", environment).selected(from: environment)["SHOP_TOKEN"] == nil)
        }
    }

    /// A setting that the docs name and no part gets would do nothing under `apus up`.
    @Test func everySettingOfTheDocsReachesItsPart() throws {
        let text = try String(contentsOfFile: try ProductLayout().root + "/docs/settings.md", encoding: .utf8)
        let names = Set(text.matches(of: /`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/).map { String($0.1) })
        #expect(names.count > 40)
        let ofTheCommand: Set = [
            "APUS_API_KEY", "APUS_BACKUP_KEY", "APUS_LISTEN_ADDRESS", "APUS_OPEN", "MLFLOW_TRACKING_PASSWORD",
            "MLFLOW_TRACKING_TOKEN",
            "MLFLOW_TRACKING_USERNAME",
            // The stack has its own.
            "APUS_ADMIN_KEY", "APUS_EMULATOR_STORAGE_KEY", "APUS_EMULATOR_COSMOS_KEY",
            "APUS_EMULATOR_IDENTITY_HEADER", "APUS_EMULATOR_CLIENT_SECRET",
        ]
        for name in names.subtracting(ofTheCommand).sorted() {
            let environment = ["APUS_EMBEDDINGS_MODEL": "openai:x"].merging([name: "x"]) { one, _ in one }
            let parts =
                [PartEnvironment.emulator, .server] + ProductLayout.apps.map { PartEnvironment.app($0, environment) }
            #expect(parts.contains { $0.selected(from: environment)[name] != nil }, "\(name)")
        }
    }

    @Test func rootKeepsLittleOfItsRights() async throws {
        try await withPlan([:]) { plan, _ in
            #expect(plan.programs.allSatisfy { $0.command.capabilities == [.overrideFileModes, .dropCapabilities] })
        }
    }

    // MARK: - Keys

    @Test func theEmulatorAndTheHostGetTheirKeysAndNobodyElseDoes() async throws {
        try await withPlan([:]) { plan, _ in
            let emulator = environment(plan, "azure-emulator")
            #expect(emulator["APUS_EMULATOR_STORAGE_KEY"] == Self.keys.storage)
            #expect(emulator["APUS_EMULATOR_COSMOS_KEY"] == Self.keys.cosmos)
            #expect(emulator["APUS_EMULATOR_IDENTITY_HEADER"] == Self.keys.identityHeader)
            #expect(emulator["APUS_EMULATOR_CLIENT_SECRET"] == Self.keys.clientSecret)
            #expect(environment(plan, "functions-host")["APUS_ADMIN_KEY"] == Self.keys.admin)
            for name in ["azure-emulator", "vm-server"] {
                #expect(environment(plan, name)["APUS_ADMIN_KEY"] == nil)
            }
            for name in ["functions-host", "vm-server"] {
                #expect(!environment(plan, name).keys.contains { $0.hasPrefix("APUS_EMULATOR_") })
            }
            let all = [
                Self.keys.storage, Self.keys.cosmos, Self.keys.admin, Self.keys.identityHeader, Self.keys.signing,
            ]
            for argument in plan.programs.flatMap(\.command.arguments) {
                #expect(!all.contains { argument.contains($0) })
            }
        }
    }

    // MARK: - Reporting

    @Test func programsReportToTheVMServerWhichDoesNotReportToItself() async throws {
        try await withPlan([:]) { plan, _ in
            let name = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
            #expect(environment(plan, "functions-host")[name] == "http://127.0.0.1:8000/v1/metrics")
            #expect(environment(plan, "azure-emulator")[name] != nil && environment(plan, "vm-server")[name] == nil)
            #expect(environment(plan, "functions-host")["OTEL_METRIC_EXPORT_INTERVAL"] == "15000")
        }
    }

    @Test func whoNamesACollectorReportsThere() async throws {
        for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
            try await withPlan([name: "http://collector:4318"]) { plan, _ in
                #expect(environment(plan, "functions-host")["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] == nil)
            }
        }
    }

    @Test func theTokenGoesAlongWithEveryByteEncoded() async throws {
        try await withPlan(["APUS_CHROMA_TOKEN": "a,=\u{7}"]) { plan, _ in
            let headers = environment(plan, "functions-host")["OTEL_EXPORTER_OTLP_METRICS_HEADERS"]
            #expect(headers == "x-chroma-token=%61%2c%3d%07")
        }
    }
}
