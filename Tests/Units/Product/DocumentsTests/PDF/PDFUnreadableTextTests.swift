import DocumentReading
import Documents
import FoundationEssentials
import ProductFixture
import TestSupport
import Testing

@testable import Documents

/// Fonts that do not say which characters they show.
@Suite struct PDFUnreadableTextTests {
    /// A font by the numbers of its drawings.
    private static let numbered =
        "<< /Type /Font /Subtype /Type0 /BaseFont /ABCDEF+Some /Encoding /Identity-H /DescendantFonts [ << /Type /Font "
        + "/Subtype /CIDFontType2 /BaseFont /ABCDEF+Some /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) "
        + "/Supplement 0 >> /DW 600 >> ] >>"

    /// Text by such numbers, which are so many less than the characters.
    private func line(_ text: String, less: Int, y: Double = 720) -> String {
        SamplePDF.wide(
            String(text.unicodeScalars.map { Character(Unicode.Scalar(UInt16(Int($0.value) - less)) ?? " ") }), y: y
        )
        .replacing("/F1", with: "/F2")
    }

    private func pdf(_ pages: [String]) -> SamplePDF {
        var pdf = SamplePDF(pages.map { .init($0) })
        pdf.fonts["F2"] = Self.numbered
        return pdf
    }

    @Test(arguments: [29, -0xE000, -0xF000, 0x20 - 1]) func aFileOfThemAloneIsNotSaidToHoldPictures(less: Int)
        async throws
    {
        var only = pdf([line("Hello world this is the text.", less: less)])
        only.fonts["F1"] = nil
        let error = await #expect(throws: ExtractionError.self) { try await readPDF(only) }
        #expect(error?.code == "no_text" && error?.detail.contains("cannot be read as text") ?? false)
        #expect(error?.detail.contains("picture") == false)
    }

    @Test func aPageOfThemIsNamedAndNotIndexed() async throws {
        let (pages, report) = try await readPDF(
            pdf([SamplePDF.line("A page to read."), line("Hello world this is the text.", less: -0xE000)]))
        #expect(pages == ["A page to read.", ""])
        #expect(report.warnings.count == 1 && report.warnings[0].contains("page 2 cannot be read as text"))
    }

    @Test func aPictureIsStillAPicture() async {
        let error = await #expect(throws: ExtractionError.self) { try await readPDF(SamplePDF("0 0 100 100 re f")) }
        #expect(error?.code == "no_text" && error?.detail.contains("None can be made out in its pictures") == true)
    }

    @Test(arguments: [
        ("Words of a page.", UnreadableText.Finding.readable), ("", .doubtful), ("保証期間は購入日から", .readable),
        ("\u{E001}\u{E002}\u{E003} a", .unreadable), ("\u{FFFD}\u{FFFD}", .unreadable), ("+HOOR\u{3}ZRUOG", .doubtful),
        ("1 2 3 4", .readable), ("\u{F0B7} One thing\n\u{F0B7} Another thing, longer than that", .readable),
    ])
    func theTextItselfTellsMost(text: String, finding: UnreadableText.Finding) {
        #expect(UnreadableText.finding(text) == finding)
    }

    @Test func bulletsOfSymbolFontsAreBullets() {
        #expect(UnreadableText.mappingBullets("\u{F0B7} One\n\u{F0A7} Two \u{F041}") == "• One\n• Two \u{F041}")
    }

    @Test func capitalsAloneAreRead() async throws {
        let (pages, report) = try await readPDF(
            SamplePDF(SamplePDF.line("THIS IS A NOTICE IN CAPITALS, NO. 12 OF 30.")))
        #expect(pages == ["THIS IS A NOTICE IN CAPITALS, NO. 12 OF 30."] && report == ReadingReport())
    }
}
