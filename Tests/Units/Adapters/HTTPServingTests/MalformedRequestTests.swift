import EventLoop
import HTTPMessages
import HTTPServing
import HTTPWire
import TestSupport
import Testing

/// RFC 9112, section 11.2: what two readers could understand differently is understood by none.
@Suite struct MalformedRequestTests {
    @Test func theListIsRead() throws {
        #expect(try MalformedRequest.all().count > 200)
        #expect(Set(try MalformedRequest.all().map(\.name)).count == (try MalformedRequest.all().count))
    }

    @Test func handlersNeverSeeThem() async throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            // What is wrong in a body may show when its head has gone by.
            if (try? await request.body.collect(limit: 1 << 20)) != nil { Issue.record("it was taken for a request") }
            return HTTPResponse(.ok)
        }
        for request in try MalformedRequest.all() {
            let fault = try await request.fault(port: server.port, path: "/path")
            #expect(fault == nil)
        }
        await server.shutDown(grace: .zero)
        #expect(OpenSockets.count(at: server.port) == 0)
    }

    @Test func exchangesNeverSeeThem() async throws {
        let server = try await ExchangeServer(address: "127.0.0.1", port: 0) { exchange in
            do {
                _ = try await exchange.body.collect(limit: 1 << 20)
                Issue.record("it was taken for a request")
            } catch {
                try? await exchange.send(HTTPResponse((error as? MessageError)?.status ?? .internalServerError))
            }
        }
        let port = await server.port
        for request in try MalformedRequest.all() {
            let fault = try await request.fault(port: port, path: "/path")
            #expect(fault == nil)
        }
        await server.shutDown(grace: .zero)
    }

    /// What is malformed only later is no less so: the handler fails to read, and what it answers is not sent.
    @Test func aBodyThatTurnsOutToBeMalformedIsRefusedOnce() async throws {
        let began = Flag()
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            began.set()
            do {
                _ = try await request.body.collect(limit: 1 << 20)
                Issue.record("the body is complete")
            } catch {}
            return HTTPResponse(.ok, text: "read")
        }
        let connection = try RawConnection(port: server.port)
        connection.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        #expect(await eventually { began.isSet })
        connection.send("5;a\nb\r\nhello\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try await connection.read()
        #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.ranges(of: "HTTP/1.1 ").count == 1)
        await server.shutDown(grace: .zero)
    }
}
