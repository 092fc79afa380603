import LateInteraction
import Testing
import WordPieces

@testable import Chat
@testable import Retrieval

/// Answers without a language model: what a sentence has to name to be an answer, and what speaks for one beside its words.
@Suite struct QuoteKindTests {
    private static func quotes(_ question: String, _ texts: String..., opening: String? = nil) -> ExtractedQuotes {
        let passages = texts.enumerated().map { index, text in
            FoundPassage(
                n: index + 1, documentId: "d", name: "notes.txt", page: 1, start: 0, end: text.unicodeScalars.count,
                text: text, score: 0.4, similarity: 0.5)
        }
        let openings = opening.map { ["d": $0] } ?? [:]
        return ExtractedQuotes(question, passages, PassageEvidence(question: nil, tokens: [:], openings: openings))
    }

    private static func first(_ quotes: ExtractedQuotes) -> String {
        guard let quote = quotes.quotes.first else { return "" }
        return String(String.UnicodeScalarView(Array(quote.passage.text.unicodeScalars)[quote.range])).oneLine
    }

    // MARK: - Kinds

    @Test(arguments: [
        ("How many boats may a member keep?", "This rule is for all members who keep boats in the harbour."),
        ("How much does the mooring insurance cost?", "Members are advised to take out a mooring insurance."),
        ("How long is the waiting period?", "Berths are given out at the end of the waiting period."),
        ("How many boats are there?", "4. The harbour has boats."),
    ])
    func aSentenceWithoutANumberIsNoAnswerToHowMany(question: String, text: String) {
        #expect(Self.quotes(question, text).standing != .answer)
    }

    @Test(arguments: [
        (
            "When do I renew my berth?", "Renew your berth whenever your boat changes.",
            "Step 7: Renew your berth as needed."
        ),
        (
            "When is the harbour inspected?", "The harbour is inspected at the end of each season.",
            "The harbour 4 is inspected."
        ),
        (
            "By how much did income grow in 2024?", "Income grew by 12 per cent compared to 2023.",
            "This report for 2024 tells how income grew."
        ),
        (
            "Who runs the north pier?", "The north pier is run by Ines Marlow.",
            "The north pier is in Northern Ireland and the United Kingdom."
        ),
        (
            "To whom do I give the key?", "Give the key to your supervisor.",
            "Give the key in person, as it says in Annex 3."
        ),
    ])
    func whatNamesTheKindThatIsAskedForIsQuotedFirst(question: String, right: String, wrong: String) {
        #expect(Self.first(Self.quotes(question, "\(wrong) \(right)")) == right)
    }

    /// What an amount is counted in, where the question says so; and the day of a date is no amount.
    @Test(arguments: [
        ("How much does the trip cost?", "The trip costs 285 euros.", "The trip costs 3 days of leave."),
        ("How heavy is the anchor?", "The anchor weighs 40 kg.", "The anchor weighs on 12 boats."),
        ("How hot does the engine get?", "The engine gets as hot as 90 °C.", "The engine gets hot within 20 minutes."),
        ("How many boats may lie here?", "Nine boats may lie here.", "From 3 to 7 May boats may lie here."),
        ("How many onions are needed?", "It needs 3 onions.", "Fry the onions for 30 minutes as needed."),
        ("When is the regatta?", "The regatta is on 18 May.", "The regatta lasts 90 minutes."),
    ])
    func amountsAreCountedInWhatIsAskedFor(question: String, right: String, wrong: String) {
        #expect(Self.first(Self.quotes(question, "\(wrong) \(right)")) == right)
    }

    @Test(arguments: [
        ("What does the goulash cost?", "The goulash serves 6."),
        ("How much is a ticket to the regatta?", "The regatta is on 28 June."),
        ("Where is the regatta?", "The regatta is on 28 June."),
    ])
    func whatTellsAnotherKindOfThingIsShownAndNotGivenAsTheAnswer(question: String, text: String) {
        #expect(Self.quotes(question, text).standing != .answer)
    }

    // MARK: - What the sentence before is about

    @Test(arguments: [
        (
            "How much does the outing of class 7 to Trier cost?", "It costs 285 euros.",
            "The outing of class 7 goes to Trier from 3 to 7 May. It costs 285 euros. Lunch is at noon."
        ),
        (
            "Who reported the fault of the north pump?", "Reported by M. Yilmaz.",
            "The north pump stopped after a fault. Reported by M. Yilmaz. The tide was high."
        ),
        (
            "How long does the migration take?", "It takes about one minute.",
            "Stop the service and run the migration once. It takes about one minute. Keep a copy."
        ),
    ])
    func aSentenceThatGoesOnAboutTheOneBeforeAnswers(question: String, right: String, text: String) {
        let found = Self.quotes(question, text)
        #expect(found.standing == .answer && Self.first(found) == right)
    }

    /// What the document is about, all of it is about: it does not tell what was asked of it.
    @Test func theDocumentsTopicAloneIsNoAnswer() {
        let text = "The parents' council met again. Li Wei writes the letter to the parents."
        let opening = "Parents' council, minutes of 14 September"
        #expect(Self.quotes("Who was absent from the parents' council?", text, opening: opening).standing != .answer)
        #expect(
            Self.first(Self.quotes("Who writes the letter of the parents' council?", text, opening: opening))
                == "Li Wei writes the letter to the parents.")
    }

    // MARK: - Rows

    @Test func linesThatHaveTheirNameAndTheirValueAreNoColumns() {
        let data =
            "Power 1,450 W\nWater tank 2.4 litres\nPump pressure 15 bar\nBrewing pressure 9 bar\nWeight 11.8 kg\nHeight 38 cm\n\nUse it."
        #expect(Self.first(Self.quotes("How heavy is it?", data)) == "Weight 11.8 kg")
        #expect(Self.first(Self.quotes("How many litres does the tank hold?", data)) == "Water tank 2.4 litres")
    }

    /// Only what stands beside the row's name can name another row: here the column does.
    @Test func aColumnsNameIsNoOtherRowsName() {
        let table = "Benefit\tBasic\tComfort\nExcess per claim\t100\t50\nBaggage per claim\t800\t2,000\n"
        let found = Self.quotes("What is the excess in the Comfort tariff?", table)
        #expect(found.standing == .answer && Self.first(found).hasPrefix("Excess"))
    }

    @Test func rowsThatAnswerAlikeAreAllGiven() {
        let table =
            "Fees\n\n| Berth | Fee |\n|---|---|\n| Boat, Hemmel | 30 euros |\n| Boat, Marlow | 45 euros |\n| Raft | 12 euros |\n"
        let found = Self.quotes("What is the fee for a boat?", table)
        #expect(found.standing == .answer && found.quotes.count == 2)
        #expect(Self.quotes("What is the fee for a raft?", table).quotes.count == 1)
    }

    /// A passage that begins within a table has the names of its columns beside it.
    @Test func rowsBelowTheBorderOfAPassageKeepTheirColumns() throws {
        let text = "Raft\t12\t7\nBoat\t30\t4\nShip\t80\t1"
        var passage = FoundPassage(
            n: 1, documentId: "d", name: "fees.xlsx", page: 1, start: 0, end: text.unicodeScalars.count, text: text,
            score: 0.4, similarity: 0.5)
        passage.columns = "Kind\tFee in euros\tFree berths"
        let found = ExtractedQuotes("What is the fee for a raft?", [passage])
        #expect(found.standing == .answer && Self.first(found) == "Raft 12 7")
        #expect(found.quotes.first?.lead == "Kind | Fee in euros | Free berths")
        #expect(Self.first(ExtractedQuotes("How many berths are free for a ship?", [passage])) == "Ship 80 1")
    }

    // MARK: - Any text

    /// Pieces of lists, clauses, tables and marks in any order, as torn pages have them.
    @Test func noTextEndsTheReading() {
        let parts = [
            "12.", "3)", "(a)", "iv.", "a.", "J. ", "\n", "\n\n", "\t", " ", "?", "Yes. ", "§ 4 ", "FY2024 ", "2024 ",
            "|", "- ", "# ",
            "Berth ", "berths ", "Ines Marlow", "'s ", "\u{2019}s", "according to ", "in her speech ", "€", "ﬁ", "東京",
            "\u{301}", "…", ".", ":",
            "How many ", "did Ines ", "Terms of Use.",
        ]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...24, using: &random)).map { _ in parts.randomElement() ?? "" }.joined()
            let question = (0..<Int.random(in: 0...7, using: &random)).map { _ in parts.randomElement() ?? "" }.joined()
            for quote in Self.quotes(question, text, opening: text).quotes {
                #expect(quote.range.upperBound <= text.unicodeScalars.count, "\(text.debugDescription) \(question)")
            }
        }
    }

    @Test(arguments: ["12.\nThe berth has water.", "1.\n2.\n3.\n", "4. \n\n5) ", "7."]) func aNumberAloneIsNoTitle(
        text: String
    ) {
        #expect(Self.quotes("Has the berth 12 water?", text).quotes.count <= 1)
    }

    // MARK: - What a question is about

    @Test func whatElseIsSaidOfSomebodyIsNoAnswer() {
        let text = "Ines Marlow has the berth 12. Write to Ines Marlow at marlow@example.org."
        #expect(Self.quotes("What is the blood type of Ines Marlow?", text).standing != .answer)
        #expect(Self.quotes("What is the berth of Ines Marlow?", text).standing == .answer)
    }

    @Test func aVersionThatNoTextNamesIsNoAnswer() {
        let text = "4. Terms\nVersion 3 of the harbour rules was published in May 2007."
        #expect(Self.quotes("When was version 4 of the harbour rules published?", text).standing != .answer)
        #expect(Self.quotes("When was version 3 of the harbour rules published?", text).standing == .answer)
    }

    @Test func aNameIsMissedInAQuestionOfCapitals() {
        let text = "The Area Warden for the Baltic is Ines Marlow."
        #expect(Self.quotes("Who is the Area Warden for Iceland?", text).standing != .answer)
        #expect(Self.quotes("Who is the Area Warden for the Baltic?", text).standing == .answer)
    }

    /// The speaker of a speech is not named in it.
    @Test(arguments: [
        "What did Warden Marlow open last spring?", "According to Warden Marlow, what was opened last spring?",
        "What was opened last spring, according to Warden Marlow's speech?",
    ])
    func whoSpeaksNeedNotBeNamedWhereShesSpeaks(question: String) {
        let text = "Dear members. Last spring I opened the new lock at Hemmel."
        let found = Self.quotes(question, text)
        #expect(found.standing == .answer && Self.first(found).contains("Hemmel"), "\(found.standing)")
    }

    @Test func anotherPersonsDeedsAreNotThoseThatAreAskedFor() {
        let text = "Last spring the council opened the new lock at Hemmel."
        #expect(Self.quotes("What did Warden Marlow open last spring?", text).standing != .answer)
    }

    @Test func aDocumentsBeginningTellsWhatItIsAbout() {
        let text = "Notice is given three months before the end of a quarter."
        let question = "How much notice is needed to end the contract with Hemmel Boats?"
        #expect(Self.quotes(question, text).standing != .answer)
        let opening = "Contract between the harbour board and Hemmel Boats"
        #expect(Self.quotes(question, text, opening: opening).standing == .answer)
    }

    // MARK: - Where it stands

    @Test func underAQuestionTheAnswerIsQuotedFromItsFirstWord() {
        let text =
            "11. Can members lend their berths?\n    Yes. However the board has to agree to every berth that members lend.\n12. Is there water?\n    No."
        #expect(Self.first(Self.quotes("Can members lend their berths?", text)).hasPrefix("Yes. However"))
        // However long the sentence is that says it.
        let long = text.replacing(
            " that members lend.", with: " that members lend" + String(repeating: ", in writing", count: 20) + ".")
        #expect(Self.first(Self.quotes("Can members lend their berths?", long)).hasPrefix("Yes. However"))
    }

    @Test func aNumberedTitleIsNotQuoted() {
        let text = "15. Disclaimer of Warranty.\nThere is no warranty for the cranes, to the extent that law permits."
        #expect(Self.first(Self.quotes("What is the warranty for the cranes?", text)).hasPrefix("There is no warranty"))
    }

    @Test func theHeadingAboveAPassageIsNearUnlessAnotherStandsBetween() {
        func passage(_ heading: String, _ years: String, _ n: Int) -> FoundPassage {
            let text = "Wanted:\n\(years) years of sailing practice."
            var passage = FoundPassage(
                n: n, documentId: "d", name: "crew.txt", page: 1, start: 0, end: text.unicodeScalars.count, text: text,
                score: 0.4, similarity: 0.5)
            passage.heading = heading
            return passage
        }
        let passages = [passage("Deck hand", "Two", 1), passage("First mate", "Nine", 2)]
        let found = ExtractedQuotes("How many years of sailing practice does a mate need?", passages)
        #expect(Self.first(found) == "Nine years of sailing practice.")
    }

    @Test func likenessOfMeaningDecidesBetweenEqualWords() throws {
        let text = "The lock at Hemmel is old. The lock at Hemmel opens."
        func token(_ axis: Int) -> [Int8] { (0..<64).map { $0 == axis ? 127 : 0 } }
        var passage = FoundPassage(
            n: 1, documentId: "d", name: "", page: 1, start: 0, end: text.unicodeScalars.count, text: text, score: 0.4,
            similarity: 0.5)
        passage.recordId = "d:0"
        let question = try #require(TokenEmbeddings([60, 9, 61].flatMap(token)))
        let count = WordPieceTokenizer.shared.encode(text).count
        let places = try #require(PassageEvidence.places(of: [0..<26, 27..<51], in: passage, count: count))
        for near in places {
            let axes = (0..<count).map { near.contains($0) ? 9 : 3 }
            let tokens = try #require(TokenEmbeddings(axes.flatMap(token)))
            let evidence = PassageEvidence(question: question, tokens: ["d:0": tokens], openings: [:])
            let found = ExtractedQuotes("What about the lock at Hemmel?", [passage], evidence)
            #expect(found.quotes.first?.range.lowerBound == (near == places[0] ? 0 : 27))
            // The encoder knows English alone.
            let german = ExtractedQuotes("Was ist mit der Schleuse bei Hemmel?", [passage], evidence)
            #expect(german.best?.likeness == nil && found.best?.likeness != nil)
        }
    }
}
