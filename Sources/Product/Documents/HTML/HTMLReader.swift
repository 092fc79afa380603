import DocumentReading
import EncodingDetection
import Markup
import TextSearch

/// Reads the text that a browser would show of an HTML document.
enum HTMLReader {
    /// A page's text, with its title in front where the text does not begin with it.
    static func read(_ bytes: [UInt8]) throws -> DocumentContent {
        let page = try page(bytes)
        guard let title = page.title else { return page.content }
        var content = page.content
        let beginning = content.pages[0].prefix { !$0.isNewline }
        if String(beginning).trimmed != title { content.pages[0] = title + "\n\n" + content.pages[0] }
        return content
    }

    /// A page's title and its text, apart.
    ///
    /// - Parameter sheets: The style sheets that it names.
    /// - Throws: `ExtractionError`.
    static func page(_ bytes: [UInt8], sheets: [String] = []) throws -> (title: String?, content: DocumentContent) {
        let decoded = DecodedText(bytes, label: HTMLCharset.label(bytes))
        var page = try page(decoded.text, sheets: sheets)
        page.content.report.note(decoded)
        return page
    }

    /// A page whose text has been decoded, such as a part of a message.
    static func page(_ text: String, sheets: [String] = []) throws -> (title: String?, content: DocumentContent) {
        // The library takes a zero for the end.
        let bytes = Array(withoutDeclarations(text).utf8).map { $0 == 0 ? 32 : $0 }
        var page = HTMLText(sheets: sheets)
        do {
            try MarkupReader.htmlEvents(bytes) { try page.take($0) }
        } catch let error as XMLParseError {
            throw error.isExcessive
                ? ExtractionError.tooComplex("its elements are nested too deep, or have too many attributes")
                : ExtractionError.damaged("it cannot be read as HTML")
        }
        return (page.title, DocumentContent(pages: [page.text], report: page.report))
    }

    /// Without what browsers take for comments and the library for text: `<![if …]>`, `<![CDATA[…]]>`.
    private static func withoutDeclarations(_ text: String) -> String {
        guard text.contains("<![") else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "<![") {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstIndex(of: ">") else { return result }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}

extension String {
    /// Without spaces around it, and with one between words.
    var trimmed: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
