import CLinux
import Glibc

/// Listening sockets that a service manager holds open and hands over (sd_listen_fds(3)): while the program is
/// restarted, callers wait instead of being refused.
public struct InheritedSockets: Sendable {
    /// `SD_LISTEN_FDS_START`.
    public static let firstDescriptor: Int32 = 3
    private static let limit = 16

    private let byPort: [UInt16: Int32]

    /// Takes what was handed to this process, once: the variables are removed, so that no child takes them too.
    ///
    /// - Parameter first: Number of the first descriptor that was handed over.
    public init(from first: Int32 = firstDescriptor) {
        let environment = ProgramLife.environment
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
        guard environment["LISTEN_PID"].flatMap({ Int32($0) }) == getpid(),
            let count = environment["LISTEN_FDS"].flatMap({ Int($0) }), (1...Self.limit).contains(count)
        else {
            byPort = [:]
            return
        }
        var byPort: [UInt16: Int32] = [:]
        for descriptor in first..<first + Int32(count) {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
            if let port = UInt16(exactly: apus_socket_port(descriptor)) { byPort[port] = descriptor }
        }
        self.byPort = byPort
    }

    /// The socket that listens on a port.
    public func listener(on port: UInt16) -> Int32? { byPort[port] }
}
