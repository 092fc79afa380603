import Digests
package import HTTPMessages
import JSONCoding
import Problems
package import Telemetry

/// Answers every request of a handler's port, in both dialects: proxied HTTP on the caller's path, and the JSON
/// envelope on `POST /<FunctionName>`. Routes never learn which it was.
package struct FunctionDispatcher: Sendable {
    private let routes: FunctionRoutes
    private let log: Log

    /// Answers for the functions of an app.
    package init(routes: FunctionRoutes, log: Log) {
        self.routes = routes
        self.log = log
    }

    /// Envelopes carry whole uploads with a third more for base64.
    private static let envelopeLimit = 192 << 20

    /// Answers one request; errors become problems.
    package func answer(_ request: HTTPRequest) async -> HTTPResponse {
        if request.target.rawPath == "/" { return HTTPResponse(.ok, text: "ready\n") }
        if request.method == .post, request.target.segments?.count == 1, !isOwnPath(request) {
            return await envelope(request)
        }
        return await route(request, FunctionContext(invocationID: Self.invocationID(request)))
    }

    /// Whether the app has a route of that path, which a caller then has asked for: a function's name must be another.
    private func isOwnPath(_ request: HTTPRequest) -> Bool {
        routes.functions[request.target.segments?.first ?? ""] == nil && (try? routes.router.resolve(request)) != nil
    }

    private static func invocationID(_ request: HTTPRequest) -> String {
        request.fields["x-azure-functions-invocationid"] ?? ""
    }

    // MARK: - Routes

    private func route(_ request: HTTPRequest, _ context: FunctionContext) async -> HTTPResponse {
        var response = await routed(request, context)
        response.addAPIFields()
        return response
    }

    private func routed(_ request: HTTPRequest, _ context: FunctionContext) async -> HTTPResponse {
        let watch = Stopwatch()
        var response: HTTPResponse
        do {
            if request.target.segments == routes.healthPath, request.method == .get || request.method == .head {
                Span.current?.route = request.target.rawPath
                return await health()
            }
            let (routed, action) = try routes.router.resolve(request)
            response = try await FunctionContext.$current.withValue(context) { try await action(routed) }
            if case .stream(let length, let produce) = response.body {
                // Written after the action has returned, for the same invocation.
                response.body = .stream(length: length) { writer in
                    try await FunctionContext.$current.withValue(context) { try await produce(writer) }
                }
            }
        } catch {
            response = failure(error, request)
        }
        log.info(
            "request",
            [
                "method": request.method.rawValue, "path": request.target.loggedPath,
                "status": String(response.status.rawValue), "milliseconds": String(watch.milliseconds),
            ])
        return response
    }

    private func failure(_ error: any Error, _ request: HTTPRequest) -> HTTPResponse {
        let problem = Problem(error)
        if problem.status.rawValue >= 500 {
            log.error("request failed", ["path": request.target.loggedPath, "error": String(reflecting: error)])
        }
        return problem.response(to: request)
    }

    // MARK: - Envelope

    private func envelope(_ request: HTTPRequest) async -> HTTPResponse {
        let function = request.target.segments?.first ?? ""
        let body: [UInt8]
        do {
            body = try await request.body.collect(limit: Self.envelopeLimit)
        } catch {
            return failure(error, request)
        }
        guard let value = try? JSONParser.parse(body), let envelope = Envelope(value) else {
            // Without a prefix a caller's own path may look like a function's.
            if routes.healthPath.count == 1, routes.functions[function] == nil {
                var proxied = request
                proxied.body = .bytes(body)
                return await route(proxied, FunctionContext(invocationID: Self.invocationID(request)))
            }
            return Problem(.badRequest, "The body is not an invocation of the Functions host.").response(
                requestID: request.id)
        }
        let context = FunctionContext(invocationID: Self.invocationID(request), envelope: envelope)
        if let action = routes.functions[function] {
            Span.current?.route = "/" + function
            do {
                try await FunctionContext.$current.withValue(context) { try await action(context) }
                return HTTPResponse(json: Envelope.done(outputs: context.outputs, logs: context.logs))
            } catch {
                // Anything but 2xx makes the host count the invocation as failed and deliver the message again.
                log.error("invocation failed", ["function": function, "error": String(reflecting: error)])
                return Problem(error).response(requestID: request.id)
            }
        }
        guard let inner = envelope.httpRequest(id: request.id) else {
            return Problem(.notFound, "There is no function \(function.prefix(100)) here.").response(
                requestID: request.id)
        }
        return await collected(await route(inner, context), context, requestID: inner.id)
    }

    /// In this dialect a stream is collected and sent whole.
    private func collected(_ response: HTTPResponse, _ context: FunctionContext, requestID: String) async
        -> HTTPResponse
    {
        let body: [UInt8]
        switch response.body {
        case .bytes(let bytes): body = bytes
        case .file(let slice): body = slice.readAll()
        case .stream(_, let produce):
            let collector = BodyCollector(limit: Self.envelopeLimit)
            do {
                try await produce(collector)
                body = await collector.bytes
            } catch {
                return Problem(error).response(requestID: requestID)
            }
        }
        var fields = response.fields
        fields["x-request-id"] = requestID
        return HTTPResponse(
            json: Envelope.answer(
                response.status, fields: fields, body: body, outputs: context.outputs, logs: context.logs))
    }

    // MARK: - Health

    private func health() async -> HTTPResponse {
        let results = await withTaskGroup(of: (Int, JSONValue).self) { group in
            for (index, check) in routes.checks.enumerated() {
                group.addTask {
                    let watch = Stopwatch()
                    let isWell = await Self.succeeds(within: .seconds(3), check.probe)
                    return (index, ["status": isWell ? "ok" : "down", "ms": .double(watch.milliseconds)])
                }
            }
            var results = [JSONValue](repeating: .null, count: routes.checks.count)
            for await (index, result) in group { results[index] = result }
            return results
        }
        var checks = JSONObject()
        for (check, result) in zip(routes.checks, results) { checks[check.name] = result }
        let isWell = results.allSatisfy { $0["status"] == "ok" }
        return HTTPResponse(
            isWell ? .ok : .serviceUnavailable,
            json: [
                "status": isWell ? "ok" : "degraded", "version": .string(Product.version), "checks": .object(checks),
            ])
    }

    private static func succeeds(within limit: Duration, _ probe: @escaping @Sendable () async throws -> Void) async
        -> Bool
    {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await probe()) != nil }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
    }
}

private actor BodyCollector: HTTPBodyWriter {
    private(set) var bytes: [UInt8] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func write(_ piece: [UInt8]) throws {
        guard bytes.count + piece.count <= limit else { throw HTTPBodyTooLarge(limit: limit) }
        bytes += piece
    }
}
