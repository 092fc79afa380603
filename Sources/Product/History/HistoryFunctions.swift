import AppSetup
import AzureStorage
import Catalog
import ChatMessages
import DocumentQueue
public import FunctionsRuntime
import HTTPMessages
public import Telemetry
import TelemetryExport

/// The history app's functions.
public enum HistoryFunctions {
    /// The largest request body in bytes: a file of chats.
    public static let maximumBodyBytes = ImportFile.longest

    /// Reads the settings and wires the functions.
    ///
    /// - Throws: `SettingsError`, and what reading the Key Vault throws.
    public static func make(environment: [String: String], log: Log) async throws -> FunctionRoutes {
        var services = try await AppServices(
            [CatalogDatabase.self, StorageClients.self, MessageStore.self, TelemetryExporter.self],
            environment: environment)
        let wanted = (
            services.make(CatalogDatabase.self), services.make(MessageStore.self), services.make(StorageClients.self)
        )
        _ = services.reportTelemetry(as: "apus-history", log: log)
        let (catalog, messages, storage) = try services.finish(wanted.0, wanted.1, wanted.2)
        let copier = ChatTextCopier(catalog: catalog, messages: messages)
        let history = HistoryRoutes(
            catalog: catalog, messages: messages, copier: copier, queue: IngestQueue(storage.queues), log: log)
        let search = SearchRoute(catalog: catalog)
        let exports = ExportRoutes(catalog: catalog, messages: messages)
        let imports = ImportRoute(catalog: catalog, messages: messages, copier: copier)
        Task {
            // The app has no timer of its own; each process looks once after its start.
            do { try await history.finishCutOffDeletions() } catch {
                log.warning("deletions of chats could not be completed", ["error": String(describing: error)])
            }
            await copyTexts(copier, log)
        }
        var routes = FunctionRoutes()
        routes.http(.get, "history") { try await history.list($0) }
        routes.http(.get, "history/search") { try await search.search($0) }
        routes.http(.get, "history/export") { try await exports.all($0) }
        routes.http(.post, "history/import") { try await imports.add($0) }
        routes.http(.get, "history/{chatId}/export") { try await exports.one($0) }
        routes.http(.get, "history/{chatId}") { try await history.get($0) }
        routes.http(.patch, "history/{chatId}") { try await history.rename($0) }
        routes.http(.delete, "history/{chatId}") { try await history.delete($0) }
        routes.check("postgres") { try await catalog.probe() }
        routes.check("cosmos") { try await messages.probe() }
        return routes
    }

    /// Makes chats searchable that were there before messages were copied. A store may not be there yet when a program starts.
    private static func copyTexts(_ copier: ChatTextCopier, _ log: Log) async {
        for pause in [5, 30, 300] {
            do {
                let count = try await copier.copyAll()
                if count > 0 { log.info("chats were made searchable", ["chats": String(count)]) }
                return
            } catch {
                log.warning("chats could not be made searchable", ["error": String(describing: error)])
            }
            try? await Task.sleep(for: .seconds(pause))
        }
    }
}
