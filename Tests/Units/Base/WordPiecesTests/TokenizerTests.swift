import JSONCoding
import TestSupport
import Testing
import WordPieces

/// BERT's uncased vocabulary and tokenizer (google-research/bert, `tokenization.py` and `tokenization_test.py`).
@Suite struct TokenizerTests {
    private let tokenizer = WordPieceTokenizer.shared

    private func ids(_ text: String) -> [Int32] { Array(tokenizer.encode(text).dropFirst().dropLast()) }

    @Test(arguments: Fixtures.goldenEmbeddings)
    func goldenTextsGiveGoldenPieces(file: String) throws {
        let lines = try Fixtures.bytes(file).split(separator: 10)
        #expect(lines.count >= 24)
        for line in lines {
            let value = try JSONParser.parse(Array(line))
            let text = try #require(value["text"]?.string)
            #expect(tokenizer.encode(text).map { Int64($0) } == value["ids"]?.array?.compactMap(\.int), "\(text)")
        }
    }

    /// Ids by their lines in the vocabulary: hello 7592, world 2088, `,` 1010, `!` 999.
    @Test func wordsAndMarksArePiecesOfTheirOwn() {
        #expect(tokenizer.encode("Hello, world!") == [101, 7592, 1010, 2088, 999, 102])
        #expect(ids("hello") == ids("  HELLO\t\n"))
        #expect(ids("hello!world") == [7592, 999, 2088])
    }

    /// `test_basic_tokenizer_lower` and `test_chinese`: accents go, ideographs stand alone.
    @Test func accentsGoAndIdeographsStandAlone() {
        #expect(ids("H\u{E9}llo") == ids("hello"))
        #expect(ids("he\u{301}llo") == ids("hello"))
        #expect(ids("ah\u{535A}\u{63A8}zz") == ids("ah \u{535A} \u{63A8} zz"))
        #expect(ids("ÄÖÜ") == ids("aou"))
    }

    /// `test_clean_text` and `test_is_control`: controls vanish, other white space is a space.
    @Test func controlsVanishAndSpacesAreAlike() {
        #expect(ids("hel\u{0}lo") == [7592])
        #expect(ids("hel\u{FFFD}lo") == [7592])
        #expect(ids("hel\u{200B}lo") == [7592])
        #expect(ids("hello\u{A0}world") == [7592, 2088])
        #expect(ids("hello\u{3000}world") == [7592, 2088])
        #expect(ids("") == [] && ids(" \u{1}\n") == [])
    }

    /// `test_wordpiece_tokenizer`: the longest piece first, and a word with a part that is unknown is unknown as a whole.
    @Test func longWordsAreCutIntoTheLongestPieces() {
        let whole = ids("unaffable")
        #expect(whole.count > 1 && !whole.contains(100))
        #expect(ids("hello\u{1F9FF}") == [100])
        #expect(ids(String(repeating: "a", count: 101)) == [100])
        #expect(!ids(String(repeating: "a", count: 100)).contains(100))
    }

    @Test func literalSpecialPiecesAreThemselves() {
        #expect(ids("[MASK] hello [SEP]") == [103, 7592, 102])
        // Anything like them is text.
        #expect(!ids("[mask]").contains(103) && !ids("[MASK").contains(103))
    }

    @Test func theLimitCountsTheSpecialPiecesToo() {
        let text = String(repeating: "hello ", count: 1000)
        for limit in [2, 3, 10, 256] {
            let ids = tokenizer.encode(text, limit: limit)
            #expect(ids.count == limit && ids.first == 101 && ids.last == 102)
            #expect(ids.dropFirst().dropLast().allSatisfy { $0 == 7592 })
        }
        #expect(tokenizer.encode("hello", limit: 3) == [101, 7592, 102])
    }

    @Test func whatIsCountedIsWhatIsEncoded() {
        for text in ["", "Hello, world!", "unaffable étude 博推", "[CLS] x", String(repeating: "ab ", count: 500)] {
            #expect(tokenizer.count(text) == tokenizer.encode(text, limit: .max).count - 2, "\(text)")
        }
    }

    @Test func anyCharacterIsTaken() {
        for value in stride(from: UInt32(1), through: 0x10FFFF, by: 97) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let ids = tokenizer.encode("a\(Character(scalar))b")
            #expect(ids.count >= 3 && ids.allSatisfy { (0..<30_522).contains($0) })
        }
    }
}
