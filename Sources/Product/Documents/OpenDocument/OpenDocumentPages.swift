import DocumentReading
import Markup

/// Reads a text document: its pages, with their headers, footers, notes and comments.
enum OpenDocumentPages {
    /// The elements in which a page style has its headers and footers.
    private static let headers: Set = ["header", "header-first", "header-left"]
    private static let footers: Set = ["footer", "footer-first", "footer-left"]

    /// - Parameters:
    ///   - margins: The part with the page styles.
    ///   - inMargins: The styles that count in that part.
    /// - Throws: `ExtractionError`.
    static func read(
        _ bytes: [UInt8], _ context: OpenDocumentContext, margins: [UInt8], _ inMargins: OpenDocumentStyles
    ) throws -> DocumentContent {
        var text = OpenDocumentText(context, .body)
        var isBody = false
        try OfficePackage.reading {
            try MarkupReader.events(bytes) { event in
                if case .start("body", _) = event { isBody = true }
                if isBody { try text.take(event) }
            }
        }
        var pages = try text.takeText().split(separator: OfficeTable.pageBreak, omittingEmptySubsequences: false)
            .map { String($0.drop(while: \.isNewline)) }
        for note in context.notes + context.comments { add(note.line, to: &pages, note.page) }
        for line in context.endnotes { add(line, to: &pages, pages.count) }
        try addMargins(context, margins, inMargins, to: &pages)
        return DocumentContent(pages: pages)
    }

    private static func add(_ text: String, to pages: inout [String], _ page: Int) {
        guard !pages.isEmpty else { return }
        let place = min(max(1, page), pages.count) - 1
        pages[place] += (pages[place].isEmpty ? "" : "\n\n") + text
    }

    /// Headers and footers: each text once, on the page where the first page style that has it begins.
    private static func addMargins(
        _ context: OpenDocumentContext, _ margins: [UInt8], _ styles: OpenDocumentStyles, to pages: inout [String]
    ) throws {
        let found = try texts(margins, styles, context)
        var done: Set<String> = []
        for use in uses(context, count: pages.count) {
            guard let name = context.styles.masterPage(use.name)?.name, let texts = found[name] else { continue }
            let place = min(max(1, use.page), pages.count) - 1
            for text in texts where done.insert(text.text).inserted {
                if text.isHeader {
                    pages[place] = text.text + "\n\n" + pages[place]
                } else {
                    pages[place] += "\n\n" + text.text
                }
            }
        }
    }

    /// The page styles with the pages on which they begin; behind the first page of some another one follows.
    private static func uses(_ context: OpenDocumentContext, count: Int) -> [OpenDocumentContext.MasterUse] {
        var uses: [OpenDocumentContext.MasterUse] = []
        for (index, use) in context.masters.enumerated() {
            uses.append(use)
            let end = index + 1 < context.masters.count ? context.masters[index + 1].page : count + 1
            let master = context.styles.masterPage(use.name)
            if let next = master?.next, next != master?.name, use.page + 1 < end {
                uses.append(.init(name: next, page: use.page + 1))
            }
        }
        return uses
    }

    /// What stands in the headers and footers, by page style.
    private static func texts(
        _ margins: [UInt8], _ styles: OpenDocumentStyles, _ context: OpenDocumentContext
    ) throws -> [String: [(text: String, isHeader: Bool)]] {
        let inner = OpenDocumentContext(context.package, styles)
        var texts: [String: [(text: String, isHeader: Bool)]] = [:]
        var master: String?
        var open: (name: String, text: OpenDocumentText)?
        try OfficePackage.reading {
            try MarkupReader.events(margins) { event in
                switch event {
                case .start("master-page", let attributes) where open == nil: master = attributes["name"]
                case .end("master-page") where open == nil: master = nil
                case .start(let name, let attributes)
                where open == nil && master != nil && headers.union(footers).contains(name):
                    if attributes["display"] != "false" { open = (name, OpenDocumentText(inner, .other)) }
                case .end(let name) where open?.name == name:
                    let text = try open?.text.takeText() ?? ""
                    open = nil
                    if let master, !text.isEmpty { texts[master, default: []].append((text, headers.contains(name))) }
                default: try open?.text.take(event)
                }
            }
        }
        context.report.take(inner.report)
        return texts
    }
}
