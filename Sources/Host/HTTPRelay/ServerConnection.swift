import EventLoop
import HTTPMessages

/// A caller's connection: one request after the other, each answered before the next is read.
@NetworkActor
final class ServerConnection {
    /// How long a caller may take between requests, and for a request's head.
    private static let keepAlive = Duration.seconds(130)
    private static let headTime = Duration.seconds(30)
    /// How much of an unread body is passed over so that the caller gets to see the answer, and how long that may take.
    private static let discardLimit = 64 << 20
    private static let discardTime = Duration.seconds(5)

    private let socket: Socket
    private let answer: @NetworkActor (ServerExchange) async -> Void
    /// Whether a request is being answered.
    private(set) var isBusy = false
    private var isEnding = false

    init(_ socket: Socket, answer: @escaping @NetworkActor (ServerExchange) async -> Void) {
        self.socket = socket
        self.answer = answer
    }

    /// Serves until either side ends the connection.
    func run() async {
        do {
            while !isEnding, let exchange = try await nextRequest() {
                isBusy = true
                socket.deadline = nil
                await answer(exchange)
                // A task that passes the body on may still wait for it.
                exchange.body.letGo()
                isBusy = false
                socket.onPeerGone = nil
                guard exchange.isFinished else { return socket.close() }
                guard exchange.keepsConnection, !isEnding else { return await linger() }
            }
        } catch let error as MessageError {
            await refuse(error)
        } catch {
            // The caller has gone or was too slow; there is nobody to tell.
        }
        socket.close()
    }

    /// Ends the connection once the request that is being answered is done.
    func end() {
        isEnding = true
        if !isBusy { socket.close() }
    }

    /// Ends the connection at once.
    func cut() { socket.close() }

    private func nextRequest() async throws -> ServerExchange? {
        socket.deadline = .now + Self.keepAlive
        var hasBegun = false
        var arrival = HeadArrival()
        while true {
            if socket.available > 0 {
                if socket.withInput({ arrival.hasNews(in: $0) }),
                    let head = try socket.withInput({ try MessageHead.parse($0, .request) })
                {
                    socket.consume(head.byteCount)
                    return try exchange(head)
                }
                // Counted from the first byte, or a caller could keep its place by a byte a minute.
                if !hasBegun { socket.deadline = .now + Self.headTime }
                hasBegun = true
            }
            guard try await socket.fill() else {
                guard socket.available > 0 else { return nil }
                throw MessageError.truncated
            }
        }
    }

    private func exchange(_ head: MessageHead) throws -> ServerExchange {
        let (method, target, version) = head.start
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw MessageError.malformed("the protocol version is not HTTP/1.1")
        }
        let isHTTP10 = version == "HTTP/1.0"
        let name = HTTPMethod(rawValue: method)
        if let refusal = FramingGuard.refusal(method: name, fields: head.fields) {
            throw MessageError.malformed(refusal)
        }
        if isHTTP10, head.fields["transfer-encoding"] != nil {
            throw MessageError.malformed("HTTP/1.0 has no transfer codings")
        }
        guard isHTTP10 || head.fields["host"] != nil else { throw MessageError.malformed("there is no Host field") }
        let path: String
        if target.hasPrefix("/") {
            path = target
        } else if target.hasPrefix("http://") || target.hasPrefix("https://") {
            path = HTTPTarget(url: target).text
        } else if target == "*" || method == "CONNECT" {
            path = "/" + target
        } else {
            throw MessageError.malformed("the request's target is no path")
        }
        var askForBody: (@NetworkActor () async throws -> Void)?
        if !isHTTP10, let expectation = head.fields["expect"], equalIgnoringCase(expectation, "100-continue") {
            askForBody = { [socket] in try await socket.write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
        }
        let body = IncomingBody(socket, BodyFraming(request: head.fields), askForBody: askForBody)
        let options = head.fields["connection"]?.lowercased()
        let keeps = isHTTP10 ? options?.contains("keep-alive") ?? false : !(options?.contains("close") ?? false)
        let request = HTTPRequest(
            method: name, target: HTTPTarget(path), fields: head.fields, body: .source(body), id: "")
        return ServerExchange(request, body: body, socket: socket, isHTTP10: isHTTP10, keepsConnection: keeps)
    }

    private func refuse(_ error: MessageError) async {
        let text = "\(error.description)\n".utf8
        let head = WireText.head(
            "HTTP/1.1 \(error.status.rawValue) \(error.status.phrase)",
            ["Content-Type": "text/plain; charset=utf-8", "Content-Length": String(text.count), "Connection": "close"],
            "")
        socket.deadline = .now + Self.discardTime
        try? await socket.write(head, Array(text))
        await linger()
    }

    /// Closing with unread bytes resets the connection, and the caller would lose the answer that is on its way.
    private func linger() async {
        socket.endWriting()
        socket.deadline = .now + Self.discardTime
        var discarded = 0
        while discarded < Self.discardLimit, (try? await socket.fill()) == true {
            discarded += socket.available
            socket.consume(.max)
        }
        socket.close()
    }
}
