import DocumentReading
import FoundationEssentials
import JSONCoding
import ProductFixture
import TestSupport
import Testing

@testable import Documents

/// One page of a PDF: how it looks, and where its words stand.
@Suite struct PageJobTests {
    /// A word of the text, and its box in thousandths of the page.
    private struct Placed: Equatable {
        let word: String
        let box: [Int]
    }

    private func inFolder<Result>(_ bytes: [UInt8], _ body: (ReadingFolder) async throws -> Result) async throws
        -> Result
    {
        let parent = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let folder = try ReadingFolder(in: parent)
        try Data(bytes).write(to: URL(filePath: folder.original))
        return try await body(folder)
    }

    /// A page's text as it is searched, and the words that have places in it.
    private func read(_ bytes: [UInt8], page: Int = 1) async throws -> (text: String, words: [Placed]) {
        try await inFolder(bytes) { folder in
            let text = try await DocumentReader().read(folder.original, .pdf).text
            let stored: JSONValue = ["pages": [text.pages[page - 1].json]]
            try Data(stored.encoded).write(to: URL(filePath: folder.page))
            try await PageJob(folder, page: page).placeWords()
            let whole = Array(text.pages.map(\.text).joined(separator: "\u{c}").unicodeScalars)
            let json = try JSONParser.parse(Array(try Data(contentsOf: URL(filePath: folder.words))))
            let words = try (json.array ?? []).map { entry in
                let start = Int(try #require(entry["start"]?.int))
                let end = Int(try #require(entry["end"]?.int))
                let box = (entry["box"]?.array ?? []).map { Int((($0.double ?? -1) * 1000).rounded()) }
                return Placed(word: String(String.UnicodeScalarView(whole[start..<end])), box: box)
            }
            return (text.pages[page - 1].text, words)
        }
    }

    private func read(_ pdf: SamplePDF, page: Int = 1) async throws -> (text: String, words: [Placed]) {
        try await read(pdf.bytes, page: page)
    }

    /// Whether a box holds a point that is given in points from the lower left corner of a page of 612 by 792.
    private func holds(_ box: [Int], x: Double, y: Double) -> Bool {
        let (across, down) = (x / 612 * 1000, (792 - y) / 792 * 1000)
        return box.count == 4 && Double(box[0]) <= across && across <= Double(box[2]) && Double(box[1]) <= down
            && down <= Double(box[3])
    }

    // MARK: - Words

    @Test func everyWordHasItsPlaceInTheDocument() async throws {
        let pdf = SamplePDF([
            .init(SamplePDF.line("First page of all")), .init(SamplePDF.line("Two words here", x: 306, y: 396)),
        ])
        let (_, words) = try await read(pdf, page: 2)
        #expect(words.map(\.word) == ["Two", "words", "here"])
        #expect(holds(try #require(words.first).box, x: 308, y: 400))
    }

    @Test func aDividedWordHasAPlaceOnEachLine() async throws {
        let pdf = SamplePDF(
            SamplePDF.line("This is infor-") + SamplePDF.line("mation on AB-", y: 700)
                + SamplePDF.line("1234 now", y: 680))
        let (text, words) = try await read(pdf)
        #expect(text.contains("information") && text.contains("AB-1234"))
        #expect(words.map(\.word).joined(separator: "|") == "This|is|infor|mation|on|AB-|1234|now")
        #expect(words[2].box[1] < words[3].box[1] && words[5].box[1] < words[6].box[1])
    }

    @Test func hiddenWordsHaveNone() async throws {
        let pdf = SamplePDF(
            SamplePDF.line("The price is high") + "3 Tr\n" + SamplePDF.line("The price is low", y: 700) + "0 Tr\n"
                + SamplePDF.line("for all of us", y: 680))
        let (text, words) = try await read(pdf)
        #expect(!text.contains("low"))
        #expect(words.map(\.word).joined(separator: " ") == "The price is high for all of us")
        #expect(holds(words[1].box, x: 100, y: 724) && holds(words[4].box, x: 75, y: 684))
    }

    @Test func raisedDigitsKeepTheirPlaceOnThePage() async throws {
        let pdf = SamplePDF(
            "BT 72 720 Td /F1 12 Tf (A total of 10) Tj /F1 7 Tf 5 Ts (6) Tj /F1 12 Tf 0 Ts ( cells) Tj ET\n")
        let (text, words) = try await read(pdf)
        #expect(text == "A total of 10⁶ cells")
        #expect(words.map(\.word).joined() == "Atotalof10⁶cells")
    }

    /// The sheet is turned, so what stands at its upper left corner does so no more.
    @Test(arguments: [(90, [660, 1000, 0, 400]), (180, [500, 1000, 800, 1000]), (270, [0, 200, 600, 1000])])
    func ofATurnedPageThePlacesAreThoseThatAreSeen(rotation: Int, range: [Int]) async throws {
        let pdf = SamplePDF([.init(SamplePDF.line("Corner", x: 20, y: 770), entries: "/Rotate \(rotation)")])
        let word = try #require(try await read(pdf).words.first)
        #expect(word.word == "Corner" && word.box[0] >= range[0] && word.box[2] <= range[1], "\(word)")
        #expect(word.box[1] >= range[2] && word.box[3] <= range[3], "\(word)")
    }

    @Test func placesAreSharesOfWhatIsShownOfThePage() async throws {
        let entries = "/MediaBox [-100 -100 900 900] /CropBox [0 0 500 500]"
        let pdf = SamplePDF([.init(SamplePDF.line("Corner", x: 0, y: 480), entries: entries)])
        let word = try #require(try await read(pdf).words.first)
        #expect(word.box[0] == 0 && word.box[1] < 40 && word.box[3] > 30 && word.box[2] < 100, "\(word)")
    }

    @Test func linesFromRightToLeftHaveTheirPlaces() async throws {
        let words = [
            PDFWords.Word(text: "שלום", box: PDFBox(left: 0.5, top: 0, right: 0.9, bottom: 0.1), line: 1),
            PDFWords.Word(text: "עולם", box: PDFBox(left: 0.1, top: 0, right: 0.4, bottom: 0.1), line: 1),
        ]
        // As poppler writes a line on one side and its words on the other.
        for text in ["שלום עולם", "עולם שלום", "םלוע םולש"] {
            let places = PDFWordPlaces.find(words, in: text)
            let first = try #require(places.first { $0.box == words[0].box })
            let letters = String(String.UnicodeScalarView(Array(text.unicodeScalars)[first.start..<first.end]))
            #expect(places.count == 2 && letters.sorted() == "שלום".sorted(), "\(text)")
        }
    }

    @Test func whatIsTakenOutAndPutElsewhereDoesNotMoveTheRest() {
        let line = (0..<400).map { "word\($0)" }
        let words = line.enumerated().map { index, text in
            PDFWords.Word(
                text: text, box: PDFBox(left: 0, top: Double(index), right: 1, bottom: Double(index) + 1), line: index)
        }
        // A hundred words are gone, and two have changed places with their neighbours.
        var kept = Array(line[..<100] + line[200...])
        kept.swapAt(20, 21)
        kept.swapAt(250, 251)
        let text = kept.joined(separator: " ")
        let scalars = Array(text.unicodeScalars)
        let places = PDFWordPlaces.find(words, in: text)
        #expect(places.count == kept.count)
        for place in places {
            let word = String(String.UnicodeScalarView(scalars[place.start..<place.end]))
            #expect(word == "word\(Int(place.box.top))")
        }
    }

    @Test func aPageWithoutWordsHasNoPlaces() {
        #expect(PDFWordPlaces.find([], in: "").isEmpty && PDFWordPlaces.find([], in: "some text").isEmpty)
        let word = PDFWords.Word(text: "other", box: PDFBox(left: 0, top: 0, right: 1, bottom: 1), line: 1)
        #expect(PDFWordPlaces.find([word], in: "").isEmpty && PDFWordPlaces.find([word], in: "text").isEmpty)
    }

    // MARK: - Pictures

    /// Width and height by the head of a JPEG file (ITU T.81, B.2.2).
    private func size(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
        guard bytes.starts(with: [0xFF, 0xD8]) else { return nil }
        var place = 2
        while place + 8 < bytes.count, bytes[place] == 0xFF {
            if (0xC0...0xC2).contains(bytes[place + 1]) {
                return (
                    Int(bytes[place + 7]) << 8 | Int(bytes[place + 8]),
                    Int(bytes[place + 5]) << 8 | Int(bytes[place + 6])
                )
            }
            place += 2 + Int(bytes[place + 2]) << 8 + Int(bytes[place + 3])
        }
        return nil
    }

    private func drawn(_ pdf: SamplePDF, width: Int) async throws -> (width: Int, height: Int)? {
        try await inFolder(pdf.bytes) { folder in
            try await PageJob(folder, page: 1).draw(width: width)
            return size(Array(try Data(contentsOf: URL(filePath: folder.picture + ".jpg"))))
        }
    }

    @Test(arguments: [
        ("", 800, 1035), ("/Rotate 90", 800, 618), ("/CropBox [0 0 400 200]", 800, 400),
        // Twenty metres on each side, and strips that are hardly there.
        ("/MediaBox [0 0 56693 56693]", 800, 800), ("/MediaBox [0 0 14400 10]", 800, 1),
    ])
    func aPageIsDrawnAsWideAsItIsWanted(entries: String, width: Int, height: Int) async throws {
        let size = try #require(
            try await drawn(SamplePDF([.init(SamplePDF.line("Text"), entries: entries)]), width: 800))
        #expect(size.width == width && abs(size.height - height) <= 1, "\(size)")
    }

    @Test func aPageOfMorePixelsThanThereMayBeIsDrawnSmaller() async throws {
        for entries in ["/MediaBox [0 0 100 14400]", "/MediaBox [0 0 1 14400]", "/MediaBox [0 0 56693 900000]"] {
            let size = try #require(try await drawn(SamplePDF([.init("", entries: entries)]), width: 1600))
            #expect(
                size.width * size.height <= ReaderLimits.drawnPixels && size.height > size.width, "\(entries) \(size)")
        }
    }

    @Test func aFileThatIsNoPDFIsSaidToBeDamaged() async throws {
        await #expect(throws: ExtractionError.damaged("it cannot be opened as a PDF")) {
            try await inFolder(Array("%PDF-1.7 and nothing else".utf8)) { folder in
                try await PageJob(folder, page: 1).draw(width: 800)
            }
        }
    }
}
