/// Guesses a text's language by its most common small words.
public enum LanguageGuess {
    private static let words: [(language: String, words: Set<String>)] = [
        ("en", ["the", "and", "of", "to", "in", "is", "that", "for", "with", "are", "this", "not"]),
        ("de", ["der", "die", "und", "das", "ist", "nicht", "ein", "eine", "mit", "für", "von", "auf"]),
        ("fr", ["le", "la", "les", "et", "des", "est", "une", "dans", "pour", "que", "pas", "sur"]),
        ("es", ["el", "los", "las", "que", "una", "por", "con", "para", "del", "como", "más", "es"]),
        ("it", ["il", "che", "della", "per", "una", "con", "sono", "non", "gli", "del", "anche", "nel"]),
        ("pt", ["que", "não", "uma", "para", "com", "dos", "como", "mais", "pelo", "são", "também", "os"]),
        ("nl", ["het", "een", "van", "en", "niet", "dat", "zijn", "voor", "met", "ook", "wordt", "aan"]),
    ]

    /// ISO 639-1 code, or `nil` when no language stands out.
    public static func language(of text: ExtractedText) -> String? {
        var counts: [String: Int] = [:]
        var total = 0
        for page in text.pages.prefix(20) {
            for word in page.text.prefix(4000).lowercased().split(whereSeparator: { !$0.isLetter }) {
                total += 1
                for entry in words where entry.words.contains(String(word)) { counts[entry.language, default: 0] += 1 }
            }
        }
        let ordered = counts.sorted { $0.value > $1.value }
        guard let best = ordered.first, best.value * 20 > total, total > 20 else { return nil }
        guard ordered.count < 2 || best.value * 4 > ordered[1].value * 5 else { return nil }
        return best.key
    }
}
