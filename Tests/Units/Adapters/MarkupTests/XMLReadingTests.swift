import Markup
import Testing

/// Extensible Markup Language 1.0, and documents that mean harm.
@Suite struct XMLReadingTests {
    private func tree(_ text: String) throws -> XMLNode { try MarkupReader.tree(Array(text.utf8)) }

    private func events(_ text: String) throws -> [MarkupEvent] {
        var result: [MarkupEvent] = []
        try MarkupReader.events(Array(text.utf8)) { result.append($0) }
        return result
    }

    @Test func aTreeHasNamesAttributesTextAndChildren() throws {
        let node = try tree(
            "<?xml version=\"1.0\"?><l:List xmlns:l=\"urn:l\" Next=\"2\"><Name a:b=\"c\" xmlns:a=\"urn:a\">one</Name>"
                + "<Name/>two<Name>three</Name></l:List>")
        #expect(node.name == "List" && node.attributes["Next"] == "2")
        #expect(node.text == "two")
        #expect(node.all("Name").map(\.text) == ["one", "", "three"])
        #expect(node["Name"]?.attributes["b"] == "c")
        #expect(node["None"] == nil && node.children.count == 3)
    }

    /// Sections 2.7, 4.1 and 4.6.
    @Test func referencesAndSectionsAreTheirText() throws {
        #expect(try tree("<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;</a>").text == "<>&'\"A😀")
        #expect(try tree("<a>x<![CDATA[<b>&amp;]]>y</a>").text == "x<b>&amp;y")
        #expect(try tree("<a b=\"&lt;&#10;&quot;\"/>").attributes["b"] == "<\n\"")
        #expect(try tree("<a><!-- no text --><?none?>x</a>").text == "x")
    }

    /// Section 2.11: line ends are one line feed; section 3.3.3: white space in attributes is a space.
    @Test func lineEndsAndSpacesAreNormalised() throws {
        #expect(try tree("<a>1\r\n2\r3</a>").text == "1\n2\n3")
        #expect(try tree("<a b=\"1\t2\n3\"/>").attributes["b"] == "1 2 3")
    }

    @Test func otherEncodingsAreReadAsTheyDeclare() throws {
        let latin = Array("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>".utf8) + [0xE9] + Array("</a>".utf8)
        #expect(try MarkupReader.tree(latin).text == "é")
        var wide: [UInt8] = [0xFF, 0xFE]
        for unit in "<a>é</a>".utf16 { wide += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        #expect(try MarkupReader.tree(wide).text == "é")
        #expect(try MarkupReader.tree([0xEF, 0xBB, 0xBF] + Array("<a/>".utf8)).name == "a")
    }

    @Test func eventsComeInTheOrderOfTheDocument() throws {
        #expect(
            try events("<a x=\"1\">t<b/>u</a>") == [
                .start("a", ["x": "1"]), .text("t"), .start("b", [:]), .end("b"), .text("u"), .end("a"),
            ])
    }

    @Test(arguments: [
        "<a id=\"1\" r:id=\"2\" xmlns:r=\"urn:r\"/>", "<a xmlns:r=\"urn:r\" r:id=\"2\" id=\"1\"/>",
    ])
    func ofTwoAttributesWithOneNameBothAreGiven(text: String) throws {
        let attributes = try tree(text).attributes
        #expect(attributes["id"] == "1" && attributes[":id"] == "2")
    }

    @Test(arguments: [
        "", "text", "<a>", "<a></b>", "<a><b></a></b>", "</a>", "<a/><b/>", "<a", "<a b></a>", "<a b=c/>",
        "<a b=\"1\" b=\"2\"/>", "<a>&none;</a>", "<a>&#0;</a>", "<a>&#x1;</a>", "<a>\u{1}</a>", "<1/>",
        "<a><!-- -- --></a>",
        "<a>]]></a>", "<a b=\"<\"/>", "<a:b/ >", "<a>&</a>", "<!DOCTYPE a><",
    ])
    func whatIsNotWellFormedIsRefused(text: String) {
        let error = #expect(throws: XMLParseError.self) { try tree(text) }
        #expect(error?.isExcessive == false)
    }

    @Test func theEndOfTheTextIsAnErrorWhereverItComes() {
        let whole = Array("<?xml version=\"1.0\"?><a b=\"é\"><c>&lt;</c><![CDATA[x]]></a>".utf8)
        for length in 0..<whole.count {
            #expect(throws: XMLParseError.self) { try MarkupReader.tree(Array(whole[..<length])) }
        }
    }

    @Test func nestingEndsAtTheLimitAndNotBefore() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        _ = try tree(nested(MarkupReader.maximumDepth))
        for depth in [MarkupReader.maximumDepth + 1, 100_000] {
            let error = #expect(throws: XMLParseError.self) { try tree(nested(depth)) }
            #expect(error?.isExcessive == true)
        }
    }

    /// The "billion laughs": entities of entities.
    @Test func entitiesDoNotInflate() {
        var text = "<!DOCTYPE a [<!ENTITY e0 \"haha\">"
        for level in 1...12 { text += "<!ENTITY e\(level) \"\(String(repeating: "&e\(level - 1);", count: 10))\">" }
        text += "]><a>&e12;</a>"
        var bytes = 0
        _ = try? MarkupReader.events(Array(text.utf8)) { event in
            if case .text(let piece) = event { bytes += piece.utf8.count }
        }
        #expect(bytes < 1 << 20)
    }

    /// Quadratic blow-up: one large entity, named often.
    @Test func aLargeEntityNamedOftenDoesNotInflate() {
        let large = String(repeating: "x", count: 100_000)
        let text = "<!DOCTYPE a [<!ENTITY e \"\(large)\">]><a>\(String(repeating: "&e;", count: 10_000))</a>"
        var bytes = 0
        _ = try? MarkupReader.events(Array(text.utf8)) { event in
            if case .text(let piece) = event { bytes += piece.utf8.count }
        }
        #expect(bytes < 100 << 20)
    }

    /// OWASP, "XML External Entity": neither files nor addresses are fetched.
    @Test(arguments: [
        "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>",
        "<!DOCTYPE a [<!ENTITY e SYSTEM \"http://127.0.0.1:1/x\">]><a>&e;</a>",
        "<!DOCTYPE a [<!ENTITY % p SYSTEM \"file:///etc/passwd\"> %p;]><a>x</a>",
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a>x</a>",
        "<a xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include href=\"file:///etc/passwd\" parse=\"text\"/></a>",
    ])
    func nothingOutsideOfTheDocumentIsRead(text: String) {
        var seen = ""
        _ = try? MarkupReader.events(Array(text.utf8)) { event in
            if case .text(let piece) = event { seen += piece }
        }
        #expect(!seen.contains("root:"))
    }

    @Test func whatTheVisitorThrowsEndsTheReading() {
        struct Enough: Error {}
        var count = 0
        #expect(throws: Enough.self) {
            try MarkupReader.events(Array("<a><b/><c/></a>".utf8)) { _ in
                count += 1
                if count == 2 { throw Enough() }
            }
        }
        #expect(count == 2)
    }

    /// Sections 2.2 and 2.4.
    @Test func escapedTextComesBack() throws {
        let text = "<a href=\"x\">&amp; 'é' 😀\r\n\t]]>\u{7f}"
        #expect(try tree("<a>\(XMLText.escape(text))</a>").text == text)
        #expect(XMLText.escape("plain") == "plain")
        #expect(XMLText.escape("a\u{0}\u{1}\u{B}\u{FFFE}\u{FFFF}b") == "ab")
        #expect(try tree("<a b=\"\(XMLText.escape("\"<&>'"))\"/>").attributes["b"] == "\"<&>'")
    }

    @Test func everyCharacterOfXMLSurvivesAndNoOther() throws {
        for value in UInt32(0)...0xFF {
            let scalar = try #require(Unicode.Scalar(value))
            let isAllowed = value >= 0x20 || [9, 10, 13].contains(value)
            #expect(XMLText.isAllowed(scalar) == isAllowed)
            let text = try tree("<a>x\(XMLText.escape(String(Character(scalar))))x</a>").text
            #expect(text.unicodeScalars.count == (isAllowed ? 3 : 2))
        }
    }
}
