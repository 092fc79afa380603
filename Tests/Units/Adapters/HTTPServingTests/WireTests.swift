import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Synchronization
import TestSupport
import Testing

/// A real server on a port of the system's, spoken to over sockets.
@Suite struct WireTests {
    private func withServer<Value>(
        limit: Int = 1 << 20, _ handler: @escaping HTTPServer.Handler, _ body: (HTTPServer) async throws -> Value
    ) async throws -> Value {
        var configuration = HTTPServer.Configuration()
        configuration.maximumBodyBytes = limit
        let server = try HTTPServer(configuration, handler: handler)
        do {
            let value = try await body(server)
            await server.shutDown(grace: .milliseconds(200))
            return value
        } catch {
            await server.shutDown(grace: .milliseconds(200))
            throw error
        }
    }

    private let echo: HTTPServer.Handler = { request in
        do {
            return HTTPResponse(.ok, body: .bytes(try await request.body.collect(limit: 1 << 24)))
        } catch {
            return Problem(error).response(requestID: request.id)
        }
    }

    @Test(arguments: [
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: +5\r\n", "Content-Length: 5, 5\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Host: other\r\n", "X-Bad: a\u{1}b\r\n",
    ])
    func refusesAmbiguousFraming(fields: String) async throws {
        try await withServer(echo) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("POST / HTTP/1.1\r\nHost: x\r\n\(fields)\r\nhello")
            #expect(try await connection.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 400"))
        }
    }

    @Test func keepsTheTargetAsSent() async throws {
        try await withServer({ HTTPResponse(.ok, text: $0.target.text) }) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET /a%2Fb%20c/?x=%41&y=+&y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(try await connection.readResponse().text == "/a%2Fb%20c/?x=%41&y=+&y")
        }
    }

    @Test func echoesBodiesOfEverySize() async throws {
        try await withServer(limit: 1 << 24, echo) { server in
            let client = HTTPSession()
            for size in [0, 1, 65_535, 65_536, 5_000_000] {
                let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let answer = try await client.patientFetch(
                    .init(.post, "http://127.0.0.1:\(server.port)/", body: .bytes(body)))
                #expect(answer.body == body)
            }
        }
    }

    @Test func refusesBodiesThatAreTooLarge() async throws {
        try await withServer(limit: 100_000, echo) { server in
            let client = HTTPSession()
            let answer = try await client.patientFetch(
                .init(
                    .post, "http://127.0.0.1:\(server.port)/", body: .bytes([UInt8](repeating: 1, count: 150_000))))
            #expect(answer.status == .contentTooLarge)
        }
    }

    @Test func streamsBothWaysWithoutHoldingTheBody() async throws {
        let counter: HTTPServer.Handler = { request in
            guard case .source(let source) = request.body else { return HTTPResponse(.badRequest) }
            var pieces: [Int] = []
            do { while let piece = try await source.next() { pieces.append(piece.count) } } catch {
                return HTTPResponse(.badRequest)
            }
            let total = pieces.reduce(0, +)
            #expect(pieces.allSatisfy { $0 <= 512 * 1024 })
            return HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    for _ in 0..<(total / 100_000) { try await writer.write([UInt8](repeating: 1, count: 100_000)) }
                })
        }
        try await withServer(limit: 1 << 24, counter) { server in
            var request = HTTPSession.Request(.post, "http://127.0.0.1:\(server.port)/")
            request.body = .source(Countdown(pieces: 40, bytes: 100_000))
            let answer = try await HTTPSession().patientFetch(request)
            #expect(answer.body.count == 4_000_000)
        }
    }

    @Test func readingABodyTooLateIsAnError() async throws {
        let late: HTTPServer.Handler = { request in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    do { _ = try await request.body.collect(limit: 100) } catch {
                        try await writer.write("refused".bytes)
                    }
                })
        }
        try await withServer(late) { server in
            let answer = try await HTTPSession().patientFetch(
                .init(.post, "http://127.0.0.1:\(server.port)/", body: .bytes([1, 2, 3])))
            #expect(answer.body == "refused".bytes)
        }
    }

    @Test func cancelsTheWorkWhenTheCallerLeaves() async throws {
        let cancelled = Flag()
        let endless: HTTPServer.Handler = { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    try await writer.write("begin\n".bytes)
                    do { try await Task.sleep(for: .seconds(3600)) } catch {
                        cancelled.set()
                        throw error
                    }
                })
        }
        try await withServer(endless) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await connection.read(until: "begin")
            connection.abort()
            #expect(await eventually { cancelled.isSet })
        }
    }

    @Test func failsAReaderWhoseUploadIsCut() async throws {
        let began = Flag()
        let failed = Flag()
        let handler: HTTPServer.Handler = { request in
            began.set()
            do { _ = try await request.body.collect(limit: 1 << 20) } catch { failed.set() }
            return HTTPResponse(.ok)
        }
        try await withServer(handler) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
            #expect(await eventually { began.isSet })
            connection.abort()
            #expect(await eventually { failed.isSet })
        }
    }

    @Test func cutsTheConnectionWhenAStreamFails() async throws {
        let handler: HTTPServer.Handler = { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    try await writer.write("half".bytes)
                    throw HTTPServingError.sourceFailed
                })
        }
        try await withServer(handler) { server in
            let client = HTTPSession()
            await #expect(throws: HTTPClientError.self) {
                try await client.patientFetch(.init(.get, "http://127.0.0.1:\(server.port)/"))
            }
        }
    }

    @Test(arguments: [128, 256]) func servesManyKeptConnections(count: Int) async throws {
        try await withServer(echo) { server in
            let client = HTTPSession(maximumConnections: count)
            let answered = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        for _ in 0..<5 {
                            _ = try await client.patientFetch(
                                .init(.post, "http://127.0.0.1:\(server.port)/", body: .bytes([1])))
                        }
                        return 5
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(answered == count * 5)
        }
    }

    @Test func aSlowReaderHoldsTheWriterBack() async throws {
        let written = Tally()
        let handler: HTTPServer.Handler = { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    for _ in 0..<1000 {
                        try await writer.write([UInt8](repeating: 1, count: 100_000))
                        written.add(100_000)
                    }
                })
        }
        try await withServer(handler) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            var before = 0
            let isStill = try await eventually {
                before = written.value
                try await Task.sleep(for: .milliseconds(300))
                return before > 0 && written.value == before
            }
            // What the two sockets hold, and the server's own mark.
            #expect(isStill && before < 20_000_000)
            #expect(try await connection.readResponse().body.count == 100_000_000)
        }
    }

    @Test func shutsDownWithRequestsUnderWay() async throws {
        let began = Flag()
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in
            began.set()
            try? await Task.sleep(for: .seconds(3600))
            return HTTPResponse(.ok)
        }
        let connection = try RawConnection(port: server.port)
        connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(await eventually { began.isSet })
        let started = ContinuousClock.now
        await server.shutDown(grace: .milliseconds(100))
        // Long before the request would have ended by itself.
        #expect(ContinuousClock.now - started < .seconds(1800))
    }

    @Test func stopsInTheMomentInWhichAnswersAreWritten() async throws {
        for _ in 0..<40 {
            let written = Tally()
            let server = try HTTPServer(HTTPServer.Configuration()) { _ in
                HTTPResponse(
                    .ok,
                    body: .stream(length: nil) { writer in
                        while true {
                            try await writer.write([1])
                            written.add()
                            await Task.yield()
                        }
                    })
            }
            let connections = try (0..<4).map { _ in try RawConnection(port: server.port) }
            for connection in connections { connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
            #expect(await eventually { written.value > 8 })
            await server.shutDown(grace: .zero)
            for connection in connections { connection.abort() }
        }
    }

    @Test func namesATakenPort() async throws {
        try await withServer(echo) { server in
            var configuration = HTTPServer.Configuration()
            configuration.port = server.port
            do {
                _ = try HTTPServer(configuration) { _ in HTTPResponse(.ok) }
                Issue.record("the port was taken")
            } catch let error as HTTPServerStartError {
                #expect(error.isPortTaken && error.description.contains("\(server.port)"))
                configuration.portOption = "blob-port"
                let named = #expect(throws: HTTPServerStartError.self) {
                    try HTTPServer(configuration) { _ in HTTPResponse(.ok) }
                }
                #expect(named?.description.contains("choose another with --blob-port") == true)
            }
        }
    }

    @Test func eventStreamsBeatInSilence() async throws {
        let beatSeen = Flag()
        let handler: HTTPServer.Handler = { _ in
            EventStream.response(heartbeat: .milliseconds(50)) { events in
                try await events.send("start", ["n": 1])
                _ = await eventually { beatSeen.isSet }
                try await events.send("done", ["text": "line\nbreak"])
            }
        }
        try await withServer(handler) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            _ = try await connection.read(until: "event: start\ndata: {\"n\":1}\n\n")
            _ = try await connection.read(until: ": still here\n\n")
            beatSeen.set()
            _ = try await connection.read(until: "event: done\ndata: {\"text\":\"line\\nbreak\"}\n\n")
        }
    }
}

private final class Countdown: HTTPBodySource {
    private let left: Mutex<Int>
    private let bytes: Int
    init(pieces: Int, bytes: Int) {
        left = Mutex(pieces)
        self.bytes = bytes
    }
    func next() async throws -> [UInt8]? {
        let goesOn = left.withLock { left in
            left -= 1
            return left >= 0
        }
        return goesOn ? [UInt8](repeating: 7, count: bytes) : nil
    }
}
