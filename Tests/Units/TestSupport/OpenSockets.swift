import Glibc

/// What a process's own table of descriptors says.
public enum OpenSockets {
    /// Sockets of this process with one of the ports at either end; tests beside this one have others. -1 when that cannot
    /// be told.
    public static func count(of ports: Set<UInt16>) -> Int { count([getsockname, getpeername]) { ports.contains($0) } }

    /// Sockets of this process that are bound to the port: a server's own, and its connections.
    public static func count(at port: UInt16) -> Int { count([getsockname]) { $0 == port } }

    private typealias Question = (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32

    private static func count(_ questions: [Question], where isMeant: (UInt16) -> Bool) -> Int {
        guard let folder = opendir("/proc/self/fd") else { return -1 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let descriptor = Int32(name) else { continue }
            let ends = questions.compactMap { ask -> UInt16? in
                var address = sockaddr_in()
                var size = socklen_t(MemoryLayout<sockaddr_in>.size)
                let code = withUnsafeMutablePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(descriptor, $0, &size) }
                }
                return code == 0 && address.sin_family == sa_family_t(AF_INET) ? address.sin_port.bigEndian : nil
            }
            if ends.contains(where: isMeant) { count += 1 }
        }
        return count
    }
}
