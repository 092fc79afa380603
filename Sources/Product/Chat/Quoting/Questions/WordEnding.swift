/// Takes the commonest endings off words, so that "plans" finds "plan".
enum WordEnding {
    /// - Parameter word: Folded.
    static func stem(_ word: String, _ language: QuestionLanguage) -> String {
        switch language {
        case .english: english(word)
        case .german, .dutch: without(["ern", "en", "er", "es", "em", "e", "n", "s"], word)
        case .french: without(["es", "s", "e", "x"], word)
        case .spanish, .portuguese: without(["es", "os", "as", "s", "a", "o", "e"], word)
        case .italian: without(["i", "e", "a", "o"], word)
        case .other: word
        }
    }

    private static func without(_ endings: [String], _ word: String) -> String {
        for ending in endings where word.hasSuffix(ending) && word.count - ending.count >= 4 {
            return String(word.dropLast(ending.count))
        }
        return word
    }

    private static func english(_ word: String) -> String {
        let count = word.utf8.count
        guard count == word.count else { return word }
        if count > 4, word.hasSuffix("ies") { return word.dropLast(3) + "y" }
        if count > 5, word.hasSuffix("sses") { return String(word.dropLast(2)) }
        if count > 5, word.hasSuffix("ing") { return undoubled(word.dropLast(3)) }
        if count > 4, word.hasSuffix("ed") { return undoubled(word.dropLast(2)) }
        if count > 3, word.hasSuffix("s"), !word.hasSuffix("ss"), !word.hasSuffix("us"), !word.hasSuffix("is") {
            return withoutE(word.dropLast())
        }
        return withoutE(word[...])
    }

    private static func withoutE(_ word: Substring) -> String {
        String(word.count > 3 && word.last == "e" ? word.dropLast() : word)
    }

    private static func undoubled(_ word: Substring) -> String {
        guard let last = word.last, word.dropLast().last == last, !"lsz".contains(last) else { return withoutE(word) }
        return String(word.dropLast())
    }
}
