import TextSearch

/// What of CSS hides text from whoever looks at a page.
enum HiddenByStyle {
    /// The declarations, names and values in small letters.
    static func values(_ declarations: some StringProtocol) -> [String: String] {
        // Most elements have none.
        guard !declarations.isEmpty else { return [:] }
        var values: [String: String] = [:]
        for declaration in withoutComments(declarations).split(separator: ";") {
            let pair = declaration.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let value = pair[1].lowercased().replacing("!important", with: "")
            values[pair[0].lowercased().trimmed] = value.trimmed
        }
        return values
    }

    /// Why text under these declarations is not seen; `nil` when it is, as far as they tell.
    static func reason(_ values: [String: String]) -> String? {
        if values["display"] == "none" { return "display: none" }
        if let visibility = values["visibility"], visibility == "hidden" || visibility == "collapse" {
            return "visibility: \(visibility)"
        }
        if values["content-visibility"] == "hidden" { return "content-visibility: hidden" }
        if let opacity = values["opacity"].flatMap(number), opacity <= 0.05 { return "opacity: 0" }
        if let filter = values["filter"], filter.hasPrefix("opacity("),
            (number(String(filter.dropFirst(8))) ?? 1) <= 0.05
        {
            return "opacity: 0"
        }
        if let reason = size(values) ?? place(values) ?? cut(values) { return reason }
        for name in ["color", "-webkit-text-fill-color"] where values[name].map(plainColor) == "transparent" {
            return "transparent"
        }
        if let color = values["color"].map(plainColor), let behind = background(values), color == behind {
            return "the colour of what is behind it"
        }
        return nil
    }

    private static func size(_ values: [String: String]) -> String? {
        if let size = values["font-size"].flatMap(pixels), size <= 1 {
            return "font-size: \(values["font-size"] ?? "")"
        }
        // The size stands before the family, with the height of a line behind a slash.
        if let font = values["font"]?.split(separator: " ").first(where: {
            $0.first?.isNumber ?? false || $0.first == "."
        }),
            let size = pixels(String(font.prefix { $0 != "/" })), size <= 1
        {
            return "font: \(font)"
        }
        if values["zoom"].flatMap(number) == 0 || values["scale"].flatMap(number) == 0 { return "scaled to nothing" }
        if let transform = values["transform"] {
            if transform.hasPrefix("scale"), number(String(transform.drop { $0 != "(" }.dropFirst())) == 0 {
                return "scaled to nothing"
            }
            if transform.hasPrefix("translate"), isOutside(String(transform.drop { $0 != "(" }.dropFirst())) {
                return "moved outside the page"
            }
        }
        return nil
    }

    private static func place(_ values: [String: String]) -> String? {
        if let indent = values["text-indent"], isOutside(indent) { return "text-indent outside the page" }
        for name in ["margin-left", "margin-top", "margin"] {
            if let margin = values[name], isOutside(margin) { return "\(name) outside the page" }
        }
        guard let position = values["position"], ["absolute", "fixed", "relative"].contains(position) else {
            return nil
        }
        for side in ["left", "top", "right", "bottom", "inset"] {
            if let place = values[side], isOutside(place) { return "positioned outside the page" }
        }
        return nil
    }

    private static func cut(_ values: [String: String]) -> String? {
        let isCut = ["overflow", "overflow-x", "overflow-y"].contains { name in
            values[name].map { $0.hasPrefix("hidden") || $0.hasPrefix("clip") } ?? false
        }
        if isCut,
            ["width", "height", "max-height", "max-width"].contains(where: {
                values[$0].flatMap(pixels).map { $0 <= 1 } ?? false
            })
        {
            return "cut to no size"
        }
        if let clip = values["clip"], clip.hasPrefix("rect("),
            values["position"] == "absolute" || values["position"] == "fixed"
        {
            let edges = clip.dropFirst(5).prefix { $0 != ")" }.split { $0 == "," || $0 == " " }.map {
                pixels(String($0)) ?? 99
            }
            if edges.count == 4, edges.allSatisfy({ $0 <= 1 }) { return "cut to no size" }
        }
        if let path = values["clip-path"] {
            let first = path.drop { $0 != "(" }.dropFirst()
            if path.hasPrefix("inset("), first.hasPrefix("50%") || first.hasPrefix("100%") { return "cut to no size" }
            if path.hasPrefix("circle("), number(String(first)) == 0 { return "cut to no size" }
        }
        return nil
    }

    /// The colour behind the text that the declarations give; `nil` when they give none.
    static func background(_ values: [String: String]) -> String? {
        (values["background-color"] ?? values["background"]?.split(separator: " ").first.map(String.init)).map(
            plainColor)
    }

    static func withoutComments(_ text: some StringProtocol) -> String {
        var result = ""
        var rest = text[text.startIndex...]
        while let start = rest.firstRange(of: "/*") {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstRange(of: "*/") else { return result }
            rest = rest[end.upperBound...]
        }
        return result + rest
    }

    /// Whether a length leads so far to the left or up that nothing of the text is on the page.
    private static func isOutside(_ value: String) -> Bool {
        value.split { $0 == " " || $0 == "," || $0 == ")" }.contains { part in
            guard let length = pixels(String(part)) else { return false }
            return length <= -900 || part.hasSuffix("%") && length <= -100
        }
    }

    /// A length in pixels; shares stay what they are.
    private static func pixels(_ value: String) -> Double? {
        guard let number = number(value) else { return nil }
        if value.hasSuffix("em") { return number * 16 }
        return value.hasSuffix("pt") ? number * 4 / 3 : number
    }

    /// The number that a length or share begins with.
    private static func number(_ value: String) -> Double? {
        Double(value.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == "+" })
    }

    /// A colour, the usual ways to write white, black and nothing as one.
    static func plainColor(_ value: some StringProtocol) -> String {
        let color = value.lowercased().filter { !$0.isWhitespace }
        switch color {
        case "#fff", "#ffffff", "#ffff", "#ffffffff", "rgb(255,255,255)", "rgba(255,255,255,1)", "rgb(255255255)",
            "rgb(100%,100%,100%)", "hsl(0,0%,100%)":
            return "white"
        case "#000", "#000000", "rgb(0,0,0)", "rgba(0,0,0,1)": return "black"
        default:
            let isNothing =
                color.hasPrefix("rgb") && (color.hasSuffix(",0)") && color.hasPrefix("rgba") || color.hasSuffix("/0)"))
            return isNothing || color == "#0000" || color == "#00000000" ? "transparent" : color
        }
    }
}
