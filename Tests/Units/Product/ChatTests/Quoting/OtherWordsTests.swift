import LateInteraction
import Testing
import WordPieces

@testable import Chat
@testable import Retrieval

/// Answers in other words than the question's, told by the likeness of tokens.
@Suite struct OtherWordsTests {
    /// Tokens in directions of their own, but for pairs of words that point the same way, more or less.
    ///
    /// - Parameter alike: A word of the question, one of the text, and the cosine of both.
    private static func quotes(
        _ question: String, _ text: String, alike: (asked: String, said: String, cosine: Double)...
    ) throws -> ExtractedQuotes {
        let tokenizer = WordPieceTokenizer.shared
        func ids(_ text: String) -> [Int32] { tokenizer.encode(text) }
        func vector(_ axis: Int, _ other: (axis: Int, cosine: Double)? = nil) -> [Int8] {
            var vector = [Int8](repeating: 0, count: TokenEmbeddings.dimensions)
            let cosine = other?.cosine ?? 0
            vector[axis] = Int8(127 * (1 - cosine * cosine).squareRoot())
            if let other { vector[other.axis] = Int8(127 * cosine) }
            return vector
        }
        let asked = ids(question)
        // The question's own tokens have the first axes, whatever else stands in the text the last.
        let questionTokens = asked.indices.flatMap { vector($0 % 32) }
        let textTokens = ids(text).enumerated().flatMap { place, id -> [Int8] in
            guard let pair = alike.first(where: { ids($0.said).dropFirst().first == id }),
                let axis = asked.firstIndex(where: { $0 == ids(pair.asked).dropFirst().first })
            else { return vector(32 + place % 32) }
            return vector(32 + place % 32, (axis % 32, pair.cosine))
        }
        var passage = FoundPassage(
            n: 1, documentId: "d", name: "", page: 1, start: 0, end: text.unicodeScalars.count, text: text, score: 0.4,
            similarity: 0.5)
        passage.recordId = "d:0"
        let embeddedQuestion = try #require(TokenEmbeddings(questionTokens))
        let embeddedText = try #require(TokenEmbeddings(textTokens))
        let evidence = PassageEvidence(question: embeddedQuestion, tokens: ["d:0": embeddedText], openings: [:])
        return ExtractedQuotes(question, [passage], evidence)
    }

    private static func first(_ quotes: ExtractedQuotes) -> String {
        guard let quote = quotes.quotes.first else { return "" }
        return String(String.UnicodeScalarView(Array(quote.passage.text.unicodeScalars)[quote.range]))
    }

    private static let rules = "The yard has a fence. Up to six hens may live there. Dogs are kept on a lead."

    @Test func theSentenceWhoseWordMeansTheSameAnswers() throws {
        let near = try Self.quotes(
            "How many chickens may live in the yard?", Self.rules, alike: ("chickens", "hens", 0.86))
        #expect(near.standing == .answer && Self.first(near) == "Up to six hens may live there.")
        let far = try Self.quotes(
            "How many chickens may live in the yard?", Self.rules, alike: ("chickens", "hens", 0.3))
        #expect((near.best?.coverage ?? 0) > (far.best?.coverage ?? 0) + 0.2)
    }

    /// Nothing of the question stands there, but what it asks for does.
    @Test func whatSaysItInOtherWordsThroughoutIsShown() throws {
        let question = "Can poultry roam?"
        let shown = try Self.quotes(
            question, Self.rules, alike: ("poultry", "hens", 0.75), ("roam", "live", 0.7))
        #expect(shown.standing == .closest && Self.first(shown) == "Up to six hens may live there.")
        #expect(try Self.quotes(question, Self.rules).standing == .nothing)
    }

    /// A name is itself or another: Marlow is not Hemmel, however alike the encoder finds them.
    @Test func namesAndNumbersHaveNoOtherWords() throws {
        let text = "The lock at Marlow has 9 boats."
        let found = try Self.quotes("How many boats has the lock at Hemmel?", text, alike: ("Hemmel", "Marlow", 0.9))
        #expect(found.standing != .answer)
    }

    @Test(arguments: [(0.3, 0.0), (0.55, 0), (0.75, 0.5), (0.87, 0.8), (1, 0.8)])
    func farWordsSayNothingAndNearOnesLessThanTheWordItself(nearness: Double, credit: Double) {
        #expect(abs(TermMatch.credit(nearness: nearness) - credit) < 1e-9)
    }
}
