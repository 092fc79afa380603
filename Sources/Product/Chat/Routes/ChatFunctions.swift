package import AccessControl
import AppSetup
import Catalog
import ChatMessages
import ChromaClient
public import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Models
import OpenAIFaces
import Problems
import ProgramSupport
import Retrieval
import Settings
import TaskTools
public import Telemetry
import TelemetryExport
import Tools

/// The chat app's functions.
public enum ChatFunctions {
    private static let standardCacheSeconds = 86_400

    /// Reads the settings and wires the functions.
    ///
    /// - Throws: `SettingsError`, and what reading the Key Vault throws.
    public static func make(environment: [String: String], log: Log) async throws -> FunctionRoutes {
        try await guarded(environment: environment, log: log).functions
    }

    /// The same, with the table of what each route asks of its caller.
    package static func guarded(environment: [String: String], log: Log) async throws -> GuardedRoutes {
        var services = try await AppServices(
            [
                CatalogDatabase.self, MessageStore.self, EmbeddingClient.self, ChromaTenants.self, ModelList.self,
                ToolBox.self, AccessGuard.self, TelemetryExporter.self,
            ], environment: environment)
        let wanted = (
            services.make(CatalogDatabase.self), services.make(MessageStore.self), services.make(EmbeddingClient.self),
            services.make(ModelList.self), PresetLibrary(&services.settings), services.make(ToolBox.self)
        )
        let guarding = AccessGuard(&services.settings, catalog: wanted.0)
        let vectors = ChromaTenants(
            &services.settings, embeddingModel: EmbeddingClient.model(services.settings), client: services.client)
        let cacheSeconds = services.settings.int("APUS_ANSWER_CACHE", default: standardCacheSeconds, in: 0...31_536_000)
        let unsupported = UnsupportedHandling(&services.settings)
        _ = services.reportTelemetry(as: "apus-chat", log: log)
        let (catalog, messages, embeddings, models, presets, toolBox, gate) = try services.finish(
            wanted.0, wanted.1, wanted.2, wanted.3, wanted.4, wanted.5, guarding)
        let answering = AnswerServices(
            catalog: catalog, messages: messages, embeddings: embeddings, vectors: vectors, models: models,
            presets: presets, tools: toolBox.tools, cacheSeconds: cacheSeconds, unsupported: unsupported, log: log)
        Task {
            // What a process before this one was writing when it was killed is abandoned by then.
            try await Task.sleep(for: .seconds(CatalogDatabase.leaseSeconds + 3))
            await answering.endAbandonedAnswers()
        }
        ProgramLife.beforeExit { [running = answering.running] in await running.close() }
        var routes = routes(answering, gate, log)
        routes.functions.check("postgres") { try await catalog.probe() }
        routes.functions.check("cosmos") { try await messages.probe() }
        routes.functions.check("vectors") { try await vectors.of(CatalogDatabase.firstWorkspace).probe() }
        return routes
    }

    private static func routes(_ answering: AnswerServices, _ gate: AccessGuard, _ log: Log) -> GuardedRoutes {
        let catalog = answering.catalog
        @Sendable func experiments(_ access: Access) -> ExperimentsRoute {
            ExperimentsRoute(catalog: catalog.view(for: access), splits: answering.splits[access.workspace])
        }
        @Sendable func splits(_ access: Access) -> SplitRoute { SplitRoute(library: answering.library(for: access)) }
        @Sendable func feedback(_ access: Access) -> FeedbackRoute {
            FeedbackRoute(
                catalog: catalog.view(for: access), messages: answering.messages.view(of: access.workspace))
        }
        var routes = GuardedRoutes(gate, trail: gate.trail(log))
        routes.http(.post, "chat", for: .ask) {
            try await ChatRoute(engine: answering.engine(for: $1), reader: answering.reader(for: $1)).answer($0)
        }
        routes.http(.get, "chat/{answerId}/events", for: .read) {
            try await RunningAnswerRoutes(reader: answering.reader(for: $1)).events($0)
        }
        routes.http(.post, "chat/{answerId}/stop", for: .ask) {
            try await RunningAnswerRoutes(reader: answering.reader(for: $1)).stop($0)
        }
        routes.http(.post, "chat/{answerId}/regenerate", for: .ask) {
            try await ChatRoute(engine: answering.engine(for: $1), reader: answering.reader(for: $1)).redo($0)
        }
        routes.http(.post, "ask", for: .ask) { try await AskRoute(answers: answering.oneOff(for: $1)).answer($0) }
        routes.http(.get, "usage", for: .manage) { try await UsageRoute(catalog: catalog.view(for: $1)).answer($0) }
        routes.http(.get, "experiments", for: .manage) { try await experiments($1).list($0) }
        routes.http(.post, "experiments", for: .manage) { try await experiments($1).add($0) }
        routes.http(.get, "experiments/{id}", for: .manage) { try await splits($1).get($0) }
        routes.http(.post, "experiments/{id}/split", for: .manage) { try await splits($1).set($0) }
        routes.http(.delete, "experiments/{id}", for: .manage) { try await experiments($1).delete($0) }
        routes.http(.get, "feedback", for: .manage) { try await feedback($1).list($0) }
        routes.http(.post, "feedback", for: .ask, audited: .first) { try await feedback($1).rate($0) }
        routes.http(.get, "models", for: .read) { _, _ in Self.models(answering.models) }
        routes.http(.get, "presets", for: .read) { _, _ in
            let presets = answering.presets
            return HTTPResponse(
                json: ["presets": .array(presets.all.map { $0.json(isDefault: $0.id == presets.standard.id) })])
        }
        routes.http(.post, at: "/v1/chat/completions", for: .ask) {
            await CompletionsRoute(answers: answering.oneOff(for: $1)).answer($0)
        }
        addResponses(&routes, answering, log)
        routes.http(.post, at: "/mcp", for: .read, audited: .soon) {
            try await MCPRoute(answers: answering.oneOff(for: $1), access: $1, log: log).answer($0)
        }
        // There are no streams to listen to, and no sessions to end.
        for method in [HTTPMethod.get, .delete] {
            routes.http(method, at: "/mcp", for: .read) { _, _ in throw MCPRoute.wrongMethod }
        }
        routes.http(.get, at: "/v1/models", for: .read) {
            CompletionsRoute(answers: answering.oneOff(for: $1)).models()
        }
        return routes
    }

    private static func addResponses(_ routes: inout GuardedRoutes, _ answering: AnswerServices, _ log: Log) {
        let background = BackgroundResponses(log: log)
        ProgramLife.beforeExit { await background.close() }
        let path = "/v1/responses"
        routes.http(.post, at: path, for: .ask) { request, access in
            let route = ResponsesRoute(
                answers: answering.oneOff(for: access), messages: answering.messages.view(of: access.workspace),
                background: background, log: log)
            return await OpenAIError.answering(request, log: log) { try await route.create(request) }
        }
        func stored(
            _ method: HTTPMethod, _ path: String, for permission: Permission,
            _ answer: @escaping @Sendable (StoredResponseRoutes, HTTPRequest) async throws -> HTTPResponse
        ) {
            routes.http(method, at: path, for: permission) { request, access in
                let stored = StoredResponseRoutes(catalog: answering.catalog.view(for: access))
                return await OpenAIError.answering(request, log: log) { try await answer(stored, request) }
            }
        }
        stored(.get, path + "/{id}", for: .read) { try await $0.get($1) }
        stored(.delete, path + "/{id}", for: .ask) { try await $0.delete($1) }
        stored(.post, path + "/{id}/cancel", for: .ask) { try await $0.cancel($1) }
        stored(.get, path + "/{id}/input_items", for: .read) { try await $0.inputItems($1) }
    }

    private static func models(_ models: ModelList) -> HTTPResponse {
        let list = models.entries.enumerated().map { index, entry in
            JSONValue.object([
                "id": .string(entry.id), "provider": .string(entry.model?.provider ?? ModelList.extractive),
                "default": .bool(index == 0),
            ])
        }
        return HTTPResponse(json: ["models": .array(list)])
    }
}
