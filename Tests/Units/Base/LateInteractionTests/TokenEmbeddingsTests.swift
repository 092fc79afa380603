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
        return try #require(TokenEmbeddings(all.flatMap { $0 }))
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

    @Test func someTokensAreComparedAlone() throws {
        let question = try Self.text([Self.token(0)])
        let passage = try Self.text([Self.token(5), Self.token(0), Self.token(0, 1)])
        try expect(passage.similarity(of: 1..<2, to: question), 0)
        try expect(passage.similarity(of: 3..<4, to: question), 0.709)
        try expect(passage.similarity(of: 1..<99, to: question), 1)
        #expect(
            passage.similarity(of: 2..<2, to: question) == nil && passage.similarity(of: 90..<99, to: question) == nil)
    }

    @Test func nothingIsLikeNothing() throws {
        let question = try Self.text([Self.token(0)])
        let empty = try Self.text([])
        #expect(question.similarity(to: empty) == nil && empty.similarity(to: question) == nil)
    }

    @Test func aSimilarityIsACosineWhateverTheNumbers() throws {
        let loud = try #require(TokenEmbeddings([Int8](repeating: -128, count: 3 * 64)))
        try expect(loud.similarity(to: loud), 1)
    }

    @Test func ofALongQuestionTheFirstTokensCount() throws {
        let passage = try Self.text([Self.token(0)])
        let question = try Self.text(
            [[Int8]](repeating: Self.token(0), count: 128) + [[Int8]](repeating: Self.token(1), count: 300))
        try expect(passage.similarity(to: question), 1)
    }

    @Test func bothFormsReadBack() throws {
        let text = try Self.text([Self.token(3), Self.token(4)])
        #expect(text.count == 4 && text.bytes.count == 1 + 4 * 64)
        #expect(TokenEmbeddings(bytes: text.bytes) == text && TokenEmbeddings(base64: text.base64) == text)
        #expect(TokenEmbeddings(base64: "no base64") == nil)
    }

    @Test(arguments: [
        [], [2], [1] + [UInt8](repeating: 0, count: 64), [2] + [UInt8](repeating: 0, count: 63),
        [2] + [UInt8](repeating: 9, count: 65), [2] + [UInt8](repeating: 0, count: 64 * 513),
    ])
    func otherBytesAreNone(bytes: [UInt8]) { #expect(TokenEmbeddings(bytes: bytes) == nil) }

    @Test func whatDoesNotFitIsNone() {
        #expect(TokenEmbeddings([]) == nil && TokenEmbeddings([1, 2]) == nil)
        #expect(TokenEmbeddings([Int8](repeating: 0, count: 513 * 64)) == nil)
    }
}
