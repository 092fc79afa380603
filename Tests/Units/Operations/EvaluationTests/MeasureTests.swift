import Testing

@testable import Evaluation

/// Values worked out by hand from the definitions.
struct RetrievalMeasureTests {
    private let truth = [Place("a.pdf", page: 3), Place("b.pdf", page: 1)]
    private let found = [
        Place("a.pdf", page: 4), Place("a.pdf", page: 3), Place("a.pdf", page: 3), Place("c.pdf", page: 1),
        Place("b.pdf", page: 1),
    ]

    @Test func recallIsTheShareOfPlacesFoundSoFar() {
        #expect(RetrievalMeasures.recall(found, truth, at: 1) == 0)
        #expect(RetrievalMeasures.recall(found, truth, at: 2) == 0.5)
        #expect(RetrievalMeasures.recall(found, truth, at: 3) == 0.5, "a place counts once")
        #expect(RetrievalMeasures.recall(found, truth, at: 5) == 1)
        #expect(RetrievalMeasures.recall(found, truth, at: 50) == 1)
    }

    @Test func theReciprocalRankIsThatOfTheFirstRightPassage() {
        #expect(RetrievalMeasures.reciprocalRank(found, truth) == 0.5)
        #expect(RetrievalMeasures.reciprocalRank(found, [Place("b.pdf", page: 1)]) == 0.2)
        #expect(RetrievalMeasures.reciprocalRank(found, [Place("d.pdf", page: 1)]) == 0)
        #expect(RetrievalMeasures.reciprocalRank([], truth) == 0)
    }

    @Test func theGainIsDiscountedByRankAndNormalised() {
        // Right at ranks 2 and 5: 1/log2(3) + 1/log2(6), against 1/log2(2) + 1/log2(3).
        let expected = (0.6309297536 + 0.3868528072) / (1 + 0.6309297536)
        #expect(abs(RetrievalMeasures.normalisedGain(found, truth, at: 8) - expected) < 1e-9)
        #expect(RetrievalMeasures.normalisedGain(truth, truth, at: 8) == 1)
        #expect(RetrievalMeasures.normalisedGain([], truth, at: 8) == 0)
    }

    @Test func successTakesNeighboursWhereTheyAreAskedFor() {
        #expect(RetrievalMeasures.success(found, truth, at: 1) == 0)
        #expect(RetrievalMeasures.success(found, truth, at: 1, within: 1) == 1)
        #expect(RetrievalMeasures.success(found, truth, at: 2) == 1)
        #expect(RetrievalMeasures.success(found, [Place("c.pdf", page: 3)], at: 5, within: 1) == 0)
    }

    @Test func aPlaceWithoutAPageIsTheWholeDocument() {
        #expect(RetrievalMeasures.success(found, [Place("c.pdf")], at: 4) == 1)
        #expect(RetrievalMeasures.documentFirst(found, [Place("a.pdf", page: 90)]) == 1)
        #expect(RetrievalMeasures.documentFirst(found, [Place("b.pdf", page: 1)]) == 0)
        #expect(RetrievalMeasures.documentFirst([], truth) == 0)
    }

    @Test func citationsArePreciseAndComplete() {
        #expect(CitationMeasures.precision(found, truth) == 0.6)
        #expect(CitationMeasures.recall(found, truth) == 1)
        #expect(CitationMeasures.precision([], truth) == 0 && CitationMeasures.recall([], truth) == 0)
        #expect(CitationMeasures.supported(["supported", "partly", nil, "unsupported", "supported"]) == 0.5)
        #expect(CitationMeasures.supported([nil]) == nil)
    }
}

/// Evidence in the passages found.
struct EvidenceCoverageTests {
    private let piece = "The gate closes at ten every evening, and opens at six."

    @Test func whatSeveralPassagesHaveIsAddedUp() {
        #expect(
            EvidenceCoverage.share(
                of: [piece], in: ["Before. The gate  closes\nat ten every evening, and opens at six. After."]) == 1)
        let first = "Before. The gate closes at ten every evening,"
        let second = "and opens at six. After."
        let all = piece.count { $0 != " " }
        #expect(
            EvidenceCoverage.share(of: [piece], in: [first]) == Double("Thegateclosesatteneveryevening,".count)
                / Double(all))
        #expect(EvidenceCoverage.share(of: [piece], in: [first, second]) == 1)
        #expect(EvidenceCoverage.share(of: [piece], in: [second, second]) < 0.5, "nothing counts twice")
        #expect(
            EvidenceCoverage.share(of: [piece], in: ["closes at ten every evening"]) > 0.4, "a passage within a piece")
        #expect(EvidenceCoverage.share(of: [piece, "三十天"], in: ["有三十天。"]) == 3.0 / Double(all + 3))
    }

    @Test func whatAgreesByChanceAtAnEdgeIsNothing() {
        #expect(EvidenceCoverage.share(of: [piece], in: ["Who is it? The", "six. No.", ""]) == 0)
        #expect(EvidenceCoverage.share(of: [], in: ["text"]) == 0)
    }
}

/// Words and numbers of answers.
struct AnswerMeasureTests {
    @Test func theMatchOverlooksCaseMarksAndArticles() {
        #expect(AnswerMeasures.exactMatch("“The Tuesday.” [1]", ["tuesday"]) == 1)
        #expect(AnswerMeasures.exactMatch("On Tuesday", ["tuesday"]) == 0)
        #expect(AnswerMeasures.exactMatch("five days", ["5 days", "five days"]) == 1, "one of several is enough")
    }

    @Test func f1WeighsWordsThatAreMissingAndTooMany() {
        // Two of four words right, two of three found: 2 · 1/2 · 2/3 / (1/2 + 2/3).
        #expect(abs(AnswerMeasures.f1("it has two days", ["two days weekly"]) - 4.0 / 7) < 1e-12)
        #expect(AnswerMeasures.f1("days days days", ["days"]) == 0.5, "a word counts as often as it is right")
        #expect(AnswerMeasures.f1("nothing of it", ["two days"]) == 0)
        #expect(AnswerMeasures.f1("", ["two days"]) == 0)
    }

    @Test func lettersOfUnspacedWritingAreWords() {
        #expect(AnswerMeasures.words("三十天。") == ["三", "十", "天"])
        #expect(AnswerMeasures.words("3月の会議") == ["3", "月", "の", "会", "議"])
        #expect(AnswerMeasures.words("Größe X-25") == ["größe", "x25"])
    }

    @Test(
        arguments: [
            ("about 1,000 pumps", ["1000"]), ("at 06:40, 07:20", ["6:40", "7:20"]), ("4.50 % or 4,5", ["4.5", "4,5"]),
            ("SP-2514C [3]", ["2514"]), ("1’250’000.-", ["1250000"]), ("0.05 and 00", ["0.05", "0"]), ("none", []),
            ("2026-03-11", ["2026", "3", "11"]), ("[12] and [1234]", ["1234"]),
        ] as [(String, [String])])
    func numbersAreReadHoweverTheyAreWritten(_ text: String, _ numbers: [String]) {
        #expect(AnswerMeasures.numbers(text) == Set(numbers))
    }

    @Test func allNumbersOfARightAnswerHaveToBeSaid() {
        #expect(AnswerMeasures.numberRight("It is 30 days from 10 years on.", ["30 days"]) == 1)
        #expect(AnswerMeasures.numberRight("It is 28 days.", ["30 days"]) == 0)
        #expect(AnswerMeasures.numberRight("It is 28 days [30].", ["30 days"]) == 0, "a citation is no number")
        #expect(AnswerMeasures.numberRight("It is Tuesday.", ["Tuesday"]) == nil)
        #expect(AnswerMeasures.numberRight("5", ["five", "5"]) == 1)
    }

    @Test func evidenceIsFoundAcrossLineEnds() {
        #expect(AnswerMeasures.evidenceHeld("up to two\n days a  week", ["two days a week", "up to"]) == 1)
        #expect(AnswerMeasures.evidenceHeld("two days", ["two days", "a week"]) == 0)
    }
}
