import Markup

/// A note or a comment that is open.
struct OpenDocumentNote {
    var isComment = false
    var isEndnote = false
    var mark = ""
    var author = ""
    var page: Int
}

/// Notes, comments, text boxes, and other things that stand beside the line.
extension OpenDocumentText {
    mutating func startNote(_ name: String, _ attributes: [String: String]) {
        switch name {
        case "note":
            notes.append(OpenDocumentNote(isEndnote: attributes["note-class"] == "endnote", page: context.page))
        case "annotation":
            notes.append(OpenDocumentNote(isComment: true, page: context.page))
            startFlow()
        case "note-citation": begin(.citation)
        case "note-body": startFlow()
        // Whoever wrote a comment; elsewhere they are fields, which show it.
        default:
            if notes.last?.isComment ?? false, flow.paragraph == nil { begin(.author) }
        }
    }

    mutating func endNote(_ name: String) throws {
        switch name {
        case "note-citation":
            guard aside == .citation else { return }
            aside = nil
            guard let last = notes.indices.last, flow.paragraph != nil else { return }
            notes[last].mark = "[\(asideText.trimmed)]"
            // A mark is no raised letter.
            flow.spans.append(unshifted)
            append(notes[last].mark)
            _ = flow.spans.popLast()
        case "creator", "creator-initials", "sender-initials":
            guard aside == .author else { return }
            aside = nil
            if name == "creator", let last = notes.indices.last { notes[last].author = asideText.trimmed }
        case "note-body":
            if flows.count > 1, notes.last != nil { try endNoteFlow() }
        case "annotation":
            if flows.count > 1 { try endNoteFlow() }
            _ = notes.popLast()
        default: _ = notes.popLast()
        }
    }

    /// The format that is set here, on the line.
    private var unshifted: OpenDocumentStyle {
        var style = flow.spans.last ?? flow.style
        style.shift = ShiftedText.Shift.none
        return style
    }

    private mutating func endNoteFlow() throws {
        let wasHidden = changes.isDeleting || flow.hiddenBy != nil || sections.last.flatMap { $0 } != nil
        guard let note = notes.last else { return }
        let text = try takeFlow().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !text.isEmpty, !wasHidden else { return }
        guard note.isComment else {
            let line = note.mark + " " + text
            if note.isEndnote {
                context.endnotes.append(line)
            } else {
                context.notes.append(.init(page: note.page, line: line))
            }
            return
        }
        let by = note.author.isEmpty ? "" : " by " + note.author
        if flow.paragraph != nil {
            let mark = context.commentMark()
            flow.spans.append(unshifted)
            append(mark)
            _ = flow.spans.popLast()
            context.comments.append(.init(page: note.page, line: "\(mark) Comment\(by): \(text)"))
        } else {
            context.comments.append(.init(page: note.page, line: "Comment\(by): \(text)"))
        }
    }

    // MARK: - Boxes

    mutating func startFlow(ground: WordFill? = nil) {
        noteHidden()
        var inner = Flow(ground: ground ?? flow.ground)
        inner.hiddenBy = flow.hiddenBy ?? flow.paragraphHiddenBy
        flows.append(inner)
    }

    /// Ends what stands beside the line, and gives its text.
    mutating func takeFlow() throws -> String {
        noteHidden()
        try settleFlow()
        return flows.count > 1 ? flows.removeLast().text : ""
    }

    /// Ends what stands beside the line; its text goes behind the paragraph.
    mutating func endFlow() throws {
        let text = try takeFlow()
        guard !text.isEmpty else { return }
        if flow.paragraph != nil { flow.paragraph?.after.append(text) } else { try add(text) }
    }

    mutating func startShape(_ name: String, _ attributes: [String: String]) throws {
        shapes.append(name)
        // What is behind text that lies on a picture is not known.
        startFlow(ground: .unknown)
        if attributes["display"] == "none" { flow.hiddenBy = "a hidden shape" }
        if name == "control", let value = attributes["control"].flatMap({ context.fields[$0] }) { try add(value) }
    }

    mutating func endShape() throws {
        _ = shapes.popLast()
        if flows.count > 1 { try endFlow() }
    }

    /// Notes what a form's field shows; where it stands, a shape says.
    mutating func field(_ name: String, _ attributes: [String: String]) {
        guard let id = attributes["id"], context.fields.count < 10_000 else { return }
        switch name {
        case "password": return
        case "checkbox", "radio":
            let isOn =
                (attributes["current-state"] ?? attributes["state"]) == "checked"
                || attributes["current-selected"] == "true"
            context.fields[id] = (isOn ? "☑ " : "☐ ") + (attributes["label"] ?? "")
        default:
            let value = attributes["current-value"] ?? attributes["value"] ?? ""
            if !value.isEmpty { context.fields[id] = String(value.prefix(2000)) }
        }
    }

    /// Puts a formula into the line, the text of another object where the shape stands.
    mutating func embed(_ reference: String) throws {
        guard let found = try context.object(reference), !found.text.isEmpty else { return }
        guard found.isFormula else { return try add(found.text) }
        for index in flows.indices.reversed() where flows[index].paragraph != nil {
            let piece = found.text.trimmed
            flows[index].paragraph?.append(piece)
            flows[index].endsInSpace = false
            return
        }
        try add(found.text)
    }
}
