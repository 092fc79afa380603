import Digests
import FoundationEssentials
import HTTPClient
import HTTPMessages
import HTTPServing
import TestSupport
import Testing

/// RFC 5280 and RFC 9110, section 4.3.4: an authority of one's own, and who trusts it.
@Suite struct TLSTests {
    private func withServer(
        _ names: [String], plainToo: Bool = false, _ change: (inout HTTPServer.Configuration) -> Void = { _ in },
        handler: @escaping HTTPServer.Handler = { request in
            HTTPResponse(.ok, text: request.connection.isEncrypted ? "encrypted" : "plain")
        }, _ body: (HTTPServer, String) async throws -> Void
    ) async throws {
        let authority = try #require(Certificate.authority(name: "Apus test authority", days: 2))
        let certificate = try #require(authority.issue(name: "server", alternativeNames: names, days: 1))
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(authority.pem.utf8).write(to: URL(fileURLWithPath: folder + "/ca.pem"))
        var configuration = HTTPServer.Configuration()
        configuration.tls = .init(certificate: certificate.pem, key: certificate.key)
        configuration.servesPlainToo = plainToo
        change(&configuration)
        let server = try HTTPServer(configuration, handler: handler)
        do { try await body(server, folder + "/ca.pem") } catch {
            await server.shutDown(grace: .zero)
            throw error
        }
        await server.shutDown(grace: .zero)
    }

    private func fetch(_ url: String, _ file: String?) async throws -> String {
        var request = HTTPSession.Request(.get, url)
        request.certificateFile = file
        return String(decoding: try await HTTPSession().patientFetch(request).body, as: UTF8.self)
    }

    @Test func whoTrustsTheAuthorityIsServed() async throws {
        try await withServer(["DNS:localhost", "IP:127.0.0.1"]) { (server: HTTPServer, file: String) async throws in
            #expect(try await fetch("https://127.0.0.1:\(server.port)/", file) == "encrypted")
            #expect(try await fetch("https://localhost:\(server.port)/", file) == "encrypted")
        }
    }

    @Test func whoDoesNotTrustItGetsNoConnection() async throws {
        try await withServer(["IP:127.0.0.1"]) { server, _ in
            let error = await #expect(throws: HTTPClientError.self) {
                try await fetch("https://127.0.0.1:\(server.port)/", nil)
            }
            #expect(error?.code == .connection)
        }
    }

    @Test func aCertificateForAnotherNameIsRefused() async throws {
        try await withServer(["DNS:example.org"]) { server, file in
            let error = await #expect(throws: HTTPClientError.self) {
                try await fetch("https://127.0.0.1:\(server.port)/", file)
            }
            #expect(error?.code == .connection)
        }
    }

    @Test func onePortCanSpeakBoth() async throws {
        try await withServer(["IP:127.0.0.1"], plainToo: true) { server, file in
            for _ in 0..<3 {
                #expect(try await fetch("https://127.0.0.1:\(server.port)/", file) == "encrypted")
                #expect(try await fetch("http://127.0.0.1:\(server.port)/", nil) == "plain")
            }
            // Who says nothing holds up nobody.
            let silent = try RawConnection(port: server.port)
            #expect(try await fetch("http://127.0.0.1:\(server.port)/", nil) == "plain")
            silent.abort()
        }
    }

    @Test func largeMessagesPassBothWays() async throws {
        let echo: HTTPServer.Handler = { request in
            guard let body = try? await request.body.collect(limit: 1 << 25) else { return HTTPResponse(.badRequest) }
            return HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    for start in stride(from: 0, to: body.count, by: 300_001) {
                        try await writer.write(Array(body[start..<min(body.count, start + 300_001)]))
                    }
                })
        }
        try await withServer(["IP:127.0.0.1"], { $0.maximumBodyBytes = 1 << 25 }, handler: echo) { server, file in
            // One connection for all.
            let session = HTTPSession()
            for size in [0, 1, 16_383, 16_384, 16_385, 65_536, 8_000_000] {
                let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
                var request = HTTPSession.Request(
                    .post, "https://127.0.0.1:\(server.port)/", body: .bytes(body))
                request.certificateFile = file
                let answer = try await session.patientFetch(request)
                #expect(answer.body == body)
            }
        }
    }

    @Test func manyAreServedSideBySide() async throws {
        try await withServer(["IP:127.0.0.1"], plainToo: true) { server, file in
            try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<60 {
                    let scheme = number % 2 == 0 ? "https" : "http"
                    group.addTask { try await fetch("\(scheme)://127.0.0.1:\(server.port)/", file) }
                }
                var counts: [String: Int] = [:]
                for try await text in group { counts[text, default: 0] += 1 }
                #expect(counts == ["encrypted": 30, "plain": 30])
            }
        }
    }

    /// Bytes that are not TLS, or no more than the beginning of it, end their connection and nothing else.
    @Test func aBrokenHandshakeHarmsNobody() async throws {
        try await withServer(["IP:127.0.0.1"], plainToo: true, { $0.headTimeout = .milliseconds(300) }) {
            server, file in
            for bytes: [UInt8] in [
                [22], [22, 3, 1], [22, 3, 1, 0, 5, 1, 2, 3, 4, 5], [22] + [UInt8](repeating: 255, count: 100_000),
            ] {
                let connection = try RawConnection(port: server.port)
                connection.send(bytes)
                // An alert, or nothing, and the end.
                let answer = try await connection.read()
                #expect(!answer.contains("HTTP"))
            }
            #expect(try await fetch("https://127.0.0.1:\(server.port)/", file) == "encrypted")
        }
    }

    /// The peer's address and the work that it waits for are the same as without encryption.
    @Test func aCallerThatLeavesAnEncryptedStreamIsNoticed() async throws {
        let began = Flag()
        let cancelled = Flag()
        let endless: HTTPServer.Handler = { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    defer { cancelled.set() }
                    try await writer.write("begin".bytes)
                    try await Task.sleep(for: .seconds(3600))
                })
        }
        try await withServer(["IP:127.0.0.1"], handler: endless) { server, file in
            var request = HTTPSession.Request(.get, "https://127.0.0.1:\(server.port)/")
            request.certificateFile = file
            request.headTimeout = RawConnection.limit
            let sent = request
            let reading = Task {
                let response = try await HTTPSession().send(sent)
                while try await response.body.next() != nil { began.set() }
            }
            #expect(await eventually { began.isSet })
            reading.cancel()
            #expect(await eventually { cancelled.isSet })
        }
    }

    @Test func aKeyThatDoesNotBelongIsSaid() throws {
        var configuration = HTTPServer.Configuration()
        configuration.tls = .init(certificate: "no certificate", key: "no key")
        let error = #expect(throws: HTTPServerStartError.self) {
            try HTTPServer(configuration) { _ in HTTPResponse(.ok) }
        }
        #expect(error?.description.contains("PEM") == true && error?.isPortTaken == false)
    }
}
