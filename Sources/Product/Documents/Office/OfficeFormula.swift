import Markup

/// Formulas (OMML) in one line: fractions with `/`, powers with `^`, indices with `_`.
enum OfficeFormula {
    private static let deepest = 60

    static func text(_ node: XMLNode, depth: Int = 0) -> String {
        guard depth < deepest else { return "" }
        let inner = { (name: String) in node[name].map { text($0, depth: depth + 1) } ?? "" }
        let value = { (properties: String, name: String) in node[properties]?[name]?.attributes["val"] }
        switch node.name {
        case "t": return node.text
        case "r" where isVanished(node): return ""
        case "r": return node.children.filter { $0.name == "t" }.map(\.text).joined()
        case "f": return grouped(inner("num")) + "/" + grouped(inner("den"))
        case "sSup": return grouped(inner("e")) + "^" + grouped(inner("sup"))
        case "sSub": return grouped(inner("e")) + "_" + grouped(inner("sub"))
        case "sSubSup": return grouped(inner("e")) + "_" + grouped(inner("sub")) + "^" + grouped(inner("sup"))
        case "sPre": return "_" + grouped(inner("sub")) + "^" + grouped(inner("sup")) + inner("e")
        case "limLow": return inner("e") + "_" + grouped(inner("lim"))
        case "limUpp": return inner("e") + "^" + grouped(inner("lim"))
        case "func": return inner("fName") + " " + inner("e")
        case "rad":
            let degree = inner("deg")
            return (degree.isEmpty ? "" : ShiftedText.raised(degree, after: nil)) + "√(" + inner("e") + ")"
        case "nary":
            let sub = inner("sub")
            let sup = inner("sup")
            return (value("naryPr", "chr") ?? "∫") + (sub.isEmpty ? "" : "_" + grouped(sub))
                + (sup.isEmpty ? "" : "^" + grouped(sup)) + " " + inner("e")
        case "d":
            let parts = node.all("e").map { text($0, depth: depth + 1) }
            return (value("dPr", "begChr") ?? "(") + parts.joined(separator: value("dPr", "sepChr") ?? "|")
                + (value("dPr", "endChr") ?? ")")
        case "acc": return inner("e") + (value("accPr", "chr") ?? "\u{302}")
        case "m": return "[" + node.all("mr").map { text($0, depth: depth + 1) }.joined(separator: "; ") + "]"
        case "mr": return node.all("e").map { text($0, depth: depth + 1) }.joined(separator: ", ")
        case "eqArr": return node.all("e").map { text($0, depth: depth + 1) }.joined(separator: "; ")
        case "del", "moveFrom": return ""
        default:
            return node.name.hasSuffix("Pr") ? "" : node.children.map { text($0, depth: depth + 1) }.joined()
        }
    }

    /// What of it is hidden.
    static func hidden(_ node: XMLNode, depth: Int = 0) -> String {
        guard depth < deepest else { return "" }
        if node.name == "r" { return isVanished(node) ? node.all("t").map(\.text).joined() : "" }
        return node.children.map { hidden($0, depth: depth + 1) }.joined()
    }

    private static func isVanished(_ run: XMLNode) -> Bool {
        run.all("rPr").contains { wordSwitch($0["vanish"]) ?? false }
    }

    /// A part in brackets, unless it is one word or has brackets.
    private static func grouped(_ part: String) -> String {
        let part = String(part.drop(while: \.isWhitespace))
        let isWord = part.allSatisfy { $0.isLetter || $0.isNumber || $0 == "." || $0 == "," }
        return isWord && !part.isEmpty ? part : "(\(part))"
    }
}
