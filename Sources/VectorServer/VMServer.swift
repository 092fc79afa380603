public import HTTPClient
import HTTPMessages
public import HTTPServing
import JSONCoding
import MatrixProducts
import Problems
import Settings
public import Telemetry
import TextEmbedding
public import Vectors

/// The VM's two listeners: the page with its `/api` proxy, and the vectors port.
public struct VMServer: Sendable {
    /// What to serve and where.
    public struct Configuration: Sendable {
        public var dataDirectory = ".apus/vectors"
        public var webDirectory = "web"
        public var modelDirectory = "models/all-MiniLM-L6-v2"
        public var port: UInt16 = 8080
        public var vectorsPort: UInt16 = 8000
        public var vectorsOnly = false
        /// The vector service's own options.
        public var service = VectorAPI.Options()
        /// How vectors are stored and indexed.
        public var storage = VectorStore.Options()
        /// Address of the vectors port.
        public var vectorsAddress = "127.0.0.1"
        /// Serves the vectors port over TLS when set.
        public var tls: HTTPServer.TLSIdentity?
        /// Whether the vectors port also embeds texts.
        public var embeds = true

        /// The defaults.
        public init() {}
    }

    private let vectors: HTTPServer
    private let page: HTTPServer?
    private let store: VectorStore
    /// Ports in use: the vectors port, and the page's unless switched off.
    public var ports: (vectors: UInt16, page: UInt16?) { (vectors.port, page?.port) }

    /// Starts serving; the model loads in the background.
    public init(_ configuration: Configuration, upstreams: APIProxy.Upstreams, client: HTTPClient, log: Log) throws {
        let store = try VectorStore(directory: configuration.dataDirectory, options: configuration.storage)
        self.store = store
        let model = EmbeddingModelLoader(directory: configuration.modelDirectory)
        let api = VectorAPI(
            store: store, model: configuration.embeds ? model : nil, options: configuration.service, log: log)
        var listener = HTTPServer.Configuration()
        listener.address = configuration.vectorsAddress
        listener.port = configuration.vectorsPort
        listener.tls = configuration.tls
        listener.maximumConnections = 8192
        listener.maximumBodyBytes = HTTPRequest.chromaBodyLimit
        listener.refusal = { problem, _ in ChromaRoutes.response(for: problem) }
        vectors = try HTTPServer(listener) { await api.answer($0) }
        if configuration.embeds { Task { try? await model.queue() } }
        listener = HTTPServer.Configuration()
        guard !configuration.vectorsOnly else {
            page = nil
            return
        }
        let site = StaticSite(directory: configuration.webDirectory)
        let proxy = APIProxy(upstreams: upstreams, client: client)
        listener.port = configuration.port
        // The upload app has the limit that matters; this one keeps nonsense out.
        listener.maximumBodyBytes = 1 << 30
        page = try HTTPServer(listener) { request in
            switch request.target.rawPath {
            case "/health": return await Self.health(store, model, proxy)
            case let path where path.hasPrefix("/api/") || path.hasPrefix("/v1/"): return await proxy.forward(request)
            default: return site.answer(request)
            }
        }
    }

    /// Stops both listeners in order.
    public func shutDown() async {
        await page?.shutDown()
        await vectors.shutDown()
        await store.close()
    }

    private static func health(_ store: VectorStore, _ model: EmbeddingModelLoader, _ proxy: APIProxy) async
        -> HTTPResponse
    {
        var checks = JSONObject()
        checks["vectors"] = ["status": .string(store.hasTenant("default_tenant") ? "ok" : "down")]
        let queue = try? await model.queue()
        checks["embeddings"] = [
            "status": queue == nil ? "down" : "ok", "precision": .optional(queue?.precision.rawValue),
        ]
        for (name, state) in await proxy.health() { checks[name] = ["status": .string(state)] }
        let isWell = checks.members.allSatisfy { $0.value["status"]?.string == "ok" }
        return HTTPResponse(
            isWell ? .ok : .serviceUnavailable,
            json: [
                "status": isWell ? "ok" : "degraded", "version": .string(Product.version), "checks": .object(checks),
            ])
    }
}
