import DocumentReading
import Markup

/// Reads OpenDocument files (OASIS OpenDocument 1.3, ISO 26300): texts, spreadsheets and presentations. Which of them a file
/// is, its content says.
enum OpenDocumentReader {
    /// - Throws: `ExtractionError`.
    static func read(_ bytes: [UInt8]) throws -> DocumentContent { try read(OfficePackage(bytes)) }

    static func read(_ package: OfficePackage) throws -> DocumentContent {
        try refuseLocked(package)
        guard let bytes = try package.part("content.xml") else {
            throw ExtractionError.damaged("it has no document part")
        }
        let margins = try package.part("styles.xml") ?? Array("<styles/>".utf8)
        let common = try OpenDocumentStyles(margins, ["styles", "master-styles"])
        // The layouts of pages are automatic styles, too.
        let styled = try OpenDocumentStyles(margins, ["automatic-styles"], over: common)
        let styles = try OpenDocumentStyles(bytes, ["automatic-styles"], over: styled)
        let context = OpenDocumentContext(package, styles)
        var content: DocumentContent
        switch try body(bytes) {
        case "spreadsheet": content = try OpenDocumentSheets.read(bytes, context)
        case "presentation", "drawing": content = try OpenDocumentSlides.read(bytes, context)
        case "text":
            content = try OpenDocumentPages.read(bytes, context, margins: margins, styled)
        default: throw ExtractionError.damaged("it has no document part")
        }
        content.report = context.report
        if let title = try title(package) { DocumentTitle.add(title, to: &content.pages) }
        return content
    }

    /// What is locked lies in the package in pieces that the list of its files says to be encrypted (part 2, 3.4).
    private static func refuseLocked(_ package: OfficePackage) throws {
        var isLocked = false
        try package.events("META-INF/manifest.xml") { event in
            if case .start("encryption-data", _) = event { isLocked = true }
        }
        if isLocked { throw ExtractionError.passwordProtected }
    }

    /// The name of the element that holds the content.
    private static func body(_ bytes: [UInt8]) throws -> String? {
        var isNext = false
        do {
            try OfficePackage.reading {
                try MarkupReader.events(bytes) { event in
                    guard case .start(let name, _) = event else { return }
                    if isNext { throw Found(name: name) }
                    isNext = name == "body"
                }
            }
        } catch let found as Found { return found.name }
        return nil
    }

    private struct Found: Error { let name: String }

    private static func title(_ package: OfficePackage) throws -> String? {
        let line = try package.tree("meta.xml")?["meta"]?["title"]?.text.trimmed ?? ""
        return DocumentTitle.isSaying(line) ? line : nil
    }
}
