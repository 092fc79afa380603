import CLinux
import CMicrohttpd
import Glibc
public import HTTPMessages
public import Problems
import Synchronization
import Telemetry

/// An HTTP/1.1 server: answers each request by one async function, streams both ways with back-pressure.
///
/// Listening starts in `init`, so that whoever probes the port can connect at once. Whoever makes a server
/// ends it with `shutDown`. A request whose caller leaves has its task cancelled within half a second.
public final class HTTPServer: Sendable {
    /// Where and how to serve.
    public struct Configuration: Sendable {
        /// IPv4 address to bind.
        public var address = "127.0.0.1"
        /// Port to bind; 0 lets the system choose.
        public var port: UInt16 = 0
        /// A listening socket that takes the place of address and port.
        public var listener: Int32?
        public var threads = 2
        public var maximumConnections = 2000
        /// Silence after which a connection is closed.
        public var idleTimeout = Duration.seconds(75)
        /// Serves https instead of http when set.
        public var tls: TLSIdentity?
        /// With `tls`: http is served on the same port too; a connection's first byte tells which it is.
        public var servesPlainToo = false
        /// Memory of a connection; its head has to fit into it.
        public var connectionBytes = 64 * 1024
        /// Largest request body; larger ones are answered 413.
        public var maximumBodyBytes = 1 << 20

        /// The command line's option for the port, which the message about a taken one names.
        public var portOption: String?

        /// How the server words what it refuses itself, given the request's id.
        public var refusal: @Sendable (Problem, String) -> HTTPResponse = { $0.response(requestID: $1) }

        /// The defaults.
        public init() {}
    }

    /// A certificate chain and its private key, both PEM.
    public struct TLSIdentity: Sendable {
        let certificate: String
        let key: String

        /// Takes the files' contents.
        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// Answers one request. Errors have to be turned into responses by the function itself.
    public typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse

    /// The port being listened on.
    public let port: UInt16

    private let core: ServerCore
    private let daemons: Daemons
    // Written once in init, used again only by shutDown.
    private nonisolated(unsafe) let splitter: OpaquePointer?
    private let watcher: Task<Void, Never>

    /// Binds the port and starts serving.
    ///
    /// - Throws: `HTTPServerStartError` when the port cannot be bound.
    public init(_ configuration: Configuration, handler: @escaping Handler) throws(HTTPServerStartError) {
        let listener = configuration.listener ?? apus_listen(configuration.address, configuration.port, 1024)
        guard listener >= 0 else {
            throw HTTPServerStartError(
                address: configuration.address, port: configuration.port, errorNumber: -listener,
                portOption: configuration.portOption)
        }
        let core = ServerCore(
            maximumBodyBytes: configuration.maximumBodyBytes, refusal: configuration.refusal, handler: handler)
        func start(_ socket: Int32, _ tls: TLSIdentity?) -> OpaquePointer? {
            // The daemon's callbacks hold the core unretained; `shutDown` stops the daemon before the core can go.
            apus_mhd_start(
                socket, UInt32(configuration.threads), UInt32(configuration.maximumConnections),
                UInt32(configuration.idleTimeout.components.seconds), configuration.connectionBytes, tls?.key,
                tls?.certificate,
                targetCallback, accessCallback, completedCallback, Unmanaged.passUnretained(core).toOpaque())
        }
        let splits = configuration.tls != nil && configuration.servesPlainToo
        let failure = HTTPServerStartError(
            address: configuration.address, port: configuration.port,
            errorNumber: configuration.tls == nil ? ENOMEM : EKEYREJECTED, portOption: configuration.portOption)
        guard let main = start(splits ? -1 : listener, configuration.tls) else {
            close(listener)
            throw failure
        }
        let daemons = Daemons(main: main, plain: splits ? start(-1, nil) : nil)
        splitter =
            splits
            ? apus_splitter_start(listener, splitterCallback, Unmanaged.passUnretained(daemons).toOpaque()) : nil
        guard !splits || daemons.plain != nil && splitter != nil else {
            daemons.stop()
            close(listener)
            throw failure
        }
        self.core = core
        self.daemons = daemons
        port = UInt16(clamping: apus_socket_port(listener))
        watcher = Task {
            while (try? await Task.sleep(for: .milliseconds(250))) != nil { core.abandonOrphans() }
        }
    }

    /// How long nothing has to come in over the connections that were accepted before the server stops.
    private static let settling = Duration.milliseconds(100)

    /// Stops accepting, gives running requests the grace time, then cancels them, and returns when all is ended. A
    /// connection that was accepted and has not been read yet is answered too.
    public func shutDown(grace: Duration = .seconds(5)) async {
        if let splitter { apus_splitter_stop(splitter) }
        let quiesced = MHD_quiesce_daemon(daemons.main)
        core.beginDraining()
        let deadline = ContinuousClock.now + grace
        var quietSince = ContinuousClock.now
        while ContinuousClock.now < deadline, ContinuousClock.now - quietSince < Self.settling {
            try? await Task.sleep(for: .milliseconds(10))
            if core.activeCount > 0 { quietSince = .now }
        }
        // Stopping with a suspended connection aborts the process, so every task has to have answered.
        core.beginStopping()
        core.abandonAll()
        while core.mayWait {
            try? await Task.sleep(for: .milliseconds(5))
            core.abandonAll()
        }
        watcher.cancel()
        daemons.stop()
        if quiesced >= 0 { close(quiesced) }
    }
}

/// The library's daemons behind one port: one, or one for each of https and http.
final class Daemons: Sendable {
    // The library's own locks protect them.
    nonisolated(unsafe) let main: OpaquePointer
    nonisolated(unsafe) let plain: OpaquePointer?

    init(main: OpaquePointer, plain: OpaquePointer?) {
        self.main = main
        self.plain = plain
    }

    func stop() {
        MHD_stop_daemon(main)
        if let plain { MHD_stop_daemon(plain) }
    }
}

/// A port could not be listened on.
public struct HTTPServerStartError: Error, CustomStringConvertible {
    public let address: String
    public let port: UInt16
    /// The system's error number, `EADDRINUSE` when somebody else has the port.
    public let errorNumber: Int32
    /// The option that changes the port.
    public let portOption: String?

    /// Whether another program listens there already.
    public var isPortTaken: Bool { errorNumber == EADDRINUSE }

    public var description: String {
        errorNumber == EKEYREJECTED
            ? "the TLS certificate and key cannot be used: both have to be PEM, and belong together"
            : isPortTaken
                ? "port \(port) on \(address) is already in use"
                    + (portOption.map { "; stop the program that has it, or choose another with --\($0)" } ?? "")
                : "cannot listen on \(address):\(port): \(String(cString: strerror(errorNumber)))"
    }
}

/// What the library's callbacks reach: the handler and the running exchanges.
final class ServerCore: Sendable {
    private let maximumBodyBytes: Int
    private let handler: HTTPServer.Handler
    private let refusal: @Sendable (Problem, String) -> HTTPResponse
    private struct Work {
        var exchanges: [ObjectIdentifier: Exchange] = [:]
        var isStopping = false
    }

    private let active = Mutex(Work())
    private let isDraining = Atomic(false)

    init(
        maximumBodyBytes: Int, refusal: @escaping @Sendable (Problem, String) -> HTTPResponse,
        handler: @escaping HTTPServer.Handler
    ) {
        self.maximumBodyBytes = maximumBodyBytes
        self.refusal = refusal
        self.handler = handler
    }

    /// From now on every answer is the last one of its connection.
    func beginDraining() { isDraining.store(true, ordering: .relaxed) }

    /// From now on requests are refused.
    func beginStopping() { active.withLock { $0.isStopping = true } }

    var activeCount: Int { active.withLock { $0.exchanges.count } }

    /// Whether a connection is suspended, or may be before its answer is there.
    var mayWait: Bool { active.withLock { $0.exchanges.values.contains(where: \.mayWait) } }

    func abandonAll() {
        for exchange in active.withLock({ Array($0.exchanges.values) }) { exchange.abandon(isClosed: false) }
    }

    func abandonOrphans() {
        for exchange in active.withLock({ Array($0.exchanges.values) }) { exchange.abandonIfPeerGone() }
    }

    /// Starts the work on a request whose header section has arrived. Returns a response to refuse it at once.
    func begin(
        _ exchange: Exchange, method: HTTPMethod, fields: HTTPFields, connection: HTTPRequest.Connection
    ) -> HTTPResponse? {
        let id = fields["x-request-id"].flatMap(Self.acceptableID) ?? TraceContext.hex(.random(in: .min ... .max))
        if let reason = FramingGuard.refusal(method: method, fields: fields) {
            return refusal(Problem(.badRequest, reason), id)
        }
        let declared = fields["content-length"].flatMap { Int($0) } ?? 0
        // A body a little too long is read to its end, since a peer that still sends cannot read an answer.
        if declared > 2 * maximumBodyBytes + 65536 { return refusal(tooLarge, id) }
        var request = HTTPRequest(
            method: method, target: HTTPTarget(exchange.target), fields: fields,
            body: .source(UploadSource(exchange: exchange, limit: maximumBodyBytes)), id: id)
        request.connection = connection
        let isTaken = active.withLock { work in
            if work.isStopping { return false }
            work.exchanges[ObjectIdentifier(exchange)] = exchange
            return true
        }
        guard isTaken else { return refusal(Problem(.serviceUnavailable, "The server is stopping."), id) }
        let observer = RequestObserver(method, fields)
        let isLast = isDraining.load(ordering: .relaxed)
        let task = Task { [handler, request, maximumBodyBytes, tooLarge, refusal] in
            await Span.$current.withValue(observer.span) {
                await Log.$requestID.withValue(id) {
                    var response = declared > maximumBodyBytes ? refusal(tooLarge, id) : await handler(request)
                    response.fields["x-request-id"] = id
                    if isLast { response.fields["connection"] = "close" }
                    let isSent = await Self.send(response, over: exchange)
                    observer.end(status: isSent ? response.status.rawValue : Self.callerLeft)
                }
            }
        }
        exchange.begin(task)
        return nil
    }

    var discardLimit: Int { 2 * maximumBodyBytes + 65536 }

    func end(_ exchange: Exchange) {
        exchange.close()
        _ = active.withLock { $0.exchanges.removeValue(forKey: ObjectIdentifier(exchange)) }
    }

    private var tooLarge: Problem {
        Problem(.contentTooLarge, "The body is larger than the limit of \(maximumBodyBytes) bytes.")
    }

    /// How requests are counted whose answer nobody waited for.
    private static let callerLeft = 499

    /// Sends an answer. Returns whether a streamed one came to its end.
    private static func send(_ response: HTTPResponse, over exchange: Exchange) async -> Bool {
        exchange.respond(response)
        guard case .stream(_, let produce) = response.body else { return true }
        do {
            try await produce(ExchangeWriter(exchange: exchange))
            exchange.finish(.success(()))
            return true
        } catch {
            exchange.finish(.failure(.sourceFailed))
            return false
        }
    }

    private static func acceptableID(_ text: String) -> String? {
        let isPlain =
            text.utf8.count <= 64
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
            }
        return isPlain && !text.isEmpty ? text : nil
    }
}

private struct ExchangeWriter: HTTPBodyWriter {
    let exchange: Exchange
    func write(_ bytes: [UInt8]) async throws { try await exchange.write(bytes) }
}

/// The request's body as handlers read it; refuses to go past the limit.
private final class UploadSource: HTTPBodySource {
    private let exchange: Exchange
    private let limit: Int
    private let count = Mutex(0)

    init(exchange: Exchange, limit: Int) {
        self.exchange = exchange
        self.limit = limit
    }

    func next() async throws -> [UInt8]? {
        guard let piece = try await exchange.nextPiece() else { return nil }
        let total = count.withLock { count in
            count += piece.count
            return count
        }
        guard total <= limit else { throw HTTPBodyTooLarge(limit: limit) }
        return piece
    }
}
