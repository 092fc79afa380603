import LateInteraction
import Retrieval
import Testing

@testable import Chat

/// Which piece of a passage a question is near to, from the embeddings of the tokens of both.
@Suite struct LateEvidenceTests {
    private static func tokens(_ axes: [Int], words: [Int]) throws -> TokenEmbeddings {
        var numbers = [Int8](repeating: 0, count: axes.count * TokenEmbeddings.dimensions)
        for (token, axis) in axes.enumerated() { numbers[token * TokenEmbeddings.dimensions + axis] = 127 }
        return try #require(TokenEmbeddings(numbers, words: words))
    }

    /// "Pump manual" stands in front of the text where it was embedded; "drained" is two tokens.
    private static func passage() throws -> FoundPassage {
        let text = "Oil it.\n\nIt is drained."
        var passage = FoundPassage(
            n: 1, documentId: "d", name: "Pump_manual.pdf", page: 1, start: 0, end: text.unicodeScalars.count,
            text: text,
            score: 0.5, similarity: 0.5)
        passage.tokens = try tokens([60, 1, 2, 3, 4, 5, 6, 7, 8, 61], words: [0, 1, 2, 3, 4, 5, 6, 7, 7, 8])
        return passage
    }

    @Test func eachPieceHasItsOwnTokens() throws {
        let question = try Self.tokens([60, 8, 61], words: [0, 1, 2])
        let late = try #require(LateEvidence(question, [try Self.passage()]))
        func isSaid(_ range: Range<Int>) throws -> Bool { try #require(late.similarity(0, [range])) > 0.9 }
        #expect(try isSaid(9..<23) && isSaid(15..<22))
        #expect(try !isSaid(0..<7) && !isSaid(9..<14))
    }

    @Test func whatLiesOutsideOrHasNoTokensIsNotCompared() throws {
        let question = try Self.tokens([60, 8, 61], words: [0, 1, 2])
        var cut = try Self.passage()
        // The encoder reads no more than so many.
        cut.tokens = try Self.tokens([60, 1, 2, 3, 61], words: [0, 1, 2, 3, 4])
        let late = try #require(LateEvidence(question, [cut, try Self.passage()]))
        #expect(late.similarity(0, [15..<22]) == nil && late.similarity(1, [20..<40]) == nil)
        #expect(late.similarity(1, [3..<3]) == nil && late.similarity(9, [0..<2]) == nil)
        #expect(LateEvidence(nil, [cut]) == nil)
        cut.tokens = nil
        #expect(LateEvidence(question, [cut]) == nil)
    }
}
