public import EventLoop
public import HTTPMessages

/// A message's body as it comes over its connection; nothing is waited for before it is asked for.
///
/// It has the reading of its connection until it has been received or is let go.
@NetworkActor
public final class IncomingBody: HTTPBodySource {
    private let socket: Socket
    private var framing: BodyFraming
    private var decoder = ChunkedDecoder()
    /// Content that has been received and was not asked for yet.
    private var ready: [UInt8] = []
    /// Called before the first wait, for callers that hold their body back until they are asked (RFC 9110, 10.1.1).
    private var askForBody: (@NetworkActor () async throws -> Void)?
    /// Called whenever something has come.
    public var onProgress: (@NetworkActor () -> Void)?
    /// Whether all of it has come in over the connection, and the next message may follow.
    public private(set) var isReceived: Bool
    /// What is wrong with it, once that has shown.
    public private(set) var failure: MessageError?
    /// Bytes after which reading fails with `HTTPBodyTooLarge`; `nil` for no limit.
    public var limit: Int?
    private var delivered = 0
    private var isLetGo = false
    private let turn: Int

    /// A body that begins with the next byte of a connection.
    public init(_ socket: Socket, _ framing: BodyFraming) {
        self.socket = socket
        turn = socket.readingTurn
        self.framing = framing
        isReceived = framing == .length(0)
    }

    /// Whether the whole body has been read.
    public var isComplete: Bool { isReceived && ready.isEmpty }

    /// Whether the next piece is here already.
    public var hasAvailable: Bool { !ready.isEmpty || !isReceived && socket.available > 0 }

    /// The length that is still to be read, where the head tells it.
    public var length: Int? { if case .length(let length) = framing { length + ready.count } else { nil } }

    /// Whether the connection can carry another message behind this one.
    public var endsWithConnection: Bool { framing == .untilClose }

    /// Gives the reading back to the connection's owner. Whoever waits for the next piece, or asks for one later, fails
    /// with `SocketError.displaced` and takes nothing.
    public func letGo() {
        isLetGo = true
        if !isReceived, socket.readingTurn == turn { socket.takeOverReading() }
    }

    /// Has the caller asked for its body when it is first waited for.
    public func askFirst(_ ask: @escaping @NetworkActor () async throws -> Void) { askForBody = ask }

    /// Asks for nothing any more: after the answer's head a go-ahead would be taken for a part of it.
    public func stopAsking() { askForBody = nil }

    /// Takes in what has come with the head, without waiting.
    ///
    /// - Throws: `MessageError` when that is malformed already.
    public func receiveAvailable() throws(MessageError) {
        if !isReceived, socket.available > 0, let piece = try piece() { ready += piece }
    }

    /// Everything, when it has been received, not been asked for, and is within the limit; it counts as read then.
    public func takeReceived() -> [UInt8]? {
        guard isReceived, ready.count <= limit ?? .max else { return nil }
        defer { ready = [] }
        return ready
    }

    /// The next piece, as large as what has come.
    ///
    /// - Throws: `MessageError`, `SocketError`.
    @NetworkActor public func next() async throws -> [UInt8]? {
        while !isComplete {
            guard !isLetGo, isReceived || socket.readingTurn == turn else { throw SocketError.displaced }
            if let limit, let length, delivered + length > limit { throw HTTPBodyTooLarge(limit: limit) }
            if let piece = try takeReady() ?? (socket.available > 0 ? piece() : nil) {
                onProgress?()
                delivered += piece.count
                if let limit, delivered > limit { throw HTTPBodyTooLarge(limit: limit) }
                return piece
            }
            if isComplete { break }
            if let ask = askForBody {
                askForBody = nil
                try await ask()
                continue
            }
            try await fill()
        }
        return nil
    }

    private func takeReady() -> [UInt8]? {
        guard !ready.isEmpty else { return nil }
        defer { ready = [] }
        return ready
    }

    private func fill() async throws {
        do throws(SocketError) {
            guard try await !socket.fill(turn: turn) else { return }
        } catch {
            if error == .timedOut { failure = .tooSlow }
            throw error
        }
        guard framing == .untilClose else {
            failure = .truncated
            throw MessageError.truncated
        }
        isReceived = true
    }

    private func piece() throws(MessageError) -> [UInt8]? {
        switch framing {
        case .untilClose: return socket.take(.max)
        case .length(let left):
            let piece = socket.take(left)
            framing = .length(left - piece.count)
            isReceived = piece.count == left
            return piece
        case .chunked:
            var piece: [UInt8] = []
            let outcome = socket.withInput { input in
                Result { () throws(MessageError) in try decoder.decode(input, into: &piece) }
            }
            do throws(MessageError) {
                socket.consume(try outcome.get())
            } catch {
                failure = error
                throw error
            }
            isReceived = decoder.isComplete
            return piece.isEmpty ? nil : piece
        }
    }

    /// The whole body, up to `limit` bytes.
    ///
    /// - Throws: `HTTPBodyTooLarge`, `MessageError`, `SocketError`.
    public func collect(limit: Int) async throws -> [UInt8] {
        if let length, length > limit { throw HTTPBodyTooLarge(limit: limit) }
        var result: [UInt8] = []
        while let piece = try await next() {
            guard result.count + piece.count <= limit else { throw HTTPBodyTooLarge(limit: limit) }
            if result.isEmpty { result = piece } else { result += piece }
        }
        return result
    }
}
