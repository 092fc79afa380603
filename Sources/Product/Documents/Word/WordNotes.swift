import Markup

/// Footnotes, endnotes and comments: text that stands apart from the body.
struct WordNotes {
    private struct Note {
        let text: String
        let author: String?
    }

    private var notes: [String: Note] = [:]
    private var order: [String] = []
    /// Text outside of any note.
    private var rest = ""

    /// Reads the notes of a kind.
    ///
    /// - Throws: `ExtractionError`.
    init(_ kind: WordContext.NoteKind, _ part: String, in context: WordContext) throws {
        let relations = try context.package.relations(of: part)
        let pages = Dictionary((context.marks[kind] ?? []).map { ($0.id, $0.page) }) { first, _ in first }
        let last = context.page
        var open: (id: String, author: String?, story: WordStory)?
        var outside = WordStory(context, relations, .note)
        var isSeparator = false
        try context.package.events(part) { event in
            switch event {
            case .start(kind.element, let attributes) where open == nil:
                let id = attributes["id"] ?? ""
                isSeparator = attributes["type"].map { $0 != "normal" } ?? false
                context.page = pages[id] ?? last
                open = (id, attributes["author"], WordStory(context, relations, .note))
            case .end(kind.element):
                guard var note = open else { return }
                open = nil
                let text = try note.story.finish()
                if !isSeparator { add(note.id, Note(text: text, author: note.author)) }
            default: if open != nil { try open?.story.take(event) } else { try outside.take(event) }
            }
        }
        context.page = last
        rest = try outside.finish()
    }

    private mutating func add(_ id: String, _ note: Note) {
        if notes.updateValue(note, forKey: id) == nil { order.append(id) }
    }

    /// Puts each note on the page where its mark stands, those without one at the end.
    func place(_ kind: WordContext.NoteKind, marks: [WordContext.Mark], deleted: Set<String>, on pages: inout [String])
    {
        var placed = deleted
        for mark in marks where !placed.contains(mark.id) {
            guard let note = notes[mark.id] else { continue }
            placed.insert(mark.id)
            // Endnotes stand at the end of the document, the others with their page.
            let page = kind == .endnote ? pages.count : mark.page
            add(line(note, kind, mark: mark.text + " "), to: &pages, page)
        }
        for id in order where !placed.contains(id) {
            if let note = notes[id] { add(line(note, kind, mark: ""), to: &pages, pages.count) }
        }
        add(rest, to: &pages, pages.count)
    }

    private func line(_ note: Note, _ kind: WordContext.NoteKind, mark: String) -> String {
        let text = note.text.split(separator: "\n").joined(separator: " ")
        let line = String(text.drop(while: \.isWhitespace))
        guard !line.isEmpty else { return "" }
        guard kind == .comment else { return mark + line }
        return mark + "Comment" + (note.author.map { $0.isEmpty ? "" : " by " + $0 } ?? "") + ": " + line
    }

    private func add(_ text: String, to pages: inout [String], _ page: Int) {
        guard text.contains(where: { !$0.isWhitespace }), !pages.isEmpty else { return }
        pages[min(max(1, page), pages.count) - 1] += "\n\n" + text
    }
}
