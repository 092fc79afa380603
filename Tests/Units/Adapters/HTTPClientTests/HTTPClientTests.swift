import HTTPClient
import HTTPMessages
import HTTPServing
import Testing

@Suite struct HTTPClientTests {
    @Test func saysThatNobodyListens() async throws {
        do {
            _ = try await HTTPSession().fetch(.init(.get, "http://127.0.0.1:1/secret?key=abc"))
            Issue.record("nobody listens there")
        } catch let error as HTTPClientError {
            #expect(error.isConnection)
            // Paths and queries may hold secrets.
            #expect(!error.description.contains("secret") && !error.description.contains("abc"))
        }
    }

    @Test func givesUpAtTheDeadline() async throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in
            try? await Task.sleep(for: .seconds(30))
            return HTTPResponse(.ok)
        }
        var request = HTTPSession.Request(.get, "http://127.0.0.1:\(server.port)/")
        request.headTimeout = .milliseconds(200)
        let started = ContinuousClock.now
        await #expect(throws: HTTPClientError.self) { try await HTTPSession().fetch(request) }
        // Long before the server answers; a busy machine may take its time.
        #expect(ContinuousClock.now - started < .seconds(20))
        await server.shutDown(grace: .zero)
    }

    @Test func givesUpOnABodyThatStalls() async throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    try await writer.write("first".bytes)
                    try await Task.sleep(for: .seconds(30))
                })
        }
        var request = HTTPSession.Request(.get, "http://127.0.0.1:\(server.port)/")
        request.idleTimeout = .milliseconds(200)
        let response = try await HTTPSession().send(request)
        #expect(try await response.body.next() == "first".bytes)
        await #expect(throws: HTTPClientError.self) { try await response.body.next() }
        await server.shutDown(grace: .zero)
    }

    @Test func endsWithItsTask() async throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in
            try? await Task.sleep(for: .seconds(30))
            return HTTPResponse(.ok)
        }
        let client = HTTPSession()
        let port = server.port
        let task = Task { try await client.fetch(.init(.get, "http://127.0.0.1:\(port)/")) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        let started = ContinuousClock.now
        _ = await task.result
        #expect(ContinuousClock.now - started < .seconds(20))
        await server.shutDown(grace: .zero)
    }
}
