import CLinux
import Glibc

/// A TCP connection: bytes that have come in wait in `input`, what goes out is sent at once or waits for room.
///
/// At most one task reads and one writes. The writer sets the pace of whoever feeds it, which is all the back-pressure
/// there is.
@NetworkActor
public final class Socket: SocketObserver {
    // One thread, so one buffer serves every read.
    private static let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    let descriptor: Int32
    /// Set when the peer has closed its side or the connection broke.
    public private(set) var isPeerGone = false
    /// Why the connection is of no use; `nil` while it is.
    public private(set) var failure: SocketError?
    /// Set when the peer takes no more. What it sent before can still be read: a server may answer and close while a body
    /// is on its way to it.
    public private(set) var writeFailure: SocketError?
    /// Called once when the peer has gone.
    public var onPeerGone: (@NetworkActor () -> Void)?
    /// When a wait ends with `timedOut`; `nil` for never.
    public var deadline: MonotonicTime?

    private var received: [UInt8] = []
    private var start = 0
    private var mayRead = true
    private var mayWrite = true
    private var reader: UnsafeContinuation<Void, Never>?
    private var writer: UnsafeContinuation<Void, Never>?

    init(descriptor: Int32, bringsWork: Bool) throws(SocketError) {
        self.descriptor = descriptor
        do throws(SocketError) {
            try SocketTable.add(self, bringsWork: bringsWork)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Connects to an IPv4 address.
    public static func connect(_ address: String, _ port: UInt16, deadline: MonotonicTime?) async throws(SocketError)
        -> Socket
    {
        let descriptor = apus_connect(address, port)
        guard descriptor >= 0 else { throw .system(-descriptor) }
        let socket = try Socket(descriptor: descriptor, bringsWork: false)
        socket.deadline = deadline
        // The first event tells that the connection is there or has failed.
        socket.mayWrite = false
        await socket.waitToWrite()
        if let failure = socket.failure {
            socket.close()
            throw failure
        }
        let code = apus_socket_error(descriptor)
        guard code == 0, apus_is_connected_to_itself(descriptor) == 0 else {
            socket.close()
            throw .system(code == 0 ? ECONNREFUSED : code)
        }
        socket.mayRead = true
        socket.deadline = nil
        return socket
    }

    // MARK: - Reading

    /// How many bytes wait to be consumed.
    public var available: Int { received.count - start }

    /// Gives the bytes that wait; valid during the call.
    public func withInput<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try received.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    /// Drops bytes from the front.
    public func consume(_ count: Int) {
        start = min(received.count, start + count)
        guard start == received.count else { return }
        // Small buffers stay for the next message, large ones go back.
        if received.capacity > 8192 { received = [] } else { received.removeAll(keepingCapacity: true) }
        start = 0
    }

    /// Takes up to `limit` bytes from the front.
    public func take(_ limit: Int) -> [UInt8] {
        let count = min(limit, available)
        let bytes = Array(received[start..<(start + count)])
        consume(count)
        return bytes
    }

    /// Waits for more bytes. Returns `false` at the end of the stream.
    public func fill() async throws(SocketError) -> Bool {
        while true {
            if let failure { throw failure }
            if mayRead {
                let buffer = Self.scratch
                guard let address = buffer.baseAddress else { return false }
                let count = apus_receive(descriptor, address, buffer.count)
                if count > 0 {
                    // Less than there was room for: the next bytes will be a new event.
                    if count < buffer.count { mayRead = isPeerGone }
                    if start > 0 {
                        received.removeSubrange(..<start)
                        start = 0
                    }
                    received.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    return true
                }
                if count == 0 {
                    isPeerGone = true
                    return false
                }
                guard count == -Int(EAGAIN) else {
                    fail(count == -Int(ECONNRESET) || count == -Int(EPIPE) ? .peerGone : .system(Int32(-count)))
                    continue
                }
                mayRead = false
            }
            await waitToRead()
        }
    }

    // MARK: - Writing

    /// Sends both parts, one behind the other; returns when the system has taken them all.
    ///
    /// - Throws: `SocketError`.
    public func write(_ first: [UInt8], _ second: [UInt8] = []) async throws {
        var sent = try sendNow(first[...], second[...])
        while sent < first.count + second.count {
            await waitToWrite()
            sent += try sendNow(first.dropFirst(sent), second.dropFirst(max(0, sent - first.count)))
        }
    }

    /// Sends what the system takes at once. Returns how many bytes that were.
    private func sendNow(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) throws -> Int {
        if let failure = failure ?? writeFailure { throw failure }
        guard mayWrite, !first.isEmpty || !second.isEmpty else { return 0 }
        let count = first.withUnsafeBytes { first in
            second.withUnsafeBytes { second in
                apus_send_two(descriptor, first.baseAddress, first.count, second.baseAddress, second.count)
            }
        }
        if count >= 0 {
            if count < first.count + second.count { mayWrite = false }
            return count
        }
        guard count == -Int(EAGAIN) else {
            guard count == -Int(EPIPE) || count == -Int(ECONNRESET) else {
                fail(.system(Int32(-count)))
                throw SocketError.system(Int32(-count))
            }
            writeFailure = .peerGone
            throw SocketError.peerGone
        }
        mayWrite = false
        return 0
    }

    // Whether there is anything to wait for is looked at inside the continuation: calls on one actor may be taken up
    // later than they were made, and the event may come in between.

    private func waitToRead() async {
        await withUnsafeContinuation { continuation in
            if mayRead || failure != nil { continuation.resume() } else { reader = continuation }
        }
    }

    private func waitToWrite() async {
        await withUnsafeContinuation { continuation in
            if mayWrite || failure != nil { continuation.resume() } else { writer = continuation }
        }
    }

    /// Tells the peer that nothing more will come.
    public func endWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    // MARK: - Ending

    /// Closes the connection; whoever waits gets the reason.
    public func close(_ reason: SocketError = .closed) {
        guard failure != .closed || !isClosed else { return }
        fail(reason)
        guard !isClosed else { return }
        isClosed = true
        onPeerGone = nil
        SocketTable.close(self)
    }

    private var isClosed = false

    private func fail(_ reason: SocketError) {
        if failure == nil { failure = reason }
        wakeReader()
        wakeWriter()
    }

    private func wakeReader() {
        let waiting = reader
        reader = nil
        waiting?.resume()
    }

    private func wakeWriter() {
        let waiting = writer
        writer = nil
        waiting?.resume()
    }

    func handle(_ event: apus_socket_event) {
        if event.readable == 1 {
            mayRead = true
            wakeReader()
        }
        if event.writable == 1 {
            mayWrite = true
            wakeWriter()
        }
        if event.peer_gone == 1 {
            isPeerGone = true
            let tell = onPeerGone
            onPeerGone = nil
            tell?()
        }
    }

    func tick(_ now: MonotonicTime) {
        guard let deadline, deadline <= now, reader != nil || writer != nil else { return }
        fail(.timedOut)
    }
}
