@_spi(_Unicode) import Swift

/// Words without what a writer may leave out.
enum Folding {
    /// Without accents where a language can be written without them; marks that are letters of their script stay.
    static func of(_ word: String) -> String {
        guard word.utf8.contains(where: { $0 >= 0x80 }) else { return word }
        var result = String.UnicodeScalarView()
        for scalar in word._nfc {
            switch scalar.value {
            case 0..<0x80: result.append(scalar)
            case 0xDF: result.append(contentsOf: "ss".unicodeScalars)
            case 0xE6: result.append(contentsOf: "ae".unicodeScalars)
            case 0xF8: result.append("o")
            case 0x153: result.append(contentsOf: "oe".unicodeScalars)
            case 0x131: result.append("i")
            case 0x142: result.append("l")
            case 0x3C2: result.append("σ")
            // Latin, Greek and Cyrillic letters with marks, and marks by themselves.
            case 0xC0...0x52F, 0x1E00...0x1FFF:
                for part in String(Character(scalar))._nfd where !isAccent(part) {
                    result.append(part)
                }
            default: if !isAccent(scalar) { result.append(scalar) }
            }
        }
        return String(result)
    }

    /// Accents, and the vowel signs that Arabic and Hebrew are mostly written without.
    private static func isAccent(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x300...0x36F, 0x483...0x487, 0x591...0x5BD, 0x5BF, 0x5C1...0x5C2, 0x64B...0x655, 0x670: true
        default: false
        }
    }
}
