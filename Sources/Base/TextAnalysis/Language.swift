/// The languages whose words are brought to their stems; others are compared as they stand, or by pairs of characters.
public enum Language: String, Sendable, CaseIterable {
    case ar, da, de, el, en, es, fi, fr, hi, hu, it, lt, nl, no, pt, ro, ru, sv, tr

    /// Snowball's name (snowballstem.org).
    var stemmer: String {
        switch self {
        case .ar: "arabic"
        case .da: "danish"
        case .de: "german"
        case .el: "greek"
        case .en: "english"
        case .es: "spanish"
        case .fi: "finnish"
        case .fr: "french"
        case .hi: "hindi"
        case .hu: "hungarian"
        case .it: "italian"
        case .lt: "lithuanian"
        case .nl: "dutch"
        case .no: "norwegian"
        case .pt: "portuguese"
        case .ro: "romanian"
        case .ru: "russian"
        case .sv: "swedish"
        case .tr: "turkish"
        }
    }

    /// The languages that a text may be in, likeliest first, at most three: by its script, and among Latin ones by its smallest
    /// words. A short question has few of them: without any, English and the languages of the commonest documents beside it.
    public static func guess(_ text: String) -> [Language] {
        var counts: [Language: Int] = [:]
        var scripts: [Language: Int] = [:]
        for word in PlainForm.of(String(text.prefix(4000))).lowercased().split(whereSeparator: { !$0.isLetter }) {
            if let script = word.unicodeScalars.first.flatMap(ofScript) { scripts[script, default: 0] += 1 }
            for language in StopWords.languages(of: String(word)) { counts[language, default: 0] += 1 }
        }
        if let script = scripts.max(by: { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }) {
            return [script.key]
        }
        let ordered = counts.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
        guard let best = ordered.first else { return [.en, .de, .fr] }
        return ordered.prefix(3).filter { 2 * $0.value > best.value }.map(\.key)
    }

    /// The languages that a word may be of by its script alone.
    static func ofScript(of word: String) -> [Language] {
        if let language = word.unicodeScalars.first.flatMap(ofScript) { return [language] }
        return allCases.filter { ![.el, .ru, .ar, .hi].contains($0) }
    }

    /// The language of a script that has one among those above.
    private static func ofScript(_ scalar: Unicode.Scalar) -> Language? {
        switch scalar.value {
        case 0x370...0x3FF, 0x1F00...0x1FFF: .el
        case 0x400...0x52F: .ru
        case 0x600...0x6FF, 0x750...0x77F: .ar
        case 0x900...0x97F: .hi
        default: nil
        }
    }
}
