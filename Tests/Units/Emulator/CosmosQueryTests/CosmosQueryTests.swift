import JSONCoding
import Testing

@testable import CosmosQuery

@Suite struct CosmosQueryTests {
    private let items: [JSONValue] = [
        ["id": "1", "n": 3, "s": "b", "tags": ["x", "y"], "o": ["p": 1]], ["id": "2", "n": 1.5, "s": "A", "tags": []],
        ["id": "3", "s": "ü", "n": nil],
        ["id": "4", "n": true],
    ]

    private func run(_ text: String, _ parameters: [String: JSONValue]) throws -> [JSONValue] {
        let query = try QueryParser.parse(text)
        let evaluator = Evaluator(parameters: parameters, now: 0)
        return try evaluator.results(
            of: query, rows: items.flatMap { try evaluator.rows(of: query, in: Scope(item: $0)) })
    }

    @Test(arguments: [
        ("SELECT VALUE c.id FROM c WHERE c.n > 1", "[\"1\",\"2\"]"),
        ("SELECT VALUE c.id FROM c WHERE c.n = null", "[\"3\"]"),
        ("SELECT VALUE c.id FROM c WHERE NOT IS_DEFINED(c.s)", "[\"4\"]"),
        ("SELECT VALUE c.id FROM c ORDER BY c.n", "[\"3\",\"4\",\"2\",\"1\"]"),
        ("SELECT VALUE c.id FROM c ORDER BY c.id DESC OFFSET 1 LIMIT 2", "[\"3\",\"2\"]"),
        ("SELECT TOP 1 c.id, c.n FROM c", "[{\"id\":\"1\",\"n\":3}]"),
        ("SELECT COUNT(1) FROM c", "[{\"$1\":4}]"), ("SELECT VALUE COUNT(1) FROM c WHERE c.n > 100", "[0]"),
        ("SELECT VALUE MAX(c.s) FROM c", "[\"ü\"]"),
        ("SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(c.tags, 'x')", "[\"1\"]"),
        ("SELECT VALUE c.id FROM c WHERE c.o.p = 1 AND c.s IN ('a', 'b')", "[\"1\"]"),
        ("SELECT VALUE c[\"id\"] FROM c WHERE CONTAINS(c.s, 'B', true)", "[\"1\"]"),
        ("SELECT VALUE {'k': c.id} FROM c WHERE c.id = @id", "[{\"k\":\"2\"}]"),
        ("SELECT VALUE c.id FROM c WHERE c.n < 'text'", "[]"),
        ("SELECT VALUE r.n * 2 + 1 FROM root r WHERE r.id = '1'", "[7]"),
        ("SELECT DISTINCT VALUE IS_NUMBER(c.n) FROM c", "[true,false]"),
        ("SELECT VALUE c.id FROM c WHERE c.n BETWEEN 1 AND 2", "[\"2\"]"),
        ("SELECT VALUE c.id FROM c WHERE c.id != '1' AND (c.n = true OR c.n = 1.5)", "[\"2\",\"4\"]"),
    ])
    func answers(query: String, expected: String) throws {
        let rows = try run(query, ["@id": "2"])
        #expect(JSONValue.array(rows).text == expected)
    }

    @Test(arguments: [
        "", "SELEC * FROM c", "SELECT * FROM c WHERE", "SELECT * FROM c ORDER c.x", "SELECT x.id FROM c",
        "SELECT 'abc FROM c", "SELECT VALUE NOSUCH(c.a) FROM c",
        "SELECT * FROM c WHERE c.id = @missing", "SELECT * FROM c OFFSET 1", "SELECT c.n, COUNT(1) FROM c",
    ])
    func refuses(query: String) {
        #expect(throws: QueryError.self) {
            try run(query, [:])
        }
    }

    @Test func boundsTheNestingOfExpressions() {
        let deep = "SELECT * FROM c WHERE " + String(repeating: "(", count: 10_000) + "1"
        #expect(throws: QueryError.self) { try QueryParser.parse(deep) }
    }

    @Test func textOfAParameterIsNeverCode() throws {
        #expect(try run("SELECT VALUE c.id FROM c WHERE c.id = @id", ["@id": "' OR true --"]).isEmpty)
    }

    /// Undefined, null, booleans, numbers, strings, arrays, objects.
    @Test func valuesOfEveryTypeHaveAPlace() {
        let order: [JSONValue?] = [nil, .null, false, true, -1, 0, 1.5, "", "A", "a", "ü", [], [1], ["p": 1]]
        for (place, value) in order.enumerated() {
            for (other, next) in order.enumerated() {
                #expect(ValueOrder.compare(value, next).signum() == (place - other).signum())
            }
        }
    }

    @Test(arguments: [
        ("NOT c.none", "[]"), ("c.none = 1 OR true", "[true]"), ("c.none = 1 AND false", "[false]"),
        ("null = null", "[true]"), ("undefined = undefined", "[]"), ("1 < 'a'", "[]"),
        ("IS_DEFINED(c.none)", "[false]"),
        ("[c.none, 1]", "[[1]]"), ("{a: c.none, b: 1}", "[{\"b\":1}]"), ("c.none ?? 'x'", "[\"x\"]"),
        ("1 / 0", "[]"), ("-(-2)", "[2]"), ("2 + 3 * 4", "[14]"), ("'a' || 'b'", "[\"ab\"]"), ("'\\u00fc'", "[\"ü\"]"),
    ])
    func undefinedIsLeftOut(expression: String, expected: String) throws {
        let rows = try run("SELECT VALUE \(expression) FROM c WHERE c.id = '1'", [:])
        #expect(JSONValue.array(rows).text == expected)
    }

    @Test(arguments: [
        ("a%c", "abc", true), ("a_c", "abc", true), ("a_c", "ac", false), ("[a-c]%", "bx", true),
        ("[^a-c]%", "bx", false),
        ("100!%", "100%", true), ("100!%", "1000", false), ("%", "", true), ("%ab%ab%", "xabyabz", true),
    ])
    func likePatterns(pattern: String, text: String, matches: Bool) {
        #expect(LikePattern(pattern, escape: "!").matches(text) == matches)
    }

    /// A pattern that makes backtracking matchers explode.
    @Test func likeNeverExplodes() {
        let pattern = LikePattern(String(repeating: "%a", count: 200) + "b", escape: nil)
        #expect(!pattern.matches(String(repeating: "a", count: 5000)))
    }

    @Test(arguments: [
        (
            "SELECT * FROM c ORDER BY c.ts DESC",
            "SELECT c._rid, [{\"item\": c.ts}] AS orderByItems, c AS payload FROM c WHERE ({documentdb-formattableorderbyquery-filter}) ORDER BY c.ts DESC"
        ),
        ("SELECT VALUE COUNT(1) FROM c", "SELECT VALUE [{\"item\": COUNT(1)}] FROM c"),
        ("SELECT * FROM c WHERE c.a = 1", ""),
    ])
    func plansAreRewritten(query: String, expected: String) throws {
        let plan = try QueryPlan(try QueryParser.parse(query), parameters: [:]).json(ranges: [])
        let rewritten = try #require(plan["queryInfo"]?["rewrittenQuery"]?.string)
        #expect(
            rewritten
                == expected.replacing("c AS payload FROM c", with: "c AS payload FROM root AS c").replacing(
                    "(1)}] FROM c", with: "(1)}] FROM root AS c"))
    }

    @Test func longChainsNeitherOverflowNorAreRefused() throws {
        let chain = (0..<20_000).map { "c.id = '\($0)'" }.joined(separator: " OR ")
        #expect(try run("SELECT VALUE c.id FROM c WHERE " + chain, [:]) == ["1", "2", "3", "4"])
        for text in ["1" + String(repeating: " + 1", count: 100_000), "c" + String(repeating: ".a", count: 100_000)] {
            #expect(throws: QueryError.self) { try run("SELECT VALUE " + text + " FROM c", [:]) }
        }
    }

    @Test(arguments: [
        "-9223372036854775808", "9223372036854775807 + 1", "-1e308 * 10", "IntDiv(1, 0)", "1 << 40", "5 % 0",
        "INDEX_OF('a', 'a', @large)", "SUBSTRING('a', @large, @large)", "ARRAY_SLICE([1], @large)",
        "RIGHT('a', @large)",
    ])
    func numbersNeverTrap(expression: String) throws {
        _ = try run("SELECT VALUE \(expression) FROM c", ["@large": .int(.max)])
        #expect(ValueOrder.number(-0x1p63) == .double(-0x1p63))
    }
}
