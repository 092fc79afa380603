import JSONCoding
import Testing

/// RFC 8259; file names in comments are those of N. Seriot's "Parsing JSON is a Minefield" where a case is known from
/// there.
@Suite struct ParserTests {
    /// Section 2: white space is these four and no other; section 3: literals are in lower case.
    @Test(arguments: [
        " \t\r\n1 \t\r\n", "[ \n 1 \t , 2 ]", "{ \"a\" : 1 }", "true", "false", "null", "\"\"", "0", "[]", "{}",
        "[[],{},[[]]]", "[\"a\",null,true,false,0.1,-0,1e5,{}]",
    ])
    func textsOfTheGrammarAreRead(text: String) throws { _ = try JSONParser.parse(text) }

    @Test(arguments: [
        "\u{A0}1", "\u{C}1", "1\u{B}", "True", "NULL", "nulll", "nul", "truefalse", "[1", "[1,,2]", "[,1]", "[1,]",
        "{\"a\"}", "{\"a\":}", "{\"a\":1 \"b\":2}", "{1:1}", "{null:1}", "{\"a\":1,}", "{,}", "[}", "{]", "]", "}", ":",
        ",", "[1}", "\"a", "\"\\", "\"a\nb\"", "\"a\tb\"", "\"a\0b\"", "'a'", "[1]x", "1 1", "/*c*/1", "1//c", "#1",
        "\u{FEFF}\u{FEFF}1",
    ])
    func textsOutsideOfTheGrammarAreRefused(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text) }
    }

    /// Section 6.
    @Test(arguments: [
        ("0", JSONValue.int(0)), ("-1", .int(-1)), ("9223372036854775807", .int(.max)),
        ("-9223372036854775808", .int(.min)), ("-9223372036854775809", .double(-0x1p63)),
        ("18446744073709551615", .double(0x1p64)), ("0.1", .double(0.1)), ("-0.0", .double(-0.0)),
        ("1E+2", .double(100)), ("1e-2", .double(0.01)), ("123.456e78", .double(123.456e78)),
        ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)), ("5e-324", .double(.leastNonzeroMagnitude)),
        ("2.2250738585072014e-308", .double(.leastNormalMagnitude)), ("0e99999", .double(0)),
        // Between two doubles: the even one (IEEE 754, section 4.3.1).
        ("9007199254740993.0", .double(9007199254740992)),
    ])
    func numbersAreTheNearestThatThereAre(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(text) == value)
    }

    /// Section 6 lets a reader set limits; a number beyond them must not turn into another one.
    @Test(arguments: ["1e309", "-1e309", "1e99999", "123456789e400"])
    func numbersThatNoDoubleCanHoldAreRefused(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text) }
    }

    @Test func aNumberOfAnyLengthIsRead() throws {
        let zeros = String(repeating: "0", count: 5000)
        #expect(try JSONParser.parse("1" + zeros.prefix(300)).double == 1e300)
        #expect(try JSONParser.parse("0." + zeros + "1") == .double(0))
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse("1" + zeros) }
    }

    @Test(arguments: [
        "00", "-", "-01", "+1", ".5", "1.", "1.e1", "1e", "1e+", "1e1.5", "0x1F", "1_000", "Infinity", "-Infinity",
        "NaN",
        "1.2.3", "--1", "- 1", "1 .5", "٣", "１",
    ])
    func whatOnlyLooksLikeANumberIsRefused(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text) }
    }

    /// Section 7.
    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
        // A character outside of the basic plane as a pair: section 7's own example is the G clef.
        (#""\uD834\uDD1E""#, "\u{1D11E}"), (#""\udbff\udfff""#, "\u{10FFFF}"), (#""\ud800\udc00""#, "\u{10000}"),
        (#""\u0000""#, "\0"), (#""\uFFFF\uFFFE""#, "\u{FFFF}\u{FFFE}"),
        ("\"\u{7f}\u{80}\u{2028}\"", "\u{7f}\u{80}\u{2028}"),
        ("\"e\u{301}\"", "e\u{301}"), (#""\u0065\u0301""#, "e\u{301}"), ("\"😀\"", "😀"),
    ])
    func escapesAreTheirCharacters(text: String, value: String) throws {
        let read = try JSONParser.parse(text).string ?? ""
        // Scalar by scalar: no normalisation.
        #expect(Array(read.unicodeScalars) == Array(value.unicodeScalars))
    }

    /// Section 8.2: half a pair is no character. (i_string_1st_surrogate_but_2nd_missing and its siblings.)
    @Test(arguments: [
        #""\ud800""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\u0041""#, #""\ud800\ud800\udc00""#, #""\udc00""#,
        #""\udfff\ud800""#, #""\ud83d\""#, #""\ud800\u""#, #""\ud800\udc0""#,
    ])
    func halfASurrogatePairIsRefused(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text) }
    }

    @Test(arguments: [
        #""\a""#, #""\x41""#, #""\u""#, #""\u004""#, #""\u00g1""#, #""\u+041""#, #""\u 041""#, #""\U0041""#, #""\'""#,
        #""\0""#, "\"\\é\"", "\"\\\n\"", #""\u００４１""#,
    ])
    func otherEscapesAreRefused(text: String) { #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text) } }

    /// Section 8.1 and RFC 3629, section 3: over-long forms, surrogates, cut sequences, beyond the last character.
    @Test(
        arguments: [
            [0xFF], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
            [0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func stringsThatAreNotUTF8AreRefused(bytes: [UInt8]) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x22] + bytes + [0x22]) }
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x22, 0x5C, 0x6E] + bytes + [0x22]) }
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x7B, 0x22] + bytes + Array("\":1}".utf8)) }
    }

    /// Section 8.1: a reader may skip the mark rather than refuse it. UTF-16 is not JSON.
    @Test func aByteOrderMarkIsSkippedAndOtherEncodingsAreRefused() throws {
        #expect(try JSONParser.parse([0xEF, 0xBB, 0xBF] + Array("[1]".utf8)) == [1])
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0xFE, 0xFF, 0x00, 0x31]) }
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x31, 0x00]) }
    }

    /// Section 9: a reader may limit nesting.
    @Test(arguments: [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")])
    func nestingEndsAtTheLimitAndNotBefore(open: String, close: String) throws {
        func nested(_ depth: Int) -> [UInt8] {
            let opened = String(repeating: open, count: depth)
            return Array((opened + "1" + String(repeating: close, count: depth)).utf8)
        }
        let step = open.utf8.count > 5 ? 2 : 1
        _ = try JSONParser.parse(nested(20), maximumDepth: 20 * step + 1)
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(nested(21), maximumDepth: 20 * step) }
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(nested(1_000_000)) }
    }

    @Test func theEndOfTheTextIsAnErrorWhereverItComes() {
        let whole = Array(#"{"a":[1.5e3,"x\u00e9",true,null,{"b":{}}]}"#.utf8)
        for length in 0..<whole.count {
            #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(Array(whole[..<length])) }
        }
    }

    /// Damage may be an error; it may not be a crash, and what is taken has to be written as JSON again.
    @Test func damagedTextsNeverTrap() throws {
        let whole = Array(#"{"a":[1.5e-3,"x\u00e9\ud83d\ude00",true,null,{"b":{"c":-12}}],"é":"\\\"\n"}"#.utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &generator)], at: place)
                }
            }
            guard let value = try? JSONParser.parse(bytes) else { continue }
            #expect(try JSONParser.parse(value.encoded) == value)
        }
    }

    @Test(arguments: [
        ("{\n \"a\" 1}", 2, 6), ("[1,\n2,\n\n  x]", 4, 3), ("", 1, 1), ("[1", 1, 3),
    ])
    func faultsHaveTheirPlace(text: String, line: Int, column: Int) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text) }
        #expect(error?.line == line)
        #expect(error?.column == column)
    }

    @Test func faultsTellNothingOfTheText() {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONParser.parse("{\"password\": hunter2}") }
        #expect(error.map { !"\($0)".contains("hunter2") && !"\($0)".contains("password") } ?? false)
    }

    @Test(arguments: ["/* open", "/", "/x", "'a\"", "[1,,]", "{a:1}", "[1 /* */ 2]"])
    func theLenientReaderIsNotThatLenient(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text, lenient: true) }
    }
}
