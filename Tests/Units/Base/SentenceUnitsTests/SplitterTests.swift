import SentenceUnits
import Testing

@Suite struct SplitterTests {
    private func units(_ text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        return SentenceSplitter.units(scalars).map { String(String.UnicodeScalarView(scalars[$0])) }
    }

    struct Example: Sendable {
        let text: String
        let units: [String]
    }

    /// Sentences as readers of each language see them (UAX #29, section 5, for marks, closers and spaces).
    static let languages = [
        Example(text: "One. Two! Three? Four", units: ["One.", "Two!", "Three?", "Four"]),
        Example(text: "He said \"Stop.\" Then he left.", units: ["He said \"Stop.\"", "Then he left."]),
        Example(text: "(It rained.) It stopped.", units: ["(It rained.)", "It stopped."]),
        Example(text: "Es kostet 3.50 Euro. Das ist viel.", units: ["Es kostet 3.50 Euro.", "Das ist viel."]),
        Example(text: "Siehe vgl. Seite 3. Danach weiter.", units: ["Siehe vgl. Seite 3.", "Danach weiter."]),
        Example(text: "¿Cómo estás? ¡Bien!", units: ["¿Cómo estás?", "¡Bien!"]),
        Example(text: "これは本です。あれは犬です。", units: ["これは本です。", "あれは犬です。"]),
        Example(text: "你好！你是谁？我是猫。", units: ["你好！", "你是谁？", "我是猫。"]),
        Example(text: "Он пришёл. Она ушла.", units: ["Он пришёл.", "Она ушла."]),
        Example(text: "여기 있다. 저기 있다.", units: ["여기 있다.", "저기 있다."]),
    ]

    @Test func aRowOfATableIsOneUnit() {
        let rows = [
            "E07\tDiaphragm\tliquid in the leakage chamber\tstop; replace the diaphragm",
            "E08\tSupply\tvoltage outside of what the type plate names\tcheck the supply",
        ]
        let text =
            "The codes that the pump shows on its display are these:\n\(rows[0])\n\(rows[1])\nwhich the manual of the pump lists"
        #expect(
            units(text) == [
                "The codes that the pump shows on its display are these:", rows[0], rows[1],
                "which the manual of the pump lists",
            ])
        // Only a tab in front is no row.
        let wrapped = "\tA first line that is long enough to be one of wrapped text\nthat goes on here."
        #expect(units(wrapped).count == 1)
    }

    @Test(arguments: languages) func sentencesEndAtTheirMarks(example: Example) {
        #expect(units(example.text) == example.units)
    }

    @Test(arguments: [
        "Dr. Smith came.", "Mr. and Mrs. Jones left.", "Ask Prof. Meier.", "Acme Inc. Berlin pays.",
        "See fig. 3 below.",
        "J. R. R. Tolkien wrote it.", "Version 1.2.3 is out.", "Write to a.b@example.org today.", "It is 5 p.m. now.",
        "The file is at example.org/a.html today.", "Apples, pears, etc. are fruit.",
    ])
    func aPointThatEndsNoSentencePartsNothing(text: String) { #expect(units(text) == [text]) }

    /// Two sentences of each language with a point in the first that ends nothing.
    static let abbreviated = [
        Example(
            text: "The lease follows Art. 7 Para. 3 of the Act. Rent is due monthly.",
            units: ["The lease follows Art. 7 Para. 3 of the Act.", "Rent is due monthly."]),
        Example(
            text: "It opens on Nov. 8 at the pier. Entry is free.",
            units: ["It opens on Nov. 8 at the pier.", "Entry is free."]),
        Example(
            text: "Parts with nos. B-77 and C-9 are out. Send them.",
            units: ["Parts with nos. B-77 and C-9 are out.", "Send them."]),
        Example(text: "See vol. IV for it. It is red.", units: ["See vol. IV for it.", "It is red."]),
        Example(text: "Bring approx. 17 chairs. Then sit.", units: ["Bring approx. 17 chairs.", "Then sit."]),
        Example(text: "It ends at 5 p.m. The door shuts.", units: ["It ends at 5 p.m.", "The door shuts."]),
        Example(text: "The U.S. Senate met. It agreed.", units: ["The U.S. Senate met.", "It agreed."]),
        Example(
            text: "Er zahlte 7 Mio. Franken im Mai. Der Rest folgt.",
            units: ["Er zahlte 7 Mio. Franken im Mai.", "Der Rest folgt."]),
        Example(text: "Er zahlte 7 Mio. Der Rest folgt.", units: ["Er zahlte 7 Mio.", "Der Rest folgt."]),
        Example(text: "Das gilt z. B. Montags. Sonst nicht.", units: ["Das gilt z. B. Montags.", "Sonst nicht."]),
        Example(text: "Am 3. Mai ist frei. Danach nicht.", units: ["Am 3. Mai ist frei.", "Danach nicht."]),
        Example(text: "Im 2. Quartal sank er. Dann nicht.", units: ["Im 2. Quartal sank er.", "Dann nicht."]),
        Example(
            text: "Gemäß § 4 Abs. 2 Nr. 1 gilt es. Sonst nicht.",
            units: ["Gemäß § 4 Abs. 2 Nr. 1 gilt es.", "Sonst nicht."]),
        Example(text: "On y va p. ex. Lundi. Puis on rentre.", units: ["On y va p. ex. Lundi.", "Puis on rentre."]),
        Example(text: "Mme. Durand habite au n. 5. Elle sort.", units: ["Mme. Durand habite au n. 5.", "Elle sort."]),
        Example(
            text: "El Sr. Gil vive en el núm. 8. La casa es azul.",
            units: ["El Sr. Gil vive en el núm. 8.", "La casa es azul."]),
        Example(
            text: "Il dott. Rossi vede l'art. 9. Poi esce.", units: ["Il dott. Rossi vede l'art. 9.", "Poi esce."]),
        Example(text: "Neem bijv. Maandag vrij. Het mag.", units: ["Neem bijv. Maandag vrij.", "Het mag."]),
        Example(text: "A Sra. Silva mora no núm. 4. Ela saiu.", units: ["A Sra. Silva mora no núm. 4.", "Ela saiu."]),
        Example(text: "Он живёт на ул. Мира. Она нет.", units: ["Он живёт на ул. Мира.", "Она нет."]),
    ]

    @Test(arguments: abbreviated) func anAbbreviationEndsNoSentence(example: Example) {
        #expect(units(example.text) == example.units)
    }

    @Test func aNumberThatCountsBelongsToItsSentence() {
        #expect(units("17. The lease ends. 18. The rent falls.") == ["17. The lease ends.", "18. The rent falls."])
        #expect(units("Do this: 1. Open it. 2. Close it.") == ["Do this: 1. Open it.", "2. Close it."])
        #expect(units("It opens at 6:30. The lamps are on.") == ["It opens at 6:30.", "The lamps are on."])
        #expect(units("It was built in 1990. The tower is old.") == ["It was built in 1990.", "The tower is old."])
        #expect(units("Is it free? No. The fee is 3 euros.") == ["Is it free?", "No.", "The fee is 3 euros."])
    }

    /// Sentence_Terminal of Unicode, in scripts with marks of their own.
    static let marks = [
        Example(text: "यह है। वह है॥ ठीक", units: ["यह है।", "वह है॥", "ठीक"]),
        Example(text: "ما هذا؟ هذا كتاب. نعم۔ لا", units: ["ما هذا؟", "هذا كتاب.", "نعم۔", "لا"]),
        Example(text: "ខ្ញុំទៅ។ អ្នកមក។", units: ["ខ្ញុំទៅ។", "អ្នកមក។"]),
        Example(text: "က၊ ခ။ ဂ", units: ["က၊", "ခ။", "ဂ"]),
        Example(text: "ምን፧ እሺ። ሂድ", units: ["ምን፧", "እሺ።", "ሂድ"]),
        Example(text: "これは？！はい。「次」です。ﾊﾝ｡ｶｸ", units: ["これは？！", "はい。", "「次」です。", "ﾊﾝ｡", "ｶｸ"]),
        Example(text: "Սա գիրք է։ Դա շուն է։", units: ["Սա գիրք է։", "Դա շուն է։"]),
        Example(text: "Он спросил: «Как?» и ушёл. Да.", units: ["Он спросил: «Как?» и ушёл.", "Да."]),
        Example(text: "Er sagte „Halt.“ Dann ging er.", units: ["Er sagte „Halt.“", "Dann ging er."]),
    ]

    @Test(arguments: marks) func everyScriptsMarksEndSentences(example: Example) {
        #expect(units(example.text) == example.units)
    }

    @Test func aWrappedLineThatBeginsWithANumberIsNoItem() {
        let text = "the monthly price of the standard subscription is from now on\n3.50 euros for each of the users."
        #expect(units(text) == [text])
        let clauses = "6.1 The credit is paid at the end of the quarter in which it arose.\n6.2 Credits are limited."
        #expect(units(clauses).last == "6.2 Credits are limited.")
    }

    @Test func theFirstPersonIsNoInitial() { #expect(units("So do I. You too.") == ["So do I.", "You too."]) }

    @Test func paragraphsEndAtBlankLinesAndPages() {
        #expect(units("a paragraph\n\nanother one\n \nthird") == ["a paragraph", "another one", "third"])
        #expect(units("the first page\u{c}\nthe second page") == ["the first page", "the second page"])
    }

    @Test func aLineThatIsWrappedGoesOn() {
        let text = "this sentence is so long that whoever wrote it had to begin\na new line in its middle."
        #expect(units(text) == [text])
    }

    @Test func itemsWithLettersStandAlone() {
        let text =
            "Bring your badge to:\na. The front gate, where visitors sign the book.\nb. The yard, which is locked after eight."
        #expect(
            units(text).count == 3 && units(text)[1].hasPrefix("a. The front")
                && units(text)[2].hasPrefix("b. The yard"))
    }

    @Test(arguments: [
        "The survey of the southern meadow was written by\nJ. Smith and others.",
        "It is told at length in the second volume,\np. 12 of the survey.",
    ])
    func wrappedInitialsAndPagesBeginNoItem(text: String) { #expect(units(text).count == 1) }

    @Test(arguments: ["•", "●", "▪", "-", "*", "–", "1.", "12)", "a)", "(b)", "iv)"]) func itemsOfAListStandAlone(
        mark: String
    ) {
        let text = "\(mark) the first item\n\(mark) the second item"
        #expect(units(text).count >= 2)
        #expect(units(text).contains { $0.hasSuffix("the first item") })
        #expect(units(text).contains { $0.hasSuffix("the second item") })
    }

    @Test func headingsAndRowsStandAlone() {
        #expect(units("Travel policy\nEmployees book early.") == ["Travel policy", "Employees book early."])
        #expect(units("| a | b |\n| c | d |") == ["| a | b |", "| c | d |"])
    }

    @Test(arguments: ["", " ", "\n\n\n", "\u{c}", "\u{A0}\u{2003}\n"]) func nothingHasNoUnits(text: String) {
        #expect(units(text).isEmpty)
    }

    /// Whatever the text: units are in order, do not overlap, begin and end with something visible, and together hold
    /// everything that is no white space.
    @Test func nothingIsLostAndNothingIsTwice() {
        let pieces = [
            "Word", " ", "\n", ".", "!", "?", "。", "\"", ")", "é", "\u{c}", "\t", "- ", "1.", "Dr", "a", "\u{301}", "😀",
            "？",
            "”", "|", "#", "\u{A0}",
        ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined()
            let scalars = Array(text.unicodeScalars)
            var covered = [Bool](repeating: false, count: scalars.count)
            var last = 0
            for range in SentenceSplitter.units(scalars) {
                #expect(range.lowerBound >= last && !range.isEmpty && range.upperBound <= scalars.count)
                #expect(!scalars[range.lowerBound].properties.isWhitespace)
                #expect(!scalars[range.upperBound - 1].properties.isWhitespace)
                for place in range { covered[place] = true }
                last = range.upperBound
            }
            let lost = scalars.indices.contains { !covered[$0] && !scalars[$0].properties.isWhitespace }
            #expect(!lost, "\(text.debugDescription)")
        }
    }

    @Test func aTextWithoutAnyEndIsOneUnit() {
        let text = String(repeating: "word ", count: 20_000) + "end"
        #expect(units(text).count == 1)
    }
}
