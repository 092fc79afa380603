public import HTTPClient
import HTTPMessages
public import HTTPServing
import JSONCoding
import MatrixProducts
import Problems
public import RequestGuards
public import Telemetry
public import TelemetryExport
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
        /// Address of the page.
        public var address = "127.0.0.1"
        /// The names under which both ports may be asked.
        public var hosts = AllowedHosts()
        /// Other web sites whose pages may use the API on the page's port.
        public var origins = AllowedOrigins()
        /// Sockets that somebody else opened, by port.
        public var inherited: @Sendable (UInt16) -> Int32? = { _ in nil }
        /// Address of the vectors port.
        public var vectorsAddress = "127.0.0.1"
        /// Serves the vectors port over TLS when set.
        public var tls: HTTPServer.TLSIdentity?
        /// Whether the vectors port also embeds texts.
        public var embeds = true
        /// Where spans go on to that handlers report here.
        public var traces: ExportSettings.Target?

        /// The defaults.
        public init() {}
    }

    private let vectors: HTTPServer
    private let page: HTTPServer?
    private let store: VectorStore
    /// Ports in use: the vectors port, and the page's unless switched off.
    public var ports: (vectors: UInt16, page: UInt16?) { (vectors.port, page?.port) }

    /// Starts serving; the model loads in the background.
    public init(_ configuration: Configuration, upstreams: APIProxy.Upstreams, client: HTTPSession, log: Log) throws {
        let store = try VectorStore(directory: configuration.dataDirectory, options: configuration.storage)
        self.store = store
        let model = EmbeddingModelLoader(directory: configuration.modelDirectory)
        let api = VectorAPI(
            store: store, model: configuration.embeds ? model : nil,
            telemetry: TelemetryRoutes(client: client, traces: configuration.traces),
            options: configuration.service, log: log)
        var listener = HTTPServer.Configuration()
        listener.address = configuration.vectorsAddress
        listener.port = configuration.vectorsPort
        listener.portOption = "vectors-port"
        listener.listener = configuration.inherited(configuration.vectorsPort)
        listener.tls = configuration.tls
        listener.maximumConnections = 8192
        listener.maximumBodyBytes = HTTPRequest.chromaBodyLimit
        listener.refusal = { problem, _ in ChromaRoutes.response(for: problem) }
        let vectorsGuard = RequestGuard(
            hosts: configuration.hosts, origins: configuration.service.origins,
            remedy: "The option --cors-origin lets a site's pages in.")
        vectors = try HTTPServer(listener) { request in
            var response =
                if let problem = vectorsGuard.refusal(of: request) {
                    VectorAPI.response(for: problem, to: request)
                } else { await api.answer(request) }
            response.addAPIFields()
            return response
        }
        if configuration.embeds { Task { try? await model.queue() } }
        listener = HTTPServer.Configuration()
        guard !configuration.vectorsOnly else {
            page = nil
            return
        }
        let site = StaticSite(directory: configuration.webDirectory)
        let embedder = configuration.embeds ? model : nil
        let proxy = APIProxy(upstreams: upstreams, client: client)
        listener.address = configuration.address
        listener.port = configuration.port
        listener.portOption = "port"
        listener.listener = configuration.inherited(configuration.port)
        // The upload app has the limit that matters; this one keeps nonsense out.
        listener.maximumBodyBytes = 1 << 30
        let policy = CrossOriginPolicy(origins: configuration.origins.all, exposed: CrossOriginPolicy.exposedByAPI)
        let pageGuard = RequestGuard(
            hosts: configuration.hosts, origins: policy.origins,
            remedy: "\(AllowedOrigins.setting) names the sites whose pages may use the API.")
        page = try HTTPServer(listener) { request in
            let path = request.target.rawPath
            let isOpen = APIProxy.isForApps(path) || path == Self.description
            func answered(_ response: HTTPResponse) -> HTTPResponse {
                var response = response
                if isOpen { policy.apply(to: &response, for: request) }
                return response
            }
            if let problem = pageGuard.refusal(of: request) { return answered(problem.response(requestID: request.id)) }
            if isOpen, let preflight = policy.preflight(request) { return preflight }
            guard HTTPMethod.standard.contains(request.method) else {
                return answered(Self.unknownMethod(request))
            }
            var response: HTTPResponse
            switch path {
            case "/health":
                Span.current?.route = "/health"
                response = await Self.health(store, embedder, proxy)
            case _ where APIProxy.isForApps(path):
                response = await proxy.forward(policy.withoutCookies(request))
            default:
                // The page's files are few, but anybody may ask for any name.
                Span.current?.route = "/{file}"
                return ProblemPages.answer(request) ?? answered(site.answer(request))
            }
            response.addAPIFields()
            return answered(response)
        }
    }

    private static func unknownMethod(_ request: HTTPRequest) -> HTTPResponse {
        let known = HTTPMethod.standard.map(\.rawValue).sorted().joined(separator: ", ")
        return Problem(.methodNotAllowed, "This method is not known here.", headers: ["Allow": known])
            .response(requestID: request.id)
    }

    /// The description of the API, a file of the page.
    private static let description = "/openapi.json"

    /// Stops both listeners in order.
    public func shutDown() async {
        async let pageIsDown: Void? = page?.shutDown()
        await vectors.shutDown()
        await pageIsDown
        await store.close()
    }

    private static func health(_ store: VectorStore, _ model: EmbeddingModelLoader?, _ proxy: APIProxy) async
        -> HTTPResponse
    {
        var checks = JSONObject()
        checks["vectors"] = ["status": .string(store.hasTenant("default_tenant") ? "ok" : "down")]
        if let model {
            let queue = try? await model.queue()
            checks["embeddings"] = [
                "status": queue == nil ? "down" : "ok", "precision": .optional(queue?.precision.rawValue),
            ]
        }
        for app in await proxy.health() {
            checks[app.name] = ["status": .string(app.status), "version": .optional(app.version)]
        }
        let isWell = checks.members.allSatisfy { $0.value["status"]?.string == "ok" }
        return HTTPResponse(
            isWell ? .ok : .serviceUnavailable,
            json: [
                "status": isWell ? "ok" : "degraded", "version": .string(Product.version), "checks": .object(checks),
            ])
    }
}
