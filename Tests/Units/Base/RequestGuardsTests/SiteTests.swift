import HTTPMessages
import Problems
import Testing

@testable import RequestGuards

/// Which requests of pages a server takes.
@Suite struct SiteTests {
    private func request(_ method: HTTPMethod, _ fields: HTTPFields) -> HTTPRequest {
        var fields = fields
        if fields["host"] == nil { fields["Host"] = "127.0.0.1:8080" }
        return HTTPRequest(method: method, target: HTTPTarget("/"), fields: fields, body: .bytes([]), id: "test")
    }

    private func status(_ fields: HTTPFields, _ method: HTTPMethod = .post, origins: [String] = []) -> Int? {
        RequestGuard(origins: origins).refusal(of: request(method, fields))?.status.rawValue
    }

    private static let changing: [HTTPMethod] = [
        .post, .put, .patch, .delete, HTTPMethod(rawValue: "MERGE"), HTTPMethod(rawValue: "get"),
    ]

    @Test(arguments: changing)
    func programsMayChangeThings(method: HTTPMethod) {
        #expect(status([:], method) == nil)
        for type in ["application/json", "text/plain", "application/x-www-form-urlencoded"] {
            #expect(status(["Content-Type": type, "Content-Length": "2"], method) == nil)
        }
        #expect(status(["Content-Length": "2"], method) == nil)
    }

    @Test(arguments: [
        "https://evil.example", "http://evil.example:8080", "null", "", "file://", "http://127.0.0.1",
        "http://127.0.0.1:8081", "http://localhost:8080", "http://127.0.0.1:8080.evil.example",
        "http://127.0.0.1:8080@evil.example", "http://evil.example/127.0.0.1:8080", "chrome-extension://abc",
        "127.0.0.1:8080",
        "https://127.0.0.1", "http://127.0.0.1:8080, https://evil.example",
    ])
    func pagesOfOtherSitesMayNot(origin: String) {
        for method in Self.changing {
            for type in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
                #expect(status(["Origin": origin, "Content-Type": type], method) == 403, "\(origin)")
            }
        }
        for method in [HTTPMethod.get, .head, .options] { #expect(status(["Origin": origin], method) == nil) }
    }

    @Test(
        arguments: [
            ("cross-site", 403), ("same-site", 403), ("CROSS-SITE", 403), ("nonsense", 403), ("", 403),
            ("same-origin", nil), ("Same-Origin", nil), ("none", nil),
        ] as [(String, Int?)])
    func whatBrowsersSayOfTheirOwnCounts(site: String, expected: Int?) {
        for method in Self.changing { #expect(status(["Sec-Fetch-Site": site], method) == expected) }
        #expect(status(["Sec-Fetch-Site": site], .get) == nil)
        let both: HTTPFields = ["Sec-Fetch-Site": site, "Origin": "http://127.0.0.1:8080"]
        #expect(status(both) == expected)
        #expect(status(["Sec-Fetch-Site": site, "Origin": "https://evil.example"]) == 403)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080", "127.0.0.1:8080"), ("https://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://LocalHost:8080", "localhost:8080"), ("http://localhost", "localhost:80"),
        ("https://a.localhost", "a.localhost:443"), ("https://a.localhost", "a.localhost"),
        ("http://[::1]:8080", "[::1]:8080"),
    ])
    func aPageOfOurOwnMay(origin: String, host: String) {
        #expect(status(["Origin": origin, "Host": host, "Content-Type": "text/plain"]) == nil)
    }

    @Test func aPageSaysWhatItSends() {
        let own: HTTPFields = ["Origin": "http://127.0.0.1:8080", "Content-Length": "2"]
        #expect(status(own) == 415)
        #expect(status(["Sec-Fetch-Site": "same-origin", "Transfer-Encoding": "chunked"]) == 415)
        #expect(status(["Origin": "http://127.0.0.1:8080", "Content-Length": "0"]) == nil)
        #expect(status(["Origin": "https://a.example", "Content-Length": "2"], origins: ["*"]) == 415)
    }

    @Test func originsThatAreNamedMay() {
        let fields: HTTPFields = ["Origin": "https://A.example", "Sec-Fetch-Site": "cross-site", "Content-Type": "a/b"]
        #expect(status(fields, origins: ["https://a.example"]) == nil)
        #expect(status(fields, origins: ["*"]) == nil)
        #expect(status(fields, origins: ["https://b.example", "https://a.example:444"]) == 403)
        #expect(status(["Sec-Fetch-Site": "cross-site"], origins: ["https://a.example"]) == 403)
    }

    /// RFC 6455, section 10.2: a page of any site can open a WebSocket.
    @Test func aSwitchOfProtocolsIsAChange() {
        let fields: HTTPFields = ["Upgrade": "websocket", "Connection": "Upgrade"]
        #expect(status(fields, .get) == nil)
        #expect(status(["Upgrade": "websocket", "Origin": "https://evil.example"], .get) == 403)
        #expect(status(["Upgrade": "websocket", "Origin": "http://127.0.0.1:8080"], .get) == nil)
    }

    @Test func theMessageNamesHeaderValueAndRemedy() {
        let host = RequestGuard().refusal(of: request(.get, ["Host": "evil.example"]))
        #expect(host?.detail.contains("Host") == true && host?.detail.contains("evil.example") == true)
        #expect(host?.detail.contains("APUS_ALLOWED_HOSTS") == true)
        let guarding = RequestGuard(remedy: "Do this.")
        let site = guarding.refusal(of: request(.post, ["Origin": "https://evil.example"]))
        #expect(
            site?.detail.contains("Origin is https://evil.example") == true && site?.detail.contains("Do this.") == true
        )
        let long = guarding.refusal(of: request(.get, ["Host": String(repeating: "x", count: 5000)]))
        #expect((long?.detail.count ?? 0) < 400)
    }

    @Test func whereARequestComesFromDecidesBeforeWhatItAsks() {
        #expect(status(["Host": "evil.example", "Origin": "http://evil.example"]) == 403)
        #expect(status(["Host": "evil.example", "Origin": "http://evil.example"], .get) == 403)
        // Who sends no name is no browser.
        var bare = request(.post, [:])
        bare.fields["host"] = nil
        #expect(RequestGuard().refusal(of: bare) == nil)
    }

    @Test(
        arguments: [
            ([:], false), (["Origin": "http://127.0.0.1:8080"], true), (["Sec-Fetch-Site": "none"], false),
            (["Sec-Fetch-Site": "same-origin"], true), (["Sec-Fetch-Site": "cross-site"], true),
        ] as [(HTTPFields, Bool)])
    func pagesAreTold(fields: HTTPFields, isPage: Bool) {
        #expect(RequestGuard.isSentByPage(request(.get, fields)) == isPage)
    }
}
