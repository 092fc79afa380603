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

    @Test func theFirstPersonIsNoInitial() { #expect(units("So do I. You too.") == ["So do I.", "You too."]) }

    @Test func paragraphsEndAtBlankLinesAndPages() {
        #expect(units("a paragraph\n\nanother one\n \nthird") == ["a paragraph", "another one", "third"])
        #expect(units("the first page\u{c}\nthe second page") == ["the first page", "the second page"])
    }

    @Test func aLineThatIsWrappedGoesOn() {
        let text = "this sentence is so long that whoever wrote it had to begin\na new line in its middle."
        #expect(units(text) == [text])
    }

    @Test(arguments: ["•", "●", "▪", "-", "*", "–", "1.", "12)"]) func itemsOfAListStandAlone(mark: String) {
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
