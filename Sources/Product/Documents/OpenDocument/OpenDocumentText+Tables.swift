import Markup

/// A table that is open.
struct OpenDocumentTable {
    /// Columns of a table in a text.
    static let mostColumns = 1000

    var grid = OfficeTable()
    /// The column of the cell that is being read, from 0.
    var column = 0
    /// Cells that reach down from rows above: for how many rows still, and how many columns, by their first column.
    var reaching: [Int: (rows: Int, columns: Int)] = [:]
    /// Columns that the cell before covers in this row.
    var covered = 0
    var rowTimes = 1
    var cellTimes = 1
    var fill: WordFill?
    var rowFill: WordFill?
    var cellFill: WordFill?
    /// Pages that begin between rows.
    var breaks = 0
}

/// Tables in texts: rows are lines, cells stand between tabs, what spans several rows is said again in each.
extension OpenDocumentText {
    mutating func startTable(_ name: String, _ attributes: [String: String]) throws {
        switch name {
        case "table":
            let style = context.styles.style(attributes["style-name"], "table")
            breakPage(before: style)
            var table = OpenDocumentTable()
            table.fill = style.fill
            flow.tables.append(table)
            if style.breaksAfter ?? false, kind == .body, flows.count == 1, flow.tables.count == 1 { breaksNext = true }
        case "table-row":
            guard let table = flow.tables.indices.last else { return }
            flow.tables[table].grid.row = OfficeTable.Row(firstPage: context.page)
            flow.tables[table].rowFill = context.styles.style(attributes["style-name"], "table-row").fill
            flow.tables[table].column = 0
            flow.tables[table].covered = 0
            flow.tables[table].rowTimes = max(1, Int(attributes["number-rows-repeated"] ?? "") ?? 1)
        case "table-cell": startCell(attributes)
        default: try coverCell(attributes)
        }
    }

    private mutating func startCell(_ attributes: [String: String]) {
        guard let last = flow.tables.indices.last, let row = flow.tables[last].grid.row else { return }
        var cell = OfficeTable.Cell()
        cell.fill = context.styles.style(attributes["style-name"], "table-cell").fill
        let columns = max(1, Int(attributes["number-columns-spanned"] ?? "") ?? 1)
        let rows = max(1, Int(attributes["number-rows-spanned"] ?? "") ?? 1)
        cell.span = min(columns, OpenDocumentTable.mostColumns)
        if rows > 1 {
            cell.beginsMerge = true
            flow.tables[last].reaching[flow.tables[last].column] = (rows, cell.span)
        }
        flow.tables[last].covered = cell.span - 1
        flow.tables[last].cellTimes = max(1, Int(attributes["number-columns-repeated"] ?? "") ?? 1)
        flow.tables[last].cellFill = cell.fill ?? flow.tables[last].rowFill
        flow.tables[last].grid.cell = cell
        // Cells of a row stand side by side: a page that ends in one ends in all.
        context.page = row.firstPage
    }

    /// A place that another cell covers: one beside it, or one from a row above, which is said again.
    private mutating func coverCell(_ attributes: [String: String]) throws {
        // What it may hold is not shown.
        startFlow()
        flow.hiddenBy = "a covered cell"
        guard flows.count > 1, let last = flows[flows.count - 2].tables.indices.last else { return }
        let times = min(max(1, Int(attributes["number-columns-repeated"] ?? "") ?? 1), OpenDocumentTable.mostColumns)
        for _ in 0..<times {
            var table = flows[flows.count - 2].tables[last]
            if table.covered > 0 {
                table.covered -= 1
            } else if table.column < OpenDocumentTable.mostColumns {
                var cell = OfficeTable.Cell()
                if let above = table.reaching[table.column], above.rows > 0 {
                    cell.span = above.columns
                    cell.beginsMerge = false
                }
                table.grid.row?.cells.append(cell)
                table.covered = cell.span - 1
                table.column += cell.span
            }
            flows[flows.count - 2].tables[last] = table
        }
    }

    mutating func endTable(_ name: String) throws {
        switch name {
        case "table-cell": try endCell()
        case "covered-table-cell": if flows.count > 1 { _ = try takeFlow() }
        case "table-row": try endRow()
        default: try endTable()
        }
    }

    private mutating func endCell() throws {
        guard let last = flow.tables.indices.last, let cell = flow.tables[last].grid.cell else { return }
        flow.tables[last].grid.cell = nil
        flow.tables[last].cellFill = nil
        let times = flow.tables[last].cellTimes
        if cell.parts.isEmpty {
            let wide = min(cell.span.multipliedReportingOverflow(by: times).partialValue, OpenDocumentTable.mostColumns)
            var empty = cell
            empty.span = max(1, min(wide, OpenDocumentTable.mostColumns - flow.tables[last].column))
            flow.tables[last].grid.row?.cells.append(empty)
            flow.tables[last].column += empty.span
            return
        }
        try context.count(cells: times)
        for _ in 0..<min(times, OpenDocumentTable.mostColumns) {
            flow.tables[last].grid.row?.cells.append(cell)
            flow.tables[last].column += cell.span
        }
    }

    private mutating func endRow() throws {
        guard let last = flow.tables.indices.last, let row = flow.tables[last].grid.row else { return }
        var line = flow.tables[last].grid.endRow()
        flow.tables[last].grid.row = nil
        for (column, above) in flow.tables[last].reaching {
            flow.tables[last].reaching[column] = above.rows > 1 ? (above.rows - 1, above.columns) : nil
        }
        context.page = row.firstPage + line.count { $0 == OfficeTable.pageBreak }
        line = String(repeating: OfficeTable.pageBreak, count: flow.tables[last].breaks) + line
        flow.tables[last].breaks = 0
        guard !line.isEmpty else { return }
        let times = flow.tables[last].rowTimes
        try context.count(line, times: times)
        try context.count(cells: times)
        for _ in 0..<times { flow.tables[last].grid.add(line) }
    }

    mutating func endTable() throws {
        guard let table = flow.tables.popLast() else { return }
        try add(table.grid.text, isTable: true)
        // Pages that began behind the last row.
        if flow.tables.isEmpty, table.breaks > 0, flows.count == 1 {
            flow.text += String(repeating: OfficeTable.pageBreak, count: table.breaks)
        }
    }

    /// Begins a page within a table, outside of any paragraph.
    mutating func breakTable() {
        let outermost = 0
        guard flow.tables.indices.contains(outermost) else { return }
        if flow.tables[outermost].grid.cell != nil {
            flow.tables[outermost].grid.cell?.parts.append(.init(text: String(OfficeTable.pageBreak), isTable: false))
        } else {
            flow.tables[outermost].breaks += 1
        }
    }

    /// Ends what is still open where the text ends.
    mutating func settleFlow() throws {
        if flow.paragraph != nil { try endParagraph() }
        while !flow.tables.isEmpty { try endTable() }
    }
}
