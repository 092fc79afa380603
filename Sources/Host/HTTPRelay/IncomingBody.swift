public import EventLoop
public import HTTPMessages

/// A message's body as it comes over its connection; nothing is read before it is asked for.
///
/// It has the reading of its connection until it is complete or let go.
@NetworkActor
public final class IncomingBody: HTTPBodySource {
    private let socket: Socket
    private var framing: BodyFraming
    private var decoder = ChunkedDecoder()
    /// Called before the first wait, for callers that hold their body back until they are asked (RFC 9110, 10.1.1).
    private var askForBody: (@NetworkActor () async throws -> Void)?
    /// Called whenever something has come.
    var onProgress: (@NetworkActor () -> Void)?
    /// Whether the whole body has been read.
    public private(set) var isComplete: Bool
    /// Bytes after which reading fails with `HTTPBodyTooLarge`; `nil` for no limit.
    public var limit: Int?
    /// Longest wait for the next bytes; `nil` leaves the connection's deadline as it is.
    public var idleLimit: Duration?
    private var received = 0
    private let turn: Int

    init(_ socket: Socket, _ framing: BodyFraming, askForBody: (@NetworkActor () async throws -> Void)? = nil) {
        self.socket = socket
        turn = socket.readingTurn
        self.framing = framing
        self.askForBody = askForBody
        isComplete = framing == .length(0)
    }

    /// Whether the next piece is here already.
    public var hasAvailable: Bool { !isComplete && socket.available > 0 }

    /// The length that is still to come, where it is known.
    public var length: Int? { if case .length(let length) = framing { length } else { nil } }

    /// Whether the connection can carry another message behind this one.
    var endsWithConnection: Bool { framing == .untilClose }

    /// Gives the reading back to the connection's owner. Whoever waits for the next piece, or asks for one later, fails
    /// with `SocketError.displaced` and takes nothing.
    public func letGo() {
        if !isComplete, socket.readingTurn == turn { socket.takeOverReading() }
    }

    /// Asks for nothing any more: after the answer's head a go-ahead would be taken for a part of it.
    func stopAsking() { askForBody = nil }

    /// The next piece, as large as what has come.
    ///
    /// - Throws: `MessageError`, `SocketError`.
    @NetworkActor public func next() async throws -> [UInt8]? {
        while !isComplete {
            guard socket.readingTurn == turn else { throw SocketError.displaced }
            if let limit, let length, received + length > limit { throw HTTPBodyTooLarge(limit: limit) }
            if socket.available > 0, let piece = try piece() {
                onProgress?()
                received += piece.count
                if let limit, received > limit { throw HTTPBodyTooLarge(limit: limit) }
                return piece
            }
            if isComplete { break }
            if let ask = askForBody {
                askForBody = nil
                try await ask()
                continue
            }
            if let idleLimit { socket.deadline = .now + idleLimit }
            if try await !socket.fill(turn: turn) {
                guard framing == .untilClose else { throw MessageError.truncated }
                isComplete = true
            }
        }
        return nil
    }

    private func piece() throws -> [UInt8]? {
        switch framing {
        case .untilClose: return socket.take(.max)
        case .length(let left):
            let piece = socket.take(left)
            framing = .length(left - piece.count)
            isComplete = piece.count == left
            return piece
        case .chunked:
            var piece: [UInt8] = []
            let used = try socket.withInput { input in try decoder.decode(input, into: &piece) }
            socket.consume(used)
            isComplete = decoder.isComplete
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
