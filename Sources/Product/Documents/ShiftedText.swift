import TextSearch

/// Raised and lowered characters in plain text, so that `10⁶` does not become `106`.
enum ShiftedText {
    /// How far from the line.
    enum Shift: Sendable { case none, raised, lowered }

    /// Longer text stands off the line by mistake.
    private static let longest = 60
    private static let raisedSigns = pairs("0⁰1¹2²3³4⁴5⁵6⁶7⁷8⁸9⁹+⁺-⁻−⁻=⁼(⁽)⁾nⁿiⁱ")
    private static let loweredSigns = pairs("0₀1₁2₂3₃4₄5₅6₆7₇8₈9₉+₊-₋−₋=₌(₍)₎nₙiᵢ")
    private static let ordinalsBehindDigits: Set = [
        "st", "nd", "rd", "th", "e", "er", "re", "ère", "ere", "ème", "eme", "nde", "d", "de", "ste", "te", "o", "os",
    ]
    private static let abbreviations: Set = ["o", "os", "r", "rs", "me", "mes", "lle", "lles", "gr", "ve"]
    private static let trademarks = ["TM": "™", "SM": "℠", "MC": "ᴹᶜ", "MD": "ᴹᴰ"]

    private static func pairs(_ text: String) -> [Character: Character] {
        var result: [Character: Character] = [:]
        var from: Character?
        for character in text {
            if let key = from {
                result[key] = character
                result[character] = character
                from = nil
            } else {
                from = character
            }
        }
        return result
    }

    /// Text with this distance from the line.
    ///
    /// - Parameter before: The character that it follows.
    static func text(_ text: String, _ shift: Shift, after before: Character?) -> String {
        switch shift {
        case .none: text
        case .raised: raised(text, after: before)
        case .lowered: lowered(text)
        }
    }

    /// Raised text: digits and signs as Unicode has them, endings of ordinal numbers as they are, other words as `^(…)`.
    static func raised(_ text: String, after before: Character?) -> String {
        shifted(text, raisedSigns, "^") { word in
            if let sign = trademarks[word] { return sign }
            return isEnding(word.lowercased(), after: before) ? word : nil
        }
    }

    /// Lowered text: digits and signs as Unicode has them, other words as `_(…)`.
    static func lowered(_ text: String) -> String { shifted(text, loweredSigns, "_") { _ in nil } }

    private static func isEnding(_ word: String, after before: Character?) -> Bool {
        guard let before else { return false }
        if before.isNumber { return ordinalsBehindDigits.contains(word) }
        guard before.isLetter else { return false }
        if word == "th" { return true }
        if "IVXLCDM".contains(before), ["e", "er", "re", "ère", "ème"].contains(word) { return true }
        return "NnMDS".contains(before) && abbreviations.contains(word)
    }

    private static func shifted(
        _ text: String, _ signs: [Character: Character], _ mark: String, _ exception: (String) -> String?
    ) -> String {
        guard let first = text.firstIndex(where: { !$0.isWhitespace }),
            let last = text.lastIndex(where: { !$0.isWhitespace })
        else { return text }
        let word = String(text[first...last])
        // Marks such as * and ° stand where they stand in any case.
        guard word.count <= longest, word.contains(where: { $0.isLetter || $0.isNumber || signs[$0] != nil }) else {
            return text
        }
        let all = word.compactMap { signs[$0] }
        let isSigns = all.count == word.count && !zip(word, word.dropFirst()).contains { $0.isLetter && $1.isLetter }
        let inner = isSigns ? String(all) : exception(word) ?? "\(mark)(\(word))"
        return text[..<first] + inner + text[text.index(after: last)...]
    }
}
