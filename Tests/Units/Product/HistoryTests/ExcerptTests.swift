import Testing

@testable import History

/// The part of a text that is shown of a hit.
@Suite struct ExcerptTests {
    private func marked(_ excerpt: Excerpt) -> [String] {
        let scalars = Array(excerpt.text.unicodeScalars)
        return excerpt.highlights.map { String(String.UnicodeScalarView(scalars[$0])) }
    }

    private func place(of word: String, in text: String) -> Range<Int> {
        guard let range = text.firstRange(of: word) else { return 0..<0 }
        let start = text.unicodeScalars.distance(from: text.startIndex, to: range.lowerBound)
        return start..<start + word.unicodeScalars.count
    }

    @Test func aShortTextIsShownWhole() {
        let excerpt = Excerpt(of: "One\n\ttwo 🇩🇪 three", places: [10..<15])
        #expect(excerpt.text == "One  two 🇩🇪 three" && excerpt.highlights == [10..<15])
    }

    @Test func ofALongTextThePartWithMostPlacesIsShown() {
        let filler = String(repeating: "Lorem ipsum dolor. ", count: 60)
        let text = "first " + filler + "second and third" + filler
        let places = ["first", "second", "third"].map { place(of: $0, in: text) }
        let excerpt = Excerpt(of: text, places: places)
        #expect(marked(excerpt) == ["second", "third"])
        #expect(excerpt.text.hasPrefix("…") && excerpt.text.hasSuffix("…"))
        #expect(excerpt.text.unicodeScalars.count <= Excerpt.length + 2)
    }

    @Test(arguments: [0, 1, 239, 240, 241, 500, 2000])
    func everyLengthAndPlaceKeepsItsWord(_ length: Int) {
        let text = String(repeating: "ä", count: length) + "word" + String(repeating: "e\u{301}", count: length)
        let excerpt = Excerpt(of: text, places: [length..<length + 4])
        #expect(marked(excerpt) == ["word"])
        #expect(Excerpt(of: text, places: []).text.unicodeScalars.count <= Excerpt.length + 1)
    }
}
