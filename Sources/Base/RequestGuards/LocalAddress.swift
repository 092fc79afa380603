import Glibc

/// Which addresses are this machine's own.
enum LocalAddress {
    /// Whether a text is an IP address of this machine, loopback included. The kernel is asked each time: interfaces
    /// come and go.
    static func isOurs(_ host: String) -> Bool {
        guard let first = host.utf8.first, (48...57).contains(first) || host.utf8.contains(UInt8(ascii: ":")) else {
            return false
        }
        var four = sockaddr_in()
        if inet_pton(AF_INET, host, &four.sin_addr) == 1 {
            let number = UInt32(bigEndian: four.sin_addr.s_addr)
            if number >> 24 == 127 { return true }
            four.sin_family = sa_family_t(AF_INET)
            return number != 0 && canBind(AF_INET, four)
        }
        var six = sockaddr_in6()
        guard inet_pton(AF_INET6, host, &six.sin6_addr) == 1 else { return false }
        let bytes = withUnsafeBytes(of: six.sin6_addr) { Array($0) }
        if bytes.dropLast().allSatisfy({ $0 == 0 }) { return bytes.last == 1 }
        six.sin6_family = sa_family_t(AF_INET6)
        return canBind(AF_INET6, six)
    }

    /// Sockets can be bound to this machine's addresses alone.
    private static func canBind(_ family: Int32, _ address: some Sendable) -> Bool {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withUnsafeBytes(of: address) { bytes in
            guard let start = bytes.baseAddress else { return false }
            return bind(descriptor, start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
        }
    }
}
