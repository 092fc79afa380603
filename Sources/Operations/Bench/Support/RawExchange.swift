import Glibc

/// One request over a socket of its own, with no client library that would be measured too.
struct RawExchange {
    struct Result {
        let status: Int
        /// Bytes of the answer, its head included.
        let received: Int
        let seconds: Double
    }

    private let port: UInt16

    init(port: UInt16) { self.port = port }

    static func isListening(_ port: UInt16) -> Bool {
        guard let socket = connect(to: port) else { return false }
        close(socket)
        return true
    }

    private static func connect(to port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Sends a head and so many bytes, and reads the answer to its end.
    func run(head: String, bodyBytes: Int) throws -> Result {
        guard let socket = Self.connect(to: port) else { throw BenchError("nobody listens on \(port)") }
        defer { close(socket) }
        let piece = [UInt8](repeating: 0x5A, count: 1 << 20)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let started = ContinuousClock.now
        try Self.send(Array(head.utf8), socket)
        var left = bodyBytes
        while left > 0 {
            try Self.send(left < piece.count ? Array(piece[..<left]) : piece, socket)
            left -= min(left, piece.count)
        }
        var first: [UInt8] = []
        var received = 0
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            if first.count < 64 { first += buffer[..<min(count, 64)] }
            received += count
        }
        let elapsed = ContinuousClock.now - started
        let words = String(decoding: first.prefix(20), as: UTF8.self).split(separator: " ")
        return Result(
            status: words.count > 1 ? Int(words[1]) ?? 0 : 0, received: received, seconds: elapsed.milliseconds / 1000)
    }

    private static func send(_ bytes: [UInt8], _ socket: Int32) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw BenchError("the emulator closed the connection") }
            sent += count
        }
    }
}
