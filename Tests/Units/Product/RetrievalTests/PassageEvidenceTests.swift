import LateInteraction
import Testing
import WordPieces

@testable import Retrieval

/// Which tokens of an embedded passage are those of its sentences.
@Suite struct PassageEvidenceTests {
    private static let text = "Ünal signs the lease. The deposit is 840 €, in “cash”."

    private static func passage(_ text: String = text, heading: String? = "4 Deposit") -> FoundPassage {
        var passage = FoundPassage(
            n: 1, documentId: "d", name: "Mill_Lane.txt", page: 1, start: 0, end: text.unicodeScalars.count, text: text,
            score: 0.5, similarity: 0.5)
        passage.heading = heading
        passage.recordId = "d:0"
        return passage
    }

    /// The tokens that the encoder makes of a passage with what stands in front of it.
    private static func count(_ passage: FoundPassage) -> Int {
        WordPieceTokenizer.shared.encode(PassageEntry.context(of: passage) + passage.text).count
    }

    @Test func piecesLieBehindWhatStandsInFront() throws {
        let passage = Self.passage()
        let places = try #require(
            PassageEvidence.places(of: [0..<21, 22..<54], in: passage, count: Self.count(passage)))
        // The special one, and "mill lane › 4 deposit".
        #expect(places[0].lowerBound == 1 + WordPieceTokenizer.shared.count("Mill Lane › 4 Deposit"))
        #expect(places[1].lowerBound == places[0].upperBound && places[1].upperBound == Self.count(passage) - 1)
    }

    @Test func aPassageThatWasEmbeddedAsAnotherTextHasNone() {
        let passage = Self.passage()
        #expect(PassageEvidence.places(of: [0..<21], in: passage, count: Self.count(passage) - 1) == nil)
        #expect(PassageEvidence.places(of: [0..<21], in: Self.passage(heading: nil), count: Self.count(passage)) == nil)
    }

    @Test func piecesThatOverlapOrLieOutsideHaveNone() {
        let passage = Self.passage()
        for pieces in [[5..<9, 7..<12], [0..<1000]] {
            #expect(PassageEvidence.places(of: pieces, in: passage, count: Self.count(passage)) == nil)
        }
    }

    @Test func whatTheEncoderCutOffIsNotCompared() throws {
        let long = Self.passage(String(repeating: "word ", count: 400))
        let places = try #require(PassageEvidence.places(of: [0..<4, 1990..<1994], in: long, count: 256))
        #expect(!places[0].isEmpty && places[1].isEmpty)
    }

    /// A token in the direction of an axis.
    private static func token(_ axis: Int) -> [Int8] { (0..<64).map { $0 == axis ? 127 : 0 } }

    @Test func theSentenceWhoseTokensAreTheQuestionsIsNearest() throws {
        let passage = Self.passage("One. Two.", heading: nil)
        // [CLS] mill lane | one . | two . | [SEP]
        let tokens = try #require(TokenEmbeddings([60, 1, 1, 2, 3, 4, 3, 61].flatMap(Self.token)))
        let question = try #require(TokenEmbeddings([60, 4, 61].flatMap(Self.token)))
        let evidence = PassageEvidence(question: question, tokens: ["d:0": tokens], openings: ["d": "Lease"])
        #expect(evidence.nearness(of: [0..<4, 5..<9], in: passage).map { $0?.likeness } == [0, 1])
        #expect(evidence.opening(of: "d") == "Lease" && evidence.opening(of: "e") == nil)
        #expect(PassageEvidence.none.nearness(of: [0..<4], in: passage) == [nil])
    }
}
