/// Pieces of HTML and SVG.
enum HTML {
    /// Text that is nothing but text, between tags and in quoted attributes.
    static func text(_ text: some StringProtocol) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // Characters that HTML and SVG have no place for.
            case "\u{0}"..."\u{8}", "\u{B}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}":
                result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// An element around markup.
    static func element(_ name: String, _ attributes: [(String, String)] = [], _ content: String = "") -> String {
        let written = attributes.map { " \($0)=\"\(text($1))\"" }.joined()
        return "<\(name)\(written)>\(content)</\(name)>"
    }
}
