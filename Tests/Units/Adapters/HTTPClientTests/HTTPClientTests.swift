import HTTPClient
import HTTPMessages
import HTTPServing
import TestSupport
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
            try? await Task.sleep(for: .seconds(3600))
            return HTTPResponse(.ok)
        }
        var request = HTTPSession.Request(.get, "http://127.0.0.1:\(server.port)/")
        request.headTimeout = .milliseconds(200)
        let error = await #expect(throws: HTTPClientError.self) { try await HTTPSession().fetch(request) }
        #expect(error?.code == .timeout)
        await server.shutDown(grace: .zero)
    }

    @Test func givesUpOnABodyThatStalls() async throws {
        // Head and first piece in one packet, so that only what never comes is waited for.
        let server = try RawListener(answering: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst")
        var request = HTTPSession.Request(.get, server.url)
        request.idleTimeout = .milliseconds(200)
        let response = try await HTTPSession().send(request)
        #expect(try await response.body.next() == "first".bytes)
        let error = await #expect(throws: HTTPClientError.self) { try await response.body.next() }
        #expect(error?.code == .timeout)
    }

    @Test func endsWithItsTask() async throws {
        let began = Flag()
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in
            began.set()
            try? await Task.sleep(for: .seconds(3600))
            return HTTPResponse(.ok)
        }
        let client = HTTPSession()
        let port = server.port
        let task = Task { try await client.fetch(.init(.get, "http://127.0.0.1:\(port)/")) }
        #expect(await eventually { began.isSet })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await server.shutDown(grace: .zero)
    }
}
