extension TextEncoding {
    /// The form of Unicode that bytes are in by their byte-order mark, or by their zeros where they have none; `nil` for
    /// what may be UTF-8 or anything else.
    public static func marked(_ bytes: [UInt8]) -> TextEncoding? {
        // UTF-32's little mark begins like UTF-16's.
        let marks: [([UInt8], TextEncoding)] = [
            ([0xEF, 0xBB, 0xBF], .utf8), ([0xFF, 0xFE, 0, 0], .utf32LE), ([0, 0, 0xFE, 0xFF], .utf32BE),
            ([0xFF, 0xFE], .utf16LE), ([0xFE, 0xFF], .utf16BE),
        ]
        return marks.first { bytes.starts(with: $0.0) }?.1 ?? WideText.encoding(of: bytes[...])
    }
}

/// Recognises UTF-16 and UTF-32 that do not say so by a mark.
enum WideText {
    /// The encoding; `nil` for bytes that are something else.
    static func encoding(of bytes: ArraySlice<UInt8>) -> TextEncoding? {
        let sample = Array(bytes.prefix(64 << 10))
        guard sample.count >= 4 else { return nil }
        guard sample.contains(0) else { return eastAsian(sample) }
        if let encoding = wide32(sample) { return encoding }
        if isOfBytes(sample) { return nil }
        return best(score(sample, isLittle: true), score(sample, isLittle: false))
    }

    private static func best(_ little: Int?, _ big: Int?) -> TextEncoding? {
        guard let best = [little, big].compactMap(\.self).max(), best > 0 else { return nil }
        return little == best ? .utf16LE : .utf16BE
    }

    /// Chinese, Japanese or Korean without a space or line end has no zeros. Read the wrong way, or in an encoding of these
    /// languages, it is spread over many other scripts.
    private static func eastAsian(_ bytes: [UInt8]) -> TextEncoding? {
        guard bytes.contains(where: { $0 >= 0x80 }), String(validating: bytes, as: UTF8.self) == nil else { return nil }
        func marks(_ isLittle: Bool) -> Int? {
            let units = units(bytes, isLittle: isLittle)
            let own = units.count { unit in
                (0x3000...0x30FF).contains(unit) || (0x4E00...0x9FFF).contains(unit) || (0xAC00...0xD7A3).contains(unit)
                    || (0xFF00...0xFFEF).contains(unit)
            }
            guard own * 50 >= units.count * 49 else { return nil }
            return units.count { (0x3000...0x3002).contains($0) || $0 == 0xFF0C || $0 == 0xFF1A || $0 == 0x306E }
        }
        return best(marks(true), marks(false))
    }

    private static func units(_ bytes: [UInt8], isLittle: Bool) -> [UInt16] {
        stride(from: 0, to: bytes.count - 1, by: 2).map { start in
            let (first, second) = (UInt16(bytes[start]), UInt16(bytes[start + 1]))
            return isLittle ? second << 8 | first : first << 8 | second
        }
    }

    /// Whether it is text in UTF-8 with stray zeros: neither is every second byte zero, as in Latin text, nor are there the
    /// upper halves of other alphabets, which look like control characters.
    private static func isOfBytes(_ bytes: [UInt8]) -> Bool {
        var zeros = [0, 0]
        for (index, byte) in bytes.enumerated() where byte == 0 { zeros[index & 1] += 1 }
        let units = bytes.count / 2
        if zeros.contains(where: { $0 * 5 >= units * 2 }), zeros.contains(where: { $0 * 100 <= units }) { return false }
        let rest = bytes.filter { $0 != 0 }
        let controls = rest.count { $0 < 7 || (14..<27).contains($0) }
        guard controls * 50 <= rest.count else { return false }
        // The sample may end within a character.
        return (0..<4).contains { String(validating: rest.dropLast($0), as: UTF8.self) != nil }
    }

    private static func wide32(_ bytes: [UInt8]) -> TextEncoding? {
        var little = true
        var big = true
        for start in stride(from: 0, to: bytes.count - 3, by: 4) {
            little = little && bytes[start + 3] == 0 && bytes[start + 2] <= 0x10
            big = big && bytes[start] == 0 && bytes[start + 1] <= 0x10
            if !little && !big { return nil }
        }
        // Two or three zeros of each four.
        let zeros = bytes.count { $0 == 0 }
        return zeros * 2 >= bytes.count && zeros * 4 <= bytes.count * 3 ? (little ? .utf32LE : .utf32BE) : nil
    }

    /// How many marks of punctuation and spaces the text has that way round; `nil` when it has what no text has.
    private static func score(_ bytes: [UInt8], isLittle: Bool) -> Int? {
        let units = units(bytes, isLittle: isLittle)
        var marks = 0
        var faults = 0
        // The sample may end within a pair of surrogates.
        for scalar in String(decoding: units.dropLast(), as: UTF16.self).unicodeScalars {
            switch scalar.value {
            case 0x20, 9, 10, 13, 0x2C, 0x2E, 0x3000...0x3002, 0xFF0C, 0x60C: marks += 1
            case 0..<32, 0xFFFD, 0xFFFE, 0xFFFF: faults += 1
            default:
                switch scalar.properties.generalCategory {
                case .unassigned, .privateUse, .control: faults += 1
                default: break
                }
            }
        }
        return faults * 100 <= units.count ? marks : nil
    }
}
