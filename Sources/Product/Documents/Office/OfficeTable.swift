/// A table that is being read: rows are lines, cells stand between tabs.
struct OfficeTable {
    /// The page break in texts that are put together.
    static let pageBreak: Character = "\u{c}"

    /// What a cell holds: paragraphs, or tables in it.
    struct Part {
        var text: String
        var isTable: Bool
    }

    struct Cell {
        var span = 1
        /// `nil` without a merge, otherwise whether the merge begins here.
        var beginsMerge: Bool?
        var isCovered = false
        var isDeleted = false
        var fill: WordFill?
        var parts: [Part] = []
    }

    struct Row {
        var firstPage: Int
        var indent = 0
        var isDeleted = false
        var isHidden = false
        var cells: [Cell] = []
    }

    /// Columns that are counted for a cell, or before a row.
    static let mostColumns = 63
    private static let longestRepeated = 300

    var fill: WordFill?
    var row: Row?
    /// The cell that is being read.
    var cell: Cell?
    private(set) var text = ""
    private var merged: [Int: String] = [:]

    /// Ends the row. Returns its text; page breaks stand in it.
    mutating func endRow() -> String {
        guard let row, !row.isDeleted else { return "" }
        let cells = row.cells.filter { !$0.isDeleted }
        let filled = cells.filter { !$0.parts.isEmpty }
        if filled.count == 1, let only = filled.first, only.parts.contains(where: \.isTable) {
            // A frame around other tables.
            return only.parts.map(\.text).joined(separator: "\n")
        }
        var column = row.indent
        var columns: [(place: Int, pages: [String])] = []
        for cell in cells {
            defer { column += cell.span }
            columns.append((column, text(of: cell, at: column)))
        }
        let breaks = leadingBreaks(&columns)
        let pageCount = columns.map(\.pages.count).max() ?? 1
        let lines = (0..<pageCount).map { page in
            var line = ""
            var place = 0
            for column in columns {
                guard column.pages.indices.contains(page), !column.pages[page].isEmpty else { continue }
                line += String(repeating: "\t", count: column.place - place) + column.pages[page]
                place = column.place
            }
            return line
        }
        return String(repeating: Self.pageBreak, count: breaks) + lines.joined(separator: String(Self.pageBreak))
    }

    /// A cell's text by pages. A cell that goes on with the one above says the same again.
    private mutating func text(of cell: Cell, at column: Int) -> [String] {
        if cell.isCovered { return [""] }
        let own = Self.line(cell.parts)
        switch cell.beginsMerge {
        case nil:
            merged[column] = nil
            return Self.pieces(own)
        case .some(true):
            let whole = own.filter { $0 != Self.pageBreak }
            merged[column] = whole.count <= Self.longestRepeated ? whole : ""
            return Self.pieces(own)
        case .some(false):
            let above = merged[column] ?? ""
            return [own.isEmpty || own == above ? above : above.isEmpty ? own : above + " " + own]
        }
    }

    /// The parts of a cell that stand on different pages, without the spaces at which they were divided.
    private static func pieces(_ text: String) -> [String] {
        text.split(separator: pageBreak, omittingEmptySubsequences: false).map { piece in
            let rest = piece.drop { $0 == " " }
            return rest.lastIndex { $0 != " " }.map { String(rest[...$0]) } ?? ""
        }
    }

    /// A break before the row's first text is one before the row.
    private func leadingBreaks(_ columns: inout [(place: Int, pages: [String])]) -> Int {
        let leading = { (pages: [String]) in pages.prefix { $0.isEmpty }.count }
        guard let first = columns.first(where: { $0.pages.contains { !$0.isEmpty } }) else {
            let breaks = (columns.map(\.pages.count).max() ?? 1) - 1
            columns = []
            return breaks
        }
        let breaks = leading(first.pages)
        guard breaks > 0 else { return 0 }
        for index in columns.indices {
            let pages = columns[index].pages
            columns[index].pages = Array(pages.dropFirst(min(breaks, leading(pages), max(0, pages.count - 1))))
        }
        return breaks
    }

    /// A cell's paragraphs in one line.
    private static func line(_ parts: [Part]) -> String {
        var result = ""
        for part in parts {
            let text = flat(part)
            guard !text.isEmpty else { continue }
            if let last = result.last, last != pageBreak, text.first != pageBreak { result += " " }
            result += text
        }
        return result
    }

    private static func flat(_ part: Part) -> String {
        var result = ""
        for character in part.text {
            switch character {
            case "\n": result += part.isTable ? "; " : " "
            case "\t": result += part.isTable ? ", " : " "
            default: result.append(character)
            }
        }
        return result
    }

    /// Adds the text of a row.
    mutating func add(_ line: String) {
        guard !line.isEmpty else { return }
        if let last = text.last, last != Self.pageBreak, last != "\n" { text += "\n" }
        text += line
    }
}
