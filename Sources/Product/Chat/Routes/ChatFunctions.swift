import AppSetup
import Catalog
import ChatMessages
import ChromaClient
public import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Models
import Problems
import Retrieval
import Settings
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
        var services = try await AppServices(
            [
                CatalogDatabase.self, MessageStore.self, EmbeddingClient.self, ChromaService.self, ModelList.self,
                ToolBox.self, TelemetryExporter.self,
            ], environment: environment)
        let wanted = (
            services.make(CatalogDatabase.self), services.make(MessageStore.self), services.make(EmbeddingClient.self),
            services.make(ModelList.self), PresetLibrary(&services.settings), services.make(ToolBox.self)
        )
        let vectors = ChromaService(
            &services.settings, tenant: CatalogDatabase.firstWorkspace,
            embeddingModel: EmbeddingClient.model(services.settings), client: services.client)
        let cacheSeconds = services.settings.int("APUS_ANSWER_CACHE", default: standardCacheSeconds, in: 0...31_536_000)
        let unsupported = UnsupportedHandling(&services.settings)
        _ = services.reportTelemetry(as: "apus-chat", log: log)
        let (catalog, messages, embeddings, models, presets, toolBox) = try services.finish(
            wanted.0, wanted.1, wanted.2, wanted.3, wanted.4, wanted.5)
        let retriever = PassageRetriever(embeddings: embeddings, vectors: vectors)
        let pages = PageReader(vectors: vectors)
        let own: [any Tool] = [SearchDocumentsTool(retriever: retriever), ReadPagesTool(pages: pages)]
        let library = Library(
            catalog: catalog, retriever: retriever, pages: pages, models: models, presets: presets,
            tools: own + toolBox.tools,
            cacheSeconds: cacheSeconds, unsupported: unsupported, log: log)
        var routes = routes(library, messages)
        routes.check("postgres") { try await catalog.probe() }
        routes.check("cosmos") { try await messages.probe() }
        routes.check("vectors") { try await vectors.probe() }
        return routes
    }

    private static func routes(_ library: Library, _ messages: MessageStore) -> FunctionRoutes {
        let answerer = Answerer(
            models: library.models, circuits: Circuits(catalog: library.catalog, log: library.log),
            unsupported: library.unsupported, log: library.log)
        let chat = ChatRoute(engine: TurnEngine(library: library, messages: messages, answerer: answerer))
        let answers = OneOffAnswer(library: library, answerer: answerer)
        let ask = AskRoute(library: library, answers: answers)
        let completions = CompletionsRoute(library: library, answers: answers)
        let usage = UsageRoute(catalog: library.catalog)
        let experiments = ExperimentsRoute(catalog: library.catalog, splits: library.splits)
        let splits = SplitRoute(library: library)
        let feedback = FeedbackRoute(catalog: library.catalog, messages: messages)
        var routes = FunctionRoutes()
        routes.http(.post, "chat") { try await chat.answer($0) }
        routes.http(.post, "ask") { try await ask.answer($0) }
        routes.http(.get, "usage") { try await usage.answer($0) }
        routes.http(.get, "experiments") { try await experiments.list($0) }
        routes.http(.post, "experiments") { try await experiments.add($0) }
        routes.http(.get, "experiments/{id}") { try await splits.get($0) }
        routes.http(.post, "experiments/{id}/split") { try await splits.set($0) }
        routes.http(.delete, "experiments/{id}") { try await experiments.delete($0) }
        routes.http(.get, "feedback") { try await feedback.list($0) }
        routes.http(.post, "feedback") { try await feedback.rate($0) }
        routes.http(.get, "models") { _ in Self.models(library.models) }
        routes.http(.get, "presets") { _ in
            let presets = library.presets
            return HTTPResponse(
                json: ["presets": .array(presets.all.map { $0.json(isDefault: $0.id == presets.standard.id) })])
        }
        routes.http(.post, at: "/v1/chat/completions") { await completions.answer($0) }
        routes.http(.get, at: "/v1/models") { _ in completions.models() }
        return routes
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
