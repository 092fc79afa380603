import TextAnalysis

/// Words of texts in the form in which they are compared: lower case, as English stems, without the smallest words, each
/// as a 64-bit hash; other languages lose little by it. Ranking looks at tens of thousands of words for each question, so
/// no string is made for them, and each is brought to its stem once.
public final class RetrievalWords {
    private let stemmer = Stemmer(.en)
    /// Stems by words.
    private var stems: [UInt64: UInt64] = [:]
    private var word: [UInt8] = []

    init() { word.reserveCapacity(64) }

    /// The words of a text that carry meaning, in order.
    public static func content(_ text: String) -> [UInt64] {
        var result: [UInt64] = []
        RetrievalWords().forEach(in: text) { result.append($0) }
        return result
    }

    /// Visits the words of a text that carry meaning, in order.
    func forEach(in text: String, _ visit: (UInt64) -> Void) {
        var text = PlainForm.of(text)
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            return PlainWords.forEach(in: text) { plain in
                word.append(contentsOf: plain.utf8)
                end(visit)
            }
        }
        // Most texts are ASCII, and need no string for each word.
        text.withUTF8 { bytes in
            for byte in bytes {
                switch byte {
                case 48...57, 97...122: word.append(byte)
                case 65...90: word.append(byte | 0x20)
                case 39: continue
                default: end(visit)
                }
            }
            end(visit)
        }
    }

    private func end(_ visit: (UInt64) -> Void) {
        guard !word.isEmpty else { return }
        let hash = word.withUnsafeBufferPointer(Self.hash)
        if !Self.stop.contains(hash) { visit(stem(hash)) }
        word.removeAll(keepingCapacity: true)
    }

    private func stem(_ hash: UInt64) -> UInt64 {
        if let known = stems[hash] { return known }
        let stem = word.withUnsafeBufferPointer { stemmer.withStem(of: $0, Self.hash) }
        stems[hash] = stem
        return stem
    }

    /// FNV-1a (Fowler, Noll and Vo); collisions among a question's few words are of no account.
    private static func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in word { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return value
    }

    private static let stop = Set(
        """
        the a an and or of to in on for with is are was were be been do does did it its this that these those as at by from i my
        me we our you your they their he she what which who whom when where why how can could should would will shall may might
        must if there any some not no about have has had than then so but also into under between tell please give s t am us mean
        mentioned provided according
        """.split(whereSeparator: \.isWhitespace).map { Array($0.utf8).withUnsafeBufferPointer(hash) })
}
