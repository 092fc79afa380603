import Digests
import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Telemetry

/// Takes callers' requests, finds the function, and passes them on to the handler by proxying, forwarding or envelope.
struct HTTPEdge: Sendable {
    static let hostVersion = "4.1037.0.0"
    private static let bodyLimit = 104_857_600

    let functions: [FunctionDefinition]
    let handler: HandlerProcess
    let configuration: HostConfiguration
    let client: HTTPClient
    let log: Log

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        switch request.target.rawPath {
        case "/":
            return HTTPResponse(
                .ok, text: "<!doctype html><title>Functions</title>Your functions app is running.\n",
                contentType: "text/html; charset=utf-8")
        case "/admin/host/ping": return HTTPResponse(.ok)
        default: break
        }
        guard let path = request.target.segments else { return HTTPResponse(.badRequest) }
        // In the order of names, the first match wins; a route whose methods do not fit is passed over.
        for function in functions {
            guard case .http(_, let route) = function.trigger, function.accepts(request.method),
                let values = route.match(path)
            else { continue }
            return await invoke(function, request, values)
        }
        return HTTPResponse(.notFound)
    }

    private func invoke(
        _ function: FunctionDefinition, _ request: HTTPRequest, _ values: [(name: String, value: String?)]
    ) async -> HTTPResponse {
        guard await handler.waitUntilReady() else {
            return Problem(.serviceUnavailable, "The handler is not running. The host's log says why.").response(
                requestID: request.id)
        }
        let invocation = UUIDv7.random()
        let watch = Stopwatch()
        log.debug("executing", ["function": function.name, "invocation": invocation])
        let response: HTTPResponse
        if function.isPlainHTTP, configuration.mode != .envelope {
            response = await proxy(request, invocation)
        } else {
            response = await envelope(function, request, values, invocation)
        }
        log.debug(
            "executed",
            [
                "function": function.name, "invocation": invocation, "status": String(response.status.rawValue),
                "milliseconds": String(watch.milliseconds),
            ])
        return response
    }

    // MARK: - Proxying

    private func proxy(_ request: HTTPRequest, _ invocation: String) async -> HTTPResponse {
        var outgoing = HTTPClient.Request(relaying: request, to: handler.url)
        outgoing.fields["X-Azure-Functions-HostVersion"] = Self.hostVersion
        outgoing.fields["X-Azure-Functions-InvocationId"] = invocation
        outgoing.fields["x-ms-invocation-id"] = invocation
        outgoing.headTimeout = .seconds(240)
        outgoing.idleTimeout = .seconds(240)
        do {
            let prepared = outgoing
            // A handler that is just coming back must not cost the caller an error; a body can be sent only once.
            let policy = RetryPolicy(maximumTries: outgoing.hasStreamedBody ? 1 : 10, firstWait: .milliseconds(50))
            let received = try await policy.run(retryIf: { ($0 as? HTTPClientError)?.isConnection ?? false }) {
                try await client.send(prepared)
            }
            return received.relayed
        } catch {
            log.warning("the handler did not answer", ["error": String(describing: error)])
            return Problem(.badGateway, "The handler did not answer. Please try again in a moment.").response(
                requestID: request.id)
        }
    }

    // MARK: - Envelope

    private func envelope(
        _ function: FunctionDefinition, _ request: HTTPRequest, _ values: [(name: String, value: String?)],
        _ invocation: String
    ) async -> HTTPResponse {
        do {
            let body = try await request.body.collect(limit: Self.bodyLimit)
            let payload = InvocationEnvelope.http(function, request, values, body: body)
            let answer = try await Invocation(handler: handler, client: client, timeout: configuration.functionTimeout)
                .send(payload, to: function.name, id: invocation)
            for line in answer["Logs"]?.array?.compactMap(\.string) ?? [] {
                log.info(line, ["function": function.name])
            }
            return try InvocationEnvelope.response(answer)
        } catch is HTTPBodyTooLarge {
            return HTTPResponse(.contentTooLarge)
        } catch {
            log.error("invocation failed", ["function": function.name, "error": String(describing: error)])
            return HTTPResponse(.internalServerError)
        }
    }
}
