import DocumentReading
import Markup

/// Collects the text of paragraphs, lists, tables and what stands in them (OASIS OpenDocument 1.3, part 3, chapters 5 to 10),
/// from the events of its elements. Changes count as accepted: what was deleted lies apart in the file.
struct OpenDocumentText {
    /// Whether pages break in it.
    enum Kind { case body, other }

    /// Text in one place: the body, a note, a text box.
    struct Flow {
        var text = ""
        var paragraph: WordParagraph?
        var style = OpenDocumentStyle()
        var label = ""
        var isItem = false
        var endsWithItem = false
        /// Whether the next space is one too many.
        var endsInSpace = true
        var spans: [OpenDocumentStyle] = []
        var lists: [OpenDocumentList] = []
        var tables: [OpenDocumentTable] = []
        /// What is behind its text where its styles say nothing.
        var ground: WordFill
        /// What its paragraphs look like where something around them says it.
        var base: OpenDocumentStyle?
        /// What hides all of it, and what only its paragraph.
        var hiddenBy: String?
        var paragraphHiddenBy: String?

        init(ground: WordFill) { self.ground = ground }
    }

    /// An element whose characters are no text of the paragraph.
    enum Aside { case number, citation, author }

    let context: OpenDocumentContext
    let kind: Kind
    var flows: [Flow]
    /// What was opened and is ended by the element of its name.
    var shapes: [String] = []
    var aside: Aside?
    var asideText = ""
    /// Elements that are open within one that is left out.
    var skipped = 0
    var changes = OpenDocumentChanges()
    var sections: [String?] = []
    var notes: [OpenDocumentNote] = []
    var hidden: (text: String, how: String, page: Int)?
    /// Whether anything stood before, and whether the next page begins with what comes.
    var hasBegun = false
    var breaksNext = false

    init(_ context: OpenDocumentContext, _ kind: Kind, ground: WordFill? = nil) {
        self.context = context
        self.kind = kind
        flows = [Flow(ground: ground ?? context.styles.ground)]
    }

    var flow: Flow {
        get { flows[flows.count - 1] }
        // Not by a copy: a document's text would be copied with each of its words.
        _modify { yield &flows[flows.count - 1] }
    }

    private static let skippedElements: Set = [
        "tracked-changes", "script", "scripts", "event-listeners", "dde-links", "dde-connection-decls",
        "content-validations", "named-expressions", "database-ranges", "data-pilot-tables", "binary-data",
        "table-of-content-source", "illustration-index-source", "table-index-source", "object-index-source",
        "user-index-source", "alphabetical-index-source", "bibliography-source", "automatic-styles",
        "font-face-decls",
    ]
    static let shapeElements: Set = [
        "frame", "text-box", "custom-shape", "rect", "ellipse", "circle", "line", "polyline", "polygon",
        "regular-polygon", "path", "connector", "caption", "measure", "g", "control",
    ]
    /// Spaces that one element stands for.
    private static let mostSpaces = 100

    /// Takes the next event.
    ///
    /// - Throws: `ExtractionError`.
    mutating func take(_ event: MarkupEvent) throws {
        if skipped > 0 {
            changes.note(event)
            switch event {
            case .start: skipped += 1
            case .end: skipped -= 1
            case .text: break
            }
            return
        }
        switch event {
        case .start(let name, let attributes): try start(name, attributes)
        case .end(let name): try end(name)
        case .text(let text):
            if aside != nil {
                if asideText.utf8.count < 500 { asideText += text }
            } else if flow.paragraph != nil {
                append(collapsed: text)
            }
        }
    }

    /// What has been read; the next text begins anew.
    ///
    /// - Throws: `ExtractionError`.
    mutating func takeText() throws -> String {
        while flows.count > 1 { try endFlow() }
        if flow.paragraph != nil { try endParagraph() }
        while !flow.tables.isEmpty { try endTable() }
        noteHidden()
        let text = flow.text
        flows = [Flow(ground: flow.ground)]
        return text
    }

    private mutating func start(_ name: String, _ attributes: [String: String]) throws {
        if Self.skippedElements.contains(name) { return skipped = 1 }
        switch name {
        case "p", "h": try startParagraph(name, attributes)
        case "span", "a":
            let outer = flow.spans.last ?? flow.style
            let own = name == "a" ? OpenDocumentStyle() : context.styles.style(attributes["style-name"], "text")
            flow.spans.append(own.over(outer))
        case "s": append(String(repeating: " ", count: min(max(1, Int(attributes["c"] ?? "") ?? 1), Self.mostSpaces)))
        case "tab": append("\t")
        case "line-break": append("\n")
        case "change-start", "change-end": changes.mark(attributes["change-id"], begins: name == "change-start")
        case "soft-page-break": softBreak()
        case "section":
            let isHidden = attributes["display"] == "none" || attributes["is-hidden"] == "true"
            sections.append(sections.last.flatMap { $0 } ?? (isHidden ? "a hidden section" : nil))
        case "list", "list-item", "list-header", "numbered-paragraph": try startList(name, attributes)
        case "number": begin(.number)
        case "note", "note-citation", "note-body", "annotation", "creator", "sender-initials", "creator-initials":
            startNote(name, attributes)
        case "table", "table-row", "table-cell", "covered-table-cell": try startTable(name, attributes)
        case "hidden-text": hiddenText(attributes)
        case "hidden-paragraph": if attributes["is-hidden"] == "true" { flow.paragraphHiddenBy = "a hidden paragraph" }
        case "ruby-text": append("(")
        case "page-number", "page-count": flow.paragraph?.hasPageNumber = true
        case "object": try embed(attributes["href"] ?? "")
        case "text", "password", "checkbox", "radio", "textarea", "formatted-text", "combobox", "date-field":
            field(name, attributes)
        default:
            // A variable that is set and not shown.
            if attributes["display"] == "none", name.hasPrefix("variable-") || name.hasPrefix("user-field-") {
                skipped = 1
            } else if Self.shapeElements.contains(name) {
                try startShape(name, attributes)
            }
        }
    }

    private mutating func end(_ name: String) throws {
        switch name {
        case "p", "h": try endParagraph()
        case "span", "a": _ = flow.spans.popLast()
        case "section": _ = sections.popLast()
        case "list", "list-item", "list-header", "numbered-paragraph": endList(name)
        case "number": endNumber()
        case "note", "note-citation", "note-body", "annotation", "creator", "sender-initials", "creator-initials":
            try endNote(name)
        case "table", "table-row", "table-cell", "covered-table-cell": try endTable(name)
        case "ruby-text": append(")")
        default: if shapes.last == name { try endShape() }
        }
    }

    // MARK: - Paragraphs

    private mutating func startParagraph(_ name: String, _ attributes: [String: String]) throws {
        if flow.paragraph != nil { try endParagraph() }
        let style = context.styles.style(attributes["style-name"], "paragraph")
        flow.style = flow.base.map { $0.over(style) } ?? style
        flow.spans = []
        flow.endsInSpace = true
        breakPage(before: flow.style)
        flow.paragraph = WordParagraph()
        flow.isItem = flow.lists.last != nil
        flow.label = label(name, attributes)
    }

    mutating func endParagraph() throws {
        noteHidden()
        flow.paragraphHiddenBy = nil
        guard var paragraph = flow.paragraph else { return }
        flow.paragraph = nil
        paragraph.settle()
        if !flow.label.isEmpty { paragraph.putInFront(flow.label) }
        let isNumber = paragraph.hasPageNumber && kind == .other && WordStory.isPageNumber(paragraph.text)
        if !isNumber { try add(paragraph.text, isItem: flow.isItem) }
        for block in paragraph.after { try add(block) }
        if flow.style.breaksAfter ?? false, breaksPages, sections.last.flatMap({ $0 }) == nil { breaksNext = true }
    }

    /// Adds a paragraph or a table to what it stands in.
    mutating func add(_ block: String, isTable: Bool = false, isItem: Bool = false) throws {
        guard block.contains(where: { !$0.isWhitespace || $0 == OfficeTable.pageBreak }) else { return }
        try context.count(block)
        if let table = flow.tables.indices.last, flow.tables[table].grid.cell != nil {
            flow.tables[table].grid.cell?.parts.append(.init(text: block, isTable: isTable))
            return
        }
        if let last = flow.text.last, last != OfficeTable.pageBreak {
            flow.text += isItem && flow.endsWithItem ? "\n" : "\n\n"
        }
        flow.text += block
        flow.endsWithItem = isItem
    }

    /// Adds characters as the file has them: spaces and line ends run together (part 3, 6.1.2).
    private mutating func append(collapsed text: String) {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isSpace = scalar == " " || scalar == "\n" || scalar == "\t" || scalar == "\r"
            if isSpace, flow.endsInSpace { continue }
            flow.endsInSpace = isSpace
            // Where a word may be divided, not a part of it.
            if scalar != "\u{ad}" { result.append(isSpace ? " " : scalar) }
        }
        append(run: String(result))
    }

    /// Adds characters that stand as they are meant.
    mutating func append(_ text: String) {
        append(run: text)
        flow.endsInSpace = false
    }

    private mutating func append(run text: String) {
        guard flow.paragraph != nil, !text.isEmpty, !changes.isDeleting else { return }
        let style = flow.spans.last ?? flow.style
        if let how = hiddenBy(style) {
            if hidden?.how != how { noteHidden() }
            if hidden == nil { hidden = ("", how, context.page) }
            if (hidden?.text.utf8.count ?? 0) < 1000 { hidden?.text += text }
            return
        }
        if !text.allSatisfy(\.isWhitespace) {
            noteHidden()
            if style.isStruck ?? false {
                context.report.warn("It holds text that is struck through; it was read like the rest.")
            }
        }
        flow.paragraph?.append(SymbolFonts.text(text, font: style.font), style.shift ?? .none)
    }

    // MARK: - Hidden text

    private func hiddenBy(_ style: OpenDocumentStyle) -> String? {
        if let how = sections.last.flatMap({ $0 }) ?? flow.hiddenBy ?? flow.paragraphHiddenBy { return how }
        let behind = flow.style.fill ?? flow.tables.reversed().lazy.compactMap { $0.cellFill ?? $0.fill }.first
        return style.hiddenBy(ground: behind ?? flow.ground)
    }

    mutating func noteHidden() {
        if let hidden { context.report.hide(hidden.text, page: hidden.page, how: hidden.how) }
        hidden = nil
    }

    /// Text that depends on a condition stands in an attribute while it is hidden.
    private mutating func hiddenText(_ attributes: [String: String]) {
        guard attributes["is-hidden"] == "true" else { return }
        context.report.hide(attributes["string-value"] ?? "", page: context.page, how: "hidden text")
        skipped = 1
    }

    // MARK: - Pages

    /// Whether pages break here: not in notes and boxes, nor within tables but where the program last broke them.
    private var breaksPages: Bool { kind == .body && flows.count == 1 && flow.tables.isEmpty }

    /// Begins a page before a paragraph or a table, where its style or what stands above asks for it.
    mutating func breakPage(before style: OpenDocumentStyle) {
        guard breaksPages, sections.last.flatMap({ $0 }) == nil else { return }
        let master = style.masterPage.flatMap { $0.isEmpty ? nil : $0 }
        let isWanted = breaksNext || (style.breaksBefore ?? false) || master != nil
        breaksNext = false
        if isWanted, hasBegun {
            flow.text.append(OfficeTable.pageBreak)
            context.page += 1
        }
        if !hasBegun || master != nil { context.masters.append(.init(name: master, page: context.page)) }
        hasBegun = true
    }

    /// Where the program that wrote the file began a page.
    private mutating func softBreak() {
        guard kind == .body, flows.count == 1, sections.last.flatMap({ $0 }) == nil else { return }
        context.page += 1
        if flow.paragraph != nil {
            flow.paragraph?.append(String(OfficeTable.pageBreak))
            flow.endsInSpace = true
        } else if flow.tables.isEmpty {
            flow.text.append(OfficeTable.pageBreak)
        } else {
            breakTable()
        }
    }
}
