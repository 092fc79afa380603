public import EventLoop
public import HTTPMessages
public import HTTPWire

/// A request to a server and its answer.
@NetworkActor
public final class UpstreamExchange {
    /// Bodies up to this size go out together with the head, larger ones while the answer is waited for.
    private static let inlineLimit = 64 * 1024

    public private(set) var status = HTTPStatus.noAnswer
    public private(set) var fields = HTTPFields()
    /// The answer's body as it comes.
    public private(set) var body: IncomingBody
    /// Called whenever bytes have moved in either direction.
    public var onProgress: (@NetworkActor () -> Void)?

    private let socket: Socket
    private let request: Upstream.Request
    private let upstream: Upstream
    private var hasSentBody = false
    private var hasReceived = false
    private var keepsConnection = true

    init(_ socket: Socket, _ request: Upstream.Request, _ upstream: Upstream) {
        self.socket = socket
        self.request = request
        self.upstream = upstream
        body = IncomingBody(socket, .length(0))
    }

    /// When a wait for the server ends; `nil` for never.
    public var deadline: MonotonicTime? {
        get { socket.deadline }
        set { socket.deadline = newValue }
    }

    /// Whether the same request may be sent once more: nothing has come back and doing it twice changes nothing.
    var mayRepeat: Bool {
        guard !hasReceived else { return false }
        if case .source = request.body { return false }
        return ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"].contains(request.method)
    }

    func begin(deadline: MonotonicTime?) async throws {
        socket.deadline = deadline
        do {
            try await receiveHead()
        } catch {
            // Why the request could not be sent says more than what became of the connection.
            let reason = uploadFailure ?? error
            cancel()
            throw reason
        }
    }

    private func receiveHead() async throws {
        try await sendRequest()
        while true {
            let head = try await readHead()
            guard head.start.0.hasPrefix("HTTP/1."), let code = Int(head.start.1), (100...999).contains(code) else {
                throw MessageError.malformed("the answer is not HTTP/1.1")
            }
            // Interim answers are the connection's own matter; switching is the last word of the protocol.
            guard code >= 200 || code == 101 else { continue }
            status = HTTPStatus(rawValue: code)
            fields = head.fields
            let framing = try BodyFraming(response: fields, status: code, method: request.method)
            body = IncomingBody(socket, code == 101 ? .untilClose : framing)
            body.onProgress = { [weak self] in self?.onProgress?() }
            let options = fields["connection"]?.lowercased()
            keepsConnection =
                !body.endsWithConnection && !(options?.contains("close") ?? false)
                && (head.start.0 != "HTTP/1.0" || options?.contains("keep-alive") ?? false)
            return
        }
    }

    /// The connection itself, after a switch of protocols; the caller closes it.
    public var tunnel: Socket { socket }

    /// Ends the exchange: the connection is kept for the next request if both messages are complete.
    public func end() {
        guard keepsConnection, body.isComplete, hasSentBody else { return cancel() }
        upstream.keep(socket)
    }

    /// Cuts the exchange short. The request's body is let go: the task that passes it on ends, wherever it waits.
    public func cancel(_ reason: SocketError = .closed) {
        socket.close(reason)
        if case .source(let source) = request.body { source.letGo() }
    }

    private func sendRequest() async throws {
        var extra = ""
        switch request.body {
        case .none:
            // A method that usually has a body says that there is none (RFC 9110, section 8.6).
            if ["POST", "PUT", "PATCH"].contains(request.method) { extra = "Content-Length: 0\r\n" }
        case .bytes(let bytes): extra = "Content-Length: \(bytes.count)\r\n"
        case .source(let source):
            extra = source.length.map { "Content-Length: \($0)\r\n" } ?? "Transfer-Encoding: chunked\r\n"
        }
        let head = WireText.head("\(request.method) \(request.target) HTTP/1.1", request.fields, extra)
        switch request.body {
        case .none: try await socket.write(head)
        case .bytes(let bytes) where bytes.count <= Self.inlineLimit: try await socket.write(head, bytes)
        case .bytes(let bytes):
            try await socket.write(head)
            return startUpload { try await self.socket.write(bytes) }
        case .source(let source):
            try await socket.write(head)
            let isChunked = source.length == nil
            return startUpload {
                while let piece = try await source.next() {
                    try await self.socket.write(isChunked ? WireText.chunk(piece) : piece)
                    self.onProgress?()
                }
                if isChunked { try await self.socket.write(WireText.lastChunk) }
            }
        }
        hasSentBody = true
    }

    private func startUpload(_ work: @escaping @NetworkActor () async throws -> Void) {
        NetworkActor.task { [self] in
            do {
                try await work()
                hasSentBody = true
            } catch SocketError.peerGone where socket.writeFailure != nil {
                // The server takes no more; it may have answered all the same.
            } catch SocketError.displaced {
                // The exchange has ended before the body.
                socket.close()
            } catch {
                // The caller's body broke off: the server must not take it for complete.
                uploadFailure = error
                socket.close(.peerGone)
            }
        }
    }

    /// Why the request's body could not be read to its end.
    public private(set) var uploadFailure: (any Error)?

    private func readHead() async throws -> MessageHead {
        var arrival = HeadArrival()
        while true {
            if socket.available > 0 {
                hasReceived = true
                if socket.withInput({ arrival.hasNews(in: $0) }),
                    let head = try socket.withInput({ try MessageHead.parse($0, .response) })
                {
                    socket.consume(head.byteCount)
                    return head
                }
            }
            guard try await socket.fill() else { throw MessageError.truncated }
        }
    }
}
