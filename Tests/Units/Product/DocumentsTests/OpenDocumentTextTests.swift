import DocumentReading
import Documents
import ProductFixture
import Testing

/// Text documents in OpenDocument, made by hand as LibreOffice writes them.
@Suite struct OpenDocumentTextTests {
    private let reader = DocumentReader()

    private func pages(
        _ body: String, _ automatic: String = "", styles: String = "", masters: String = "",
        parts: [(name: String, content: String)] = []
    ) async throws -> [String] {
        let file = try SampleFiles.openDocument(
            "text", body, automatic: automatic, styles: styles, masters: masters, parts: parts)
        return try await reader.read(file, .odt).pages.map(\.text)
    }

    private func style(_ name: String, _ properties: String, family: String = "text", _ more: String = "") -> String {
        "<style:style style:name=\"\(name)\" style:family=\"\(family)\" \(more)>\(properties)</style:style>"
    }

    private func paragraph(_ text: String, _ style: String = "") -> String {
        "<text:p\(style.isEmpty ? "" : " text:style-name=\"\(style)\"")>\(text)</text:p>"
    }

    private var breaking: String {
        style("B", "<style:paragraph-properties fo:break-before=\"page\"/>", family: "paragraph")
            + style("C", "", family: "paragraph", "style:parent-style-name=\"B\"")
            + style("A", "<style:paragraph-properties fo:break-after=\"page\"/>", family: "paragraph")
            + style(
                "N", "<style:paragraph-properties fo:break-before=\"auto\"/>", family: "paragraph",
                "style:parent-style-name=\"B\"")
    }

    @Test func pagesBreakWhereStylesAndTheProgramSaySo() async throws {
        let body =
            paragraph("a", "B") + paragraph("b", "C") + paragraph("c <text:soft-page-break/>d") + paragraph("e", "N")
            + paragraph("f", "A") + paragraph("g", "B") + "<text:soft-page-break/>" + paragraph("h", "A")
        #expect(try await pages(body, breaking) == ["a", "b\n\nc", "d\n\ne\n\nf", "g", "h"])
    }

    /// Levels that no program writes.
    @Test(arguments: ["-9223372036854775808", "-1", "0", "9223372036854775807", "99999999999999999999", "x"])
    func levelsOutsideOfThoseThatThereAreHaveNoNumbers(level: String) async throws {
        let list = "<text:list><text:list-item>\(paragraph("inner"))</text:list-item></text:list>"
        let body =
            "<text:h text:outline-level=\"\(level)\">Title</text:h>"
            + "<text:numbered-paragraph text:level=\"\(level)\">\(paragraph("numbered"))\(list)</text:numbered-paragraph>"
        let text = try await pages(body).joined()
        for word in ["Title", "numbered", "inner"] { #expect(text.contains(word), "\(text)") }
    }

    @Test func anEmptyFirstPageStaysOne() async throws {
        #expect(try await pages(paragraph("") + paragraph("b", "B"), breaking) == ["", "b"])
    }

    @Test func spacesAreThoseOfTheFormat() async throws {
        let body = paragraph(
            "\n  a\n   b<text:span> c</text:span><text:s text:c=\"2\"/>d<text:tab/>e<text:line-break/> f\u{AD}g ")
        #expect(try await pages(body) == ["a b c  d\te\n fg"])
        let many = paragraph("a<text:s text:c=\"2000000000\"/>b")
        #expect(try await pages(many)[0].utf8.count < 200)
    }

    @Test func signsAndPowersAreUnaltered() async throws {
        let styles =
            style("U", "<style:text-properties style:text-position=\"super 58%\"/>")
            + style("D", "<style:text-properties style:text-position=\"-33% 58%\"/>")
        let body = paragraph(
            "€49, AB-1234, 10<text:span text:style-name=\"U\">6</text:span> CO<text:span text:style-name=\"D\">2</text:span>"
        )
        #expect(try await pages(body, styles) == ["€49, AB-1234, 10⁶ CO₂"])
    }

    @Test func changesCountAsAccepted() async throws {
        let body =
            "<text:tracked-changes><text:changed-region text:id=\"c\"><text:deletion><office:change-info><dc:creator>A</dc:creator></office:change-info>"
            + paragraph("gone") + "</text:deletion></text:changed-region></text:tracked-changes>"
            + paragraph(
                "It <text:change text:change-id=\"c\"/><text:change-start text:change-id=\"d\"/>stays<text:change-end text:change-id=\"d\"/>."
            )
        #expect(try await pages(body) == ["It stays."])
    }

    /// LibreOffice leaves some deletions in the text, between marks.
    @Test func whatWasDeletedInItsPlaceIsLeftOut() async throws {
        let body =
            "<text:tracked-changes><text:changed-region xml:id=\"c\" text:id=\"c\"><text:deletion/></text:changed-region><text:changed-region text:id=\"d\"><text:insertion/></text:changed-region></text:tracked-changes>"
            + paragraph("a <text:change-start text:change-id=\"c\"/>gone")
            + paragraph(
                "gone, too<text:change-end text:change-id=\"c\"/>b <text:change-start text:change-id=\"d\"/>new<text:change-end text:change-id=\"d\"/>"
            )
        #expect(try await pages(body) == ["a\n\nb new"])
    }

    // MARK: - Lists

    private let lists =
        "<text:list-style style:name=\"L\"><text:list-level-style-number text:level=\"1\" style:num-format=\"1\" style:num-suffix=\".\" text:start-value=\"3\"/>"
        + "<text:list-level-style-number text:level=\"2\" style:num-format=\"a\" style:num-prefix=\"(\" style:num-suffix=\")\"/>"
        + "<text:list-level-style-number text:level=\"3\" style:num-format=\"I\" text:display-levels=\"3\"/></text:list-style>"
        + "<text:list-style style:name=\"S\"><text:list-level-style-bullet text:level=\"1\" text:bullet-char=\"\u{F0B7}\"><style:text-properties style:font-name=\"Symbol\"/></text:list-level-style-bullet></text:list-style>"

    private func list(_ items: String..., attributes: String = "") -> String {
        "<text:list \(attributes)>" + items.map { "<text:list-item>\($0)</text:list-item>" }.joined() + "</text:list>"
    }

    @Test func listsHaveTheNumbersThatAreSeen() async throws {
        let body =
            list(
                paragraph("a") + list(paragraph("b") + list(paragraph("c")), paragraph("d")),
                paragraph("e") + paragraph("f"),
                attributes: "text:style-name=\"L\" xml:id=\"one\"")
            + paragraph("between")
            + list(list(paragraph("g")), paragraph("h"), attributes: "text:style-name=\"L\" text:continue-list=\"one\"")
            + list(paragraph("i"), attributes: "text:style-name=\"L\"")
            + list(paragraph("j"), attributes: "text:style-name=\"S\"")
        #expect(
            try await pages(body, lists) == [
                "3. a\n(a) b\n3.a.I c\n(b) d\n4. e\nf\n\nbetween\n\n(a) g\n5. h\n3. i\n• j"
            ])
    }

    @Test func aListGoesOnOrBeginsWhereItIsTold() async throws {
        let body =
            list(paragraph("a"), attributes: "text:style-name=\"L\"") + paragraph("x")
            + list(paragraph("b"), attributes: "text:style-name=\"L\" text:continue-numbering=\"true\"")
            + "<text:list text:style-name=\"L\"><text:list-header>" + paragraph("c")
            + "</text:list-header><text:list-item text:start-value=\"9\">" + paragraph("d")
            + "</text:list-item></text:list>"
        #expect(try await pages(body, lists) == ["3. a\n\nx\n\n4. b\nc\n9. d"])
    }

    @Test func headingsAreNumberedByTheOutline() async throws {
        let outline =
            "<text:outline-style><text:outline-level-style text:level=\"1\" style:num-format=\"1\"/><text:outline-level-style text:level=\"2\" style:num-format=\"1\" text:display-levels=\"2\"/></text:outline-style>"
        let heading = { (text: String, level: Int, more: String) in
            "<text:h text:outline-level=\"\(level)\" \(more)>\(text)</text:h>"
        }
        let body =
            heading("A", 1, "") + heading("B", 2, "") + heading("C", 2, "")
            + heading("D", 1, "text:is-list-header=\"true\"")
            + heading("<text:number>7</text:number>E", 1, "text:restart-numbering=\"true\" text:start-value=\"5\"")
        #expect(try await pages(body, styles: outline) == ["1 A\n\n1.1 B\n\n1.2 C\n\nD\n\n5 E"])
        #expect(try await pages(heading("<text:number>7.</text:number>E", 1, "")) == ["7. E"])
    }

    /// As newer versions of LibreOffice write legal numbering.
    @Test func legalNumbersAreDigits() async throws {
        let outline =
            "<text:outline-style><text:outline-level-style text:level=\"1\" style:num-list-format=\"CH %1%\" style:num-format=\"I\"><style:list-level-properties><style:list-level-label-alignment text:label-followed-by=\"nothing\"/></style:list-level-properties></text:outline-level-style>"
            + "<text:outline-level-style text:level=\"2\" style:is-legal=\"true\" style:num-list-format=\"Sect %1%.%2%\" style:num-format=\"01, 02, 03, ...\" text:display-levels=\"2\"/></text:outline-style>"
        let body =
            "<text:h text:outline-level=\"1\"/><text:h text:outline-level=\"2\">Foo</text:h><text:h text:outline-level=\"1\">: B</text:h><text:h text:outline-level=\"2\">Bar</text:h>"
        #expect(try await pages(body, styles: outline) == ["Sect 1.01 Foo\n\nCH II: B\n\nSect 2.01 Bar"])
    }

    // MARK: - Beside the line

    @Test func notesStandOnThePageOfTheirMark() async throws {
        let note = { (mark: String, kind: String, text: String) in
            "<text:note text:note-class=\"\(kind)\"><text:note-citation>\(mark)</text:note-citation><text:note-body>\(paragraph(text))</text:note-body></text:note>"
        }
        let body =
            paragraph("a" + note("1", "footnote", "first") + note("i", "endnote", "last") + ".")
            + paragraph(
                "b<office:annotation><dc:creator>Ann</dc:creator><dc:date>2026-01-01</dc:date>\(paragraph("Why?"))</office:annotation>",
                "B")
        #expect(
            try await pages(body, breaking) == [
                "a[1][i].\n\n[1] first", "b[c1]\n\n[c1] Comment by Ann: Why?\n\n[i] last",
            ])
    }

    @Test func boxesFieldsAndFormulasAreRead() async throws {
        let form =
            "<office:forms><form:form><form:text form:id=\"f\" form:current-value=\"typed\"/><form:checkbox form:id=\"g\" form:label=\"Yes\" form:current-state=\"checked\"/></form:form></office:forms>"
        let formula =
            "<math xmlns=\"http://www.w3.org/1998/Math/MathML\"><semantics><msup><mi>x</mi><mn>2</mn></msup><annotation>x^2</annotation></semantics></math>"
        let body =
            form
            + paragraph(
                "a <draw:frame><svg:title>no</svg:title><draw:text-box>\(paragraph("box"))</draw:text-box></draw:frame><draw:control draw:control=\"f\"/><draw:control draw:control=\"g\"/><draw:frame><draw:object xlink:href=\"./Object 1\"/></draw:frame> b"
            )
        #expect(
            try await pages(body, parts: [("Object 1/content.xml", formula)]) == ["a x^2 b\n\nbox\n\ntyped\n\n☑ Yes"])
    }

    @Test func anObjectThatIsMissingIsSaid() throws {
        let body = paragraph("a <draw:frame><draw:object xlink:href=\"Formula-0/\"/></draw:frame>b")
        let formula = ("Formula-0/content.xml", "<math><mi>E</mi><mo>=</mo><mi>m</mi></math>")
        let whole: (text: ExtractedText, report: ReadingReport) = try reader.read(
            try SampleFiles.openDocument("text", body, parts: [formula]), .odt)
        #expect(whole.text.pages.map(\.text) == ["a E=mb"] && whole.report.warnings.isEmpty)
        let lacking: (text: ExtractedText, report: ReadingReport) = try reader.read(
            try SampleFiles.openDocument("text", body), .odt)
        #expect(lacking.text.pages.map(\.text) == ["a b"] && lacking.report.warnings.count == 1)
    }

    @Test func headersStandOnceAndPageNumbersDoNot() async throws {
        let master = { (name: String, header: String, more: String) in
            "<style:master-page style:name=\"\(name)\" style:page-layout-name=\"pm\" \(more)><style:header>\(header)</style:header><style:footer><text:p>Page <text:page-number>1</text:page-number></text:p></style:footer></style:master-page>"
        }
        let styles = style("X", "", family: "paragraph", "style:master-page-name=\"Annex\"")
        let masters =
            master("Standard", "<text:p>ACME</text:p>", "") + master("Annex", "<text:p>Annex of ACME</text:p>", "")
        #expect(
            try await pages(paragraph("a") + paragraph("b", "X"), styles, masters: masters) == [
                "ACME\n\na", "Annex of ACME\n\nb",
            ])
    }

    // MARK: - Tables

    private func row(_ cells: String, _ more: String = "") -> String {
        "<table:table-row \(more)>\(cells)</table:table-row>"
    }
    private func cell(_ text: String, _ more: String = "") -> String {
        "<table:table-cell \(more)>\(paragraph(text))</table:table-cell>"
    }

    @Test func rowsOfTablesAreLinesThatCanBeUnderstoodAlone() async throws {
        let rows = [
            row(cell("Plan") + cell("Fee") + cell("Note")),
            row(cell("Plus", "table:number-rows-spanned=\"2\"") + cell("€10") + cell("a</text:p><text:p>b")),
            row(
                "<table:covered-table-cell/>" + cell("€20", "table:number-columns-spanned=\"2\"")
                    + "<table:covered-table-cell/>"),
            row("<table:table-cell table:number-columns-repeated=\"2\"/>" + cell("end")),
            row(cell("twice", "table:number-columns-repeated=\"2\""), "table:number-rows-repeated=\"2\""),
        ]
        let body =
            "<table:table>\(rows.joined())<table:table-row table:number-rows-repeated=\"2000000000\"><table:table-cell/></table:table-row></table:table>"
        #expect(
            try await pages(body) == ["Plan\tFee\tNote\nPlus\t€10\ta b\nPlus\t€20\n\t\tend\ntwice\ttwice\ntwice\ttwice"]
        )
    }

    @Test func pagesBreakWithinTables() async throws {
        let body =
            paragraph("a") + "<table:table>" + row(cell("b")) + "<text:soft-page-break/>" + row(cell("c"))
            + row(cell("d <text:soft-page-break/>e") + cell("f")) + "</table:table>" + paragraph("g")
        #expect(try await pages(body) == ["a\n\nb", "c\nd\tf", "e\n\ng"])
    }

    // MARK: - Hidden

    @Test func whatIsNotShownIsReportedAndNotRead() throws {
        let styles =
            style("H", "<style:text-properties text:display=\"none\"/>")
            + style("W", "<style:text-properties fo:color=\"#ffffff\"/>")
            + style("G", "<style:text-properties fo:color=\"#ffffff\" fo:background-color=\"#000000\"/>")
            + style("T", "<style:text-properties fo:font-size=\"1pt\"/>")
        let span = { (style: String, text: String) in "<text:span text:style-name=\"\(style)\">\(text)</text:span>" }
        let body =
            paragraph("seen " + span("H", "vanished") + span("W", "white") + span("G", "on black") + span("T", "tiny"))
            + "<text:section text:display=\"none\">\(paragraph("in a section", "B"))</text:section>"
            + paragraph("<text:hidden-paragraph text:is-hidden=\"true\"/>a whole paragraph")
            + paragraph("x<text:hidden-text text:is-hidden=\"true\" text:string-value=\"by a condition\"/>")
        let file = try SampleFiles.openDocument("text", body, automatic: styles + breaking)
        let reading: (text: ExtractedText, report: ReadingReport) = try reader.read(file, .odt)
        #expect(reading.text.pages.map(\.text) == ["seen on black\n\nx"])
        #expect(
            reading.report.hidden.map { "\($0.page) \($0.how): \($0.sample)" } == [
                "1 hidden characters: vanished", "1 the colour of the ground: white",
                "1 letters of at most 1.5 points: tiny", "1 a hidden section: in a section",
                "1 a hidden paragraph: a whole paragraph", "1 hidden text: by a condition",
            ])
    }

    // MARK: - Refused

    @Test func lockedDamagedAndEndlessFilesSayWhy() async throws {
        let locked = try SampleFiles.openDocument(
            "text", paragraph("x"),
            parts: [("META-INF/manifest.xml", "<manifest><file-entry><encryption-data/></file-entry></manifest>")])
        await #expect(throws: ExtractionError.passwordProtected) { try await reader.read(locked, .odt) }
        await #expect(throws: ExtractionError.noText) { try await pages("") }
        let error = await #expect(throws: ExtractionError.self) { try await pages("<text:p>") }
        #expect(error?.code == "damaged")
        let rows = "<table:table>" + row(cell("x"), "table:number-rows-repeated=\"100000000\"") + "</table:table>"
        let endless = await #expect(throws: ExtractionError.self) { try await pages(rows) }
        #expect(endless?.code == "too_complex")
        let circle = style("P", "", family: "paragraph", "style:parent-style-name=\"P\"")
        #expect(try await pages(paragraph("a", "P"), circle) == ["a"])
    }
}
