public import EventLoop
public import HTTPMessages

/// One request of a caller and the answer to it.
@NetworkActor
public final class ServerExchange: HTTPBodyWriter {
    public let request: HTTPRequest
    /// The request's body as it comes.
    public let body: IncomingBody
    /// The status that was sent; `nil` before the answer began.
    public private(set) var sentStatus: HTTPStatus?
    /// Added to every answer that does not have a field of the name.
    public var standardFields: HTTPFields = [:]

    let socket: Socket
    private let isHead: Bool
    /// HTTP/1.0 knows no chunks.
    private let takesChunks: Bool
    private(set) var keepsConnection: Bool
    private var isChunked = false
    private var missing: Int?
    /// Whether the whole answer has been sent.
    private(set) var isFinished = false

    init(_ request: HTTPRequest, body: IncomingBody, socket: Socket, isHTTP10: Bool, keepsConnection: Bool) {
        self.request = request
        self.body = body
        self.socket = socket
        self.keepsConnection = keepsConnection
        isHead = request.method == .head
        takesChunks = !isHTTP10
    }

    /// Called once when the caller has gone before the answer was complete.
    public var onPeerGone: (@NetworkActor () -> Void)? {
        get { socket.onPeerGone }
        set {
            socket.onPeerGone = newValue
            if socket.isPeerGone, let newValue {
                socket.onPeerGone = nil
                newValue()
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

    /// Whether the caller took longer than its deadline.
    public var isTimedOut: Bool { socket.failure == .timedOut }

    /// Sends a whole answer.
    public func send(_ response: HTTPResponse) async throws {
        switch response.body {
        case .bytes(let bytes):
            let head = begin(response.status, response.fields, length: bytes.count)
            try await socket.write(head, isHead ? [] : bytes)
            isFinished = true
        case .file(let slice):
            let bytes = slice.readAll()
            try await socket.write(begin(response.status, response.fields, length: bytes.count), isHead ? [] : bytes)
            isFinished = true
        case .stream(let length, let produce):
            try await start(response.status, response.fields, length: length)
            try await produce(self)
            try await finish()
        }
    }

    /// Sends the head of an answer whose body follows piece by piece.
    public func start(_ status: HTTPStatus, _ fields: HTTPFields, length: Int?, with first: [UInt8] = []) async throws {
        let head = begin(status, fields, length: length)
        guard !first.isEmpty, !isHead else { return try await socket.write(head) }
        count(first)
        try await socket.write(head, isChunked ? WireText.chunk(first) : first)
    }

    /// Sends a piece of the body.
    @NetworkActor public func write(_ piece: [UInt8]) async throws {
        guard !piece.isEmpty, !isHead else { return }
        count(piece)
        if isChunked { try await socket.write(WireText.chunk(piece)) } else { try await socket.write(piece) }
    }

    /// Ends the body.
    public func finish() async throws {
        if isChunked, !isHead { try await socket.write(WireText.lastChunk) }
        if let missing, missing != 0, !isHead { keepsConnection = false }
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
        body.letGo()
        try await socket.write(WireText.head("HTTP/1.1 101 Switching Protocols", fields, ""))
    }

    private func count(_ piece: [UInt8]) { missing = missing.map { $0 - piece.count } }

    private func begin(_ status: HTTPStatus, _ given: HTTPFields, length: Int?) -> [UInt8] {
        sentStatus = status
        body.stopAsking()
        // A body that nobody has read is in the way of the next request.
        if !body.isComplete { keepsConnection = false }
        var fields = given
        for field in standardFields.all where fields[field.name] == nil { fields.append(field.name, field.value) }
        var extra = fields["date"] == nil ? DateField.line : ""
        let hasNoBody = status.rawValue == 204 || status.rawValue == 304
        if !hasNoBody {
            if let length {
                if fields["content-length"] == nil { extra += "Content-Length: \(length)\r\n" }
                missing = length
            } else if takesChunks {
                // Two lengths would be one too many for whoever reads behind us.
                fields["Content-Length"] = nil
                isChunked = true
                extra += "Transfer-Encoding: chunked\r\n"
            } else {
                keepsConnection = false
            }
        }
        if !keepsConnection {
            extra += "Connection: close\r\n"
        } else if !takesChunks {
            extra += "Connection: keep-alive\r\n"
        }
        return WireText.head("HTTP/1.1 \(status.rawValue) \(status.phrase)", fields, extra)
    }
}
