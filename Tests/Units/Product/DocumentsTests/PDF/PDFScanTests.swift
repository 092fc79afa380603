import DocumentReading
import FoundationEssentials
import JSONCoding
import ProductFixture
import TestSupport
import Testing

@testable import Documents

/// Pages that are pictures of text.
@Suite struct PDFScanTests {
    /// A page that shows a picture of another one, and holds no text.
    private func scan(of content: String) async throws -> (page: SamplePDF.Page, picture: String) {
        let parent = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let folder = try ReadingFolder(in: parent)
        try Data(SamplePDF(content).bytes).write(to: URL(filePath: folder.original))
        try await PageJob(folder, page: 1).draw(width: 1600)
        let hex =
            try Data(contentsOf: URL(filePath: folder.picture + ".jpg")).map { byte in
                String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }.joined() + ">"
        let head =
            "<< /Type /XObject /Subtype /Image /Width 1600 /Height 2071 /ColorSpace /DeviceRGB /BitsPerComponent 8 "
            + "/Filter [/ASCIIHexDecode /DCTDecode] /Length \(hex.utf8.count) >>"
        return (.init("q 612 0 0 792 0 0 cm /Scan Do Q"), "\(head)\nstream\n\(hex)\nendstream")
    }

    private let lines = ["The depot opens at seven", "in the morning and closes", "at half past five."]

    private func content() -> String {
        lines.enumerated().map { SamplePDF.line($0.element, size: 20, y: 700 - 30 * Double($0.offset)) }.joined()
    }

    private func mixed() async throws -> SamplePDF {
        let (page, picture) = try await scan(of: content())
        var pdf = SamplePDF([.init(SamplePDF.line("A page of text.")), page, .init("")])
        pdf.resources = "/XObject << /Scan 1000 0 R >>"
        pdf.objects = [picture]
        return pdf
    }

    @Test func aFileOfTextAndPicturesIsReadPageByPage() async throws {
        let (pages, report) = try await readPDF(try await mixed())
        #expect(pages == ["A page of text.", lines.joined(separator: "\n"), ""])
        #expect(report.recognised.map(\.page) == [2] && report.warnings == [])
        let confidence = try #require(report.recognised.first).confidence
        #expect((0.7...1).contains(confidence))
        #expect(report.json["ocr"]?.array?.first?["page"] == 2)
    }

    @Test func theWordsOfAPictureHaveTheirPlaces() async throws {
        let pdf = try await mixed()
        let text = lines.joined(separator: "\n")
        let parent = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try Data(pdf.bytes).write(to: URL(filePath: parent + "/original"))
        let words = try await PDFPage(PDFPrograms(path: parent + "/original"), 2).words()
        let places = PDFWordPlaces.find(words, in: text)
        #expect(places.count == 14)
        // Where the line was drawn, 72 points from the left and 700 from the bottom.
        let first = try #require(places.first)
        #expect(abs(first.box.left - 72.0 / 612) < 0.01 && first.box.top < 92.0 / 792 && first.box.bottom > 80.0 / 792)
        let last = try #require(places.last)
        #expect(last.box.top > first.box.bottom)
    }

    @Test func theSampleNoticeIsReadWithoutAnError() async throws {
        let (pages, report) = try await readPDF(try Fixtures.bytes(Fixtures.library + "/site-notice.pdf"))
        let confidence = try #require(report.recognised.first).confidence
        #expect(pages.count == 1 && confidence > 0.9)
        let text = pages[0].split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for words in [
            "The limit is lowered from 100 to 60 bar until the wall is finished.", "06:40, 07:20 and 08:50",
            "Test bay and dispatch go to POINT D at the north gate.",
        ] {
            #expect(text.contains(words))
        }
    }

    @Test func aPictureThatIsTooUnclearIsSaidToBe() async throws {
        let bytes = try Fixtures.bytes(Fixtures.golden + "/documents/pillow-picture.pdf")
        let error = await #expect(throws: ExtractionError.self) { try await readPDF(bytes) }
        #expect(error?.code == "no_text" && error?.detail.contains("page 1 is a picture that is too unclear") == true)
    }

    /// A page that is a strip of 14400 by 30 points, and one that is a picture of 20 metres.
    @Test(arguments: ["/MediaBox [0 0 14400 30]", "/MediaBox [0 0 14400 14400] /UserUnit 4"])
    func aPageThatCannotBeReadLeavesTheOthers(entries: String) async throws {
        let (page, picture) = try await scan(of: content())
        var pdf = SamplePDF([
            .init(SamplePDF.line("A page of text.")), page, .init("q 14400 0 0 30 0 0 cm /Scan Do Q", entries: entries),
        ])
        pdf.resources = "/XObject << /Scan 1000 0 R >>"
        pdf.objects = [picture]
        let (pages, _) = try await readPDF(pdf)
        #expect(pages[0] == "A page of text." && pages[1] == lines.joined(separator: "\n"))
    }

    @Test func whatTakesTooLongIsSaidToBeTooMuch() async throws {
        let recognition = try TextRecognition()
        let picture =
            Array("P5 3000 3000 255 ".utf8)
            + (0..<9_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        let error = await #expect(throws: ExtractionError.self) {
            _ = try await recognition.text(of: picture, dots: 300, before: .now)
        }
        #expect(error?.code == "too_complex")
    }

    @Test func whatIsNotInstalledIsNamed() async throws {
        let recognition = try TextRecognition(languages: ["eng", "xx_Yyyy"])
        let missing = await #expect(throws: TextRecognition.Missing.self) {
            _ = try await recognition.text(
                of: Array("P5 1 1 255 \u{0}".utf8), dots: 300, before: .now + .seconds(60))
        }
        #expect(missing?.packages == ["tesseract-ocr-xx-yyyy"])
    }

    // MARK: - What tesseract says

    /// One word a line: block, paragraph, line, confidence, text.
    private func output(_ words: [(Int, Int, Int, Double, String)]) -> [UInt8] {
        var text = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
        text += "1\t1\t0\t0\t0\t0\t0\t0\t100\t100\t-1\t\n"
        for word in words { text += "5\t1\t\(word.0)\t\(word.1)\t\(word.2)\t1\t10\t20\t30\t40\t\(word.3)\t\(word.4)\n" }
        return Array(text.utf8)
    }

    @Test func linesAndParagraphsAreThoseOfThePicture() {
        let found = RecognisedText(
            output([
                (1, 1, 1, 90, "One"), (1, 1, 1, 90, "infor-"), (1, 1, 2, 90, "mation"), (1, 1, 2, 90, "AB-"),
                (1, 1, 3, 90, "1234"), (1, 1, 4, 90, "–"), (1, 2, 1, 90, "two"), (2, 1, 1, 90, "three"),
            ]))
        #expect(found.text == "One information AB-1234\n–\n\ntwo\n\nthree")
        #expect(found.words.map(\.text) == ["One", "infor-", "mation", "AB-", "1234", "–", "two", "three"])
        #expect(found.words.first?.box == PDFBox(left: 10, top: 20, right: 40, bottom: 60))
    }

    @Test func longWordsCountMoreForHowSureItIs() {
        #expect(RecognisedText(output([(1, 1, 1, 100, "abc"), (1, 1, 1, 0, "d")])).confidence == 0.75)
        #expect(RecognisedText(output([(1, 1, 1, -1, "abc")])).confidence == 0)
        for nothing in [output([]), [], Array("nonsense\t\n5\t1".utf8), output([(1, 1, 1, 90, " ")])] {
            let found = RecognisedText(nothing)
            #expect(found.text.isEmpty && found.words.isEmpty && found.confidence == 0)
        }
    }
}
