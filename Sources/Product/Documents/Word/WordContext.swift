import DocumentReading
import Markup

/// What the stories of one Word document share: its body, headers, notes and comments.
final class WordContext {
    /// The kinds of text that stand apart, with a mark where they belong.
    enum NoteKind: CaseIterable {
        case footnote, endnote, comment

        /// The name of a note's element.
        var element: String {
            switch self {
            case .footnote: "footnote"
            case .endnote: "endnote"
            case .comment: "comment"
            }
        }
    }

    /// A mark in the text, and the page where it stands.
    struct Mark {
        let id: String
        let text: String
        let page: Int
    }

    /// One section's headers and footers, and its pages.
    struct Section {
        let properties: XMLNode
        let first: Int
        let last: Int
    }

    let package: OfficePackage
    let styles: WordStyles
    let survey: WordSurvey
    /// How deep this document lies in others.
    let depth: Int
    var numbering: WordNumbering
    var report = ReadingReport()
    /// The page that is being read, from 1.
    var page = 1
    /// Scalars that a reader sees, to tell whether a part of the document has any.
    var shown = 0
    /// What lies behind everything.
    var ground: WordFill
    private(set) var marks: [NoteKind: [Mark]] = [:]
    /// Notes whose mark was deleted.
    var deletedNotes: [NoteKind: Set<String>] = [:]
    private(set) var sections: [Section] = []
    private var noteFormats: [NoteKind: String] = [.footnote: "decimal", .endnote: "lowerRoman", .comment: "decimal"]
    private var emitted = 0

    /// - Throws: `ExtractionError`.
    init(_ package: OfficePackage, main: String, relations: OfficePackage.Relations, depth: Int) throws {
        self.package = package
        self.depth = depth
        survey = try WordSurvey(package, main)
        ground = survey.hasPicturesBehind ? .unknown : .colour(0xFFFFFF)
        styles = try WordStyles(package, Self.part("styles", main, relations))
        numbering = try WordNumbering(package, Self.part("numbering", main, relations))
        let settings = try package.tree(Self.part("settings", main, relations))
        for (kind, name) in [(NoteKind.footnote, "footnotePr"), (.endnote, "endnotePr")] {
            if let format = settings?[name]?["numFmt"]?.attributes["val"] { noteFormats[kind] = format }
        }
    }

    /// The part of a type; where no relation names one, the one that has the usual name.
    static func part(_ type: String, _ main: String, _ relations: OfficePackage.Relations) -> String {
        if let relation = relations.all(type).first(where: { !$0.isExternal }) { return relation.target }
        return main.split(separator: "/").dropLast().map { $0 + "/" }.joined() + type + ".xml"
    }

    /// Gives a note its mark.
    func mark(_ kind: NoteKind, id: String) -> String {
        let old = marks[kind] ?? []
        if kind == .comment, let known = old.first(where: { $0.id == id }) { return known.text }
        let number = WordNumber.text(old.count + 1, noteFormats[kind] ?? "decimal")
        let mark = Mark(id: id, text: kind == .comment ? "[c\(number)]" : "[\(number)]", page: page)
        marks[kind, default: []].append(mark)
        return mark.text
    }

    /// Notes where a section ends.
    func endSection(_ properties: XMLNode) {
        let first =
            sections.last.map { max($0.last, $0.first) + (survey.breaks(after: sections.count - 1) ? 1 : 0) } ?? 1
        sections.append(Section(properties: properties, first: min(first, page), last: page))
    }

    /// Counts text that comes out, so that a small file cannot make a large one.
    ///
    /// - Throws: `ExtractionError`.
    func count(_ text: String) throws {
        emitted += text.utf8.count
        guard emitted <= 2 * ReaderLimits.textBytes else {
            throw ExtractionError.tooComplex("it holds more than \(ReaderLimits.textBytes >> 20) MiB of text")
        }
    }
}
