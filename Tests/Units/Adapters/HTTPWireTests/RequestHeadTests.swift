import HTTPMessages
import Testing

@testable import HTTPWire

/// How a request's head is understood (RFC 9112, section 3).
@Suite struct RequestHeadTests {
    private func head(_ text: String) throws -> RequestHead {
        let parsed = try Array(text.utf8).withUnsafeBytes { try MessageHead.parse($0, .request) }
        return try RequestHead(try #require(parsed))
    }

    @Test func aPathAndItsHost() throws {
        let head = try head("PUT /a//%2e?b HTTP/1.1\r\nHost: h:80\r\nContent-Length: 5\r\n\r\n")
        #expect(head.method == .put && head.target.text == "/a//%2e?b" && head.fields["host"] == "h:80")
        #expect(head.framing == .length(5) && head.keepsConnection && !head.isHTTP10 && !head.waitsForGoAhead)
    }

    /// Section 3.2.2: the host of a whole URL counts, and the field says the same from then on.
    @Test(arguments: [
        ("http://other/a?b", "/a?b", "other"), ("HTTPS://other:443", "/", "other:443"),
        ("http://[::1]:80/x", "/x", "[::1]:80"), ("http://other?q", "/?q", "other"),
    ])
    func theHostOfAWholeURLCounts(url: String, target: String, host: String) throws {
        let head = try head("GET \(url) HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(head.target.text == target && head.fields.values("host") == [host])
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: x, Close\r\n", false), ("HTTP/1.1", "Connection: closed\r\n", true),
        ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        ("HTTP/1.1", "Connection: x\r\nConnection: close\r\n", false),
    ])
    func whetherAnotherRequestMayFollow(version: String, field: String, keeps: Bool) throws {
        #expect(try head("GET / \(version)\r\nHost: h\r\n\(field)\r\n").keepsConnection == keeps)
    }

    @Test func aBodyThatIsHeldBack() throws {
        let text = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nTransfer-Encoding: Chunked\r\n\r\n"
        let head = try head(text)
        #expect(head.waitsForGoAhead && head.framing == .chunked)
    }
}
