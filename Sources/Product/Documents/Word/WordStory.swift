import Markup

/// Reads the events of one story of a Word document: its body, a header, a note. Whatever a reader of the document as it
/// is accepted does not see is left out.
struct WordStory {
    /// What is being read.
    enum Kind { case body, margin, note }

    struct Flow {
        var text = ""
        var paragraphs: [WordParagraph] = []
        var tables: [OfficeTable] = []
        /// Text of paragraphs whose end was deleted.
        var carried: (text: String, after: [String])?
        var isBox = false
        /// Whether it stands in a run that is hidden.
        var isVanished = false
        /// That of the run around it.
        var format = WordFormat()
    }

    struct Field {
        var instruction = ""
        var isResult = false
        var form: XMLNode?
        var shown: Int
    }

    /// A content control.
    struct Control {
        var isPlaceholder = false
        var value: String?
        var shown = 0
    }

    /// Breaks without text between them. Where Word broke the page when it was saved stands beside what made it break.
    struct Breaks {
        var hard = 0
        var rendered = 0
        var made = 0
    }

    static let captured: Set = ["pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr", "ffData", "oMath"]
    static let leftOut: Set = [
        "del", "moveFrom", "delText", "delInstrText", "rt", "tblGrid", "tblPrEx", "sdtEndPr", "annotationRef",
        "customXmlPr", "smartTagPr", "rubyPr", "numberingChange",
    ]
    static let longestInstruction = 2000

    let context: WordContext
    let relations: OfficePackage.Relations
    let kind: Kind
    var flows = [Flow()]
    var skipped = 0
    var builder: XMLTreeBuilder?
    var isText = false
    var isInstruction = false
    var format = WordFormat()
    var fields: [Field] = []
    var controls: [Control] = []
    /// For each choice between forms of one thing: how much was shown before, and whether one was taken.
    var choices: [(shown: Int, hidden: Int, isTaken: Bool)] = []
    var movedRanges: Set<String> = []
    var breaks: Breaks
    var rowBreaks: [Breaks] = []
    /// The properties of the section that ends with the paragraph.
    var endingSection: XMLNode?
    var hidden: (how: String, text: String, page: Int)?

    init(_ context: WordContext, _ relations: OfficePackage.Relations, _ kind: Kind) {
        self.context = context
        self.relations = relations
        self.kind = kind
        // The first page has begun.
        breaks = Breaks(hard: 1, rendered: 0, made: 1)
    }

    /// The text, once all events have come. Page breaks stand in it.
    ///
    /// - Throws: `ExtractionError`.
    mutating func finish() throws -> String {
        while flows.count > 1 { try endBox() }
        while !flow.paragraphs.isEmpty { try endParagraph() }
        while !flow.tables.isEmpty { try endTable() }
        try addCarried()
        return flow.text
    }

    var flow: Flow {
        get { flows[flows.count - 1] }
        set { flows[flows.count - 1] = newValue }
        _modify { yield &flows[flows.count - 1] }
    }

    // MARK: - Events

    /// Takes the next event.
    ///
    /// - Throws: `ExtractionError`.
    mutating func take(_ event: MarkupEvent) throws {
        if builder != nil {
            guard let node = builder?.take(event) else { return }
            builder = nil
            return try properties(node)
        }
        switch event {
        case .start(let name, let attributes):
            if skipped > 0 {
                skipped += 1
                passOver(name, attributes)
            } else if Self.captured.contains(name) {
                builder = XMLTreeBuilder()
                _ = builder?.take(event)
            } else if Self.leftOut.contains(name) {
                skipped = 1
            } else {
                try start(name, attributes)
            }
        case .end(let name):
            if skipped > 0 {
                skipped -= 1
                guard skipped == 0 else { return }
            }
            try end(name)
        case .text(let text):
            guard skipped == 0 else { return }
            if isText { try appendText(text) }
            if isInstruction, let last = fields.indices.last,
                fields[last].instruction.utf8.count < Self.longestInstruction
            {
                fields[last].instruction += text
            }
        }
    }

    /// Of what is left out, it is known where Word broke the page, and which notes have gone with it.
    mutating func passOver(_ name: String, _ attributes: [String: String]) {
        if name == "lastRenderedPageBreak" { breakPage(.rendered) }
        if let kind = Self.noteKind(name), let id = attributes["id"] {
            context.deletedNotes[kind, default: []].insert(id)
        }
    }

    static func noteKind(_ name: String) -> WordContext.NoteKind? {
        switch name {
        case "footnoteReference": .footnote
        case "endnoteReference": .endnote
        case "commentReference": .comment
        default: nil
        }
    }

    mutating func start(_ name: String, _ attributes: [String: String]) throws {
        switch name {
        case "p": try startParagraph()
        case "r": format = plainFormat
        case "t": isText = true
        case "instrText": isInstruction = true
        case "tab", "ptab": try append("\t")
        case "cr": try append("\n")
        case "br":
            switch attributes["type"] {
            case "page": breakPage(.hard)
            // Behind the only column is the next page.
            case "column" where !context.survey.hasColumns(context.sections.count): breakPage(.hard)
            default: try append("\n")
            }
        case "lastRenderedPageBreak": breakPage(.rendered)
        case "noBreakHyphen": try append("-")
        case "sym": try append(symbol(attributes))
        case "drawing", "pict", "object": breaks = Breaks()
        case "txbxContent", "txBody":
            var box = Flow()
            box.isBox = true
            box.isVanished = isVanished
            box.format = format
            flows.append(box)
        case "tbl": try startTable()
        case "tr": startRow()
        case "tc": startCell()
        case "fldChar": try fieldMark(attributes["fldCharType"] ?? "")
        case "fldSimple":
            fields.append(Field(instruction: attributes["instr"] ?? "", isResult: true, shown: context.shown))
            notePageNumber()
        case "footnoteReference", "endnoteReference", "commentReference": try reference(name, attributes)
        case "AlternateContent": choices.append((context.shown, context.report.hiddenCount, false))
        case "Choice", "Fallback":
            // Both say the same, in two forms.
            if choices.last?.isTaken ?? false { skipped = 1 }
        case "sdt": controls.append(Control(shown: context.shown))
        case "sdtContent": if controls.last?.isPlaceholder ?? false { skipped = 1 }
        case "altChunk": try embed(attributes["id"])
        case "chart": try draw(attributes["id"], ChartText.text)
        case "relIds": try draw(attributes["dm"], DrawingText.text)
        case "background": context.ground = .unknown
        case "moveFromRangeStart":
            if let id = attributes["id"], context.survey.movedRanges.contains(id) { movedRanges.insert(id) }
        case "moveFromRangeEnd": if let id = attributes["id"] { movedRanges.remove(id) }
        default: break
        }
    }

    mutating func end(_ name: String) throws {
        switch name {
        case "p": try endParagraph()
        case "r": format = plainFormat
        case "t": isText = false
        case "instrText":
            isInstruction = false
            notePageNumber()
        case "txbxContent", "txBody": try endBox()
        case "tbl": try endTable()
        case "tr": try endRow()
        case "tc": try endCell()
        case "fldSimple": _ = fields.popLast()
        case "AlternateContent": _ = choices.popLast()
        case "Choice":
            guard let choice = choices.last else { break }
            let isHidden = isVanished && context.report.hiddenCount > choice.hidden
            if context.shown > choice.shown || isHidden { choices[choices.count - 1].isTaken = true }
        case "sdt":
            guard let control = controls.popLast(), let value = control.value, context.shown == control.shown else {
                return
            }
            try append(value)
        default: break
        }
    }

    // MARK: - Text

    /// The format of a run that says nothing of its own.
    var plainFormat: WordFormat {
        context.styles.format(nil, in: flow.paragraphs.last?.style ?? context.styles.paragraph(nil))
    }

    var isSuppressed: Bool { !movedRanges.isEmpty || fields.contains { !$0.isResult } }

    mutating func appendText(_ text: String) throws {
        var plain = ""
        for scalar in text.unicodeScalars where scalar != "\u{AD}" {
            plain.unicodeScalars.append(scalar == "\n" || scalar == "\r" ? " " : scalar)
        }
        try append(SymbolFonts.text(plain, font: format.font))
    }

    mutating func append(_ text: String, shift: ShiftedText.Shift? = nil) throws {
        guard !isSuppressed, !text.isEmpty else { return }
        try context.count(text)
        if let how = hiddenBy() {
            if hidden?.how == how { hidden?.text += text } else { noteHidden() }
            if hidden == nil { hidden = (how, text, context.page) }
            return
        }
        if flow.paragraphs.isEmpty { begin(WordParagraph(), isImplicit: true) }
        if !text.allSatisfy(\.isWhitespace) {
            context.shown += 1
            breaks = Breaks()
            noteHidden()
            if format.isStruck ?? false {
                context.report.warn("It holds text that is struck through; it was read like the rest.")
            }
        }
        flow.paragraphs[flow.paragraphs.count - 1].append(text, shift ?? format.shift ?? .none)
    }

    static let vanished = "hidden characters"

    var isVanished: Bool { format.isVanished ?? false || flow.isVanished }

    /// What hides the text of this run from a reader; `nil` when nothing does.
    func hiddenBy() -> String? {
        if isVanished { return Self.vanished }
        if let size = format.size, size <= 3 { return "letters of at most 1.5 points" }
        guard let colour = format.colour, let colour, case .colour(let ground) = groundOfRun(),
            WordFill.isUnseen(colour, on: ground)
        else { return nil }
        return "the colour of the ground"
    }

    func groundOfRun() -> WordFill {
        if let fill = format.fill ?? flow.paragraphs.last?.fill { return fill }
        for table in flow.tables.reversed() {
            if let fill = table.cell?.fill ?? table.fill { return fill }
        }
        return flow.isBox ? .unknown : context.ground
    }

    mutating func noteHidden() {
        if let hidden { context.report.hide(hidden.text, page: hidden.page, how: hidden.how) }
        hidden = nil
    }

    func symbol(_ attributes: [String: String]) -> String {
        guard let code = attributes["char"].flatMap({ UInt32($0, radix: 16) }), let scalar = Unicode.Scalar(code) else {
            return ""
        }
        if let sign = attributes["font"].flatMap({ SymbolFonts.sign(scalar, font: $0) }) { return String(sign) }
        if (0xE000...0xF8FF).contains(code) {
            context.report.warn("It holds signs of a font whose meaning is not known.")
        }
        return String(scalar)
    }

    mutating func reference(_ name: String, _ attributes: [String: String]) throws {
        guard let kind = Self.noteKind(name), let id = attributes["id"] else { return }
        guard !isSuppressed, hiddenBy() == nil else {
            context.deletedNotes[kind, default: []].insert(id)
            return
        }
        // A mark of the author's own stands in the text behind.
        guard !wordIsOn(attributes["customMarkFollows"] ?? "0") else { return }
        try append(context.mark(kind, id: id), shift: ShiftedText.Shift.none)
    }

    // MARK: - Pages

    enum Break { case hard, rendered, before }

    mutating func breakPage(_ kind: Break) {
        guard self.kind == .body, flows.count == 1, !isSuppressed else { return }
        switch kind {
        case .hard:
            guard hiddenBy() == nil else { return }
            breaks.hard += 1
        case .rendered: breaks.rendered += 1
        case .before: breaks.hard = max(1, breaks.hard)
        }
        let wanted = max(breaks.hard, breaks.rendered)
        while breaks.made < wanted {
            breaks.made += 1
            if flow.paragraphs.isEmpty { begin(WordParagraph(), isImplicit: true) }
            flow.paragraphs[flow.paragraphs.count - 1].append(String(OfficeTable.pageBreak))
            context.page += 1
        }
    }
}
