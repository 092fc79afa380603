/// Words of a text in the form in which they are compared: lower case, lightly stemmed, without the smallest words.
public enum RetrievalWords {
    private static let stop: Set<String> = [
        "the", "a", "an", "and", "or", "of", "to", "in", "on", "for", "with", "is", "are", "was", "were", "be", "been",
        "do", "does", "did", "it", "its", "this", "that", "these", "those", "as", "at", "by", "from", "i", "my", "me",
        "we", "our", "you", "your", "they", "their", "he", "she", "what", "which", "who", "whom", "when", "where",
        "why",
        "how", "can", "could", "should", "would", "will", "shall", "may", "might", "must", "if", "there", "any", "some",
        "not", "no", "about", "have", "has", "had", "than", "then", "so", "but", "also", "into", "under", "between",
        "tell", "please", "give", "s", "t", "am", "us", "mean", "mentioned", "provided", "according",
    ]

    /// The words of a text that carry meaning.
    public static func content(_ text: String) -> [String] { all(text).filter { !stop.contains($0) }.map(stem) }

    private static func all(_ text: String) -> [String] {
        var words: [String] = []
        var current: [UInt8] = []
        func flush() {
            if !current.isEmpty { words.append(String(decoding: current, as: UTF8.self)) }
            current.removeAll(keepingCapacity: true)
        }
        for byte in text.utf8 {
            switch byte {
            case 48...57, 97...122, 128...: current.append(byte)
            case 65...90: current.append(byte | 0x20)
            case 39: continue
            default: flush()
            }
        }
        flush()
        return words
    }

    /// Takes off the commonest English endings; other languages lose little by it.
    static func stem(_ word: String) -> String {
        let count = word.utf8.count
        if count > 5, word.hasSuffix("ies") { return word.dropLast(3) + "y" }
        if count > 5, word.hasSuffix("sses") { return String(word.dropLast(2)) }
        if count > 6, word.hasSuffix("ing") { return undoubled(word.dropLast(3)) }
        if count > 5, word.hasSuffix("ed") { return undoubled(word.dropLast(2)) }
        if count > 3, word.hasSuffix("s"), !word.hasSuffix("ss"), !word.hasSuffix("us"), !word.hasSuffix("is") {
            return withoutE(word.dropLast())
        }
        return withoutE(word[...])
    }

    private static func withoutE(_ word: Substring) -> String {
        word.utf8.count > 4 && word.hasSuffix("e") ? String(word.dropLast()) : String(word)
    }

    private static func undoubled(_ word: Substring) -> String {
        guard let last = word.last, word.dropLast().last == last, !"lsz".contains(last) else { return withoutE(word) }
        return String(word.dropLast())
    }
}
