import CStemmer

/// Brings words to their stems by the Snowball algorithms (M. F. Porter, "Snowball: A language for stemming algorithms",
/// 2001). Not to be shared between threads.
public final class Stemmer {
    /// Longer ones are no words.
    private static let longestWord = 64

    private let stemmer: OpaquePointer?

    /// The stemmer of a language.
    public init(_ language: Language) { stemmer = sb_stemmer_new(language.stemmer, "UTF_8") }

    deinit { sb_stemmer_delete(stemmer) }

    /// The stem of a word in lower case.
    public func stem(_ word: String) -> String {
        var word = word
        return word.withUTF8 { withStem(of: $0) { String(decoding: $0, as: UTF8.self) } }
    }

    /// Hands over the stem of a word in lower case, both in UTF-8.
    public func withStem<Result>(
        of word: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        guard let stemmer, word.count <= Self.longestWord,
            let stem = sb_stemmer_stem(stemmer, word.baseAddress, Int32(word.count))
        else { return body(word) }
        let count = max(0, Int(sb_stemmer_length(stemmer)))
        return body(count == 0 ? word : UnsafeBufferPointer(start: stem, count: count))
    }
}
