import DocumentReading
import Markup
import TextEncodings
import TextSearch

/// Collects what a browser shows of a page, from the events of its elements.
struct HTMLText {
    private static let longestTitle = 500

    /// An element that is open.
    private struct Element {
        let name: String
        /// What hides it, and everything in it.
        var hiddenBy: String?
        var list: ListNumbers?
        var columns = 1
        var rows = 1
        var children = 0
        var isBlock = false
        /// Whether something is, or may be, behind the text that is not white.
        var hasGround = false
    }

    private(set) var report = ReadingReport()
    private var rules = HidingRules()
    private var elements: [Element] = []
    /// The text, and on top of it that of cells and raised words that are still open.
    private var lines = [TextLines()]
    private var tables: [TableGrid] = []
    private var skipped = 0
    private var hidden = ""
    private var sheet: String?
    /// Whether a style sheet may say what no element says of itself.
    private var hasSheets = false
    private var titleText = ""

    /// - Parameter sheets: Style sheets that lie beside the page.
    init(sheets: [String] = []) {
        for sheet in sheets { rules.take(sheet) }
        hasSheets = !sheets.isEmpty
    }

    var text: String { lines.map(\.text).joined() }

    /// What stands in `title`, in one line.
    var title: String? {
        let line = titleText.trimmed
        return line.isEmpty ? nil : line
    }

    private static let skippedElements: Set = [
        "script", "noscript", "template", "svg", "iframe", "object", "select", "datalist", "nav", "button", "audio",
        "video", "meter", "progress",
        "canvas", "map", "rp", "annotation", "annotation-xml", "head",
    ]
    private static let blockDisplays = ["block", "flex", "grid", "list-item", "table"]
    private static let blocks: Set = [
        "p", "div", "section", "article", "main", "header", "footer", "aside", "ul", "ol", "dl", "dt", "dd", "table",
        "blockquote", "figure", "figcaption", "form", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "address", "caption",
        "details", "summary", "fieldset", "legend", "dialog", "hgroup", "search", "menu", "center",
    ]

    /// - Throws: `ExtractionError.tooComplex` when there is more text than may be.
    mutating func take(_ event: MarkupEvent) throws {
        switch event {
        case .start(let name, let attributes): start(name.lowercased(), attributes)
        case .end(let name): try end(name.lowercased())
        case .text(let text): take(text)
        }
    }

    private mutating func take(_ text: String) {
        if sheet != nil { sheet? += text }
        if elements.last?.name == "title", elements.contains(where: { $0.name == "head" }) || skipped == 0 {
            if titleText.utf8.count < Self.longestTitle { titleText += text }
            return
        }
        guard skipped == 0 else { return }
        if elements.last?.hiddenBy != nil {
            if hidden.utf8.count < 1000 { hidden += text }
        } else {
            append(Self.withSigns(text))
        }
    }

    /// References to control characters mean the signs that Windows has there (HTML Standard, section 13.2.5.80), such as
    /// `&#128;` the euro's.
    private static func withSigns(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { (0x80...0x9F).contains($0.value) }) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            guard (0x80...0x9F).contains(scalar.value) else { return result.unicodeScalars.append(scalar) }
            result += TextEncoding.windows1252Text(of: UInt8(scalar.value))
        }
    }

    private mutating func append(_ text: String) { lines[lines.count - 1].append(text) }
    private mutating func append(verbatim text: String) { lines[lines.count - 1].append(verbatim: text) }
    private mutating func breakLine(_ count: Int) { lines[lines.count - 1].breakLine(count) }

    // MARK: - Elements

    private mutating func start(_ name: String, _ attributes: [String: String]) {
        if !elements.isEmpty { elements[elements.count - 1].children += 1 }
        let parent = elements.last
        if Self.skippedElements.contains(name) { skipped += 1 }
        if name == "style" {
            skipped += 1
            sheet = ""
        }
        if name == "style" || name == "link" && (attributes["rel"] ?? "").lowercased().contains("stylesheet") {
            hasSheets = true
        }
        var element = Element(name: name, hiddenBy: parent?.hiddenBy)
        let style = HiddenByStyle.values(attributes["style"] ?? "")
        let ground = HiddenByStyle.background(style) ?? attributes["bgcolor"].map { HiddenByStyle.plainColor($0) }
        element.hasGround =
            ground.map { $0 != "white" } ?? (attributes["background"] != nil || parent?.hasGround ?? false)
        defer { elements.append(element) }
        guard skipped == 0 else { return }
        element.hiddenBy = hiding(name, attributes, style, within: parent?.hiddenBy)
        if element.hiddenBy == nil, !hasSheets, !element.hasGround {
            let color = style["color"] ?? (name == "font" ? attributes["color"] : nil)
            if color.map({ HiddenByStyle.plainColor($0) }) == "white" { element.hiddenBy = "white on white" }
        }
        guard element.hiddenBy == nil else { return }
        if let display = style["display"], Self.blockDisplays.contains(where: display.hasPrefix) {
            element.isBlock = display != "table-cell"
            if element.isBlock { breakLine(1) } else { append(" ") }
        }
        let last = lines[lines.count - 1].text.last
        let mark = PageFormula.before(name, in: parent?.name, child: parent?.children ?? 0, after: last)
        append(mark)
        switch name {
        case "br": breakLine(1)
        case "hr": breakLine(2)
        case "ol": element.list = ListNumbers(attributes, style)
        case "input": append(Self.value(attributes))
        case "li": startItem(attributes)
        case "q": append("“")
        case "rt": append("(")
        case "table": tables.append(TableGrid())
        case "td", "th":
            element.columns = attributes["colspan"].flatMap { Int($0) } ?? 1
            element.rows = attributes["rowspan"].flatMap { Int($0) } ?? 1
            if !tables.isEmpty { lines.append(TextLines()) }
        case "sup", "sub": lines.append(TextLines())
        default: break
        }
        if Self.blocks.contains(name) { breakLine(name == "div" ? 1 : 2) }
        if name == "pre" { lines[lines.count - 1].isPreformatted = true }
    }

    private func hiding(
        _ name: String, _ attributes: [String: String], _ style: [String: String], within outer: String?
    ) -> String? {
        if let outer { return outer.hasPrefix("visibility") && style["visibility"] == "visible" ? nil : outer }
        if let value = attributes["hidden"], value.lowercased() != "until-found" { return "hidden" }
        if name == "dialog", attributes["open"] == nil { return "a closed dialog" }
        if name == "input", attributes["type"]?.lowercased() == "hidden" { return "hidden" }
        if let reason = HiddenByStyle.reason(style) { return reason }
        let reason = rules.reason(name, attributes)
        // What is said at the element counts for more than its style sheet.
        return reason == "display: none" && style["display"] != nil ? nil : reason
    }

    /// What a field of a form shows.
    private static func value(_ attributes: [String: String]) -> String {
        switch attributes["type"]?.lowercased() ?? "text" {
        case "checkbox", "radio": attributes["checked"] == nil ? " ☐ " : " ☑ "
        case "hidden", "password", "submit", "button", "reset", "image", "file", "range", "color": ""
        default: " \(attributes["value"] ?? "") "
        }
    }

    private mutating func startItem(_ attributes: [String: String]) {
        breakLine(1)
        var mark = "- "
        if let place = elements.lastIndex(where: { ["ol", "ul", "menu"].contains($0.name) }),
            elements[place].list != nil
        {
            mark = elements[place].list?.next(attributes["value"]) ?? mark
        }
        append(verbatim: mark)
    }

    private mutating func end(_ name: String) throws {
        guard let element = elements.popLast() else { return }
        defer {
            if Self.skippedElements.contains(name) || name == "style" { skipped = max(0, skipped - 1) }
        }
        if name == "style", let rules = sheet {
            self.rules.take(rules)
            sheet = nil
        }
        guard skipped == 0 else { return }
        guard element.hiddenBy == nil else {
            if elements.last?.hiddenBy == nil {
                report.hide(hidden, page: 1, how: element.hiddenBy ?? "")
                hidden = ""
            }
            return
        }
        let parent = elements.last
        append(PageFormula.behind(name, in: parent?.name, child: parent?.children ?? 0))
        switch name {
        case "q": append("”")
        case "rt": append(")")
        case "td", "th": if !tables.isEmpty { endCell(element) }
        case "tr": if !tables.isEmpty { endRow() }
        case "table": _ = tables.popLast()
        case "sup": endRaised(.raised)
        case "sub": endRaised(.lowered)
        default: break
        }
        if name == "pre" { lines[lines.count - 1].isPreformatted = false }
        if Self.blocks.contains(name) { breakLine(name == "div" ? 1 : 2) }
        if element.isBlock { breakLine(1) }
        guard lines.reduce(0, { $0 + $1.text.utf8.count }) <= ReaderLimits.textBytes else {
            throw ExtractionError.tooComplex("it holds more than \(ReaderLimits.textBytes >> 20) MiB of text")
        }
    }

    private mutating func endCell(_ element: Element) {
        guard lines.count > 1, let cell = lines.popLast() else { return }
        tables[tables.count - 1].add(cell.text.trimmed, columns: element.columns, rows: element.rows)
    }

    private mutating func endRow() {
        let cells = tables[tables.count - 1].endRow()
        // A table within a cell is part of its text.
        let text = cells.joined(separator: tables.count > 1 ? " " : "\t")
        breakLine(1)
        append(verbatim: text)
        breakLine(1)
    }

    private mutating func endRaised(_ shift: ShiftedText.Shift) {
        guard lines.count > 1, let raised = lines.popLast() else { return }
        let before = lines[lines.count - 1].text.last
        append(ShiftedText.text(raised.text, shift, after: before))
    }
}

/// Numbers the items of an ordered list.
private struct ListNumbers {
    private let style: String
    private let step: Int
    private var number: Int

    init(_ attributes: [String: String], _ css: [String: String]) {
        let styles = [
            "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i",
            "upper-roman": "I", "decimal": "1", "none": "",
        ]
        let own = (css["list-style-type"] ?? css["list-style"])?.split(separator: " ").lazy
            .compactMap { styles[String($0)] }.first
        style = own ?? attributes["type"] ?? "1"
        step = attributes["reversed"] == nil ? 1 : -1
        number = attributes["start"].flatMap { Int($0) } ?? 1
    }

    /// What stands in front of the next item.
    mutating func next(_ value: String?) -> String {
        if let value = value.flatMap({ Int($0) }) { number = value }
        defer { number = number.addingReportingOverflow(step).partialValue }
        return style.isEmpty ? "" : ListNumber.text(number, style: style) + ". "
    }
}
