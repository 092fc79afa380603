/// Numbers of a page's list items.
enum ListNumber {
    /// - Parameter style: As in HTML's `type`: `1`, `a`, `A`, `i` or `I`.
    static func text(_ number: Int, style: String) -> String {
        switch style {
        case "a": letters(number) ?? String(number)
        case "A": letters(number)?.uppercased() ?? String(number)
        case "i": WordNumber.text(number, "lowerRoman")
        case "I": WordNumber.text(number, "upperRoman")
        default: String(number)
        }
    }

    /// a to z, then aa to zz.
    private static func letters(_ number: Int) -> String? {
        guard number > 0 else { return nil }
        var rest = number
        var text = ""
        while rest > 0 {
            text = String(UnicodeScalar(UInt8(97 + (rest - 1) % 26))) + text
            rest = (rest - 1) / 26
        }
        return text
    }
}
