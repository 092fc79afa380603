import DocumentReading
import Documents
import HTTPMessages
import JSONCoding
import ProductFixture
import Testing

/// Readers on small files, made by hand.
@Suite struct ReaderTests {
    private let reader = DocumentReader()

    private func pages(_ bytes: [UInt8], _ type: MediaType) async throws -> [String] {
        try await reader.read(bytes, type).pages.map(\.text)
    }

    private func code(_ bytes: [UInt8], _ type: MediaType) async -> String? {
        do {
            _ = try await reader.read(bytes, type)
            return nil
        } catch { return (error as? ExtractionError)?.code }
    }

    // MARK: - PDF

    @Test func pagesOfAPDFKeepTheirNumbers() async throws {
        let text = try await reader.read(SampleFiles.pdf(["First.", "", "Third."]), .pdf)
        #expect(text.pages.map(\.number) == [1, 2, 3] && text.pagesWithoutText == 1)
        #expect(text.pages[0].text.contains("First.") && text.pages[2].text.contains("Third."))
        #expect(text.pages[2].start == text.pages[1].start + text.pages[1].text.unicodeScalars.count + 1)
    }

    @Test func aPDFOfPicturesHasNoText() async {
        #expect(await code(SampleFiles.pdf(["", ""]), .pdf) == "no_text")
        #expect(await code(Array(SampleFiles.pdf(["x"]).prefix(60)), .pdf) == "damaged")
    }

    // MARK: - HTML and text

    @Test(arguments: [
        ("<p>a<p>b", "a\n\nb"), ("a<br>b", "a\nb"), ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "a\tb\n1\t2"), ("<pre>a\n  b</pre>", "a\n  b"),
        ("a <!-- c --> b", "a b"), ("<style>x</style>a<script>y</script>", "a"), ("a&nbsp;b &lt;c&gt;", "a b <c>"),
        ("<nav>menu</nav><main>text</main>", "text"),
    ])
    func htmlShowsWhatABrowserShows(html: String, text: String) async throws {
        #expect(try await pages("<html><body>\(html)</body></html>".bytes, .html) == [text])
    }

    @Test func linesAreCleanedAndCounted() async throws {
        #expect(try await pages("a  \r\n\r\n\r\n\r\n\r\nb\u{0}\u{FEFF}".bytes, .text) == ["a\n\n\nb"])
        #expect(try await pages("one\u{c}\u{c}three".bytes, .markdown) == ["one", "", "three"])
        #expect(await code("\u{c} \n".bytes, .text) == "no_text")
    }

    @Test func thereIsALimitOfPages() async {
        #expect(await code(String(repeating: "x\u{c}", count: 5001).bytes, .text) == "too_complex")
    }

    @Test func theStoredFormComesBack() throws {
        let text = ExtractedText(pageTexts: ["ä😀", "", "b"])
        #expect(text.pages.map(\.start) == [0, 3, 4])
        #expect(ExtractedText(json: try JSONParser.parse(text.json.text)) == text)
        #expect(ExtractedText(json: [:]) == nil)
    }

    // MARK: - Web pages

    @Test func aWebPageHasATitleAndText() {
        let page = WebPage(
            "<html><head><title> A \n title </title></head><body><p>Text.</p></body></html>".bytes, isHTML: true)
        #expect(page.json["title"] == "A title" && page.json["text"] == "Text.")
        let plain = WebPage("Only text.".bytes, isHTML: false)
        #expect(plain.json["title"] == .null && plain.json["text"] == "Only text.")
        #expect(WebPage("<html></html>".bytes, isHTML: true).json["error"]?["code"] == "no_text")
    }

    // MARK: - Kinds

    @Test func whatAFileIsStandsInIt() throws {
        let docx = try SampleFiles.docx(["x"])
        #expect(MediaType.recognise(docx, name: "a.zip") == .docx)
        #expect(MediaType.recognise(try SampleFiles.zip([("a.txt", "x")]), name: "a.docx") == nil)
        #expect(MediaType.recognise(SampleFiles.pdf(["x"]), name: "a.txt") == .pdf)
        #expect(MediaType.recognise([0xFF, 0xFE, 0x41, 0x00], name: "a") == .text)
        #expect(MediaType.recognise("caf\u{e9}".bytes, name: "a.markdown") == .markdown)
        #expect(MediaType.recognise("<b>x</b>".bytes, name: "a.htm") == .html)
        #expect(MediaType.recognise("<b>x</b>".bytes, name: "a.txt") == .text)
    }

    // MARK: - Passages

    @Test func shortPagesAreOnePassageEach() {
        let passages = PassageSplitter().passages(of: ExtractedText(pageTexts: ["One sentence.", " ", "Another one."]))
        #expect(passages.map(\.page) == [1, 3] && passages.map(\.text) == ["One sentence.", "Another one."])
        #expect(passages[1].start == 16)
    }

    /// Marks that combine are no word pieces, and a word without end is one.
    @Test(arguments: [String(repeating: "a\u{301}", count: 40_000), String(repeating: "x", count: 50_000)])
    func passagesHaveALimitOfCharacters(text: String) {
        let passages = PassageSplitter().passages(of: ExtractedText(pageTexts: [text]))
        #expect(passages.allSatisfy { $0.text.unicodeScalars.count <= ReaderLimits.passageScalars })
        #expect(passages.first?.start == 0 && passages.last?.end == text.unicodeScalars.count)
    }

    /// What has no word pieces at all would fit into the overlap again and again.
    @Test(arguments: ["\u{301}\n\n", "\u{200B}\u{301}\n\n", "\u{FE0F}.\n\n"]) func theOverlapHasALimitOfCharacters(
        unit: String
    ) {
        let text = String(repeating: unit, count: 20_000)
        let passages = PassageSplitter().passages(of: ExtractedText(pageTexts: [text]))
        #expect(
            passages.count < text.unicodeScalars.count / 200 && passages.last?.end ?? 0 > text.unicodeScalars.count - 5)
        for (one, next) in zip(passages, passages.dropFirst()) {
            #expect(next.start <= one.end + 2 && next.end > one.end)
            #expect(one.end - next.start <= ReaderLimits.passageScalars / 5)
        }
    }

    @Test func passagesWithinATableKnowTheNamesOfItsColumns() {
        let rows = (1...60).map { "Part \($0)\tbolt of steel, number \($0)\t\($0 * 3)" }
        let text =
            (["Prices of parts follow.", "", "Part\tDescription\tPrice"] + rows + [
                "", "All prices are net, as ever and everywhere.",
            ])
            .joined(separator: "\n")
        let passages = PassageSplitter().passages(of: ExtractedText(pageTexts: [text, "Part 7\tbolt"]))
        #expect(passages.first?.columns == nil)
        let within = passages.dropFirst().filter { $0.page == 1 && $0.text.hasPrefix("Part") }
        #expect(within.count > 1 && within.allSatisfy { $0.columns == "Part\tDescription\tPrice" })
        // The text is the document's own, and another page has other tables.
        #expect(within.allSatisfy { !$0.text.contains("Description") } && passages.last?.columns == nil)
        for passage in passages { #expect(Passage(json: passage.json) == passage) }
    }

    @Test func passagesOverlapBetweenSentences() {
        let text = (0..<60).map { "Sentence \($0) is about one thing only. " }.joined()
        let passages = PassageSplitter(targetPieces: 60, overlapPieces: 20).passages(
            of: ExtractedText(pageTexts: [text]))
        #expect(passages.count > 5)
        for (one, next) in zip(passages, passages.dropFirst()) {
            #expect(next.start < one.end && next.start > one.start && next.end > one.end)
            #expect(one.text.last == "." || one.text.last == " ")
        }
    }
}
