import EventLoop
import HTTPMessages
import HTTPRelay
import HTTPWire
import JSONCoding
import Telemetry

/// Runs functions: ids, logs, metrics, time limits and retries are the same whatever triggered them.
@NetworkActor
final class Invoker {
    static let hostVersion = "4.1037.0.0"
    private static let answerLimit = 256 << 20
    private static let redirectLimit = 50

    let handler: HandlerProcess
    let metrics: HostMetrics
    private let configuration: HostConfiguration
    private let behaviour: HostBehaviour
    private let data: DataBinding
    private let console: HostConsole
    private let levels: LogLevels
    private var running: [ObjectIdentifier: Invocation] = [:]
    private var shown: [String: Bool] = [:]
    private var watcher: Task<Void, Never>?

    init(
        handler: HandlerProcess, configuration: HostConfiguration, data: DataBinding, metrics: HostMetrics,
        behaviour: HostBehaviour, console: HostConsole
    ) {
        self.handler = handler
        self.configuration = configuration
        self.data = data
        self.metrics = metrics
        self.behaviour = behaviour
        self.console = console
        levels = LogLevels(configuration.logLevels)
        if let limit = configuration.functionTimeout { watcher = Task { @NetworkActor in await watch(limit) } }
    }

    /// Stops watching time limits.
    func stop() { watcher?.cancel() }

    // MARK: - Running

    /// Runs an attempt, and more of them if the function has a retry policy.
    ///
    /// - Parameters:
    ///   - reason: What triggered it, for the log.
    ///   - retries: Whether the policy applies; what has been passed on to a caller cannot be done again.
    /// - Throws: What the last attempt threw.
    func run<Value: Sendable>(
        _ function: FunctionDefinition, reason: String, retries: Bool = true,
        _ work: @NetworkActor (Invocation) async throws -> Value
    ) async throws -> Value {
        let policy = retries ? function.retry : nil
        var count = 0
        var lastError: String?
        while true {
            let invocation = Invocation(function, retryCount: policy == nil ? nil : count, lastError: lastError)
            do {
                return try await attempt(invocation, reason, work)
            } catch {
                guard let policy, policy.allows(count), !Task.isCancelled else { throw error }
                count += 1
                lastError = String(describing: error)
                console.line(.information, function.name, "is tried again, retry \(count)")
                try await Task.sleep(for: policy.pause(before: count))
            }
        }
    }

    private func attempt<Value: Sendable>(
        _ invocation: Invocation, _ reason: String, _ work: @NetworkActor (Invocation) async throws -> Value
    ) async throws -> Value {
        let name = invocation.function.name
        let isShown = shown[name] ?? note(name)
        if isShown { console.line(.information, name, "Executing", [("reason", reason), ("id", invocation.id)]) }
        let counts = metrics.counts(of: name)
        counts.begin()
        running[ObjectIdentifier(invocation)] = invocation
        defer { running[ObjectIdentifier(invocation)] = nil }
        do {
            let value = try await work(invocation)
            finish(invocation, counts, error: nil, isShown)
            return value
        } catch {
            let reported =
                invocation.isTimedOut
                ? HostError("the function's time of \(configuration.functionTimeout ?? .zero) was exceeded") : error
            finish(invocation, counts, error: reported, isShown)
            throw reported
        }
    }

    /// Whether a function's calls are shown; looked up once.
    private func note(_ name: String) -> Bool {
        let isShown = levels.allows(.information, "function." + name.lowercased()) && console.shows(.information)
        shown[name] = isShown
        return isShown
    }

    private func finish(
        _ invocation: Invocation, _ counts: HostMetrics.Counts, error: (any Error)?, _ isShown: Bool
    ) {
        let (seconds, attoseconds) = invocation.elapsed.components
        let duration = Double(seconds) + Double(attoseconds) / 1e18
        let hasLeft = error is CallerGone
        counts.end(seconds: duration, succeeded: error == nil || hasLeft)
        let milliseconds = (duration * 10_000).rounded() / 10
        if let error, !hasLeft {
            console.line(
                .error, invocation.function.name, "Executed",
                [
                    ("result", "failed"), ("ms", String(milliseconds)), ("id", invocation.id),
                    ("error", CredentialMask.masked(String(describing: error))),
                ])
        } else if isShown {
            console.line(
                .information, invocation.function.name, "Executed",
                [
                    ("result", hasLeft ? "the caller left" : "succeeded"), ("ms", String(milliseconds)),
                    ("id", invocation.id),
                ])
        }
    }

    /// Ends invocations whose time is up, and the handler with them.
    private func watch(_ limit: Duration) async {
        while (try? await Task.sleep(for: .milliseconds(250))) != nil {
            let now = MonotonicTime.now
            let late = running.values.filter { $0.began + limit <= now }
            guard !late.isEmpty else { continue }
            for invocation in late { invocation.timeOut() }
            handler.restartAfterTimeout()
        }
    }

    // MARK: - The envelope dialect

    /// Calls the handler with a trigger's payload, writes the outputs, and returns the answer.
    ///
    /// - Throws: When the invocation failed.
    func call(_ invocation: Invocation, _ payload: TriggerPayload) async throws -> ResponseEnvelope {
        let function = invocation.function
        var metadata = payload.metadata
        if let retry = invocation.retryContext { metadata["RetryContext"] = retry }
        var members: JSONObject = [function.binding.name: payload.value]
        for input in function.inputs { members[input.name] = try await data.read(input, metadata) }
        let request: JSONValue = ["Data": .object(members), "Metadata": .object(metadata.withoutTriggers)]
        let body = payload.isLarge ? await Task { @concurrent in request.encoded }.value : request.encoded
        guard await handler.waitUntilReady() else {
            throw HostError("the handler is not running: \(handler.stopReason ?? "it did not become ready").")
        }
        if console.shows(.debug) {
            console.line(
                .debug, function.name, CredentialMask.masked(String(decoding: body.prefix(4000), as: UTF8.self)))
        }
        let (status, type, answer) = try await exchange(invocation, body)
        let envelope: ResponseEnvelope
        do {
            envelope = try await Self.decoded(status, type, answer)
        } catch is ResponseEnvelope.NeverCompleted {
            return try await neverCompleted(invocation)
        }
        let showsLogs = levels.allows(.information, "function.\(function.name.lowercased()).user")
        for line in envelope.logs where showsLogs { console.line(.information, function.name, line) }
        try await write(envelope, function, metadata)
        return envelope
    }

    private func write(_ envelope: ResponseEnvelope, _ function: FunctionDefinition, _ metadata: JSONObject)
        async throws
    {
        let outputs = function.outputs.filter { $0.type != "http" }.compactMap { binding in
            envelope.value(of: binding).flatMap { $0.isNull ? nil : (binding, $0) }
        }
        guard !outputs.isEmpty else { return }
        // Away from the network's thread, which has other callers to serve.
        try await withTaskExecutorPreference(globalConcurrentExecutor) { [data] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (binding, value) in outputs {
                    group.addTask {
                        do {
                            try await data.write(binding, value, metadata)
                        } catch {
                            throw HostError("the output \(binding.name) could not be written: \(error)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// One call, redirects followed as the host's client does; within the handler only.
    private func exchange(_ invocation: Invocation, _ body: [UInt8]) async throws -> (HTTPStatus, String?, [UInt8]) {
        let deadline = configuration.functionTimeout.map { MonotonicTime.now + $0 + .seconds(60) }
        var request = Upstream.Request(
            "POST", "/" + percentEncoded(invocation.function.name),
            [
                "Host": "127.0.0.1:\(handler.port)", "Content-Type": "application/json; charset=utf-8",
                "X-Azure-Functions-InvocationId": invocation.id,
                "X-Azure-Functions-HostVersion": Self.hostVersion,
                "User-Agent": "Azure-Functions-Host/\(Self.hostVersion)",
                "traceparent": TraceContext.root(isSampled: true).traceparent,
            ], .bytes(body))
        for _ in 0..<Self.redirectLimit {
            // The real host does not try again here, only when it proxies.
            let exchange = try await send(request, attempts: behaviour.failsFast ? 10 : 1, deadline: deadline) {
                [weak invocation] exchange in
                invocation?.cancel = { exchange.cancel(.timedOut) }
            }
            let answer = try await Self.collect(exchange)
            exchange.end()
            invocation.cancel = nil
            guard [301, 302, 303, 307, 308].contains(exchange.status.rawValue),
                let location = exchange.fields["location"]
            else { return (exchange.status, exchange.fields["content-type"], answer) }
            guard location.hasPrefix("/") || location.hasPrefix("http://127.0.0.1:\(handler.port)/") else {
                throw HostError("the handler redirects to \(location), which is not its own.")
            }
            let keepsMethod = exchange.status.rawValue >= 307
            request = Upstream.Request(
                keepsMethod ? "POST" : "GET", HTTPTarget(url: location).text, request.fields,
                keepsMethod ? request.body : .none)
        }
        throw HostError("the handler redirected more than \(Self.redirectLimit) times.")
    }

    /// The whole body of an answer, within bounds.
    static func collect(_ exchange: UpstreamExchange) async throws -> [UInt8] {
        do {
            return try await exchange.body.collect(limit: answerLimit)
        } catch {
            exchange.cancel()
            guard let error = error as? HTTPBodyTooLarge else { throw error }
            throw HostError("the handler's answer has more than \(error.limit) bytes.")
        }
    }

    /// Sends a request; while nobody listens it is tried again, since nothing has been sent yet.
    func send(
        _ request: Upstream.Request, attempts: Int, deadline: MonotonicTime?,
        willWait: @NetworkActor (UpstreamExchange) -> Void
    ) async throws -> UpstreamExchange {
        var pause = Duration.milliseconds(50)
        for _ in 1..<attempts {
            do {
                return try await handler.upstream.send(request, deadline: deadline, willWait: willWait)
            } catch let error as SocketError where error.isRefused {
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .milliseconds(250))
                guard await handler.waitUntilReady() || !behaviour.failsFast else { throw error }
            }
        }
        return try await handler.upstream.send(request, deadline: deadline, willWait: willWait)
    }

    private func neverCompleted(_ invocation: Invocation) async throws -> ResponseEnvelope {
        guard !behaviour.failsFast else {
            throw HostError("the handler's answer is empty or null; it has to be at least {}.")
        }
        while !invocation.isTimedOut { try await Task.sleep(for: .milliseconds(100)) }
        throw HostError("the handler's answer was empty.")
    }

    // Large bodies must not hold up everybody else's connections.

    private static func decoded(_ status: HTTPStatus, _ type: String?, _ body: [UInt8]) async throws
        -> ResponseEnvelope
    {
        guard body.count > 64 * 1024 else { return try ResponseEnvelope(status: status, contentType: type, body: body) }
        return try await Task { @concurrent in
            try ResponseEnvelope(status: status, contentType: type, body: body)
        }.value
    }
}

extension JSONObject {
    /// Without the entries that the host keeps to itself: names that end with "trigger".
    fileprivate var withoutTriggers: JSONObject {
        guard names.contains(where: { $0.lowercased().hasSuffix("trigger") }) else { return self }
        return JSONObject(members.filter { !$0.name.lowercased().hasSuffix("trigger") }.map { ($0.name, $0.value) })
    }
}
