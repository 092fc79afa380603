import Testing

@testable import ClaimChecking

/// Which sentences of an answer are compared, and with what.
@Suite struct SentenceTests {
    private func cited(_ answer: String) -> [String] {
        let scalars = Array(answer.unicodeScalars)
        return AnswerSentences(answer).sentences.map {
            String(String.UnicodeScalarView(scalars[$0.range])) + " → "
                + $0.numbers.map(String.init).joined(separator: ",")
        }
    }

    @Test(arguments: [
        ("One is so [1]. Two is not [2].", ["One is so [1]. → 1", "Two is not [2]. → 2"]),
        ("One is so. [1] Two is not. [2][3]", ["One is so. [1] → 1", "Two is not. [2][3] → 2,3"]),
        ("One is so.[1] Two is not.[2]", ["One is so.[1] → 1", "Two is not.[2] → 2"]),
        ("One is so [1]. It costs 5.", ["One is so [1]. → 1", "It costs 5. → 1"]),
        ("One is so [1]. Nobody knows more.", ["One is so [1]. → 1"]), ("Nothing here.", []),
        (
            "These are needed [2]:\n- a pump\n- a valve [3]\n\nGood luck.",
            ["These are needed [2]: → 2", "- a pump → 2", "- a valve [3] → 3"]
        ),
        ("é😀 costs 5 [1].\n\n[2] It is red.", ["é😀 costs 5 [1]. → 1", "[2] It is red. → 2"]),
    ])
    func aSentenceHasTheMarksInIt(answer: String, sentences: [String]) { #expect(cited(answer) == sentences) }

    @Test(arguments: [
        "Hello, I am happy to help [1].", "Do you want to know more [1]?",
        "The documents do not say anything about parking [1].",
        "I could not find that [1].", "See section 4 of the manual [1].", "Details are on page 7 [1].",
        "# Expenses [1]",
    ])
    func whatClaimsNothingIsNotCounted(answer: String) throws {
        let passage = CitedPassage(number: 1, name: "manual.pdf", text: "Pumps are red. Valves are blue.")
        let checked = try #require(SupportChecker().check(answer, passages: [passage]).first)
        #expect(!checked.isClaim && checked.support == .supported)
    }

    @Test func onlyThePassagesThatItCitesCount() throws {
        let passages = [
            CitedPassage(number: 1, name: "a.pdf", text: "The pump is red."),
            CitedPassage(number: 2, name: "b.pdf", text: "The valve is blue."),
        ]
        let checked = SupportChecker().check(
            "The valve is blue [1]. The valve is blue [2]. The valve is blue [1][2].", passages: passages)
        #expect(checked.map(\.support) == [.unsupported, .supported, .supported])
        #expect(checked.map { $0.quotes.map(\.number) } == [[1], [2], [1, 2]])
        #expect(checked[2].quotes[1].range == 0..<18)
    }

    @Test func anotherPassagesNumberIsNobodys() {
        let passages = [CitedPassage(number: 1, name: "a.pdf", text: "The pump is red.")]
        #expect(SupportChecker().check("The pump is red [4].", passages: passages).isEmpty)
        #expect(SupportChecker().check("", passages: passages).isEmpty)
    }
}
