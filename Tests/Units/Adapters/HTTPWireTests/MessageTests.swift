import HTTPMessages
import Testing

@testable import HTTPWire

/// HTTP/1.1 on the wire (RFC 9112).
@Suite struct MessageTests {
    private func parse(_ text: String, _ limits: MessageHead.Limits = .request) throws -> MessageHead? {
        try Array(text.utf8).withUnsafeBytes { try MessageHead.parse($0, limits) }
    }

    @Test func readsAHead() throws {
        let head = try #require(try parse("\r\nPOST /a?b HTTP/1.1\r\nHost: x\r\nX-Empty:\r\nx-b: \t v 1 \r\n\r\nbody"))
        #expect(head.start == ("POST", "/a?b", "HTTP/1.1"))
        #expect(head.fields["host"] == "x" && head.fields["x-empty"] == "" && head.fields["X-B"] == "v 1")
        #expect(head.byteCount == 56)
    }

    @Test func waitsForTheRest() throws {
        let text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        for length in 0..<text.utf8.count {
            let part = String(decoding: text.utf8.prefix(length), as: UTF8.self)
            #expect(try parse(part) == nil)
        }
        #expect(try parse(text) != nil)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\nHost: x\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", "GET /\u{0} HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\u{1}\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", " / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
    ])
    func refusesMalformedHeads(text: String) { #expect(throws: MessageError.self) { try parse(text) } }

    @Test func limitsHeads() throws {
        let long = String(repeating: "a", count: 9000)
        #expect(throws: MessageError.startLineTooLong) { try parse("GET /\(long) HTTP/1.1\r\n\r\n") }
        let many = String(repeating: "A: b\r\n", count: 101)
        #expect(throws: MessageError.tooManyFields(100)) { try parse("GET / HTTP/1.1\r\n\(many)\r\n") }
        let large = String(repeating: "A: \(long)\r\n", count: 4)
        #expect(throws: MessageError.headTooLarge(32_768)) { try parse("GET / HTTP/1.1\r\n\(large)\r\n") }
    }

    @Test func handlersMayEndLinesWithoutACarriageReturn() throws {
        let head = try #require(try parse("HTTP/1.1 200 Fine by me\nA: b\n\nx", .response))
        #expect(head.start == ("HTTP/1.1", "200", "Fine by me") && head.fields["a"] == "b")
        #expect(try parse("HTTP/1.1 204\r\n\r\n", .response)?.start.1 == "204")
    }

    private func decode(_ text: String, pieces: Int) throws -> (String, isComplete: Bool, rest: Int) {
        var decoder = ChunkedDecoder()
        var result: [UInt8] = []
        var input = Array(text.utf8)[...]
        while !input.isEmpty, !decoder.isComplete {
            let piece = Array(input.prefix(pieces))
            let used = try piece.withUnsafeBytes { try decoder.decode($0, into: &result) }
            input = input.dropFirst(used)
        }
        return (String(decoding: result, as: UTF8.self), decoder.isComplete, input.count)
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func takesChunksOff(pieces: Int) throws {
        let text =
            "4\r\nWiki\r\n00A ;ext=\"a;b\"\r\n0123456789\r\n0;last\r\nTrailer: x\r\nB:\r\nC: \ty\r\n\r\nGET"
        let (content, isComplete, rest) = try decode(text, pieces: pieces)
        #expect(content == "Wiki0123456789" && isComplete && rest == 3)
        #expect(try !decode("5\r\nabc", pieces: pieces).isComplete)
    }

    @Test(arguments: [
        "\r\n", "g\r\n", "4\nWiki\r\n", "4\r\nWikix\r\n", "4 x\nWiki", "fffffffffffffffff\r\n", "-1\r\n", "0x4\r\n",
        "4\r\nWiki\n",
        "4;" + String(repeating: "x", count: 20_000), "4 \r\nWiki\r\n", "4 x\r\n", "4;a\rb", "4;\u{1}", "0\r\n\n",
        "0\r\nA: b\n", "0\r\n A: b\r\n", "0\r\nA: b\r\n c", "0\r\nA\r\n", "0\r\nA : b\r\n", "0\r\n: b\r\n",
        "0\r\nA: \u{0}\r\n",
    ])
    func refusesMalformedChunks(text: String) { #expect(throws: MessageError.self) { try decode(text, pieces: 1000) } }

    @Test func framesResponses() throws {
        #expect(try BodyFraming(response: ["Content-Length": "5"], status: 200, method: "GET") == .length(5))
        #expect(try BodyFraming(response: ["Content-Length": "5"], status: 200, method: "HEAD") == .length(0))
        #expect(try BodyFraming(response: ["Content-Length": "5"], status: 304, method: "GET") == .length(0))
        #expect(try BodyFraming(response: ["Transfer-Encoding": "Chunked"], status: 200, method: "GET") == .chunked)
        #expect(try BodyFraming(response: [:], status: 200, method: "GET") == .untilClose)
        for length in ["-1", "5, 5", "1e3", "99999999999999999999"] {
            #expect(throws: MessageError.self) {
                try BodyFraming(response: ["Content-Length": length], status: 200, method: "GET")
            }
        }
        #expect(throws: MessageError.self) {
            try BodyFraming(response: ["Transfer-Encoding": "gzip, chunked"], status: 200, method: "GET")
        }
    }
}
