import DocumentReading
import Documents
import FoundationEssentials
import ProductFixture
import TestSupport
import Testing

/// PDFs that are damaged, strange or more than is good.
@Suite struct PDFDamageTests {
    private let whole = SamplePDF((1...5).map { .init(SamplePDF.line("Page \($0) has words.")) })

    @Test func everyTenthOfAFileIsReadOrRefused() async throws {
        let bytes = whole.bytes
        for tenth in 1...9 {
            do {
                let (pages, report) = try await readPDF(Array(bytes.prefix(bytes.count * tenth / 10)))
                let isWhole = pages == (1...5).map { "Page \($0) has words." }
                #expect(isWhole || !report.warnings.isEmpty, "\(tenth) tenths: \(pages)")
            } catch let error as ExtractionError {
                #expect(["damaged", "no_text"].contains(error.code), "\(tenth) tenths")
            }
        }
    }

    @Test func whatStandsBeforeTheHeaderIsSkipped() async throws {
        #expect(try await readPDF(Array(repeating: 10, count: 700) + whole.bytes).pages.count == 5)
    }

    @Test func aTableOfPlacesThatIsWrongIsMadeAnew() async throws {
        let text = String(decoding: whole.bytes, as: UTF8.self)
        #expect(try await readPDF(Array(text.replacing("xref\n0 1", with: "xxxx\n0 9").utf8)).pages.count == 5)
        #expect(try await readPDF(Array(text.replacing("startxref\n", with: "startxref\n9").utf8)).pages.count == 5)
    }

    @Test(arguments: ["/Count 0 /Kids []", "/Count -1 /Kids [3 0 R]", "/Kids 7"]) func aFileWithoutPagesIsDamaged(
        pages: String
    ) async throws {
        let text = String(decoding: SamplePDF("").bytes, as: UTF8.self)
        let error = await #expect(throws: ExtractionError.self) {
            try await readPDF(Array(text.replacing("/Count 1 /Kids [3 0 R]", with: pages).utf8))
        }
        #expect(error.map { ["damaged", "no_text"].contains($0.code) } ?? false)
    }

    @Test func pagesBeyondTheLimitAreRefused() async {
        let many = SamplePDF((0...ReaderLimits.pages).map { _ in .init("") })
        let error = await #expect(throws: ExtractionError.self) { try await readPDF(many.bytes) }
        #expect(error?.code == "too_complex" && error?.detail.contains("5001 pages") ?? false)
    }

    /// As much hidden text as nobody takes out piece by piece: what is shown is kept.
    @Test func hiddenTextInThousandsOfPiecesIsLeftOut() async throws {
        let pieces = (0..<3000).map { "3 Tr (hid\($0 % 7) ) Tj 0 Tr (v) Tj 0 \($0 % 70 == 69 ? 621 : -9) Td" }.joined(
            separator: " ")
        let (pages, report) = try await readPDF(SamplePDF("BT /F1 8 Tf 72 700 Td \(pieces) ET").bytes)
        #expect(!pages[0].contains("hid") && pages[0].contains("v"))
        #expect(report.hiddenCount > 1000 && report.hidden.count <= 20 && report.warnings.count == 1)
    }

    @Test(arguments: ["[0 0 57000 57000]", "[0 0 1e12 1e12]", "[0 0 0 0]", "[5 5]", "[0 0 1 40000]"])
    func pagesOfEverySizeAreRead(box: String) async throws {
        let page = SamplePDF.Page(
            SamplePDF.line("Words.") + "1 g " + SamplePDF.line("Light.", y: 600), entries: "/MediaBox \(box)")
        do { _ = try await readPDF(SamplePDF([page]).bytes) } catch { #expect(error is ExtractionError) }
    }

    @Test func fieldsOfAFormHaveTheirValues() async throws {
        func field(_ entries: String, y: Int) -> String {
            "<< /Type /Annot /Subtype /Widget /F 4 /Rect [200 \(y) 400 \(y + 20)] /DA (/Helv 12 Tf 0 g) \(entries) >>"
        }
        var pdf = SamplePDF([
            .init(
                SamplePDF.line("Name:") + SamplePDF.line("Married:", y: 600),
                entries: "/Annots [1000 0 R 1001 0 R 1002 0 R]")
        ])
        pdf.objects = [
            field("/FT /Tx /T (name) /V (Jane Miller)", y: 715),
            field("/FT /Ch /Ff 131072 /T (plan) /V (Plan Plus) /Opt [(Basic) (Plan Plus)]", y: 675),
            field("/FT /Btn /T (married) /V /Yes /AS /Yes /MK << /CA (4) >>", y: 595),
        ]
        pdf.catalog =
            "/AcroForm << /Fields [1000 0 R 1001 0 R 1002 0 R] /DA (/Helv 12 Tf 0 g) /DR << /Font << /Helv << /Type /Font "
            + "/Subtype /Type1 /BaseFont /Helvetica >> /ZaDb << /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >> >> >> >>"
        let text = try await readPDF(pdf.bytes).pages[0]
        #expect(text.contains("Jane Miller") && text.contains("Plan Plus") && text.contains("✔"))
    }
}
