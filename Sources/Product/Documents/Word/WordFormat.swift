import Markup

/// Whether a property that is a switch is on; `nil` when it is not given.
func wordSwitch(_ node: XMLNode?) -> Bool? {
    node.map { wordIsOn($0.attributes["val"] ?? "1") }
}

/// Whether a switch's value means on.
func wordIsOn(_ value: String) -> Bool { !["0", "false", "off", "none"].contains(value.lowercased()) }

/// What fills the ground behind text.
enum WordFill: Equatable {
    /// A colour as RRGGBB.
    case colour(UInt32)
    /// A pattern, a picture or a theme's colour.
    case unknown

    /// The ground that `w:shd` or `w:highlight` gives; `nil` for none.
    init?(shading node: XMLNode?) {
        guard let node else { return nil }
        let fill = node.attributes["fill"] ?? "auto"
        switch node.attributes["val"] ?? "clear" {
        case "clear", "nil":
            if let colour = Self.colour(fill) {
                self = .colour(colour)
            } else if node.attributes["themeFill"] != nil {
                self = .unknown
            } else {
                return nil
            }
        case "solid": self = Self.colour(node.attributes["color"] ?? "000000").map(WordFill.colour) ?? .unknown
        default: self = .unknown
        }
    }

    init?(highlight node: XMLNode?) {
        guard let name = node?.attributes["val"], name != "none" else { return nil }
        self = Self.highlights[name].map(WordFill.colour) ?? .unknown
    }

    private static let highlights: [String: UInt32] = [
        "black": 0, "blue": 0x0000FF, "cyan": 0x00FFFF, "green": 0x00FF00, "magenta": 0xFF00FF, "red": 0xFF0000,
        "yellow": 0xFFFF00, "white": 0xFFFFFF, "darkBlue": 0x000080, "darkCyan": 0x008080, "darkGreen": 0x008000,
        "darkMagenta": 0x800080, "darkRed": 0x800000, "darkYellow": 0x808000, "darkGray": 0x808080,
        "lightGray": 0xC0C0C0,
    ]

    /// A colour of six hexadecimal digits.
    static func colour(_ text: String) -> UInt32? { text.utf8.count == 6 ? UInt32(text, radix: 16) : nil }

    /// Whether text of this colour cannot be told from the ground.
    static func isUnseen(_ text: UInt32, on ground: UInt32) -> Bool {
        for shift in [UInt32(0), 8, 16] {
            let one = Int(text >> shift & 0xFF)
            let other = Int(ground >> shift & 0xFF)
            if abs(one - other) > 5 { return false }
        }
        return true
    }
}

/// What of the looks of a run changes how it is read; what is not given is `nil`.
struct WordFormat {
    var isVanished: Bool?
    /// As RRGGBB; `auto` is `.some(nil)`.
    var colour: UInt32??
    /// Half points.
    var size: Int?
    var shift: ShiftedText.Shift?
    /// How far the run is moved up, in half points.
    var position: Int?
    var font: String?
    var isStruck: Bool?
    var fill: WordFill?

    init() {}

    /// The format that `w:rPr` gives.
    init(_ node: XMLNode?) {
        guard let node else { return }
        for property in node.children {
            let value = property.attributes["val"]
            switch property.name {
            case "vanish": isVanished = wordSwitch(property)
            case "specVanish": if wordSwitch(property) ?? false { isVanished = true }
            case "color": colour = .some(value.flatMap(WordFill.colour) ?? Self.white(property))
            case "sz": size = value.flatMap(Int.init)
            case "position": position = value.flatMap(Int.init)
            case "vertAlign":
                shift = value == "superscript" ? .raised : value == "subscript" ? .lowered : ShiftedText.Shift.none
            case "rFonts": font = property.attributes["ascii"] ?? property.attributes["hAnsi"]
            case "strike", "dstrike": isStruck = (isStruck ?? false) || (wordSwitch(property) ?? false)
            case "shd": fill = fill ?? WordFill(shading: property)
            case "highlight": fill = WordFill(highlight: property) ?? fill
            default: break
            }
        }
    }

    /// White, where the theme's colour of the ground is all that is said.
    private static func white(_ node: XMLNode) -> UInt32? {
        let isChanged = node.attributes["themeShade"] != nil || node.attributes["themeTint"] != nil
        return ["background1", "light1"].contains(node.attributes["themeColor"]) && !isChanged ? 0xFFFFFF : nil
    }

    /// This format where it is given, otherwise another.
    func over(_ other: WordFormat) -> WordFormat {
        var result = other
        result.isVanished = isVanished ?? other.isVanished
        result.colour = colour ?? other.colour
        result.size = size ?? other.size
        result.shift = shift ?? other.shift
        result.position = position ?? other.position
        result.font = font ?? other.font
        result.isStruck = isStruck ?? other.isStruck
        result.fill = fill ?? other.fill
        return result
    }
}
