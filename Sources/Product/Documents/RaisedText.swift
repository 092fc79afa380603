/// Writes raised and lowered text in one line, so that `10⁶` does not become `106`: with Unicode's own characters where
/// there are such for all of it, with `^` or `_` otherwise.
enum RaisedText {
    private static let raised = table(
        "0123456789+-−=()niabcdefghjklmoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")
    private static let lowered = table("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
    /// What is raised behind numbers and abbreviations in many languages and means no power.
    private static let ordinals: Set = [
        "st", "nd", "rd", "th", "er", "re", "ère", "e", "ème", "nde", "de", "o", "a", "os", "as", "do", "to", "º", "ª",
        "tm",
        "sm", "®", "™", "©", "me", "lle", "r", "gr",
    ]

    private static func table(_ from: String, _ to: String) -> [Character: Character] {
        Dictionary(zip(from, to), uniquingKeysWith: { one, _ in one })
    }

    /// Text that is raised behind other text.
    static func superscript(_ text: String) -> String {
        if ordinals.contains(text.lowercased()) { return text }
        return written(text, raised, mark: "^", longest: 3)
    }

    /// Text that is lowered behind other text.
    static func `subscript`(_ text: String) -> String { written(text, lowered, mark: "_", longest: 3) }

    private static func written(
        _ text: String, _ table: [Character: Character], mark: String, longest: Int
    ) -> String {
        guard text.contains(where: { !$0.isWhitespace }) else { return text }
        let letters = text.count(where: \.isLetter)
        let own = text.compactMap { table[$0] ?? ($0 == " " || $0 == "," || $0 == "*" ? $0 : nil) }
        // Words of small letters cannot be searched for.
        if own.count == text.count, letters <= longest { return String(own) }
        return text.count == 1 ? mark + text : "\(mark)(\(text))"
    }
}
