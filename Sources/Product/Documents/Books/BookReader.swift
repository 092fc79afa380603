import DocumentReading

/// Reads books in EPUB: a page for each chapter, in the order of reading.
enum BookReader {
    /// - Throws: `ExtractionError`.
    static func read(_ bytes: [UInt8]) throws -> DocumentContent { try read(OfficePackage(bytes)) }

    static func read(_ package: OfficePackage) throws -> DocumentContent {
        let book = try BookPackage(package)
        let locked = try book.locked()
        var content = DocumentContent(pages: [])
        var sheets = BookSheets(package)
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
            let page = try HTMLReader.page(bytes, sheets: sheets.of(bytes, at: path))
            content.report.take(page.content.report, onPage: content.pages.count + 1)
            content.pages.append(titled(page.content.pages.joined(separator: "\n\n"), bytes, book.titles[path]))
        }
        if !sheets.unread.isEmpty {
            content.report.warn(
                "A style sheet cannot be read, or is larger than 1 MiB: what it hides may be in the text (\(sheets.unread.sorted().joined(separator: ", ")))."
            )
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
}
