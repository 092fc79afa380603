import DocumentReading
import Documents
import FoundationEssentials
import JSONCoding
import SentenceUnits
import TestSupport
import Testing
import WordPieces

@Suite struct DocumentsTests {
    private let reader = DocumentReader()

    /// The repository's own awkward files, its sample library, and the files of other projects beside it if they are there.
    private static let folders =
        [Fixtures.golden + "/documents", Fixtures.library] + (Fixtures.hasData ? [Fixtures.data + "/parsers"] : [])

    // Reading scans takes seconds for a page, beside all other tests many.
    @Test(.timeLimit(.minutes(6)), arguments: folders)
    func everyAwkwardFileGivesTextOrATypedError(folder: String) async throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            !$0.contains("expected") && $0 != "README.md"
        }
        #expect(names.count >= 10)
        var codes: [String: String] = [:]
        for name in names {
            let bytes = try Fixtures.bytes(folder + "/" + name)
            guard let type = MediaType.recognise(Array(bytes.prefix(MediaType.prefixBytes)), name: name) else {
                Issue.record("\(name) is not recognised")
                continue
            }
            do {
                let text = try await reader.read(bytes, type)
                #expect(!text.isBlank, "\(name)")
                checkOffsets(text)
            } catch let error as ExtractionError {
                codes[name] = error.code
            }
        }
        let locked = ["py-pdf-libreoffice-writer-password.pdf", "reportlab-password.pdf"]
        let empty = [
            "mammoth-empty.docx", "py-pdf-grayscale-image.pdf", "pillow-picture.pdf", "python-docx-empty.docx",
        ]
        for name in locked where names.contains(name) { #expect(codes[name] == "password_protected") }
        for name in empty where names.contains(name) { #expect(codes[name] == "no_text") }
        #expect(codes.values.allSatisfy { ["password_protected", "no_text"].contains($0) }, "\(codes)")
        if folder.hasSuffix("/parsers") { #expect(names.count > 30) }
    }

    /// What was put into each file is found on its page again, and what nobody sees is not.
    @Test func awkwardFilesHoldWhatWasPutIntoThem() async throws {
        let folder = Fixtures.golden + "/documents/"
        let expected = try JSONParser.parse(try Fixtures.bytes(folder + "expected.json"))
        let files = try #require(expected.object)
        #expect(files.members.count == 13)
        for (name, file) in files.members {
            let bytes = try Fixtures.bytes(folder + name)
            let type = try #require(MediaType.recognise(Array(bytes.prefix(MediaType.prefixBytes)), name: name))
            do {
                let text = try await reader.read(bytes, type)
                #expect(file["error"] == nil, "\(name) was read")
                let pages = file["pages"]?.object?.members ?? []
                #expect(text.pages.count == pages.count, "\(name)")
                for (number, words) in pages {
                    let page = try #require(text.pages.first { String($0.number) == number }).text
                    for words in (words.array ?? []).compactMap(\.string) {
                        #expect(page.contains(words), "\(name), page \(number): \(page)")
                    }
                }
                let whole = text.pages.map(\.text).joined(separator: "\n")
                for words in (file["absent"]?.array ?? []).compactMap(\.string) {
                    #expect(!whole.contains(words), "\(name): \(whole)")
                }
            } catch let error as ExtractionError {
                #expect(error.code == file["error"]?.string, "\(name)")
            }
        }
    }

    /// Every page and passage is found again by its offsets in the joined text.
    private func checkOffsets(_ text: ExtractedText) {
        let whole = Array(text.pages.map(\.text).joined(separator: "\u{c}").unicodeScalars)
        for passage in PassageSplitter().passages(of: text) {
            #expect(String(String.UnicodeScalarView(whole[passage.start..<passage.end])) == passage.text)
            #expect(WordPieceTokenizer.shared.count(passage.text) <= PassageSplitter.maximumPieces)
        }
    }

    @Test func passagesCoverEverySentenceAndStayOnTheirPage() {
        let sentences = (0..<400).map { "Sentence number \($0) speaks of birds that hardly ever land. " }.joined()
        let text = ExtractedText(pageTexts: [sentences, "", "Short page.\n\n" + sentences])
        let passages = PassageSplitter().passages(of: text)
        checkOffsets(text)
        #expect(Set(passages.map(\.page)) == [1, 3])
        for number in 0..<400 { #expect(passages.contains { $0.text.contains("number \(number) speaks") }) }
    }

    @Test func cutsAWordWithoutEnd() {
        let text = ExtractedText(pageTexts: [
            String(repeating: "x", count: 20_000), String(repeating: "漢", count: 5000),
        ])
        checkOffsets(text)
        #expect(!PassageSplitter().passages(of: text).isEmpty)
    }

    @Test func keepsAbbreviationsTogether() {
        let text = Array("Dr. Smith paid $1.50 for it. Then he left! See fig. 3. Done".unicodeScalars)
        let units = SentenceSplitter.units(text).map { String(String.UnicodeScalarView(text[$0])) }
        #expect(units == ["Dr. Smith paid $1.50 for it.", "Then he left!", "See fig. 3.", "Done"])
    }

    @Test(arguments: [
        ("%PDF-1.4 …", "a.txt", MediaType.pdf), ("<!DOCTYPE html><p>x", "x", .html), ("# Title", "a.md", .markdown),
        ("words", "a.pdf", .text),
    ])
    func recognisesByContent(content: String, name: String, type: MediaType) {
        #expect(MediaType.recognise(Array(content.utf8), name: name) == type)
    }

    @Test func refusesWhatIsNoDocument() {
        #expect(MediaType.recognise([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], name: "a.pdf") == nil)
        #expect(MediaType.recognise(Array("PK\u{3}\u{4}visio/document.xml".utf8), name: "a.docx") == nil)
        #expect(MediaType.recognise([0x7F, 0x45, 0x4C, 0x46, 0, 1], name: "a.txt") == nil)
    }

    @Test func readsOtherEncodings() async throws {
        let latin = try await reader.read([0x63, 0x61, 0x66, 0xE9], .text)
        #expect(latin.pages[0].text == "café")
        let utf16 = try await reader.read([0xFF, 0xFE, 0x41, 0x00, 0xFC, 0x00], .text)
        #expect(utf16.pages[0].text == "Aü")
        let pages = try await reader.read(Array("one\u{c}two\r\nlines\u{202E}".utf8), .text)
        #expect(pages.pages.map(\.text) == ["one", "two\nlines"])
        #expect(pages.pages[1].start == 4)
    }

    @Test func htmlGivesWhatABrowserShows() async throws {
        let html =
            "<html><head><title>T</title><script>evil()</script></head><body><h1>A</h1><p>b <b>c</b>&amp;d</p><ul><li>e</ul><!-- no --></body>"
        let text = try await reader.read(Array(html.utf8), .html)
        #expect(text.pages[0].text == "T\n\nA\n\nb c&d\n\n- e")
    }

    @Test func htmlNestedTenThousandDeepIsRefused() async {
        let html = "<html><body>" + String(repeating: "<div>", count: 10_000) + "x"
        await #expect(throws: ExtractionError.self) { try await reader.read(Array(html.utf8), .html) }
    }

    @Test(arguments: ["%PDF-1.7\nnonsense", "%PDF-1.4"]) func damagedPDFsAreTypedErrors(content: String) async {
        do {
            _ = try await reader.read(Array(content.utf8), .pdf)
            Issue.record("that is no PDF")
        } catch let error as ExtractionError {
            #expect(error.code == "damaged")
        } catch {
            Issue.record(error)
        }
    }

    @Test func damagedDOCXIsATypedError() async {
        do {
            _ = try await reader.read(Array("PK\u{3}\u{4}word/".utf8), .docx)
            Issue.record("that is no archive")
        } catch let error as ExtractionError {
            #expect(error.code == "damaged")
        } catch {
            Issue.record(error)
        }
    }

    @Test func guessesTheLanguage() {
        let german =
            "Der Hund und die Katze sind nicht auf dem Dach, und das ist für eine Maus mit der Zeit gut. Von der Straße."
        #expect(LanguageGuess.language(of: ExtractedText(pageTexts: [String(repeating: german, count: 3)])) == "de")
        #expect(LanguageGuess.language(of: ExtractedText(pageTexts: ["12 34 56"])) == nil)
    }
}
