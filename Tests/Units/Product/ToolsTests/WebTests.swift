import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import Synchronization
import TestSupport
import Testing

@testable import Tools

@Suite struct WebTests {
    @Test(arguments: [
        "8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8",
        "64:ff9b::808:808", "2002:808:808::1",
    ])
    func publicAddresses(text: String) throws { #expect(try #require(IPAddress(text)).isPublic) }

    @Test(arguments: [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.0.0.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "224.0.0.1", "255.255.255.255",
        "168.63.129.16", "::", "::1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::",
        "2001::1", "2001:db8::1", "fc00::1", "fe80::1", "fec0::1", "ff02::1", "100::1", "5f00::1",
    ])
    func otherAddresses(text: String) throws { #expect(try !#require(IPAddress(text)).isPublic) }

    @Test(arguments: ["127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "localhost"])
    func theResolverReadsEveryNotation(host: String) async {
        let addresses = await HostResolver.system(host)
        #expect(!addresses.isEmpty && addresses.allSatisfy { !$0.isPublic })
    }

    @Test func readsAddresses() throws {
        let address = try WebAddress("HTTPS://Example.COM:8443/a/b?q=1#part")
        #expect(address.description == "https://example.com:8443/a/b?q=1")
        #expect(try WebAddress("http://[2001:DB8::1]/x").host == "2001:db8::1")
        #expect(try WebAddress("http://example.com:80?x").description == "http://example.com/?x")
        for (location, target) in [
            ("/c", "https://example.com:8443/c"), ("c", "https://example.com:8443/a/c"),
            ("?r", "https://example.com:8443/a/b?r"),
            ("//other.org/", "https://other.org/"), ("http://third.org", "http://third.org/"),
        ] { #expect(try address.following(location).description == target) }
    }

    @Test(arguments: [
        "", "example.com", "ftp://example.com/", "http://", "http:///", "http://a@b/", "http://a b/", "http://a\\b/",
        "http://a:0/", "http://a:65536/", "http://a:+80/", "http://ä.example/", "http://[::1/", "http://[nonsense]/",
        "http://a%00b/", "javascript:alert(1)", "http://a\n.b/", "http://" + String(repeating: "a", count: 300) + "/",
    ])
    func refusesWhatProgramsReadDifferently(text: String) { #expect(throws: ToolFailure.self) { try WebAddress(text) } }

    /// A name that means a public address when it is checked and this machine when it is connected to: the connection goes
    /// where the check said.
    @Test func aNameThatChangesLeadsNowhereNew() async throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in HTTPResponse(.ok, text: "inside") }
        let lookups = Mutex(0)
        let fetcher = WebFetcher(
            client: HTTPSession(),
            lookup: { _ in
                let count = lookups.withLock { count in
                    count += 1
                    return count
                }
                // A documentation address is not reachable; it stands for the attacker's own server here.
                return [IPAddress(count == 1 ? "8.8.8.8" : "127.0.0.1")].compactMap(\.self)
            }, allowed: [])
        let failure = await #expect(throws: ToolFailure.self) {
            _ = try await fetcher.page(WebAddress("http://changes.example:\(server.port)/"))
        }
        #expect(failure?.description.contains("inside") == false)
        #expect(lookups.withLock { $0 } == 1, "resolved once, connected to what was checked")
        let second = await #expect(throws: ToolFailure.self) {
            _ = try await fetcher.page(WebAddress("http://changes.example:\(server.port)/"))
        }
        #expect(second?.description.contains("not on the public Internet") == true)
        await server.shutDown(grace: .zero)
    }

    @Test func aNameWithOneAddressInsideIsRefused() async {
        let fetcher = WebFetcher(
            client: HTTPSession(), lookup: { _ in [IPAddress("8.8.8.8"), IPAddress("10.0.0.1")].compactMap(\.self) },
            allowed: [])
        await #expect(throws: ToolFailure.self) { _ = try await fetcher.page(WebAddress("http://both.example/")) }
    }

    @Test func connectsToTheAddressThatWasChecked() async throws {
        let hosts = Mutex<[String]>([])
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            hosts.withLock { $0.append(request.fields["host"] ?? "") }
            return HTTPResponse(.ok, text: "hello")
        }
        let fetcher = WebFetcher(
            client: HTTPSession(), lookup: { _ in [IPAddress("127.0.0.1")].compactMap(\.self) },
            allowed: ["wiki.example:\(server.port)"])
        let page = try await fetcher.page(WebAddress("http://wiki.example:\(server.port)/start"))
        #expect(String(decoding: page.body, as: UTF8.self) == "hello")
        #expect(hosts.withLock { $0 } == ["wiki.example:\(server.port)"])
        await server.shutDown(grace: .zero)
    }
}
