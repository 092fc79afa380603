import DocumentReading
import Markup

/// One sheet of an OpenDocument spreadsheet.
struct OpenDocumentSheet {
    private static let mostColumns = 16_384
    private static let mostRows = 1_048_576
    private static let mostRanges = 1000

    /// Columns that are hidden, or whose cells have a style where they name none.
    private struct Columns {
        var range: ClosedRange<Int>
        var style: String?
        var isHidden: Bool
    }

    /// The cell that is being read.
    private struct Cell {
        var times: Int
        /// How many rows it spans.
        var rows: Int
        var isCovered: Bool
        /// What it holds, in the form of the file; `nil` for none.
        var value: String?
        var hasText = false
    }

    private let context: OpenDocumentContext
    private let name: String
    private let isShown: Bool
    private var grid = SheetGrid()
    private var columns: [Columns] = []
    private var lastColumn = 0
    private var row = 0
    private var isBeyond = false
    private var rowTimes = 1
    private var rowStyle: String?
    private var isHiddenRow = false
    private var column = 0
    private var cells: [SheetGrid.Cell] = []
    private var merges: [(column: Int, rows: Int)] = []
    private var hiddenText: [String: String] = [:]
    private var cell: Cell?
    private var text: OpenDocumentText
    /// What lies on the sheet: text boxes and charts.
    private var boxes: [String] = []
    private var shapes = 0
    /// Tables that are open in the cell.
    private var tables = 0

    init(_ context: OpenDocumentContext, _ attributes: [String: String]) {
        self.context = context
        name = attributes["name"] ?? ""
        isShown = context.styles.style(attributes["style-name"], "table").isShown ?? true
        text = OpenDocumentText(context, .other)
    }

    /// Whether the next end of a table is that of the sheet.
    var isOutermost: Bool { cell == nil && shapes == 0 }

    /// Takes the next event.
    ///
    /// - Throws: `ExtractionError`.
    mutating func take(_ event: MarkupEvent, _ budget: inout SheetGrid.Budget) throws {
        if shapes > 0 { return try takeShape(event) }
        if cell != nil { return try takeInCell(event, &budget) }
        switch event {
        case .start("table-column", let attributes): try startColumns(attributes)
        case .start("table-row", let attributes): startRow(attributes)
        case .end("table-row"): try endRow(&budget)
        case .start("table-cell", let attributes): startCell(attributes, isCovered: false)
        case .start("covered-table-cell", let attributes): startCell(attributes, isCovered: true)
        case .start(let name, _) where OpenDocumentText.shapeElements.contains(name): try takeShape(event)
        default: break
        }
    }

    // MARK: - Columns and rows

    private static func times(_ value: String?) -> Int { max(1, value.flatMap(Int.init) ?? 1) }

    private mutating func startColumns(_ attributes: [String: String]) throws {
        let times = min(Self.times(attributes["number-columns-repeated"]), Self.mostColumns)
        guard lastColumn < Self.mostColumns else { return }
        let range = lastColumn + 1...lastColumn + times
        lastColumn = range.upperBound
        let isHidden = ["collapse", "filter"].contains(attributes["visibility"])
        let style = attributes["default-cell-style-name"]
        if let last = columns.last, last.style == style, last.isHidden == isHidden {
            columns[columns.count - 1] = Columns(
                range: last.range.lowerBound...range.upperBound, style: style, isHidden: isHidden)
            return
        }
        // What is hidden beyond would be taken to be shown.
        guard columns.count < Self.mostRanges else {
            throw ExtractionError.tooComplex("a sheet has more than \(Self.mostRanges) kinds of columns side by side")
        }
        columns.append(Columns(range: range, style: style, isHidden: isHidden))
    }

    private mutating func startRow(_ attributes: [String: String]) {
        isBeyond = row >= Self.mostRows
        row = min(row + 1, Self.mostRows)
        rowTimes = Self.times(attributes["number-rows-repeated"])
        rowStyle = attributes["default-cell-style-name"]
        isHiddenRow = ["collapse", "filter"].contains(attributes["visibility"])
        column = 0
        cells = []
        merges = []
    }

    /// Ends the row, and those that are like it: those without text may be as many as they want.
    private mutating func endRow(_ budget: inout SheetGrid.Budget) throws {
        for (how, text) in hiddenText.sorted(by: { $0.key < $1.key }) {
            context.report.hide(text, page: context.page, how: how)
        }
        hiddenText = [:]
        let first = row
        let (last, isOver) = row.addingReportingOverflow(rowTimes - 1)
        row = isOver ? Self.mostRows : min(last, Self.mostRows)
        guard !cells.isEmpty else { return }
        guard !isBeyond else { throw ExtractionError.tooComplex("a sheet has more than \(Self.mostRows) rows") }
        try budget.count(cells: cells.count * (row - first + 1))
        for number in first...row { grid.add(cells, row: number) }
        for merge in merges {
            try budget.countMerge()
            let end = min(first.addingReportingOverflow(merge.rows - 1).partialValue, Self.mostRows)
            if end > first { grid.merge(from: (first, merge.column), through: (end, merge.column)) }
        }
    }

    // MARK: - Cells

    private mutating func startCell(_ attributes: [String: String], isCovered: Bool) {
        let first = column + 1
        let place = columns.first { $0.range.contains(first) }
        let style = attributes["style-name"] ?? rowStyle ?? place?.style
        let type = attributes["value-type"]
        let value =
            attributes["string-value"] ?? attributes["date-value"] ?? attributes["time-value"]
            ?? attributes["boolean-value"]?.uppercased() ?? attributes["value"]
        let look = context.styles.style(style, "table-cell")
        text.flow.base = look
        text.flow.ground = look.fill ?? context.styles.ground
        cell = Cell(
            times: Self.times(attributes["number-columns-repeated"]),
            rows: Self.times(attributes["number-rows-spanned"]), isCovered: isCovered,
            value: type == nil ? nil : value)
    }

    private mutating func takeInCell(_ event: MarkupEvent, _ budget: inout SheetGrid.Budget) throws {
        switch event {
        case .end("table-cell") where tables == 0, .end("covered-table-cell") where tables == 0:
            try endCell(&budget)
        // A box that hangs on the cell is none of its text.
        case .start(let name, _) where OpenDocumentText.shapeElements.contains(name): try takeShape(event)
        case .start("p", _):
            cell?.hasText = true
            try text.take(event)
        default:
            if case .start("table", _) = event { tables += 1 }
            if case .end("table") = event { tables -= 1 }
            try text.take(event)
        }
    }

    private mutating func endCell(_ budget: inout SheetGrid.Budget) throws {
        guard let cell else { return }
        self.cell = nil
        let first = column + 1
        let (last, isOver) = column.addingReportingOverflow(cell.times)
        column = isOver ? Self.mostColumns : min(last, Self.mostColumns)
        let hiddenCount = context.report.hiddenCount
        var shown = try text.takeText().trimmedLine
        takeComments(column: first)
        if shown.isEmpty, context.report.hiddenCount == hiddenCount, let value = cell.value, !value.isEmpty {
            guard !cell.hasText else { return hide(value, "a format that shows nothing") }
            shown = value.trimmedLine
        }
        guard !shown.isEmpty else { return }
        guard !isOver, last <= Self.mostColumns else {
            throw ExtractionError.tooComplex("a sheet has more than \(Self.mostColumns) columns")
        }
        if cell.isCovered {
            hide(shown, "a covered cell")
        } else if isHiddenRow {
            hide(shown, "a hidden row")
        } else {
            try budget.count(cells: cell.times)
            for place in first...column {
                if columns.contains(where: { $0.isHidden && $0.range.contains(place) }) {
                    if place == first { hide(shown, "a hidden column") }
                } else {
                    cells.append((place, shown))
                }
            }
            if cell.rows > 1 { merges.append((first, cell.rows)) }
        }
    }

    private mutating func hide(_ text: String, _ how: String) {
        // The cells of a row are one text.
        guard isShown, (hiddenText[how]?.utf8.count ?? 0) < 1000 else { return }
        hiddenText[how, default: ""] += (hiddenText[how] == nil ? "" : " ") + text
    }

    private mutating func takeComments(column: Int) {
        for comment in context.comments {
            boxes.append(comment.line.replacingPrefix("Comment", with: "Comment on \(Self.letters(column))\(row)"))
        }
        context.comments = []
    }

    /// A column's name: A to Z, AA and so on.
    private static func letters(_ column: Int) -> String { ListNumber.text(column, style: "A") }

    // MARK: - What lies on the sheet

    private mutating func takeShape(_ event: MarkupEvent) throws {
        switch event {
        case .start:
            // The text of the cell below stays where it is.
            if shapes == 0 { text.startFlow(ground: .unknown) }
            shapes += 1
            try text.take(event)
        case .end:
            try text.take(event)
            shapes -= 1
            guard shapes == 0 else { return }
            let box = try text.takeFlow()
            if !box.isEmpty { boxes.append(box) }
        case .text: try text.take(event)
        }
    }

    /// Ends the sheet. Returns its page; `nil` when it is not shown.
    ///
    /// - Throws: `ExtractionError`.
    mutating func end(_ budget: inout SheetGrid.Budget) throws -> String? {
        let rows = try grid.text(&budget)
        guard isShown else {
            context.report.hide(rows.isEmpty ? name : name + ": " + rows, page: context.page, how: "a hidden sheet")
            return nil
        }
        return ([name, rows] + boxes).filter { !$0.isEmpty }.joined(separator: "\n\n")
    }
}

extension String {
    /// A cell in one line.
    fileprivate var trimmedLine: String {
        split(whereSeparator: \.isNewline).joined(separator: " ").split(separator: "\t").joined(separator: " ")
    }

    fileprivate func replacingPrefix(_ prefix: String, with other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
