import Markup

/// How paragraphs, tables and boxes end and where their text goes.
extension WordStory {
    // MARK: - Paragraphs

    mutating func begin(_ paragraph: WordParagraph, isImplicit: Bool) {
        var paragraph = paragraph
        paragraph.isImplicit = isImplicit
        paragraph.style = context.styles.paragraph(nil)
        paragraph.listId = paragraph.style.listId
        paragraph.listLevel = paragraph.style.listLevel
        paragraph.fill = paragraph.style.fill
        flow.paragraphs.append(paragraph)
    }

    mutating func startParagraph() throws {
        if flow.paragraphs.last?.isImplicit ?? false { try endParagraph() }
        var paragraph = WordParagraph(carried: flow.carried?.text ?? "")
        paragraph.after = flow.carried?.after ?? []
        flow.carried = nil
        begin(paragraph, isImplicit: false)
        format = plainFormat
    }

    mutating func endParagraph() throws {
        noteHidden()
        // The instruction of a field does not go on in another paragraph.
        fields.removeAll { !$0.isResult }
        guard var paragraph = flow.paragraphs.popLast() else { return }
        paragraph.settle()
        let section = endingSection
        endingSection = nil
        if paragraph.join != .none || !movedRanges.isEmpty {
            var text = paragraph.text
            if paragraph.join == .spaced, let last = text.last, !last.isWhitespace { text += " " }
            flow.carried = (text, paragraph.after)
        } else {
            if let id = paragraph.listId {
                let label = context.numbering.label(id, level: paragraph.listLevel, style: paragraph.styleId)
                paragraph.putInFront(label)
            }
            let isPageNumber = kind == .margin && paragraph.hasPageNumber && Self.isPageNumber(paragraph.text)
            if !isPageNumber { try add(paragraph.text) }
            for block in paragraph.after { try add(block) }
        }
        if let section {
            try addCarried()
            context.endSection(section)
            if context.survey.breaks(after: context.sections.count - 1) {
                breaks.hard += 1
                let wanted = max(breaks.hard, breaks.rendered)
                while breaks.made < wanted {
                    breaks.made += 1
                    flow.text.append(OfficeTable.pageBreak)
                    context.page += 1
                }
            }
        }
    }

    static let pageWords: Set = [
        "page", "pages", "p", "pg", "of", "seite", "von", "s", "sur", "de", "pagina", "página", "di", "van", "sida",
        "av",
        "side", "af", "sivu", "strona", "z", "strana", "ze", "стр", "страница", "из", "oldal",
    ]

    /// Whether a line tells nothing but which page it stands on.
    static func isPageNumber(_ text: String) -> Bool {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.allSatisfy { word in
            pageWords.contains(String(word)) || word.allSatisfy { $0.isNumber || "ivxlc".contains($0) }
        }
    }

    /// Adds a paragraph or a table to what it stands in.
    mutating func add(_ block: String, isTable: Bool = false) throws {
        guard block.contains(where: { !$0.isWhitespace || $0 == OfficeTable.pageBreak }) else { return }
        try context.count(block)
        if let table = flow.tables.indices.last, flow.tables[table].cell != nil {
            flow.tables[table].cell?.parts.append(.init(text: block, isTable: isTable))
            return
        }
        if let last = flow.text.last, last != OfficeTable.pageBreak { flow.text += "\n\n" }
        flow.text += block
    }

    mutating func addCarried() throws {
        guard let carried = flow.carried else { return }
        flow.carried = nil
        try add(carried.text)
        for block in carried.after { try add(block) }
    }

    mutating func endBox() throws {
        guard flows.count > 1 else { return }
        noteHidden()
        while !flow.paragraphs.isEmpty { try endParagraph() }
        while !flow.tables.isEmpty { try endTable() }
        try addCarried()
        guard let box = flows.popLast() else { return }
        format = box.format
        guard !box.text.isEmpty else { return }
        if let last = flow.paragraphs.indices.last {
            flow.paragraphs[last].after.append(box.text)
        } else {
            try add(box.text)
        }
    }

    // MARK: - Tables

    mutating func startTable() throws {
        while flow.paragraphs.last?.isImplicit ?? false { try endParagraph() }
        try addCarried()
        flow.tables.append(OfficeTable())
    }

    mutating func startRow() {
        guard let table = flow.tables.indices.last else { return }
        flow.tables[table].row = OfficeTable.Row(firstPage: context.page)
        rowBreaks.append(breaks)
    }

    mutating func startCell() {
        guard let table = flow.tables.indices.last, let row = flow.tables[table].row else { return }
        flow.tables[table].cell = OfficeTable.Cell()
        // Cells of a row stand side by side: a page that ends in one ends in all.
        context.page = row.firstPage
        breaks = rowBreaks.last ?? Breaks()
    }

    mutating func endCell() throws {
        while flow.paragraphs.last?.isImplicit ?? false { try endParagraph() }
        try addCarried()
        guard let table = flow.tables.indices.last, let cell = flow.tables[table].cell else { return }
        flow.tables[table].row?.cells.append(cell)
        flow.tables[table].cell = nil
    }

    mutating func endRow() throws {
        guard let table = flow.tables.indices.last, let row = flow.tables[table].row else { return }
        let line = flow.tables[table].endRow()
        flow.tables[table].row = nil
        _ = rowBreaks.popLast()
        try context.count(line)
        guard !row.isHidden else {
            context.page = row.firstPage
            context.report.hide(line, page: row.firstPage, how: "a hidden row of a table")
            return
        }
        context.page = row.firstPage + line.count { $0 == OfficeTable.pageBreak }
        flow.tables[table].add(line)
    }

    mutating func endTable() throws {
        guard let table = flow.tables.popLast() else { return }
        try add(table.text, isTable: true)
    }

    // MARK: - Parts inside

    /// Puts the text of a chart or a diagram behind the paragraph.
    mutating func draw(_ id: String?, _ text: (OfficePackage, String) throws -> String) throws {
        guard let relation = relations[id], !relation.isExternal, !isSuppressed, hiddenBy() == nil,
            let last = flow.paragraphs.indices.last
        else { return }
        let text = try text(context.package, relation.target)
        guard !text.isEmpty else { return }
        try context.count(text)
        context.shown += 1
        flow.paragraphs[last].after.append(text)
    }

    mutating func embed(_ id: String?) throws {
        guard let relation = relations[id], !relation.isExternal, !isSuppressed else { return }
        while flow.paragraphs.last?.isImplicit ?? false { try endParagraph() }
        guard let pages = try WordChunk.pages(relation.target, in: context) else { return }
        try add(pages.joined(separator: kind == .body && flows.count == 1 ? "\u{c}" : "\n\n"))
        if kind == .body, flows.count == 1 { context.page += pages.count - 1 }
        context.shown += 1
        breaks = Breaks()
    }
}
