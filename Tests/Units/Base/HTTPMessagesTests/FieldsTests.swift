import HTTPMessages
import Testing

/// RFC 9110, sections 5 and 7.6.1; RFC 9112, section 6.
@Suite struct FieldsTests {
    /// Section 5.1: names compare without case; section 5.3: order matters for equal names.
    @Test func namesHaveNoCaseAndValuesKeepTheirOrder() {
        var fields: HTTPFields = ["Accept": "a", "X": "1", "ACCEPT": "b"]
        #expect(fields["accept"] == "a")
        #expect(fields.values("aCCept") == ["a", "b"])
        fields["accept"] = "c"
        #expect(fields.all.map(\.name) == ["X", "accept"])
        fields["x"] = nil
        #expect(fields.all.map(\.value) == ["c"])
        #expect(fields["x"] == nil && fields.values("x").isEmpty)
    }

    /// Only ASCII letters have a case here: the Kelvin sign is no k, the dotless i no I.
    @Test func caseIsThatOfASCII() {
        #expect(equalIgnoringCase("Content-Length", "cONTENT-lENGTH"))
        #expect(!equalIgnoringCase("\u{212A}", "k"))
        #expect(!equalIgnoringCase("@", "`"))
        #expect(!equalIgnoringCase("[", "{"))
        #expect(!equalIgnoringCase("a", "ab"))
        #expect(equalIgnoringCase("", ""))
    }

    /// Section 5.5: CR, LF and NUL are dangerous, other controls invalid; a tab is white space.
    @Test(arguments: [
        ("a\r\nInjected: 1", "aInjected: 1"), ("a\nb", "ab"), ("a\0b", "ab"), ("a\u{7f}b", "ab"), ("a\tb", "a\tb"),
        ("a\t\nb", "a\tb"), ("é\r", "é"),
    ])
    func noValueCanEndTheHead(value: String, kept: String) {
        var fields = HTTPFields()
        fields.append("X", value)
        fields["Y"] = value
        #expect(fields["x"] == kept && fields["y"] == kept)
        #expect(HTTPFields(dictionaryLiteral: ("Z", value))["z"] == kept)
    }

    @Test func whatIsReceivedIsKeptForWhoeverJudgesIt() {
        var fields = HTTPFields()
        fields.appendReceived("X", "a\u{1}b")
        #expect(fields["x"] == "a\u{1}b")
    }

    /// Section 7.6.1: what belongs to the connection, and what `Connection` names, goes no further.
    @Test func fieldsOfTheConnectionAreNotPassedOn() {
        var fields: HTTPFields = [
            "Connection": "close, X-One,\tX-Two ,X-Three", "x-one": "1", "X-TWO": "2", "X-Three": "3", "X-Four": "4",
            "Keep-Alive": "timeout=5", "TE": "trailers", "Trailer": "X", "Transfer-Encoding": "chunked",
            "Upgrade": "h2c", "Proxy-Authorization": "Basic x", "Proxy-Authenticate": "Basic", "Proxy-Connection": "x",
            "Content-Type": "text/plain", "connection": "x-five", "X-Five": "5",
        ]
        fields.removeHopByHop()
        #expect(fields.all.map(\.name) == ["X-Four", "Content-Type"])
    }

    @Test(
        arguments: [
            ["Content-Length": "5"], ["Content-Length": "0"], ["Transfer-Encoding": "chunked"],
            ["Transfer-Encoding": "Chunked"], [:], ["Host": "a", "Accept": "b\tc"],
        ] as [HTTPFields])
    func plainFramingIsTaken(fields: HTTPFields) { #expect(FramingGuard.refusal(method: .post, fields: fields) == nil) }

    /// RFC 9112, sections 6.1 and 6.3: each of these is understood differently by different servers.
    @Test(
        arguments: [
            ["Content-Length": "5", "content-length": "5"], ["Content-Length": "5, 5"], ["Content-Length": "-1"],
            ["Content-Length": "+1"], ["Content-Length": "0x5"], ["Content-Length": ""], ["Content-Length": " 5"],
            ["Content-Length": "5 "], ["Content-Length": "٥"], ["Content-Length": "99999999999999999999"],
            ["Content-Length": "5", "Transfer-Encoding": "chunked"], ["Transfer-Encoding": "gzip"],
            ["Transfer-Encoding": "gzip, chunked"], ["Transfer-Encoding": "chunked, chunked"],
            ["Transfer-Encoding": "chunked;x"], ["Transfer-Encoding": "chunked", "transfer-encoding": "chunked"],
            ["Transfer-Encoding": ""], ["Host": "a", "host": "b"],
        ] as [HTTPFields])
    func ambiguousFramingIsRefused(fields: HTTPFields) {
        #expect(FramingGuard.refusal(method: .post, fields: fields) != nil)
    }

    @Test(arguments: ["a b", "a\u{1}", "é", "a\r"]) func namesThatAreNoTokensAreRefused(name: String) {
        var fields = HTTPFields()
        fields.appendReceived(name, "x")
        #expect(FramingGuard.refusal(method: .get, fields: fields) != nil)
    }

    @Test(arguments: ["a\u{1}b", "a\0b", "a\nb", "a\rb"]) func valuesWithControlsAreRefused(value: String) {
        var fields = HTTPFields()
        fields.appendReceived("X", value)
        #expect(FramingGuard.refusal(method: .get, fields: fields) != nil)
    }
}
