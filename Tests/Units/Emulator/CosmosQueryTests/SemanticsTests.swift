import JSONCoding
import Testing

@testable import CosmosQuery

/// Undefined, null and types: what cannot be said is left out, truth has three values, WHERE keeps what is true.
@Suite struct SemanticsTests {
    private static let item: JSONValue = [
        "id": "1", "n": 3, "s": "text", "t": true, "z": nil, "list": [1, "two", nil], "o": ["p": ["q": 5]],
        "b c": "spaced", "order": 7,
    ]

    private func check(_ expression: String, _ expected: String) throws {
        #expect(try QueryFixture.value(expression, of: Self.item) == expected, "\(expression)")
    }

    @Test(
        arguments: [
            ("true AND true", "true"), ("true AND false", "false"), ("false AND c.none", "false"),
            ("c.none AND false", "false"), ("true AND c.none", "undefined"), ("c.none AND c.none", "undefined"),
            ("true OR c.none", "true"), ("c.none OR true", "true"), ("false OR c.none", "undefined"),
            ("false OR false", "false"), ("c.none OR c.none", "undefined"),
            ("NOT true", "false"), ("NOT false", "true"), ("NOT c.none", "undefined"), ("NOT 1", "undefined"),
            ("NOT null", "undefined"), ("1 AND true", "undefined"), ("'a' OR false", "undefined"),
        ] as [(String, String)])
    func truthHasThreeValues(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("c.n = 3", "true"), ("c.n = 3.0", "true"), ("c.n = '3'", "false"), ("c.n != '3'", "true"),
            ("c.z = null", "true"), ("c.z != null", "false"), ("c.none = null", "undefined"),
            ("c.none != 1", "undefined"), ("c.none = c.none", "undefined"), ("c.x = undefined", "undefined"),
            ("c.n <> 4", "true"), ("c.t = true", "true"), ("c.s = 'TEXT'", "false"),
            ("c.list = [1, 'two', null]", "true"), ("c.list = [1, 'two']", "false"),
            ("c.o = {'p': {'q': 5}}", "true"), ("{'a': 1, 'b': 2} = {'b': 2, 'a': 1}", "true"),
            ("{'a': 1} = {'a': 1, 'b': 2}", "false"),
            ("c.n < 4", "true"), ("c.n <= 3", "true"), ("c.n > 3", "false"), ("c.n >= 3", "true"),
            ("c.n < '4'", "undefined"), ("c.z < 1", "undefined"), ("c.none < 1", "undefined"), ("'a' < 'b'", "true"),
            ("'B' < 'a'", "true"), ("'ä' > 'z'", "true"), ("false < true", "true"), ("[1] < [2]", "undefined"),
            ("null <= null", "true"),
        ] as [(String, String)])
    func comparing(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("c.n BETWEEN 1 AND 3", "true"), ("c.n BETWEEN 4 AND 5", "false"), ("c.n NOT BETWEEN 4 AND 5", "true"),
            ("c.s BETWEEN 'a' AND 'z'", "true"), ("c.n BETWEEN 'a' AND 'z'", "undefined"),
            ("c.none BETWEEN 1 AND 2", "undefined"), ("c.n BETWEEN 1 AND 2 OR true", "true"),
            ("c.n IN (1, 2, 3)", "true"), ("c.n IN (1, 2)", "false"), ("c.n NOT IN (1, 2)", "true"),
            ("c.n IN ('3')", "false"), ("c.none IN (1)", "undefined"), ("c.z IN (null)", "true"),
            ("c.s LIKE 'te%'", "true"), ("c.s LIKE 'TE%'", "false"), ("c.s NOT LIKE '%x%'", "false"),
            ("c.s LIKE 't_xt'", "true"), ("c.n LIKE '3'", "undefined"), ("'50%' LIKE '50!%' ESCAPE '!'", "true"),
            ("'a_b' LIKE 'a\\\\_b' ESCAPE '\\\\'", "true"),
        ] as [(String, String)])
    func rangesListsAndPatterns(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("1 + 2 * 3 - 4 / 2", "5"), ("(1 + 2) * 3", "9"), ("7 % 4", "3"), ("-7 % 4", "-3"), ("7 % 0", "undefined"),
            ("1 / 0", "undefined"), ("1 + '1'", "undefined"), ("null + 1", "undefined"), ("-c.n", "-3"), ("+c.n", "3"),
            ("-c.s", "undefined"), ("- -c.n", "3"), ("0.1 + 0.2", "0.30000000000000004"), ("1e3", "1000"),
            (".5", "0.5"),
            ("5 & 3", "1"), ("5 | 3", "7"), ("5 ^ 3", "6"), ("~5", "-6"), ("1 << 3", "8"), ("-8 >> 1", "-4"),
            ("1 | 2 ^ 3 & 4", "3"), ("1 + 1 << 2", "8"), ("1 & 'a'", "undefined"),
            ("'a' || 'b' || 'c'", "\"abc\""), ("'a' || 1", "undefined"), ("'a' || c.none", "undefined"),
        ] as [(String, String)])
    func arithmetic(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("c.none ?? 'x'", "\"x\""), ("c.z ?? 'x'", "null"), ("c.none ?? c.no ?? 3", "3"), ("c.n ?? 4", "3"),
            ("c.t ? 'yes' : 'no'", "\"yes\""), ("c.none ? 'yes' : 'no'", "\"no\""), ("c.n ? 'yes' : 'no'", "\"no\""),
            ("c.n > 1 ? c.n < 3 ? 'low' : 'high' : 'none'", "\"high\""), ("c.t ? c.none : 1", "undefined"),
        ] as [(String, String)])
    func conditionals(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("c.o.p.q", "5"), ("c.o['p']['q']", "5"), ("c['o'].p.q", "5"), ("c.o.none.q", "undefined"),
            ("c.list[0]", "1"), ("c.list[2]", "null"), ("c.list[3]", "undefined"), ("c.list[-1]", "undefined"),
            ("c.list['0']", "undefined"), ("c.s.length", "undefined"), ("c['b c']", "\"spaced\""), ("c['order']", "7"),
            ("c.list[c.n - 2]", "\"two\""), ("c.N", "undefined"), ("c.o", #"{"p":{"q":5}}"#),
        ] as [(String, String)])
    func paths(expression: String, expected: String) throws { try check(expression, expected) }

    @Test(
        arguments: [
            ("[1, c.none, 2]", "[1,2]"), ("{'a': c.none, b: 1}", #"{"b":1}"#), ("[]", "[]"), ("{}", "{}"),
            ("{'a': [c.n, {'b': c.z}]}", #"{"a":[3,{"b":null}]}"#), ("[null, undefined]", "[null]"),
            ("undefined", "undefined"), ("null", "null"),
        ] as [(String, String)])
    func undefinedIsLeftOutOfWhatIsMade(expression: String, expected: String) throws {
        try check(expression, expected)
    }

    @Test(
        arguments: [
            #"'it\'s'"#, #""it's""#, #"'it\u0027s'"#,
        ] as [String])
    func quotesAndEscapes(literal: String) throws { try check(literal, "\"it's\"") }

    @Test func escapesOfAllKinds() throws {
        try check(#"'\\ \/ \b \f \n \r \t \" \uD83D\uDE00'"#, #""\\ / \u0008 \u000c \n \r \t \" 😀""#)
    }

    /// Values are data: no text of a parameter or an item becomes part of the query.
    @Test func parametersOfEveryTypeAreTakenAsTheyAre() throws {
        let values: [JSONValue] = [
            1, 1.5, "it's \" \\ -- /* 😀", true, nil, [1, "a"], ["k": ["n": nil]], "@other", "c.id",
        ]
        for value in values {
            #expect(try QueryFixture.value("@p", of: [:], ["@p": value, "@p1": "other"]) == value.text)
        }
        #expect(try QueryFixture.value("[@p, @p1]", of: [:], ["@p": 1, "@p1": 2]) == "[1,2]")
    }

    @Test(
        arguments: [
            ("SELECT * FROM c", #"[{"id":"1"}]"#), ("SELECT VALUE c FROM c", #"[{"id":"1"}]"#),
            ("SELECT c FROM c", #"[{"c":{"id":"1"}}]"#), ("SELECT c.id FROM c", #"[{"id":"1"}]"#),
            ("SELECT c.none FROM c", "[{}]"), ("SELECT VALUE c.none FROM c", "[]"),
            ("SELECT c.id AS name, 1 AS one FROM c", #"[{"name":"1","one":1}]"#),
            ("SELECT 1, 2 FROM c", #"[{"$1":1,"$2":2}]"#), ("SELECT c['id'] FROM c", #"[{"id":"1"}]"#),
            ("SELECT c.id, UPPER('a'), 1 + 1 AS n FROM c", #"[{"id":"1","$1":"A","n":2}]"#),
            ("SELECT 1 AS a", #"[{"a":1}]"#), ("SELECT VALUE 'x'", #"["x"]"#),
            ("select Value root.id From root wHere root.id = '1'", #"["1"]"#),
            ("SELECT VALUE x.id FROM anything x", #"["1"]"#), ("SELECT VALUE x.id FROM anything AS x", #"["1"]"#),
            ("SELECT VALUE c.id -- a remark\nFROM c", #"["1"]"#),
        ] as [(String, String)])
    func selections(query: String, expected: String) throws {
        #expect(JSONValue.array(try QueryFixture.run(query, over: [["id": "1"]])).text == expected)
    }

    @Test(
        arguments: [
            ("c.n > 1", 1), ("c.none > 1", 0), ("c.n", 0), ("'true'", 0), ("null", 0), ("undefined", 0), ("true", 1),
            ("NOT (c.none = 1)", 0), ("NOT IS_DEFINED(c.none)", 1),
        ] as [(String, Int)])
    func whereKeepsWhatIsTrue(condition: String, rows: Int) throws {
        #expect(try QueryFixture.run("SELECT * FROM c WHERE \(condition)", over: [Self.item]).count == rows)
    }
}
