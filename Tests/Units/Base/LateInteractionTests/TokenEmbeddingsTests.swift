import LateInteraction
import Testing

/// Late interaction as ColBERT has it (Khattab and Zaharia 2020, section 3.3), on vectors whose products are plain.
@Suite struct TokenEmbeddingsTests {
    /// A token in the direction of one axis, or between two.
    private static func token(_ axes: Int...) -> [Int8] {
        var numbers = [Int8](repeating: 0, count: TokenEmbeddings.dimensions)
        for axis in axes { numbers[axis] = axes.count == 1 ? 127 : 90 }
        return numbers
    }

    /// A text whose words have one token each; the special ones in front and at the end point elsewhere.
    private static func text(_ tokens: [[Int8]]) throws -> TokenEmbeddings {
        let all = [token(62)] + tokens + [token(63)]
        return try #require(TokenEmbeddings(all.flatMap { $0 }, words: Array(0..<all.count)))
    }

    /// Within what rounding to 1/127 costs.
    private func expect(_ similarity: Float?, _ value: Float) throws {
        let difference = try #require(similarity) - value
        #expect(difference.magnitude < 0.01)
    }

    @Test func aTextIsLikeItself() throws {
        let text = try Self.text([Self.token(0), Self.token(1, 2)])
        try expect(text.similarity(to: text), 1)
    }

    @Test func eachTokenOfTheQuestionTakesTheNearest() throws {
        let question = try Self.text([Self.token(0), Self.token(1)])
        let passage = try Self.text([Self.token(5), Self.token(0), Self.token(1, 2)])
        // 1 for the first, the cosine of 45° for the second.
        try expect(passage.similarity(to: question), 0.854)
        try expect(question.similarity(to: passage), 0.57)
    }

    @Test func stretchesAreComparedTogether() throws {
        let question = try Self.text([Self.token(0), Self.token(1)])
        let passage = try Self.text([Self.token(0), Self.token(7), Self.token(1)])
        try expect(passage.similarity(to: question, tokens: [1..<2]), 0.5)
        try expect(passage.similarity(to: question, tokens: [1..<2, 3..<4]), 1)
        try expect(passage.similarity(to: question, tokens: [2..<3]), 0)
    }

    @Test func nothingIsLikeNothing() throws {
        let question = try Self.text([Self.token(0)])
        let empty = try Self.text([])
        #expect(question.similarity(to: empty) == nil && question.similarity(to: question, tokens: []) == nil)
        #expect(question.similarity(to: question, tokens: [90..<95, 1..<1]) == nil)
    }

    @Test func aSimilarityIsACosineWhateverTheNumbers() throws {
        let loud = try #require(TokenEmbeddings([Int8](repeating: -128, count: 3 * 64), words: [0, 1, 2]))
        try expect(loud.similarity(to: loud), 1)
    }

    @Test func ofALongQuestionTheFirstTokensCount() throws {
        let passage = try Self.text([Self.token(0)])
        let question = try Self.text(
            [[Int8]](repeating: Self.token(0), count: 128) + [[Int8]](repeating: Self.token(1), count: 300))
        try expect(passage.similarity(to: question), 1)
    }

    @Test func wordsAreFoundAmongTheTokens() throws {
        // "[CLS] dos ##ing pump <control character> [SEP]": four words, the fourth without a token.
        let numbers = [Int8](repeating: 1, count: 5 * TokenEmbeddings.dimensions)
        let text = try #require(TokenEmbeddings(numbers, words: [0, 1, 1, 2, 4]))
        #expect(text.wordStarts == [0, 1, 3, 4, 4, 5])
    }

    @Test func theStoredFormReadsBack() throws {
        let text = try Self.text([Self.token(3), Self.token(4)])
        let again = try #require(TokenEmbeddings(bytes: text.bytes))
        #expect(again == text && again.count == 4 && text.bytes.count == 1 + 4 * 65)
    }

    @Test(arguments: [
        [], [1], [2] + [UInt8](repeating: 0, count: 65), [1] + [UInt8](repeating: 0, count: 64),
        [1] + [UInt8](repeating: 9, count: 66), [1] + [UInt8](repeating: 0, count: 65 * 513),
    ])
    func otherBytesAreNone(bytes: [UInt8]) { #expect(TokenEmbeddings(bytes: bytes) == nil) }

    @Test func whatDoesNotFitIsNone() {
        #expect(TokenEmbeddings([], words: []) == nil && TokenEmbeddings([1, 2], words: [0]) == nil)
        let many = [Int8](repeating: 0, count: 513 * 64)
        #expect(TokenEmbeddings(many, words: Array(0..<513)) == nil)
    }

    @Test func stepsThatNoByteHoldsAreCut() throws {
        let text = try #require(TokenEmbeddings([Int8](repeating: 0, count: 2 * 64), words: [0, 1000]))
        #expect(text.wordStarts == [0] + [Int](repeating: 1, count: 255) + [2])
    }
}
