import DocumentReading
import Markup
import TextSearch

/// Reads books in EPUB: a page for each chapter, in the order of reading.
enum BookReader {
    private static let mostSheets = 20
    private static let sheetBytes = 1 << 20

    /// - Throws: `ExtractionError`.
    static func read(_ bytes: [UInt8]) throws -> DocumentContent { try read(OfficePackage(bytes)) }

    static func read(_ package: OfficePackage) throws -> DocumentContent {
        let book = try BookPackage(package)
        let locked = try book.locked()
        var content = DocumentContent(pages: [])
        for chapter in book.chapters {
            guard let path = chapter?.path else {
                content.report.warn("A chapter is a picture, or lies outside of the file; it was left out.")
                content.pages.append("")
                continue
            }
            guard !locked.contains(path) else { throw ExtractionError.copyProtected }
            guard let bytes = try package.part(path) else {
                content.report.warn("A chapter is missing in the file.")
                content.pages.append("")
                continue
            }
            let page = try HTMLReader.page(bytes, sheets: try sheets(of: bytes, path, package))
            content.report.take(page.content.report, onPage: content.pages.count + 1)
            content.pages.append(titled(page.content.pages.joined(separator: "\n\n"), bytes, book.titles[path]))
        }
        if book.lacksTitles, book.titles.isEmpty {
            content.report.warn("Its table of contents cannot be read; chapters without a heading have no title.")
        }
        if content.pages.isEmpty { content.pages = [""] }
        if let title = book.title { DocumentTitle.add(title, to: &content.pages) }
        return content
    }

    /// A chapter that has no heading gets the title that the table of contents has for it.
    private static func titled(_ text: String, _ bytes: [UInt8], _ title: String?) -> String {
        guard let title, text.contains(where: { !$0.isWhitespace }), !hasHeading(bytes) else { return text }
        let first = text.prefix { !$0.isNewline }
        return String(first).trimmed.lowercased() == title.lowercased() ? text : title + "\n\n" + text
    }

    /// Whether one of the elements `h1` to `h6` begins somewhere.
    private static func hasHeading(_ bytes: [UInt8]) -> Bool {
        var place = 0
        while place + 2 < bytes.count {
            if bytes[place] == UInt8(ascii: "<"), bytes[place + 1] | 0x20 == UInt8(ascii: "h"),
                (49...54).contains(bytes[place + 2])
            {
                return true
            }
            place += 1
        }
        return false
    }

    /// The style sheets that a chapter names, as far as they lie in the book: what they hide nobody sees.
    private static func sheets(of bytes: [UInt8], _ path: String, _ package: OfficePackage) throws -> [String] {
        var names: [String] = []
        let folder = ArchivePath.folder(of: path)
        try? MarkupReader.htmlEvents(bytes) { event in
            guard case .start("link", let attributes) = event, names.count < mostSheets,
                attributes["rel"]?.lowercased().contains("stylesheet") ?? false,
                let name = attributes["href"].flatMap({ ArchivePath.resolved($0, in: folder) })
            else { return }
            names.append(name)
        }
        return try names.compactMap { name in
            try package.part(name, limit: sheetBytes).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
