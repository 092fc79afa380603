import CLinux
import FoundationEssentials
import Glibc

/// Finds a port for a handler to listen on, some time before it does.
///
/// A port that the system itself chooses is one that it also gives to outgoing connections: until the handler listens,
/// any program's connection may take it, even the host's own attempt to reach it, which then talks to itself. So ports
/// are taken from outside that range.
enum HandlerPort {
    private static let rangeFile = "/proc/sys/net/ipv4/ip_local_port_range"
    private static let usable: ClosedRange<UInt16> = 10_000...65_000
    private static let attempts = 200

    /// A port that nobody has at the moment.
    ///
    /// - Throws: `HostError` when there is none.
    static func free() throws -> UInt16 {
        let outgoing = outgoingPorts
        for _ in 0..<attempts {
            let port = UInt16.random(in: usable)
            if !outgoing.contains(port), apus_port_available("127.0.0.1", port) == 0 { return port }
        }
        // Where outgoing connections may have every port, there is no better one.
        let socket = apus_listen("127.0.0.1", 0, 1)
        guard socket >= 0 else { throw HostError("no free port could be found.") }
        defer { close(socket) }
        return UInt16(clamping: apus_socket_port(socket))
    }

    /// The ports that the system gives to outgoing connections.
    static var outgoingPorts: ClosedRange<UInt16> {
        let text = FileManager.default.contents(atPath: rangeFile).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let bounds = text.split(whereSeparator: \.isWhitespace).compactMap { UInt16($0) }
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return 32_768...60_999 }
        return bounds[0]...bounds[1]
    }
}
