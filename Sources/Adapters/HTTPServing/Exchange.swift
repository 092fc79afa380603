import CLinux
import CMicrohttpd
import HTTPMessages
import Synchronization

/// One request and its response, between the library's threads and our tasks.
///
/// The library calls in on its own threads and never waits; tasks never call the library except to resume a
/// connection that this object has suspended. A connection is suspended and resumed only while the lock is held, so what
/// `isSuspended` says is what the library knows: it aborts the process when it is stopped with a suspended connection.
final class Exchange: Sendable {
    private enum Upload { case receiving, complete, cut }

    private enum Reply {
        case none
        case ready(HTTPResponse)
        case queued
    }

    private struct State {
        var isSuspended = false
        var isClosed = false
        var task: Task<Void, Never>?

        var upload = Upload.receiving
        var received: [UInt8] = []
        var discarded = 0
        var reader: CheckedContinuation<[UInt8]?, any Error>?

        var reply = Reply.none
        var unsent: [UInt8] = []
        var sentCount = 0
        var outcome: Result<Void, HTTPServingError>?
        var writer: CheckedContinuation<Void, any Error>?
    }

    /// Bytes held for either side before the other has to wait.
    static let highWaterMark = 256 * 1024

    let target: String
    /// Whether the header section has been looked at.
    let hasBegun = Atomic(false)
    // The library keeps the connection alive until its completed callback, after which `isClosed` forbids use.
    private nonisolated(unsafe) let connection: OpaquePointer
    private let state = Mutex(State())

    init(target: String, connection: OpaquePointer) {
        self.target = target
        self.connection = connection
    }

    // MARK: - Called by the library's thread

    /// Remembers the task that answers; it is cancelled when the connection ends.
    func begin(_ task: Task<Void, Never>) {
        let isClosed = state.withLock { state in
            state.task = task
            return state.isClosed
        }
        if isClosed { task.cancel() }
    }

    /// Takes uploaded bytes; returns how many, or `nil` to cut the connection.
    func receive(_ bytes: UnsafeRawBufferPointer, discardLimit: Int) -> Int? {
        let (count, delivery): (Int?, (CheckedContinuation<[UInt8]?, any Error>, [UInt8])?) = state.withLock { state in
            if case .ready = state.reply {
                state.discarded += bytes.count
                return (state.discarded > discardLimit ? nil : bytes.count, nil)
            }
            if case .queued = state.reply { return (nil, nil) }
            if state.upload == .cut { return (nil, nil) }
            if let reader = state.reader {
                state.reader = nil
                return (bytes.count, (reader, Array(bytes)))
            }
            if state.received.count >= Self.highWaterMark {
                suspend(&state)
                return (0, nil)
            }
            state.received += bytes
            return (bytes.count, nil)
        }
        if let (reader, bytes) = delivery { reader.resume(returning: bytes) }
        return count
    }

    /// What becomes of a connection whose request is complete.
    enum Next {
        case send(HTTPResponse)
        /// It is suspended until there is a response.
        case wait
        /// There was one already: a library that is being stopped takes responses and forgets them, and asks again.
        case cut
    }

    /// The request is complete.
    func finishUpload() -> Next {
        let (reader, next): (CheckedContinuation<[UInt8]?, any Error>?, Next) = state.withLock { state in
            if state.upload == .receiving { state.upload = .complete }
            let reader = state.reader
            state.reader = nil
            switch state.reply {
            case .ready(let response):
                state.reply = .queued
                return (reader, .send(response))
            case .queued: return (reader, .cut)
            case .none:
                suspend(&state)
                return (reader, .wait)
            }
        }
        reader?.resume(returning: nil)
        return next
    }

    /// The request was answered without a task.
    func noteRefusal() { state.withLock { $0.reply = .queued } }

    /// Fills the library's buffer with response bytes; suspends the connection when there are none yet.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let (count, writer): (Int, CheckedContinuation<Void, any Error>?) = state.withLock { state in
            let available = state.unsent.count - state.sentCount
            if available > 0 {
                let count = min(available, buffer.count)
                state.unsent.withUnsafeBytes {
                    buffer.copyMemory(from: .init(rebasing: $0[state.sentCount..<state.sentCount + count]))
                }
                state.sentCount += count
                if state.sentCount == state.unsent.count {
                    state.unsent.removeAll(keepingCapacity: true)
                    state.sentCount = 0
                }
                guard state.unsent.count - state.sentCount < Self.highWaterMark / 2 else { return (count, nil) }
                let writer = state.writer
                state.writer = nil
                return (count, writer)
            }
            switch state.outcome {
            case .success: return (-1, nil)
            case .failure: return (-2, nil)
            case nil:
                suspend(&state)
                return (0, nil)
            }
        }
        writer?.resume()
        return count
    }

    /// The connection is done with this request, well or badly.
    func close() {
        abandon(isClosed: true)
    }

    /// Whether the library waits to be resumed, or may do so because there is no answer yet.
    var mayWait: Bool {
        state.withLock { state in
            if case .none = state.reply { return !state.isClosed }
            return state.isSuspended
        }
    }

    private func suspend(_ state: inout State) {
        state.isSuspended = true
        MHD_suspend_connection(connection)
    }

    private func resume(_ state: inout State) {
        guard state.isSuspended, !state.isClosed else { return }
        state.isSuspended = false
        MHD_resume_connection(connection)
    }

    // MARK: - Called by tasks

    /// The next piece of the request's body.
    func nextPiece() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let piece: Result<[UInt8]?, any Error>? = state.withLock { state in
                    // The library sends nothing before the request is complete, so what is unread when the response
                    // is made has been let go.
                    if case .none = state.reply {} else { return .failure(HTTPServingError.bodyDiscarded) }
                    if !state.received.isEmpty {
                        let bytes = state.received
                        state.received = []
                        resume(&state)
                        return .success(bytes)
                    }
                    switch state.upload {
                    case .complete: return .success(nil)
                    case .cut: return .failure(HTTPServingError.peerGone)
                    case .receiving:
                        if Task.isCancelled { return .failure(CancellationError()) }
                        state.reader = continuation
                        resume(&state)
                        return nil
                    }
                }
                if let piece { continuation.resume(with: piece) }
            }
        } onCancel: {
            let reader = state.withLock { state in
                let reader = state.reader
                state.reader = nil
                return reader
            }
            reader?.resume(throwing: CancellationError())
        }
    }

    /// Hands over the response; the library fetches it when the request is complete.
    func respond(_ response: HTTPResponse) {
        state.withLock { state in
            state.reply = .ready(response)
            state.received = []
            resume(&state)
        }
    }

    /// Sends a piece of the response's body; waits while too much is unsent.
    func write(_ bytes: [UInt8]) async throws {
        if bytes.isEmpty { return }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let result: Result<Void, any Error>? = state.withLock { state in
                if state.isClosed || state.outcome != nil { return .failure(HTTPServingError.peerGone) }
                state.unsent += bytes
                resume(&state)
                // One writer at a time may wait; a heartbeat beside it is small and passes.
                guard state.unsent.count - state.sentCount > Self.highWaterMark, state.writer == nil else {
                    return .success(())
                }
                state.writer = continuation
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }

    /// Ends the response's body; a failure cuts the connection, so that the peer cannot take it for complete.
    func finish(_ outcome: Result<Void, HTTPServingError>) {
        state.withLock { state in
            if state.outcome == nil { state.outcome = outcome }
            resume(&state)
        }
    }

    /// Cancels the work when the peer of a suspended connection has gone: the library itself would notice
    /// only when the connection is resumed.
    func abandonIfPeerGone() {
        let isGone = state.withLock { state in
            state.isSuspended && !state.isClosed && apus_peer_gone(apus_mhd_socket(connection)) == 1
        }
        if isGone { abandon(isClosed: false) }
    }

    /// Cancels the task and fails whoever waits.
    func abandon(isClosed: Bool) {
        let (task, reader, writer) = state.withLock { state in
            state.isClosed = state.isClosed || isClosed
            if state.upload == .receiving { state.upload = .cut }
            if state.outcome == nil { state.outcome = .failure(.peerGone) }
            // A connection that waits for its response must stay suspended until there is one.
            if case .none = state.reply {} else { resume(&state) }
            defer {
                state.reader = nil
                state.writer = nil
                state.task = nil
            }
            return (state.task, state.reader, state.writer)
        }
        task?.cancel()
        reader?.resume(throwing: HTTPServingError.peerGone)
        writer?.resume(throwing: HTTPServingError.peerGone)
    }
}

/// What can go wrong while a message is on its way.
public enum HTTPServingError: Error, Sendable {
    /// The peer closed the connection before the message was complete.
    case peerGone
    /// The response's own source failed, so the message was cut.
    case sourceFailed
    /// The request's body was read after the response had been returned.
    case bodyDiscarded
}
