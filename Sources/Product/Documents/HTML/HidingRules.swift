import TextSearch

/// The rules of a page's style sheets that hide elements: those for an element's name, class or id alone. What depends on
/// where an element stands, or on a state, is taken to be shown.
struct HidingRules {
    private static let mostRules = 2000

    private var reasons: [String: String] = [:]

    var isEmpty: Bool { reasons.isEmpty }

    /// Takes the rules of one style sheet in.
    mutating func take(_ sheet: String) {
        var rest = HiddenByStyle.withoutComments(sheet)[...]
        while let open = rest.firstIndex(of: "{"), reasons.count < Self.mostRules {
            let selectors = rest[..<open]
            let head = selectors.drop(while: \.isWhitespace)
            rest = rest[rest.index(after: open)...]
            if head.hasPrefix("@") {
                // What is said for screens is said for whoever reads; the rules inside are read like all others.
                if head.hasPrefix("@media"), !head.contains("print"), !head.contains("width") { continue }
                rest = Self.behindBlock(rest)
                continue
            }
            guard let close = rest.firstIndex(of: "}") else { return }
            let style = HiddenByStyle.values(rest[..<close])
            if let reason = HiddenByStyle.reason(style) {
                for selector in head.split(separator: ",") { note(selector, reason) }
            } else if style["display"] != nil || style["visibility"] != nil {
                // A later rule shows what an earlier one has hidden.
                for selector in head.split(separator: ",") { reasons[Self.key(selector) ?? ""] = nil }
            }
            rest = rest[rest.index(after: close)...]
        }
    }

    /// Why an element is not seen; `nil` when no rule hides it.
    func reason(_ name: String, _ attributes: [String: String]) -> String? {
        guard !isEmpty else { return nil }
        if let reason = reasons[name] { return reason }
        if let id = attributes["id"], let reason = reasons["#\(id)"] ?? reasons["\(name)#\(id)"] { return reason }
        for style in (attributes["class"] ?? "").split(whereSeparator: \.isWhitespace).prefix(50) {
            if let reason = reasons[".\(style)"] ?? reasons["\(name).\(style)"] { return reason }
        }
        return nil
    }

    private mutating func note(_ selector: some StringProtocol, _ reason: String) {
        if let key = Self.key(selector) { reasons[key] = reason }
    }

    /// The selector, if it is a simple one.
    private static func key(_ selector: some StringProtocol) -> String? {
        let words = selector.split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let word = words.first, !word.contains(where: { ":[]>+~*()\\".contains($0) }),
            word.count(where: { $0 == "." || $0 == "#" }) <= 1
        else { return nil }
        let isClassed = word.contains(".") || word.contains("#")
        return isClassed ? String(word) : word.lowercased()
    }

    private static func behindBlock(_ text: Substring) -> Substring {
        var depth = 1
        for index in text.indices {
            if text[index] == "{" { depth += 1 }
            if text[index] == "}" { depth -= 1 }
            if depth == 0 { return text[text.index(after: index)...] }
        }
        return ""
    }
}
