public import HTTPClient
public import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
public import Settings
import Telemetry

/// Passes `/api` requests on to the three function apps, streaming both ways.
public struct APIProxy: Sendable {
    /// Where the apps are, and the key to call them with.
    public struct Upstreams: Sendable {
        let chat: String
        let upload: String
        let history: String
        let key: Secret?

        /// Reads `APUS_CHAT_URL`, `APUS_UPLOAD_URL`, `APUS_HISTORY_URL` and `APUS_FUNCTIONS_KEY`.
        public init(_ settings: inout SettingsReader) {
            chat = settings.url("APUS_CHAT_URL", default: "http://127.0.0.1:7071")
            upload = settings.url("APUS_UPLOAD_URL", default: "http://127.0.0.1:7072")
            history = settings.url("APUS_HISTORY_URL", default: "http://127.0.0.1:7073")
            key = settings.secret("APUS_FUNCTIONS_KEY")
        }

        var all: [(name: String, url: String)] { [("chat", chat), ("upload", upload), ("history", history)] }
    }

    private static let routes: [(prefix: String, app: String)] = [
        ("/api/chat", "chat"), ("/api/models", "chat"), ("/api/upload", "upload"),
        ("/api/documents", "upload"), ("/api/history", "history"),
    ]

    private let upstreams: Upstreams
    private let client: HTTPClient

    /// A proxy over a client.
    public init(upstreams: Upstreams, client: HTTPClient) {
        self.upstreams = upstreams
        self.client = client
    }

    /// Passes a request on; problems are our own answers.
    public func forward(_ request: HTTPRequest) async -> HTTPResponse {
        let path = request.target.rawPath
        guard let route = Self.routes.first(where: { path == $0.prefix || path.hasPrefix($0.prefix + "/") }) else {
            return Problem(.notFound, "There is nothing at this path.").response(requestID: request.id)
        }
        var outgoing = HTTPClient.Request(
            request.method, (upstreams.all.first { $0.name == route.app }?.url ?? "") + request.target.text)
        outgoing.fields = request.fields
        outgoing.fields.removeHopByHop()
        for name in ["host", "x-functions-key", "content-length"] { outgoing.fields[name] = nil }
        outgoing.fields["x-request-id"] = request.id
        if let key = upstreams.key { outgoing.fields["x-functions-key"] = key.value }
        let length = request.fields["content-length"].flatMap { Int($0) }
        if length.map({ $0 > 0 }) ?? (request.fields["transfer-encoding"] != nil) {
            outgoing.body = request.body
            outgoing.bodyLength = length
        }
        outgoing.headTimeout = .seconds(230)
        outgoing.idleTimeout = .seconds(240)
        do {
            return Self.response(try await client.send(outgoing))
        } catch let error as HTTPClientError where error.code == .timeout {
            return Problem(.gatewayTimeout, "The \(route.app) service did not answer in time.")
                .response(requestID: request.id)
        } catch {
            return Problem(
                .serviceUnavailable, "The \(route.app) service cannot be reached. Please try again in a moment."
            )
            .response(requestID: request.id)
        }
    }

    /// The states of the three apps by their own health endpoints.
    public func health() async -> [(name: String, status: String)] {
        await withTaskGroup(of: (Int, String).self) { group in
            for (index, app) in upstreams.all.enumerated() {
                group.addTask {
                    var request = HTTPClient.Request(.get, app.url + "/api/health")
                    request.headTimeout = .seconds(5)
                    guard let response = try? await client.send(request) else { return (index, "down") }
                    return (index, response.status == .ok ? "ok" : "degraded")
                }
            }
            var states = upstreams.all.map { ($0.name, "down") }
            for await (index, state) in group { states[index].1 = state }
            return states
        }
    }

    private static func response(_ received: HTTPClient.Response) -> HTTPResponse {
        var fields = received.fields
        let length = fields["content-length"].flatMap { Int($0) }
        fields.removeHopByHop()
        fields["date"] = nil
        let body = received.body
        return HTTPResponse(
            received.status, fields: fields,
            body: .stream(length: length) { writer in
                while let piece = try await body.next() { try await writer.write(piece) }
            })
    }
}
