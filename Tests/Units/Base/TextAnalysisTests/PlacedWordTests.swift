import Testing

@testable import TextAnalysis

/// Words with their places in the text as it was written.
@Suite struct PlacedWordTests {
    /// What of the text each word stands for.
    private func written(_ text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        return PlacedWord.all(in: text).map { String(String.UnicodeScalarView(scalars[$0.range])) }
    }

    @Test(arguments: [
        ("The pump’s valve.", ["The", "pump’s", "valve"]),
        ("Part AB-1234 fits", ["Part", "AB", "1234", "fits"]),
        ("e\u{301}te\u{301} de\u{AD}ci\u{AD}sion", ["e\u{301}te\u{301}", "de\u{AD}ci\u{AD}sion"]),
        ("the ﬁlm … ﬁne", ["the", "ﬁlm", "ﬁne"]),
        ("食堂は 開", ["食堂", "堂は", "は", "開"]),
        ("", []), ("--- !", []),
    ])
    func placesAreThoseOfTheTextAsWritten(_ text: String, _ words: [String]) { #expect(written(text) == words) }

    @Test func termsAreFoldedAndHaveTheStemsOfTheGuessedLanguages() {
        let words = PlacedWord.all(in: "Die Prüfungen für die Anlage sind ﬁxiert")
        #expect(words.map(\.terms.first) == ["die", "prufungen", "fur", "die", "anlage", "sind", "fixiert"])
        #expect(words.map(\.isSmall) == [true, false, true, true, false, true, false])
        #expect(words[1].terms == ["prufungen", "prufung"] && words[0].terms == ["die"])
    }

    @Test func aShortTextIsStemmedInEveryLanguageOfItsScript() {
        let terms = PlacedWord.all(in: "plazos", stemming: .all).first?.terms ?? []
        #expect(terms.first == "plazos" && Set(terms).isSuperset(of: ["plaz", "plazo"]))
        #expect(terms.count == Set(terms).count)
        #expect(PlacedWord.all(in: "договоры", stemming: .all).first?.terms == ["договоры", "договор"])
    }

    @Test func theLastOfARunStandsByItselfToo() {
        #expect(PlacedWord.all(in: "喝水").flatMap(\.terms) == ["喝水", "水"])
        #expect(PlacedWord.all(in: "喝水").map(\.isRest) == [false, true])
    }
}
