import TextAnalysis

/// Words of a text in the form in which they are compared: lower case, lightly stemmed, without the smallest words,
/// each as a 64-bit hash. Ranking looks at tens of thousands of words for each question, so no string is made for them.
public enum RetrievalWords {
    /// The words of a text that carry meaning, in order.
    public static func content(_ text: String) -> [UInt64] {
        var result: [UInt64] = []
        forEach(text) { result.append($0) }
        return result
    }

    /// Visits the words of a text that carry meaning, in order.
    static func forEach(_ text: String, _ visit: (UInt64) -> Void) {
        var text = PlainForm.of(text)
        var word: [UInt8] = []
        word.reserveCapacity(64)
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            return PlainWords.forEach(in: text) { plain in
                word.append(contentsOf: plain.utf8)
                end(&word, visit)
            }
        }
        // Most texts are ASCII, and need no string for each word.
        text.withUTF8 { bytes in
            for byte in bytes {
                switch byte {
                case 48...57, 97...122: word.append(byte)
                case 65...90: word.append(byte | 0x20)
                case 39: continue
                default: end(&word, visit)
                }
            }
            end(&word, visit)
        }
    }

    private static func end(_ word: inout [UInt8], _ visit: (UInt64) -> Void) {
        guard !word.isEmpty else { return }
        if !stop.contains(hash(word[...])) { visit(hash(stem(word))) }
        word.removeAll(keepingCapacity: true)
    }

    /// FNV-1a (Fowler, Noll and Vo); collisions among a question's few words are of no account.
    private static func hash(_ word: ArraySlice<UInt8>) -> UInt64 {
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
        """.split(whereSeparator: \.isWhitespace).map { hash(Array($0.utf8)[...]) })

    /// Takes off the commonest English endings; other languages lose little by it.
    private static func stem(_ word: [UInt8]) -> ArraySlice<UInt8> {
        let count = word.count
        func ends(_ ending: StaticString) -> Bool {
            let size = ending.utf8CodeUnitCount
            guard count >= size else { return false }
            return (0..<size).allSatisfy { word[count - size + $0] == ending.utf8Start[$0] }
        }
        if count > 5, ends("ies") { return word.dropLast(3) + [UInt8(ascii: "y")] }
        if count > 5, ends("sses") { return word.dropLast(2) }
        if count > 6, ends("ing") { return undoubled(word.dropLast(3)) }
        if count > 5, ends("ed") { return undoubled(word.dropLast(2)) }
        if count > 3, ends("s"), !ends("ss"), !ends("us"), !ends("is") { return withoutE(word.dropLast()) }
        return withoutE(word[...])
    }

    private static func withoutE(_ word: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        word.count > 4 && word.last == UInt8(ascii: "e") ? word.dropLast() : word
    }

    private static func undoubled(_ word: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let last = word.last, word.dropLast().last == last, !Array("lsz".utf8).contains(last) else {
            return withoutE(word)
        }
        return word.dropLast()
    }
}
