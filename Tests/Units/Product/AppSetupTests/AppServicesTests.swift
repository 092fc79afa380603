import AzureEmulator
import AzureIdentity
import AzureStorage
import Catalog
import ChatMessages
import ChromaClient
import FoundationEssentials
import HTTPClient
import HTTPMessages
import JSONCoding
import Models
import Settings
import Telemetry
import TestSupport
import Testing
import Tools

@testable import AppSetup

/// What apps are made from: settings, a vault's secrets, clients.
@Suite struct AppServicesTests {
    private struct Picky: ConfiguredClient {
        static let secretNames = ["PICKY_KEY"]
        let key: String
        init?(_ settings: inout SettingsReader, identity: TokenSource, client: HTTPSession) {
            guard let secret = settings.secret("PICKY_KEY") else {
                settings.add("PICKY_KEY", "is not set")
                return nil
            }
            key = secret.value
        }
    }

    /// Makes nothing and does not say why.
    private struct Silent: ConfiguredClient {
        static let secretNames: [String] = []
        init?(_ settings: inout SettingsReader, identity: TokenSource, client: HTTPSession) { return nil }
    }

    @Test func everyClientNamesTheSecretsThatItReads() {
        #expect(CatalogDatabase.secretNames == ["APUS_DATABASE_URL"])
        #expect(MessageStore.secretNames == ["APUS_COSMOS_KEY"])
        #expect(StorageClients.secretNames == ["AzureWebJobsStorage"])
        #expect(ChromaService.secretNames == ["APUS_CHROMA_TOKEN"])
        #expect(ToolBox.secretNames == ["GOOGLE_SEARCH_KEY", "BRAVE_SEARCH_KEY"])
        #expect(EmbeddingClient.secretNames.first == "APUS_EMBEDDINGS_KEY")
    }

    @Test func everythingThatIsWrongIsToldAtOnce() async throws {
        var services = try await AppServices(
            [Picky.self, CatalogDatabase.self, MessageStore.self, StorageClients.self],
            environment: ["APUS_COSMOS_KEY": "not base64!", "APUS_COSMOS_ENDPOINT": "http://127.0.0.1:1"])
        let picky = services.make(Picky.self)
        let catalog = services.make(CatalogDatabase.self)
        let messages = services.make(MessageStore.self)
        let storage = services.make(StorageClients.self)
        do {
            _ = try services.finish(picky, catalog, messages, storage)
            Issue.record("four settings are wrong")
        } catch let error as SettingsError {
            #expect(error.problems.count == 4, "\(error)")
            for name in ["PICKY_KEY", "APUS_DATABASE_URL", "APUS_COSMOS_KEY", "AzureWebJobsStorage"] {
                #expect(error.problems.contains { $0.hasPrefix(name) })
            }
            #expect(!error.description.contains("not base64!"))
        }
    }

    @Test func whatIsRightComesBackWhole() async throws {
        var services = try await AppServices(
            [Picky.self, CatalogDatabase.self],
            environment: ["PICKY_KEY": "k", "APUS_DATABASE_URL": "host=/nowhere user=nobody"])
        let wanted = (services.make(Picky.self), services.make(CatalogDatabase.self))
        let (picky, _) = try services.finish(wanted.0, wanted.1)
        #expect(picky.key == "k")
    }

    @Test func whoMakesNothingWithoutAReasonIsNamed() async throws {
        var services = try await AppServices([Silent.self], environment: [:])
        let silent = services.make(Silent.self)
        do {
            _ = try services.finish(silent)
            Issue.record("there is nothing")
        } catch let error as SettingsError {
            #expect(error.problems.count == 1 && error.problems[0].contains("Silent"))
        }
    }

    @Test func anUnknownLogLevelIsWrongToo() async throws {
        var services = try await AppServices([], environment: ["APUS_LOG": "loud"])
        _ = services.reportTelemetry(as: "test", log: Log(label: "test", level: .error))
        #expect(throws: SettingsError.self) { try services.finish() }
    }

    @Test func theEmbeddingModelHasAName() {
        #expect(EmbeddingClient.model(SettingsReader([:])) == "all-MiniLM-L6-v2")
        #expect(EmbeddingClient.model(SettingsReader(["APUS_EMBEDDINGS_MODEL": "openai:x"])) == "openai:x")
    }

    // MARK: - With a vault

    private func withVault(
        _ secrets: [String: String], _ body: ([String: String]) async throws -> Void
    ) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = Emulator.Configuration()
        configuration.dataDirectory = folder
        (configuration.blobPort, configuration.queuePort, configuration.cosmosPort) = (0, 0, 0)
        (configuration.vaultPort, configuration.identityPort) = (0, 0)
        let emulator = try Emulator(configuration, log: Log(label: "test", level: .error))
        func url(_ name: String) -> String {
            "http://127.0.0.1:\(emulator.ports.first { $0.name == name }?.port ?? 0)"
        }
        let environment = [
            "APUS_KEY_VAULT_URL": url("vault"), "IDENTITY_ENDPOINT": url("identity") + "/msi/token",
            "IDENTITY_HEADER": "apus-local-identity",
        ]
        let client = HTTPSession()
        do {
            let token = try await TokenSource(SettingsReader(environment), client: client).token(
                for: "https://vault.azure.net")
            for (name, value) in secrets {
                let answer = try await client.fetch(
                    .init(
                        .put, url("vault") + "/secrets/\(name)?api-version=7.4",
                        fields: ["Authorization": "Bearer \(token)", "Content-Type": "application/json"],
                        body: .bytes(JSONValue.object(["value": .string(value)]).encoded)))
                guard answer.status.isSuccess else { throw TestFailure("no secret: \(answer.status.rawValue)") }
            }
            try await body(environment)
        } catch {
            await emulator.shutDown()
            throw error
        }
        await emulator.shutDown()
    }

    @Test func aVaultsSecretsWinOverTheEnvironment() async throws {
        try await withVault(["PICKY-KEY": "from the vault", "OTHER-KEY": "unasked"]) { environment in
            var settings = environment
            settings["PICKY_KEY"] = "from the environment"
            settings["OTHER_KEY"] = "kept"
            var services = try await AppServices([Picky.self], environment: settings)
            let wanted = services.make(Picky.self)
            let picky = try services.finish(wanted)
            #expect(picky.key == "from the vault")
            // What nobody declared is not fetched.
            #expect(services.settings.optional("OTHER_KEY") == "kept")
        }
    }

    @Test func whatTheVaultDoesNotHaveStaysAsItIs() async throws {
        try await withVault([:]) { environment in
            var settings = environment
            settings["PICKY_KEY"] = "from the environment"
            var services = try await AppServices([Picky.self], environment: settings)
            let wanted = services.make(Picky.self)
            #expect(try services.finish(wanted).key == "from the environment")
        }
    }
}
