import Chroma
import Digests
public import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
public import Settings
public import Telemetry
public import Vectors

/// The vectors port: Chroma's API and the embeddings endpoint.
public struct VectorAPI: Sendable {
    private let router: Router
    private let token: Secret?
    private let log: Log

    /// Serves a store and a model.
    ///
    /// - Parameter token: When given, every request must carry it as `x-chroma-token` or as a bearer token.
    public init(store: VectorStore, model: EmbeddingModelLoader, allowsReset: Bool, token: Secret?, log: Log) {
        var router = Router()
        ChromaRoutes(store: store, allowsReset: allowsReset).add(to: &router)
        EmbeddingRoutes(model: model).add(to: &router)
        self.router = router
        self.token = token
        self.log = log
    }

    /// Answers a request; errors have the shape of the API that was asked.
    public func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let isEmbedding = request.target.rawPath.hasPrefix("/v1/")
        do {
            try authorise(request)
            if request.target.rawPath.hasPrefix("/api/v1/") { return Self.gone(request) }
            let (routed, action) = try router.resolve(request)
            return try await action(routed)
        } catch {
            if Problem(error).status == .internalServerError, !(error is ChromaError) {
                log.error("request failed", ["path": request.target.rawPath, "error": String(reflecting: error)])
            }
            return isEmbedding ? EmbeddingRoutes.response(for: error) : ChromaRoutes.response(for: error)
        }
    }

    private func authorise(_ request: HTTPRequest) throws {
        guard let token else { return }
        let bearer = request.fields["authorization"].flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        let given = request.fields["x-chroma-token"] ?? bearer ?? ""
        guard Digest.constantTimeEqual(given.bytes, token.value.bytes) else {
            throw ChromaError(.unauthorized, "ChromaError", "The token is missing or wrong")
        }
    }

    private static func gone(_ request: HTTPRequest) -> HTTPResponse {
        guard request.method != .post else { return HTTPResponse(.methodNotAllowed) }
        return HTTPResponse(
            HTTPStatus(rawValue: 410),
            json: ["error": "Unimplemented", "message": "The v1 API is deprecated. Please use /v2 apis"])
    }
}
