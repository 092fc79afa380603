import DocumentReading
import Markup

/// The cells of one sheet, as they are shown.
struct SheetCells {
    private static let mostColumns = 16_384
    private static let mostRows = 1_048_576

    private let strings: SharedStrings
    private let styles: SheetStyles
    private let is1904: Bool
    private let page: Int

    private var grid = SheetGrid()
    private var hiddenColumns: [ClosedRange<Int>] = []
    private var row = 0
    private var column = 0
    private var isHiddenRow = false
    private var cells: [(column: Int, text: String)] = []
    private var hiddenText: [String: String] = [:]

    private var type = ""
    private var style: String?
    private var value: String?
    private var inline: RichString?
    private var isValue = false
    private var hasFormula = false
    /// Whether a formula has no result.
    private(set) var lacksValues = false
    /// What is in it and not shown.
    private(set) var hidden: [(text: String, how: String)] = []

    init(_ strings: SharedStrings, _ styles: SheetStyles, is1904: Bool, page: Int) {
        self.strings = strings
        self.styles = styles
        self.is1904 = is1904
        self.page = page
    }

    /// Takes the next event of the sheet's part.
    ///
    /// - Throws: `ExtractionError` when a limit is passed.
    mutating func take(_ event: MarkupEvent, _ budget: inout SheetGrid.Budget, _ report: inout ReadingReport) throws {
        if inline != nil, event != .end("is") {
            inline?.take(event)
            return
        }
        switch event {
        case .start("col", let attributes):
            if wordIsOn(attributes["hidden"] ?? "0"), let first = attributes["min"].flatMap(Int.init),
                let last = attributes["max"].flatMap(Int.init), first > 0, first <= last, hiddenColumns.count < 1000
            {
                hiddenColumns.append(first...last)
            }
        case .start("row", let attributes):
            row = attributes["r"].flatMap(Int.init) ?? row &+ 1
            guard (1...Self.mostRows).contains(row) else { throw ExtractionError.damaged("a row has a wrong number") }
            column = 0
            isHiddenRow = wordIsOn(attributes["hidden"] ?? "0")
            cells = []
        case .end("row"): endRow()
        case .start("c", let attributes):
            column = attributes["r"].flatMap { Self.place($0)?.column } ?? column + 1
            guard (1...Self.mostColumns).contains(column) else {
                throw ExtractionError.damaged("a column has a wrong name")
            }
            type = attributes["t"] ?? "n"
            style = attributes["s"]
            value = nil
            hasFormula = false
        case .end("c"):
            try budget.count(cells: 1)
            endCell()
        case .start("v", _):
            isValue = true
            value = ""
        case .end("v"): isValue = false
        case .start("f", _): hasFormula = true
        case .start("is", _): inline = RichString()
        case .end("is"):
            value = inline?.text
            if inline?.isStruck ?? false {
                report.warn("It holds text that is struck through; it was read like the rest.")
            }
            inline = nil
        case .text(let text): if isValue { value? += text }
        case .start("mergeCell", let attributes):
            let ends = (attributes["ref"] ?? "").split(separator: ":").compactMap { Self.place(String($0)) }
            try budget.countMerge()
            if ends.count == 2, ends[0].row < ends[1].row { grid.merge(from: ends[0], through: ends[1]) }
        default: break
        }
    }

    /// Row and column of a name such as `B12`.
    private static func place(_ name: String) -> (row: Int, column: Int)? {
        var column = 0
        var row = 0
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "$"): continue
            case 65...90, 97...122:
                guard row == 0, column <= mostColumns else { return nil }
                column = column * 26 + Int(byte & 0x1F)
            case 48...57:
                guard row <= mostRows else { return nil }
                row = row * 10 + Int(byte - 48)
            default: return nil
            }
        }
        return (1...mostColumns).contains(column) && (1...mostRows).contains(row) ? (row, column) : nil
    }

    private mutating func endCell() {
        if hasFormula, value?.isEmpty ?? true { lacksValues = true }
        guard let value else { return }
        let look = styles.style(style)
        let text: String
        switch type {
        case "s": text = strings[value]
        case "b": text = value == "1" ? "TRUE" : value == "0" ? "FALSE" : value
        case "e", "inlineStr", "d": text = value
        case "str": text = RichString.unescaped(value)
        default: text = look.format.text(value, is1904: is1904)
        }
        let line = Self.line(text.isEmpty && look.hiddenBy != nil ? value : text)
        guard !line.isEmpty else { return }
        if isHiddenRow {
            hide(line, "a hidden row")
        } else if hiddenColumns.contains(where: { $0.contains(column) }) {
            hide(line, "a hidden column")
        } else if let how = look.hiddenBy {
            hide(line, how)
        } else {
            cells.append((column, line))
        }
    }

    /// A cell in one line.
    private static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ").split(separator: "\t").joined(separator: " ")
    }

    private mutating func hide(_ text: String, _ how: String) {
        // The cells of a row are one text.
        hiddenText[how, default: ""] += (hiddenText[how] == nil ? "" : " ") + text
    }

    private mutating func endRow() {
        for (how, text) in hiddenText.sorted(by: { $0.key < $1.key }) { hidden.append((text, how)) }
        hiddenText = [:]
        grid.add(cells, row: row)
        cells = []
    }

    /// The rows as lines.
    ///
    /// - Throws: `ExtractionError` when a limit is passed.
    mutating func text(_ budget: inout SheetGrid.Budget) throws -> String { try grid.text(&budget) }
}
