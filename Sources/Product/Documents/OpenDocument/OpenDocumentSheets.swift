import DocumentReading
import Markup

/// Reads a spreadsheet: a page for each sheet that is shown, a line for each row (OASIS OpenDocument 1.3, part 3, chapter 9).
/// Cells are read as they are shown, which the file has beside their values.
struct OpenDocumentSheets {
    private let context: OpenDocumentContext
    private var budget = SheetGrid.Budget()
    private var pages: [String] = []
    private var sheet: OpenDocumentSheet?
    /// Tables that are open within something that is no sheet.
    private var skipped = 0
    private static let aside: Set = [
        "tracked-changes", "dde-links", "content-validations", "named-expressions", "database-ranges",
        "data-pilot-tables", "consolidation", "forms", "scenario", "table-source", "event-listeners",
    ]

    /// - Throws: `ExtractionError`.
    static func read(_ bytes: [UInt8], _ context: OpenDocumentContext) throws -> DocumentContent {
        var sheets = OpenDocumentSheets(context: context)
        var isBody = false
        try OfficePackage.reading {
            try MarkupReader.events(bytes) { event in
                if case .start("body", _) = event { isBody = true }
                if isBody { try sheets.take(event) }
            }
        }
        if sheets.pages.allSatisfy({ !$0.contains("\n") }) { sheets.pages = [""] }
        return DocumentContent(pages: sheets.pages)
    }

    private init(context: OpenDocumentContext) { self.context = context }

    private mutating func take(_ event: MarkupEvent) throws {
        if skipped > 0 {
            switch event {
            case .start: skipped += 1
            case .end: skipped -= 1
            case .text: break
            }
            return
        }
        switch event {
        case .start(let name, _) where Self.aside.contains(name): skipped = 1
        case .start("table", let attributes) where sheet == nil:
            guard pages.count < ReaderLimits.pages else {
                throw ExtractionError.tooComplex("it has more than \(ReaderLimits.pages) sheets")
            }
            context.page = pages.count + 1
            sheet = OpenDocumentSheet(context, attributes)
        case .end("table") where sheet?.isOutermost ?? false:
            if let page = try sheet?.end(&budget) { pages.append(page) }
            sheet = nil
        default: try sheet?.take(event, &budget)
        }
    }
}
