import JSONCoding
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "1e", "+1", "nul", "\"\\x\"", "\"\\u12\"", "\"\u{1}\"", "'a'",
        "[1 2]", "{a:1}",
        "1 2", "\"\\ud800\"", "// x\n1", "NaN", "\"abc",
    ])
    func refuses(text: String) { #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text) } }

    @Test(arguments: [
        ("1", JSONValue.int(1)), ("1.0", .double(1)), ("-0", .int(0)), ("9223372036854775807", .int(.max)),
        ("9223372036854775808", .double(9223372036854775808)), ("1e2", .double(100)),
        ("\"\\u00fc\\ud83d\\ude00\"", .string("ü😀")),
        (" [ true , null ] ", .array([.bool(true), .null])),
    ])
    func reads(text: String, value: JSONValue) throws { #expect(try JSONParser.parse(text) == value) }

    @Test func keepsTheOrderOfMembersAndTheLastOfEqualNames() throws {
        let value = try JSONParser.parse("{\"z\":1,\"a\":2,\"z\":3}")
        #expect(value.text == "{\"z\":3,\"a\":2}")
    }

    @Test func writesWhatItReads() throws {
        let text = "{\"a\":[1,2.5,\"\\\"\\\\\\n\\u0001ü\"],\"b\":{}}"
        #expect(try JSONParser.parse(text).text == text)
    }

    @Test func refusesDeepNestingWithoutRunningOutOfStack() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(deep) }
    }

    @Test func refusesTextThatIsNotUTF8() {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x22, 0xFF, 0x22]) }
    }

    @Test func lenientReaderTakesWhatTheFunctionsHostTakes() throws {
        let value = try JSONParser.parse("// c\n{'a': [1, 2,], /* x */ \"b\": 1,}", lenient: true)
        #expect(value["a"]?[1] == 2 && value["b"] == 1)
    }

    @Test func readerCollectsEveryProblem() throws {
        var reader = try FieldReader(
            ["name": 5, "extra": 1, "list": ["a", 2]], allowed: ["name", "list", "flag", "missing"])
        _ = reader.string("name")
        _ = reader.strings("list", maximumCount: 5)
        _ = reader.requiredString("missing")
        do {
            try reader.finish()
            Issue.record("everything is wrong")
        } catch let error as InvalidFields {
            #expect(error.problems.map(\.field) == ["extra", "name", "list", "missing"])
        }
    }
}
