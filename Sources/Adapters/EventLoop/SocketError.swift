import Glibc

/// Why a connection is of no use any more.
public enum SocketError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The peer has closed or reset it.
    case peerGone
    /// We closed it.
    case closed
    /// Its deadline passed.
    case timedOut
    /// Another task reads it, or writes to it.
    case displaced
    /// The system refused, with its error number.
    case system(Int32)

    /// Whether nobody listens at the address.
    public var isRefused: Bool { self == .system(ECONNREFUSED) }

    public var description: String {
        switch self {
        case .peerGone: "the connection was closed by the other side"
        case .closed: "the connection was closed"
        case .displaced: "another task has taken over the connection"
        case .timedOut: "nothing came in the time allowed"
        case .system(let code): String(cString: strerror(code))
        }
    }
}
