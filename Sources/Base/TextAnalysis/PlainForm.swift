@_spi(_Unicode) import Swift

/// A text in plain characters: without ligatures, full-width letters, typographic quotes, soft hyphens and marks that
/// nobody sees. It is what is embedded and searched; what is shown and cited stays as it was written.
public enum PlainForm {
    /// The plain form of a text.
    public static func of(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text._nfc { append(scalar, to: &result) }
        return String(result)
    }

    private static func append(_ scalar: Unicode.Scalar, to result: inout String.UnicodeScalarView) {
        if scalar.isASCII { return result.append(scalar) }
        switch scalar.value {
        case 0x2018, 0x2019, 0x201A, 0x201B, 0x2032, 0x02BC: result.append("'")
        case 0x201C...0x201F, 0x2033, 0xAB, 0xBB: result.append("\"")
        case 0x2010...0x2015, 0x2212: result.append("-")
        case 0x2026: result.append(contentsOf: "...".unicodeScalars)
        // Soft hyphen, zero-width characters, signs of direction, byte order mark, kashida.
        case 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x2069, 0xFEFF, 0x0640: break
        default:
            if let plain = CompatibilityForms.plain(scalar) {
                result.append(contentsOf: plain.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
    }
}
