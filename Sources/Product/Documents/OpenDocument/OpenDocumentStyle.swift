import Markup

/// What of a style of an OpenDocument file changes how text is read (OASIS OpenDocument 1.3, part 3, chapters 16, 17 and
/// 20); what is not given is `nil`.
struct OpenDocumentStyle {
    var parent: String?
    var listStyle: String?
    /// The page style that begins with a paragraph or a table; empty for none.
    var masterPage: String?
    var breaksBefore: Bool?
    var breaksAfter: Bool?
    var isHidden: Bool?
    /// As RRGGBB; automatic is `.some(nil)`.
    var colour: UInt32??
    var fill: WordFill?
    /// In points.
    var size: Double?
    var shift: ShiftedText.Shift?
    var font: String?
    var isStruck: Bool?
    /// Whether a sheet or a slide is shown.
    var isShown: Bool?
    var showsFooter: Bool?

    init() {}

    /// The style that an element defines, without its parents.
    init(_ node: XMLNode) {
        let attributes = node.attributes
        parent = attributes["parent-style-name"]
        listStyle = attributes["list-style-name"]
        masterPage = attributes["master-page-name"]
        for child in node.children {
            let values = child.attributes
            switch child.name {
            case "text-properties": takeText(values)
            case "paragraph-properties", "table-properties", "table-row-properties", "table-cell-properties",
                "drawing-page-properties":
                breaksBefore = values["break-before"].map(Self.isPageBreak) ?? breaksBefore
                breaksAfter = values["break-after"].map(Self.isPageBreak) ?? breaksAfter
                fill = Self.ground(values) ?? fill
                if let display = values["display"] { isShown = display != "false" }
                if let visibility = values["visibility"] { isShown = visibility != "hidden" }
                if let display = values["display-footer"] { showsFooter = display != "false" }
            default: break
            }
        }
    }

    private mutating func takeText(_ values: [String: String]) {
        // The condition of `condition` stands nowhere: what depends on one is taken to be shown.
        if let display = values["display"] { isHidden = display == "none" }
        if let color = values["color"] { colour = .some(Self.colour(color)) }
        if values["use-window-font-color"] == "true" { colour = .some(nil) }
        fill = Self.ground(values) ?? fill
        size = values["font-size"].flatMap(Self.points)
        if let position = values["text-position"] { shift = Self.shift(position) }
        font = values["font-name"] ?? values["font-family"]
        if let line = values["text-line-through-style"] { isStruck = line != "none" }
    }

    private static func isPageBreak(_ value: String) -> Bool { value.hasSuffix("page") }

    private static func ground(_ values: [String: String]) -> WordFill? {
        guard let color = values["background-color"], color != "transparent" else { return nil }
        return colour(color).map(WordFill.colour) ?? .unknown
    }

    /// A colour as `#RRGGBB`.
    static func colour(_ text: String) -> UInt32? {
        text.hasPrefix("#") ? WordFill.colour(String(text.dropFirst())) : nil
    }

    private static func shift(_ position: String) -> ShiftedText.Shift {
        let first = position.split(separator: " ").first.map(String.init) ?? ""
        switch first {
        case "super": return .raised
        case "sub": return .lowered
        default:
            let share = Double(first.filter { $0 != "%" }) ?? 0
            return share > 0 ? .raised : share < 0 ? .lowered : .none
        }
    }

    /// A length in points; `nil` where it is relative, or none.
    static func points(_ length: String) -> Double? {
        let units: [(String, Double)] = [
            ("pt", 1), ("in", 72), ("cm", 72 / 2.54), ("mm", 72 / 25.4), ("pc", 12), ("px", 0.75),
        ]
        for (unit, size) in units where length.hasSuffix(unit) {
            guard let value = Double(length.dropLast(unit.utf8.count)), value.isFinite else { return nil }
            return value * size
        }
        return nil
    }

    /// This style where it says something, otherwise another.
    func over(_ other: OpenDocumentStyle) -> OpenDocumentStyle {
        var result = self
        result.listStyle = listStyle ?? other.listStyle
        result.masterPage = masterPage ?? other.masterPage
        result.breaksBefore = breaksBefore ?? other.breaksBefore
        result.breaksAfter = breaksAfter ?? other.breaksAfter
        result.isHidden = isHidden ?? other.isHidden
        result.colour = colour ?? other.colour
        result.fill = fill ?? other.fill
        result.size = size ?? other.size
        result.shift = shift ?? other.shift
        result.font = font ?? other.font
        result.isStruck = isStruck ?? other.isStruck
        result.isShown = isShown ?? other.isShown
        result.showsFooter = showsFooter ?? other.showsFooter
        return result
    }

    /// What hides text of this style on a ground; `nil` when nothing does.
    func hiddenBy(ground: WordFill) -> String? {
        if isHidden ?? false { return WordStory.vanished }
        if let size, size <= 1.5 { return "letters of at most 1.5 points" }
        guard let colour, let colour, case .colour(let ground) = fill ?? ground, WordFill.isUnseen(colour, on: ground)
        else { return nil }
        return "the colour of the ground"
    }
}
