import HTTPMessages
import Testing

/// Host and port of `Host`, of URLs and of `Origin`.
@Suite struct AuthorityTests {
    @Test(arguments: [
        ("h", "h", nil), ("h:80", "h", 80), ("H.Example.", "h.example", nil), ("127.0.0.1:7071", "127.0.0.1", 7071),
        ("[::1]", "::1", nil), ("[FE80::1]:8080", "fe80::1", 8080), ("apus_vm-1", "apus_vm-1", nil), ("h:", "h", nil),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", nil), ("h:65535", "h", 65535),
    ])
    func hostAndPort(text: String, host: String, port: UInt16?) throws {
        let authority = try #require(Authority(text))
        #expect(authority.host == host && authority.port == port)
    }

    @Test(arguments: [
        "", ":80", "a b", "a,b", "a/b", "a@b", "a:b", "a:1:2", "a:123456", "a:65536", "[::1", "[]", "[::1]x", "[g]",
        "a%2e", "é", "a;b", String(repeating: "a", count: 254),
    ])
    func whatNamesNoHost(text: String) { #expect(Authority(text) == nil) }
}
