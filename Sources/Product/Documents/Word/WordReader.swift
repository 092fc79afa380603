import DocumentReading
import Markup

/// Reads the text of a Word document (ECMA-376), as it is with all its changes accepted.
enum WordReader {
    /// - Parameter depth: How many documents it lies in.
    /// - Throws: `ExtractionError`.
    static func read(_ bytes: [UInt8], depth: Int = 0) throws -> DocumentContent {
        try read(OfficePackage(bytes), depth: depth)
    }

    static func read(_ package: OfficePackage, depth: Int = 0) throws -> DocumentContent {
        let main = try package.mainPart(kind: "wordprocessingml", usual: "word/document.xml")
        let relations = try package.relations(of: main)
        let context = try WordContext(package, main: main, relations: relations, depth: depth)
        var story = WordStory(context, relations, .body)
        try package.events(main) { try story.take($0) }
        var pages = try story.finish().split(separator: OfficeTable.pageBreak, omittingEmptySubsequences: false)
            .map { String($0.drop(while: \.isNewline)) }
        for (kind, type) in [
            (WordContext.NoteKind.footnote, "footnotes"), (.comment, "comments"), (.endnote, "endnotes"),
        ] {
            let notes = try WordNotes(kind, WordContext.part(type, main, relations), in: context)
            notes.place(
                kind, marks: context.marks[kind] ?? [], deleted: context.deletedNotes[kind] ?? [], on: &pages)
        }
        try addMargins(context, relations, to: &pages)
        if let title = try package.title() { DocumentTitle.add(title, to: &pages) }
        return DocumentContent(pages: pages, report: context.report)
    }

    /// Headers and footers: each text once, where the first section that has it begins and ends.
    private static func addMargins(
        _ context: WordContext, _ relations: OfficePackage.Relations, to pages: inout [String]
    ) throws {
        var parts: Set<String> = []
        var texts: Set<String> = []
        for section in context.sections {
            for (name, isHeader) in [("headerReference", true), ("footerReference", false)] {
                for reference in section.properties.all(name) {
                    guard let relation = relations[reference.attributes["id"]], !relation.isExternal,
                        parts.insert(relation.target).inserted
                    else { continue }
                    let page = min(max(1, isHeader ? section.first : section.last), pages.count)
                    let text = try margin(relation.target, page: page, context)
                    guard !text.isEmpty, texts.insert(text).inserted else { continue }
                    pages[page - 1] = isHeader ? text + "\n\n" + pages[page - 1] : pages[page - 1] + "\n\n" + text
                }
            }
        }
    }

    private static func margin(_ part: String, page: Int, _ context: WordContext) throws -> String {
        context.page = page
        var story = WordStory(context, try context.package.relations(of: part), .margin)
        try context.package.events(part) { try story.take($0) }
        return try story.finish()
    }
}
