import EventLoop
import HTTPMessages
import HTTPRelay
import HTTPServing
import HTTPWire
import Telemetry

/// Passes requests on to the handler as they are: proxying streams both ways, forwarding reads everything first
/// (docs/reference/functions-custom-handlers.md, 4 and 5).
@NetworkActor
struct Passing {
    /// Longest time without a byte moving.
    static let idleLimit = Duration.seconds(240)
    private static let connectAttempts = 10
    /// Content fields that forwarding loses.
    private static let droppedFields = [
        "content-encoding", "content-disposition", "content-language", "content-location", "content-md5",
        "content-range", "allow", "expires", "last-modified",
    ]

    let invoker: Invoker
    let behaviour: HostBehaviour

    // MARK: - Proxying

    /// Passes a request and its answer on while they come.
    func proxy(_ exchange: ServerExchange, _ invocation: Invocation) async throws {
        let request = exchange.request
        var fields = request.fields
        let upgrade = request.fields["upgrade"]
        fields.removeHopByHop()
        fields["Content-Length"] = nil
        fields["Expect"] = nil
        fields["X-Azure-Functions-HostVersion"] = Invoker.hostVersion
        fields["X-Azure-Functions-InvocationId"] = invocation.id
        fields["x-ms-invocation-id"] = invocation.id
        if let upgrade {
            fields.append("Connection", "Upgrade")
            fields.append("Upgrade", upgrade)
        }
        let outgoing = Upstream.Request(
            request.method.rawValue, request.target.text, fields,
            exchange.body.isComplete ? .none : .source(exchange.body))
        let answer: UpstreamExchange
        do {
            answer = try await send(outgoing, exchange, invocation)
        } catch {
            throw exchange.isPeerGone ? CallerGone() : error
        }
        do {
            if answer.status.rawValue == 101 { return try await tunnel(exchange, answer) }
            var fields = answer.fields
            fields.removeHopByHop()
            let first = answer.body.hasAvailable ? try await answer.body.next() : nil
            try await exchange.start(
                answer.status, fields, length: Self.length(answer, of: request, with: first), with: first ?? [])
            while let piece = try await answer.body.next() { try await exchange.write(piece) }
            try await exchange.finish()
            answer.end()
        } catch {
            answer.cancel()
            if exchange.isPeerGone { throw CallerGone() }
            throw answer.uploadFailure ?? error
        }
    }

    private func send(_ outgoing: Upstream.Request, _ exchange: ServerExchange, _ invocation: Invocation) async throws
        -> UpstreamExchange
    {
        guard await invoker.handler.waitUntilReady() || !behaviour.failsFast else {
            throw HostError("the handler is not running: \(invoker.handler.stopReason ?? "it did not become ready").")
        }
        return try await invoker.send(
            outgoing, attempts: Self.connectAttempts, deadline: .now + Self.idleLimit
        ) { answer in
            // An upload may go on for a moment after the exchange has ended.
            answer.onProgress = { [weak answer, weak exchange] in
                let deadline = MonotonicTime.now + Self.idleLimit
                answer?.deadline = deadline
                exchange?.deadline = deadline
            }
            exchange.onPeerGone = { [weak answer] in answer?.cancel(.peerGone) }
            invocation.cancel = { [weak answer] in answer?.cancel(.timedOut) }
        }
    }

    /// The length to announce; `nil` when only the end will tell.
    private static func length(_ answer: UpstreamExchange, of request: HTTPRequest, with first: [UInt8]?) -> Int? {
        if request.method == .head { return 0 }
        return answer.body.length.map { $0 + (first?.count ?? 0) }
    }

    /// After a switch of protocols bytes go both ways until either side ends.
    private func tunnel(_ exchange: ServerExchange, _ answer: UpstreamExchange) async throws {
        var fields = answer.fields
        let upgrade = fields["upgrade"] ?? ""
        fields.removeHopByHop()
        fields.append("Connection", "Upgrade")
        fields.append("Upgrade", upgrade)
        try await exchange.switchProtocols(fields)
        let (caller, server) = (exchange.tunnel, answer.tunnel)
        exchange.onPeerGone = nil
        let other = Task { @NetworkActor in
            await Self.pump(from: server, to: caller)
            caller.endWriting()
        }
        await Self.pump(from: caller, to: server)
        server.endWriting()
        await other.value
        server.close()
    }

    private static func pump(from source: Socket, to target: Socket) async {
        do {
            repeat {
                let bytes = source.take(.max)
                if !bytes.isEmpty { try await target.write(bytes) }
                let deadline = MonotonicTime.now + idleLimit
                source.deadline = deadline
                target.deadline = deadline
            } while try await source.fill()
        } catch {
            source.close()
            target.close()
        }
    }

    // MARK: - Forwarding

    /// Reads the request, passes it on, reads the answer, passes it back.
    func forward(_ exchange: ServerExchange, _ invocation: Invocation, toFunctionName: Bool) async throws {
        let request = exchange.request
        // A body without a length is lost in this mode.
        let body =
            request.fields["content-length"] == nil
            ? [] : try await exchange.body.collect(limit: exchange.body.limit ?? .max)
        exchange.deadline = nil
        var fields = request.fields
        fields.removeHopByHop()
        for name in Self.droppedFields + ["content-length", "expect"] { fields[name] = nil }
        fields["X-Azure-Functions-HostVersion"] = Invoker.hostVersion
        fields["X-Azure-Functions-InvocationId"] = invocation.id
        let agent = "Azure-Functions-Host/\(Invoker.hostVersion)"
        fields["User-Agent"] = request.fields["user-agent"].map { "\($0) \(agent)" } ?? agent
        fields["traceparent"] = request.fields["traceparent"] ?? TraceContext.root(isSampled: true).traceparent
        let path = toFunctionName ? "/" + percentEncoded(invocation.function.name) : request.target.rawPath
        let outgoing = Upstream.Request(
            request.method.rawValue, path + Self.query(request.target), fields, body.isEmpty ? .none : .bytes(body))
        guard await invoker.handler.waitUntilReady() else {
            throw HostError("the handler is not running: \(invoker.handler.stopReason ?? "it did not become ready").")
        }
        let answer = try await invoker.handler.upstream.send(outgoing, deadline: nil) { answer in
            exchange.onPeerGone = { [weak answer] in answer?.cancel(.peerGone) }
            invocation.cancel = { [weak answer] in answer?.cancel(.timedOut) }
        }
        let content = try await Invoker.collect(answer)
        answer.end()
        var answerFields = answer.fields
        answerFields.removeHopByHop()
        if request.method != .head { answerFields["Content-Length"] = nil }
        try await exchange.send(HTTPResponse(answer.status, fields: answerFields, body: .bytes(content)))
    }

    /// The query decoded and encoded again; repeated names become one, joined with commas.
    private static func query(_ target: HTTPTarget) -> String {
        var names: [String] = []
        var values: [String: [String]] = [:]
        for (name, value) in target.query {
            if values[name] == nil { names.append(name) }
            values[name, default: []].append(value)
        }
        guard !names.isEmpty else { return "" }
        return "?"
            + names.map { "\(percentEncoded($0))=\(percentEncoded((values[$0] ?? []).joined(separator: ",")))" }
            .joined(separator: "&")
    }
}

/// The caller left before the answer was complete: nothing that the function did wrong.
struct CallerGone: Error {}
