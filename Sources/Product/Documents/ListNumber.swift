/// Numbers of list items in the ways that documents write them.
enum ListNumber {
    /// - Parameter style: As in HTML's `type`: `1`, `a`, `A`, `i` or `I`.
    static func text(_ number: Int, style: String) -> String {
        switch style {
        case "a": letters(number) ?? String(number)
        case "A": letters(number)?.uppercased() ?? String(number)
        case "i": roman(number)?.lowercased() ?? String(number)
        case "I": roman(number) ?? String(number)
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

    private static func roman(_ number: Int) -> String? {
        guard (1..<4000).contains(number) else { return nil }
        let signs = [
            (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
            (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
        ]
        var rest = number
        var text = ""
        for (value, sign) in signs {
            while rest >= value {
                text += sign
                rest -= value
            }
        }
        return text
    }
}
