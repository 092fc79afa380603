public import EventLoop
public import HTTPMessages
public import HTTPWire
import TaskTools

/// One request of a caller and the answer to it.
@NetworkActor
public final class ServerExchange: HTTPBodyWriter {
    /// Of a file that is sent; two pieces are in memory at a time.
    private nonisolated static let filePiece = 256 * 1024

    public let request: HTTPRequest
    /// The request's body as it comes.
    public let body: IncomingBody
    /// The status that was sent; `nil` before the answer began.
    public private(set) var sentStatus: HTTPStatus?
    /// Added to every answer that does not have a field of the name.
    public var standardFields: HTTPFields = [:]

    private let socket: Socket
    private let patience: Duration
    private let isHead: Bool
    /// HTTP/1.0 knows no chunks.
    private let takesChunks: Bool
    /// Whether another request may follow on the connection.
    private(set) var keepsConnection: Bool
    /// Answers are written by one task, beside it a heartbeat or the go-ahead for the body: one after the other.
    private let writing = WriteTurn()
    private var hasBody = true
    private var isChunked = false
    private var missing: Int?
    /// Whether the whole answer has been sent.
    private(set) var isFinished = false

    /// - Parameter patience: how long work goes on after the caller has closed its side.
    init(_ head: RequestHead, body: IncomingBody, socket: Socket, isEncrypted: Bool, patience: Duration) {
        var request = HTTPRequest(
            method: head.method, target: head.target, fields: head.fields, body: .source(body), id: "")
        request.connection = .init(isEncrypted: isEncrypted, peer: socket.peer.address)
        self.request = request
        self.body = body
        self.socket = socket
        self.patience = patience
        keepsConnection = head.keepsConnection
        isHead = head.method == .head
        takesChunks = !head.isHTTP10
        if head.waitsForGoAhead { body.askFirst { [weak self] in try await self?.goAhead() } }
    }

    /// Called once when the caller has gone, or the connection is cut, before the answer was complete.
    public var onPeerGone: (@NetworkActor () -> Void)? {
        get { socket.onPeerGone }
        set {
            socket.onPeerGone = newValue
            if socket.isPeerGone || socket.failure != nil, let newValue {
                socket.onPeerGone = nil
                newValue()
            }
        }
    }

    /// Has work cancelled that nobody waits for any more: soon after the caller has closed its side, at once when the
    /// connection is cut.
    func cancelWhenPeerHasGone(_ cancel: @escaping @Sendable () -> Void) {
        onPeerGone = { [socket, patience] in
            guard socket.failure == nil else { return cancel() }
            NetworkActor.task {
                try? await Task.sleep(for: patience)
                cancel()
            }
        }
    }

    /// When a wait for the caller ends; `nil` for never.
    public var deadline: MonotonicTime? {
        get { socket.deadline }
        set { socket.deadline = newValue }
    }

    /// Whether the caller has left.
    public var isPeerGone: Bool { socket.isPeerGone }

    /// Whether the caller took longer than it may.
    public var isTimedOut: Bool { socket.failure == .timedOut || body.failure == .tooSlow }

    /// The answer that is being sent is the last one of its connection.
    func endConnection() { if sentStatus == nil { keepsConnection = false } }

    // MARK: - Answering

    /// Sends a whole answer. What produces a streamed body runs elsewhere, and is cancelled when the caller leaves.
    public func send(_ response: HTTPResponse) async throws {
        switch response.body {
        case .bytes(let bytes):
            try await start(response.status, response.fields, length: bytes.count, with: bytes)
            try await finish()
        case .file(let slice):
            try await send(slice, response.status, response.fields)
            try await finish()
        case .stream(let length, let produce):
            try await start(response.status, response.fields, length: length)
            let producing = Task.detached { [self] in try await produce(self) }
            cancelWhenPeerHasGone { producing.cancel() }
            do {
                try await producing.value
            } catch is NoBodyWanted {}
            try await finish()
        }
    }

    /// Sends a part of a file, reading ahead by one piece; disks may be slow, so that is done elsewhere.
    private func send(_ slice: FileSlice, _ status: HTTPStatus, _ fields: HTTPFields) async throws {
        @Sendable func read(at place: Int) async throws -> [UInt8] {
            let count = min(Self.filePiece, slice.range.upperBound - place)
            return count > 0 ? try await BlockingCalls.run { slice.read(at: place, count: count) } : []
        }
        var place = slice.range.lowerBound
        var piece = isHead ? [] : try await read(at: place)
        try await start(status, fields, length: slice.range.count)
        while hasBody, !piece.isEmpty {
            place += piece.count
            let start = place
            async let next = read(at: start)
            try await write(piece)
            piece = try await next
        }
    }

    /// Sends the head of an answer whose body follows piece by piece.
    public func start(_ status: HTTPStatus, _ fields: HTTPFields, length: Int?, with first: [UInt8] = []) async throws {
        let head = begin(status, fields, length: length)
        guard !first.isEmpty, hasBody else { return try await put(head) }
        try count(first)
        try await put(head, isChunked ? WireText.chunk(first) : first)
    }

    /// Sends a piece of the body.
    ///
    /// - Throws: `SocketError`; an error too when the answer has no body, so that none is produced in vain.
    @NetworkActor public func write(_ piece: [UInt8]) async throws {
        guard !piece.isEmpty else { return }
        guard hasBody else { throw NoBodyWanted() }
        try count(piece)
        try await put(isChunked ? WireText.chunk(piece) : piece)
    }

    /// Ends the body. One that is shorter than was said ends its connection, so that the caller notices.
    public func finish() async throws {
        if isChunked, hasBody { try await put(WireText.lastChunk) }
        if let missing, missing != 0, hasBody { throw HTTPServingError.sourceFailed }
        isFinished = true
    }

    /// Cuts the connection, so that the caller cannot take what has been sent for complete.
    public func abort() {
        keepsConnection = false
        socket.close()
    }

    /// The connection itself, after a switch of protocols.
    public var tunnel: Socket { socket }

    /// Sends the answer that switches protocols, and leaves the connection to the caller of this method.
    public func switchProtocols(_ fields: HTTPFields) async throws {
        sentStatus = HTTPStatus(rawValue: 101)
        keepsConnection = false
        isFinished = true
        socket.readPace = nil
        body.letGo()
        try await put(WireText.head("HTTP/1.1 101 Switching Protocols", fields, ""))
    }

    private func goAhead() async throws {
        guard sentStatus == nil else { return }
        try await put(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }

    private func put(_ first: [UInt8], _ second: [UInt8] = []) async throws {
        await writing.take()
        defer { writing.give() }
        try await socket.write(first, second)
    }

    /// Counts a piece of a body of known length.
    private func count(_ piece: [UInt8]) throws {
        guard !isFinished else { throw HTTPServingError.sourceFailed }
        guard let missing else { return }
        guard piece.count <= missing else { throw HTTPServingError.sourceFailed }
        self.missing = missing - piece.count
    }

    private func begin(_ status: HTTPStatus, _ given: HTTPFields, length: Int?) -> [UInt8] {
        sentStatus = status
        body.stopAsking()
        // What still comes of the request holds nothing up any more.
        socket.readPace = nil
        var fields = given
        for field in standardFields.all where fields[field.name] == nil { fields.append(field.name, field.value) }
        // A body that nobody has read is in the way of the next request.
        if !body.isReceived || fields["connection"].map({ equalIgnoringCase($0, "close") }) ?? false {
            keepsConnection = false
        }
        // What belongs to the connection is said here alone.
        if fields["connection"] != nil { fields.removeHopByHop() }
        fields["Transfer-Encoding"] = nil
        var extra = fields["date"] == nil ? DateField.line : ""
        if status.rawValue == 204 || status.rawValue == 304 {
            hasBody = false
        } else if let length {
            hasBody = !isHead
            missing = length
            // The answer to HEAD has the length that GET would have.
            if hasBody || fields["content-length"] == nil {
                fields["Content-Length"] = nil
                extra += "Content-Length: \(length)\r\n"
            }
        } else if takesChunks {
            hasBody = !isHead
            isChunked = true
            // Two lengths would be one too many for whoever reads behind us.
            fields["Content-Length"] = nil
            extra += "Transfer-Encoding: chunked\r\n"
        } else {
            hasBody = !isHead
            keepsConnection = false
        }
        if !keepsConnection {
            extra += "Connection: close\r\n"
        } else if !takesChunks {
            extra += "Connection: keep-alive\r\n"
        }
        return WireText.head("HTTP/1.1 \(status.rawValue) \(status.phrase)", fields, extra)
    }
}

/// A body was written for an answer that has none, such as that to HEAD.
struct NoBodyWanted: Error {}
