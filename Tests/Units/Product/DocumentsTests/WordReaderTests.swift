import DocumentReading
import Documents
import ProductFixture
import Testing

/// Word documents, made by hand.
@Suite struct WordReaderTests {
    private typealias Parts = [(name: String, content: String)]
    private typealias Relations = [(id: String, type: String, target: String)]

    private let reader = DocumentReader()

    private func pages(_ body: String, _ parts: Parts = [], _ relations: Relations = []) async throws -> [String] {
        try await reader.read(try SampleFiles.docx(body: body, parts: parts, relations: relations), .docx)
            .pages.map(\.text)
    }

    private func report(_ body: String, _ parts: Parts = []) async throws -> ReadingReport {
        try await reader.reading(try SampleFiles.docx(body: body, parts: parts), .docx).report
    }

    private func code(_ bytes: [UInt8]) async -> String? {
        do {
            _ = try await reader.read(bytes, .docx)
            return nil
        } catch { return (error as? ExtractionError)?.code }
    }

    private func run(_ text: String, _ properties: String = "") -> String {
        "<w:r><w:rPr>\(properties)</w:rPr><w:t xml:space=\"preserve\">\(text)</w:t></w:r>"
    }

    private func paragraph(_ text: String, _ properties: String = "") -> String {
        "<w:p><w:pPr>\(properties)</w:pPr>\(run(text))</w:p>"
    }

    private func table(_ rows: [[String]]) -> String {
        "<w:tbl>"
            + rows.map { "<w:tr>" + $0.map { "<w:tc>\(paragraph($0))</w:tc>" }.joined() + "</w:tr>" }.joined()
            + "</w:tbl>"
    }

    private func part(_ name: String, _ root: String, _ content: String) -> Parts {
        [("word/\(name).xml", "<w:\(root) \(SampleFiles.namespace)>\(content)</w:\(root)>")]
    }

    // MARK: - Text

    @Test func paragraphsAreKeptApart() async throws {
        #expect(try await pages(paragraph("One.") + paragraph("Two &amp; three.")) == ["One.\n\nTwo & three."])
    }

    @Test func runsOfOneParagraphAreJoined() async throws {
        let runs =
            "<w:p><w:r><w:t>One</w:t></w:r><w:r><w:tab/><w:t>two</w:t></w:r><w:r><w:br/><w:t>three</w:t></w:r></w:p>"
        #expect(try await pages(runs) == ["One\ttwo\nthree"])
    }

    @Test func tabStopsAreNoTabs() async throws {
        #expect(
            try await pages(paragraph("Text.", "<w:tabs><w:tab w:val=\"left\" w:pos=\"9\"/></w:tabs>")) == ["Text."])
    }

    @Test(arguments: [
        ("<w:noBreakHyphen/>", "a-b"), ("<w:softHyphen/>", "ab"), ("<w:t>\u{AD}</w:t>", "ab"), ("<w:ptab/>", "a\tb"),
        ("<w:cr/>", "a\nb"), ("<w:sym w:font=\"Symbol\" w:char=\"F0B3\"/>", "a≥b"),
        ("<w:sym w:font=\"Wingdings\" w:char=\"F0FC\"/>", "a✓b"),
        ("<w:sym w:font=\"Wingdings\" w:char=\"00E0\"/>", "a→b"),
        ("<w:sym w:font=\"Arial\" w:char=\"00B5\"/>", "aµb"),
        ("<w:rPr><w:rFonts w:ascii=\"Symbol\"/></w:rPr><w:t>m</w:t>", "aμb"),
        ("<w:rPr><w:rFonts w:ascii=\"Symbol\"/></w:rPr><w:t>\u{F0B1}</w:t>", "a±b"),
        ("<w:rPr><w:rFonts w:ascii=\"Arial\"/></w:rPr><w:t>m</w:t>", "amb"),
        (
            "<w:ruby><w:rt><w:r><w:t>reading</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby>",
            "a漢b"
        ),
    ])
    func signsInRunsAreTheirText(sign: String, text: String) async throws {
        #expect(try await pages("<w:p>\(run("a"))<w:r>\(sign)</w:r>\(run("b"))</w:p>") == [text])
    }

    @Test(arguments: [
        (["10", "^6", " units"], "10⁶ units"), (["x", "^-1", "^2"], "x⁻¹²"), (["H", "_2", "O"], "H₂O"),
        (["SO", "_4", "^2-"], "SO₄²⁻"), (["2", "^n+1"], "2ⁿ⁺¹"), (["a", "^max"], "a^(max)"), (["k", "_in"], "k_(in)"),
        (["1", "^st", " of May"], "1st of May"), (["2", "^ND"], "2ND"), (["le 3", "^e", " jour"], "le 3e jour"),
        (["1", "^er"], "1er"), (["XIX", "^e"], "XIXe"), (["n", "^th"], "nth"), (["N", "^o", " 5"], "No 5"),
        (["Brand", "^TM"], "Brand™"), (["5", "^e-x"], "5^(e-x)"), (["a", "^*"], "a*"), (["m", "^²"], "m²"),
        (["10", "^6 ", "units"], "10⁶ units"), (["10", "^1", "^0"], "10¹⁰"), (["1,2", "^3,4"], "1,2^(3,4)"),
    ])
    func raisedAndLoweredTextIsNotOnTheLine(runs: [String], text: String) async throws {
        let body = runs.map { piece in
            switch piece.first {
            case "^": run(String(piece.dropFirst()), "<w:vertAlign w:val=\"superscript\"/>")
            case "_": run(String(piece.dropFirst()), "<w:vertAlign w:val=\"subscript\"/>")
            default: run(piece)
            }
        }.joined()
        #expect(try await pages("<w:p>\(body)</w:p>") == [text])
    }

    @Test func raisedTextMayBeAStyle() async throws {
        let style =
            "<w:style w:type=\"character\" w:styleId=\"Up\"><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr></w:style>"
        let body =
            "<w:p>\(run("10"))\(run("9", "<w:rStyle w:val=\"Up\"/>"))\(run("8", "<w:rStyle w:val=\"Up\"/><w:vertAlign w:val=\"baseline\"/>"))</w:p>"
        #expect(try await pages(body, part("styles", "styles", style)) == ["10⁹8"])
    }

    @Test func smallCharactersOffTheLineAreRaisedToo() async throws {
        let raised = { (position: Int, size: Int) in
            self.run("6", "<w:position w:val=\"\(position)\"/><w:sz w:val=\"\(size)\"/>")
        }
        let body =
            "<w:p>\(run("a"))\(raised(6, 14))\(run("b"))\(raised(-6, 14))\(run("c"))\(raised(6, 24))\(raised(1, 14))</w:p>"
        #expect(try await pages(body) == ["a⁶b₆c66"])
    }

    @Test func struckTextIsTextAndTheReportSaysSo() async throws {
        let body = "<w:p>\(run("Old price.", "<w:strike/>"))\(run(" New.", "<w:strike w:val=\"0\"/>"))</w:p>"
        #expect(try await pages(body) == ["Old price. New."])
        #expect(try await report(body).warnings.count == 1)
        #expect(try await report(paragraph("Plain.")).warnings.isEmpty)
    }

    @Test(arguments: [
        ("<m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>", "(a+b)/2"),
        ("<m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>10</m:t></m:r></m:sup></m:sSup>", "x^10"),
        ("<m:sSub><m:e><m:r><m:t>v</m:t></m:r></m:e><m:sub><m:r><m:t>n-1</m:t></m:r></m:sub></m:sSub>", "v_(n-1)"),
        ("<m:rad><m:deg/><m:e><m:r><m:t>y</m:t></m:r></m:e></m:rad>", "√(y)"),
        (
            "<m:d><m:dPr><m:begChr m:val=\"[\"/><m:endChr m:val=\"]\"/></m:dPr><m:e><m:r><m:t>z</m:t></m:r></m:e></m:d>",
            "[z]"
        ),
        (
            "<m:nary><m:naryPr><m:chr m:val=\"∑\"/></m:naryPr><m:sub><m:r><m:t>i=1</m:t></m:r></m:sub><m:sup><m:r><m:t>n</m:t></m:r></m:sup><m:e><m:r><m:t>i</m:t></m:r></m:e></m:nary>",
            "∑_(i=1)^n i"
        ),
    ])
    func formulasAreInOneLine(formula: String, text: String) async throws {
        let body = "<w:p>\(run("It is "))<m:oMathPara><m:oMath>\(formula)</m:oMath></m:oMathPara>\(run("."))</w:p>"
        #expect(try await pages(body) == ["It is \(text)."])
    }

    // MARK: - Changes

    @Test(arguments: [
        "<w:del><w:r><w:delText>old</w:delText></w:r></w:del>", "<w:del><w:r><w:t>old</w:t></w:r></w:del>",
        "<w:moveFrom><w:r><w:t>old</w:t></w:r></w:moveFrom>", "<w:r><w:instrText>PAGE</w:instrText></w:r>",
        "<w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del></w:ins>",
        "<w:moveFromRangeStart w:id=\"1\"/><w:r><w:t>old</w:t></w:r><w:moveFromRangeEnd w:id=\"1\"/>",
        "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:r><w:t>Click here</w:t></w:r></w:sdtContent></w:sdt>",
    ])
    func whatIsNotTextIsLeftOut(piece: String) async throws {
        #expect(try await pages("<w:p>\(run("Kept."))\(piece)</w:p>" + paragraph("More.")) == ["Kept.\n\nMore."])
    }

    @Test func whatWasInsertedOrMovedHereIsText() async throws {
        let body =
            "<w:p><w:ins>\(run("New "))</w:ins><w:moveTo>\(run("moved "))</w:moveTo>\(run("text.", "<w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange>"))</w:p>"
        #expect(try await pages(body) == ["New moved text."])
    }

    @Test func aMoveWithoutAnEndTakesNothingAway() async throws {
        #expect(try await pages("<w:p><w:moveFromRangeStart w:id=\"1\"/>\(run("Kept."))</w:p>") == ["Kept."])
        let within =
            "<w:p><w:moveFromRangeStart w:id=\"1\"/><w:moveFrom>\(run("old"))</w:moveFrom>\(run("Kept."))<w:moveFromRangeEnd w:id=\"1\"/></w:p>"
        #expect(try await pages(within) == ["Kept."])
    }

    @Test(arguments: ["<w:del/>", "<w:moveFrom/>"]) func aDeletedEndJoinsParagraphs(mark: String) async throws {
        let body = paragraph("The pay", "<w:rPr>\(mark)</w:rPr>") + paragraph("ment is due.") + paragraph("Next.")
        #expect(try await pages(body) == ["The payment is due.\n\nNext."])
    }

    @Test func deletedRowsAndCellsAreLeftOut() async throws {
        let row = { (properties: String, cell: String) in
            "<w:tr><w:trPr>\(properties)</w:trPr><w:tc><w:tcPr>\(cell)</w:tcPr>\(paragraph("a"))</w:tc><w:tc>\(paragraph("b"))</w:tc></w:tr>"
        }
        let body = "<w:tbl>\(row("", ""))\(row("<w:del/>", ""))\(row("", "<w:cellDel/>"))\(row("<w:ins/>", ""))</w:tbl>"
        #expect(try await pages(body) == ["a\tb\nb\na\tb"])
    }

    // MARK: - Pages

    private static let pageBreak = "<w:r><w:br w:type=\"page\"/></w:r>"
    private static let rendered = "<w:r><w:lastRenderedPageBreak/></w:r>"

    @Test(arguments: [
        (["a", "!", "b"], ["a", "b"]), (["!", "a"], ["", "a"]), (["a", "!", "!", "b"], ["a", "", "b"]),
        (["a", "~", "b"], ["a", "b"]), (["a", "!", "~", "b"], ["a", "b"]), (["a", "~", "!", "b"], ["a", "b"]),
        (["a", "~", "!", "~", "b"], ["a", "", "b"]), (["~", "a"], ["a"]),
        (["a", "~", "b", "~", "c"], ["a", "b", "c"]),
        (["~", "!", "~", "a"], ["", "a"]),
    ])
    func eachPageBreakCountsOnce(pieces: [String], expected: [String]) async throws {
        let runs = pieces.map { $0 == "!" ? Self.pageBreak : $0 == "~" ? Self.rendered : run($0) }
        #expect(try await pages("<w:p>\(runs.joined())</w:p>") == expected)
        let apart = runs.map { "<w:p>\($0)</w:p>" }.joined()
        #expect(try await pages(apart) == expected)
    }

    @Test func aParagraphMayBeginAPage() async throws {
        let styles = part(
            "styles", "styles",
            "<w:style w:type=\"paragraph\" w:styleId=\"Base\"><w:pPr><w:pageBreakBefore/></w:pPr></w:style>"
                + "<w:style w:type=\"paragraph\" w:styleId=\"Chapter\"><w:basedOn w:val=\"Base\"/></w:style>")
        let chapter = "<w:pStyle w:val=\"Chapter\"/>"
        let body =
            paragraph("One.", chapter) + paragraph("Two.", chapter)
            + paragraph("Three.", chapter + "<w:pageBreakBefore w:val=\"false\"/>")
            + paragraph("Four.", "<w:pageBreakBefore w:val=\"off\"/>") + "<w:p>\(Self.pageBreak)</w:p>"
            + "<w:p><w:pPr>\(chapter)</w:pPr>\(Self.rendered)\(run("Five."))</w:p>"
        #expect(try await pages(body, styles) == ["One.", "Two.\n\nThree.\n\nFour.", "Five."])
    }

    @Test(arguments: [
        ("", true), ("<w:type w:val=\"nextPage\"/>", true), ("<w:type w:val=\"oddPage\"/>", true),
        ("<w:type w:val=\"continuous\"/>", false), ("<w:type w:val=\"nextColumn\"/>", true),
        ("<w:type w:val=\"nextColumn\"/><w:cols w:space=\"9\"/>", true),
        ("<w:type w:val=\"nextColumn\"/><w:cols w:num=\"2\"/>", false),
    ])
    func sectionsMayBeginAPage(type: String, isPage: Bool) async throws {
        let expected = isPage ? ["One.", "Two."] : ["One.\n\nTwo."]
        // How a section begins stands in its own properties, which come at its end.
        let own = paragraph("One.", "<w:sectPr/>") + paragraph("Two.") + "<w:sectPr>\(type)</w:sectPr>"
        #expect(try await pages(own) == expected)
        // Without properties of the next one, those of the first have to do.
        #expect(try await pages(paragraph("One.", "<w:sectPr>\(type)</w:sectPr>") + paragraph("Two.")) == expected)
    }

    @Test(arguments: [("", true), ("<w:cols w:num=\"1\"/>", true), ("<w:cols w:num=\"2\"/>", false)])
    func anotherColumnIsAnotherPageWhereThereIsOne(columns: String, isPage: Bool) async throws {
        let body =
            "<w:p>\(run("One."))<w:r><w:br w:type=\"column\"/></w:r>\(run("Two."))</w:p><w:sectPr>\(columns)</w:sectPr>"
        let expected = isPage ? ["One.", "Two."] : ["One.\nTwo."]
        #expect(try await pages(body) == expected)
        // The columns of the section before are none of this one's.
        let before = paragraph("Zero.", "<w:sectPr><w:cols w:num=\"3\"/></w:sectPr>") + body
        #expect(try await pages(before) == ["Zero."] + expected)
    }

    @Test func aPageEndsInAllCellsOfARow() async throws {
        let cell = { (content: String) in "<w:tc><w:p>\(content)</w:p></w:tc>" }
        let split =
            "<w:tbl><w:tr>\(cell(run("a1") + Self.rendered + run("a2")))\(cell(run("b1") + Self.rendered + run("b2")))</w:tr></w:tbl>"
        #expect(try await pages(split + paragraph("End.")) == ["a1\tb1", "a2\tb2\n\nEnd."])
        let before =
            "<w:tbl><w:tr>\(cell(run("a")))\(cell(run("b")))</w:tr><w:tr>\(cell(Self.rendered + run("c")))\(cell(run("d")))</w:tr></w:tbl>"
        #expect(try await pages(before) == ["a\tb", "c\td"])
    }

    // MARK: - Hidden text

    private static let styles =
        "<w:style w:type=\"character\" w:styleId=\"Secret\"><w:rPr><w:vanish/></w:rPr></w:style>"
        + "<w:style w:type=\"character\" w:styleId=\"Deep\"><w:basedOn w:val=\"Secret\"/></w:style>"
        + "<w:style w:type=\"paragraph\" w:styleId=\"Gone\"><w:rPr><w:vanish/></w:rPr></w:style>"
        + "<w:style w:type=\"table\" w:styleId=\"Dark\"><w:tcPr><w:shd w:val=\"clear\" w:fill=\"203040\"/></w:tcPr></w:style>"

    @Test(arguments: [
        "<w:vanish/>", "<w:vanish w:val=\"true\"/>", "<w:specVanish/>", "<w:rStyle w:val=\"Secret\"/>",
        "<w:rStyle w:val=\"Deep\"/>", "<w:color w:val=\"FFFFFF\"/>", "<w:color w:val=\"fefefe\"/>",
        "<w:sz w:val=\"2\"/>", "<w:color w:val=\"auto\" w:themeColor=\"background1\"/>",
        "<w:color w:val=\"000000\"/><w:highlight w:val=\"black\"/>",
        "<w:color w:val=\"FFFFFF\"/><w:shd w:val=\"clear\" w:fill=\"auto\"/>",
    ])
    func hiddenTextIsTold(properties: String) async throws {
        let body =
            paragraph("Shown.")
            + "<w:p>\(run("Also shown."))\(run("Margin is ", properties))\(run("40.", properties))</w:p>"
        let parts = part("styles", "styles", Self.styles)
        #expect(try await pages(body, parts) == ["Shown.\n\nAlso shown."])
        let found = try await report(body, parts)
        #expect(
            found.hiddenCount == 1 && found.hidden.first?.sample == "Margin is 40." && found.hidden.first?.page == 1)
    }

    @Test(arguments: [
        "<w:vanish w:val=\"0\"/>", "<w:webHidden/>", "<w:rStyle w:val=\"Secret\"/><w:vanish w:val=\"off\"/>",
        "<w:color w:val=\"FFFFFF\"/><w:highlight w:val=\"blue\"/>",
        "<w:color w:val=\"auto\"/><w:highlight w:val=\"black\"/>",
        "<w:color w:val=\"FFFFFF\"/><w:shd w:val=\"clear\" w:fill=\"336699\"/>", "<w:sz w:val=\"12\"/>",
        "<w:color w:val=\"FFFF00\"/>", "<w:color w:val=\"auto\" w:themeColor=\"text1\"/>",
        "<w:color w:val=\"auto\" w:themeColor=\"background1\" w:themeShade=\"80\"/>",
    ])
    func whatLooksLikeHiddenTextIsShown(properties: String) async throws {
        let body = "<w:p>\(run("Seen.", properties))</w:p>"
        let parts = part("styles", "styles", Self.styles)
        #expect(try await pages(body, parts) == ["Seen."])
        #expect(try await report(body, parts).hiddenCount == 0)
    }

    @Test func aHiddenStyleOfParagraphsHidesThem() async throws {
        let body = paragraph("Seen.") + paragraph("Not seen.", "<w:pStyle w:val=\"Gone\"/>") + paragraph("Seen too.")
        #expect(try await pages(body, part("styles", "styles", Self.styles)) == ["Seen.\n\nSeen too."])
    }

    @Test func whiteTextOnADarkGroundIsShown() async throws {
        let white = "<w:p>\(run("White.", "<w:color w:val=\"FFFFFF\"/>"))</w:p>"
        let tables = [
            "<w:tbl><w:tr><w:tc><w:tcPr><w:shd w:val=\"clear\" w:fill=\"000080\"/></w:tcPr>\(white)</w:tc></w:tr></w:tbl>",
            "<w:tbl><w:tblPr><w:tblStyle w:val=\"Dark\"/></w:tblPr><w:tr><w:tc>\(white)</w:tc></w:tr></w:tbl>",
            "<w:p><w:pPr><w:shd w:val=\"clear\" w:fill=\"112233\"/></w:pPr>\(run("White.", "<w:color w:val=\"FFFFFF\"/>"))</w:p>",
            "<w:p><w:r><w:drawing><w:txbxContent>\(white)</w:txbxContent></w:drawing></w:r></w:p>",
        ]
        for body in tables { #expect(try await pages(body, part("styles", "styles", Self.styles)) == ["White."]) }
    }

    @Test func aTextBoxIsHiddenWithItsRun() async throws {
        let box = "<w:txbxContent>\(paragraph("In the box."))</w:txbxContent>"
        let either =
            "<mc:AlternateContent xmlns:mc=\"urn:mc\"><mc:Choice><w:drawing>\(box)</w:drawing></mc:Choice><mc:Fallback><w:pict>\(box)</w:pict></mc:Fallback></mc:AlternateContent>"
        let body = { (properties: String) in
            "<w:p>\(self.run("Before."))<w:r><w:rPr>\(properties)</w:rPr>\(either)<w:t>Behind.</w:t></w:r></w:p>"
        }
        #expect(try await pages(body("")) == ["Before.Behind.\n\nIn the box."])
        #expect(try await pages(body("<w:vanish/>")) == ["Before."])
        #expect(try await report(body("<w:vanish/>")).hidden.map(\.sample) == ["In the box.", "Behind."])
    }

    @Test func aFormulaMayBeHiddenInPart() async throws {
        let part = { (text: String, properties: String) in
            "<m:r><w:rPr>\(properties)</w:rPr><m:t>\(text)</m:t></m:r>"
        }
        let body =
            "<w:p><m:oMath>\(part("a", ""))\(part("+b", "<w:vanish/>"))\(part("+c", "<w:vanish w:val=\"0\"/>"))</m:oMath></w:p>"
        #expect(try await pages(body) == ["a+c"])
        #expect(try await report(body).hidden.map(\.sample) == ["+b"])
    }

    @Test func hiddenRowsAreTold() async throws {
        let body =
            "<w:tbl><w:tr><w:tc>\(paragraph("a"))</w:tc></w:tr><w:tr><w:trPr><w:hidden/></w:trPr><w:tc>\(paragraph("b"))</w:tc></w:tr></w:tbl>"
        #expect(try await pages(body) == ["a"])
        #expect(try await report(body).hidden.map(\.sample) == ["b"])
    }

    // MARK: - Parts

    @Test func headersAndFootersStandOnce() async throws {
        let margin = { (name: String, text: String) in
            self.part(name, "hdr", "<w:p>\(self.run(text))</w:p>")
        }
        let numbers = part(
            "footer2", "ftr",
            "<w:p>\(run("Page "))<w:fldSimple w:instr=\" PAGE \">\(run("7"))</w:fldSimple>\(run(" of "))<w:fldSimple w:instr=\"NUMPAGES\">\(run("9"))</w:fldSimple></w:p>"
        )
        let references =
            "<w:headerReference r:id=\"h\"/><w:headerReference w:type=\"first\" r:id=\"g\"/><w:footerReference r:id=\"f\"/><w:footerReference w:type=\"even\" r:id=\"n\"/>"
        let body =
            paragraph("One.", "<w:sectPr>\(references)</w:sectPr>") + paragraph("Two.")
            + "<w:sectPr>\(references)</w:sectPr>"
        let found = try await pages(
            body,
            margin("header1", "Header.") + margin("header2", "Header.") + margin("footer1", "HR-2291 rev 4")
                + margin("header9", "Of no section.") + numbers,
            [
                ("h", "header", "header1.xml"), ("g", "header", "header2.xml"), ("f", "footer", "footer1.xml"),
                ("n", "footer", "footer2.xml"), ("x", "header", "header9.xml"),
            ])
        #expect(found == ["Header.\n\nOne.\n\nHR-2291 rev 4", "Two."])
    }

    @Test func notesStandAtTheEnd() async throws {
        let notes = "<?xml version=\"1.0\"?><w:footnotes \(SampleFiles.namespace)>\(paragraph("A note."))</w:footnotes>"
        let text = try await pages(paragraph("Text."), [("word/footnotes.xml", notes)])
        #expect(text[0].hasPrefix("Text.") && text[0].hasSuffix("A note."))
    }

    @Test func notesHaveTheirMarks() async throws {
        let note = { (id: Int, text: String) in
            "<w:footnote w:id=\"\(id)\"><w:p><w:r><w:footnoteRef/></w:r>\(self.run(" " + text))</w:p></w:footnote>"
        }
        let reference = { (id: Int) in
            "<w:r><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr><w:footnoteReference w:id=\"\(id)\"/></w:r>"
        }
        let body =
            "<w:p>\(run("One"))\(reference(7))\(run("."))\(Self.pageBreak)\(run("Two"))\(reference(4))<w:del>\(reference(5))</w:del></w:p>"
        let parts = part(
            "footnotes", "footnotes",
            "<w:footnote w:type=\"separator\" w:id=\"-1\">\(paragraph("---"))</w:footnote>" + note(4, "Second.")
                + note(5, "Deleted.") + note(7, "First."))
        #expect(try await pages(body, parts) == ["One[1].\n\n[1] First.", "Two[2]\n\n[2] Second."])
    }

    @Test func endnotesStandBehindTheLastPage() async throws {
        let body = "<w:p>\(run("One"))<w:r><w:endnoteReference w:id=\"1\"/></w:r>\(Self.pageBreak)\(run("Two"))</w:p>"
        let parts = part("endnotes", "endnotes", "<w:endnote w:id=\"1\">\(paragraph("Note."))</w:endnote>")
        #expect(try await pages(body, parts) == ["One[i]", "Two\n\n[i] Note."])
    }

    @Test func commentsStandApartWithTheirAuthor() async throws {
        let body =
            "<w:p><w:commentRangeStart w:id=\"0\"/>\(run("It is free."))<w:commentRangeEnd w:id=\"0\"/><w:r><w:commentReference w:id=\"0\"/></w:r></w:p>"
        let parts = part(
            "comments", "comments",
            "<w:comment w:id=\"0\" w:author=\"B\">\(paragraph("Legal wants 14 days."))</w:comment>")
        #expect(try await pages(body, parts) == ["It is free.[c1]\n\n[c1] Comment by B: Legal wants 14 days."])
    }

    @Test func aTextBoxStandsOnceBehindItsParagraph() async throws {
        let box = { (text: String) in "<w:pict><w:txbxContent>\(self.paragraph(text))</w:txbxContent></w:pict>" }
        let both = { (choice: String) in
            "<w:p>\(self.run("Be"))<w:r><mc:AlternateContent><mc:Choice Requires=\"x\">\(choice)</mc:Choice><mc:Fallback>\(box("Old box."))</mc:Fallback></mc:AlternateContent></w:r>\(self.run("fore."))</w:p>"
        }
        #expect(try await pages(both(box("New box."))) == ["Before.\n\nNew box."])
        #expect(try await pages(both("<w:drawing/>")) == ["Before.\n\nOld box."])
    }

    @Test func chartsStandBehindTheirParagraph() async throws {
        let point = { (value: String) in "<pt idx=\"0\"><v>\(value)</v></pt>" }
        let chart =
            "<chartSpace><chart><plotArea><pieChart><ser><cat>\(point("East"))</cat><val>\(point("19.2"))</val></ser></pieChart></plotArea></chart></chartSpace>"
        let body = "<w:p>\(run("Sales:"))<w:r><w:drawing><chart r:id=\"c\"/></w:drawing></w:r></w:p>"
        let found = try await pages(body, [("word/charts/c.xml", chart)], [("c", "chart", "charts/c.xml")])
        #expect(found == ["Sales:\n\nEast\t19.2"])
    }

    @Test func documentsInTheDocumentAreRead() async throws {
        let chunk = "<html><body><p>Chunk body 555</p></body></html>"
        let body =
            "<w:altChunk r:id=\"a\"/>" + paragraph("Cover page.")
            + "<w:altChunk r:id=\"t\"/><w:altChunk r:id=\"none\"/>"
        let found = try await pages(
            body, [("word/chunk1.html", chunk), ("word/chunk2.txt", "Plain chunk.")],
            [("a", "aFChunk", "chunk1.html"), ("t", "aFChunk", "/word/chunk2.txt")])
        #expect(found[0].split(separator: "\n") == ["Chunk body 555", "Cover page.", "Plain chunk."])
    }

    @Test func controlsAndFieldsShowTheirValues() async throws {
        let control = { (properties: String, content: String) in
            "<w:sdt><w:sdtPr>\(properties)</w:sdtPr><w:sdtContent>\(content)</w:sdtContent></w:sdt>"
        }
        let field = { (data: String, code: String, result: String) in
            "<w:r><w:fldChar w:fldCharType=\"begin\">\(data)</w:fldChar></w:r><w:r><w:instrText>\(code)</w:instrText></w:r>"
                + "<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>\(result)<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>"
        }
        let body = [
            control("<w14:checkbox><w14:checked w14:val=\"1\"/></w14:checkbox>", ""),
            control("<w14:checkbox><w14:checked w14:val=\"0\"/></w14:checkbox>", run("☐")),
            control("<w:dropDownList/>", run(" Blue ")), field("", "REF x", run("see 5 ")),
            field("<w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData>", "FORMCHECKBOX", ""),
            field(
                "<w:ffData><w:ddList><w:result w:val=\"1\"/><w:listEntry w:val=\"A\"/><w:listEntry w:val=\"B\"/></w:ddList></w:ffData>",
                "FORMDROPDOWN", ""),
            field("", "IF " + field("", "PAGE", run("3")) + " = 1", run(" then")),
            "<w:hyperlink r:id=\"l\">\(run(" link"))</w:hyperlink><w:smartTag>\(run(" tag"))</w:smartTag>",
        ]
        #expect(try await pages("<w:p>\(body.joined())</w:p>") == ["☒☐ Blue see 5 ☒B then link tag"])
    }

    @Test func theTitleOfThePropertiesIsALineOnlyIfItIsNone() async throws {
        let title = { (text: String) in [("docProps/core.xml", "<c><title>\(text)</title></c>")] }
        #expect(try await pages(paragraph("Text."), title("A Plan")) == ["A Plan\n\nText."])
        #expect(try await pages(paragraph("A plan") + paragraph("Text."), title("A Plan")) == ["A plan\n\nText."])
        #expect(await code(try SampleFiles.docx(body: "", parts: title("A Plan"))) == "no_text")
    }

    // MARK: - Numbers

    private func numbering(_ levels: [(format: String, text: String)], _ more: String = "") -> Parts {
        let list = levels.enumerated().map { index, level in
            "<w:lvl w:ilvl=\"\(index)\"><w:start w:val=\"1\"/><w:numFmt w:val=\"\(level.format)\"/><w:lvlText w:val=\"\(level.text)\"/></w:lvl>"
        }.joined()
        return part(
            "numbering", "numbering",
            "<w:abstractNum w:abstractNumId=\"0\">\(list)</w:abstractNum><w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num>"
                + "<w:num w:numId=\"2\"><w:abstractNumId w:val=\"0\"/><w:lvlOverride w:ilvl=\"0\"><w:startOverride w:val=\"5\"/></w:lvlOverride></w:num>"
                + more)
    }

    private func item(_ text: String, _ level: Int, list: Int = 1) -> String {
        paragraph(text, "<w:numPr><w:ilvl w:val=\"\(level)\"/><w:numId w:val=\"\(list)\"/></w:numPr>")
    }

    @Test func numbersStandInFrontOfParagraphs() async throws {
        let parts = numbering([("decimal", "%1."), ("decimal", "%1.%2"), ("lowerLetter", "(%3)")])
        let body =
            item("A", 0) + item("B", 1) + item("C", 1) + item("D", 2) + item("E", 0) + item("F", 1) + item("G", 2)
            + item("H", 0, list: 2) + item("I", 0) + item("J", 0, list: 0) + item("K", 0, list: 99)
        let lines = try await pages(body, parts)[0].split(separator: "\n")
        #expect(lines == ["1. A", "1.1 B", "1.2 C", "(a) D", "2. E", "2.1 F", "(a) G", "5. H", "6. I", "J", "K"])
    }

    @Test(arguments: [
        ("upperRoman", "%1.", "IV. x"), ("lowerRoman", "%1)", "iv) x"), ("upperLetter", "%1", "D x"),
        ("decimalZero", "%1.", "04. x"), ("bullet", "\u{F0B7}", "• x"), ("bullet", "o", "◦ x"), ("none", "", "x"),
        ("ordinal", "%1", "4th x"), ("decimal", "§ %1", "§ 4 x"), ("lowerLetter", "%1%", "d% x"),
        ("decimal", "%9", "1 x"),
    ])
    func numbersHaveTheirFormat(format: String, text: String, line: String) async throws {
        let body = item("x", 0) + item("x", 0) + item("x", 0) + item("x", 0)
        let lines = try await pages(body, numbering([(format, text)]))[0].split(separator: "\n")
        #expect(lines.last.map(String.init) == line)
    }

    @Test func aStyleMayNumberParagraphs() async throws {
        let numbers = part(
            "numbering", "numbering",
            "<w:abstractNum w:abstractNumId=\"3\"><w:lvl w:ilvl=\"0\"><w:numFmt w:val=\"decimal\"/><w:pStyle w:val=\"H1\"/><w:lvlText w:val=\"%1\"/></w:lvl>"
                + "<w:lvl w:ilvl=\"1\"><w:numFmt w:val=\"decimal\"/><w:pStyle w:val=\"H2\"/><w:lvlText w:val=\"%1.%2\"/></w:lvl></w:abstractNum>"
                + "<w:num w:numId=\"4\"><w:abstractNumId w:val=\"3\"/></w:num>")
        let styles = part(
            "styles", "styles",
            ["H1", "H2"].map {
                "<w:style w:type=\"paragraph\" w:styleId=\"\($0)\"><w:pPr><w:numPr><w:numId w:val=\"4\"/></w:numPr></w:pPr></w:style>"
            }.joined())
        let body =
            paragraph("Scope", "<w:pStyle w:val=\"H1\"/>") + paragraph("Parts", "<w:pStyle w:val=\"H2\"/>")
            + paragraph("Text.")
            + paragraph("Plain", "<w:pStyle w:val=\"H1\"/><w:numPr><w:numId w:val=\"0\"/></w:numPr>")
        #expect(try await pages(body, numbers + styles) == ["1 Scope\n\n1.1 Parts\n\nText.\n\nPlain"])
    }

    // MARK: - Tables

    @Test func tablesKeepTheirCells() async throws {
        let text = try await pages(
            table([["Item", "Price"], ["Tea", "3"], ["", "4"], ["x", ""]]) + paragraph("End."))
        #expect(text == ["Item\tPrice\nTea\t3\n\t4\nx\n\nEnd."])
    }

    @Test func mergedCellsAreSaidInEachRow() async throws {
        let cell = { (text: String, properties: String) in
            "<w:tc><w:tcPr>\(properties)</w:tcPr>\(self.paragraph(text))</w:tc>"
        }
        let rows = [
            cell("Area", "") + cell("Kind and count", "<w:gridSpan w:val=\"2\"/>") + cell("Note", ""),
            cell("EU", "<w:vMerge w:val=\"restart\"/>") + cell("Hub", "") + cell("7", "") + cell("x", ""),
            cell("", "<w:vMerge/>") + cell("Ring", "") + cell("9", "") + cell("y", ""),
            cell("US", "") + cell("Star", "") + cell("2", ""),
        ]
        let body =
            "<w:tbl>" + rows.map { "<w:tr>\($0)</w:tr>" }.joined()
            + "<w:tr><w:trPr><w:gridBefore w:val=\"2\"/></w:trPr>\(cell("5", ""))</w:tr></w:tbl>"
        #expect(
            try await pages(body) == ["Area\tKind and count\t\tNote\nEU\tHub\t7\tx\nEU\tRing\t9\ty\nUS\tStar\t2\n\t\t5"]
        )
    }

    @Test func aCellIsOneLineAndTablesInItToo() async throws {
        let inner = table([["i", "j"], ["k", "l"]])
        let body =
            "<w:tbl><w:tr><w:tc>\(paragraph("One"))\(paragraph("two"))</w:tc><w:tc>\(paragraph("In:"))\(inner)<w:p/></w:tc></w:tr></w:tbl>"
        #expect(try await pages(body) == ["One two\tIn: i, j; k, l"])
        #expect(try await pages("<w:tbl><w:tr><w:tc>\(inner)<w:p/></w:tc></w:tr></w:tbl>") == ["i\tj\nk\tl"])
    }

    // MARK: - Packages

    @Test func theMainPartMayHaveAnotherName() async throws {
        let other = "<w:document \(SampleFiles.namespace)><w:body>\(paragraph("Other."))</w:body></w:document>"
        for target in ["word/other.xml", "/WORD/Other.xml", "word\\other.xml", "./word/x/../other.xml"] {
            let relations = SampleFiles.relations([("r", "officeDocument", target)])
            let file = try SampleFiles.zip([("_rels/.rels", relations), ("word/other.xml", other)])
            #expect(try await reader.read(file, .docx).pages.map(\.text) == ["Other."])
        }
        let strict = SampleFiles.relations([("r", "officeDocument", "word\\other.xml")])
            .replacing(
                "http://schemas.openxmlformats.org/officeDocument/2006",
                with: "http://purl.oclc.org/ooxml/officeDocument")
        let windows = try SampleFiles.zip([("_rels/.rels", strict), ("word\\other.xml", other)])
        #expect(try await reader.read(windows, .docx).pages.map(\.text) == ["Other."])
        let types =
            "<Types><Override PartName=\"/word/other.xml\" ContentType=\"application/vnd.ms-word.document.macroEnabled.wordprocessingml.main+xml\"/></Types>"
        let typed = try SampleFiles.zip([("[Content_Types].xml", types), ("word/other.xml", other)])
        #expect(try await reader.read(typed, .docx).pages.map(\.text) == ["Other."])
    }

    @Test func brokenWordFilesSayHow() async throws {
        #expect(await code(try SampleFiles.docx([])) == "no_text")
        #expect(await code(try SampleFiles.zip([("word/document.xml", "<w:document")])) == "damaged")
        #expect(await code(try SampleFiles.zip([("word/other.xml", "<x/>")])) == "damaged")
        let whole = try SampleFiles.docx(["Some text that is long enough to be cut."])
        #expect(await code(Array(whole.prefix(whole.count / 2))) == "damaged")
    }

    @Test func aLockedFileAsksForItsPassword() async {
        let locked =
            MediaType.compoundFileMark + Array(repeating: 0, count: 600)
            + "EncryptedPackage".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(await code(locked) == "password_protected")
        #expect(await code(MediaType.compoundFileMark + Array(repeating: 0, count: 600)) == "unsupported")
    }

    /// What is deep or refers to itself ends.
    @Test func hostileFilesEnd() async throws {
        let circle =
            "<w:style w:type=\"paragraph\" w:styleId=\"A\"><w:basedOn w:val=\"B\"/></w:style><w:style w:type=\"paragraph\" w:styleId=\"B\"><w:basedOn w:val=\"A\"/></w:style>"
        #expect(try await pages(paragraph("x", "<w:pStyle w:val=\"A\"/>"), part("styles", "styles", circle)) == ["x"])
        let wild =
            "<w:tbl><w:tr><w:trPr><w:gridBefore w:val=\"-5\"/></w:trPr><w:tc><w:tcPr><w:gridSpan w:val=\"999999999\"/></w:tcPr>\(paragraph("x"))</w:tc></w:tr></w:tbl>"
        #expect(
            try await pages(wild + "</w:tr>".filter { _ in false } + "<w:tr><w:tc>\(paragraph("y"))</w:tc></w:tr>") == [
                "x\n\ny"
            ])
        #expect(try await pages(item("x", 77) + item("y", -1), numbering([("decimal", "%1")])) == ["x\n\ny"])
        let again = try SampleFiles.docx(
            body: "<w:altChunk r:id=\"a\"/>" + paragraph("In."), parts: [("word/a.html", "<html>y</html>")],
            relations: [("a", "aFChunk", "document.xml"), ("b", "aFChunk", "../word/a.html")])
        #expect(try await reader.read(again, .docx).pages.count == 1)
        // A merged cell is said again, so its size is limited.
        let long = String(repeating: "x", count: 5000)
        let rows = (0..<50).map {
            "<w:tr><w:tc><w:tcPr><w:vMerge w:val=\"\($0 == 0 ? "restart" : "continue")\"/></w:tcPr>\(paragraph($0 == 0 ? long : ""))</w:tc><w:tc>\(paragraph("y"))</w:tc></w:tr>"
        }
        #expect(try await pages("<w:tbl>\(rows.joined())</w:tbl>")[0].count < 6000)
    }
}
