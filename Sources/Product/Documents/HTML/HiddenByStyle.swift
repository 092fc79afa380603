/// What of CSS hides text from whoever looks at a page.
enum HiddenByStyle {
    /// Why text under these declarations is not seen; `nil` when it is, as far as they tell.
    static func reason(_ declarations: some StringProtocol) -> String? {
        var values: [String: String] = [:]
        for declaration in declarations.split(separator: ";") {
            let pair = declaration.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let value = pair[1].lowercased().replacing("!important", with: "")
            values[trimmed(pair[0].lowercased())] = trimmed(value)
        }
        return reason(values)
    }

    private static func reason(_ values: [String: String]) -> String? {
        if values["display"] == "none" { return "display: none" }
        if let visibility = values["visibility"], visibility == "hidden" || visibility == "collapse" {
            return "visibility: \(visibility)"
        }
        if values["content-visibility"] == "hidden" { return "content-visibility: hidden" }
        if let opacity = values["opacity"].flatMap(number), opacity <= 0.05 { return "opacity: 0" }
        if let size = values["font-size"].flatMap(number), size == 0 || values["font-size"] == "1px" {
            return "font-size: \(values["font-size"] ?? "")"
        }
        if let indent = values["text-indent"].flatMap(number), indent <= -900 { return "text-indent outside the page" }
        if let position = values["position"], position == "absolute" || position == "fixed" {
            for side in ["left", "top", "right", "bottom"] {
                if let place = values[side].flatMap(number), place <= -900 { return "positioned outside the page" }
            }
        }
        let isCut = values["overflow"] == "hidden" || values["overflow"] == "clip"
        if isCut, ["width", "height", "max-height", "max-width"].contains(where: { values[$0].flatMap(number) == 0 }) {
            return "cut to no size"
        }
        if let color = values["color"].map(plainColor), color == "transparent" { return "transparent" }
        if let color = values["color"].map(plainColor),
            let behind = (values["background-color"] ?? values["background"]).map(plainColor), color == behind
        {
            return "the colour of what is behind it"
        }
        return nil
    }

    /// Whether the declarations show again what a parent hides by its visibility.
    static func isShownAgain(_ declarations: some StringProtocol) -> Bool {
        let plain = declarations.lowercased().filter { !$0.isWhitespace }
        return plain.split(separator: ";").contains { $0 == "visibility:visible" }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The number that a length or share begins with.
    private static func number(_ value: String) -> Double? {
        let digits = value.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == "+" }
        return Double(digits)
    }

    private static func plainColor(_ value: String) -> String {
        let color = value.filter { !$0.isWhitespace }
        switch color {
        case "#fff", "#ffffff", "rgb(255,255,255)", "rgba(255,255,255,1)": return "white"
        case "#000", "#000000", "rgb(0,0,0)", "rgba(0,0,0,1)": return "black"
        case "rgba(0,0,0,0)", "#0000", "#00000000", "rgba(255,255,255,0)": return "transparent"
        default: return color
        }
    }
}
