import Dispatch
import Glibc

/// Finds the addresses of a host name with the system's resolver.
public struct HostResolver: Sendable {
    /// Addresses of a name; empty when it is unknown.
    public typealias Lookup = @Sendable (_ host: String) async -> [IPAddress]

    /// The system's resolver. It also reads notations such as `2130706433`, `0x7f.1` and `127.1`, as all that is built
    /// on it does.
    public static let system: Lookup = { host in
        await withCheckedContinuation { continuation in
            // A thread of its own: a slow name server must not hold up anybody else's blocking calls.
            DispatchQueue(label: "apus.resolver").async { continuation.resume(returning: addresses(host)) }
        }
    }

    private static func addresses(_ host: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var entry = list
        while let current = entry, found.count < 16 {
            if let address = address(current.pointee), !found.contains(address) { found.append(address) }
            entry = current.pointee.ai_next
        }
        return found
    }

    private static func address(_ entry: addrinfo) -> IPAddress? {
        guard let pointer = UnsafeRawPointer(entry.ai_addr) else { return nil }
        switch entry.ai_family {
        case AF_INET where entry.ai_addrlen >= MemoryLayout<sockaddr_in>.size:
            let value = pointer.loadUnaligned(as: sockaddr_in.self)
            return IPAddress(withUnsafeBytes(of: value.sin_addr) { Array($0) })
        case AF_INET6 where entry.ai_addrlen >= MemoryLayout<sockaddr_in6>.size:
            let value = pointer.loadUnaligned(as: sockaddr_in6.self)
            return IPAddress(withUnsafeBytes(of: value.sin6_addr) { Array($0) })
        default: return nil
        }
    }
}
