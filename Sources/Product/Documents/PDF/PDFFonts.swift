/// What pdffonts tells of the fonts of some pages.
struct PDFFonts {
    /// Fonts whose characters are numbers of drawings and nothing else, unless they are those of a known collection.
    private(set) var numbered = 0
    /// Fonts with names of their own for their characters.
    private(set) var custom = 0
    private(set) var others = 0

    /// Reads its table. The columns stand under dashes; the first, the name, may have spaces.
    init(_ output: [UInt8]) {
        for line in String(decoding: output, as: UTF8.self).split(separator: "\n").dropFirst(2) {
            let words = line.split(separator: " ")
            // … type, encoding, embedded, subset, to Unicode, and the object's number in two words or "[none]".
            guard let last = words.lastIndex(where: { $0 == "yes" || $0 == "no" }), last >= 3 else { continue }
            switch words[last - 3] {
            case "Identity-H" where words[last] == "no", "Identity-V" where words[last] == "no": numbered += 1
            case "Custom" where words[last] == "no": custom += 1
            default: others += 1
            }
        }
    }
}

/// Text that comes out as something else than what the page shows.
enum UnreadableText {
    /// Of the characters of a page.
    private static let most = 0.5
    private static let some = 0.05
    /// Characters from which on it is strange to have capitals and signs alone.
    private static let fewest = 20

    /// What a page's text says by itself.
    enum Finding {
        case readable
        /// The fonts have to be asked.
        case doubtful
        case unreadable
    }

    static func finding(_ text: String) -> Finding {
        let (count, strange, small) = counts(text)
        if Double(strange) > most * Double(count) { return .unreadable }
        // Numbers of drawings begin with those of capitals, which makes signs and capitals of all letters.
        let isDoubtful = count == 0 || Double(strange) > some * Double(count) || small == 0 && count >= fewest
        return isDoubtful ? .doubtful : .readable
    }

    /// Whether the doubtful text of a page is none, by its fonts.
    static func isUnreadable(_ text: String, _ fonts: PDFFonts) -> Bool {
        if counts(text).all == 0 { return fonts.numbered + fonts.custom > 0 }
        return fonts.numbered > 0 && fonts.others + fonts.custom == 0
    }

    /// Characters, strange ones, and letters that are no capitals.
    private static func counts(_ text: String) -> (all: Int, strange: Int, small: Int) {
        var (count, strange, small) = (0, 0, 0)
        for scalar in text.unicodeScalars where !scalar.properties.isWhitespace || scalar.value < 9 {
            count += 1
            if isStrange(scalar), !bullets.contains(scalar.value) { strange += 1 }
            if scalar.properties.isAlphabetic, !scalar.properties.isUppercase { small += 1 }
        }
        return (count, strange, small)
    }

    /// Control characters, characters that mean what a font wants, and what stands for one that is not known.
    private static func isStrange(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<9, 14..<32, 0x7F...0x84, 0x86...0x9F, 0xFFFD, 0xE000...0xF8FF, 0xF0000...: true
        default: scalar.properties.generalCategory == .unassigned
        }
    }

    /// Bullets of the fonts Symbol and Wingdings, which many programs write by their codes.
    private static let bullets: Set<UInt32> = [0xF0B7, 0xF0A7, 0xF076, 0xF0D8, 0xF06E, 0xF06C]

    /// The text with bullets that every font has.
    static func mappingBullets(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { bullets.contains($0.value) }) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(bullets.contains(scalar.value) ? "•" : scalar) }
        return String(result)
    }
}
