import Testing

@testable import TextAnalysis

/// Words, identifiers and pairs of characters.
@Suite struct WordSplitterTests {
    private func tokens(_ text: String) -> [String] {
        var tokens: [String] = []
        WordSplitter.forEach(text) { token in
            switch token {
            case .word(let word): tokens.append(word)
            case .identifier(let text), .pair(let text): tokens.append("=" + text)
            }
        }
        return tokens
    }

    @Test(arguments: [
        ("The pump's valve.", ["the", "pumps", "valve"]),
        ("Part AB-1234-X fits.", ["part", "ab", "1234", "x", "=ab-1234-x", "fits"]),
        ("pays 1,200.50 now", ["pays", "1", "200", "50", "=1,200.50", "now"]),
        ("write to a.b@example.org.", ["write", "to", "a", "b", "example", "org", "=a.b@example.org"]),
        ("low-cost and/or", ["low", "cost", "and", "or"]), ("on 3.", ["on", "3"]),
        ("v2.0-rc1", ["v2", "0", "rc1", "=v2.0-rc1"]),
        ("食堂は", ["=食堂", "=堂は"]), ("第3章", ["=第", "3", "=章"]), ("ราคา", ["=รา", "=าค", "=คา"]),
        ("안녕 하", ["=안녕", "=하"]), ("", []), ("... --- !!", []),
    ])
    func tokens(of text: String, are expected: [String]) { #expect(tokens(text) == expected) }

    @Test func aRunWithoutSpacesIsCut() {
        let found = tokens(String(repeating: "a1-", count: 10_000))
        #expect(found.allSatisfy { $0.unicodeScalars.count < 90 } && found.count > 10_000)
    }
}
