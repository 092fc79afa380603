import Digests
import EventLoop
import FoundationEssentials
import HTTPMessages
import HTTPServing
import HTTPWire
import JSONCoding
import Problems
import RequestGuards

/// Takes callers' requests and finds the function: routes, keys, limits
/// (docs/reference/functions-custom-handlers.md, 7).
@NetworkActor
final class HTTPEdge {
    static let standardBodyLimit = 104_857_600

    private let functions: [FunctionDefinition]
    private let configuration: HostConfiguration
    private let environment: [String: String]
    private let crossOrigin: CrossOrigin
    private let sites: RequestGuard
    private let behaviour: HostBehaviour
    /// `nil` when keys are not checked.
    private let keys: AccessKeys?
    private let throttle: Throttle
    private let invoker: Invoker?
    private let passing: Passing?
    private let console: HostConsole
    private let bodyLimit: Int

    init(
        catalog: FunctionCatalog, configuration: HostConfiguration, environment: [String: String],
        crossOrigin: CrossOrigin, keys: AccessKeys?, invoker: Invoker?, behaviour: HostBehaviour, console: HostConsole
    ) {
        functions = catalog.functions
        self.configuration = configuration
        self.environment = environment
        self.crossOrigin = crossOrigin
        sites = RequestGuard(origins: crossOrigin.origins, remedy: "The option --cors lets a site's pages in.")
        self.behaviour = behaviour
        self.keys = keys
        self.invoker = invoker
        self.console = console
        throttle = Throttle(
            concurrent: configuration.http.maximumConcurrent, outstanding: configuration.http.maximumOutstanding)
        passing = invoker.map { Passing(invoker: $0, behaviour: behaviour) }
        bodyLimit = environment["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"].flatMap { Int($0) } ?? Self.standardBodyLimit
    }

    /// Answers a request that is none of the host's own.
    func answer(_ exchange: ServerExchange) async throws {
        let request = exchange.request
        exchange.standardFields = configuration.http.customHeaders
        if let preflight = crossOrigin.preflight(request) { return try await exchange.send(preflight) }
        if let fields = crossOrigin.fields(for: request) {
            for field in fields.all { exchange.standardFields.append(field.name, field.value) }
        }
        if let problem = sites.siteRefusal(of: request) {
            return try await exchange.send(problem.response(requestID: Self.id(of: request)))
        }
        guard let path = request.target.segments else { return try await exchange.send(HTTPResponse(.badRequest)) }
        guard let (function, trigger, values) = find(path, request.method) else {
            return try await exchange.send(unrouted(request, path))
        }
        let rights = keys?.rights(request, function: function.name) ?? .init(level: .admin, keyName: nil)
        guard rights.level.rawValue >= trigger.level.rawValue else {
            return try await exchange.send(HTTPResponse(.unauthorized))
        }
        // Only the master key runs what is disabled; without a check of keys nobody has it.
        if function.isDisabled, keys == nil || rights.level != .admin {
            return try await exchange.send(HTTPResponse(.notFound))
        }
        guard await throttle.enter() else {
            invoker?.metrics.reject()
            console.line(
                .information, "host",
                "a request was turned away: more than \(throttle.outstanding ?? 0) are outstanding (maxOutstandingRequests)"
            )
            return try await exchange.send(
                HTTPResponse(.tooManyRequests, fields: ["X-FUNCTION-SCALEOUT": "1"]))
        }
        defer { throttle.leave() }
        try await invoke(function, exchange, values, rights)
    }

    /// Whether some function would be found for the request.
    func hasRoute(_ request: HTTPRequest) -> Bool {
        request.target.segments.map { find($0, request.method) != nil } ?? false
    }

    /// In the order of names the first match wins; a route whose methods do not fit is passed over.
    private func find(_ path: [String], _ method: HTTPMethod)
        -> (FunctionDefinition, FunctionDefinition.HTTPTrigger, RouteTemplate.Values)?
    {
        for function in functions {
            guard case .http(let trigger) = function.trigger, let values = trigger.template.match(path),
                trigger.accepts(method)
            else { continue }
            return (function, trigger, values)
        }
        return nil
    }

    private func unrouted(_ request: HTTPRequest, _ path: [String]) -> HTTPResponse {
        guard path.isEmpty, request.method == .get || request.method == .head else { return HTTPResponse(.notFound) }
        if environment["AzureWebJobsDisableHomepage"]?.lowercased() == "true" { return HTTPResponse(.noContent) }
        return HTTPResponse(
            .ok,
            text:
                "<!doctype html><html lang=\"en\"><title>Functions</title><p>Your functions app is running.</p></html>\n",
            contentType: "text/html; charset=utf-8")
    }

    private func invoke(
        _ function: FunctionDefinition, _ exchange: ServerExchange, _ values: RouteTemplate.Values,
        _ rights: AccessKeys.Rights
    ) async throws {
        guard let invoker, let passing else { return try await exchange.send(HTTPResponse(.serviceUnavailable)) }
        if behaviour.failsFast, let reason = invoker.handler.stopReason {
            return try await refuse(exchange, .serviceUnavailable, "The handler is not running: \(reason)")
        }
        exchange.body.limit = bodyLimit
        if let length = exchange.body.length, length > bodyLimit { return try await refuseBody(exchange) }
        let request = exchange.request
        let reason = "\(request.method) \(request.target.loggedPath)"
        let mode = function.isPlainHTTP ? configuration.handler?.mode ?? .envelope : .envelope
        do {
            switch mode {
            case .proxying:
                try await invoker.run(function, reason: reason, retries: false) {
                    try await passing.proxy(exchange, $0)
                }
            case .forwarding:
                let toName = configuration.handler?.forwardsToFunctionName ?? false
                try await invoker.run(function, reason: reason, retries: false) {
                    try await passing.forward(exchange, $0, toFunctionName: toName)
                }
            case .envelope: try await envelope(function, exchange, values, rights, reason)
            }
        } catch let error as HTTPBodyTooLarge {
            guard exchange.sentStatus == nil else { throw error }
            try await refuseBody(exchange)
        } catch is CallerGone {
            return exchange.abort()
        } catch SocketError.timedOut where exchange.sentStatus == nil && exchange.isTimedOut {
            try await exchange.send(HTTPResponse(.requestTimeout))
        } catch let error as MessageError where exchange.sentStatus == nil && !exchange.body.isComplete {
            try await exchange.send(HTTPResponse(error.status, text: error.description + "\n"))
        } catch {
            guard exchange.sentStatus == nil else { throw error }
            // What went wrong behind is in the log; callers learn no more than from the real host.
            guard mode == .proxying else { return try await exchange.send(HTTPResponse(.internalServerError)) }
            try await refuse(exchange, .badGateway, "The handler did not answer. Please try again in a moment.")
        }
    }

    private func refuseBody(_ exchange: ServerExchange) async throws {
        try await refuse(exchange, .contentTooLarge, "The body has more than \(bodyLimit) bytes.")
    }

    /// Says no with a reason; the real host gives none.
    private func refuse(_ exchange: ServerExchange, _ status: HTTPStatus, _ detail: String) async throws {
        guard behaviour.failsFast else { return try await exchange.send(HTTPResponse(status)) }
        try await exchange.send(Problem(status, detail).response(requestID: Self.id(of: exchange.request)))
    }

    private static func id(of request: HTTPRequest) -> String { request.fields["x-request-id"] ?? UUIDv7.make() }

    private func envelope(
        _ function: FunctionDefinition, _ exchange: ServerExchange, _ values: RouteTemplate.Values,
        _ rights: AccessKeys.Rights, _ reason: String
    ) async throws {
        let request = exchange.request
        let body = try await exchange.body.collect(limit: bodyLimit)
        exchange.deadline = nil
        let identity = keys == nil ? nil : Self.identity(rights)
        let response = try await invoker?.run(function, reason: reason) { [invoker] invocation in
            exchange.onPeerGone = { invocation.cancel?() }
            let payload = TriggerPayload.http(function, request, values, body: body, identity: identity)
            guard let envelope = try await invoker?.call(invocation, payload) else { throw SocketError.closed }
            guard let binding = function.httpOutput else { return HTTPResponse(.noContent) }
            return try HTTPResult.response(envelope, binding)
        }
        if let response { try await exchange.send(response) }
    }

    private static func identity(_ rights: AccessKeys.Rights) -> JSONValue? {
        guard rights.level != .anonymous else { return nil }
        let base = "http://schemas.microsoft.com/2017/07/functions/claims/"
        var claims: [JSONValue] = [
            ["Type": .string(base + "authlevel"), "Value": rights.level == .admin ? "Admin" : "Function"]
        ]
        if let name = rights.keyName { claims.append(["Type": .string(base + "keyid"), "Value": .string(name)]) }
        return [
            "AuthenticationType": "WebJobsAuthLevel", "IsAuthenticated": true, "Actor": nil, "BootstrapContext": nil,
            "Claims": .array(claims), "Label": nil, "Name": nil,
            "NameClaimType": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
            "RoleClaimType": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
        ]
    }
}
