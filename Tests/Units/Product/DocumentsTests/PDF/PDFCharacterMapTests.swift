import DocumentReading
import ProductFixture
import Testing

@testable import Documents

/// East Asian PDFs whose fonts are not embedded.
@Suite struct PDFCharacterMapTests {
    private func text(_ pdf: SamplePDF) async throws -> String {
        try await DocumentReader().read(pdf.bytes, .pdf).pages.map(\.text).joined(separator: "\n")
    }

    private func pdf(_ text: String, _ font: String, _ collection: String, _ map: String) -> SamplePDF {
        var pdf = SamplePDF(SamplePDF.wide(text))
        pdf.fonts = ["F1": SamplePDF.eastAsian(font, collection, map: map)]
        return pdf
    }

    @Test(arguments: [
        ("保証期間は二年", "HeiseiMin-W3", "Japan1", "UniJIS-UCS2-H"), ("会議は火曜日", "KozMinPr6N", "Japan1", "UniJIS-UTF16-H"),
        ("회의는화요일", "HYSMyeongJo-Medium", "Korea1", "UniKS-UCS2-H"), ("회의는화요일", "HYGothic", "Korea1", "UniKS-UTF16-H"),
        ("會議時間", "MSung-Light", "CNS1", "UniCNS-UCS2-H"), ("會議時間", "MHei-Medium", "CNS1", "UniCNS-UTF16-H"),
        ("会议时间", "STSong-Light", "GB1", "UniGB-UCS2-H"), ("会议时间", "STHeiti", "GB1", "UniGB-UTF16-H"),
    ])
    func theStandardMapsAreRead(words: String, font: String, collection: String, map: String) async throws {
        #expect(try await text(pdf(words, font, collection, map)) == words)
    }

    /// As some programs write it: the map of another collection, for the same codes.
    @Test(arguments: [
        ("會議時間", "MSung-Light", "CNS1", "UniGB-UCS2-H"), ("會議時間", "MHei-Medium", "CNS1", "UniGB-UTF16-H"),
        ("会议时间", "STSong-Light", "GB1", "UniCNS-UCS2-H"), ("회의는화요일", "HYGothic", "Korea1", "UniJIS-UCS2-H"),
    ])
    func aMapOfAnotherCollectionIsTakenForTheRightOne(
        words: String, font: String, collection: String, map: String
    ) async throws {
        #expect(try await text(pdf(words, font, collection, map)) == words)
    }

    @Test func theRightMapIsFoundForADescendantOfItsOwn() async throws {
        var pdf = SamplePDF(SamplePDF.wide("會議") + SamplePDF.wide("会议", y: 700).replacing("/F1", with: "/F2"))
        pdf.fonts = ["F1": "1000 0 R", "F2": "1001 0 R"]
        pdf.objects = [
            "<< /Type /Font /Subtype /Type0 /BaseFont /MSung /Encoding /UniGB-UCS2-H /DescendantFonts [1002 0 R] >>",
            SamplePDF.eastAsian("STSong-Light", "GB1", map: "UniGB-UCS2-H"),
            "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /MSung /CIDSystemInfo << /Registry (Adobe) "
                + "/Ordering (CNS1) /Supplement 0 >> /DW 1000 >>",
        ]
        let found = try await text(pdf)
        #expect(found.contains("會議") && found.contains("会议"))
    }

    @Test func onlyFontsOfThatCollectionAreMended() throws {
        let bytes = Array(
            ("1 0 obj << /Encoding /UniGB-UCS2-H /Ordering (GB1) >> endobj 2 0 obj <</Encoding /UniGB-UCS2-H/X(CNS1)>> endobj"
                + " 3 0 obj <</Encoding /UniGB-UCS2-H /DescendantFonts [11 0 R]>> endobj 11 0 obj (CNS1) endobj").utf8)
        let said = "Syntax Error: Couldn't find 'UniGB-UCS2-H' CMap file for 'Adobe-CNS1' collection\n"
        let mended = try #require(PDFCharacterMaps.mended({ bytes }, said))
        #expect(mended.count == bytes.count)
        #expect(
            String(decoding: mended, as: UTF8.self)
                == "1 0 obj << /Encoding /UniGB-UCS2-H /Ordering (GB1) >> endobj 2 0 obj <</Encoding/UniCNS-UCS2-H/X(CNS1)>> endobj"
                + " 3 0 obj <</Encoding/UniCNS-UCS2-H /DescendantFonts [11 0 R]>> endobj 11 0 obj (CNS1) endobj")
        #expect(
            PDFCharacterMaps.mended({ bytes }, "Couldn't find 'Other-H' CMap file for 'Adobe-CNS1' collection") == nil)
        #expect(PDFCharacterMaps.mended({ bytes }, "Couldn't find '") == nil)
        #expect(PDFCharacterMaps.mended({ Array("/UniGB-UCS2-H".utf8) }, said) == nil)
    }

    @Test func whatIsNotInstalledIsNamed() {
        let said =
            "Syntax Error: Missing language pack for 'Adobe-Korea1' mapping\nSyntax Error: Missing language pack for "
            + "'Adobe-Japan1' mapping\nSyntax Error: Missing language pack for 'x\u{1b}[31m' mapping"
        #expect(PDFCharacterMaps.missing(said) == ["Adobe-Japan1", "Adobe-Korea1"])
        #expect(PDFCharacterMaps.missing("") == [])
        #expect(PDFCharacterMaps.complaint(["Adobe-GB1"]).contains("Adobe-GB1 cannot be read"))
    }
}
