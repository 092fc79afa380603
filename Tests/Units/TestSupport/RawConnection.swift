import Dispatch
import Glibc
import Synchronization

/// A plain TCP connection, for messages that no well-behaved program would send.
///
/// Reading ends when the message is complete, not when some time has passed: a busy machine may take long for
/// anything. What is not complete within the limit is a `TestFailure`, never a short text.
public final class RawConnection: Sendable {
    /// Long enough for a machine that has much else to do; a test that passes never waits for it.
    public static let limit = Duration.seconds(180)

    private let descriptor: Int32
    /// What has arrived and was not asked for yet.
    private let pending = Mutex<[UInt8]>([])

    /// Connects to a loopback port.
    public init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = loopback(port)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw TestFailure("cannot connect: \(errno)") }
    }

    /// Takes over an accepted connection.
    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Sends text as it is.
    public func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends bytes as they are, as far as the peer takes them.
    public func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Sends more than the peer takes at once. Waits off the cooperative pool, which the server needs too.
    public func sendOffPool(_ bytes: [UInt8]) async { try? await offPool { self.send(bytes) } }

    /// Reads up to and including `marker`, or to the peer's end of the connection without one. What came behind the
    /// marker is kept for the next call. Waits off the cooperative pool, which the server needs too.
    public func read(until marker: String? = nil) async throws -> String {
        String(decoding: try await offPool { try self.readBytes(until: marker) }, as: UTF8.self)
    }

    /// Reads one whole HTTP response: its head, and the body that the head announces.
    ///
    /// - Parameter hasBody: `false` for the answer to HEAD, and for interim answers.
    public func readResponse(hasBody: Bool = true) async throws -> RawMessage {
        try await offPool { try self.readMessage(hasBody: hasBody) }
    }

    private func offPool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "test.connection").async { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Like `read(until:)`, for threads that may wait.
    public func readBytes(until marker: String? = nil) throws -> [UInt8] {
        let end = ContinuousClock.now + Self.limit
        return try pending.withLock { pending in
            var searched = 0
            while true {
                if let marker, let found = Self.end(of: Array(marker.utf8), in: pending, from: searched) {
                    defer { pending.removeFirst(found) }
                    return Array(pending[..<found])
                }
                searched = max(0, pending.count - (marker?.utf8.count ?? 0))
                guard try receive(&pending, end) else {
                    guard let marker else {
                        defer { pending = [] }
                        return pending
                    }
                    let text = String(decoding: pending, as: UTF8.self)
                    throw TestFailure(
                        "the connection ended before \(marker.debugDescription): \(text.debugDescription)")
                }
            }
        }
    }

    /// Like `readResponse(hasBody:)`, and for requests too.
    public func readMessage(hasBody: Bool = true) throws -> RawMessage {
        let head = String(decoding: try readBytes(until: "\r\n\r\n"), as: UTF8.self)
        var message = RawMessage(head: head)
        guard hasBody else { return message }
        if message.field("transfer-encoding")?.lowercased() == "chunked" {
            while true {
                let line = String(decoding: try readBytes(until: "\r\n"), as: UTF8.self)
                guard let count = Int(line.prefix { $0.isHexDigit }, radix: 16) else {
                    throw TestFailure("no length of a chunk: \(line.debugDescription)")
                }
                if count > 0 { message.body += try readBytes(count: count) }
                _ = try readBytes(until: "\r\n")
                if count == 0 { return message }
            }
        }
        if let length = message.field("content-length").flatMap({ Int($0) }) {
            message.body = try readBytes(count: length)
        } else if !head.hasPrefix("HTTP/") {
            return message
        } else {
            message.body = try readBytes()
        }
        return message
    }

    private func readBytes(count: Int) throws -> [UInt8] {
        let end = ContinuousClock.now + Self.limit
        return try pending.withLock { pending in
            while pending.count < count {
                guard try receive(&pending, end) else {
                    throw TestFailure("the connection ended after \(pending.count) of \(count) bytes")
                }
            }
            defer { pending.removeFirst(count) }
            return Array(pending[..<count])
        }
    }

    /// Waits for more bytes; `false` at the end of the connection.
    private func receive(_ pending: inout [UInt8], _ end: ContinuousClock.Instant) throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let left = (end - .now).components.seconds
            guard left > 0 else { throw TestFailure("nothing came within \(Self.limit)") }
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&event, 1, Int32(left) * 1000)
            if ready == 0 || ready < 0 && errno == EINTR { continue }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            pending += buffer[..<count]
            return true
        }
    }

    private static func end(of marker: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= marker.count else { return nil }
        for place in start...bytes.count - marker.count where bytes[place] == marker[0] {
            if bytes[place..<place + marker.count].elementsEqual(marker) { return place + marker.count }
        }
        return nil
    }

    /// Says that nothing more will be sent; the other direction stays open.
    public func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes at once, without reading what is left.
    public func abort() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}

/// An HTTP message as it was on the wire.
public struct RawMessage: Sendable {
    /// Start line and fields, with the empty line.
    public let head: String
    /// The body, chunks joined.
    public var body: [UInt8] = []

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The status of a response; 0 for a request.
    public var status: Int {
        let words = head.split(separator: " ", maxSplits: 2)
        return words.count > 1 ? Int(words[1]) ?? 0 : 0
    }

    /// The first value of a field.
    public func field(_ name: String) -> String? { fields(name).first }

    /// Every value of a field.
    public func fields(_ name: String) -> [String] {
        head.split(separator: "\r\n").dropFirst().compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { return nil }
            return String(parts[1].drop { $0 == " " })
        }
    }
}

func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    return address
}
