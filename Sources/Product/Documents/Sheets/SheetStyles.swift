import DocumentReading
import Markup

/// The formats of cells.
struct SheetStyles {
    private static let mostFormats = 100_000

    /// How a cell shows what it holds.
    struct Style {
        var format = CellFormat(builtIn: 0)
        /// What hides every value; `nil` when nothing does.
        var hiddenBy: String?
    }

    private var styles: [Style] = []
    private let usual = Style()

    init() {}

    /// Reads the part with the styles.
    ///
    /// - Throws: `ExtractionError`.
    init(_ package: OfficePackage, _ part: String) throws {
        var builder: XMLTreeBuilder?
        var codes: [String: CellFormat] = [:]
        var formats: [String: CellFormat] = [:]
        var colours: [UInt32?] = []
        var fills: [WordFill?] = []
        var isFont = false
        var isFill = false
        var isCell = false
        try package.events(part) { event in
            switch event {
            case .start("fonts", _): isFont = true
            case .end("fonts"): isFont = false
            case .start("fills", _): isFill = true
            case .end("fills"): isFill = false
            case .start("cellXfs", _): isCell = true
            case .end("cellXfs"): isCell = false
            case .start("numFmt", let attributes):
                if let id = attributes["numFmtId"], let code = attributes["formatCode"] {
                    codes[id] = codes[id] ?? CellFormat(code)
                }
            case .start(let name, _):
                let isWanted = name == "font" && isFont || name == "fill" && isFill || name == "xf" && isCell
                if builder == nil, isWanted { builder = XMLTreeBuilder() }
            default: break
            }
            guard let node = builder?.take(event) else { return }
            builder = nil
            guard max(colours.count, fills.count, styles.count) < Self.mostFormats else {
                throw ExtractionError.tooComplex("it has more than \(Self.mostFormats) formats")
            }
            switch node.name {
            case "font": colours.append(Self.colour(node["color"]))
            case "fill": fills.append(Self.fill(node))
            default:
                let id = node.attributes["numFmtId"] ?? "0"
                var style = Style()
                let format = codes[id] ?? formats[id] ?? CellFormat(builtIn: Int(id) ?? 0)
                formats[id] = format
                style.format = format
                let font = node.attributes["fontId"].flatMap(Int.init) ?? 0
                let fill = node.attributes["fillId"].flatMap(Int.init) ?? 0
                let ground = fills.indices.contains(fill) ? fills[fill] : nil
                if format.hidesAll {
                    style.hiddenBy = "a format that shows nothing"
                } else if colours.indices.contains(font), let colour = colours[font],
                    case .colour(let ground) = ground ?? .colour(0xFFFFFF), WordFill.isUnseen(colour, on: ground)
                {
                    style.hiddenBy = "the colour of the ground"
                }
                styles.append(style)
            }
        }
    }

    /// A colour that is given as such; those of themes are not known.
    private static func colour(_ node: XMLNode?) -> UInt32? {
        node?.attributes["rgb"].flatMap { WordFill.colour(String($0.suffix(6))) }
    }

    private static func fill(_ node: XMLNode) -> WordFill? {
        guard let pattern = node["patternFill"] else { return node.children.isEmpty ? nil : .unknown }
        switch pattern.attributes["patternType"] ?? "none" {
        case "none": return nil
        case "solid": return colour(pattern["fgColor"]).map(WordFill.colour) ?? .unknown
        default: return .unknown
        }
    }

    /// The style of a number that a cell gives.
    func style(_ number: String?) -> Style {
        guard let place = number.flatMap(Int.init), styles.indices.contains(place) else { return usual }
        return styles[place]
    }
}
