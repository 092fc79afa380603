import Dispatch
import Glibc
import Synchronization

/// A TCP server that does to each connection what a test says, for answers that no well-behaved server would give.
public final class RawListener: Sendable {
    /// The port being listened on.
    public let port: UInt16
    private let descriptor: Int32
    private let accepted = Atomic(0)

    /// Listens on a loopback port of the system's choice. Each connection is served on a queue of its own and closed
    /// when the closure returns.
    public init(_ serve: @escaping @Sendable (RawConnection) throws -> Void) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = loopback(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = descriptor
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, size) == 0 && listen(socket, 64) == 0 && getsockname(socket, address, &size) == 0
            }
        }
        guard code else { throw TestFailure("cannot listen: \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        DispatchQueue(label: "test.accept").async { [weak self] in
            // Closed by whoever accepts, and by nobody else: the number of a socket that was closed meanwhile may be that
            // of another test's, whose caller would then be answered here.
            defer { close(socket) }
            while true {
                let connection = accept(socket, nil, nil)
                if connection < 0, errno == EINTR { continue }
                guard connection >= 0 else { return }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                self?.accepted.wrappingAdd(1, ordering: .relaxed)
                DispatchQueue(label: "test.serve").async {
                    let connection = RawConnection(descriptor: connection)
                    try? serve(connection)
                }
            }
        }
    }

    /// Wakes the thread that accepts, which closes.
    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// A server that reads each request and answers it with the same bytes.
    public convenience init(answering text: String) throws {
        try self.init { connection in
            while true {
                _ = try connection.readMessage()
                connection.send(text)
            }
        }
    }

    /// Base of its URLs.
    public var url: String { "http://127.0.0.1:\(port)" }

    /// Connections so far.
    public var connections: Int { accepted.load(ordering: .relaxed) }
}
