import HTTPMessages
import HTTPServing
import TestSupport
import Testing

/// A server that ends while its connections are in every state that they can be in.
@Suite struct ShutdownTests {
    /// What a caller has sent when the server ends.
    private static let beginnings = [
        "", "G", "GET / HTTP/1.1\r\nHos", "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        "POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf", "no request\r\n\r\n",
        "GET /early HTTP/1.1\r\nHost: x\r\n\r\nGET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /early HTTP/1.1\r\nHost: x\r\n\r\n",
    ]

    private static let handler: HTTPServer.Handler = { request in
        switch request.target.rawPath {
        case "/early": return HTTPResponse(.ok)
        case "/slow":
            try? await Task.sleep(for: .seconds(3600))
            return HTTPResponse(.ok)
        case "/stream":
            return HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    while true { try await writer.write([UInt8](repeating: 1, count: 50_000)) }
                })
        default:
            _ = try? await request.body.collect(limit: 1 << 20)
            return HTTPResponse(.ok)
        }
    }

    @Test(arguments: [Duration.zero, .milliseconds(150)])
    func everythingInFlightEnds(grace: Duration) async throws {
        for round in 0..<5 {
            let server = try HTTPServer(HTTPServer.Configuration(), handler: Self.handler)
            var connections: [RawConnection] = []
            for _ in 0..<5 {
                for text in Self.beginnings {
                    let connection = try RawConnection(port: server.port)
                    connection.send(text)
                    connections.append(connection)
                }
            }
            // The server may be anywhere in this.
            try await Task.sleep(for: .milliseconds(round * 10))
            await server.shutDown(grace: grace)
            #expect(OpenSockets.count(at: server.port) == 0)
            withExtendedLifetime(connections) {}
        }
    }

    /// Accepted by the system, and not looked at by the server.
    @Test func whoHasConnectedIsAnswered() async throws {
        for _ in 0..<20 {
            let server = try HTTPServer(HTTPServer.Configuration()) { _ in HTTPResponse(.ok, text: "answered") }
            let connections = try (0..<20).map { _ in
                let connection = try RawConnection(port: server.port)
                connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                return connection
            }
            await server.shutDown(grace: .seconds(60))
            for connection in connections {
                let answer = try await connection.readResponse()
                #expect(answer.text == "answered")
            }
        }
    }

    @Test func anAnswerDuringTheEndIsTheLastOfItsConnection() async throws {
        let began = Flag()
        let mayEnd = Flag()
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in
            began.set()
            _ = await eventually { mayEnd.isSet }
            return HTTPResponse(.ok, text: "last")
        }
        let connection = try RawConnection(port: server.port)
        connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(await eventually { began.isSet })
        async let end: Void = server.shutDown(grace: .seconds(600))
        #expect(await eventually { (try? RawConnection(port: server.port)) == nil })
        mayEnd.set()
        let answer = try await connection.readResponse()
        #expect(answer.text == "last" && answer.field("connection") == "close")
        #expect(try await connection.read() == "")
        await end
    }

    /// Callers come, break off in every way, and leave nothing behind.
    @Test func noEndLeavesADescriptorBehind() async throws {
        let server = try HTTPServer(HTTPServer.Configuration(), handler: Self.handler)
        let port = server.port
        for _ in 0..<4 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        let connection = try RawConnection(port: port)
                        connection.send(Self.beginnings[number % Self.beginnings.count])
                        if number % 3 == 0 { try await Task.sleep(for: .milliseconds(5)) }
                        if number % 2 == 0 { connection.abort() } else { connection.endSending() }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(await eventually { OpenSockets.count(at: port) == 1 })
        await server.shutDown(grace: .zero)
        #expect(OpenSockets.count(at: port) == 0)
    }
}
