/// What the signs of Symbol, Wingdings and Webdings mean: fonts whose letters are pictures.
enum SymbolFonts {
    /// Adobe's encoding of Symbol, from 0x20 to 0x7E and from 0xA0 to 0xFE. A middle dot stands where nothing is.
    private static let symbolLow = Array(
        " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼".unicodeScalars
    )
    private static let symbolHigh = Array(
        "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪·〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭".unicodeScalars
    )

    private static let wingdings: [UInt32: Unicode.Scalar] = [
        0x20: " ", 0x21: "✏", 0x22: "✂", 0x23: "✁", 0x24: "👓", 0x25: "🔔", 0x26: "📖", 0x28: "☎", 0x29: "✆", 0x2A: "🖂",
        0x36: "⌛", 0x37: "⌨", 0x3E: "✇", 0x3F: "✍", 0x41: "✌", 0x43: "👍", 0x44: "👎", 0x45: "☜", 0x46: "☞", 0x47: "☝",
        0x48: "☟", 0x4A: "☺", 0x4B: "😐", 0x4C: "☹", 0x4D: "💣", 0x4E: "☠", 0x52: "☼", 0x54: "❄", 0x58: "✠", 0x59: "✡",
        0x5A: "☪", 0x5B: "☯", 0x6C: "●", 0x6D: "❍", 0x6E: "■", 0x6F: "□", 0x70: "🞐", 0x71: "❑", 0x72: "❒", 0x73: "⬧",
        0x74: "⧫", 0x75: "◆", 0x76: "❖", 0x77: "⬥", 0x78: "⌧", 0x7A: "⌘", 0x7B: "❀", 0x7C: "✿", 0x7D: "❝", 0x7E: "❞",
        0x80: "⓪", 0x81: "①", 0x82: "②", 0x83: "③", 0x84: "④", 0x85: "⑤", 0x86: "⑥", 0x87: "⑦", 0x88: "⑧", 0x89: "⑨",
        0x8A: "⑩", 0x8B: "⓿", 0x8C: "❶", 0x8D: "❷", 0x8E: "❸", 0x8F: "❹", 0x90: "❺", 0x91: "❻", 0x92: "❼", 0x93: "❽",
        0x94: "❾", 0x95: "❿", 0x9E: "·", 0x9F: "•", 0xA0: "▪", 0xA1: "○", 0xA4: "◉", 0xA5: "◎", 0xA7: "▪", 0xA8: "☐",
        0xAA: "✦", 0xAB: "★", 0xAC: "✶", 0xAD: "✴", 0xAE: "✹", 0xAF: "✵", 0xB1: "⌖", 0xB2: "⟡", 0xB5: "✪", 0xB6: "✰",
        0xD5: "⌫", 0xD6: "⌦", 0xD8: "➢", 0xDC: "➲", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE3: "↖", 0xE4: "↗",
        0xE5: "↙", 0xE6: "↘", 0xE8: "➔", 0xEF: "⇦", 0xF0: "⇨", 0xF1: "⇧", 0xF2: "⇩", 0xF3: "⬄", 0xF4: "⇳", 0xF8: "▭",
        0xF9: "▫", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
    ]
    private static let wingdings2: [UInt32: Unicode.Scalar] = [
        0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x55: "⮾", 0x56: "⮿", 0x97: "●", 0x98: "●",
        0x99: "○", 0xA2: "■", 0xA3: "□", 0xAE: "◆", 0xAF: "◇",
    ]
    private static let wingdings3: [UInt32: Unicode.Scalar] = [
        0x66: "←", 0x67: "→", 0x68: "↑", 0x69: "↓", 0x6A: "↖", 0x6B: "↗", 0x6C: "↙", 0x6D: "↘", 0x70: "▲", 0x71: "▼",
        0x72: "△", 0x73: "▽", 0x74: "◀", 0x75: "▶", 0x76: "◁", 0x77: "▷", 0x7D: "▶",
    ]
    private static let webdings: [UInt32: Unicode.Scalar] = [
        0x33: "◀", 0x34: "▶", 0x35: "▲", 0x36: "▼", 0x37: "⏪", 0x38: "⏩", 0x61: "✓", 0x63: "□", 0x67: "■", 0x6E: "●",
        0x72: "✗", 0x73: "?", 0x69: "ℹ", 0x78: "✉", 0x9C: "✆",
    ]

    /// Whether a font's letters are pictures.
    static func isSymbolic(_ font: String) -> Bool { table(font) != nil }

    /// The sign that a font shows for a character, given as it is or in the private use area; `nil` when it is not known.
    static func sign(_ scalar: Unicode.Scalar, font: String) -> Unicode.Scalar? {
        let code = (0xF000...0xF0FF).contains(scalar.value) ? scalar.value - 0xF000 : scalar.value
        return table(font)?(code)
    }

    /// Text as a font shows it. What is not known stays as it is.
    ///
    /// - Parameter font: `nil` when it is not known; then only signs of the private use area are looked up.
    static func text(_ text: String, font: String?) -> String {
        let isPrivate = { (scalar: Unicode.Scalar) in (0xF020...0xF0FF).contains(scalar.value) }
        let isSymbolic = font.map { self.isSymbolic($0) } ?? false
        guard isSymbolic || text.unicodeScalars.contains(where: isPrivate) else { return text }
        let name = isSymbolic ? font ?? "Symbol" : "Symbol"
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(isSymbolic || isPrivate(scalar) ? sign(scalar, font: name) ?? scalar : scalar)
        }
        return String(result)
    }

    private static func table(_ font: String) -> ((UInt32) -> Unicode.Scalar?)? {
        switch font.lowercased() {
        case "symbol", "symbolmt", "symbol mt", "standard symbols l", "standard symbols ps":
            return { code in
                let (list, place) = code < 0x80 ? (symbolLow, Int(code) - 0x20) : (symbolHigh, Int(code) - 0xA0)
                return list.indices.contains(place) ? list[place] : nil
            }
        case "wingdings": return { wingdings[$0] }
        case "wingdings 2": return { wingdings2[$0] }
        case "wingdings 3": return { wingdings3[$0] }
        case "webdings": return { webdings[$0] }
        default: return nil
        }
    }
}
