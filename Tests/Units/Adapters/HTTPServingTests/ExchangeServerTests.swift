import EventLoop
import HTTPMessages
import HTTPServing
import HTTPWire
import TestSupport
import Testing

/// The server as the Functions host uses it, spoken to by raw connections.
@Suite struct ExchangeServerTests {
    private func with(
        _ answer: @escaping @NetworkActor (ServerExchange) async throws -> Void,
        _ body: (UInt16) async throws -> Void
    ) async throws {
        var limits = ServerLimits()
        limits.head = .request
        let server = try await ExchangeServer(address: "127.0.0.1", port: 0, limits: limits) { exchange in
            do { try await answer(exchange) } catch { exchange.abort() }
        }
        do {
            try await body(server.port)
        } catch {
            await server.shutDown(grace: .zero)
            throw error
        }
        await server.shutDown(grace: .zero)
    }

    /// Answers with what it understood of the request.
    @NetworkActor
    private static func echo(_ exchange: ServerExchange) async throws {
        let body = try await exchange.body.collect(limit: 1 << 20)
        let text = "\(exchange.request.method) \(exchange.request.target.text) \(String(decoding: body, as: UTF8.self))"
        try await exchange.send(HTTPResponse(.ok, text: text))
    }

    private func answer(
        _ request: String, until marker: String? = nil,
        by answer: @escaping @NetworkActor (ServerExchange) async throws -> Void = echo
    ) async throws -> String {
        var result = ""
        try await with(answer) { port in
            let connection = try RawConnection(port: port)
            connection.send(request)
            result = try await connection.read(until: marker)
        }
        return result
    }

    private static let close = "Connection: close\r\n"

    @Test(arguments: [
        ("GET /a?b=%20c HTTP/1.1\r\nHost: x\r\n\(close)\r\n", "GET /a?b=%20c "),
        ("POST / HTTP/1.1\r\nHost: x\r\n\(close)Content-Length: 4\r\n\r\nbody", "POST / body"),
        (
            "POST / HTTP/1.1\r\nHost: x\r\n\(close)Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\nT: v\r\n\r\n",
            "POST / body"
        ),
        ("\r\nGET / HTTP/1.1\r\nHost: x\r\n\(close)\r\n", "GET / "),
        ("GET http://x/y?z HTTP/1.1\r\nHost: x\r\n\(close)\r\n", "GET /y?z "),
        ("OPTIONS * HTTP/1.1\r\nHost: x\r\n\(close)\r\n", "OPTIONS /* "),
        ("GET / HTTP/1.0\r\n\r\n", "GET / "), ("BREW /pot HTTP/1.1\r\nHost: x\r\n\(close)\r\n", "BREW /pot "),
    ])
    func understandsRequests(request: String, understood: String) async throws {
        let text = try await answer(request)
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.hasSuffix("\r\n\r\n" + understood), "\(text)")
        #expect(text.contains("Content-Length: \(understood.utf8.count)\r\n") && text.contains("\r\nDate: "))
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400, "Host"), ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400, "version"),
        ("GET / HTTP/1.1\nHost: x\n\n", 400, "carriage return"), ("GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400, "no path"),
        ("nonsense\r\n\r\n", 400, "no space"), ("GET / HTTP/1.1\r\nHost: x\r\nA\r\n\r\n", 400, "colon"),
        ("GET / HTTP/1.1\r\nHost: x\r\n folded: 1\r\n\r\n", 400, "name"),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400, ""),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody", 400, ""),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -4\r\n\r\n", 400, ""),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", 400, ""),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 400, ""),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "HTTP/1.0 has no transfer codings"),
        ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: x\r\n\r\n", 414, "first line"),
        ("GET / HTTP/1.1\r\nHost: x\r\n\(String(repeating: "A: b\r\n", count: 101))\r\n", 431, "100 header fields"),
        ("GET / HTTP/1.1\r\nHost: x\r\nA: \(String(repeating: "b", count: 40_000))\r\n\r\n", 431, "32768 bytes"),
    ])
    func refusesRequestsAndCloses(request: String, status: Int, part: String) async throws {
        let text = try await answer(request) { _ in Issue.record("a malformed request was answered") }
        #expect(text.hasPrefix("HTTP/1.1 \(status) ") && text.contains("Connection: close\r\n"), "\(text)")
        #expect(text.contains(part) && text.components(of: "HTTP/1.1 ") == 1)
    }

    @Test func requestsOnOneConnectionAreAnsweredInTurn() async throws {
        let three = (1...3).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\($0 == 3 ? Self.close : "")\r\n" }.joined()
        let text = try await answer(three)
        #expect(text.components(of: "HTTP/1.1 200 OK") == 3)
        let places = (1...3).compactMap { text.firstRange(of: "GET /\($0) ")?.lowerBound }
        #expect(places.count == 3 && places == places.sorted())
    }

    @Test func anOldClientGetsItsAnswerWithoutChunks() async throws {
        let text = try await answer("GET / HTTP/1.0\r\n\r\n") { exchange in
            try await exchange.start(.ok, [:], length: nil, with: Array("first ".utf8))
            try await exchange.write(Array("second".utf8))
            try await exchange.finish()
        }
        #expect(!text.contains("Transfer-Encoding") && text.hasSuffix("\r\n\r\nfirst second"))
        let kept = try await answer(
            "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n")
        #expect(kept.contains("Connection: keep-alive\r\n") && kept.hasSuffix("GET /2 "))
    }

    @Test func answersStreamInChunks() async throws {
        let text = try await answer("GET / HTTP/1.1\r\nHost: x\r\n\(Self.close)\r\n") { exchange in
            try await exchange.start(.ok, ["X-Own": "1", "Content-Length": "99"], length: nil)
            for piece in ["one", "", "three"] { try await exchange.write(Array(piece.utf8)) }
            try await exchange.finish()
        }
        #expect(text.contains("Transfer-Encoding: chunked\r\n") && !text.contains("Content-Length"))
        #expect(text.hasSuffix("\r\n\r\n3\r\none\r\n5\r\nthree\r\n0\r\n\r\n") && text.contains("X-Own: 1\r\n"))
    }

    @Test func headAnswersHaveALengthAndNoBody() async throws {
        let text = try await answer("HEAD / HTTP/1.1\r\nHost: x\r\n\(Self.close)\r\n") { exchange in
            try await exchange.send(HTTPResponse(.ok, text: "hello"))
        }
        #expect(text.contains("Content-Length: 5\r\n") && text.hasSuffix("\r\n\r\n"))
    }

    @Test(arguments: [204, 304])
    func someAnswersHaveNoBody(status: Int) async throws {
        let text = try await answer("GET / HTTP/1.1\r\nHost: x\r\n\(Self.close)\r\n") { exchange in
            try await exchange.send(HTTPResponse(HTTPStatus(rawValue: status)))
        }
        #expect(text.hasPrefix("HTTP/1.1 \(status) ") && !text.contains("Content-Length"))
    }

    @Test func standardFieldsFillGapsOnly() async throws {
        let text = try await answer("GET / HTTP/1.1\r\nHost: x\r\n\(Self.close)\r\n") { exchange in
            exchange.standardFields = ["X-A": "standard", "X-B": "standard"]
            try await exchange.send(HTTPResponse(.ok, fields: ["x-a": "own"]))
        }
        #expect(text.contains("x-a: own\r\n") && text.contains("X-B: standard\r\n") && !text.contains("X-A: standard"))
    }

    @Test func aCallerThatWaitsForTheGoAheadGetsIt() async throws {
        try await with(Self.echo) { port in
            let connection = try RawConnection(port: port)
            connection.send(
                "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\(Self.close)\r\n")
            #expect(try await connection.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            connection.send("body")
            #expect(try await connection.read().hasSuffix("POST / body"))
        }
        // Refused without a look at the body: the caller need not send it.
        let refused = try await answer(
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", until: "\r\n\r\n"
        ) { try await $0.send(HTTPResponse(.unauthorized)) }
        #expect(refused.hasPrefix("HTTP/1.1 401 ") && refused.contains("Connection: close\r\n"))
    }

    @Test func anUnreadBodyEndsTheConnectionAfterTheAnswer() async throws {
        let request =
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + String(repeating: "b", count: 100_000)
            + "GET /second HTTP/1.1\r\nHost: x\r\n\r\n"
        let text = try await answer(request) { try await $0.send(HTTPResponse(.ok, text: "early")) }
        #expect(text.hasSuffix("\r\n\r\nearly") && text.contains("Connection: close\r\n"))
        #expect(text.components(of: "HTTP/1.1 ") == 1)
    }

    @Test func bodiesHaveLimits() async throws {
        for framing in [
            "Content-Length: 6\r\n\r\nsixsix", "Transfer-Encoding: chunked\r\n\r\n6\r\nsixsix\r\n0\r\n\r\n",
        ] {
            let text = try await answer("POST / HTTP/1.1\r\nHost: x\r\n\(framing)", until: "\r\n\r\n") { exchange in
                exchange.body.limit = 5
                do {
                    _ = try await exchange.body.collect(limit: .max)
                    Issue.record("the body is too large")
                } catch let error as HTTPBodyTooLarge {
                    #expect(error.limit == 5)
                    try await exchange.send(HTTPResponse(.contentTooLarge))
                }
            }
            #expect(text.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test(arguments: ["Content-Length: 10\r\n\r\nshort", "Transfer-Encoding: chunked\r\n\r\n5\r\nab"])
    func aBodyThatBreaksOffIsAnError(framing: String) async throws {
        try await with({ exchange in
            do {
                _ = try await exchange.body.collect(limit: .max)
                Issue.record("the body is complete")
            } catch MessageError.truncated {
            } catch SocketError.peerGone {
                // The reset came before the end was looked for.
            }
            exchange.abort()
        }) { port in
            let connection = try RawConnection(port: port)
            connection.send("POST / HTTP/1.1\r\nHost: x\r\n\(framing)")
            connection.abort()
            _ = try? await connection.read()
        }
    }

    @Test func aBodyThatIsNotChunkedAsItSaysIsAnError() async throws {
        let request = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n"
        let text = try await answer(request) { exchange in
            do {
                _ = try await exchange.body.collect(limit: .max)
                Issue.record("the body is complete")
            } catch let error as MessageError {
                try await exchange.send(HTTPResponse(error.status))
            }
        }
        #expect(text.hasPrefix("HTTP/1.1 400 "))
    }

    @Test func anAbortedAnswerIsNotTakenForComplete() async throws {
        let text = try await answer("GET / HTTP/1.1\r\nHost: x\r\n\r\n") { exchange in
            try await exchange.start(.ok, [:], length: nil, with: Array("part".utf8))
            exchange.abort()
        }
        #expect(text.hasSuffix("4\r\npart\r\n") && !text.contains("0\r\n\r\n"))
    }

    @Test func aCallerThatLeavesIsNoticed() async throws {
        let left = Flag()
        try await with({ exchange in
            exchange.onPeerGone = { left.set() }
            #expect(await eventually { left.isSet })
            #expect(exchange.isPeerGone)
            exchange.abort()
        }) { port in
            let connection = try RawConnection(port: port)
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            try await Task.sleep(for: .milliseconds(50))
            connection.abort()
            #expect(await eventually { await left.isSet })
        }
    }

    @Test func connectionsAreCountedAndEnded() async throws {
        let server = try await ExchangeServer(address: "127.0.0.1", port: 0) { try? await $0.send(HTTPResponse(.ok)) }
        let port = await server.port
        let connections = try (0..<3).map { _ in try RawConnection(port: port) }
        for connection in connections {
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await connection.read(until: "\r\n\r\n")
        }
        #expect(await server.connectionCount == 3)
        await server.shutDown(grace: .seconds(2))
        for connection in connections { #expect(try await connection.read() == "") }
        #expect(await eventually { await server.connectionCount == 0 })
        #expect(throws: (any Error).self) { try RawConnection(port: port) }
    }
}

/// A flag of the network's thread.
@NetworkActor
private final class Flag {
    private(set) var isSet = false
    nonisolated init() {}
    func set() { isSet = true }
}

extension String {
    /// How often a part stands in the text.
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
