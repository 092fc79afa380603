import Retrieval
import Testing

@testable import Chat

/// Answers without a language model, from passages that are given: which sentence, row or item answers.
@Suite struct QuoteTests {
    private static func passage(_ text: String, _ name: String, _ n: Int = 1) -> FoundPassage {
        FoundPassage(
            n: n, documentId: "d\(n)", name: name, page: 1, start: 10, end: 10 + text.unicodeScalars.count, text: text,
            score: 0.6, similarity: 0.5)
    }

    private static func quotes(_ question: String, _ texts: [String], name: String = "notes.txt") -> ExtractedQuotes {
        ExtractedQuotes(question, texts.enumerated().map { passage($1, name, $0 + 1) })
    }

    private static func text(_ quotes: ExtractedQuotes) -> [String] {
        quotes.quotes.map { quote in
            let scalars = Array(quote.passage.text.unicodeScalars)
            return String(String.UnicodeScalarView(scalars[quote.range])).oneLine
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let question: String
        let quote: String
        var testDescription: String { question }
    }

    // MARK: - Sentences

    private static let lease = """
        Lease of the flat at 4 Mill Lane

        1 Parties
        The landlord is Brenda Osei. The tenant is Tom Reuter. Notices go to the office of Osei Estates at 9 Quay Street.

        2 Rent
        The monthly rent is 840 euros. It is due on the third working day of each month. Heating is paid beside it, at 95 euros a month. \
        The rent may be raised once a year by at most 3 per cent, because the index of prices is followed.

        3 Deposit
        A deposit of three months' rent is held on a separate account. It is returned within six weeks after the keys are handed over.

        4 End of the lease
        The lease runs until 30 June 2028. The tenant may end it with three months' notice, in writing, to the end of a month. Pets need \
        the landlord's consent. To report a fault, call the caretaker, Mr Lindqvist, on 0170 5550.
        """

    static let leaseCases = [
        Case(question: "Who is the landlord?", quote: "The landlord is Brenda Osei."),
        Case(question: "How much is the monthly rent?", quote: "The monthly rent is 840 euros."),
        Case(question: "When is the rent due?", quote: "It is due on the third working day of each month."),
        Case(
            question: "How much is the deposit?",
            quote: "A deposit of three months' rent is held on a separate account."),
        Case(
            question: "When is the deposit returned?",
            quote: "It is returned within six weeks after the keys are handed over."),
        Case(question: "Until when does the lease run?", quote: "The lease runs until 30 June 2028."),
        Case(
            question: "Why may the rent be raised?",
            quote: "The rent may be raised once a year by at most 3 per cent, because the index of prices is followed."),
        Case(question: "May I keep pets?", quote: "Pets need the landlord's consent."),
        Case(
            question: "How do I report a fault?",
            quote: "To report a fault, call the caretaker, Mr Lindqvist, on 0170 5550."),
        Case(
            question: "What is the caretaker's phone number?",
            quote: "To report a fault, call the caretaker, Mr Lindqvist, on 0170 5550."),
        Case(question: "How much is the heating?", quote: "Heating is paid beside it, at 95 euros a month."),
    ]

    @Test(arguments: leaseCases) func theSentenceThatAnswersIsQuoted(example: Case) {
        let found = Self.quotes(example.question, [Self.lease], name: "lease.txt")
        #expect(found.standing == .answer)
        #expect(Self.text(found).first == example.quote)
    }

    /// The name stands in one sentence, what is asked for in the next.
    @Test(arguments: [
        (
            "Order B-2219\n\nOrder B-2219 came from the Lyon shop on 2 June. The delay was due to a strike at the port. It left on 9 June.",
            "What was the delay of order B-2219 due to?", "The delay was due to a strike at the port."
        ),
        (
            "Ines Example\n\nInes Example joined the archive in 2017. Her desk is in room 4.12. She reads Greek.",
            "In which room is the desk of Ines Example?", "Her desk is in room 4.12."
        ),
        (
            "Route 18\n\nRoute 18 runs along the river to the mill. The journey takes 40 minutes. Dogs ride free.",
            "How long is the journey on route 18?", "The journey takes 40 minutes."
        ),
    ])
    func theSentenceAfterTheNameAnswers(text: String, question: String, quote: String) {
        let found = Self.quotes(question, [text])
        #expect(found.standing == .answer && Self.text(found).first == quote)
    }

    @Test func headingsAndQuestionsAreNeverTheAnswer() {
        let text =
            "# Maximum amount of the bonus\n\nWhat is the maximum amount of the bonus?\n\nIt is 600 euros a year."
        let found = Self.quotes("What is the maximum amount of the bonus?", [text])
        #expect(found.standing == .answer && Self.text(found) == ["It is 600 euros a year."])
        #expect(found.quotes.first?.lead == "What is the maximum amount of the bonus?")
        let bare = Self.quotes(
            "What is the maximum amount of the bonus?", ["Maximum amount of the bonus\n\nSee the other page."])
        #expect(bare.quotes.allSatisfy { !$0.lead.isEmpty } && !Self.text(bare).contains("Maximum amount of the bonus"))
    }

    @Test func severalSentencesOfOnePassageMayAnswer() {
        let text =
            "The east gate opens at 6:30. The lamps are green. The west gate opens at 7:15. Tickets are sold at the kiosk."
        let found = Self.quotes("When do the gates open?", [text])
        #expect(Set(Self.text(found)) == ["The east gate opens at 6:30.", "The west gate opens at 7:15."])
    }

    @Test(arguments: [
        ("Where do storks winter?", "They winter south of the Sahara."),
        ("When does the ferry leave?", "It leaves at 7:40."),
    ])
    func whatDoesNotNameTheKindOfThingIsNotQuotedBesideWhatDoes(question: String, quote: String) {
        let texts = [
            "Storks clatter with their beaks. They winter south of the Sahara.",
            "The ferry has two decks. It leaves at 7:40. The ferry is old.",
        ]
        #expect(Self.text(Self.quotes(question, texts)) == [quote])
    }

    private static let garden = """
        # Garden rules

        ## What may I bring?
        You may bring:
        - hand tools
        - compost

        Do not bring:
        - herbicides
        - radios

        ## Setting up the tap
        1. Open the cabinet with the blue key.
        2. Turn the lever to the left.

        Support: 0555 123 4567, on weekdays.
        """

    @Test(arguments: [
        ("What may I bring?", "hand tools - compost"), ("What must I not bring?", "herbicides - radios"),
        (
            "How do I set up the tap?",
            "1. Open the cabinet with the blue key. 2. Turn the lever to the left."
        ), ("What is the phone number of support?", "Support: 0555 123 4567, on weekdays."),
    ])
    func listsAndStepsAreGivenWhole(question: String, quote: String) {
        let found = Self.quotes(question, [Self.garden])
        #expect(found.standing == .answer && Self.text(found).first == quote)
    }

    @Test(arguments: [
        // The word itself, one that means the same, one that is like it.
        ("Rubbish this", ExtractedQuotes.Standing.answer), ("Garbage this", .closest), ("Rubbush this", .closest),
    ])
    func aQuestionOfOneWordIsAnsweredWhereThatWordStands(question: String, standing: ExtractedQuotes.Standing) {
        let found = Self.quotes(question, [Self.garden, "The rubbish is fetched on Mondays."])
        #expect(found.standing == standing, "\(Self.text(found))")
    }

    @Test(arguments: ["Was kostet das Regal Kiefer?", "what is the price of the regal kiefer"])
    func aRowThatIsPartlyLikeWhatIsAskedForIsNoAnswer(question: String) {
        let table = "Preise\n\n| Artikel | Preis |\n|---|---|\n| Regal Erle | 349 Euro |\n| Regal Buche | 389 Euro |\n"
        #expect(Self.quotes(question, [table]).standing != .answer)
    }

    /// Half of the question's words are said: how near the tokens are decides, in the language that the encoder knows.
    @Test(arguments: [(0.8, ExtractedQuotes.Standing.answer), (0.63, .closest), (0.4, .nothing)])
    func likenessOfTheTokensDecidesWhereTheWordsDoNot(late: Double, standing: ExtractedQuotes.Standing) {
        func found(_ question: String, _ text: String, late: Double?) -> ExtractedQuotes.Standing {
            var passage = Self.passage(text, "notes.txt")
            passage.lateInteraction = late
            return ExtractedQuotes(question, [passage]).standing
        }
        let english = ("Where do visitors park their bicycles overnight?", "Visitors leave their bicycles in the yard.")
        #expect(found(english.0, english.1, late: late) == standing)
        let german = ("Wo parken Besucher ihre Fahrräder über Nacht?", "Besucher lassen ihre Fahrräder im Hof.")
        #expect(found(german.0, german.1, late: late) == found(german.0, german.1, late: nil))
    }

    // MARK: - Tables

    private static let tables = [
        "Seats and prices of the hall.\n\n| Tier | Price | Seats |\n| --- | --- | --- |\n| Pine | 30 | 220 |\n| Oak | 45 | 140 |\n| Elm | 70 | 60 |\n",
        "Seats and prices of the hall.\n\nTier\tPrice\tSeats\nPine\t30\t220\nOak\t45\t140\nElm\t70\t60\n",
        "Seats and prices of the hall.\n\nTier      Price   Seats\nPine      30      220\nOak       45      140\nElm       70      60\n",
        "Seats and prices of the hall.\n\nTier\n\nPrice\n\nSeats\n\nPine\n\n30\n\n220\n\nOak\n\n45\n\n140\n\nElm\n\n70\n\n60\n",
        "Seats and prices of the hall.\nTier\nPrice Seats\nPine\n\n30\n\n220\n\nOak\n\n45\n\n140\n\nElm\n\n70\n\n60\n",
    ]

    @Test(arguments: tables) func theRowThatIsNamedAnswers(table: String) throws {
        for (name, price, seats) in [("Pine", "30", "220"), ("Oak", "45", "140"), ("Elm", "70", "60")] {
            let found = Self.quotes("What is the price of the \(name) tier?", [table])
            #expect(found.standing == .answer && found.quotes.count == 1)
            let quote = try #require(Self.text(found).first)
            #expect(quote.hasPrefix(name) && quote.contains(price) && quote.contains(seats), "\(quote)")
            #expect(found.quotes[0].lead.contains("Price") && found.quotes[0].lead.contains("Seats"))
        }
    }

    @Test(arguments: tables) func aRowThatIsNotThereIsNotAnsweredFromAnother(table: String) {
        #expect(Self.quotes("What is the price of the Walnut tier?", [table]).standing != .answer)
    }

    @Test func aNumberFindsItsSpan() {
        let table =
            "Days of leave\n\n| Service | Days |\n|---|---|\n| Less than 3 years | 24 |\n| 3 to 8 years | 26 |\n| 9 years and more | 29 |\n"
        for (years, days) in [(1, "24"), (5, "26"), (12, "29")] {
            let found = Self.quotes("How many days of leave do I get after \(years) years of service?", [table])
            #expect(Self.text(found).first?.hasSuffix(days) == true)
        }
    }

    // MARK: - What must stand there

    @Test(arguments: [
        ("How much was refunded for RMA-70312?", "For RMA-70321 a refund of 64 euros was approved."),
        ("What is the torque of the KP-20?", "The torque of the KP-20X is 9 Nm."),
        ("What does the freezer in lab 7 hold?", "The freezer in lab 6 holds plasma at minus 30 degrees."),
        ("What is the limit in Oslo?", "The limit for a hotel in Bergen is 120 euros a night."),
    ])
    func anotherThingsFigureIsNoAnswer(question: String, text: String) {
        #expect(Self.quotes(question, [text]).standing != .answer)
    }

    @Test func theRightOneAmongSimilarOnesAnswers() {
        let texts = [6, 7, 8].map { "The freezer in lab \($0) holds sample box \($0 * 11) at minus \($0)0 degrees." }
        #expect(Self.text(Self.quotes("What does the freezer in lab 7 hold?", texts)) == [texts[1]])
    }

    // MARK: - Three outcomes

    @Test func whatIsNearIsShownAndSaysThatItMayNotAnswer() throws {
        let question = "What is the rent of the garage?"
        let near = Self.quotes(question, [Self.lease], name: "lease.txt")
        #expect(near.standing == .closest && !near.quotes.isEmpty)
        #expect(Self.quotes("Which team won the cup in 1998?", [Self.lease], name: "lease.txt").standing == .nothing)
        #expect(ExtractedQuotes(question, []).standing == .nothing)
    }

    @Test func aQuoteIsAStretchOfItsPassage() {
        for text in Self.tables + [Self.lease] {
            for question in ["What is the price of the Oak tier?", "How much is the monthly rent?"] {
                for quote in Self.quotes(question, [text]).quotes {
                    #expect(quote.range.lowerBound >= 0 && quote.range.upperBound <= text.unicodeScalars.count)
                    #expect(!quote.range.isEmpty)
                }
            }
        }
    }

    // MARK: - Languages

    static let languages = [
        (
            "Die Mensa\n\nDie Mensa öffnet um 11 Uhr. Ein Tagesgericht kostet 4,80 Euro. Die Leitung hat Frau Özdemir. Sie liegt im Keller von Haus C.",
            [
                ("Wann öffnet die Mensa?", "Die Mensa öffnet um 11 Uhr."),
                ("Wie viel kostet ein Tagesgericht?", "Ein Tagesgericht kostet 4,80 Euro."),
                ("Wo liegt die Mensa?", "Sie liegt im Keller von Haus C."),
            ]
        ),
        (
            "La piscine\n\nLa piscine ferme à 20 heures. L'entrée coûte 6 euros. Les vestiaires sont au premier étage.",
            [
                ("Quand ferme la piscine ?", "La piscine ferme à 20 heures."),
                ("Combien coûte l'entrée ?", "L'entrée coûte 6 euros."),
                ("Où sont les vestiaires ?", "Les vestiaires sont au premier étage."),
            ]
        ),
        (
            "El museo\n\nEl museo abre a las 10 horas. La entrada cuesta 8 euros. Las taquillas están en el sótano.",
            [
                ("¿Cuándo abre el museo?", "El museo abre a las 10 horas."),
                ("¿Cuánto cuesta la entrada?", "La entrada cuesta 8 euros."),
                ("¿Dónde están las taquillas?", "Las taquillas están en el sótano."),
            ]
        ),
        (
            "図書館案内\n\n図書館は午前九時から午後七時まで開いています。本は三週間借りられます。自転車置き場は北門の横にあります。",
            [
                ("図書館は何時まで開いていますか？", "図書館は午前九時から午後七時まで開いています。"),
                ("自転車置き場はどこですか？", "自転車置き場は北門の横にあります。"),
            ]
        ),
        (
            "游泳馆须知\n\n游泳馆每天早上七点开门。成人票价是四十元。储物柜在一楼。",
            [("游泳馆几点开门？", "游泳馆每天早上七点开门。"), ("成人票价是多少？", "成人票价是四十元。"), ("储物柜在哪里？", "储物柜在一楼。")]
        ),
        (
            "仓库规定\n\n叉车只能由持证人员驾驶。每月最后一个星期五盘点。",
            [("谁可以驾驶叉车？", "叉车只能由持证人员驾驶。"), ("什么时候盘点？", "每月最后一个星期五盘点。")]
        ),
        (
            "구내식당 안내\n\n구내식당은 오전 열한 시부터 오후 두 시까지 운영합니다. 주차장은 지하 이층에 있습니다.",
            [("주차장은 어디에 있습니까?", "주차장은 지하 이층에 있습니다.")]
        ),
        (
            "Huisregels\n\nDe werkplaats is open van 8 tot 17 uur. Het pasje kost 10 euro. De sleutel ligt bij de portier.",
            [
                ("Hoeveel kost het pasje?", "Het pasje kost 10 euro."),
                ("Waar ligt de sleutel?", "De sleutel ligt bij de portier."),
            ]
        ),
        (
            "Правила\n\nСклад открывается в восемь часов. Ключи хранятся у охраны.",
            [("Где хранятся ключи?", "Ключи хранятся у охраны.")]
        ),
    ]

    @Test(arguments: languages) func questionsOfOtherLanguagesAreAnswered(text: String, cases: [(String, String)]) {
        for (question, quote) in cases {
            let found = Self.quotes(question, [text])
            #expect(found.standing == .answer, "\(question)")
            #expect(Self.text(found).first == quote, "\(question)")
        }
    }

    @Test(arguments: [
        ("How much does it cost?", AnswerType.amount), ("How many days of leave are there?", .duration),
        ("How long is the notice?", .duration), ("When does it open?", .date), ("What time is lunch?", .date),
        ("Who runs the shop?", .person), ("Where is the key?", .place), ("Why was it closed?", .reason),
        ("How do I reset it?", .procedure), ("Is parking free?", .yesNo),
        ("What is the serial number of the pump?", .identifier),
        ("What is the price when it rains?", .amount), ("What is a deductible?", .definition),
        ("List the rooms", .list),
        ("Wie hoch ist die Miete?", .amount), ("Wie lange gilt das?", .duration), ("Wo steht das?", .place),
        ("Combien de temps dure le bail ?", .duration), ("¿Quién firma?", .person), ("Dove si trova?", .place),
        ("Hoeveel kost het?", .amount), ("Quando abre?", .date), ("食堂は何時に開きますか", .date), ("多少钱", .amount),
    ])
    func theKindOfAnswerIsTold(question: String, type: AnswerType) { #expect(Question(question).type == type) }
}
