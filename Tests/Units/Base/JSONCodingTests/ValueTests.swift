import JSONCoding
import Testing

@Suite struct ValueTests {
    /// RFC 8259, section 7: quotation mark, reverse solidus and U+0000 to U+001F are escaped, nothing else has to be.
    @Test func everyCharacterIsWrittenSoThatItComesBack() throws {
        for value in UInt32(0)...0x2FF {
            let text = String(Character(try #require(Unicode.Scalar(value))))
            let written = JSONValue.string(text).encoded
            #expect(written.dropFirst().dropLast().allSatisfy { $0 >= 0x20 })
            #expect(try JSONParser.parse(written) == .string(text))
        }
        #expect(JSONValue.string("\"\\/\n\r\t\u{8}\u{1F}é😀").text == "\"\\\"\\\\/\\n\\r\\t\\u0008\\u001fé😀\"")
    }

    @Test(arguments: [
        (JSONValue.int(.min), "-9223372036854775808"), (.int(.max), "9223372036854775807"), (.double(1), "1.0"),
        (.double(0.1), "0.1"), (.double(-0.0), "-0.0"), (.double(1e300), "1e+300"), (.bool(true), "true"),
        (.null, "null"), (.array([]), "[]"), (.object([:]), "{}"),
        (.object(["b": 1, "a": [nil, false]]), "{\"b\":1,\"a\":[null,false]}"),
    ])
    func valuesAreWrittenWithoutSpaces(value: JSONValue, text: String) { #expect(value.text == text) }

    /// JSON has no such numbers (RFC 8259, section 6).
    @Test(arguments: [Double.nan, .infinity, -.infinity]) func numbersThatJSONDoesNotHaveAreNull(number: Double) {
        #expect(JSONValue.array([.double(number)]).text == "[null]")
    }

    @Test func everyDoubleComesBack() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            let number = Double(bitPattern: UInt64.random(in: .min ... .max, using: &generator))
            guard number.isFinite else { continue }
            #expect(try JSONParser.parse(JSONValue.double(number).encoded).double == number)
        }
    }

    @Test func floatsAreWrittenAsShortAsTheyCanBe() throws {
        var bytes: [UInt8] = []
        JSONText.write([Float(0.1), -2, 1e-20, .nan, .infinity, 16_777_216], to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "[0.1,-2.0,1e-20,null,null,16777216.0]")
        bytes = []
        JSONText.write([Float](), to: &bytes)
        #expect(bytes == Array("[]".utf8))
    }

    @Test func integersAreToldFromFractions() {
        #expect(JSONValue.int(3).int == 3 && JSONValue.double(3).int == 3)
        #expect(
            JSONValue.double(3.5).int == nil && JSONValue.double(1e19).int == nil && JSONValue.double(.nan).int == nil)
        #expect(JSONValue.int(3).double == 3 && JSONValue.string("3").int == nil && JSONValue.bool(true).int == nil)
        #expect(JSONValue.int(3) != .double(3))
    }

    @Test func whatIsNotThereIsNil() {
        let value: JSONValue = ["a": [1, 2], "n": nil]
        #expect(value["a"]?[1] == 2)
        #expect(value["a"]?[2] == nil && value["a"]?[-1] == nil && value["b"] == nil && value[0] == nil)
        // A member that is null is there.
        #expect(value["n"] != nil && value["n"]?.isNull == true)
        #expect(JSONValue.optional(nil) == .null && JSONValue.optional("x") == "x")
        #expect(JSONValue.strings(["a", "b"]) == ["a", "b"])
    }

    /// RFC 8259, section 4: an object is unordered, so equality is; the order is kept all the same.
    @Test func membersKeepTheirOrderAndAreComparedWithoutIt() {
        var object: JSONObject = ["z": 1, "a": 2]
        object["m"] = 3
        object["z"] = 4
        #expect(object.names == ["z", "a", "m"])
        #expect(object == ["a": 2, "m": 3, "z": 4])
        object["a"] = nil
        #expect(object.names == ["z", "m"] && !object.isEmpty)
        #expect(object != ["z": 4, "m": 3, "x": 1] && object != ["z": 4] && object != ["z": 4, "m": 5])
    }

    @Test func readersTakeWhatIsRight() throws {
        var reader = try FieldReader(
            ["text": "é", "flag": true, "number": 2.5, "list": ["a"], "none": nil],
            allowed: ["text", "flag", "number", "list", "none", "absent"])
        #expect(reader.requiredString("text", length: 1...1) == "é")
        #expect(reader.bool("flag", default: false) == true)
        #expect(reader.number("number", in: 0...2.5) == 2.5)
        #expect(reader.strings("list", maximumCount: 1) == ["a"])
        #expect(reader.string("none") == nil && reader.string("absent") == nil)
        #expect(reader.bool("absent", default: true) == true)
        #expect(reader.number("none", in: 0...1) == nil && reader.strings("absent", maximumCount: 0) == nil)
        try reader.finish()
    }

    @Test func readersNameEveryKindOfFault() throws {
        var reader = try FieldReader(
            [
                "empty": "", "long": "abcd", "flag": "yes", "number": 11, "text": 1, "list": ["a", "b"], "mixed": [1],
                "none": nil, String(repeating: "x", count: 500): 1,
            ], allowed: ["empty", "long", "flag", "number", "text", "list", "mixed", "none"])
        _ = reader.string("empty")
        _ = reader.string("long", length: 1...3)
        _ = reader.bool("flag", default: false)
        _ = reader.number("number", in: 0...10)
        _ = reader.string("text")
        _ = reader.strings("list", maximumCount: 1)
        _ = reader.strings("mixed", maximumCount: 5)
        _ = reader.requiredString("none")
        reader.add("own", "Found by the caller.")
        let error = #expect(throws: InvalidFields.self) { try reader.finish() }
        let fields = error?.problems.map(\.field) ?? []
        // Somebody else's name is not repeated at any length.
        #expect(fields.first == String(repeating: "x", count: 100))
        #expect(
            fields.dropFirst() == ["empty", "long", "flag", "number", "text", "list", "mixed", "none", "own"])
    }

    /// Lengths count Unicode scalars, so that both sides of the wire count alike.
    @Test func lengthsAreCountedInScalars() throws {
        var reader = try FieldReader(["a": "e\u{301}", "b": "👨‍👩‍👧"], allowed: ["a", "b"])
        #expect(reader.string("a", length: 2...2) != nil)
        #expect(reader.string("b", length: 5...5) != nil)
        try reader.finish()
    }

    @Test(arguments: [JSONValue.null, 1, "a", [], true]) func onlyAnObjectHasFields(value: JSONValue) {
        let error = #expect(throws: InvalidFields.self) { try FieldReader(value, allowed: []) }
        #expect(error?.problems.map(\.field) == ["body"])
    }
}
