import DocumentReading
import Markup
import ZipArchives

/// Reads the text of a Word document (ECMA-376): paragraphs, tables, breaks, notes.
enum DOCXReader {
    private static let inflatedLimit = 64 << 20

    static func read(_ bytes: [UInt8]) throws -> DocumentContent {
        do {
            let archive = try ZipArchive(bytes)
            let main = try mainPart(archive)
            guard let document = try archive.read(main, limit: inflatedLimit) else {
                throw ExtractionError.damaged("it has no document part")
            }
            var pages = try BodyText.pages(document)
            for notes in ["word/footnotes.xml", "word/endnotes.xml"] {
                guard let part = try archive.read(notes, limit: inflatedLimit) else { continue }
                let text = try BodyText.pages(part).joined(separator: "\n")
                guard !text.allSatisfy(\.isWhitespace) else { continue }
                pages[pages.count - 1] += "\n\n" + text
            }
            return DocumentContent(pages: pages)
        } catch let failure as ZipArchive.Failure {
            throw error(failure)
        } catch let error as XMLParseError {
            throw error.isExcessive
                ? ExtractionError.tooComplex("its elements are nested too deep, or have too many attributes")
                : ExtractionError.damaged("its document part is not well-formed")
        }
    }

    private static func error(_ failure: ZipArchive.Failure) -> ExtractionError {
        switch failure {
        case .notAnArchive: .damaged("it is not a complete zip archive")
        case .encrypted: .passwordProtected
        case .tooLarge(let limit): .tooComplex("it inflates to more than \(limit >> 20) MiB")
        case .damaged: .damaged("a part of it cannot be unpacked")
        }
    }

    /// The main part's name stands in the package's relationships; nearly always it is the usual one.
    private static func mainPart(_ archive: ZipArchive) throws -> String {
        guard let relations = try archive.read("_rels/.rels", limit: 1 << 20) else { return "word/document.xml" }
        for relation in try MarkupReader.tree(relations).all("Relationship")
        where relation.attributes["Type"]?.hasSuffix("/officeDocument") ?? false {
            let target = relation.attributes["Target"] ?? ""
            return target.hasPrefix("/") ? String(target.dropFirst()) : target
        }
        return "word/document.xml"
    }
}

/// Collects the text of a body part.
struct BodyText {
    private var pages: [String] = [""]
    private var isText = false
    private var skipped = 0
    private var cells = 0

    static func pages(_ part: [UInt8]) throws -> [String] {
        var body = BodyText()
        try MarkupReader.events(part) { body.take($0) }
        return body.pages
    }

    private mutating func append(_ text: String) { pages[pages.count - 1] += text }

    private mutating func take(_ event: MarkupEvent) {
        switch event {
        case .start(let name, let attributes): start(name, attributes)
        case .end(let name): end(name)
        case .text(let text): if isText, skipped == 0 { append(text) }
        }
    }

    private mutating func start(_ name: String, _ attributes: [String: String]) {
        // Drawings carry their text twice, the second time for old readers; field codes are not text.
        if name == "Fallback" || name == "instrText" || name == "delText" { skipped += 1 }
        guard skipped == 0 else { return }
        switch name {
        case "t": isText = true
        case "tab": append("\t")
        case "cr": append("\n")
        case "br":
            if attributes["type"] == "page" { pages.append("") } else { append("\n") }
        case "lastRenderedPageBreak":
            // Where Word last broke the page; an empty page before it is a page break counted already.
            if pages[pages.count - 1].contains(where: { !$0.isWhitespace }) { pages.append("") }
        case "noBreakHyphen": append("-")
        case "tc":
            if cells > 0 { append("\t") }
            cells += 1
        case "tr": cells = 0
        default: break
        }
    }

    private mutating func end(_ name: String) {
        if name == "Fallback" || name == "instrText" || name == "delText" { skipped -= 1 }
        guard skipped == 0 else { return }
        switch name {
        case "t": isText = false
        case "p": append(cells > 0 ? " " : "\n\n")
        case "tr":
            append("\n")
            cells = 0
        case "tbl":
            append("\n")
            cells = 0
        default: break
        }
    }
}
