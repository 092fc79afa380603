import Chroma
public import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
public import Telemetry
public import Vectors

/// The vectors port: Chroma's API, the embeddings endpoint and `/metrics`.
public struct VectorAPI: Sendable {
    /// How the port is served.
    public struct Options: Sendable {
        /// Whether POST /api/v2/reset is allowed.
        public var allowsReset = false
        /// Whether sparse vectors and their indexes are offered.
        public var allowsSparse = true
        /// Who may use it.
        public var tokens: AccessTokens?
        /// Origins whose pages may use it; `*` for all.
        public var origins: [String] = []
        /// Requests that take longer are logged.
        public var slow = Duration.seconds(1)

        /// The defaults.
        public init() {}
    }

    private let router: Router
    private let store: VectorStore
    private let options: Options
    private let policy: CrossOriginPolicy
    private let metrics = ServiceMetrics()
    private let telemetry: TelemetryRoutes
    private let log: Log

    /// Serves a store and, if there is one, a model.
    public init(
        store: VectorStore, model: EmbeddingModelLoader?, telemetry: TelemetryRoutes, options: Options, log: Log
    ) {
        var router = Router()
        telemetry.add(to: &router)
        self.telemetry = telemetry
        ChromaRoutes(store: store, options: options).add(to: &router)
        if let model {
            EmbeddingRoutes(model: model).add(to: &router)
            RerankRoutes(model: model).add(to: &router)
        }
        self.router = router
        self.store = store
        self.options = options
        policy = CrossOriginPolicy(origins: options.origins)
        self.log = log
    }

    /// Answers a request; errors have the shape of the API that was asked.
    public func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let started = ContinuousClock.now
        if let response = policy.preflight(request) { return response }
        var response = await routed(request)
        policy.apply(to: &response, for: request)
        let time = ContinuousClock.now - started
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        let operation = Self.operation(request)
        metrics.note(operation, status: response.status.rawValue, seconds: seconds)
        if time > options.slow {
            log.warning(
                "slow request",
                [
                    "operation": operation, "path": request.target.rawPath, "status": "\(response.status.rawValue)",
                    "ms": "\(Int(seconds * 1000))", "bytes": request.fields["content-length"] ?? "0",
                ])
        }
        return response
    }

    private func routed(_ request: HTTPRequest) async -> HTTPResponse {
        let path = request.target.rawPath
        let isOfModel = Self.isOfModel(path)
        do {
            try options.tokens?.admit(request)
            if path.hasPrefix("/api/v1/"), path != "/api/v1/" { return Self.gone(request) }
            if path == TelemetryRoutes.metricsPath {
                Span.current?.route = path
                return HTTPResponse(
                    .ok, text: metrics.text(store.statistics) + telemetry.text,
                    contentType: PrometheusText.contentType)
            }
            if path == "/openapi.json" { return HTTPResponse(json: APIDescription.json(router.table)) }
            // Chroma has no path that ends in a slash.
            if path.hasSuffix("/") { return HTTPResponse(.notFound) }
            let (routed, action) = try router.resolve(request)
            return try await action(routed)
        } catch {
            let error = (error as? VectorError).map(ChromaError.init) ?? error
            if Problem(error).status == .internalServerError, !(error is ChromaError) {
                log.error("request failed", ["path": path, "error": String(reflecting: error)])
            }
            if TelemetryRoutes.paths.contains(path) { return Problem(error).response(requestID: request.id) }
            if isOfModel { return EmbeddingRoutes.response(for: error) }
            var response = ChromaRoutes.response(for: error)
            // Clients show it with the error; here it is the request's id, as 32 hexadecimal digits.
            let digits = request.id.filter(\.isHexDigit).prefix(32)
            response.fields["chroma-trace-id"] = String(repeating: "0", count: 32 - digits.count) + digits
            if response.status == .methodNotAllowed {
                response.fields["Allow"] = router.methods(for: request).map(\.rawValue).joined(separator: ",")
            }
            return response
        }
    }

    /// The answer to a request that is refused before it is looked at, in the shape of the API that was asked.
    static func response(for problem: Problem, to request: HTTPRequest) -> HTTPResponse {
        let path = request.target.rawPath
        if TelemetryRoutes.paths.contains(path) { return problem.response(requestID: request.id) }
        if isOfModel(path) { return EmbeddingRoutes.response(for: problem) }
        return HTTPResponse(problem.status, json: ChromaError(problem.status, "ChromaError", problem.detail).json)
    }

    /// Whether a path is one of the embedding model's, whose errors have OpenAI's shape.
    private static func isOfModel(_ path: String) -> Bool {
        path.hasPrefix("/v1/") || RerankRoutes.paths.contains(path)
    }

    /// A short name for what is asked: the path's last fixed word.
    private static func operation(_ request: HTTPRequest) -> String {
        let segments = request.target.segments ?? []
        guard segments.count >= 6, segments[0] == "api", segments[4] == "databases" else {
            if segments.last == "rerank" { return "rerank" }
            return segments.first == "v1" ? "embeddings" : "system"
        }
        let known = ["add", "upsert", "update", "get", "query", "search", "delete", "count", "fork"]
        if let last = segments.last, segments.count == 9, known.contains(last) { return last }
        return "collections"
    }

    private static func gone(_ request: HTTPRequest) -> HTTPResponse {
        guard request.method != .post else { return HTTPResponse(.methodNotAllowed) }
        return HTTPResponse(
            HTTPStatus(rawValue: 410),
            json: ["error": "Unimplemented", "message": "The v1 API is deprecated. Please use /v2 apis"])
    }
}
