import DocumentReading
import Markup

/// A document's styles, as far as they change how text is read.
struct WordStyles {
    /// One style, with what it takes from those that it is based on.
    struct Style {
        var basedOn: String?
        var format = WordFormat()
        var breaksPage: Bool?
        var fill: WordFill?
        var listId: String?
        var listLevel: Int?
        /// Whether a table of this style may have coloured cells.
        var hasFills = false
    }

    private static let mostStyles = 20_000
    private static let longestChain = 32

    private var styles: [String: Style] = [:]
    private var defaultParagraph: String?
    private var defaults = WordFormat()

    init() {}

    /// Reads the part with the styles.
    ///
    /// - Throws: `ExtractionError`.
    init(_ package: OfficePackage, _ part: String) throws {
        var builder: XMLTreeBuilder?
        try package.events(part) { event in
            if case .start(let name, _) = event, builder == nil, name == "style" || name == "rPrDefault" {
                builder = XMLTreeBuilder()
            }
            guard let node = builder?.take(event) else { return }
            builder = nil
            if node.name == "rPrDefault" { defaults = WordFormat(node["rPr"]) } else { try add(node) }
        }
    }

    private mutating func add(_ node: XMLNode) throws {
        guard let id = node.attributes["styleId"] else { return }
        guard styles.count < Self.mostStyles else {
            throw ExtractionError.tooComplex("it has more than \(Self.mostStyles) styles")
        }
        var style = Style()
        let paragraph = node["pPr"]
        style.basedOn = node["basedOn"]?.attributes["val"]
        style.format = WordFormat(node["rPr"])
        style.breaksPage = wordSwitch(paragraph?["pageBreakBefore"])
        style.fill = WordFill(shading: paragraph?["shd"])
        style.listId = paragraph?["numPr"]?["numId"]?.attributes["val"]
        style.listLevel = paragraph?["numPr"]?["ilvl"]?.attributes["val"].flatMap(Int.init)
        style.hasFills = node.attributes["type"] == "table" && Self.hasFill(node)
        styles[id] = style
        let isDefault = ["1", "true", "on"].contains(node.attributes["default"] ?? "0")
        if isDefault, node.attributes["type"] == "paragraph" { defaultParagraph = id }
    }

    private static func hasFill(_ node: XMLNode) -> Bool {
        node.name == "shd" ? WordFill(shading: node) != nil : node.children.contains(where: hasFill)
    }

    /// A style with what it inherits; an empty one when there is none of that name.
    func style(_ id: String?) -> Style {
        var result = Style()
        var next = id
        for _ in 0..<Self.longestChain {
            guard let id = next, let style = styles[id] else { break }
            result.format = result.format.over(style.format)
            result.breaksPage = result.breaksPage ?? style.breaksPage
            result.fill = result.fill ?? style.fill
            result.listId = result.listId ?? style.listId
            result.listLevel = result.listLevel ?? style.listLevel
            result.hasFills = result.hasFills || style.hasFills
            next = style.basedOn
        }
        return result
    }

    /// The style of a paragraph that names this one or none.
    func paragraph(_ id: String?) -> Style { style(id ?? defaultParagraph) }

    /// The format of a run. In styles a run is hidden when either that of the paragraph or that of the characters says so.
    func format(_ direct: XMLNode?, in paragraph: Style) -> WordFormat {
        let own = WordFormat(direct)
        let character = direct?["rStyle"].map { style($0.attributes["val"]).format } ?? WordFormat()
        var result = own.over(character.over(paragraph.format.over(defaults)))
        if own.isVanished == nil {
            let isInStyles = (paragraph.format.isVanished ?? false) != (character.isVanished ?? false)
            result.isVanished = isInStyles || (defaults.isVanished ?? false)
        }
        return result
    }
}
