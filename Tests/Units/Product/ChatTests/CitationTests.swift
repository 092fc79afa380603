import ChatMessages
import ClaimChecking
import Retrieval
import Testing

@testable import Chat

@Suite struct CitationTests {
    @Test(arguments: [
        (["It is so [1]."], "It is so [1].", [1]), (["a [", "1", "] b"], "a [1] b", [1]),
        (["x [3, 1] y"], "x [3][1] y", [3, 1]),
        (["bad [9] gone"], "bad  gone", []), (["mixed [2, 9]"], "mixed [2]", [2]),
        (["array[i] stays, [x](y) too"], "array[i] stays, [x](y) too", []),
        (["open [1"], "open [1", []), (["[[1]]"], "[[1]]", [1]), (["[]"], "[]", []), (["[1][1]"], "[1][1]", [1]),
        (["[12345678901234567890123456]"], "[12345678901234567890123456]", []),
    ])
    func letsOnlyKnownPassagesThrough(pieces: [String], shown: String, cited: [Int]) {
        var filter = CitationFilter(count: 3)
        let text = pieces.map { filter.feed($0) }.joined() + filter.finish()
        #expect(text == shown)
        #expect(filter.cited == cited)
    }

    @Test func holdsBackWhatMayBecomeACitation() {
        var filter = CitationFilter(count: 3)
        #expect(filter.feed("so [2") == "so ")
        #expect(filter.feed("].") == "[2].")
    }

    @Test func withoutPassagesNothingIsACitation() {
        var filter = CitationFilter(count: 0)
        #expect(filter.feed("a [1] b") == "a  b")
    }

    private func passage(_ n: Int, _ text: String, start: Int) -> FoundPassage {
        FoundPassage(
            n: n, documentId: "d", name: "d.pdf", page: 4, start: start, end: start + text.unicodeScalars.count,
            text: text, score: 1,
            similarity: 1)
    }

    @Test func quotesTheSentenceThatWasUsed() throws {
        let text = "The plan covers vision. Emergency care costs 😀 $150 per visit. Dental care is extra."
        let passages = [passage(1, "Nothing here.", start: 0), passage(2, text, start: 100)]
        let answer = CheckedAnswer("An emergency visit costs $150 [2].", passages: passages)
        let citation = try #require(answer.citations.first)
        #expect(citation.claim == CitedClaim(sentence: 0..<34, support: .supported) && answer.counts.supported == 1)
        #expect(citation.quote == "Emergency care costs 😀 $150 per visit.")
        let scalars = Array(text.unicodeScalars)
        #expect(String(String.UnicodeScalarView(scalars[citation.start - 100..<citation.end - 100])) == citation.quote)
    }

    @Test func showsNoQuoteThatItCannotFind() throws {
        let answer = CheckedAnswer("完全に違う言葉 [1].", passages: [passage(1, "Only English words.", start: 5)])
        let citation = try #require(answer.citations.first)
        #expect(citation.claim?.support == .unsupported)
        #expect(citation.quote.isEmpty && citation.start == 5)
    }

    @Test func namesChatsAfterTheirFirstWords() {
        #expect(ChatName.make(from: "  What\n is  it? ") == "What is it?")
        #expect(ChatName.make(from: String(repeating: "word ", count: 50)).count <= 61)
    }
}
