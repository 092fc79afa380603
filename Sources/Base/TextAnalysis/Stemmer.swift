import CStemmer

/// Brings words to their stems by the Snowball algorithms (M. F. Porter, "Snowball: A language for stemming algorithms",
/// 2001). Not to be shared between threads.
final class Stemmer {
    /// Longer ones are no words.
    private static let longestWord = 64

    private let stemmer: OpaquePointer?

    init(_ language: Language) { stemmer = sb_stemmer_new(language.stemmer, "UTF_8") }

    deinit { sb_stemmer_delete(stemmer) }

    /// The stem of a word in lower case.
    func stem(_ word: String) -> String {
        let bytes = Array(word.utf8)
        guard let stemmer, bytes.count <= Self.longestWord,
            let stem = sb_stemmer_stem(stemmer, bytes, Int32(bytes.count))
        else { return word }
        let count = max(0, Int(sb_stemmer_length(stemmer)))
        return count == 0 ? word : String(decoding: UnsafeBufferPointer(start: stem, count: count), as: UTF8.self)
    }
}
