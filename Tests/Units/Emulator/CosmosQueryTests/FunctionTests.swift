import JSONCoding
import Testing

@testable import CosmosQuery

/// The built-in functions, each with the examples and limits of the service's documentation.
@Suite struct FunctionTests {
    private func check(_ expression: String, _ expected: String) throws {
        #expect(try QueryFixture.value(expression) == expected, "\(expression)")
    }

    @Test(
        arguments: [
            ("IS_DEFINED(c.none)", "false"), ("IS_DEFINED(null)", "true"), ("IS_DEFINED({})", "true"),
            ("IS_NULL(null)", "true"), ("IS_NULL(c.none)", "false"), ("IS_NULL(0)", "false"),
            ("IS_STRING('')", "true"), ("IS_STRING(1)", "false"), ("IS_STRING(c.none)", "false"),
            ("IS_NUMBER(1.5)", "true"), ("IS_NUMBER('1')", "false"), ("IS_NUMBER(null)", "false"),
            ("IS_FINITE_NUMBER(12.5)", "true"), ("IS_FINITE_NUMBER('x')", "false"),
            ("IS_INTEGER(5)", "true"), ("IS_INTEGER(5.0)", "true"), ("IS_INTEGER(5.5)", "false"),
            ("IS_INTEGER('5')", "false"),
            ("IS_BOOL(false)", "true"), ("IS_BOOL(0)", "false"),
            ("IS_ARRAY([])", "true"), ("IS_ARRAY({})", "false"),
            ("IS_OBJECT({})", "true"), ("IS_OBJECT([])", "false"), ("IS_OBJECT(null)", "false"),
            ("IS_PRIMITIVE(null)", "true"), ("IS_PRIMITIVE(1)", "true"), ("IS_PRIMITIVE('')", "true"),
            ("IS_PRIMITIVE([])", "false"), ("IS_PRIMITIVE(c.none)", "false"),
        ] as [(String, String)])
    func types(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("CONTAINS('abc', 'bc')", "true"), ("CONTAINS('abc', 'BC')", "false"),
            ("CONTAINS('abc', 'BC', true)", "true"),
            ("CONTAINS('abc', 'BC', false)", "false"), ("CONTAINS('abc', '')", "true"),
            ("CONTAINS(1, '1')", "undefined"),
            ("CONTAINS(c.none, 'a')", "undefined"), ("CONTAINS('a', null)", "undefined"),
            ("STARTSWITH('abc', 'ab')", "true"), ("STARTSWITH('abc', 'AB')", "false"),
            ("STARTSWITH('abc', 'AB', true)", "true"), ("STARTSWITH('a', 'abc')", "false"),
            ("ENDSWITH('abc', 'bc')", "true"), ("ENDSWITH('abc', 'BC', true)", "true"),
            ("ENDSWITH('abc', 'ab')", "false"),
            ("STRINGEQUALS('abc', 'abc')", "true"), ("STRINGEQUALS('abc', 'ABC')", "false"),
            ("STRINGEQUALS('abc', 'ABC', true)", "true"), ("StringEquals(1, 'a')", "undefined"),
            ("LOWER('ÄbC')", "\"äbc\""), ("UPPER('äbC')", "\"ÄBC\""), ("LOWER(1)", "undefined"),
            ("LENGTH('')", "0"), ("LENGTH('ü😀')", "2"), ("LENGTH(null)", "undefined"), ("LENGTH(c.none)", "undefined"),
        ] as [(String, String)])
    func comparingText(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("CONCAT('a', 'b', 'c')", "\"abc\""), ("CONCAT('a')", "\"a\""), ("CONCAT('a', 1)", "undefined"),
            ("TRIM('  a b  ')", "\"a b\""), ("LTRIM('  a ')", "\"a \""), ("RTRIM(' a  ')", "\" a\""),
            ("TRIM('xxaxx', 'x')", "\"a\""), ("LTRIM('xxax', 'x')", "\"ax\""), ("RTRIM('xaxy', 'xy')", "\"xa\""),
            ("TRIM(1)", "undefined"),
            ("LEFT('abc', 2)", "\"ab\""), ("LEFT('abc', 10)", "\"abc\""), ("LEFT('abc', 0)", "\"\""),
            ("LEFT('abc', -1)", "\"\""), ("LEFT('abc', 'x')", "undefined"),
            ("RIGHT('abc', 2)", "\"bc\""), ("RIGHT('abc', 10)", "\"abc\""), ("RIGHT('abc', 0)", "\"\""),
            ("SUBSTRING('abc', 1, 1)", "\"b\""), ("SUBSTRING('abc', 0, 5)", "\"abc\""),
            ("SUBSTRING('abc', 3, 1)", "\"\""),
            ("SUBSTRING('ü😀x', 1, 1)", "\"😀\""), ("SUBSTRING('abc', 1.5, 1)", "undefined"),
            ("REVERSE('abc')", "\"cba\""), ("REVERSE(1)", "undefined"),
            ("REPLICATE('ab', 3)", "\"ababab\""), ("REPLICATE('a', 0)", "\"\""), ("REPLICATE('a', -1)", "undefined"),
            ("REPLICATE('a', 10001)", "undefined"),
            ("REPLACE('This is a test', 'is', '')", "\"Th  a test\""), ("REPLACE('aaa', 'aa', 'b')", "\"ba\""),
            ("REPLACE('abc', '', 'x')", "\"abc\""), ("REPLACE('abc', 'b', 1)", "undefined"),
            ("INDEX_OF('abcabc', 'c')", "2"), ("INDEX_OF('abcabc', 'c', 3)", "5"), ("INDEX_OF('abc', 'x')", "-1"),
            ("INDEX_OF('abc', '')", "0"), ("INDEX_OF('ü😀x', 'x')", "2"), ("INDEX_OF('a', 'abc')", "-1"),
            ("INDEX_OF(1, 'a')", "undefined"),
            ("STRINGJOIN(['a','b','c'], ', ')", "\"a, b, c\""), ("STRINGJOIN([], ',')", "\"\""),
            ("STRINGJOIN(['a', 1], ',')", "undefined"),
            ("STRINGSPLIT('a,b,,c', ',')", #"["a","b","","c"]"#), ("STRINGSPLIT('abc', 'x')", #"["abc"]"#),
            ("STRINGSPLIT(1, ',')", "undefined"),
        ] as [(String, String)])
    func makingText(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("TOSTRING(1.5)", "\"1.5\""), ("TOSTRING('a')", "\"a\""), ("TOSTRING(true)", "\"true\""),
            ("TOSTRING(null)", "\"null\""), ("TOSTRING(c.none)", "undefined"), ("TOSTRING([1, 2])", "\"[1,2]\""),
            ("STRINGTONUMBER('1.5')", "1.5"), ("STRINGTONUMBER('  60 ')", "60"), ("STRINGTONUMBER('-100')", "-100"),
            ("STRINGTONUMBER('0xFF')", "undefined"), ("STRINGTONUMBER('')", "undefined"),
            ("STRINGTONUMBER(1)", "undefined"),
            ("STRINGTOBOOLEAN('true')", "true"), ("STRINGTOBOOLEAN(' false ')", "false"),
            ("STRINGTOBOOLEAN('TRUE')", "undefined"), ("STRINGTOBOOLEAN('1')", "undefined"),
            ("STRINGTONULL('null')", "null"), ("STRINGTONULL('NULL')", "undefined"),
            ("STRINGTOARRAY('[1, \"a\"]')", #"[1,"a"]"#), ("STRINGTOARRAY('{}')", "undefined"),
            ("STRINGTOARRAY('[')", "undefined"),
            ("STRINGTOOBJECT('{\"a\": [1]}')", #"{"a":[1]}"#), ("STRINGTOOBJECT('[]')", "undefined"),
        ] as [(String, String)])
    func convertingText(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("REGEXMATCH('abcd', 'ABC', '')", "false"), ("REGEXMATCH('abcd', 'ABC', 'i')", "true"),
            ("REGEXMATCH('abcd', '^ab.*d$')", "true"), ("REGEXMATCH('abcd', 'A B C', 'ix')", "true"),
            ("REGEXMATCH('a\\nb', '^b$', 'm')", "true"), ("REGEXMATCH('a\\nb', 'a.b', 's')", "true"),
            ("REGEXMATCH('a\\nb', 'a.b')", "false"), ("REGEXMATCH(1, 'a')", "undefined"),
            ("REGEXMATCH('a', c.none)", "undefined"),
        ] as [(String, String)])
    func regularExpressions(expression: String, expected: String) throws { try check(expression, expected) }

    @Test func aBadRegularExpressionIsSaid() {
        #expect(QueryFixture.error("SELECT VALUE REGEXMATCH('a', '(') FROM c")?.code == "SC2061")
    }

    @Test(
        arguments: [
            ("ABS(-1)", "1"), ("ABS(0)", "0"), ("ABS('1')", "undefined"), ("ABS(null)", "undefined"),
            ("FLOOR(123.45)", "123"), ("FLOOR(-123.45)", "-124"), ("CEILING(123.45)", "124"),
            ("CEILING(-123.45)", "-123"),
            ("ROUND(2.4)", "2"), ("ROUND(2.6)", "3"), ("ROUND(2.5)", "3"), ("ROUND(-2.4)", "-2"), ("ROUND(-2.6)", "-3"),
            ("ROUND(12.345, 2)", "12.35"), ("ROUND(1234, -2)", "1200"),
            ("TRUNC(2.6)", "2"), ("TRUNC(-2.6)", "-2"),
            ("SIGN(-2)", "-1"), ("SIGN(0)", "0"), ("SIGN(2)", "1"), ("SIGN('a')", "undefined"),
            ("SQRT(9)", "3"), ("SQRT(-1)", "undefined"), ("SQUARE(-3)", "9"),
            ("EXP(0)", "1"), ("LOG(1)", "0"), ("LOG(8, 2)", "3"), ("LOG(0)", "undefined"), ("LOG(8, 'x')", "undefined"),
            ("LOG10(100)", "2"), ("LOG10(-1)", "undefined"),
            ("POWER(2, 10)", "1024"), ("POWER(2, -1)", "0.5"), ("POWER(10, 400)", "undefined"),
            ("SIN(0)", "0"), ("COS(0)", "1"), ("TAN(0)", "0"), ("COT(0)", "undefined"), ("ASIN(2)", "undefined"),
            ("ACOS(1)", "0"), ("ATAN(0)", "0"), ("ATN2(0, 1)", "0"),
            ("DEGREES(PI())", "180"), ("ROUND(RADIANS(180), 5)", "3.14159"),
            ("NUMBERBIN(37.752, 10)", "30"), ("NUMBERBIN(37.752)", "37"), ("NUMBERBIN(-5, 10)", "-10"),
            ("NUMBERBIN(5, 0)", "undefined"),
            ("INTADD(20, 5)", "25"), ("INTSUB(20, 25)", "-5"), ("INTMUL(5, -2)", "-10"), ("INTDIV(10, 3)", "3"),
            ("INTDIV(-10, 3)", "-3"), ("INTDIV(1, 0)", "undefined"), ("INTMOD(12, 5)", "2"),
            ("INTMOD(1, 0)", "undefined"),
            ("INTADD(1.5, 1)", "undefined"), ("INTADD('1', 1)", "undefined"),
        ] as [(String, String)])
    func numbers(expression: String, expected: String) throws { try check(expression, expected) }

    @Test func randomNumbersAreBelowOne() throws {
        for _ in 0..<100 {
            let value = try #require(try QueryFixture.run("SELECT VALUE RAND() FROM c").first?.double)
            #expect((0..<1).contains(value))
        }
    }

    @Test(
        arguments: [
            ("ARRAY_LENGTH([1, 2, 3])", "3"), ("ARRAY_LENGTH([])", "0"), ("ARRAY_LENGTH('abc')", "undefined"),
            ("ARRAY_CONTAINS(['a', 'b'], 'b')", "true"), ("ARRAY_CONTAINS(['a', 'b'], 'c')", "false"),
            ("ARRAY_CONTAINS([1, 2], 1.0)", "true"), ("ARRAY_CONTAINS(['1'], 1)", "false"),
            ("ARRAY_CONTAINS('a', 'a')", "undefined"), ("ARRAY_CONTAINS(['a'], c.none)", "undefined"),
            ("ARRAY_CONTAINS([null], null)", "true"),
            ("ARRAY_CONTAINS([{'name': 'apples', 'n': 1}], {'name': 'apples'})", "false"),
            ("ARRAY_CONTAINS([{'name': 'apples', 'n': 1}], {'name': 'apples'}, true)", "true"),
            ("ARRAY_CONTAINS([{'a': {'b': 1, 'c': 2}}], {'a': {'b': 1}}, true)", "true"),
            ("ARRAY_CONTAINS([{'a': 1}], {'a': 2}, true)", "false"),
            ("ARRAY_CONTAINS_ANY(['a', 'b', 3], 'x', 3)", "true"),
            ("ARRAY_CONTAINS_ANY(['a', 'b'], 'x', 'y')", "false"),
            ("ARRAY_CONTAINS_ALL([1, 2, 3], 3, 1)", "true"), ("ARRAY_CONTAINS_ALL([1, 2, 3], 3, 4)", "false"),
            ("ARRAY_CONCAT(['a', 'b'], ['c'], [])", #"["a","b","c"]"#), ("ARRAY_CONCAT(['a'], 'b')", "undefined"),
            ("ARRAY_SLICE(['a', 'b', 'c'], 1)", #"["b","c"]"#), ("ARRAY_SLICE(['a', 'b', 'c'], 1, 1)", #"["b"]"#),
            ("ARRAY_SLICE(['a', 'b', 'c'], -2, 1)", #"["b"]"#), ("ARRAY_SLICE(['a', 'b', 'c'], -2, 2)", #"["b","c"]"#),
            ("ARRAY_SLICE(['a', 'b', 'c'], 1, 0)", "[]"), ("ARRAY_SLICE(['a', 'b', 'c'], 1, 1000)", #"["b","c"]"#),
            ("ARRAY_SLICE(['a', 'b', 'c'], 5)", "[]"), ("ARRAY_SLICE('abc', 1)", "undefined"),
            ("SETINTERSECT([1, 2, 3, 3], [3, 1, 4])", "[1,3]"), ("SETINTERSECT([1], ['1'])", "[]"),
            ("SETUNION([1, 2], [2, 3])", "[1,2,3]"), ("SETDIFFERENCE([1, 2, 2, 3], [3])", "[1,2]"),
            ("SETUNION(1, [2])", "undefined"),
            ("CHOOSE(2, 'a', 'b', 'c')", "\"b\""), ("CHOOSE(0, 'a')", "undefined"), ("CHOOSE(2, 'a')", "undefined"),
            ("OBJECTTOARRAY({'a': 1, 'b': 'x'})", #"[{"k":"a","v":1},{"k":"b","v":"x"}]"#),
            ("OBJECTTOARRAY({'a': 1}, 'name', 'value')", #"[{"name":"a","value":1}]"#),
            ("OBJECTTOARRAY([1])", "undefined"),
        ] as [(String, String)])
    func arraysAndSets(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("GetCurrentTimestamp()", "1795159392345"), ("GetCurrentDateTime()", "\"2026-11-20T07:23:12.3450000Z\""),
            ("GetCurrentTicks()", "17951593923450000"),
            ("TimestampToDateTime(1594227912345)", "\"2020-07-08T17:05:12.3450000Z\""),
            ("DateTimeToTimestamp('2020-07-09T23:20:13.4575530Z')", "1594336813457"),
            ("DateTimeToTimestamp('2020-07-09')", "1594252800000"), ("DateTimeToTimestamp('soon')", "undefined"),
            ("TimestampToDateTime('x')", "undefined"),
        ] as [(String, String)])
    func times(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("IIF(true, 1, 2)", "1"), ("IIF(false, 1, 2)", "2"), ("IIF(c.none, 1, 2)", "2"), ("IIF(1, 1, 2)", "2"),
            ("IIF(true, c.none, 2)", "undefined"),
        ] as [(String, String)])
    func choosing(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("VectorDistance([1, 0], [1, 0])", "1"), ("VectorDistance([1, 0], [0, 1])", "0"),
            ("VectorDistance([3, 4], [3, 4], true, {'distanceFunction': 'dotproduct'})", "25"),
            ("VectorDistance([0, 0], [3, 4], true, {'distanceFunction': 'euclidean'})", "5"),
            ("VectorDistance([1, 2], [1])", "undefined"), ("VectorDistance('a', [1])", "undefined"),
            ("VectorDistance([0, 0], [1, 1])", "undefined"), ("VectorDistance([1, 'a'], [1, 2])", "undefined"),
        ] as [(String, String)])
    func distances(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            "ABS()", "ABS(1, 2)", "CONTAINS('a')", "PI(1)", "IS_DEFINED()", "SUBSTRING('a', 1)", "ARRAY_LENGTH()",
            "IIF(true, 1)",
        ] as [String])
    func theNumberOfArgumentsIsChecked(expression: String) {
        #expect(QueryFixture.error("SELECT VALUE \(expression) FROM c")?.code == "SC2050")
    }

    @Test func namesOfFunctionsIgnoreCase() throws {
        for name in ["is_defined", "Is_Defined", "IS_DEFINED"] {
            #expect(try QueryFixture.value("\(name)(c.a)", of: ["a": 1]) == "true")
        }
    }

    /// Composed and decomposed letters are different texts, as code points are.
    @Test func textIsComparedByCodePoint() throws {
        let parameters: [String: JSONValue] = ["@composed": "\u{E9}", "@decomposed": "e\u{301}"]
        for expression in [
            "@composed = @decomposed", "STRINGEQUALS(@composed, @decomposed)", "CONTAINS(@decomposed, @composed)",
            "ARRAY_CONTAINS([@composed], @decomposed)",
        ] {
            #expect(try QueryFixture.value(expression, of: [:], parameters) == "false", "\(expression)")
        }
        #expect(try QueryFixture.value("LENGTH(@decomposed)", of: [:], parameters) == "2")
    }
}
