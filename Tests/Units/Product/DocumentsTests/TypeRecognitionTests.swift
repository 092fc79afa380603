import DocumentReading
import ProductFixture
import Testing

/// What a file is, by its content. Texts about formats are texts.
@Suite struct TypeRecognitionTests {
    private func type(_ content: some Sequence<UInt8>, _ name: String) -> MediaType? {
        MediaType.recognise(Array(content), name: name)
    }

    @Test(arguments: [
        ("How to recognise a PDF: the first line reads %PDF-1.7 and ends in %%EOF.\n", "notes.txt"),
        ("%PDF-1.7 is the header that every such file begins with.\n", "notes.txt"),
        ("First line.\n%PDF-1.4 stands in the second.\n", "notes.txt"),
        ("Style guide.\nEvery page starts with <html> and has one <nav> bar.\n", "guide.txt"),
        ("<html> is the root element. It holds two others.\n", "guide.txt"),
        ("A file begins so:\n%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", "notes.md"),
        ("<!DOCTYPE html> is the first line. Then comes <html>.\n", "guide.txt"), ("<div>x</div>\n", "guide.txt"),
        ("<p> begins a paragraph.\n", "guide.txt"), ("Use <!DOCTYPE html> first.\n", "guide.log"),
        ("RTF begins with {\\rtf1 and ends with }.\n", "notes.txt"), ("{\\rtf is how it begins.\n", "notes.txt"),
        ("PostScript files begin with %!PS-Adobe.\n", "notes.txt"), ("Zip files begin with PK.\n", "notes.txt"),
        ("MZ, Rar!, GIF89a and BZh are magic numbers.\n", "notes.txt"),
        ("Subject: lunch\nFrom: Ann\n\nAt noon?\n", "note.txt"), ("Note: this\nis no mail.\n", "note.txt"),
    ])
    func aMentionSaysNothing(content: String, name: String) {
        #expect(type(content.utf8, name) == (name.hasSuffix(".md") ? .markdown : .text))
    }

    @Test func aPDFMayHaveJunkBeforeItsHeader() {
        let pdf = SampleFiles.pdf(["x"])
        #expect(type(pdf, "a.txt") == .pdf)
        #expect(type(Array("\u{1B}%-12345X@PJL ENTER LANGUAGE=PDF\r\n".utf8) + pdf, "a.pdf") == .pdf)
        #expect(type([0x00, 0x01, 0xFF, 0xFE, 0x0A] + pdf + [0xFF, 0xD8, 0x80], "a.bin") == .pdf)
        #expect(type([0xEF, 0xBB, 0xBF] + pdf, "a.pdf") == .pdf)
        #expect(type("%PDF-1.7\ngarbage".utf8, "a.pdf") == .pdf)
    }

    @Test(arguments: [
        "<!DOCTYPE html><html><body>x</body></html>", "\u{FEFF}\n <!-- saved -->\n<HTML><BODY>x</BODY></HTML>",
        "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"x\"><html></html>", "<body class=\"a\"><p>x</p></body>",
    ])
    func aPageIsKnownByItsBeginning(content: String) { #expect(type(content.utf8, "saved.txt") == .html) }

    @Test func namesTellApartWhatTheContentLeavesOpen() {
        #expect(type("Text with <b>bold</b>".utf8, "a.html") == .html)
        #expect(type("Text without".utf8, "a.html") == .text)
        #expect(type("# x\n<html></html>".utf8, "a.md") == .markdown)
        #expect(type("a,b\n1,2\n".utf8, "a.csv") == .csv)
        #expect(type("a,b\n1,2\n".utf8, "a.txt") == .text)
        #expect(type("{\\rtf1\\ansi x}".utf8, "a.doc") == .rtf)
        #expect(type("MIME-Version: 1.0\r\nFrom: a\r\nContent-Type: text/plain\r\n\r\nx".utf8, "a.txt") == .mail)
    }

    @Test(arguments: [
        "\u{1B}[32mOK\u{1B}[0m deploy finished\u{7}\n", "N\u{8}NA\u{8}AM\u{8}ME\u{8}E\n",
        "Reading 17 degrees\u{0} at sensor 4\r\n", "Tail \u{b} end.\n", "last line\r\n\u{1A}",
        "a\u{1C}b\u{1D}c\u{1E}d\u{1F}e, a record of many fields that have names\n",
    ])
    func controlCharactersDoNotMakeATextBinary(content: String) { #expect(type(content.utf8, "a.txt") == .text) }

    @Test func textsOfOtherEncodingsAreTexts() {
        let latin: [UInt8] = [0x63, 0x61, 0x66, 0xE9, 0x20, 0x01] + [UInt8](repeating: 0x61, count: 100)
        #expect(type(latin, "a.txt") == .text)
        let little = "Backup finished\r\n".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(type(little, "a.txt") == .text)
        let big = "Срок действия договора\r\n".utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        #expect(type(big, "a.txt") == .text)
    }

    @Test func zerosOfATextInAnotherEncodingAreNoMachineCode() {
        func latin(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
        #expect(type(latin(String(repeating: "Reading 17° \0 at sensor 4\r\n", count: 10)), "a.txt") == .text)
        #expect(type(latin(String(repeating: "Größe\0 17 mm\r\n", count: 8)), "a.txt") == .text)
        #expect(type(latin("Room 214 total 5\r\n") + [UInt8](repeating: 0, count: 500), "a.txt") == .text)
    }

    @Test func aNameOfMailNeedsLess() {
        let message = "From: a@example.org\nTo: b@example.org\nSubject: x\nContent-Type: text/plain\n\ny"
        #expect(type(message.utf8, "a.eml") == .mail && type(message.utf8, "a.txt") == .text)
        #expect(type("Note: this\nMIME-Version: <b>x</b>\n".utf8, "a.html") == .html)
    }

    @Test func whatIsBinaryIsRefusedWhateverItsName() {
        #expect(type([0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0, 0, 13], "a.txt") == nil)
        #expect(type((0..<64).flatMap { _ in UInt8.min...UInt8.max }, "a.txt") == nil)
        #expect(type([UInt8](repeating: 0, count: 4096), "a.txt") == nil)
        #expect(type([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0], "a.txt") == nil)
        #expect(type([0x7F, 0x45, 0x4C, 0x46, 0, 0], "bad.pdf") == nil)
        #expect(type("PK\u{3}\u{4}word/".utf8, "half.docx") == .docx && type("PK\u{3}\u{4}x".utf8, "half.zip") == nil)
        var tar = [UInt8](repeating: 0x61, count: 1024)
        tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
        #expect(type(tar, "a.txt") == nil)
    }

    @Test(arguments: [
        ("%!PS-Adobe-3.0\n/Times findfont", "PDF"), ("\u{4}%!PS-Adobe-3.0 EPSF-3.0\n/x", "PDF"),
        ("\u{1B}%-12345X@PJL JOB\n%!PS\n/x", "PDF"), ("<!-- c --><svg width=\"1\"><text>a</text></svg>", "PDF"),
        ("<?mso-application progid=\"Excel.Sheet\"?><Workbook xmlns=\"x\"><a/></Workbook>", ".xlsx"),
        ("<pkg:package xmlns:pkg=\"x\"><a/></pkg:package>", ".docx"),
        ("From ann@example.org Mon Jan  5 10:00:00 2026\nFrom: a\nSubject: b\n\nx", ".eml"),
        ("<svg xmlns=\"x\"><text>a</text></svg>", "PDF"),
        ("<?xml version=\"1.0\"?><?mso-application progid=\"Word.Document\"?><w/>", ".docx"),
        ("<?xml version=\"1.0\"?><office:document xmlns:office=\"x\"/>", ".docx"),
    ])
    func markupThatIsNotReadIsNotTakenForText(content: String, remedy: String) {
        #expect(type(content.utf8, "a.txt") == nil)
        #expect(MediaType.remedy(Array(content.utf8), name: "a.txt")?.contains(remedy) ?? false)
    }

    @Test func officeFilesAreKnownByTheFoldersOfTheirParts() throws {
        let zip = { (names: [String]) in try SampleFiles.zip(names.map { ($0, "x") }) }
        #expect(type(try zip(["[Content_Types].xml", "word/document.xml"]), "a.zip") == .docx)
        #expect(type(try zip(["[Content_Types].xml", "Word\\document.xml"]), "a") == .docx)
        #expect(type(try zip(["[Content_Types].xml", "ppt/presentation.xml"]), "a.docx") == .pptx)
        #expect(type(try zip(["[Content_Types].xml", "xl/workbook.xml"]), "a.docx") == .xlsx)
        #expect(type(try zip(["[Content_Types].xml", "word/embeddings/xl/a.bin"]), "a.xlsx") == .docx)
        #expect(type(try zip(["[Content_Types].xml", "docProps/app.xml"]), "a.pptx") == .pptx)
        #expect(type(try zip(["password/a.txt", "axl/b.txt"]), "a.docx") == nil)
        #expect(type(try zip(["mimetype", "content.xml"]), "a.odt") == nil)
    }

    @Test func otherArchivesAreRefusedWhateverTheirFolders() throws {
        let zip = { (names: [String]) in try SampleFiles.zip(names.map { ($0, "x") }) }
        for names in [
            ["word/notes.txt"], ["word/document.txt"], ["ppt/slide.png", "xl/a.csv"],
            ["META-INF/MANIFEST.MF", "xl/Reader.class"], ["xl/workbook.xml", "META-INF/MANIFEST.MF"],
            ["[Content_Types].xml", "_rels/.rels", "FixedDocSeq.fdseq", "Documents/1/FixedDoc.fdoc"],
            ["[Content_Types].xml", "visio/document.xml"], ["[Content_Types].xml", "3D/3dmodel.model"],
            ["[Content_Types].xml", "xl/workbook.bin"], ["[Content_Types].xml", "lib/a.dll"],
        ] {
            #expect(type(try zip(names), "a.zip") == nil, "\(names)")
            if names[0].hasPrefix("word") { #expect(type(try zip(names), "a.docx") == nil) }
        }
    }

    /// An archive's entry as it stands in it.
    private func entry(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let size = (0..<4).map { UInt8(truncatingIfNeeded: content.count >> (8 * $0)) }
        return [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + size + size
            + [UInt8(name.utf8.count), 0, 0, 0] + Array(name.utf8) + content
    }

    @Test(arguments: [
        ("text", MediaType.odt), ("text-template", .odt), ("spreadsheet", .ods), ("presentation-template", .odp),
        ("graphics", nil), ("formula", nil), ("textual", nil),
    ])
    func openDocumentsSayWhatTheyAre(kind: String, expected: MediaType?) {
        let mark = entry("mimetype", Array("application/vnd.oasis.opendocument.\(kind)".utf8))
        #expect(type(mark + entry("content.xml", [60]), "a.docx") == expected)
        #expect(type(mark, "a") == expected)
    }

    @Test func booksAreKnownByWhatTheySayOrByTheirContainer() throws {
        #expect(type(entry("mimetype", Array("application/epub+zip".utf8)), "a.zip") == .epub)
        #expect(type(try SampleFiles.book(manifest: "", spine: "", []), "a.zip") == .epub)
        #expect(type(entry("mimetype", Array("application/other+zip".utf8)), "a.epub") == nil)
    }

    /// Another program has packed it, and put the entry that says it anywhere.
    @Test func openDocumentsThatArePackedAnewAreKnownByTheirParts() throws {
        let file = try SampleFiles.openDocument("spreadsheet", "")
        #expect(type(file, "a.ods") == .ods && type(file, "a.odp") == .odp && type(file, "a") == .odt)
        #expect(type(file, "a.odg") == nil)
    }

    @Test(arguments: ["docProps/thumbnail.jpeg", "customXml/item1.xml", "word/media/image1.png"])
    func whatStandsBehindALongFirstPartIsToldByTheName(first: String) {
        let prefix = { (first: String) in
            let file = self.entry(first, [UInt8](repeating: 7, count: 100_000)) + self.entry("word/document.xml", [60])
            return file.prefix(MediaType.prefixBytes)
        }
        #expect(type(prefix(first), "a.docx") == .docx)
        #expect(type(prefix(first), "a.zip") == nil)
        #expect(type(prefix("photos/a.jpeg"), "a.docx") == nil)
    }

    @Test func aDocumentInAnArchiveDoesNotMakeItOne() {
        let document = entry("[Content_Types].xml", [60]) + entry("word/document.xml", [60])
        #expect(type(document, "a.zip") == .docx)
        #expect(type(entry("a.docx", document), "a.zip") == nil)
        #expect(type(entry("xl/media/a.docx", document) + entry("xl/workbook.xml", [60]), "a.zip") == .xlsx)
    }

    /// Locked files lie in the container of the old formats.
    @Test func aLockedOfficeFileIsNoOldOne() {
        var old = MediaType.compoundFileMark + [UInt8](repeating: 0, count: 4096)
        old[30] = 9
        #expect(type(old, "a.docx") == nil)
        #expect(MediaType.remedy(old, name: "a.doc")?.contains(".docx") ?? false)
        let locked = old + "EncryptedPackage".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(type(locked, "a.xlsx") == .xlsx && type(locked, "a") == .docx)
        // The names stand behind what is seen of the file.
        old[49] = 200
        #expect(type(old, "a.pptx") == .pptx && type(old, "a.ppt") == nil)
    }
}
