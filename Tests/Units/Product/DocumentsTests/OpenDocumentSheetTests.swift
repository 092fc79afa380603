import DocumentReading
import Documents
import ProductFixture
import Testing

/// Spreadsheets and presentations in OpenDocument, made by hand as LibreOffice writes them.
@Suite struct OpenDocumentSheetTests {
    private func read(
        _ kind: String, _ body: String, _ automatic: String = "", masters: String = ""
    ) throws -> (pages: [String], hidden: [String]) {
        let file = try SampleFiles.openDocument(kind, body, automatic: automatic, masters: masters)
        let reading: (text: ExtractedText, report: ReadingReport) = try DocumentReader().read(
            file, kind == "spreadsheet" ? .ods : .odp)
        return (reading.text.pages.map(\.text), reading.report.hidden.map { "\($0.page) \($0.how): \($0.sample)" })
    }

    private func cell(_ text: String, _ more: String = "") -> String {
        "<table:table-cell \(more)><text:p>\(text)</text:p></table:table-cell>"
    }
    private func row(_ cells: String, _ more: String = "") -> String {
        "<table:table-row \(more)>\(cells)</table:table-row>"
    }
    private func sheet(_ name: String, _ rows: String, _ more: String = "") -> String {
        "<table:table table:name=\"\(name)\" \(more)>\(rows)</table:table>"
    }
    private let empty = "<table:table-cell table:number-columns-repeated=\"16000\"/>"

    @Test func eachSheetIsAPageOfItsCellsAsTheyAreShown() throws {
        let rows =
            row(cell("Item") + "<table:table-cell/>" + cell("Price") + empty)
            + row(
                cell("A", "table:number-rows-spanned=\"2\"") + "<table:table-cell/>"
                    + cell("1.595,00 €", "office:value-type=\"currency\" office:value=\"1595\"") + empty)
            + row(
                "<table:covered-table-cell/><table:table-cell/><table:table-cell office:value-type=\"float\" office:value=\"7\"/>"
            )
            + row(empty, "table:number-rows-repeated=\"1000000\"")
        let found = try read("spreadsheet", sheet("One", rows) + sheet("Two", row(cell("b"))))
        #expect(found.pages == ["One\n\nItem\tPrice\nA\t1.595,00 €\nA\t7", "Two\n\nb"])
        #expect(found.hidden.isEmpty)
    }

    @Test func whatIsRepeatedIsReadAsOftenAsItStandsThere() throws {
        let rows = row(cell("x", "table:number-columns-repeated=\"2\""), "table:number-rows-repeated=\"3\"")
        #expect(try read("spreadsheet", sheet("One", rows)).pages == ["One\n\nx\tx\nx\tx\nx\tx"])
    }

    @Test(arguments: [
        ("1048576", "16384"), ("1", "16385"), ("9223372036854775807", "9223372036854775807"), ("2000000", "2"),
    ])
    func aBombOfRepetitionsIsRefused(rows: String, columns: String) throws {
        let body = sheet(
            "B",
            row(cell("x", "table:number-columns-repeated=\"\(columns)\""), "table:number-rows-repeated=\"\(rows)\""))
        let error = #expect(throws: ExtractionError.self) { try read("spreadsheet", body) }
        #expect(error?.code == "too_complex")
    }

    @Test func hiddenSheetsRowsColumnsAndCellsAreReported() throws {
        let styles =
            "<style:style style:name=\"ta2\" style:family=\"table\"><style:table-properties table:display=\"false\"/></style:style>"
            + "<style:style style:name=\"w\" style:family=\"table-cell\"><style:text-properties fo:color=\"#ffffff\"/></style:style>"
            + "<style:style style:name=\"h\" style:family=\"table-cell\"><style:table-cell-properties fo:background-color=\"#000080\"/><style:text-properties fo:color=\"#ffffff\"/></style:style>"
        let columns =
            "<table:table-column/><table:table-column table:visibility=\"collapse\" table:number-columns-repeated=\"2\"/><table:table-column/>"
        let rows =
            columns + row(cell("a", "table:style-name=\"h\"") + cell("b") + cell("c") + cell("d"))
            + row(cell("e"), "table:visibility=\"filter\"")
            + row(
                cell("f", "table:style-name=\"w\"")
                    + "<table:covered-table-cell><text:p>g</text:p></table:covered-table-cell>")
            + row("<table:table-cell office:value-type=\"float\" office:value=\"8\"><text:p/></table:table-cell>")
        let found = try read(
            "spreadsheet", sheet("S", row(cell("z")), "table:style-name=\"ta2\"") + sheet("One", rows), styles)
        #expect(found.pages == ["One\n\na\td"])
        #expect(
            found.hidden == [
                "1 a hidden sheet: S: z", "1 a hidden column: b c", "1 a hidden row: e",
                "1 the colour of the ground: f",
                "1 a covered cell: g", "1 a format that shows nothing: 8",
            ])
    }

    @Test func commentsAndBoxesStandBehindTheRows() throws {
        let comment =
            "<office:annotation><dc:creator>Bob</dc:creator><text:p>old</text:p></office:annotation><text:p>x</text:p>"
        let box =
            "<table:shapes><draw:frame><draw:text-box><text:p>a box</text:p></draw:text-box></draw:frame></table:shapes>"
        let rows =
            box
            + row(
                "<table:table-cell table:number-columns-repeated=\"27\"/><table:table-cell>\(comment)</table:table-cell>"
            )
        #expect(
            try read("spreadsheet", sheet("One", rows)).pages == ["One\n\nx\n\na box\n\nComment on AB1 by Bob: old"])
    }

    // MARK: - Presentations

    private func frame(_ kind: String, _ text: String, x: String = "1cm") -> String {
        "<draw:frame presentation:class=\"\(kind)\" svg:x=\"\(x)\" svg:y=\"1cm\" svg:width=\"2cm\" svg:height=\"2cm\"><draw:text-box><text:p>\(text)</text:p></draw:text-box></draw:frame>"
    }

    @Test func eachSlideIsAPageWithItsTitleNotesAndComments() throws {
        let table = "<draw:frame><table:table>\(row(cell("Rent") + cell("£900")))</table:table></draw:frame>"
        let first =
            frame("outline", "Point") + frame("title", "Title")
            + "<draw:g><draw:custom-shape><text:p>Shape</text:p></draw:custom-shape></draw:g>"
            + "<office:annotation><dc:creator>Cy</dc:creator><text:p>Really?</text:p></office:annotation>"
            + "<presentation:notes><draw:page-thumbnail/>\(frame("notes", "Say hello."))</presentation:notes>"
        let slides =
            "<presentation:footer-decl presentation:name=\"f\">Footer</presentation:footer-decl>"
            + "<draw:page presentation:use-footer-name=\"f\">\(first)</draw:page><draw:page presentation:use-footer-name=\"f\">\(table)</draw:page><draw:page/>"
        #expect(
            try read("presentation", slides).pages == [
                "Title\n\nPoint\n\nShape\n\nFooter\n\nNotes:\nSay hello.\n\nComment by Cy: Really?", "Rent\t£900", "",
            ])
    }

    @Test func hiddenSlidesAreCountedAndNotRead() throws {
        let style =
            "<style:style style:name=\"dp2\" style:family=\"drawing-page\"><style:drawing-page-properties presentation:visibility=\"hidden\"/></style:style>"
        let master =
            "<style:master-page style:name=\"M\" style:page-layout-name=\"pm\"><draw:frame><draw:text-box><text:p>Click</text:p></draw:text-box></draw:frame></style:master-page>"
        let slides =
            "<draw:page draw:style-name=\"dp2\">\(frame("title", "secret"))</draw:page><draw:page draw:master-page-name=\"M\">\(frame("title", "seen"))\(frame("outline", "beside", x: "40cm"))<draw:frame draw:display=\"none\"><draw:text-box><text:p>off</text:p></draw:text-box></draw:frame></draw:page>"
        let found = try read("presentation", slides, style, masters: master)
        #expect(found.pages == ["", "seen"])
        #expect(
            found.hidden == ["1 a hidden slide: secret", "2 outside of the slide: beside", "2 a hidden shape: off"])
    }
}
