import DocumentReading
import Markup
import TextSearch

/// Reads the text of a drawing (DrawingML): paragraphs, tables, charts and diagrams, in the order of the file.
struct DrawingText {
    /// What one shape holds.
    struct Shape {
        /// What it stands for, such as `title`, `sldNum`; `nil` when it is no placeholder.
        var placeholder: String?
        var isHidden = false
        /// Left, top, width and height, unless a group moves it.
        var box: [Int]?
        var isInGroup = false
        var fill: WordFill?
        var text = ""
    }

    /// A list of paragraphs with numbers.
    private struct List {
        let type: String
        let start: Int?
        var count: Int
    }

    private static let captured: Set = ["oMath", "rPr", "pPr", "spPr"]
    private static let shapes: Set = ["sp", "graphicFrame", "cxnSp", "pic", "grpSp"]

    private let package: OfficePackage
    private let relations: OfficePackage.Relations
    /// Shapes that are whole, in order.
    private(set) var found: [Shape] = []
    private var open: [Shape] = []
    private var builder: XMLTreeBuilder?
    private var skipped = 0
    private var isText = false
    private var line = WordParagraph()
    private var shift = ShiftedText.Shift.none
    /// By their levels, the lists that go on.
    private var lists: [Int: List] = [:]
    private var label = ""
    private var table: OfficeTable?
    private var hiddenRun: String?
    private var choices: [(count: Int, isTaken: Bool)] = []
    private var shown = 0
    private let ground: WordFill
    private let colours: [String: UInt32]
    /// What is in it and not shown: text, and what hides it.
    private(set) var hidden: [(text: String, how: String)] = []

    /// - Parameters:
    ///   - ground: What lies behind the shapes.
    ///   - colours: Those of the theme by their names.
    init(
        _ package: OfficePackage, _ relations: OfficePackage.Relations, ground: WordFill = .unknown,
        colours: [String: UInt32] = [:]
    ) {
        self.package = package
        self.relations = relations
        self.ground = ground
        self.colours = colours
    }

    /// Takes the next event.
    ///
    /// - Throws: `ExtractionError`.
    mutating func take(_ event: MarkupEvent) throws {
        if builder != nil {
            guard let node = builder?.take(event) else { return }
            builder = nil
            return properties(node)
        }
        switch event {
        case .start(let name, let attributes):
            if skipped > 0 {
                skipped += 1
            } else if Self.captured.contains(name) {
                builder = XMLTreeBuilder()
                _ = builder?.take(event)
            } else {
                try start(name, attributes)
            }
        case .end(let name):
            if skipped > 0 {
                skipped -= 1
                guard skipped == 0 else { return }
            }
            end(name)
        case .text(let text): if isText, skipped == 0 { append(text) }
        }
    }

    private mutating func start(_ name: String, _ attributes: [String: String]) throws {
        switch name {
        case _ where Self.shapes.contains(name):
            open.append(Shape(isInGroup: open.last.map { $0.isInGroup } ?? false))
            if name == "grpSp" { open[open.count - 1].isInGroup = true }
        case "cNvPr":
            if let last = open.indices.last, ["1", "true"].contains(attributes["hidden"]) {
                open[last].isHidden = true
            }
        case "ph": if let last = open.indices.last { open[last].placeholder = attributes["type"] ?? "body" }
        case "txBody": lists = [:]
        case "p":
            line = WordParagraph()
            label = ""
        case "r", "fld":
            shift = .none
            hiddenRun = nil
        case "t": isText = true
        case "br": append("\n")
        case "tab": append("\t")
        case "tbl": table = OfficeTable()
        case "tr": table?.row = OfficeTable.Row(firstPage: 1)
        case "tc":
            var cell = OfficeTable.Cell()
            cell.isCovered = wordIsOn(attributes["hMerge"] ?? "0")
            if (attributes["rowSpan"].flatMap(Int.init) ?? 1) > 1 { cell.beginsMerge = true }
            if wordIsOn(attributes["vMerge"] ?? "0") { cell.beginsMerge = false }
            table?.cell = cell
        case "chart": if let id = attributes["id"] ?? attributes[":id"] { try addChart(id) }
        case "relIds": if let id = attributes["dm"] { try addDiagram(id) }
        case "AlternateContent": choices.append((shown, false))
        case "Choice", "Fallback": if choices.last?.isTaken ?? false { skipped = 1 }
        default: break
        }
    }

    private mutating func end(_ name: String) {
        switch name {
        case _ where Self.shapes.contains(name):
            noteHidden()
            if let shape = open.popLast(), !shape.text.isEmpty {
                var shape = shape
                if open.contains(where: \.isHidden) { shape.isHidden = true }
                found.append(shape)
            }
        case "t": isText = false
        case "p": endParagraph()
        case "tc":
            if let cell = table?.cell { table?.row?.cells.append(cell) }
            table?.cell = nil
        case "tr":
            if let line = table?.endRow() { table?.add(line) }
            table?.row = nil
        case "tbl":
            let text = table?.text ?? ""
            table = nil
            add(text)
        case "AlternateContent": _ = choices.popLast()
        case "Choice":
            if let choice = choices.last, shown > choice.count { choices[choices.count - 1].isTaken = true }
        default: break
        }
    }

    private mutating func properties(_ node: XMLNode) {
        switch node.name {
        case "oMath": line.append(OfficeFormula.text(node))
        case "rPr": runProperties(node)
        case "pPr": number(node)
        case "spPr":
            guard let last = open.indices.last else { return }
            if let place = node["xfrm"], let offset = place["off"], let extent = place["ext"] {
                let box = [
                    offset.attributes["x"], offset.attributes["y"], extent.attributes["cx"], extent.attributes["cy"],
                ]
                .compactMap { $0.flatMap(Int.init) }
                if box.count == 4, !open[last].isInGroup { open[last].box = box }
            }
            open[last].fill = fill(node)
        default: break
        }
    }

    /// The colour that fills a shape or is that of text.
    private func fill(_ node: XMLNode) -> WordFill? {
        if let solid = node["solidFill"] {
            guard let colour = solid.children.first, let value = colour.attributes["val"] else { return .unknown }
            // A theme's colour may be made lighter or darker.
            let named = colour.name == "schemeClr" && colour.children.isEmpty ? colours[value] : nil
            return (colour.name == "srgbClr" ? WordFill.colour(value) : named).map(WordFill.colour) ?? .unknown
        }
        let others = ["gradFill", "blipFill", "pattFill", "grpFill"]
        return others.contains { node[$0] != nil } ? .unknown : nil
    }

    private mutating func runProperties(_ node: XMLNode) {
        let baseline = node.attributes["baseline"].flatMap(Int.init) ?? 0
        shift = baseline > 0 ? .raised : baseline < 0 ? .lowered : .none
        hiddenRun = nil
        if let size = node.attributes["sz"].flatMap(Int.init), size <= 150 {
            hiddenRun = "letters of at most 1.5 points"
        } else if Self.isClear(node), node["ln"].map(Self.isClear) ?? true {
            hiddenRun = "letters without a colour"
        } else if case .colour(let colour)? = fill(node),
            case .colour(let ground) = open.last(where: { $0.fill != nil })?.fill ?? (table == nil ? ground : .unknown),
            WordFill.isUnseen(colour, on: ground)
        {
            hiddenRun = "the colour of the ground"
        }
    }

    /// Whether nothing fills letters or the lines around them.
    private static func isClear(_ node: XMLNode) -> Bool {
        if node["noFill"] != nil { return true }
        guard let fill = node["solidFill"] else { return node.name == "ln" && node["gradFill"] == nil }
        // Thousandths of a percent, or percent.
        let alpha = fill.children.first?["alpha"]?.attributes["val"]
        return alpha == "0" || alpha == "0%"
    }

    private mutating func append(_ text: String) {
        let text = text.replacing("\u{AD}", with: "")
        if let hiddenRun {
            if hidden.last?.how == hiddenRun, isHiding {
                hidden[hidden.count - 1].text += text
            } else {
                hidden.append((text, hiddenRun))
            }
            isHiding = true
            return
        }
        isHiding = false
        shown += 1
        line.append(SymbolFonts.text(text, font: nil), shift)
    }

    /// Whether the run before was hidden, too.
    private var isHiding = false

    private mutating func noteHidden() {
        isHiding = false
        hiddenRun = nil
    }

    private static let numberFormats = [
        "arabicPeriod": ("decimal", "", "."), "arabicParenR": ("decimal", "", ")"),
        "arabicParenBoth": ("decimal", "(", ")"), "arabicPlain": ("decimal", "", ""),
        "alphaLcPeriod": ("lowerLetter", "", "."), "alphaLcParenR": ("lowerLetter", "", ")"),
        "alphaLcParenBoth": ("lowerLetter", "(", ")"), "alphaUcPeriod": ("upperLetter", "", "."),
        "alphaUcParenR": ("upperLetter", "", ")"), "alphaUcParenBoth": ("upperLetter", "(", ")"),
        "romanLcPeriod": ("lowerRoman", "", "."), "romanLcParenR": ("lowerRoman", "", ")"),
        "romanLcParenBoth": ("lowerRoman", "(", ")"), "romanUcPeriod": ("upperRoman", "", "."),
        "romanUcParenR": ("upperRoman", "", ")"), "romanUcParenBoth": ("upperRoman", "(", ")"),
    ]

    private mutating func number(_ node: XMLNode) {
        let level = node.attributes["lvl"].flatMap(Int.init) ?? 0
        for deeper in lists.keys where deeper > level { lists[deeper] = nil }
        guard let auto = node["buAutoNum"], let type = auto.attributes["type"],
            let format = Self.numberFormats[type]
        else {
            lists[level] = nil
            if let bullet = node["buChar"]?.attributes["char"], !bullet.isEmpty {
                let sign = SymbolFonts.text(bullet, font: node["buFont"]?.attributes["typeface"])
                label = sign + " "
            }
            return
        }
        // Another kind of number, or another one to begin with, is another list.
        let start = auto.attributes["startAt"].flatMap(Int.init)
        var list = lists[level] ?? List(type: "", start: nil, count: 0)
        if list.type == type, start == nil || start == list.start {
            list.count &+= 1
        } else {
            list = List(type: type, start: start, count: start ?? 1)
        }
        lists[level] = list
        label = format.1 + OfficeNumber.text(list.count, format.0) + format.2 + " "
    }

    private mutating func endParagraph() {
        line.settle()
        line.putInFront(label)
        let text = line.text
        line = WordParagraph()
        hiddenRun = nil
        isHiding = false
        guard text.contains(where: { !$0.isWhitespace }) else { return }
        if table?.cell != nil {
            table?.cell?.parts.append(.init(text: text, isTable: false))
        } else {
            add(text)
        }
    }

    private mutating func add(_ text: String) {
        guard !text.isEmpty else { return }
        if open.isEmpty { open.append(Shape()) }
        let last = open.count - 1
        open[last].text += (open[last].text.isEmpty ? "" : "\n") + text
    }

    /// All of it as one text.
    ///
    /// - Throws: `ExtractionError`.
    static func text(_ package: OfficePackage, _ part: String) throws -> String {
        var drawing = DrawingText(package, try package.relations(of: part))
        try package.events(part) { try drawing.take($0) }
        return (drawing.found + drawing.open).filter { !$0.isHidden && !$0.text.isEmpty }.map(\.text)
            .joined(separator: "\n\n")
    }

    // MARK: - Charts and diagrams

    private mutating func addChart(_ id: String) throws {
        guard let relation = relations[id], !relation.isExternal else { return }
        add(try ChartText.text(package, relation.target))
        shown += 1
    }

    private mutating func addDiagram(_ id: String) throws {
        guard let relation = relations[id], !relation.isExternal else { return }
        add(try Self.text(package, relation.target))
        shown += 1
    }
}
