package import AccessControl
import AppSetup
import AzureStorage
import Catalog
import ChatMessages
import DocumentQueue
public import FunctionsRuntime
import HTTPMessages
import OpenAIFaces
import TaskTools
public import Telemetry
import TelemetryExport

/// The history app's functions.
public enum HistoryFunctions {
    /// The largest request body in bytes: a file of chats.
    public static let maximumBodyBytes = ImportFile.longest

    /// Between two looks for chats whose deletion was cut off, or is for this app to do.
    private static let pause = Duration.seconds(300)
    /// Between the first look and the second: by then what a kill has just cut off is due.
    private static let firstPause = Duration.seconds(65)

    /// Reads the settings and wires the functions.
    ///
    /// - Throws: `SettingsError`, and what reading the Key Vault throws.
    public static func make(environment: [String: String], log: Log) async throws -> FunctionRoutes {
        try await guarded(environment: environment, log: log).functions
    }

    /// The same, with the table of what each route asks of its caller.
    package static func guarded(environment: [String: String], log: Log) async throws -> GuardedRoutes {
        var services = try await AppServices(
            [CatalogDatabase.self, StorageClients.self, MessageStore.self, AccessGuard.self, TelemetryExporter.self],
            environment: environment)
        let wanted = (
            services.make(CatalogDatabase.self), services.make(MessageStore.self), services.make(StorageClients.self)
        )
        let guarding = AccessGuard(&services.settings, catalog: wanted.0)
        _ = services.reportTelemetry(as: "apus-history", log: log)
        let (catalog, messages, storage, gate) = try services.finish(wanted.0, wanted.1, wanted.2, guarding)
        let queue = IngestQueue(storage.queues)
        let importSlot = Slots(1)
        let trail = gate.trail(log)
        @Sendable func history(_ view: WorkspaceCatalog) -> HistoryRoutes {
            let own = messages.view(of: view.workspace)
            return HistoryRoutes(
                catalog: view, messages: own, copier: ChatTextCopier(catalog: view, messages: own),
                interrupted: InterruptedAnswers(catalog: catalog, messages: messages), log: log)
        }
        @Sendable func deletion(_ view: WorkspaceCatalog) -> ChatDeletion {
            ChatDeletion(catalog: view, messages: messages.view(of: view.workspace), queue: queue)
        }
        @Sendable func deletions(_ access: Access) -> DeletionRoutes {
            DeletionRoutes(deletion: deletion(catalog.view(for: access)), log: log)
        }
        @Sendable func history(_ access: Access) -> HistoryRoutes { history(catalog.view(for: access)) }
        @Sendable func single(_ access: Access) -> MessageRoutes {
            let history = history(access)
            return MessageRoutes(catalog: history.catalog, messages: history.messages, copier: history.copier)
        }
        @Sendable func exports(_ access: Access) -> ExportRoutes {
            ExportRoutes(catalog: catalog.view(for: access), messages: messages.view(of: access.workspace))
        }
        @Sendable func shares(_ access: Access) -> ShareRoutes {
            ShareRoutes(catalog: catalog.view(for: access), messages: messages.view(of: access.workspace))
        }
        let shared = SharedChatRoute(catalog: catalog, messages: messages, gate: gate, trail: trail, log: log)
        @Sendable func finishDeletions() async {
            do {
                try await catalog.removeExpiredShares()
                for workspace in try await catalog.workspaces() {
                    let view = catalog.view(of: workspace)
                    try await deletion(view).finishDue()
                    let count = try await deletion(view).deletePastRetention()
                    guard count > 0 else { continue }
                    log.info("chats were kept long enough", ["workspace": workspace, "chats": String(count)])
                    await trail?.record(view.retentionEvent("chats", count))
                }
            } catch {
                log.warning("deletions of chats could not be completed", ["error": String(describing: error)])
            }
        }
        Task {
            // The app has no timer of its own; each process looks after its start, a little later, and from time to time.
            var pause = Self.firstPause
            while true {
                await finishDeletions()
                do { try await InterruptedAnswers(catalog: catalog, messages: messages).endAll() } catch {
                    log.warning("answers of dead processes could not be ended", ["error": String(describing: error)])
                }
                try await Task.sleep(for: pause)
                pause = Self.pause
            }
        }
        Task {
            await copyTexts(log) {
                var count = 0
                for workspace in try await catalog.workspaces() {
                    count += try await history(catalog.view(of: workspace)).copier.copyAll()
                }
                return count
            }
        }
        var routes = GuardedRoutes(gate, trail: trail)
        routes.http(.get, "history", for: .read) { try await history($1).list($0) }
        routes.http(.get, "history/search", for: .read) {
            try await SearchRoute(catalog: catalog.view(for: $1)).search($0)
        }
        routes.http(.get, "history/folders", for: .read) { try await history($1).folders($0) }
        routes.http(.get, "history/export", for: .read, audited: .soon) { try await exports($1).all($0) }
        routes.http(.post, "history/import", for: .ask, audited: .first) {
            try await ImportRoute(of: history($1), slot: importSlot).add($0)
        }
        routes.http(.get, "history/{chatId}/export", for: .read, audited: .soon) { try await exports($1).one($0) }
        routes.http(.get, "history/{chatId}", for: .read) { try await history($1).get($0) }
        routes.http(.patch, "history/{chatId}", for: .ask) { try await history($1).change($0) }
        routes.http(.delete, "history/{chatId}", for: .ask) { try await deletions($1).one($0) }
        routes.http(.post, "history/delete", for: .ask, audited: .first) { try await deletions($1).many($0) }
        routes.http(.post, "history/{chatId}/restore", for: .ask, audited: .first) {
            try await deletions($1).restore($0)
        }
        routes.http(.put, "history/{chatId}/messages/{messageId}", for: .ask) { try await single($1).edit($0) }
        routes.http(.post, "history/{chatId}/branch", for: .ask) { try await single($1).branch($0) }
        routes.http(.post, "history/{chatId}/share", for: .ask, audited: .first) { try await shares($1).make($0) }
        routes.http(.get, "history/{chatId}/share", for: .read) { try await shares($1).list($0) }
        routes.http(.delete, "history/{chatId}/share/{shareId}", for: .ask) { try await shares($1).end($0) }
        addConversations(&routes, catalog, messages, log) { deletion($0) }
        routes.open(.get, "share") { await shared.open($0) }
        routes.open(.get, "share/{token}") { await shared.open($0) }
        routes.functions.check("postgres") { try await catalog.probe() }
        routes.functions.check("cosmos") { try await messages.probe() }
        return routes
    }

    private static func addConversations(
        _ routes: inout GuardedRoutes, _ catalog: CatalogDatabase, _ messages: MessageStore, _ log: Log,
        _ deletion: @escaping @Sendable (WorkspaceCatalog) -> ChatDeletion
    ) {
        func add(
            _ method: HTTPMethod, _ path: String, for permission: Permission, audited: GuardedRoutes.Audited? = nil,
            _ answer: @escaping @Sendable (ConversationRoutes, HTTPRequest) async throws -> HTTPResponse
        ) {
            routes.http(method, at: "/v1/conversations" + path, for: permission, audited: audited) { request, access in
                let view = catalog.view(for: access)
                let conversations = ConversationRoutes(catalog: view, messages: messages.view(of: access.workspace)) {
                    guard let chat = try await deletion(view).mark($0) else { return false }
                    // The deletion goes on when the caller leaves.
                    _ = try await Task { try await deletion(view).finish(chat) }.value
                    return true
                }
                return await OpenAIError.answering(request, log: log) { try await answer(conversations, request) }
            }
        }
        add(.post, "", for: .ask, audited: .first) { try await $0.create($1) }
        add(.get, "/{id}", for: .read) { try await $0.get($1) }
        add(.post, "/{id}", for: .ask, audited: .first) { try await $0.update($1) }
        add(.delete, "/{id}", for: .ask) { try await $0.delete($1) }
        add(.get, "/{id}/items", for: .read) { try await $0.items($1) }
        add(.post, "/{id}/items", for: .ask, audited: .first) { try await $0.addItems($1) }
        add(.get, "/{id}/items/{item}", for: .read) { try await $0.item($1) }
        add(.delete, "/{id}/items/{item}", for: .ask) { try await $0.deleteItem($1) }
    }

    /// Makes chats searchable that were there before messages were copied. A store may not be there yet when a program starts.
    private static func copyTexts(_ log: Log, _ copyAll: () async throws -> Int) async {
        for pause in [5, 30, 300] {
            do {
                let count = try await copyAll()
                if count > 0 { log.info("chats were made searchable", ["chats": String(count)]) }
                return
            } catch {
                log.warning("chats could not be made searchable", ["error": String(describing: error)])
            }
            try? await Task.sleep(for: .seconds(pause))
        }
    }
}
