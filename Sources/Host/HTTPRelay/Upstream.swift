public import EventLoop
public import HTTPMessages
public import HTTPWire

/// The connections to one HTTP/1.1 server on this machine; those that are idle are used again.
@NetworkActor
public final class Upstream {
    /// A request on its way to the server.
    public struct Request {
        public var method: String
        /// Path and query as they go out.
        public var target: String
        public var fields: HTTPFields
        public var body: Body = .none

        /// What follows the head.
        public enum Body {
            case none
            case bytes([UInt8])
            /// Passed on as it comes, chunked when its length is not known.
            case source(IncomingBody)
        }

        /// Makes a request.
        public init(_ method: String, _ target: String, _ fields: HTTPFields, _ body: Body = .none) {
            self.method = method
            self.target = target
            self.fields = fields
            self.body = body
        }
    }

    private static let idleLimit = 512

    private let address: String
    private let port: UInt16
    private var idle: [Socket] = []

    /// A server at an IPv4 address.
    public init(address: String, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Sends a request and returns when the answer's head is there.
    ///
    /// A connection that was kept and turns out to be dead costs a second try only where nothing can be done twice.
    ///
    /// - Parameters:
    ///   - deadline: When to give up waiting for the head; `nil` for never.
    ///   - willWait: Gets the exchange before anything is waited for, so that it can be ended from outside.
    /// - Throws: `SocketError`, `MessageError`.
    public func send(
        _ request: Request, deadline: MonotonicTime?, willWait: @NetworkActor (UpstreamExchange) -> Void = { _ in }
    ) async throws -> UpstreamExchange {
        if let socket = idle.popLast() {
            socket.onPeerGone = nil
            let exchange = UpstreamExchange(socket, request, self)
            willWait(exchange)
            do {
                try await exchange.begin(deadline: deadline)
                return exchange
            } catch SocketError.peerGone where exchange.mayRepeat {
                socket.close()
            } catch MessageError.truncated where exchange.mayRepeat {
                socket.close()
            }
        }
        let socket = try await Socket.connect(address, port, deadline: deadline)
        let exchange = UpstreamExchange(socket, request, self)
        willWait(exchange)
        try await exchange.begin(deadline: deadline)
        return exchange
    }

    /// Whether the server takes connections and answers anything at all to a request.
    public func answers(_ request: Request, until deadline: MonotonicTime) async -> Bool {
        do {
            let exchange = try await send(request, deadline: deadline)
            _ = try? await exchange.body.collect(limit: 1 << 20)
            exchange.end()
            return true
        } catch SocketError.system, SocketError.timedOut {
            return false
        } catch {
            // Connected, but what came back was no answer: somebody is there.
            return true
        }
    }

    /// Closes the connections that are not in use.
    public func closeIdle() {
        let sockets = idle
        idle = []
        for socket in sockets { socket.close() }
    }

    func keep(_ socket: Socket) {
        guard
            idle.count < Self.idleLimit, !socket.isPeerGone, socket.failure == nil, socket.writeFailure == nil,
            socket.available == 0
        else { return socket.close() }
        socket.deadline = nil
        socket.onPeerGone = { [weak self, unowned socket] in self?.drop(socket) }
        idle.append(socket)
    }

    private func drop(_ socket: Socket) {
        idle.removeAll { $0 === socket }
        socket.close()
    }
}
