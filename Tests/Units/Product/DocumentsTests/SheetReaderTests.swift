import DocumentReading
import Documents
import ProductFixture
import Testing

/// Spreadsheets, made by hand.
@Suite struct SheetReaderTests {
    private let reader = DocumentReader()

    /// A workbook of these sheets: name, attributes, content.
    private func file(
        _ sheets: [(name: String, attributes: String, content: String)], strings: String = "", styles: String = "",
        properties: String = "", parts: [(name: String, content: String)] = []
    ) throws -> [UInt8] {
        let list = sheets.enumerated().map {
            "<sheet name=\"\($1.name)\" sheetId=\"\($0 + 1)\" \($1.attributes) r:id=\"r\($0)\"/>"
        }
        let relations = sheets.indices.map { (id: "r\($0)", type: "worksheet", target: "worksheets/sheet\($0).xml") }
        var files = [
            ("[Content_Types].xml", "<Types/>"),
            (
                "xl/workbook.xml",
                "<workbook xmlns:r=\"urn:r\"><workbookPr \(properties)/><sheets>\(list.joined())</sheets></workbook>"
            ),
            ("xl/_rels/workbook.xml.rels", SampleFiles.relations(relations)),
            ("xl/sharedStrings.xml", "<sst>\(strings)</sst>"), ("xl/styles.xml", "<styleSheet>\(styles)</styleSheet>"),
        ]
        for (index, sheet) in sheets.enumerated() {
            files.append(
                ("xl/worksheets/sheet\(index).xml", "<worksheet xmlns:r=\"urn:r\">\(sheet.content)</worksheet>"))
        }
        return try SampleFiles.zip(files + parts)
    }

    private func rows(_ rows: String...) -> String {
        "<sheetData>\(rows.map { "<row>\($0)</row>" }.joined())</sheetData>"
    }

    private func text(_ value: String, _ place: String = "") -> String {
        "<c \(place.isEmpty ? "" : "r=\"\(place)\"") t=\"inlineStr\"><is><t>\(value)</t></is></c>"
    }

    private func pages(_ bytes: [UInt8]) async throws -> [String] {
        try await reader.read(bytes, .xlsx).pages.map(\.text)
    }

    private func sheet(_ content: String, strings: String = "", styles: String = "", properties: String = "")
        async throws -> String
    {
        try await pages(try file([("S", "", content)], strings: strings, styles: styles, properties: properties))[0]
    }

    @Test func eachSheetIsAPageAndEachRowALine() async throws {
        let first = rows(text("Item") + text("Price"), text("Tea") + "<c><v>3</v></c>")
        let second =
            "<sheetData><row r=\"2\">\(text("a", "B2"))\(text("b", "D2"))</row><row r=\"9\">\(text("c", "C9"))</row></sheetData>"
        let found = try await pages(try file([("Prices", "", first), ("Gaps", "", second)]))
        #expect(found == ["Prices\n\nItem\tPrice\nTea\t3", "Gaps\n\na\t\tb\n\tc"])
    }

    @Test func valuesOfEveryKindAreShown() async throws {
        let strings =
            "<si><t>Plain</t></si><si><r><t>10</t></r><r><rPr><vertAlign val=\"superscript\"/></rPr><t>6</t></r><rPh><t>reading</t></rPh></si><si><t>two\nlines_x000D_</t></si>"
        let cells =
            "<c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c><c t=\"s\"><v>2</v></c><c t=\"b\"><v>1</v></c><c t=\"b\"><v>0</v></c><c t=\"e\"><v>#DIV/0!</v></c>"
            + "<c t=\"str\"><f>A1</f><v>made</v></c><c><f>1+1</f><v>2</v></c><c t=\"s\"><v>77</v></c><c t=\"d\"><v>2026-03-01</v></c>"
        #expect(
            try await sheet(rows(cells), strings: strings)
                == "S\n\nPlain\t10⁶\ttwo lines\tTRUE\tFALSE\t#DIV/0!\tmade\t2\t2026-03-01")
    }

    @Test(arguments: [
        ("General", "1234.5", "1234.5"), ("General", "0.30000000000000004", "0.3"), ("General", "1.1E-2", "0.011"),
        ("General", "123456789012", "123456789012"), ("0", "2.5", "3"), ("0.00", "38.5", "38.50"),
        ("0.00", "-0.001", "0.00"),
        ("#,##0", "1234567", "1,234,567"), ("#,##0.00", "0.5", "0.50"), ("0%", "0.5", "50%"),
        ("0.0%", "0.1234", "12.3%"),
        ("00000", "1234", "01234"), ("000-00-0000", "123456789", "123-45-6789"), ("#,##0 \"kg\"", "1500", "1,500 kg"),
        ("[$€-407] #,##0.00", "9.8", "€ 9.80"), ("\"£\"#,##0;[Red]-\"£\"#,##0", "-25", "-£25"),
        ("#,##0_);(#,##0)", "-1234", "(1234)"),
        ("#,##0_);(#,##0)", "-12", "(12)"), ("0.0,,\" M\"", "2500000", "2.5 M"), ("#,##0.00;-#,##0.00;\"-\"", "0", "-"),
        ("0.00E+00", "12345", "12345"), ("# ?/?", "0.5", "0.5"), ("@", "0012", "12"), ("[>100]0;0.0", "7.25", "7.25"),
        ("yyyy-mm-dd", "45000", "2023-03-15"), ("d/m/yy", "1", "1900-01-01"), ("mmm yyyy", "60", "1900-02-29"),
        ("dd.mm.yyyy", "61", "1900-03-01"),
        ("dd/mm/yyyy hh:mm", "45000.75", "2023-03-15 18:00"), ("h:mm:ss", "0.5", "12:00:00"),
        ("[h]:mm", "1.5", "36:00"),
        ("h:mm AM/PM", "0.75", "18:00"), ("[$-409]mmmm d, yyyy;@", "45000", "2023-03-15"),
        ("mm:ss", "0.01", "00:14:24"), ("yyyy", "-5", "-5"), ("General\" units\"", "5", "5 units"),
        ("\"No. \"General", "7.5", "No. 7.5"), ("General\" °C\"", "-2", "-2 °C"), ("General;(General)", "-5", "(5)"),
        ("General;-General;\"none\"", "0", "none"), ("[Red]General\\ k", "0.3", "0.3 k"), ("General", "-5", "-5"),
        ("General", "0", "0"),
    ])
    func numbersAreShownByTheirFormat(code: String, value: String, shown: String) async throws {
        let escaped = code.replacing("\"", with: "&quot;").replacing(">", with: "&gt;")
        let styles =
            "<numFmts><numFmt numFmtId=\"164\" formatCode=\"\(escaped)\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/></cellXfs>"
        let expected = shown == "(1234)" ? "(1,234)" : shown
        #expect(try await sheet(rows("<c s=\"1\"><v>\(value)</v></c>"), styles: styles) == "S\n\n\(expected)")
    }

    @Test func daysMayBeCountedFrom1904() async throws {
        let styles = "<cellXfs><xf numFmtId=\"14\"/></cellXfs>"
        #expect(
            try await sheet(rows("<c s=\"0\"><v>0</v></c>"), styles: styles, properties: "date1904=\"1\"")
                == "S\n\n1904-01-01")
        #expect(
            try await sheet(rows("<c s=\"0\"><v>43538</v></c>"), styles: styles, properties: "date1904=\"1\"")
                == "S\n\n2023-03-15")
    }

    @Test func mergedCellsAreSaidInEachRow() async throws {
        let content =
            "<sheetData><row r=\"1\">\(text("EU", "A1"))\(text("Hub", "B1"))</row><row r=\"2\">\(text("Ring", "B2"))</row><row r=\"3\">\(text("US", "A3"))\(text("Star", "B3"))</row></sheetData>"
            + "<mergeCells><mergeCell ref=\"A1:A2\"/><mergeCell ref=\"B1:C1\"/><mergeCell ref=\"ZZZZZ1:A9\"/></mergeCells>"
        #expect(try await sheet(content) == "S\n\nEU\tHub\nEU\tRing\nUS\tStar")
    }

    @Test func whatNobodySeesIsTold() async throws {
        let content =
            "<cols><col min=\"2\" max=\"2\" hidden=\"1\"/></cols><sheetData><row r=\"1\">\(text("a", "A1"))\(text("column", "B1"))</row>"
            + "<row r=\"2\" hidden=\"1\">\(text("row", "A2"))</row><row r=\"3\"><c r=\"A3\" s=\"1\"><v>40</v></c><c r=\"C3\" s=\"2\"><v>7</v></c><c r=\"D3\" s=\"3\"><v>8</v></c></row></sheetData>"
        let styles =
            "<numFmts><numFmt numFmtId=\"170\" formatCode=\";;;\"/></numFmts><fonts><font/><font><color rgb=\"FFFFFFFF\"/></font></fonts>"
            + "<fills><fill><patternFill/></fill><fill><patternFill patternType=\"solid\"><fgColor rgb=\"FF000080\"/></patternFill></fill></fills>"
            + "<cellXfs><xf/><xf numFmtId=\"170\"/><xf fontId=\"1\"/><xf fontId=\"1\" fillId=\"1\"/></cellXfs>"
        let bytes = try file(
            [
                ("Open", "", content), ("Closed", "state=\"veryHidden\"", rows(text("secret"))),
                ("Last", "", rows(text("z"))),
            ], styles: styles)
        let (found, report) = try await reader.reading(bytes, .xlsx)
        #expect(found.pages.map(\.text) == ["Open\n\na\n\t8", "Last\n\nz"])
        #expect(Set(report.hidden.map(\.sample)) == ["column", "row", "40", "7", "Closed: secret"])
    }

    @Test func commentsStandBehindTheRows() async throws {
        let comments =
            "<comments><authors><author>Ann</author></authors><commentList><comment ref=\"B2\" authorId=\"0\"><text><r><t>Check </t></r><r><t>this.</t></r></text></comment></commentList></comments>"
        let bytes = try file(
            [("S", "", rows(text("x")))],
            parts: [
                ("xl/worksheets/_rels/sheet0.xml.rels", SampleFiles.relations([("c", "comments", "../comments1.xml")])),
                ("xl/comments1.xml", comments),
            ])
        #expect(try await pages(bytes) == ["S\n\nx\n\nComment on B2 by Ann: Check this."])
    }

    @Test func formulasWithoutResultsAreTold() async throws {
        let bytes = try file([("S", "", rows(text("x") + "<c><f>SUM(A1)</f></c>"))])
        #expect(try await reader.reading(bytes, .xlsx).report.warnings.count == 1)
    }

    private func code(_ bytes: [UInt8]) async -> String? {
        do {
            _ = try await reader.read(bytes, .xlsx)
            return nil
        } catch { return (error as? ExtractionError)?.code }
    }

    @Test func brokenAndHugeFilesSayHow() async throws {
        #expect(await code(try file([("S", "", "<sheetData/>")])) == "no_text")
        #expect(await code(try file([("S", "", "<sheetData><row r=\"99999999\"/></sheetData>")])) == "damaged")
        #expect(
            await code(
                try file([("S", "", "<sheetData><row>\(text("x", "ZZZZ1"))\(text("y", "12"))</row></sheetData>")]))
                == nil)
        #expect(await code(try file(Array(repeating: ("S", "", ""), count: 5001))) == "too_complex")
        // Few cells far apart: each line would be full of empty columns.
        let wide = (0..<16_384).map { _ in text("x") }.joined()
        let far = (2..<6000).map { "<row r=\"\($0)\">\(text("y", "XFD\($0)"))</row>" }.joined()
        #expect(
            await code(try file([("S", "", "<sheetData><row r=\"1\">\(wide)</row>\(far)</sheetData>")]))
                == "too_complex")
    }

    @Test func whatInflatesTooMuchIsRefused() async throws {
        let blank = String(repeating: " ", count: OfficeLimits.part + 1)
        #expect(await code(try file([("S", "", blank)])) == "too_complex")
    }
}

private enum OfficeLimits {
    /// Bytes of one part of a package.
    static let part = 64 << 20
}
