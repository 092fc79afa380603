import EventLoop
import HTTPMessages
import HTTPWire
import TestSupport
import Testing

@testable import HTTPRelay

/// Requests to a server on this machine.
@Suite struct UpstreamTests {
    /// Answers every connection's requests with given bytes, however malformed.
    @NetworkActor
    private final class RawServer {
        private var listener: Listener?
        private(set) var connections = 0
        private(set) var requests: [String] = []

        init(_ answers: [String], closes: Bool = false) throws {
            listener = try Listener("127.0.0.1", 0) { [unowned self] socket in
                connections += 1
                NetworkActor.task { await self.serve(socket, answers, closes) }
            }
        }

        var port: UInt16 { listener?.port ?? 0 }
        func close() { listener?.close() }

        private func serve(_ socket: Socket, _ answers: [String], _ closes: Bool) async {
            do {
                while true {
                    while try socket.withInput({ try MessageHead.parse($0, .request) }) == nil {
                        guard try await socket.fill() else { return socket.close() }
                    }
                    // What comes with the head belongs to it; bodies in these tests are short.
                    requests.append(String(decoding: socket.take(.max), as: UTF8.self))
                    let answer = answers[min(requests.count, answers.count) - 1]
                    if answer.isEmpty { return socket.close() }
                    try await socket.write(Array(answer.utf8))
                    if closes { return socket.close() }
                }
            } catch { socket.close() }
        }
    }

    @NetworkActor
    private func with(
        _ answers: [String], closes: Bool = false, _ body: (Upstream, RawServer) async throws -> Void
    ) async throws {
        let server = try RawServer(answers, closes: closes)
        let upstream = Upstream(address: "127.0.0.1", port: server.port)
        defer {
            upstream.closeIdle()
            server.close()
        }
        try await body(upstream, server)
    }

    @NetworkActor
    private func fetch(_ upstream: Upstream, _ request: Upstream.Request = .init("GET", "/", ["Host": "h"]))
        async throws
        -> (status: Int, body: String)
    {
        let exchange = try await upstream.send(request, deadline: .now + .seconds(20))
        let body = try await exchange.body.collect(limit: 1 << 20)
        exchange.end()
        return (exchange.status.rawValue, String(decoding: body, as: UTF8.self))
    }

    @NetworkActor
    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
        ("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 201, "hello"),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        ("HTTP/1.1 200\nContent-Length: 2\n\nok", 200, "ok"),
        ("HTTP/1.1 599 Own\r\nContent-Length: 0\r\n\r\n", 599, ""),
    ])
    func readsAnswers(answer: String, status: Int, body: String) async throws {
        try await with([answer]) { (upstream, _) async throws in
            #expect(try await fetch(upstream) == (status, body))
        }
    }

    @NetworkActor
    @Test func anAnswerWithoutALengthEndsWithTheConnection() async throws {
        try await with(["HTTP/1.1 200 OK\r\n\r\nuntil the end"], closes: true) { (upstream, server) async throws in
            #expect(try await fetch(upstream) == (200, "until the end"))
            #expect(try await fetch(upstream) == (200, "until the end"))
            #expect(server.connections == 2)
        }
    }

    @NetworkActor
    @Test(arguments: [
        "nonsense\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 99 Low\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n",
    ])
    func refusesAnswers(answer: String) async throws {
        try await with([answer]) { (upstream, _) async throws in
            await #expect(throws: MessageError.self) { try await fetch(upstream) }
        }
    }

    @NetworkActor
    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nsho",
        "HTTP/1.1 200 OK\r\nContent-Le",
    ])
    func anAnswerThatBreaksOffIsAnError(answer: String) async throws {
        try await with([answer], closes: true) { (upstream, _) async throws in
            await #expect(throws: MessageError.truncated) { try await fetch(upstream) }
        }
    }

    @NetworkActor
    @Test func idleConnectionsAreUsedAgain() async throws {
        try await with(["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]) { (upstream, server) async throws in
            for _ in 0..<5 { #expect(try await fetch(upstream) == (200, "ok")) }
            #expect(server.connections == 1 && server.requests.count == 5)
        }
        try await with(["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"]) {
            (upstream, server) async throws in
            for _ in 0..<3 { #expect(try await fetch(upstream) == (200, "ok")) }
            #expect(server.connections == 3)
        }
    }

    @NetworkActor
    @Test func anUnreadAnswerIsNotInTheWayOfTheNext() async throws {
        try await with([
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond",
        ]) {
            (upstream, server) async throws in
            let exchange = try await upstream.send(.init("GET", "/", ["Host": "h"]), deadline: nil)
            exchange.end()
            #expect(try await fetch(upstream) == (200, "second"))
            #expect(server.connections == 2)
        }
    }

    @NetworkActor
    @Test func aKeptConnectionThatDiedCostsASecondTryWhereThatDoesNoHarm() async throws {
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        // The second request finds the connection open, and is met by silence.
        try await with([ok, "", ok]) { (upstream, server) async throws in
            #expect(try await fetch(upstream) == (200, "ok"))
            #expect(try await fetch(upstream) == (200, "ok"))
            #expect(server.connections == 2 && server.requests.count == 3)
        }
        try await with([ok, "", ok]) { (upstream, server) async throws in
            #expect(try await fetch(upstream) == (200, "ok"))
            // A POST may have been done already.
            await #expect(throws: (any Error).self) { try await fetch(upstream, .init("POST", "/", ["Host": "h"])) }
            #expect(server.requests.count == 2)
        }
    }

    @NetworkActor
    @Test func bodiesAreSentWithTheirLength() async throws {
        try await with(["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]) { (upstream, server) async throws in
            _ = try await fetch(upstream, .init("POST", "/f?x=1", ["Host": "h"], .bytes(Array("body".utf8))))
            _ = try await fetch(upstream, .init("PUT", "/empty", ["Host": "h"]))
            _ = try await fetch(upstream, .init("GET", "/plain", ["Host": "h"]))
            #expect(server.requests[0] == "POST /f?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody")
            #expect(server.requests[1] == "PUT /empty HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            #expect(server.requests[2] == "GET /plain HTTP/1.1\r\nHost: h\r\n\r\n")
        }
    }

    @NetworkActor
    @Test func anAnswerBeforeTheBodysEndIsReadAlthoughTheServerClosesAtOnce() async throws {
        let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmuch"
        try await with([refusal], closes: true) { (upstream, _) async throws in
            let large = [UInt8](repeating: 0x61, count: 40 << 20)
            #expect(try await fetch(upstream, .init("POST", "/", ["Host": "h"], .bytes(large))) == (413, "much"))
        }
    }

    @NetworkActor
    @Test func aWaitForTheHeadEndsAtTheDeadline() async throws {
        let listener = try Listener("127.0.0.1", 0) { _ in }
        defer { listener.close() }
        let upstream = Upstream(address: "127.0.0.1", port: listener.port)
        await #expect(throws: SocketError.timedOut) {
            try await upstream.send(.init("GET", "/", ["Host": "h"]), deadline: .now + .milliseconds(50))
        }
        #expect(await !upstream.answers(.init("GET", "/", ["Host": "h"]), until: .now + .milliseconds(50)))
    }

    @NetworkActor
    @Test func anExchangeCanBeEndedFromOutside() async throws {
        let listener = try Listener("127.0.0.1", 0) { _ in }
        defer { listener.close() }
        let upstream = Upstream(address: "127.0.0.1", port: listener.port)
        await #expect(throws: SocketError.peerGone) {
            try await upstream.send(.init("GET", "/", ["Host": "h"]), deadline: nil) { exchange in
                NetworkActor.task { exchange.cancel(.peerGone) }
            }
        }
    }

    @NetworkActor
    @Test func anythingThatAnswersCountsAsListening() async throws {
        let request = Upstream.Request("GET", "/", ["Host": "h"])
        for answer in ["HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "nonsense\r\n\r\n", ""] {
            try await with([answer], closes: true) { (upstream, _) async throws in
                #expect(await upstream.answers(request, until: .now + .seconds(10)))
            }
        }
        let server = try RawServer([""])
        let port = server.port
        server.close()
        #expect(await !Upstream(address: "127.0.0.1", port: port).answers(request, until: .now + .seconds(10)))
    }
}
