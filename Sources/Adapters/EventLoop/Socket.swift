import CLinux
import Glibc
import TaskTools

/// A TCP connection: bytes that have come in wait in `input`, what goes out is sent at once or waits for room.
///
/// One task reads and one writes. The reading can be taken over by another task; otherwise a second task that waits for
/// bytes, or for room, is a mistake that traps in debug builds and fails with `displaced`. The writer sets the pace of
/// whoever feeds it, which is all the back-pressure there is.
@NetworkActor
public final class Socket: SocketObserver {
    // One thread, so one buffer serves every read.
    private static let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    private enum Wake { case ready, taken, timedOut }

    let descriptor: Int32
    /// Who is at the other end, of a connection that was accepted.
    public let peer: Peer
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
    /// How slowly bytes may come while they are waited for; setting it begins a new count.
    public var readPace: Pace? { didSet { readMeter.reset(moved: receivedCount) } }
    /// How slowly the peer may take what is written to it; setting it begins a new count.
    public var writePace: Pace? { didSet { writeMeter.reset(moved: acknowledgedCount) } }

    private var layer: (any SocketLayer)?
    private var received: [UInt8] = []
    private var start = 0
    private var mayRead = true
    private var mayWrite = true
    private var reader = WaitingPlace<UnsafeContinuation<Wake, Never>>()
    private var writer = WaitingPlace<UnsafeContinuation<Wake, Never>>()
    private var readMeter = PaceMeter()
    private var writeMeter = PaceMeter()
    private var receivedCount = 0
    private var sentCount = 0
    /// Whose turn it is to read: counts how often the reading was taken over.
    public private(set) var readingTurn = 0

    init(descriptor: Int32, bringsWork: Bool, peer: Peer = .unknown) throws(SocketError) {
        self.descriptor = descriptor
        self.peer = peer
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
        _ = await socket.waitToWrite()
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

    /// Puts a layer between the socket and what is read and written from now on. Returns `false` when there is none.
    ///
    /// - Parameter make: Makes the layer for the socket's descriptor, which stays the socket's.
    public func wrap(_ make: (Int32) -> (any SocketLayer)?) -> Bool {
        guard failure == nil, let made = make(descriptor) else { return false }
        layer = made
        return true
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
        start = min(received.count, start + min(count, available))
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

    /// Ends the turn of whoever reads: a task that waits for bytes fails with `displaced`, and takes none.
    public func takeOverReading() {
        readingTurn &+= 1
        wakeReader()
    }

    /// Waits for more bytes. Returns `false` at the end of the stream.
    public func fill() async throws(SocketError) -> Bool { try await fill(turn: readingTurn) }

    /// Waits for more bytes while it is the caller's turn to read. Returns `false` at the end of the stream.
    ///
    /// A wait that ends with `timedOut` ends nothing else: whoever reads may still be answered.
    ///
    /// - Parameter turn: `readingTurn` as it was when the caller began to read.
    public func fill(turn: Int) async throws(SocketError) -> Bool {
        while true {
            guard turn == readingTurn else { throw .displaced }
            if let failure { throw failure }
            if mayRead, let goesOn = receive() { return goesOn }
            if let failure { throw failure }
            switch await waitToRead(turn) {
            case .ready: continue
            case .taken: throw .displaced
            case .timedOut: throw .timedOut
            }
        }
    }

    /// Takes in what has come. Returns `false` at the end of the stream, and `nil` when nothing has come.
    private func receive() -> Bool? {
        let buffer = Self.scratch
        guard let address = buffer.baseAddress else { return nil }
        let count = layer?.receive(into: buffer) ?? apus_receive(descriptor, address, buffer.count)
        if count > 0 {
            // Less than there was room for: the next bytes will be a new event. A layer may hold more itself.
            if layer == nil, count < buffer.count { mayRead = isPeerGone }
            if start > 0 {
                received.removeSubrange(..<start)
                start = 0
            }
            received.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            receivedCount += count
            return true
        }
        if count == 0 {
            isPeerGone = true
            return false
        }
        mayRead = false
        if count != -Int(EAGAIN) {
            fail(count == -Int(ECONNRESET) || count == -Int(EPIPE) ? .peerGone : .system(Int32(-count)))
        }
        return nil
    }

    /// Waits for the first byte of a connection, and leaves it where it is. Returns `nil` at the end of the stream.
    public func firstByte() async throws(SocketError) -> UInt8? {
        while true {
            if let failure { throw failure }
            let byte = apus_peek(descriptor)
            if byte >= 0 { return UInt8(truncatingIfNeeded: byte) }
            if byte == -ENODATA { return nil }
            guard byte == -EAGAIN else { throw .system(-byte) }
            mayRead = false
            switch await waitToRead(readingTurn) {
            case .ready: continue
            case .taken: throw .displaced
            case .timedOut: throw .timedOut
            }
        }
    }

    // MARK: - Writing

    /// Sends both parts, one behind the other; returns when the system has taken them all.
    ///
    /// - Throws: `SocketError`.
    public func write(_ first: [UInt8], _ second: [UInt8] = []) async throws {
        var sent = try sendNow(first[...], second[...])
        while sent < first.count + second.count {
            guard await waitToWrite() != .taken else { throw SocketError.displaced }
            sent += try sendNow(first.dropFirst(sent), second.dropFirst(max(0, sent - first.count)))
        }
    }

    /// Sends what the system takes at once. Returns how many bytes that were.
    private func sendNow(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) throws -> Int {
        if let failure = failure ?? writeFailure { throw failure }
        guard mayWrite, !first.isEmpty || !second.isEmpty else { return 0 }
        let count = first.withUnsafeBytes { first in
            second.withUnsafeBytes { second in
                layer?.send(first, second)
                    ?? apus_send_two(descriptor, first.baseAddress, first.count, second.baseAddress, second.count)
            }
        }
        if count >= 0 {
            sentCount += count
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

    /// Bytes of what was sent that have reached the peer.
    private var acknowledgedCount: Int { failure == nil ? sentCount - Int(apus_unacknowledged(descriptor)) : sentCount }

    // Whether there is anything to wait for is looked at inside the continuation: calls on one actor may be taken up
    // later than they were made, and the event may come in between.

    private func waitToRead(_ turn: Int) async -> Wake {
        await withUnsafeContinuation { continuation in
            if mayRead || failure != nil || turn != readingTurn {
                continuation.resume(returning: .ready)
            } else if isReadOver(at: .now) {
                continuation.resume(returning: .timedOut)
            } else if reader.take(continuation) {
                readMeter.beginWait()
            } else {
                continuation.resume(returning: .taken)
            }
        }
    }

    private func waitToWrite() async -> Wake {
        await withUnsafeContinuation { continuation in
            if mayWrite || failure != nil {
                continuation.resume(returning: .ready)
            } else if isWriteOver(at: .now) {
                // A message that has gone out in part cannot be gone on with.
                fail(.timedOut)
                continuation.resume(returning: .ready)
            } else if writer.take(continuation) {
                writeMeter.beginWait()
            } else {
                continuation.resume(returning: .taken)
            }
        }
    }

    /// How long, in milliseconds, somebody who waits for bytes has waited for the peer; `nil` when nobody does.
    public func waitedToRead(at now: MonotonicTime) -> Int64? { readMeter.waited(at: now) }

    /// How long, in milliseconds, somebody who waits for room has waited for the peer; `nil` when nobody does.
    public func waitedToWrite(at now: MonotonicTime) -> Int64? { writeMeter.waited(at: now) }

    /// Tells the peer that nothing more will come.
    public func endWriting() {
        guard !isClosed else { return }
        layer?.endWriting()
        shutdown(descriptor, Int32(SHUT_WR))
    }

    // MARK: - Ending

    /// Closes the connection; whoever waits gets the reason.
    public func close(_ reason: SocketError = .closed) {
        guard !isClosed else { return }
        if failure == nil, writeFailure == nil { layer?.endWriting() }
        fail(reason)
        isClosed = true
        onPeerGone = nil
        layer = nil
        SocketTable.close(self)
    }

    /// Set when the descriptor is no longer ours.
    private var isClosed = false

    private func fail(_ reason: SocketError) {
        if failure == nil { failure = reason }
        wakeReader()
        wakeWriter()
    }

    private func wakeReader(_ wake: Wake = .ready) {
        guard let waiting = reader.clear() else { return }
        readMeter.endWait()
        waiting.resume(returning: wake)
    }

    private func wakeWriter() {
        guard let waiting = writer.clear() else { return }
        writeMeter.endWait()
        waiting.resume(returning: .ready)
    }

    func handle(_ event: apus_socket_event) {
        // A layer may have to write before it can read, and the other way round.
        if event.readable == 1 || layer != nil {
            mayRead = true
            wakeReader()
        }
        if event.writable == 1 || layer != nil {
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
        if writer.isTaken, isWriteOver(at: now) { fail(.timedOut) }
        if reader.isTaken, isReadOver(at: now) { wakeReader(.timedOut) }
    }

    private func isReadOver(at now: MonotonicTime) -> Bool {
        if let deadline, deadline <= now { return true }
        return readPace.map { readMeter.isTooSlow($0, at: now) { receivedCount } } ?? false
    }

    private func isWriteOver(at now: MonotonicTime) -> Bool {
        if let deadline, deadline <= now { return true }
        return writePace.map { writeMeter.isTooSlow($0, at: now) { acknowledgedCount } } ?? false
    }
}
