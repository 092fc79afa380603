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
        _ names: [String], plainToo: Bool = false, _ body: (HTTPServer, String) async throws -> Void
    ) async throws {
        let authority = try #require(Certificate.authority(name: "Apus test authority", days: 2))
        let certificate = try #require(authority.issue(name: "server", alternativeNames: names, days: 1))
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(authority.pem.utf8).write(to: URL(fileURLWithPath: folder + "/ca.pem"))
        var configuration = HTTPServer.Configuration()
        configuration.tls = .init(certificate: certificate.pem, key: certificate.key)
        configuration.servesPlainToo = plainToo
        let server = try HTTPServer(configuration) { request in
            HTTPResponse(.ok, text: request.connection.isEncrypted ? "encrypted" : "plain")
        }
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

    @Test func aKeyThatDoesNotBelongIsSaid() throws {
        var configuration = HTTPServer.Configuration()
        configuration.tls = .init(certificate: "no certificate", key: "no key")
        let error = #expect(throws: HTTPServerStartError.self) {
            try HTTPServer(configuration) { _ in HTTPResponse(.ok) }
        }
        #expect(error?.description.contains("PEM") == true && error?.isPortTaken == false)
    }
}
