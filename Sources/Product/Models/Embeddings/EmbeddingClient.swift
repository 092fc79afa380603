public import AzureIdentity
public import HTTPClient
import HTTPMessages
import JSONCoding
public import Settings

/// Embeds texts: over any OpenAI-compatible endpoint, or with a provider that `APUS_EMBEDDINGS_MODEL` names, such as
/// `openai:text-embedding-3-small`, `azure:…`, `gemini:…` or `ollama:…`.
public struct EmbeddingClient: ConfiguredClient, Sendable {
    public static let secretNames = ["APUS_EMBEDDINGS_KEY"] + ModelServices.secretNames

    /// Texts in one request; longer lists are sent in several.
    private static let batch = 64
    /// Of what a service asks for: a question waits as well.
    private static let longestWait = Duration.seconds(5)
    private static let service = "embeddings"

    /// Name of the model as collections remember it, the provider included.
    public let model: String
    private let access: ServiceAccess
    private let format: EmbeddingFormat
    private let client: HTTPSession

    private init(model: String, access: ServiceAccess, format: EmbeddingFormat, client: HTTPSession) {
        self.model = model
        self.access = access
        self.format = format
        self.client = client
    }

    /// A client of an OpenAI-compatible endpoint.
    ///
    /// - Parameter url: Base that ends in `/v1`.
    public init(url: String, model: String, key: Secret?, client: HTTPSession) {
        let access = ServiceAccess(url: url, authorization: key.map { .bearer($0) } ?? .none, service: Self.service)
        self.init(model: model, access: access, format: .openAI(path: "/embeddings", model: model), client: client)
    }

    /// The name of the model that the settings name, or of ours.
    public static func model(_ settings: SettingsReader) -> String {
        settings.optional("APUS_EMBEDDINGS_MODEL") ?? "all-MiniLM-L6-v2"
    }

    /// Reads `APUS_EMBEDDINGS_MODEL`, and `APUS_EMBEDDINGS_URL` and `APUS_EMBEDDINGS_KEY` or the provider's settings.
    public init(_ settings: inout SettingsReader, identity: TokenSource, client: HTTPSession) {
        let model = Self.model(settings)
        let pair = model.split(separator: ":", maxSplits: 1).map(String.init)
        // Names without a provider may have a colon of their own.
        guard pair.count == 2, ModelServices.names.contains(pair[0]) else {
            self.init(
                url: settings.url("APUS_EMBEDDINGS_URL"), model: model, key: settings.secret("APUS_EMBEDDINGS_KEY"),
                client: client)
            return
        }
        let services = ModelServices(identity: identity)
        let name = pair[1]
        let access: ServiceAccess?
        let format: EmbeddingFormat
        switch pair[0] {
        case "azure":
            access = services.azure(model, &settings)
            format = .openAI(path: ModelServices.azurePath(name, "embeddings", settings), model: name)
        case "gemini":
            access = services.gemini(model, &settings)
            format = .gemini(model: name)
        case "ollama":
            access = services.ollama(model, settings)
            format = .ollama(model: name)
        default:
            if let service = CompatibleService.all.first(where: { $0.name == pair[0] }) {
                access = services.compatible(service, model, &settings)
            } else {
                settings.add("APUS_EMBEDDINGS_MODEL", "names '\(pair[0])', which offers no embeddings")
                access = nil
            }
            format = .openAI(path: "/embeddings", model: name)
        }
        // Without access the settings have a problem, and nobody gets to use this.
        let unusable = ServiceAccess(url: "", authorization: .none, service: Self.service)
        self.init(model: model, access: access ?? unusable, format: format, client: client)
    }

    /// An embedding for each text, in order; those of its tokens come from services that can give them.
    ///
    /// - Throws: `ModelServiceError`.
    public func embed(_ texts: [String]) async throws -> [Embedding] {
        var embeddings: [Embedding] = []
        for start in stride(from: 0, to: texts.count, by: Self.batch) {
            embeddings += try await request(Array(texts[start..<min(start + Self.batch, texts.count)]))
        }
        return embeddings
    }

    private func request(_ texts: [String]) async throws -> [Embedding] {
        var request = try await access.post(format.path, accept: "application/json")
        // RFC 7240: who does not know a preference passes over it.
        request.fields["Prefer"] = "token-embeddings"
        request.body = .bytes(format.body(texts).encoded)
        request.headTimeout = .seconds(120)
        let prepared = request
        // A try may last as long as its own timeout; the pauses between them are short.
        let policy = RetryPolicy(deadline: .seconds(360))
        return try await policy.run { _ in
            do {
                return try await attempt(prepared, count: texts.count)
            } catch let error as ModelServiceError where error.isUnavailable {
                throw RetryPolicy.Failure(error, .uncertain, wait: error.retryAfter.map { min($0, Self.longestWait) })
            }
        }
    }

    private func attempt(_ request: HTTPSession.Request, count: Int) async throws -> [Embedding] {
        let answer: (status: HTTPStatus, fields: HTTPFields, body: [UInt8])
        do {
            answer = try await client.fetch(request)
        } catch let error as HTTPClientError {
            throw ModelServiceError(
                service: Self.service, kind: error.code == .timeout ? .timedOut : .unavailable,
                reason: error.description)
        }
        guard answer.status.isSuccess else {
            throw ModelServiceError(
                service: Self.service, status: answer.status, fields: answer.fields, body: answer.body)
        }
        guard let json = try? JSONParser.parse(answer.body), let embeddings = format.embeddings(json, count: count)
        else {
            throw ModelServiceError(service: Self.service, kind: .unavailable, reason: "unreadable vectors")
        }
        return embeddings
    }
}
