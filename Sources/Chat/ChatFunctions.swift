import AzureIdentity
import Catalog
import ChatHistory
import ChromaClient
public import FunctionsRuntime
import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import Models
import Problems
import Retrieval
import Settings
import Synchronization
public import Telemetry

/// The chat app's functions.
public enum ChatFunctions {
    private static let bodyLimit = 1 << 20

    /// Reads the settings and wires the functions.
    ///
    /// - Throws: `SettingsError`, and what reading the Key Vault throws.
    public static func make(environment: [String: String], log: Log) async throws -> FunctionRoutes {
        let client = HTTPClient()
        let secrets = [
            "APUS_DATABASE_URL", "APUS_COSMOS_KEY", "APUS_CHROMA_TOKEN", "APUS_EMBEDDINGS_KEY", "OPENAI_API_KEY",
            "AZURE_OPENAI_API_KEY", "GEMINI_API_KEY",
        ]
        var settings = SettingsReader(try await KeyVaultSettings.resolved(environment, names: secrets, client: client))
        let identity = TokenSource(settings, client: client)
        let catalog = Catalog(&settings)
        let messages = MessageStore(&settings, identity: identity, client: client)
        let embeddings = EmbeddingClient(&settings, client: client)
        let vectors = ChromaClient(
            &settings, tenant: catalog.workspace, embeddingModel: embeddings.model, client: client)
        let models = ModelList(&settings, client: client)
        _ = settings.logLevel()
        try settings.finish()
        guard let messages else { return FunctionRoutes() }
        let engine = AnswerEngine(
            catalog: catalog, messages: messages, retriever: PassageRetriever(embeddings: embeddings, vectors: vectors),
            models: models, log: log)
        var routes = FunctionRoutes()
        routes.http(.post, "chat") { try await answer($0, engine) }
        routes.http(.get, "models") { _ in
            let list = models.entries.enumerated().map { index, entry in
                JSONValue.object([
                    "id": .string(entry.id), "provider": .string(entry.model?.provider ?? ModelList.extractive),
                    "default": .bool(index == 0),
                ])
            }
            return HTTPResponse(json: ["models": .array(list)])
        }
        routes.check("postgres") { try await catalog.probe() }
        routes.check("cosmos") { try await messages.probe() }
        routes.check("vectors") { try await vectors.probe() }
        return routes
    }

    private static func answer(_ request: HTTPRequest, _ engine: AnswerEngine) async throws -> HTTPResponse {
        let watch = Stopwatch()
        let body = try JSONParser.parse(try await request.body.collect(limit: bodyLimit))
        let turn = try await engine.prepare(try ChatRequest(body))
        let id = request.id
        if request.fields["accept"]?.contains("text/event-stream") ?? false {
            return EventStream.response { events in
                try await engine.run(turn, watch: watch) { event in
                    let (name, data) = event.wire(turn, requestID: id)
                    try await events.send(name, data)
                }
            }
        }
        let ending = Mutex<TurnEvent?>(nil)
        try await engine.run(turn, watch: watch) { event in
            switch event {
            case .done, .failed: ending.withLock { $0 = event }
            case .start, .sources, .delta: break
            }
        }
        switch ending.withLock({ $0 }) {
        case .done(let outcome):
            var object = turn.json.object ?? JSONObject()
            object["passages"] = .array((turn.found?.passages ?? []).map(\.json))
            for (name, value) in outcome.json.object?.members ?? [] { object[name] = value }
            return HTTPResponse(json: .object(object))
        case .failed(let problem): throw problem
        default: throw Problem(.internalServerError, "The answer did not end.")
        }
    }
}
