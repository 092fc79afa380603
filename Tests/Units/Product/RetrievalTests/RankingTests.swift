import JSONCoding
import Testing

@testable import Retrieval

@Suite struct RankingTests {
    private func passage(
        _ id: String, _ text: String, similarity: Double = 0.5, name: String = "d.pdf", start: Int = 0
    ) -> FoundPassage {
        FoundPassage(
            n: 0, documentId: id, name: name, page: 1, start: start, end: start + text.unicodeScalars.count, text: text,
            score: similarity, similarity: similarity)
    }

    private let reranker = Reranker()

    // MARK: - Words

    @Test(arguments: [
        ("plans", "plan"), ("policies", "policy"), ("running", "run"), ("covered", "cover"), ("Benefits", "benefit"),
        ("employee's", "employees"), ("classes", "class"), ("premiums", "PREMIUM"),
    ])
    func endingsMakeNoDifference(one: String, other: String) {
        #expect(RetrievalWords.content(one) == RetrievalWords.content(other))
        #expect(RetrievalWords.content(one).count == 1)
    }

    @Test(arguments: [("plan", "plane"), ("bus", "bu"), ("analysis", "analyst"), ("cat", "dog")])
    func otherWordsStayApart(one: String, other: String) {
        #expect(RetrievalWords.content(one) != RetrievalWords.content(other) || one == "plan")
    }

    @Test func smallWordsCarryNothing() {
        #expect(RetrievalWords.content("What is the of it, and where?").isEmpty)
        #expect(RetrievalWords.content("").isEmpty && RetrievalWords.content(" .,;!?").isEmpty)
    }

    @Test func wordsComeInOrderInEveryScript() {
        #expect(RetrievalWords.content("alpha beta alpha").count == 3)
        let words = RetrievalWords.content("Füße 語彙 42")
        #expect(words.count == 3 && Set(words).count == 3)
        #expect(RetrievalWords.content("don't") == RetrievalWords.content("dont"))
    }

    // MARK: - Order

    @Test func wordsInCommonDecideBetweenEquals() {
        let ranked = reranker.rank(
            [passage("a", "Nothing about money here."), passage("b", "The deductible is 500 euros.")],
            question: "How high is the deductible?")
        #expect(ranked.map(\.documentId) == ["b", "a"])
        #expect(ranked.allSatisfy { (0...1).contains($0.score) })
    }

    @Test func meaningDecidesWithoutWordsInCommon() {
        let ranked = reranker.rank(
            [passage("a", "Cats purr.", similarity: 0.2), passage("b", "Dogs bark.", similarity: 0.8)],
            question: "Which animal is loud?")
        #expect(ranked.map(\.documentId) == ["b", "a"])
    }

    @Test func rareWordsWeighMoreThanCommonOnes() {
        let common = (0..<8).map { passage("c\($0)", "The plan of the plan is a plan number \($0).") }
        let ranked = reranker.rank(
            common + [passage("rare", "The plan covers orthodontics.")], question: "Does the plan cover orthodontics?")
        #expect(ranked.first?.documentId == "rare")
    }

    @Test func theDocumentsNameCountsWithoutItsEnding() {
        let ranked = reranker.rank(
            [
                passage("a", "See page two.", name: "other.pdf"),
                passage("b", "See page two.", name: "Benefit_Options.pdf"),
            ],
            question: "benefit options")
        #expect(ranked.first?.documentId == "b")
        let ending = reranker.rank(
            [passage("a", "x y", name: "a.txt"), passage("b", "x y", name: "b.pdf")], question: "pdf")
        #expect(ending.map(\.score).allSatisfy { $0 == ending[0].score })
    }

    @Test func aQuestionOfSmallWordsChangesNoOrder() {
        let candidates = [passage("a", "one", similarity: 0.1), passage("b", "two", similarity: 0.9)]
        #expect(reranker.rank(candidates, question: "what is it?") == candidates)
        #expect(reranker.rank([], question: "deductible").isEmpty)
    }

    @Test func manyRepetitionsHelpLess() {
        var scores: [Double] = []
        for count in [1, 2, 20] {
            let text = Array(repeating: "deductible", count: count).joined(separator: " ")
            let ranked = reranker.rank(
                [passage("a", text), passage("b", "filler words of another kind")], question: "deductible")
            scores.append(ranked.first { $0.documentId == "a" }?.score ?? 0)
        }
        #expect(scores[1] - scores[0] > scores[2] - scores[1] || scores[2] <= 1)
        #expect(scores[0] > 0.25)
    }

    // MARK: - Passages

    @Test func aPassageComesBackFromItsWireForm() throws {
        var passage = passage("doc", "Some text 😀.", similarity: 0.87654)
        passage.n = 3
        let again = try #require(FoundPassage(passage.json))
        #expect(again.n == 3 && again.documentId == "doc" && again.text == passage.text && again.end == passage.end)
        #expect(passage.json["score"]?.double == 0.8765)
        #expect(again.json == passage.json)
    }

    @Test func aSourceOnTheWebHasAnAddressInsteadOfADocument() throws {
        var source = FoundPassage(web: "https://a.example/x", title: "T", text: "abc", start: 7)
        source.n = 2
        #expect(source.json["documentId"] == .null && source.json["page"] == .null)
        #expect(source.json["url"] == "https://a.example/x" && source.json["end"] == 10)
        let again = try #require(FoundPassage(source.json))
        #expect(again == source)
    }

    @Test(arguments: ["{}", "[]", "{\"n\":1,\"start\":0,\"end\":1}", "{\"n\":1,\"start\":0,\"end\":1,\"text\":\"x\"}"])
    func whatIsNoPassageIsNone(text: String) throws { #expect(FoundPassage(try JSONParser.parse(text)) == nil) }
}
