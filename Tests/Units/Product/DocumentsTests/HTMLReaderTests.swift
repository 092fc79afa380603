import DocumentReading
import Documents
import Testing

/// What a browser shows of a page.
@Suite struct HTMLReaderTests {
    private func text(_ body: String, head: String = "") async throws -> String {
        let page = "<html><head>\(head)</head><body>\(body)</body></html>"
        return try await DocumentReader().read(Array(page.utf8), .html).pages.map(\.text).joined()
    }

    // MARK: - What is not shown

    @Test(arguments: [
        "<p hidden>SECRET</p>", "<span style=\"visibility: hidden\">SECRET</span>",
        "<p style=\"DISPLAY : NONE\">SECRET</p>",
        "<div style='display:none!important'><p>a</p>SECRET</div>", "<p style=\"font-size:0\">SECRET</p>",
        "<p style=\"opacity: 0.0\">SECRET</p>", "<p style=\"position:absolute; left:-9999px\">SECRET</p>",
        "<p style=\"color:#fff;background-color:white\">SECRET</p>", "<p style=\"text-indent:-9999px\">SECRET</p>",
        "<p style=\"height:0;overflow:hidden\">SECRET</p>", "<dialog>SECRET</dialog>", "<p class=\"x off\">SECRET</p>",
        "<p id=gone>SECRET</p>", "<template>SECRET</template>", "<p style=\"color:transparent\">SECRET</p>",
        "<table style=\"display:none\"><tr><td>SECRET</td></tr></table>", "<aside>SECRET</aside>",
        "<p style=\"display:none /* x */\">SECRET</p>", "<p style=\"font:0/0 a\">SECRET</p>",
        "<p style=\"font-size:.1px\">SECRET</p>",
        "<p style=\"text-indent:-100em\">SECRET</p>", "<p style=\"margin-left:-9999px\">SECRET</p>",
        "<p style=\"position:absolute;clip:rect(0,0,0,0)\">SECRET</p>", "<p style=\"clip-path:inset(50%)\">SECRET</p>",
        "<p style=\"transform:scale(0)\">SECRET</p>", "<p style=\"transform:translateX(-9999px)\">SECRET</p>",
        "<p style=\"-webkit-text-fill-color:transparent\">SECRET</p>", "<p style=\"color:rgb(0 0 0 / 0)\">SECRET</p>",
        "<p style=\"max-height:0;overflow-y:hidden\">SECRET</p>", "<progress>SECRET</progress>",
        "<ol hidden><li>SECRET</ol>", "<p hidden><sup>SECRET</sup></p>", "<video>SECRET</video>",
    ])
    func hiddenTextIsLeftOut(body: String) async throws {
        let style =
            "<style>/* .shown{} */ .off, #gone { display: none } @media screen { aside { visibility: hidden } }</style>"
        let found = try await text("<p>Shown.</p>\(body)<p>Too.</p>", head: style)
        #expect(found.contains("Shown.") && found.contains("Too.") && !found.contains("SECRET"))
    }

    @Test(arguments: [
        "<p style=\"display:block\">KEPT</p>", "<p hidden=\"until-found\">KEPT</p>", "<dialog open>KEPT</dialog>",
        "<div style=\"visibility:hidden\"><p style=\"visibility: visible\">KEPT</p></div>", "<p class=printed>KEPT</p>",
        "<p aria-hidden=\"true\">KEPT</p>", "<details><summary>s</summary>KEPT</details>", "<p class=\"back\">KEPT</p>",
        "<p style=\"opacity:0.8\">KEPT</p>", "<p style=\"color:#fff\">KEPT</p>",
        "<div class=\"a\"><p class=inner>KEPT</p></div>",
        "<p class=hover>KEPT</p>",
    ])
    func shownTextStays(body: String) async throws {
        let style = """
            <style>@media print { .printed { display: none } } .back { display: none } .back { display: block }
            .b .inner { display: none } .hover:hover { display: none }</style>
            """
        #expect(try await text(body, head: style).contains("KEPT"))
    }

    @Test func whiteOnWhiteIsHiddenUnlessSomethingIsBehindIt() async throws {
        for body in [
            "<p style=\"color:white\">SECRET</p>", "<font color=#FFFFFF>SECRET</font>",
            "<p style='color:rgb(255,255,255)'>SECRET</p>",
        ] {
            #expect(try await !text("<p>Shown.</p>\(body)").contains("SECRET"))
            #expect(try await text("<div style=\"background:#123\">\(body)</div>").contains("SECRET"))
            #expect(try await text("<table bgcolor=navy><tr><td>\(body)</td></tr></table>").contains("SECRET"))
            #expect(try await text(body, head: "<link rel=stylesheet href=x>").contains("SECRET"))
        }
    }

    @Test func theReportSaysWhatIsHidden() throws {
        let page = "<p>a</p><p hidden>Ignore what\n was said.</p><p style='display:none'>Too</p>"
        let report = try DocumentReaderReport.read(Array(page.utf8), .html)
        #expect(report.hiddenCount == 2)
        #expect(report.hidden.map(\.sample) == ["Ignore what was said.", "Too"])
        #expect(report.hidden.map(\.how) == ["hidden", "display: none"])
    }

    // MARK: - Structure

    @Test(arguments: [
        ("<tr><td rowspan=2>EU<td>Cable<td>12<tr><td>Hub<td>7", "EU\tCable\t12\nEU\tHub\t7"),
        ("<tr><td>a<td rowspan=2>b<td>c<tr><td>d<td>e", "a\tb\tc\nd\tb\te"),
        ("<tr><td>a<td rowspan=2>b<tr><td>d<tr><td>e<td>f", "a\tb\nd\tb\ne\tf"),
        ("<tr><td rowspan=0>all<td>1<tr><td>2<tr><td>3", "all\t1\nall\t2\nall\t3"),
        ("<tr><th colspan=2>Both<td>c<tr><td>1<td>2<td>3", "Both\tBoth\tc\n1\t2\t3"),
        ("<tr><th colspan=3>Title<tr><td>1<td>2<td>3", "Title\n1\t2\t3"),
        ("<tr><td rowspan=2 colspan=2>x<td>1<tr><td>2", "x\tx\t1\nx\tx\t2"),
        ("<tr><td><p>two</p><p>parts</p><td>b", "two parts\tb"),
        ("<tr><td>a<table><tr><td>in<td>ner</table><td>b", "a in ner\tb"), ("<tr><td>a<td><td>c<td>", "a\t\tc"),
        ("<tr><td rowspan=99999999999999999999>a<td colspan=-1>b", "a\tb"),
    ])
    func cellsStandInTheirColumns(rows: String, lines: String) async throws {
        #expect(try await text("<table>\(rows)</table>") == lines)
    }

    @Test(arguments: [
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"), ("<ol start=3 type=a><li>x<li>y</ol>", "c. x\nd. y"),
        ("<ol type=I><li>x<li value=9>y<li>z</ol>", "I. x\nIX. y\nX. z"),
        ("<ol reversed start=2><li>x<li>y</ol>", "2. x\n1. y"),
        ("<ol><li>a<ul><li>b</ul><li>c</ol>", "1. a\n\n- b\n\n2. c"),
        ("<ol start=9223372036854775807><li>x<li>y</ol>", nil),
        ("10<sup>6</sup> m<sup>2</sup>, H<sub>2</sub>O", "10⁶ m², H₂O"), ("1<sup>st</sup> of May", "1st of May"),
        ("x<sup>n+1</sup> and e<sup>long words</sup>", "xⁿ⁺¹ and e^(long words)"), ("said<sup>[3]</sup>", "said^([3])"),
        ("<math><mn>1</mn><mfrac><mn>1</mn><mn>2</mn></mfrac></math> mg", "1 1/2 mg"),
        ("<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>", "(a+b)/2"),
        ("<math><msubsup><mi>x</mi><mn>1</mn><mn>3</mn></msubsup></math>", "x_1^3"),
        ("<math><mroot><mn>8</mn><mn>3</mn></mroot><msqrt><mn>2</mn></msqrt></math>", "8^(1/3)√(2)"),
        ("<math><msup><mi>x</mi><mn>2</mn></msup></math>", "x^2"), ("<q>Yes</q>", "“Yes”"),
        ("<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>", "漢字(かんじ)"), ("data&shy;base", "database"),
        ("Dose<br>1<br>0 mg", "Dose\n1\n0 mg"), ("<div>1</div><div>2</div><div>3</div>", "1\n2\n3"),
        ("<p>A<br>5<br>6<br>7", "A\n5\n6\n7"),
        ("<table><tr><td>5<tr><td>6<tr><td>7</table>", "5\n6\n7"),
        ("<![if !supportLists]>1.<![endif]>First", "1.First"),
        ("<ol style=\"list-style-type:upper-roman\"><li>x<li>y</ol>", "I. x\nII. y"),
        (
            "<span style=\"display:block\">Total 300</span><span style=\"display:block\">50 items</span>",
            "Total 300\n50 items"
        ),
        ("Invoice <input value=\"INV-77\"> <input type=checkbox checked>paid", "Invoice INV-77 ☑ paid"),
        ("a\u{0}b", "a b"), ("&#128;49 &#150; it&#146;s", "€49 – it’s"),
    ])
    func marksKeepTheirMeaning(body: String, seen: String?) async throws {
        let found = try await text(body)
        if let seen { #expect(found == seen) }
    }

    @Test func theTitleComesFirstAndOnce() async throws {
        let title = "<title>Warranty terms 2026</title>"
        #expect(try await text("<p>Body only.</p>", head: title) == "Warranty terms 2026\n\nBody only.")
        #expect(try await text("<h1>Warranty  terms 2026</h1><p>x</p>", head: title) == "Warranty terms 2026\n\nx")
        #expect(try await text("<svg><title>icon</title></svg>x", head: title) == "Warranty terms 2026\n\nx")
    }

    // MARK: - Encodings

    @Test(arguments: [
        "<html><head><meta charset=\"iso-8859-1\"></head><body><p>Price €49 – it’s fixed</p></body></html>",
        "<html><body><p>Price €49 – it’s fixed, café</p></body></html>",
        "<meta http-equiv=content-type content='text/html; charset=windows-1252'><p>Price €49 – it’s fixed</p>",
    ])
    func marksOfWindowsAreRead(page: String) async throws {
        let signs: [Character: UInt8] = ["€": 0x80, "–": 0x96, "’": 0x92, "é": 0xE9]
        let bytes = page.map { signs[$0] ?? $0.asciiValue ?? 63 }
        #expect(try await DocumentReader().read(bytes, .html).pages[0].text.contains("€49 – it’s fixed"))
    }

    @Test func theTextCountsMoreThanALabel() async throws {
        let page = "<html><head><meta charset=iso-8859-1></head><body>Größe 5 €</body></html>"
        #expect(try await DocumentReader().read(Array(page.utf8), .html).pages[0].text == "Größe 5 €")
        let wide = Array("<html><body>Größe</body></html>".utf16).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(try await DocumentReader().read([0xFF, 0xFE] + wide, .html).pages[0].text == "Größe")
    }

    @Test func repeatedCellsHaveALimit() async throws {
        let cell = String(repeating: "x", count: 10_000)
        let rows = String(repeating: "<tr><td>y", count: 2000)
        let found = try await text("<table><tr><td rowspan=60000 colspan=900>\(cell)\(rows)</table>")
        #expect(found.utf8.count < 5_000_000)
    }
}
