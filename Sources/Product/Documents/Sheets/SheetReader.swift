import DocumentReading
import Markup
import TextSearch

/// Reads the text of a spreadsheet (ECMA-376, SpreadsheetML): a page for each sheet, a line for each row.
enum SheetReader {
    /// - Throws: `ExtractionError`.
    static func read(_ bytes: [UInt8]) throws -> DocumentContent { try read(OfficePackage(bytes)) }

    static func read(_ package: OfficePackage) throws -> DocumentContent {
        let main = try package.mainPart(kind: "spreadsheetml", usual: "xl/workbook.xml")
        guard !main.lowercased().hasSuffix(".bin") else {
            throw ExtractionError(
                code: "unsupported", detail: "The file is a binary workbook. Save it as .xlsx and upload it again.")
        }
        let relations = try package.relations(of: main)
        guard let workbook = try package.tree(main) else { throw ExtractionError.damaged("it has no document part") }
        let sheets = workbook["sheets"]?.all("sheet") ?? []
        guard sheets.count <= ReaderLimits.pages else {
            throw ExtractionError.tooComplex("it has more than \(ReaderLimits.pages) sheets")
        }
        let strings = try SharedStrings(package, part("sharedStrings", "sharedStrings.xml", main, relations))
        let styles = try SheetStyles(package, part("styles", "styles.xml", main, relations))
        let is1904 = wordIsOn(workbook["workbookPr"]?.attributes["date1904"] ?? "0")
        var content = DocumentContent(pages: [])
        var budget = SheetGrid.Budget()
        for sheet in sheets {
            let name = sheet.attributes["name"] ?? ""
            guard let relation = relations[sheet.attributes["id"]], !relation.isExternal, package.has(relation.target)
            else {
                content.report.warn("A sheet is missing in the file.")
                continue
            }
            let page = content.pages.count + 1
            var cells = SheetCells(strings, styles, is1904: is1904, page: page)
            try package.events(relation.target) { try cells.take($0, &budget, &content.report) }
            let isHidden = ["hidden", "veryHidden"].contains(sheet.attributes["state"])
            if isHidden {
                let text = try cells.text(&budget)
                content.report.hide(text.isEmpty ? name : name + ": " + text, page: page, how: "a hidden sheet")
                continue
            }
            for hidden in cells.hidden { content.report.hide(hidden.text, page: page, how: hidden.how) }
            let others = try drawings(package, relation.target) + comments(package, relation.target)
            content.pages.append(
                ([name, try cells.text(&budget)] + others).filter { !$0.isEmpty }.joined(separator: "\n\n"))
            if cells.lacksValues {
                content.report.warn("It holds formulas whose results are not in the file; open and save it once.")
            }
        }
        if strings.isStruck { content.report.warn("It holds text that is struck through; it was read like the rest.") }
        if content.pages.allSatisfy({ !$0.contains("\n") }) { content.pages = [""] }
        return content
    }

    private static func part(
        _ type: String, _ usual: String, _ main: String, _ relations: OfficePackage.Relations
    ) -> String {
        if let relation = relations.all(type).first(where: { !$0.isExternal }) { return relation.target }
        return main.split(separator: "/").dropLast().map { $0 + "/" }.joined() + usual
    }

    /// Text boxes and charts that lie on a sheet.
    private static func drawings(_ package: OfficePackage, _ sheet: String) throws -> [String] {
        try package.relations(of: sheet).all("drawing").filter { !$0.isExternal }
            .map { try DrawingText.text(package, $0.target) }
    }

    private static func comments(_ package: OfficePackage, _ sheet: String) throws -> [String] {
        var lines: [String] = []
        for relation in try package.relations(of: sheet).all("comments") where !relation.isExternal {
            var authors: [String] = []
            var author: String?
            var open: (cell: String, author: Int?, text: RichString)?
            try package.events(relation.target) { event in
                switch event {
                case .start("author", _): author = ""
                case .end("author"):
                    authors.append(author ?? "")
                    author = nil
                case .start("comment", let attributes):
                    open = (attributes["ref"] ?? "", attributes["authorId"].flatMap(Int.init), RichString())
                case .end("comment"):
                    guard let comment = open else { return }
                    open = nil
                    let text = comment.text.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                    let name = comment.author.flatMap { authors.indices.contains($0) ? authors[$0] : nil } ?? ""
                    if !text.isEmpty {
                        lines.append("Comment on \(comment.cell)" + (name.isEmpty ? "" : " by " + name) + ": " + text)
                    }
                case .text(let text) where author != nil: author? += text
                default: open?.text.take(event)
                }
            }
        }
        return lines.isEmpty ? [] : [lines.joined(separator: "\n")]
    }
}
