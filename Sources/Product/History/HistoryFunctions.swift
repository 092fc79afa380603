import AzureIdentity
import AzureStorage
import Catalog
import ChatMessages
public import FunctionsRuntime
import HTTPClient
import HTTPMessages
import Settings
public import Telemetry
import TelemetryExport

/// The history app's functions.
public enum HistoryFunctions {
    /// Reads the settings and wires the functions.
    ///
    /// - Throws: `SettingsError`, and what reading the Key Vault throws.
    public static func make(environment: [String: String], log: Log) async throws -> FunctionRoutes {
        let client = HTTPSession()
        let secrets = ["APUS_DATABASE_URL", "AzureWebJobsStorage", "APUS_COSMOS_KEY", TelemetryExporter.secretName]
        var settings = SettingsReader(try await KeyVaultSettings.resolved(environment, names: secrets, client: client))
        let identity = TokenSource(settings, client: client)
        let catalog = CatalogDatabase(&settings, identity: identity)
        let account = StorageAccount(&settings)
        let messages = MessageStore(&settings, identity: identity, client: client)
        _ = settings.logLevel()
        TelemetryExporter.start("apus-history", &settings, client: client, log: log)
        try settings.finish()
        guard let account, let messages else { return FunctionRoutes() }
        let queue = QueueClient(account: account, identity: identity, client: client)
        let history = HistoryRoutes(catalog: catalog, messages: messages, queue: queue)
        Task {
            // The app has no timer of its own; each process looks once after its start.
            do { try await history.finishCutOffDeletions() } catch {
                log.warning("deletions of chats could not be completed", ["error": String(describing: error)])
            }
        }
        var routes = FunctionRoutes()
        routes.http(.get, "history") { try await history.list($0) }
        routes.http(.get, "history/{chatId}") { try await history.get($0) }
        routes.http(.patch, "history/{chatId}") { try await history.rename($0) }
        routes.http(.delete, "history/{chatId}") { try await history.delete($0) }
        routes.check("postgres") { try await catalog.probe() }
        routes.check("cosmos") { try await messages.probe() }
        return routes
    }
}
