import DocumentReading
import Documents
import ProductFixture
import Testing

/// Presentations, made by hand.
@Suite struct SlideReaderTests {
    private let reader = DocumentReader()

    private static let names =
        "xmlns:p=\"urn:p\" xmlns:a=\"urn:a\" xmlns:c=\"urn:c\" xmlns:dgm=\"urn:d\" xmlns:mc=\"urn:mc\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\""

    /// A presentation of these slides, in the order of the list; each is the content of its shapes.
    private func file(
        _ slides: [String], attributes: [Int: String] = [:], parts: [(name: String, content: String)] = [],
        relations: [Int: [(id: String, type: String, target: String)]] = [:]
    ) throws -> [UInt8] {
        let ids = slides.indices.map { "<p:sldId id=\"\(256 + $0)\" r:id=\"s\($0)\"/>" }.joined()
        var files = [
            ("[Content_Types].xml", "<Types/>"),
            ("_rels/.rels", SampleFiles.relations([("r", "officeDocument", "ppt/presentation.xml")])),
            (
                "ppt/presentation.xml",
                "<p:presentation \(Self.names)><p:sldIdLst>\(ids)</p:sldIdLst><p:sldSz cx=\"1000\" cy=\"500\"/></p:presentation>"
            ),
            // The order of the files is not that of the slides.
            (
                "ppt/_rels/presentation.xml.rels",
                SampleFiles.relations(
                    slides.indices.map { ("s\($0)", "slide", "slides/slide\(slides.count - $0).xml") })
            ),
        ]
        for (index, shapes) in slides.enumerated() {
            let name = "slide\(slides.count - index).xml"
            files.append(
                (
                    "ppt/slides/\(name)",
                    "<p:sld \(Self.names) \(attributes[index] ?? "")><p:cSld><p:spTree>\(shapes)</p:spTree></p:cSld></p:sld>"
                ))
            if let list = relations[index] {
                files.append(("ppt/slides/_rels/\(name).rels", SampleFiles.relations(list)))
            }
        }
        return try SampleFiles.zip(files + parts)
    }

    private func paragraph(_ text: String, _ properties: String = "", run: String = "") -> String {
        "<a:p><a:pPr>\(properties)</a:pPr><a:r>\(run)<a:t>\(text)</a:t></a:r></a:p>"
    }

    private func shape(_ content: String, _ kind: String = "", name: String = "", box: String = "") -> String {
        "<p:sp><p:nvSpPr><p:cNvPr id=\"1\" \(name)/><p:nvPr>\(kind.isEmpty ? "" : "<p:ph type=\"\(kind)\"/>")</p:nvPr></p:nvSpPr>"
            + "<p:spPr>\(box)</p:spPr><p:txBody>\(content)</p:txBody></p:sp>"
    }

    private func pages(_ bytes: [UInt8]) async throws -> [String] {
        try await reader.read(bytes, .pptx).pages.map(\.text)
    }

    @Test func eachSlideIsAPageWithItsTitleFirst() async throws {
        let first =
            shape(paragraph("Point one") + paragraph("Point two")) + shape(paragraph("Title"), "title")
            + shape(paragraph("3"), "sldNum")
        let found = try await pages(try file([first, shape(paragraph("Second")), ""]))
        #expect(found == ["Title\n\nPoint one\nPoint two", "Second", ""])
    }

    @Test func signsAndNumbersAreUnaltered() async throws {
        let runs =
            "<a:p><a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline=\"30000\"/><a:t>6</a:t></a:r><a:r><a:t> H</a:t></a:r><a:r><a:rPr baseline=\"-25000\"/><a:t>2</a:t></a:r><a:r><a:t>O</a:t></a:r><a:br/><a:fld><a:t>ne\u{AD}xt</a:t></a:fld></a:p>"
        let list =
            paragraph("a", "<a:buAutoNum type=\"arabicPeriod\" startAt=\"3\"/>")
            + paragraph("b", "<a:buAutoNum type=\"arabicPeriod\"/>") + paragraph("c", "<a:buChar char=\"•\"/>")
        #expect(try await pages(try file([shape(runs) + shape(list)])) == ["10⁶ H₂O\nnext\n\n3. a\n4. b\n• c"])
    }

    @Test func anotherKindOfNumberIsAnotherList() async throws {
        let item = { (text: String, type: String, start: Int?, level: Int) in
            "<a:p><a:pPr lvl=\"\(level)\"><a:buAutoNum type=\"\(type)\" \(start.map { "startAt=\"\($0)\"" } ?? "")/></a:pPr>"
                + "<a:r><a:t>\(text)</a:t></a:r></a:p>"
        }
        let list = [
            item("a", "arabicPeriod", nil, 0), item("b", "alphaLcParenR", 2, 1), item("c", "arabicPeriod", nil, 0),
            item("d", "romanUcPeriod", 4, 0), item("e", "romanUcPeriod", 4, 0), item("f", "arabicPeriod", nil, 0),
            item("g", "arabicPeriod", 7, 0), item("h", "arabicPeriod", 7, 0), item("i", "alphaUcPeriod", nil, 0),
        ]
        #expect(
            try await pages(try file([shape(list.joined())])) == [
                "1. a\nb) b\n2. c\nIV. d\nV. e\n1. f\n7. g\n8. h\nA. i"
            ])
    }

    @Test func tablesAreRows() async throws {
        let cell = { (text: String, merge: String) in
            "<a:tc \(merge)><a:txBody>\(self.paragraph(text))</a:txBody></a:tc>"
        }
        let table =
            "<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr>\(cell("EU", "rowSpan=\"2\""))\(cell("Hub", ""))\(cell("7", ""))</a:tr>"
            + "<a:tr>\(cell("", "vMerge=\"1\""))\(cell("All", "gridSpan=\"2\""))\(cell("", "hMerge=\"1\""))</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
        #expect(try await pages(try file([table])) == ["EU\tHub\t7\nEU\tAll"])
    }

    @Test func notesCommentsAndChartsBelongToTheirSlide() async throws {
        let notes =
            "<p:notes \(Self.names)>\(shape(paragraph("Say hello."), "body"))\(shape(paragraph("7"), "sldNum"))</p:notes>"
        let comments = "<p:cmLst \(Self.names)><p:cm authorId=\"0\"><p:text>Too long?</p:text></p:cm></p:cmLst>"
        let point = { (index: Int, value: String) in "<c:pt idx=\"\(index)\"><c:v>\(value)</c:v></c:pt>" }
        let chart =
            "<c:chartSpace \(Self.names)><c:chart><c:title><a:t>Sales</a:t></c:title><c:plotArea><c:barChart><c:ser><c:tx>\(point(0, "2026"))</c:tx>"
            + "<c:cat>\(point(0, "Q1"))\(point(1, "Q2"))</c:cat><c:val>\(point(0, "5"))\(point(1, "7"))</c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>"
        let diagram =
            "<dgm:dataModel \(Self.names)><dgm:pt>\(paragraph("Plan"))</dgm:pt><dgm:pt>\(paragraph("Do"))</dgm:pt></dgm:dataModel>"
        let bytes = try file(
            [
                shape(paragraph("Title"), "title")
                    + "<p:graphicFrame><c:chart r:id=\"c\"/></p:graphicFrame><p:graphicFrame><dgm:relIds r:dm=\"d\"/></p:graphicFrame>"
            ],
            parts: [
                ("ppt/notesSlides/n.xml", notes), ("ppt/comments/c.xml", comments), ("ppt/charts/c.xml", chart),
                ("ppt/diagrams/d.xml", diagram),
            ],
            relations: [
                0: [
                    ("n", "notesSlide", "../notesSlides/n.xml"), ("m", "comments", "../comments/c.xml"),
                    ("c", "chart", "../charts/c.xml"), ("d", "diagramData", "../diagrams/d.xml"),
                ]
            ])
        #expect(
            try await pages(bytes) == [
                "Title\n\nSales\n\t2026\nQ1\t5\nQ2\t7\n\nPlan\nDo\n\nNotes:\nSay hello.\n\nComment: Too long?"
            ])
    }

    @Test func whatNobodySeesIsTold() async throws {
        let box = { (x: Int, y: Int) in "<a:xfrm><a:off x=\"\(x)\" y=\"\(y)\"/><a:ext cx=\"100\" cy=\"100\"/></a:xfrm>"
        }
        let white = "<a:rPr><a:solidFill><a:srgbClr val=\"FFFFFF\"/></a:solidFill></a:rPr>"
        let first =
            shape(paragraph("Seen.")) + shape(paragraph("Right of it"), box: box(1000, 0))
            + shape(paragraph("Left of it"), box: box(-200, 10))
            + shape(paragraph("Switched off"), name: "hidden=\"1\"")
            + shape(paragraph("Tiny", run: "<a:rPr sz=\"100\"/>"))
            + shape(paragraph("White", run: white)) + shape(paragraph("Inside"), box: box(900, 450))
            + shape(
                paragraph("White on blue", run: white), box: "<a:solidFill><a:srgbClr val=\"0000FF\"/></a:solidFill>")
        let bytes = try file(
            [first, shape(paragraph("Secret")), shape(paragraph("Third"))], attributes: [1: "show=\"0\""])
        let (text, report) = try await reader.reading(bytes, .pptx)
        #expect(text.pages.map(\.text) == ["Seen.\n\nInside\n\nWhite on blue", "", "Third"])
        #expect(
            Set(report.hidden.map(\.sample)) == [
                "Right of it", "Left of it", "Switched off", "Tiny", "White", "Secret",
            ])
        #expect(report.hidden.first { $0.sample == "Secret" }?.page == 2)
    }

    @Test(arguments: [
        ("<a:noFill/>", true), ("<a:noFill/><a:ln><a:noFill/></a:ln>", true),
        ("<a:ln><a:solidFill><a:srgbClr val=\"FF0000\"/></a:solidFill></a:ln><a:noFill/>", false),
        ("<a:solidFill><a:srgbClr val=\"112233\"><a:alpha val=\"0\"/></a:srgbClr></a:solidFill>", true),
        ("<a:solidFill><a:schemeClr val=\"tx1\"><a:alpha val=\"0%\"/></a:schemeClr></a:solidFill>", true),
        ("<a:solidFill><a:srgbClr val=\"112233\"><a:alpha val=\"50000\"/></a:srgbClr></a:solidFill>", false),
        ("<a:solidFill><a:schemeClr val=\"bg1\"/></a:solidFill>", true),
        ("<a:solidFill><a:schemeClr val=\"bg1\"><a:lumMod val=\"50000\"/></a:schemeClr></a:solidFill>", false),
        ("<a:solidFill><a:schemeClr val=\"tx1\"/></a:solidFill>", false),
    ])
    func lettersWithoutAColourOfTheirOwnAreTold(fill: String, isHidden: Bool) async throws {
        let bytes = try file([
            shape(paragraph("Seen.")) + shape(paragraph("Doubtful.", run: "<a:rPr>\(fill)</a:rPr>"))
        ])
        let (text, report) = try await reader.reading(bytes, .pptx)
        #expect(text.pages.map(\.text) == [isHidden ? "Seen." : "Seen.\n\nDoubtful."])
        #expect(report.hidden.map(\.sample) == (isHidden ? ["Doubtful."] : []))
    }

    @Test(arguments: [
        ("bg1", "FFFFFF", "000000", true), ("bg1", "202020", "FFFFFF", true), ("tx1", "202020", "FFFFFF", false),
    ])
    func theThemeSaysWhatTheGroundIs(name: String, light: String, dark: String, isHidden: Bool) async throws {
        let run = "<a:rPr><a:solidFill><a:schemeClr val=\"\(name)\"/></a:solidFill></a:rPr>"
        let scheme =
            "<a:theme \(Self.names)><a:themeElements><a:clrScheme><a:dk1><a:srgbClr val=\"\(dark)\"/></a:dk1><a:lt1><a:srgbClr val=\"\(light)\"/></a:lt1></a:clrScheme></a:themeElements></a:theme>"
        let master =
            "<p:sldMaster \(Self.names)><p:cSld><p:bg><p:bgRef idx=\"1001\"><a:schemeClr val=\"bg1\"/></p:bgRef></p:bg></p:cSld><p:clrMap bg1=\"lt1\" tx1=\"dk1\"/></p:sldMaster>"
        let bytes = try file(
            [shape(paragraph("Seen.")) + shape(paragraph("Doubtful.", run: run))],
            parts: [
                ("ppt/slideLayouts/l.xml", "<p:sldLayout \(Self.names)/>"), ("ppt/slideMasters/m.xml", master),
                ("ppt/theme/t.xml", scheme),
                (
                    "ppt/slideLayouts/_rels/l.xml.rels",
                    SampleFiles.relations([("r", "slideMaster", "../slideMasters/m.xml")])
                ), ("ppt/slideMasters/_rels/m.xml.rels", SampleFiles.relations([("r", "theme", "../theme/t.xml")])),
            ],
            relations: [0: [("l", "slideLayout", "../slideLayouts/l.xml")]])
        let report = try await reader.reading(bytes, .pptx).report
        #expect(report.hidden.map(\.sample) == (isHidden ? ["Doubtful."] : []))
    }

    @Test func whiteTextOverAPictureIsSeen() async throws {
        let white = "<a:rPr><a:solidFill><a:srgbClr val=\"FFFFFF\"/></a:solidFill></a:rPr>"
        let text = shape(paragraph("White", run: white))
        for ground in [
            "<p:pic><p:spPr/></p:pic>",
            shape("", box: "<a:prstGeom/><a:solidFill><a:srgbClr val=\"000000\"/></a:solidFill>"),
        ] {
            #expect(try await pages(try file([ground + text])) == ["White"])
        }
    }

    @Test func brokenPresentationsSayHow() async throws {
        let codes = try [
            SampleFiles.zip([("ppt/x.xml", "<x/>")]), SampleFiles.zip([("ppt/presentation.xml", "<p")]),
            SampleFiles.zip([("ppt/presentation.xml", "<p><sldIdLst><sldId id=\"1\"/></sldIdLst></p>")]),
            SampleFiles.zip([
                (
                    "ppt/presentation.xml",
                    "<p><sldIdLst>" + String(repeating: "<sldId/>", count: 5001) + "</sldIdLst></p>"
                )
            ]),
        ].map { bytes in
            do {
                _ = try DocumentReader().read(bytes, .pptx) as (text: ExtractedText, report: ReadingReport)
                return ""
            } catch { return (error as? ExtractionError)?.code ?? "\(error)" }
        }
        #expect(codes == ["damaged", "damaged", "no_text", "too_complex"])
    }
}
