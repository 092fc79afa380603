import DocumentReading
import Documents
import ProductFixture
import Testing

/// Books in EPUB, made by hand as programs write them.
@Suite struct BookReaderTests {
    private func chapter(_ body: String, head: String = "") -> String {
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><!DOCTYPE html><html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:epub=\"http://www.idpf.org/2007/ops\"><head><title/>\(head)</head><body>\(body)</body></html>"
    }

    private func item(_ id: String, _ href: String, _ more: String = "", type: String = "application/xhtml+xml")
        -> String
    {
        "<item id=\"\(id)\" href=\"\(href)\" media-type=\"\(type)\" \(more)/>"
    }

    /// A book whose list lies in a folder.
    private func book(
        _ manifest: String, _ spine: [String], _ files: [(name: String, content: String)], title: String = "",
        toc: String = ""
    ) throws -> [UInt8] {
        try SampleFiles.book(
            manifest: manifest, spine: spine.map { "<itemref idref=\"\($0)\"/>" }.joined(), files, title: title,
            toc: toc)
    }

    private func read(_ bytes: [UInt8]) throws -> (pages: [String], report: ReadingReport) {
        let reading: (text: ExtractedText, report: ReadingReport) = try DocumentReader().read(bytes, .epub)
        return (reading.text.pages.map(\.text), reading.report)
    }

    @Test func chaptersArePagesInTheOrderOfReading() throws {
        let manifest =
            item("b", "text/second.xhtml") + item("a", "text/first.xhtml")
            + item("c", "../extra/c.html", type: "text/html")
        let found = try read(
            try book(
                manifest, ["a", "b", "c"],
                [
                    ("OPS/text/first.xhtml", chapter("<h1>One</h1><p>First <b>words</b>.</p>")),
                    ("OPS/text/second.xhtml", chapter("<h2>Two</h2><ol><li>a</li></ol>")),
                    ("extra/c.html", "<p>Three"), ("OPS/text/none.xhtml", chapter("not in the order")),
                ], title: "The Book"))
        #expect(found.pages == ["The Book\n\nOne\n\nFirst words.", "Two\n\n1. a", "Three"])
        #expect(found.report.warnings.isEmpty)
    }

    /// Fonts in a sheet make it large, and every chapter names it.
    @Test func aSheetThatCannotBeReadDoesNotTakeTheBookWithIt() throws {
        let large = "p { color: red } " + String(repeating: "/* font */", count: 150_000)
        let head = "<link rel=\"stylesheet\" href=\"large.css\"/><link rel=\"stylesheet\" href=\"small.css\"/>"
        let body = "<p>seen</p><p class=\"h\">hidden</p>"
        let found = try read(
            try book(
                item("a", "a.xhtml") + item("b", "b.xhtml"), ["a", "b"],
                [
                    ("OPS/a.xhtml", chapter(body, head: head)), ("OPS/b.xhtml", chapter(body, head: head)),
                    ("OPS/large.css", large), ("OPS/small.css", ".h { display: none }"),
                ]))
        #expect(found.pages == ["seen", "seen"])
        #expect(found.report.warnings.count == 1 && found.report.warnings.first?.contains("large.css") == true)
    }

    @Test(arguments: [
        ("a%20b%C3%A9.xhtml", "OPS/a bé.xhtml"), ("./x/../a.xhtml", "OPS/a.xhtml"), ("a%20b.xhtml", "OPS/a%20b.xhtml"),
        ("a.xhtml?x#y", "OPS/a.xhtml"), ("/a.xhtml", "a.xhtml"), ("100%.xhtml", "OPS/100%.xhtml"),
    ])
    func referencesAreThoseOfAddresses(reference: String, name: String) throws {
        let file = try book(item("a", reference), ["a"], [(name, chapter("<p>found</p>"))])
        #expect(try read(file).pages == ["found"])
    }

    @Test(arguments: [
        "../../a.xhtml", "../../../etc/passwd", "http://example.org/a.xhtml", "//example.org/a.xhtml",
        "%2e%2e/%2e%2e/a.xhtml",
        "file:///etc/passwd", "",
    ])
    func whatLiesOutsideOfTheBookIsNotRead(reference: String) throws {
        let manifest = item("a", reference) + item("b", "b.xhtml")
        let files = [("a.xhtml", chapter("<p>outside</p>")), ("OPS/b.xhtml", chapter("<p>inside</p>"))]
        let found = try read(try book(manifest, ["a", "b"], files))
        #expect(found.pages == ["", "inside"] && found.report.warnings.count == 1)
    }

    @Test func chaptersWithoutAHeadingHaveTheTitleOfTheContents() throws {
        let nav = chapter(
            "<nav epub:type=\"toc\"><ol><li><a href=\"a.xhtml#start\">The  beginning</a></li><li><a href=\"a.xhtml#two\">Later</a></li><li><a href=\"b.xhtml\">Another</a></li></ol></nav><nav epub:type=\"page-list\"><ol><li><a href=\"c.xhtml\">7</a></li></ol></nav>"
        )
        let manifest =
            item("nav", "nav.xhtml", "properties=\"nav\"") + item("a", "a.xhtml") + item("b", "b.xhtml")
            + item("c", "c.xhtml")
        let files = [
            ("OPS/nav.xhtml", nav), ("OPS/a.xhtml", chapter("<p>words</p>")),
            ("OPS/b.xhtml", chapter("<h3>Own</h3><p>x</p>")),
            ("OPS/c.xhtml", chapter("<p>y</p>")),
        ]
        #expect(
            try read(try book(manifest, ["a", "b", "c"], files)).pages == ["The beginning\n\nwords", "Own\n\nx", "y"])
    }

    @Test func olderBooksHaveTheirContentsInAnotherForm() throws {
        let ncx =
            "<ncx xmlns=\"http://www.daisy.org/z3986/2005/ncx/\"><navMap><navPoint><navLabel><text>Part I</text></navLabel><content src=\"a.xhtml\"/><navPoint><navLabel><text>Chapter 1</text></navLabel><content src=\"b.xhtml#x\"/></navPoint></navPoint></navMap></ncx>"
        let manifest =
            item("toc", "toc.ncx", type: "application/x-dtbncx+xml") + item("a", "a.xhtml") + item("b", "b.xhtml")
        let files = [
            ("OPS/toc.ncx", ncx), ("OPS/a.xhtml", chapter("<p>Part I</p><p>w</p>")),
            ("OPS/b.xhtml", chapter("<p>x</p>")),
        ]
        #expect(
            try read(try book(manifest, ["a", "b"], files, toc: "toc=\"toc\"")).pages == [
                "Part I\n\nw", "Chapter 1\n\nx",
            ])
    }

    @Test func aTableOfContentsThatIsDamagedKeepsNoChapterFromBeingRead() throws {
        let manifest = item("nav", "nav.xhtml", "properties=\"nav\"") + item("a", "a.xhtml")
        let files = [
            ("OPS/nav.xhtml", "<html><nav><a href=\"a.xhtml\">&nbsp;T"), ("OPS/a.xhtml", chapter("<p>w&nbsp;x</p>")),
        ]
        let found = try read(try book(manifest, ["a"], files))
        #expect(found.pages == ["w x"] && found.report.warnings.count == 1)
    }

    @Test func whatStyleSheetsHideIsReportedWithItsChapter() throws {
        let manifest = item("a", "a.xhtml") + item("b", "b.xhtml") + item("c", "css/s.css", type: "text/css")
        let files = [
            ("OPS/a.xhtml", chapter("<p>a</p>")),
            (
                "OPS/b.xhtml",
                chapter(
                    "<p>b</p><p class=\"x\">secret</p>",
                    head: "<link rel=\"stylesheet\" type=\"text/css\" href=\"css/s.css\"/>")
            ),
            ("OPS/css/s.css", ".x { display: none }"),
        ]
        let found = try read(try book(manifest, ["a", "b"], files))
        #expect(found.pages == ["a", "b"])
        #expect(found.report.hidden.map { "\($0.page) \($0.how): \($0.sample)" } == ["2 display: none: secret"])
    }

    @Test func picturesAndFallbacks() throws {
        let manifest =
            item("p", "p.svg", "fallback=\"a\"", type: "image/svg+xml")
            + item("q", "q.svg", "fallback=\"q\"", type: "image/svg+xml")
            + item("a", "a.xhtml")
        let files = [("OPS/p.svg", "<svg/>"), ("OPS/q.svg", "<svg/>"), ("OPS/a.xhtml", chapter("<p>instead</p>"))]
        let found = try read(try book(manifest, ["p", "q", "missing"], files))
        #expect(found.pages == ["instead", "", ""] && found.report.warnings.count == 1)
    }

    @Test func protectedBooksAreRefusedAndProtectedFontsAreNot() throws {
        let encryption = { (method: String, path: String) in
            "<encryption xmlns:enc=\"x\"><enc:EncryptedData><enc:EncryptionMethod Algorithm=\"\(method)\"/><enc:CipherData><enc:CipherReference URI=\"\(path)\"/></enc:CipherData></enc:EncryptedData></encryption>"
        }
        let file = { (method: String, path: String) in
            try self.book(
                self.item("a", "a%20b.xhtml"), ["a"],
                [
                    ("OPS/a b.xhtml", self.chapter("<p>words</p>")),
                    ("META-INF/encryption.xml", encryption(method, path)),
                ])
        }
        let aes = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
        #expect(throws: ExtractionError.copyProtected) { try read(try file(aes, "OPS/a%20b.xhtml")) }
        #expect(throws: ExtractionError.copyProtected) { try read(try file("", "OPS/a b.xhtml")) }
        #expect(try read(try file(aes, "OPS/cover.jpg")).pages == ["words"])
        #expect(try read(try file("http://www.idpf.org/2008/embedding", "OPS/a%20b.xhtml")).pages == ["words"])
    }

    @Test func brokenBooksSayWhatIsWrong() throws {
        let code = { (file: [UInt8]) in
            #expect(throws: ExtractionError.self) { try self.read(file) }?.code
        }
        #expect(code(try SampleFiles.zip([("META-INF/container.xml", "<container/>")])) == "damaged")
        #expect(code(try SampleFiles.zip([("META-INF/container.xml", "<container>")])) == "damaged")
        #expect(code(try book("", [], [])) == "no_text")
        let many = try book(
            item("a", "a.xhtml"), Array(repeating: "a", count: 5001), [("OPS/a.xhtml", chapter("<p>a</p>"))])
        #expect(code(many) == "too_complex")
        let deep = String(repeating: "<div>", count: 10_000)
        #expect(code(try book(item("a", "a.xhtml"), ["a"], [("OPS/a.xhtml", chapter(deep))])) == "too_complex")
    }
}
