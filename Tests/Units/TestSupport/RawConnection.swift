import Dispatch
import Glibc

/// A plain TCP connection, for requests that no well-behaved client would send.
public final class RawConnection: Sendable {
    private let descriptor: Int32

    /// Connects to a loopback port.
    public init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw TestFailure("cannot connect: \(errno)") }
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends text as it is.
    public func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Reads until the peer closes or `marker` has come, off the cooperative pool, which the server needs too.
    public func read(until marker: String? = nil) async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "test.read").async { continuation.resume(returning: self.readBlocking(marker)) }
        }
    }

    private func readBlocking(_ marker: String?) -> String {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            result += buffer[..<count]
            if let marker, String(decoding: result, as: UTF8.self).contains(marker) { break }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Closes at once, without reading what is left.
    public func abort() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}

/// A test's own failure.
public struct TestFailure: Error {
    public let message: String
    public init(_ message: String) { self.message = message }
}

/// Waits until the condition holds, at most `limit`; returns whether it did.
public func eventually(within limit: Duration = .seconds(10), _ condition: () async -> Bool) async -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return await condition()
}
