/// What single characters are to whoever compares texts.
enum Characters {
    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { (48...57).contains(scalar.value) }

    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return isDigit(scalar) || (65...90).contains(scalar.value) || (97...122).contains(scalar.value)
        }
        return scalar.properties.isAlphabetic || scalar.properties.generalCategory == .nonspacingMark
    }

    /// Scripts that put no space between words.
    static func isIdeographic(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0E7F, 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF:
            true
        default: false
        }
    }

    /// Signs that mean something: borders of clauses, currencies, ranges.
    static func isSign(_ scalar: Unicode.Scalar) -> Bool { ",;:()–—−-$£€¥%‰°.!?，；：（）。".unicodeScalars.contains(scalar) }

    /// What stands between the parts of a compound.
    static func isDivider(_ scalar: Unicode.Scalar) -> Bool { "-\u{2010}\u{2011}/._·".unicodeScalars.contains(scalar) }

    /// In lower case, with one kind of apostrophe and hyphen and without the accents of Latin letters.
    static func folded(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var result = String.UnicodeScalarView()
        for scalar in scalars {
            if scalar.isASCII {
                let value = scalar.value
                let isUpper = (65...90).contains(value)
                result.append(isUpper ? Unicode.Scalar(UInt8(truncatingIfNeeded: value) | 0x20) : scalar)
                continue
            }
            switch scalar {
            case "’": result.append("'")
            case "\u{2010}", "\u{2011}": result.append("-")
            case "ß": result.append(contentsOf: "ss".unicodeScalars)
            default:
                for lower in scalar.properties.lowercaseMapping.unicodeScalars { result.append(plain[lower] ?? lower) }
            }
        }
        return String(result)
    }

    private static let plain: [Unicode.Scalar: Unicode.Scalar] = {
        var table: [Unicode.Scalar: Unicode.Scalar] = [:]
        let groups = [
            "aàáâãäå", "cç", "eèéêë", "iìíîï", "nñ", "oòóôõö", "uùúûü", "yýÿ",
        ]
        for group in groups {
            guard let base = group.unicodeScalars.first else { continue }
            for accented in group.unicodeScalars.dropFirst() { table[accented] = base }
        }
        return table
    }()
}
