import EventLoop
import HTTPMessages
import HTTPServing
import JSONCoding
import TestSupport
import Testing

/// Callers that take their time: each is cut at its limit, and none holds up the others.
@Suite struct SlowCallerTests {
    /// Sends the bytes one by one, as long as the server takes them.
    private func drip(_ text: String, over connection: RawConnection, until end: Flag) async throws {
        for byte in text.utf8 where !end.isSet {
            connection.send([byte])
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private let healthy: HTTPServer.Handler = { _ in HTTPResponse(.ok, text: "well") }

    private func isHealthy(_ server: HTTPServer) async throws -> Bool {
        let connection = try RawConnection(port: server.port)
        connection.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return try await connection.readResponse().text == "well"
    }

    // MARK: Time

    @Test func aHeadHasATimeHoweverItDrips() async throws {
        try await withServer({ $0.headTimeout = .milliseconds(400) }, healthy) { server in
            let connection = try RawConnection(port: server.port)
            let end = Flag()
            async let dripping: Void = drip(
                "GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 6000), over: connection, until: end)
            #expect(try await connection.read() == "")
            end.set()
            try await dripping
            #expect(try await isHealthy(server))
        }
    }

    @Test func aBodyHasAPace() async throws {
        let failed = Flag()
        let handler: HTTPServer.Handler = { request in
            do { _ = try await request.body.collect(limit: 1 << 20) } catch { failed.set() }
            return HTTPResponse(.ok, text: "read")
        }
        try await withServer({ $0.bodyPace = Pace(bytes: 1000, in: .milliseconds(400)) }, handler) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6000\r\n\r\n")
            let end = Flag()
            async let dripping: Void = drip(String(repeating: "x", count: 6000), over: connection, until: end)
            let answer = try await connection.readResponse()
            end.set()
            #expect(answer.status == 408 && answer.field("connection") == "close", "\(answer.head)")
            #expect(failed.isSet)
            try await dripping
        }
    }

    @Test func aBodyThatKeepsItsPaceMayTakeItsTime() async throws {
        let handler: HTTPServer.Handler = { request in
            let body = (try? await request.body.collect(limit: 1 << 20)) ?? []
            return HTTPResponse(.ok, text: "\(body.count)")
        }
        // A byte in the time is enough here, and one comes many times as often.
        try await withServer({ $0.bodyPace = Pace(bytes: 1, in: .seconds(20)) }, handler) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n")
            try await drip(String(repeating: "x", count: 50), over: connection, until: Flag())
            #expect(try await connection.readResponse().text == "50")
        }
    }

    /// The caller is not at fault while nobody reads.
    @Test func aHandlerMayTakeItsTimeWithABody() async throws {
        let handler: HTTPServer.Handler = { request in
            guard case .source(let source) = request.body else { return HTTPResponse(.badRequest) }
            var count = 0
            do {
                count += try await source.next()?.count ?? 0
                // Many times the pace's time.
                try await Task.sleep(for: .milliseconds(1500))
                while let piece = try await source.next() { count += piece.count }
            } catch { return HTTPResponse(.badRequest) }
            return HTTPResponse(.ok, text: "\(count)")
        }
        try await withServer(
            {
                $0.bodyPace = Pace(bytes: 1000, in: .milliseconds(500))
                $0.maximumBodyBytes = 1 << 25
            }, handler
        ) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n")
            await connection.sendOffPool([UInt8](repeating: 1, count: 20_000_000))
            #expect(try await connection.readResponse().text == "20000000")
        }
    }

    @Test func aCallerThatDoesNotReadIsCut() async throws {
        let ended = Flag()
        let endless: HTTPServer.Handler = { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    defer { ended.set() }
                    while true { try await writer.write([UInt8](repeating: 1, count: 100_000)) }
                })
        }
        try await withServer({ $0.answerPace = Pace(bytes: 1000, in: .milliseconds(400)) }, endless) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await eventually { ended.isSet })
            #expect(await eventually { OpenSockets.count(at: server.port) == 1 })
            withExtendedLifetime(connection) {}
        }
    }

    /// A stream that is beaten may be open for as long as somebody reads.
    @Test func aQuietStreamGoesOn() async throws {
        let handler: HTTPServer.Handler = { _ in
            EventStream.response(heartbeat: .milliseconds(20)) { events in
                try await Task.sleep(for: .seconds(9))
                try await events.send("done", ["n": 1])
            }
        }
        try await withServer(
            {
                $0.answerPace = Pace(bytes: 1000, in: .seconds(4))
                $0.bodyPace = Pace(bytes: 1000, in: .seconds(4))
                $0.idleTimeout = .seconds(4)
                $0.headTimeout = .seconds(4)
            }, handler
        ) { server in
            let connection = try RawConnection(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            // A beat may come behind it.
            #expect(try await connection.readResponse().text.contains("event: done\ndata: {\"n\":1}\n\n"))
        }
    }

    // MARK: Number

    /// More than there is room for, from the address that the healthy caller has too.
    @Test func halfSentHeadsKeepNobodyOut() async throws {
        try await withServer({ $0.maximumConnections = 100 }, healthy) { server in
            var held: [RawConnection] = []
            for number in 0..<500 {
                let connection = try RawConnection(port: server.port)
                connection.send("GET / HTTP/1.1\r\nHos")
                held.append(connection)
                if number % 25 == 0 { #expect(try await isHealthy(server)) }
            }
            #expect(try await isHealthy(server))
            // And the listening socket.
            #expect(await eventually { OpenSockets.count(at: server.port) <= 101 })
        }
    }

    @Test func halfSentBodiesKeepNobodyOut() async throws {
        let handler: HTTPServer.Handler = { request in
            _ = try? await request.body.collect(limit: 1 << 20)
            return HTTPResponse(.ok, text: "well")
        }
        try await withServer({ $0.maximumConnections = 50 }, handler) { server in
            var held: [RawConnection] = []
            for number in 0..<200 {
                let connection = try RawConnection(port: server.port)
                connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
                held.append(connection)
                if number % 25 == 0 { #expect(try await isHealthy(server)) }
            }
            #expect(try await isHealthy(server))
        }
    }

    @Test func whoHasWaitedLongestGoesFirst() async throws {
        try await withServer({ $0.maximumConnections = 4 }, healthy) { server in
            var held: [RawConnection] = []
            for _ in 0..<4 {
                let connection = try RawConnection(port: server.port)
                connection.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
                // Answered once, so that each has waited longer than the next.
                #expect(try await connection.readResponse().text == "well")
                held.append(connection)
                try await Task.sleep(for: .milliseconds(20))
            }
            // Kept open: it takes the place of the first.
            let newest = try RawConnection(port: server.port)
            newest.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await newest.readResponse().text == "well")
            #expect(try await held[0].read() == "")
            for connection in held.dropFirst() {
                connection.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await connection.readResponse().text == "well")
            }
        }
    }

    /// Who is being worked for loses nothing; whoever comes then waits.
    @Test func connectionsThatAreWorkedForStay() async throws {
        let isFree = Flag()
        let handler: HTTPServer.Handler = { request in
            if request.target.text == "/slow" { _ = await eventually { isFree.isSet } }
            return HTTPResponse(.ok, text: "well")
        }
        try await withServer({ $0.maximumConnections = 2 }, handler) { server in
            let busy = try (0..<2).map { _ in try RawConnection(port: server.port) }
            for connection in busy { connection.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n") }
            let third = try RawConnection(port: server.port)
            third.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            try await Task.sleep(for: .milliseconds(300))
            isFree.set()
            for connection in busy { #expect(try await connection.readResponse().text == "well") }
            #expect(try await third.readResponse().text == "well")
        }
    }
}
