public import EventLoop
import Glibc
public import HTTPMessages
import HTTPWire
public import Problems

/// An HTTP/1.1 server: answers each request by one async function, streams both ways with back-pressure.
///
/// Listening starts in `init`, so that whoever probes the port can connect at once. Whoever makes a server
/// ends it with `shutDown`. A request whose caller leaves has its task cancelled within half a second.
///
/// Bytes, heads and TLS of all servers of a process are one thread's work (`NetworkActor`); handlers, and what produces
/// streamed bodies, run on the cooperative pool, and files are read on threads that may wait.
public final class HTTPServer: Sendable {
    /// Where and how to serve.
    public struct Configuration: Sendable {
        private static let standard = ServerLimits()

        /// IPv4 address to bind.
        public var address = "127.0.0.1"
        /// Port to bind; 0 lets the system choose.
        public var port: UInt16 = 0
        /// A listening socket that takes the place of address and port; the server closes it at its end.
        public var listener: Int32?
        /// Connections that may be open; see `ServerLimits.connections`.
        public var maximumConnections = Configuration.standard.connections
        /// Silence after which a connection is closed that waits for a request.
        public var idleTimeout = Configuration.standard.idleTime
        /// How long a request's head may take from its first byte on.
        public var headTimeout = Configuration.standard.headTime
        /// How slowly a request's body may come while the handler waits for it.
        public var bodyPace = Configuration.standard.bodyPace
        /// How slowly an answer may be read while there is no room for more of it.
        public var answerPace = Configuration.standard.answerPace
        /// How long work for a caller goes on that has closed its side.
        public var closedTime = Configuration.standard.closedTime
        /// Serves https instead of http when set.
        public var tls: TLSIdentity?
        /// With `tls`: http is served on the same port too; a connection's first byte tells which it is.
        public var servesPlainToo = false
        /// Largest head of a request; larger ones are answered 431.
        public var connectionBytes = Configuration.standard.head.total
        /// Largest request body; larger ones are answered 413.
        public var maximumBodyBytes = 1 << 20

        /// The command line's option for the port, which the message about a taken one names.
        public var portOption: String?

        /// How the server words what it refuses itself, given the request's id; the body has to be bytes.
        public var refusal: @Sendable (Problem, String) -> HTTPResponse = { $0.response(requestID: $1) }

        /// The defaults.
        public init() {}

        fileprivate var limits: ServerLimits {
            var limits = Self.standard
            limits.connections = maximumConnections
            limits.idleTime = idleTimeout
            limits.headTime = headTimeout
            limits.bodyPace = bodyPace
            limits.answerPace = answerPace
            limits.closedTime = closedTime
            limits.head.total = connectionBytes
            limits.head.startLine = min(limits.head.startLine, connectionBytes)
            // A body that is a little too long is read to its end: a peer that still sends may not look for an answer.
            limits.lingerBytes = max(limits.lingerBytes, 2 * maximumBodyBytes + 65_536)
            return limits
        }
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

    private let server: ExchangeServer
    private let start: Task<Void, Never>

    /// Binds the port and starts serving.
    ///
    /// - Throws: `HTTPServerStartError` when the port cannot be bound.
    public init(_ configuration: Configuration, handler: @escaping Handler) throws(HTTPServerStartError) {
        func failure(_ code: Int32) -> HTTPServerStartError {
            HTTPServerStartError(
                address: configuration.address, port: configuration.port, errorNumber: code,
                portOption: configuration.portOption)
        }
        var tls: TLSContext?
        if let identity = configuration.tls {
            guard let made = TLSContext(identity) else { throw failure(EKEYREJECTED) }
            tls = made
        }
        let listener: Int32
        if let given = configuration.listener {
            listener = given
        } else {
            do throws(SocketError) {
                listener = try Listener.socket(configuration.address, configuration.port)
            } catch {
                guard case .system(let code) = error else { throw failure(ENOMEM) }
                throw failure(code)
            }
        }
        port = Listener.port(of: listener)
        let service = HandlerService(
            maximumBodyBytes: configuration.maximumBodyBytes, refusal: configuration.refusal, handler: handler)
        let server = ExchangeServer(
            ConnectionService(
                limits: configuration.limits, tls: tls, servesPlainToo: configuration.servesPlainToo,
                refusal: { service.refuse($0) }, answer: { await service.answer($0) }))
        self.server = server
        start = NetworkActor.task {
            do {
                try server.listen(adopting: listener)
            } catch {
                // The kernel has no room for one more watched socket: nothing that a caller does leads here.
                fatalError("the listening socket cannot be watched: \(error)")
            }
        }
    }

    /// Stops accepting, gives running requests the grace time, then cancels them, and returns when all is ended. A
    /// connection that was accepted and has not been read yet is answered too.
    public func shutDown(grace: Duration = .seconds(5)) async {
        await start.value
        await server.shutDown(grace: grace)
        await server.ended()
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
