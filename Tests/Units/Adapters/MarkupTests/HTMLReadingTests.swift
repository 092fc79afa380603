import Markup
import Testing

/// HTML as it is met: never well-formed, sometimes hostile.
@Suite struct HTMLReadingTests {
    private func events(_ bytes: [UInt8]) throws -> [MarkupEvent] {
        var result: [MarkupEvent] = []
        try MarkupReader.htmlEvents(bytes) { result.append($0) }
        return result
    }

    private func text(_ html: String) throws -> String {
        try events(Array(html.utf8)).reduce(into: "") { text, event in
            if case .text(let piece) = event { text += piece }
        }
    }

    @Test func missingTagsAreSupplied() throws {
        let names = try events(Array("<p>one<p>two<ul><li>a<li>b".utf8)).compactMap { event -> String? in
            if case .start(let name, _) = event { name } else { nil }
        }
        #expect(names.count { $0 == "p" } == 2 && names.count { $0 == "li" } == 2)
        #expect(names.first == "html")
    }

    @Test func everyStartHasItsEndInOrder() throws {
        for html in [
            "<b><i>x</b></i>", "<table><tr><td>1<td>2</table>", "<div><div></div>", "</p>", "x<br>y<img src=a>z",
        ] {
            var open: [String] = []
            for event in try events(Array(html.utf8)) {
                switch event {
                case .start(let name, _): open.append(name)
                case .end(let name): #expect(open.popLast() == name)
                case .text: break
                }
            }
            #expect(open.isEmpty, "\(html)")
        }
    }

    @Test(arguments: [
        ("<p>&lt;b&gt; &amp; &eacute;&#233;&#xe9;</p>", "<b> & ééé"), ("<p>a<!-- no -->b</p>", "ab"),
        ("<p>x &nosuchentity; y</p>", "x &nosuchentity; y"), ("<P>UPPER</P>", "UPPER"), ("plain words", "plain words"),
    ])
    func textIsWhatAReaderSees(html: String, expected: String) throws { #expect(try text(html) == expected) }

    @Test func attributesAreByLowerCaseNames() throws {
        let all = try events(Array("<a HREF='x&amp;y' title=z disabled>t</a>".utf8))
        let attributes = all.compactMap { event -> [String: String]? in
            if case .start("a", let attributes) = event { attributes } else { nil }
        }.first
        #expect(attributes?["href"] == "x&y" && attributes?["title"] == "z")
    }

    @Test func textWithoutADeclarationIsUTF8WhereItCanBe() throws {
        #expect(try text("<p>grüße 😀</p>") == "grüße 😀")
        let latin = Array("<meta charset=\"iso-8859-1\"><p>".utf8) + [0xE9] + Array("</p>".utf8)
        let pieces = try events(latin).compactMap { event -> String? in
            if case .text(let piece) = event { piece } else { nil }
        }
        #expect(pieces.joined() == "é")
    }

    @Test func aDocumentThatIsTooDeepIsRefusedAndNoStackIsUsedUp() {
        let deep = String(repeating: "<div>", count: 200_000)
        let error = #expect(throws: XMLParseError.self) { try events(Array(deep.utf8)) }
        #expect(error != nil)
    }

    @Test(arguments: [
        "", "\0\0\0", "<", "<<<<>>>>", "<!DOCTYPE", "<!--", "<script>", "<a href=\"", "&#99999999;", "&#0;",
    ])
    func rubbishIsReadOrRefusedButNeverFatal(html: String) {
        do { _ = try events(Array(html.utf8)) } catch { #expect(error is XMLParseError) }
    }

    @Test func damagedBytesNeverTrap() {
        let whole = Array("<html><body><p class=\"a\">é&amp;<table><tr><td>1</table><script>x<y</script>".utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<4 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            do { _ = try events(bytes) } catch { #expect(error is XMLParseError) }
        }
    }
}
