public import HTTPClient
public import HTTPMessages
import JSONCoding
import Problems
public import Settings
import Telemetry

/// Passes `/api` requests on to the function apps, streaming both ways.
public struct APIProxy: Sendable {
    /// Where the apps are, and the key to call them with.
    public struct Upstreams: SecretSettings, Sendable {
        private static let keyName = "APUS_FUNCTIONS_KEY"
        public static let secretNames = [keyName]

        let chat: String
        let upload: String
        let history: String
        let account: String
        let key: Secret?

        /// Reads `APUS_CHAT_URL`, `APUS_UPLOAD_URL`, `APUS_HISTORY_URL`, `APUS_ACCOUNT_URL` and `APUS_FUNCTIONS_KEY`.
        public init(_ settings: inout SettingsReader) {
            chat = settings.url("APUS_CHAT_URL", default: "http://127.0.0.1:7071")
            upload = settings.url("APUS_UPLOAD_URL", default: "http://127.0.0.1:7072")
            history = settings.url("APUS_HISTORY_URL", default: "http://127.0.0.1:7073")
            account = settings.url("APUS_ACCOUNT_URL", default: "http://127.0.0.1:7074")
            key = settings.secret(Self.keyName)
        }

        var all: [(name: String, url: String)] {
            [("chat", chat), ("upload", upload), ("history", history), ("account", account)]
        }
    }

    /// Resumable uploads, and the field by which their clients name a method that their network does not let through.
    private static let resumable = "/api/uploads"
    private static let overrideField = "x-http-method-override"

    private static let routes: [(prefix: String, app: String)] = [
        ("/api/chat", "chat"), ("/api/ask", "chat"), ("/api/models", "chat"), ("/api/presets", "chat"),
        ("/api/usage", "chat"), ("/v1/chat/completions", "chat"), ("/v1/models", "chat"), ("/mcp", "chat"),
        ("/v1/responses", "chat"), ("/v1/conversations", "history"), ("/v1/files", "upload"),
        ("/v1/vector_stores", "upload"),
        ("/api/upload", "upload"), (resumable, "upload"),
        ("/api/documents", "upload"), ("/api/jobs", "upload"), ("/api/check", "upload"), ("/api/history", "history"),
        ("/api/experiments", "chat"),
        ("/api/feedback", "chat"), ("/api/account", "account"), ("/api/share", "history"),
    ]

    /// Whether a path is answered by the apps: what they do not know is a problem then, and no page that is missing.
    static func isForApps(_ path: String) -> Bool {
        ["/api/", "/v1/"].contains { path.hasPrefix($0) } || routes.contains { path == $0.prefix }
    }

    /// The app that answers a path; `nil` for none.
    public static func app(of path: String) -> String? { route(of: path)?.app }

    private static func route(of path: String) -> (prefix: String, app: String)? {
        routes.first { path == $0.prefix || path.hasPrefix($0.prefix + "/") }
    }

    private let upstreams: Upstreams
    private let client: HTTPSession

    /// A proxy over a client.
    public init(upstreams: Upstreams, client: HTTPSession) {
        self.upstreams = upstreams
        self.client = client
    }

    /// Passes a request on; problems are our own answers.
    public func forward(_ request: HTTPRequest) async -> HTTPResponse {
        let path = request.target.rawPath
        guard let route = Self.route(of: path) else {
            return Problem(.notFound, "There is nothing at this path.").response(to: request)
        }
        Span.current?.route = route.prefix
        guard !ForwardedRequest.climbs(path) else {
            return Problem(.badRequest, "The path has a segment of dots, which would lead out of it.")
                .response(to: request)
        }
        let base = upstreams.all.first { $0.name == route.app }?.url ?? ""
        var outgoing = HTTPSession.Request(relaying: request, to: base)
        outgoing.fields = ForwardedRequest.fields(of: outgoing.fields)
        // Where it means something; elsewhere nothing may say that a request is another one than it seems.
        if route.prefix == Self.resumable { outgoing.fields[Self.overrideField] = request.fields[Self.overrideField] }
        outgoing.fields["x-functions-key"] = upstreams.key?.value
        outgoing.fields[HTTPFields.callersAddress] = request.connection.peer
        outgoing.headTimeout = .seconds(230)
        outgoing.idleTimeout = .seconds(240)
        do {
            let answer = try await client.send(outgoing).relayed
            // The host says nothing more of a path, or a method of it, that no function has.
            let isBare = answer.fields["content-type"] == nil && answer.fields["content-length"] ?? "0" == "0"
            guard answer.status == .notFound, isBare else { return answer }
            return Problem(.notFound, "There is nothing at this path, or nothing that \(request.method) does there.")
                .response(to: request)
        } catch let error as HTTPClientError where error.code == .timeout {
            return Problem(.gatewayTimeout, "The \(route.app) service did not answer in time.")
                .response(to: request)
        } catch {
            return Problem(
                .serviceUnavailable, "The \(route.app) service cannot be reached. Please try again in a moment."
            )
            .response(to: request)
        }
    }

    /// The states and versions of the apps by their own health endpoints.
    public func health() async -> [(name: String, status: String, version: String?)] {
        await withTaskGroup(of: (Int, String, String?).self) { group in
            for (index, app) in upstreams.all.enumerated() {
                group.addTask {
                    var request = HTTPSession.Request(.get, app.url + "/api/health")
                    request.headTimeout = .seconds(5)
                    guard let answer = try? await client.fetch(request, limit: 64 * 1024) else {
                        return (index, "down", nil)
                    }
                    let version = (try? JSONParser.parse(answer.body))?["version"]?.string
                    return (index, answer.status == .ok ? "ok" : "degraded", version)
                }
            }
            var states: [(name: String, status: String, version: String?)] = upstreams.all.map {
                ($0.name, "down", nil)
            }
            for await (index, state, version) in group {
                (states[index].status, states[index].version) = (state, version)
            }
            return states
        }
    }
}
