public import EventLoop
import HTTPMessages
import HTTPWire

/// An HTTP/1.1 server whose answers may stream while the request still comes in. It answers on the network's thread;
/// `HTTPServer` is the one for handlers that work elsewhere.
@NetworkActor
public final class ExchangeServer {
    /// How long nothing has to be under way over the connections that were accepted before the server stops.
    private static let settling = Duration.milliseconds(100)

    private let service: ConnectionService
    private let table: ConnectionTable
    private var listener: Listener?
    /// The port that it listens on.
    public private(set) var port: UInt16 = 0
    /// Connections that are still served, also when they have been cut.
    private var running = 0
    private var waitingForEnd: [UnsafeContinuation<Void, Never>] = []

    nonisolated init(_ service: ConnectionService) {
        self.service = service
        table = ConnectionTable(limit: service.limits.connections)
    }

    /// Listens on an IPv4 address and answers.
    ///
    /// - Parameters:
    ///   - port: 0 lets the system choose.
    ///   - answer: Answers one request; a connection whose answer is not complete then is cut.
    /// - Throws: `SocketError`.
    public convenience init(
        address: String, port: UInt16, limits: ServerLimits = ServerLimits(),
        answer: @escaping @NetworkActor (ServerExchange) async -> Void
    ) throws {
        self.init(
            ConnectionService(
                limits: limits, tls: nil, servesPlainToo: false,
                refusal: { HTTPResponse($0.status, text: "\($0.description)\n") }, answer: answer))
        try listen(adopting: try Listener.socket(address, port))
    }

    /// Begins to accept connections of a socket that listens already, which is the server's from then on.
    ///
    /// - Throws: `SocketError`.
    func listen(adopting descriptor: Int32) throws {
        let listener = try Listener(
            adopting: descriptor, makeRoom: { [table] in table.makeRoom(isShort: $0) },
            accepted: { [weak self] socket in
                guard let self else { return socket.close() }
                serve(socket)
            })
        self.listener = listener
        port = listener.port
    }

    /// How many connections are open.
    public var connectionCount: Int { table.count }

    private func serve(_ socket: Socket) {
        let connection = ServerConnection(socket, service)
        table.add(connection)
        running += 1
        NetworkActor.task { [self] in
            await connection.run()
            table.remove(connection)
            running -= 1
            guard running == 0 else { return }
            for waiter in waitingForEnd { waiter.resume() }
            waitingForEnd = []
        }
    }

    /// Takes no more connections, lets running requests end within the grace time, and cuts the rest. A connection that
    /// was accepted and has not been read yet is answered too.
    public func shutDown(grace: Duration) async {
        // In a task of its own: one that is cancelled would not wait.
        await NetworkActor.task { [self] in await end(grace) }.value
    }

    private func end(_ grace: Duration) async {
        listener?.close()
        listener = nil
        for connection in table.all { connection.end() }
        let deadline = MonotonicTime.now + grace
        var quietSince = MonotonicTime.now
        while MonotonicTime.now < min(deadline, quietSince + Self.settling) {
            try? await Task.sleep(for: .milliseconds(10))
            if table.all.contains(where: \.isBusy) { quietSince = .now }
        }
        for connection in table.all { connection.cut() }
    }

    /// Returns when no request is worked on any more, cut ones included.
    func ended() async {
        await withUnsafeContinuation { continuation in
            if running == 0 { continuation.resume() } else { waitingForEnd.append(continuation) }
        }
    }
}
