import CLinux
import Glibc

/// A listening socket that hands over each connection.
@NetworkActor
public final class Listener: SocketObserver {
    /// How many connections are taken in before others get their turn.
    private static let batch = 64
    /// How many may have connected and wait to be taken in.
    private nonisolated static let backlog: Int32 = 4096

    let descriptor: Int32
    /// The port, also when the system chose it.
    public let port: UInt16
    private let makeRoom: @NetworkActor (_ isShort: Bool) -> Bool
    private let accepted: @NetworkActor (Socket) -> Void
    private var isOpen = true
    /// From this number on the process is about to have no descriptors left.
    private let shortage: Int32

    /// Listens on an IPv4 address.
    ///
    /// - Parameter port: 0 lets the system choose.
    /// - Throws: `SocketError.system`, `EADDRINUSE` when the port is taken.
    public convenience init(_ address: String, _ port: UInt16, accepted: @escaping @NetworkActor (Socket) -> Void)
        throws(SocketError)
    {
        try self.init(adopting: Listener.socket(address, port), makeRoom: { !$0 }, accepted: accepted)
    }

    /// A descriptor that listens on an IPv4 address, for `init(adopting:)`.
    ///
    /// - Throws: `SocketError.system`, `EADDRINUSE` when the port is taken.
    public nonisolated static func socket(_ address: String, _ port: UInt16) throws(SocketError) -> Int32 {
        let descriptor = apus_listen(address, port, backlog)
        guard descriptor >= 0 else { throw .system(-descriptor) }
        return descriptor
    }

    /// The port that such a descriptor has.
    public nonisolated static func port(of descriptor: Int32) -> UInt16 {
        UInt16(clamping: apus_socket_port(descriptor))
    }

    /// Takes over a socket that listens already, and closes it at the end, also when this fails.
    ///
    /// - Parameter makeRoom: Asked before a connection is accepted, and with `true` when the process is about to have no
    ///   descriptors left; whether there is room for one more now. While there is none, callers wait to be accepted.
    /// - Throws: `SocketError.system`.
    public init(
        adopting descriptor: Int32, makeRoom: @escaping @NetworkActor (_ isShort: Bool) -> Bool,
        accepted: @escaping @NetworkActor (Socket) -> Void
    ) throws(SocketError) {
        apus_set_nonblocking(descriptor)
        self.descriptor = descriptor
        port = Self.port(of: descriptor)
        self.makeRoom = makeRoom
        self.accepted = accepted
        let limit = apus_descriptor_limit()
        // What else the process opens, such as files, has to go on.
        shortage = limit - min(256, limit / 4)
        do throws(SocketError) {
            try SocketTable.add(self, bringsWork: true)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Takes in who has connected already, and stops listening; connections that are there stay.
    public func close() {
        guard isOpen else { return }
        for _ in 0..<Self.backlog { guard acceptOne() else { break } }
        isOpen = false
        SocketTable.close(self)
    }

    func handle(_ event: apus_socket_event) { acceptBatch() }

    // Without room or descriptors left no new event may come for those who wait already, so they are looked for again.
    func tick(_ now: MonotonicTime) { acceptBatch() }

    private func acceptBatch() {
        for _ in 0..<Self.batch { guard isOpen, acceptOne() else { return } }
        NetworkActor.task { [weak self] in self?.acceptBatch() }
    }

    /// Takes in one connection. Returns whether there may be another.
    private func acceptOne() -> Bool {
        // Nobody has to go for nobody.
        guard apus_has_waiting(descriptor) == 1, makeRoom(false) else { return false }
        var peer = apus_peer()
        let connection = apus_accept(descriptor, &peer)
        if connection == -EMFILE || connection == -ENFILE { return makeRoom(true) }
        guard connection >= 0 else { return false }
        if connection >= shortage, !makeRoom(true) {
            Glibc.close(connection)
            return false
        }
        if let socket = try? Socket(descriptor: connection, bringsWork: true, peer: Peer(peer)) { accepted(socket) }
        return true
    }
}
