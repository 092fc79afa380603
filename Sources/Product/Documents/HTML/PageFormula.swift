/// Writes the formulas of pages (MathML Core) in one line: what stands above, below or under a bar keeps its place by a mark.
enum PageFormula {
    /// The mark before an element that is this child of its parent, counted from 1.
    ///
    /// - Parameter before: The character that it follows.
    static func before(_ name: String, in parent: String?, child: Int, after before: Character?) -> String {
        let group = isGroup(name, in: parent) ? "(" : ""
        switch (parent, child) {
        // A whole number and its fraction are two.
        case ("mfrac", 1): return (before?.isNumber ?? false ? " " : "") + group
        case ("mfrac", 2): return "/" + group
        case ("msup", 2), ("mover", 2), ("msubsup", 3), ("munderover", 3): return "^" + group
        case ("msub", 2), ("munder", 2), ("msubsup", 2), ("munderover", 2): return "_" + group
        case ("mroot", 2): return "^(1/"
        default: break
        }
        switch name {
        case "msqrt": return "√("
        case "mtd", "mtr": return " "
        default: return ""
        }
    }

    /// The mark behind it.
    static func behind(_ name: String, in parent: String?, child: Int) -> String {
        if name == "msqrt" || parent == "mroot" && child == 2 { return ")" }
        return isGroup(name, in: parent) ? ")" : ""
    }

    private static func isGroup(_ name: String, in parent: String?) -> Bool {
        name == "mrow" && ["mfrac", "msup", "msub", "msubsup", "mover", "munder", "munderover"].contains(parent ?? "")
    }
}
