import EventLoop
import HTTPMessages
import HTTPWire

/// How a server answers: what its connections have in common.
struct ConnectionService {
    let limits: ServerLimits
    /// Serves TLS when set.
    let tls: TLSContext?
    /// With `tls`: serves connections too that do not begin as TLS does.
    let servesPlainToo: Bool
    /// Words what is refused before anybody has seen it; the body has to be bytes.
    let refusal: @NetworkActor (MessageError) -> HTTPResponse
    /// Answers a request. A connection whose answer is not complete then is cut.
    let answer: @NetworkActor (ServerExchange) async -> Void
}

/// A caller's connection: one request after the other, each answered before the next is read.
@NetworkActor
final class ServerConnection {
    /// The first byte of a TLS handshake (RFC 8446, section 5.1).
    private static let handshake: UInt8 = 22

    private enum Phase {
        /// Waits for a request, since then.
        case waiting(MonotonicTime)
        case answering(ServerExchange)
        /// Passes over what still comes, since then.
        case lingering(MonotonicTime)
    }

    private let socket: Socket
    private let service: ConnectionService
    private var phase = Phase.waiting(.now)
    private var isEncrypted = false
    private var isEnding = false

    init(_ socket: Socket, _ service: ConnectionService) {
        self.socket = socket
        self.service = service
        socket.writePace = service.limits.answerPace
    }

    private var limits: ServerLimits { service.limits }

    /// Whose connection it is.
    var peer: Peer { socket.peer }

    /// Whether a request is being answered.
    var isBusy: Bool { if case .answering = phase { true } else { false } }

    /// How long the caller has kept us waiting, in milliseconds; `nil` when it does not now.
    func keptWaiting(_ now: MonotonicTime) -> Int64? {
        switch phase {
        case .waiting(let since), .lingering(let since): now.milliseconds - since.milliseconds
        case .answering(let exchange):
            // Once the answer has begun, what still comes need not come: the other side of a tunnel may be silent.
            socket.waitedToWrite(at: now) ?? (exchange.sentStatus == nil ? socket.waitedToRead(at: now) : nil)
        }
    }

    /// Serves until either side ends the connection.
    func run() async {
        do {
            var headEnd = try await beginEncryption()
            while let exchange = try await nextRequest(by: headEnd) {
                headEnd = nil
                phase = .answering(exchange)
                socket.deadline = nil
                socket.readPace = limits.bodyPace
                await service.answer(exchange)
                // A task that passes the body on may still wait for it.
                exchange.body.letGo()
                socket.onPeerGone = nil
                guard exchange.isFinished else { return socket.close() }
                guard exchange.keepsConnection, !isEnding else { return await linger() }
                phase = .waiting(.now)
            }
        } catch let error as MessageError {
            await refuse(error)
        } catch {
            // The caller has gone or was too slow; there is nobody to tell.
        }
        socket.close()
    }

    /// The request that is being answered, or comes next, is the last one.
    func end() {
        isEnding = true
        if case .answering(let exchange) = phase { exchange.endConnection() }
    }

    /// Ends the connection at once.
    func cut() {
        let tell = socket.onPeerGone
        socket.close()
        tell?()
    }

    /// Begins TLS where the connection has it. Returns when the head of the first request has to be complete, if its time
    /// is running already.
    private func beginEncryption() async throws -> MonotonicTime? {
        guard let tls = service.tls else { return nil }
        socket.deadline = .now + limits.idleTime
        guard let first = try await socket.firstByte() else { throw SocketError.peerGone }
        guard first == Self.handshake || !service.servesPlainToo else { return nil }
        isEncrypted = socket.wrap { TLSLayer(tls, $0) }
        guard isEncrypted else { throw SocketError.closed }
        return .now + limits.headTime
    }

    private func nextRequest(by headEnd: MonotonicTime?) async throws -> ServerExchange? {
        var headEnd = headEnd
        var arrival = HeadArrival()
        while true {
            if socket.available > 0 {
                if socket.withInput({ arrival.hasNews(in: $0) }),
                    let head = try socket.withInput({ try MessageHead.parse($0, limits.head) })
                {
                    socket.consume(head.byteCount)
                    return try exchange(try RequestHead(head))
                }
                // Counted from the first byte, or a caller could keep its place by a byte a minute.
                if headEnd == nil { headEnd = .now + limits.headTime }
            }
            let silenceEnd = MonotonicTime.now + limits.idleTime
            socket.deadline = headEnd.map { min($0, silenceEnd) } ?? silenceEnd
            guard try await socket.fill() else {
                guard socket.available > 0 else { return nil }
                throw MessageError.truncated
            }
        }
    }

    private func exchange(_ head: RequestHead) throws -> ServerExchange {
        let body = IncomingBody(socket, head.framing)
        // What is malformed already is refused before anybody works on it.
        try body.receiveAvailable()
        let exchange = ServerExchange(
            head, body: body, socket: socket, isEncrypted: isEncrypted, patience: limits.closedTime)
        if isEnding { exchange.endConnection() }
        return exchange
    }

    private func refuse(_ error: MessageError) async {
        let response = service.refusal(error)
        var body: [UInt8] = []
        if case .bytes(let bytes) = response.body { body = bytes }
        var fields = response.fields
        for name in ["Connection", "Transfer-Encoding", "Content-Length"] { fields[name] = nil }
        let head = WireText.head(
            "HTTP/1.1 \(error.status.rawValue) \(error.status.phrase)", fields,
            DateField.line + "Content-Length: \(body.count)\r\nConnection: close\r\n")
        phase = .lingering(.now)
        socket.deadline = .now + limits.lingerSilence
        guard (try? await socket.write(head, body)) != nil else { return socket.close() }
        await linger()
    }

    /// Reads and drops what still comes, for a while.
    private func linger() async {
        phase = .lingering(.now)
        socket.readPace = limits.bodyPace
        socket.endWriting()
        let end = MonotonicTime.now + limits.lingerTime
        var discarded = 0
        while discarded < limits.lingerBytes {
            socket.consume(.max)
            let silenceEnd = MonotonicTime.now + limits.lingerSilence
            socket.deadline = min(end, silenceEnd)
            guard MonotonicTime.now < end, (try? await socket.fill()) == true else { break }
            discarded += socket.available
        }
        socket.close()
    }
}
