import ClaimChecking
import JSONCoding
import Models
import Retrieval
import Settings
import Telemetry
import Testing
import Tools

@testable import Chat

/// What becomes of sentences that the passages do not bear out.
@Suite struct UnsupportedTests {
    private let passage = FoundPassage(
        n: 1, documentId: "d", name: "a.pdf", page: 1, start: 0, end: 64,
        text: "The meal allowance is 42 euros a day. Receipts are due in 30 days.", score: 1, similarity: 1)

    private func draft(_ text: String, _ handling: UnsupportedHandling) -> Draft {
        let draft = Draft(
            sources: SourceList([passage]), egress: EgressGuard(question: "x", earlier: [], confidential: []),
            unsupported: handling, refusal: "Not in your documents.", searched: AnswerTimes(), model: "m",
            provider: "p", question: nil, retrieval: nil, trial: nil,
            watch: Stopwatch())
        _ = draft.take(text)
        _ = draft.endOfText()
        return draft
    }

    @Test(arguments: [
        (nil, UnsupportedHandling.mark), ("", .mark), ("mark", .mark), ("remove", .remove), ("correct", .correct),
    ])
    func theSettingNamesIt(value: String?, handling: UnsupportedHandling) throws {
        var settings = SettingsReader(value.map { ["APUS_UNSUPPORTED": $0] } ?? [:])
        #expect(UnsupportedHandling(&settings) == handling)
        try settings.finish()
    }

    @Test(arguments: ["delete", "Mark", " remove"]) func anotherNameIsAProblem(value: String) throws {
        var settings = SettingsReader(["APUS_UNSUPPORTED": value])
        _ = UnsupportedHandling(&settings)
        let error = #expect(throws: SettingsError.self) { try settings.finish() }
        #expect(error?.problems.first == "APUS_UNSUPPORTED is '\(value)'; it has to be one of mark, remove, correct")
    }

    @Test func markedSentencesStayAndAreCounted() throws {
        let answer = draft("The meal allowance is 50 euros a day [1]. Receipts are due in 30 days [1].", .mark).finish(
            nil)
        #expect(answer.text == "The meal allowance is 50 euros a day [1]. Receipts are due in 30 days [1].")
        #expect(answer.citations.map { $0.claim?.support } == [.unsupported, .supported])
        #expect(answer.citations.map { $0.claim?.sentence } == [0..<41, 42..<74])
        #expect(answer.citations[1].quote == "Receipts are due in 30 days.")
        let receipt = try #require(answer.receipt)
        #expect(
            receipt.json["support"] == ["checked": 2, "supported": 1, "partly": 0, "unsupported": 1]
                && receipt.passagesUsed == 1)
    }

    @Test(arguments: [
        (
            "The meal allowance is 50 euros a day [1]. Receipts are due in 30 days [1].",
            "Receipts are due in 30 days [1]."
        ),
        (
            "Receipts are due in 30 days [1]. The meal allowance is 50 euros a day [1].",
            "Receipts are due in 30 days [1]."
        ),
        (
            "- The meal allowance is 50 euros a day [1].\n- Receipts are due in 30 days [1].",
            "- Receipts are due in 30 days [1]."
        ),
        ("The meal allowance is 42 euros a day [1].", "The meal allowance is 42 euros a day [1]."),
    ])
    func removedSentencesAreNotInTheFinalText(text: String, left: String) {
        let answer = draft(text, .remove).finish(nil)
        #expect(answer.text == left && answer.ending == .stop)
        let scalars = Array(answer.text.unicodeScalars)
        for citation in answer.citations {
            let sentence = citation.claim?.sentence ?? 0..<0
            #expect(String(String.UnicodeScalarView(scalars[sentence])).hasSuffix("[1]."))
        }
    }

    @Test func anAnswerOfWhichNothingIsLeftIsARefusal() {
        let answer = draft("The meal allowance is 50 euros a day [1].", .remove).finish(nil)
        #expect(answer.text == "Not in your documents." && answer.ending == .notFound && answer.citations.isEmpty)
        #expect(answer.receipt?.support.unsupported == 1)
    }

    @Test func aCorrectionCountsOnlyWhenMoreIsBorneOut() {
        let better = draft("The meal allowance is 50 euros a day [1].", .correct)
        #expect(better.toBeCorrected == ["The meal allowance is 50 euros a day [1]."])
        better.correct("The meal allowance is 42 euros a day [1][7].")
        #expect(better.finish(nil).text == "The meal allowance is 42 euros a day [1].")
        let worse = draft("The meal allowance is 50 euros a day [1].", .correct)
        worse.correct("The meal allowance is 60 euros a day [1].")
        worse.correct("")
        #expect(worse.finish(nil).text == "The meal allowance is 50 euros a day [1].")
        #expect(draft("The meal allowance is 42 euros a day [1].", .correct).toBeCorrected.isEmpty)
        #expect(draft("The meal allowance is 50 euros a day [1].", .mark).toBeCorrected.isEmpty)
    }

    @Test func quotesAreBorneOutAsTheyAre() {
        let scalars = Array(passage.text.unicodeScalars)
        let quotes = [
            Citation(passage, scalars, range: 0..<37), Citation(passage, scalars, range: 38..<66),
        ]
        let text = "- “The meal allowance is 42 euros a day.” [1]\n- “Receipts are due in 30 days.” [1]"
        let answer = CheckedAnswer(text, quotes: quotes)
        #expect(answer.citations.map { $0.claim?.sentence } == [2..<45, 48..<82] && answer.counts.supported == 2)
        #expect(answer.citations.allSatisfy { $0.claim?.support == .supported })
    }
}
