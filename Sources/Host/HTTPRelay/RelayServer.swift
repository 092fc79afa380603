public import EventLoop

/// An HTTP/1.1 server whose answers may stream while the request still comes in.
@NetworkActor
public final class RelayServer {
    private static let connectionLimit = 20_000

    private var listener: Listener?
    private var connections: [ObjectIdentifier: ServerConnection] = [:]
    /// The port that it listens on.
    public private(set) var port: UInt16 = 0

    /// Listens and answers.
    ///
    /// - Parameter answer: Answers one request; a connection whose answer is not complete then is cut.
    /// - Throws: `SocketError`.
    public init(
        address: String, port: UInt16, answer: @escaping @NetworkActor (ServerExchange) async -> Void
    ) throws {
        let listener = try Listener(address, port) { [unowned self] socket in
            guard connections.count < Self.connectionLimit else { return socket.close() }
            let connection = ServerConnection(socket, answer: answer)
            connections[ObjectIdentifier(connection)] = connection
            NetworkActor.task { [weak self] in
                await connection.run()
                self?.connections[ObjectIdentifier(connection)] = nil
            }
        }
        self.listener = listener
        self.port = listener.port
    }

    /// How many connections are open.
    public var connectionCount: Int { connections.count }

    /// Takes no more connections, lets running requests end within the grace time, and cuts the rest.
    public func shutDown(grace: Duration) async {
        listener?.close()
        listener = nil
        for connection in connections.values { connection.end() }
        let deadline = MonotonicTime.now + grace
        while connections.values.contains(where: \.isBusy), MonotonicTime.now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
        for connection in connections.values { connection.cut() }
    }
}
