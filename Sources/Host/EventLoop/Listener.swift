import CLinux
import Glibc

/// A listening socket that hands over each connection.
@NetworkActor
public final class Listener: SocketObserver {
    let descriptor: Int32
    /// The port, also when the system chose it.
    public let port: UInt16
    private let accepted: @NetworkActor (Socket) -> Void
    private var isOpen = true

    /// Listens on an IPv4 address.
    ///
    /// - Parameter port: 0 lets the system choose.
    /// - Throws: `SocketError.system`, `EADDRINUSE` when the port is taken.
    public init(_ address: String, _ port: UInt16, accepted: @escaping @NetworkActor (Socket) -> Void)
        throws(SocketError)
    {
        let descriptor = apus_listen(address, port, 4096)
        guard descriptor >= 0 else { throw .system(-descriptor) }
        apus_set_nonblocking(descriptor)
        self.descriptor = descriptor
        self.port = UInt16(clamping: apus_socket_port(descriptor))
        self.accepted = accepted
        do throws(SocketError) {
            try SocketTable.add(self, bringsWork: true)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Stops listening; connections that are there stay.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        SocketTable.close(self)
    }

    func handle(_ event: apus_socket_event) { acceptAll() }

    // Without descriptors left no new event may come for those who wait already, so they are looked for again.
    func tick(_ now: MonotonicTime) { acceptAll() }

    private func acceptAll() {
        while isOpen {
            let connection = apus_accept(descriptor)
            guard connection >= 0 else { return }
            if let socket = try? Socket(descriptor: connection, bringsWork: true) { accepted(socket) }
        }
    }
}
