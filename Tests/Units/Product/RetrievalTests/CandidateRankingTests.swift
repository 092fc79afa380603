import JSONCoding
import Testing

@testable import ChromaClient
@testable import Retrieval

/// The order of what was found by meaning and by words.
@Suite struct CandidateRankingTests {
    private func candidate(_ id: String, _ text: String, _ similarity: Float?, _ wordScore: Float?)
        -> ChromaService.Candidate
    {
        let metadata: JSONObject = [
            "documentId": .string(id), "name": "d.txt", "page": 1, "start": 0,
            "end": .int(Int64(text.unicodeScalars.count)),
        ]
        return ChromaService.Candidate(
            id: id, document: text, metadata: metadata, similarity: similarity, wordScore: wordScore)
    }

    private func order(_ candidates: [ChromaService.Candidate], hasWords: Bool = true) -> [String] {
        CandidateRanking().rank(.init(found: candidates, hasWords: hasWords), question: "Refund for RMA-20137?")
            .map(\.documentId)
    }

    @Test func whatOnlyWordsFindComesBeforeTheNearest() {
        #expect(
            order([
                candidate("a", "Refund for RMA-20138.", 0.8, 2), candidate("b", "Refund for RMA-20139.", 0.79, 2),
                candidate("c", "Refund for RMA-20137.", nil, 9),
            ]).first == "c")
    }

    @Test func meaningDecidesWhereWordsSayNothing() {
        #expect(order([candidate("a", "Cats.", 0.2, nil), candidate("b", "Dogs.", 0.7, nil)]) == ["b", "a"])
    }

    @Test func withoutWordsOfTheCollectionThoseOfTheNearestCount() {
        #expect(
            order(
                [candidate("a", "Nothing.", 0.6, nil), candidate("b", "Refund for RMA-20137.", 0.55, nil)],
                hasWords: false)
                == ["b", "a"])
    }

    @Test func scoresFallAndStayBetween0And1() {
        let ranked = CandidateRanking().rank(
            .init(
                found: [
                    candidate("a", "Refund.", 0.9, 3), candidate("b", "x", 0.1, nil),
                    candidate("c", "Refund for", nil, 1),
                ],
                hasWords: true), question: "Refund?")
        #expect(
            ranked.map(\.score) == ranked.map(\.score).sorted(by: >) && ranked.allSatisfy { (0...1).contains($0.score) }
        )
    }

    @Test func lateInteractionDecidesBetweenTheLikeOfThem() {
        var near = candidate("a", "The pump leaks.", 0.6, 3)
        var nearer = candidate("b", "The pump is drained yearly.", 0.58, 2.9)
        let other = candidate("c", "Cats.", 0.1, 0.5)
        #expect(order([near, nearer, other]) == ["a", "b", "c"])
        near.lateInteraction = 0.4
        nearer.lateInteraction = 0.7
        #expect(order([near, nearer, other]) == ["b", "a", "c"])
    }

    @Test func whatIsNoPassageIsLeftOut() {
        let alien = ChromaService.Candidate(id: "x", document: "Refund", metadata: [:], similarity: 0.9, wordScore: 9)
        #expect(order([alien, candidate("a", "Refund.", 0.5, 1)]) == ["a"] && order([]) == [])
    }
}
