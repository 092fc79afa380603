import HTTPMessages
import Testing

/// RFC 3986 and RFC 9112, section 3.2.
@Suite struct TargetTests {
    @Test func pathAndQueryArePartedAtTheFirstQuestionMark() {
        let target = HTTPTarget("/a?b=c?d")
        #expect(target.rawPath == "/a")
        #expect(target.rawQuery == "b=c?d")
        #expect(target.text == "/a?b=c?d")
        #expect(HTTPTarget("/a").rawQuery == nil)
        // An empty query is not the same as none (RFC 3986, section 6.2.3).
        #expect(HTTPTarget("/a?").rawQuery == "")
        #expect(HTTPTarget("/a?").text == "/a?")
    }

    @Test(arguments: [
        ("http://h:80/p/q?x=1", "/p/q?x=1"), ("https://h", "/"), ("http://h?x", "/?x"), ("/p", "/p"),
        ("http://h/?u=http://other/", "/?u=http://other/"),
    ])
    func theTargetOfAnAddressIsItsPathAndQuery(url: String, text: String) { #expect(HTTPTarget(url: url).text == text) }

    @Test(arguments: [
        ("/", [String]()), ("/a/b", ["a", "b"]), ("/a/b/", ["a", "b"]), ("//a", ["a"]), ("/a%2Fb/c", ["a/b", "c"]),
        ("/%C3%A9t%c3%a9", ["été"]), ("/100%", ["100%"]), ("/%zz/%4", ["%zz", "%4"]), ("/a+b", ["a+b"]),
        ("/%252F", ["%2F"]), ("/a%00b", ["a\0b"]),
    ])
    func segmentsAreDecodedOnceAndAfterTheyWereParted(path: String, segments: [String]) {
        #expect(HTTPTarget(path).segments == segments)
    }

    /// What opens a link has 48 characters, an id 36.
    @Test(arguments: [
        ("/", "/"),
        ("/api/history/01a22be1-09bb-772f-9e4e-88510b699ad5", "/api/history/01a22be1-09bb-772f-9e4e-88510b699ad5"),
        ("/api/share/" + String(repeating: "x", count: 48), "/api/share/…"),
        ("/api//" + String(repeating: "%61", count: 48) + "/", "/api//…/"),
    ])
    func aPathInALogHasNoSegmentThatCouldBeASecret(path: String, logged: String) {
        #expect(HTTPTarget(path).loggedPath == logged)
    }

    /// RFC 3629, section 3: over-long forms, surrogates and cut sequences are no UTF-8.
    @Test(arguments: ["/%FF", "/%C0%AF", "/%ED%A0%80", "/%E2%82", "/ok/%80"])
    func aPathThatIsNotUTF8HasNoSegments(path: String) { #expect(HTTPTarget(path).segments == nil) }

    @Test func parametersKeepTheirOrderAndTheirRepetitions() {
        let target = HTTPTarget("/?b=2&a=1&b=3&c&=x&&d=e=f")
        #expect(target.query.map(\.name) == ["b", "a", "b", "c", "", "d"])
        #expect(target.query.map(\.value) == ["2", "1", "3", "", "x", "e=f"])
        #expect(target.parameter("b") == "2")
        #expect(target.parameter("c") == "")
        #expect(target.parameter("none") == nil)
    }

    /// WHATWG URL, section 5.1 (application/x-www-form-urlencoded): plus is a space, names are decoded too.
    @Test func parametersAreDecodedAsFormsAreEncoded() {
        let target = HTTPTarget("/?na%6De=a+b%2Bc&%C3%BC=%26%3D")
        #expect(target.parameter("name") == "a b+c")
        #expect(target.parameter("ü") == "&=")
    }

    @Test func aParameterThatIsNotUTF8StaysAsItCame() { #expect(HTTPTarget("/?a=%FF").parameter("a") == "%FF") }

    /// RFC 3986, section 2.3.
    @Test func everythingButUnreservedCharactersIsEscaped() {
        let unreserved = "ABCXYZabcxyz0189-._~"
        #expect(percentEncoded(unreserved) == unreserved)
        #expect(
            percentEncoded(" /?#[]@!$&'()*+,;=:%\"<>\\^`{|}") == """
                %20%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%25%22%3C%3E%5C%5E%60%7B%7C%7D
                """)
        #expect(percentEncoded("é€😀") == "%C3%A9%E2%82%AC%F0%9F%98%80")
        #expect(percentEncoded("a/b c", keeping: "/") == "a/b%20c")
    }

    @Test func whatIsEscapedComesBack() {
        let text = String(String.UnicodeScalarView((1...0x2FF).compactMap { Unicode.Scalar($0) })) + "😀"
        #expect(percentDecoded(percentEncoded(text)) == text)
    }

    @Test(arguments: [("%41", "A"), ("%4a%4A", "JJ"), ("%", "%"), ("%4", "%4"), ("a%2", "a%2"), ("%G1", "%G1")])
    func aBadEscapeStaysAsItIs(text: String, decoded: String) { #expect(percentDecoded(text) == decoded) }
}
