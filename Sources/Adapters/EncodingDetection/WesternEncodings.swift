import TextEncodings

/// Tells the encodings of western Europe apart, whose letters no statistics of languages separate in a short text: DOS and
/// the old Macintosh have theirs where Windows has marks.
enum WesternEncodings {
    private static let others = ["windows1252", "iso885915", "windows1250", "ibm850", "macintosh"]
        .compactMap { TextEncoding(label: $0) }
    private static let longestSample = 64 << 10

    /// The encoding that was guessed, or another one whose letters stand where letters stand.
    static func encoding(of sample: ArraySlice<UInt8>, guessed: TextEncoding = .windows1252) -> TextEncoding {
        let sample = sample.prefix(longestSample)
        if let told = told(sample) { return told }
        let guess = score(sample, guessed)
        guard guess.faults > 0 else { return guessed }
        let best = others.map { ($0, score(sample, $0)) }.max { $0.1.total < $1.1.total }
        guard let best, best.1.total > guess.total, best.1.faults < guess.faults else { return guessed }
        return best.0
    }

    /// What a sign of money says: the euro of ISO-8859-15 beside a number, and Polish złoty.
    private static func told(_ sample: ArraySlice<UInt8>) -> TextEncoding? {
        let bytes = Array(sample)
        func isBetween(_ byte: UInt8?) -> Bool { byte.map { $0 <= 63 } ?? true }
        for (index, byte) in bytes.enumerated() where byte == 0xA4 || byte == 0xB3 {
            let before = index > 0 ? bytes[index - 1] : nil
            let next = index + 1 < bytes.count ? bytes[index + 1] : nil
            if byte == 0xA4, isBetween(before), isBetween(next), !bytes.contains(where: { (0x80...0x9F).contains($0) })
            {
                return TextEncoding(label: "iso885915")
            }
            if byte == 0xB3, before == UInt8(ascii: "z"), isBetween(next), index < 2 || isBetween(bytes[index - 2]) {
                return TextEncoding(label: "windows1250")
            }
        }
        return nil
    }

    /// Letters within words, less what does not stand within a word: a mark between letters, a capital behind a small one.
    private static func score(_ bytes: ArraySlice<UInt8>, _ encoding: TextEncoding) -> (total: Int, faults: Int) {
        let scalars = Array(encoding.text(of: bytes).unicodeScalars)
        var (letters, faults) = (0, 0)
        for (index, scalar) in scalars.enumerated() where scalar.value >= 0x80 {
            let before = index > 0 ? scalars[index - 1].properties : nil
            let isBehindLetter = before?.isAlphabetic ?? false
            let isBeforeLetter = index + 1 < scalars.count && scalars[index + 1].properties.isAlphabetic
            if scalar.properties.isAlphabetic {
                if scalar.properties.isUppercase, before?.isLowercase ?? false {
                    faults += 1
                } else if isBehindLetter || isBeforeLetter {
                    letters += 1
                }
            } else if scalar.value == 0xFFFD || isBehindLetter && isBeforeLetter && !joins(scalar) {
                faults += 1
            }
        }
        return (letters - 2 * faults, faults)
    }

    /// Marks that stand between letters: apostrophes, hyphens and dashes, a point, signs of brands and measures.
    private static func joins(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .dashPunctuation, .finalPunctuation, .initialPunctuation, .format, .spaceSeparator: true
        default: "·°´`/×•…®™©".unicodeScalars.contains(scalar)
        }
    }
}
