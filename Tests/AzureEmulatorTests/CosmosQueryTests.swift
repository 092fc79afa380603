import JSONCoding
import Testing

@testable import AzureEmulator

@Suite struct CosmosQueryTests {
    private let items: [JSONValue] = [
        ["id": "1", "n": 3, "s": "b", "tags": ["x", "y"], "o": ["p": 1]], ["id": "2", "n": 1.5, "s": "A", "tags": []],
        ["id": "3", "s": "ü", "n": nil],
        ["id": "4", "n": true],
    ]

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
        let rows = try CosmosEvaluator(query: try CosmosParser.parse(query), parameters: ["@id": "2"]).run(items)
        #expect(JSONValue.array(rows).text == expected)
    }

    @Test(arguments: [
        "", "SELEC * FROM c", "SELECT * FROM c WHERE", "SELECT * FROM c ORDER c.x", "SELECT x.id FROM c",
        "SELECT 'abc FROM c", "SELECT VALUE NOSUCH(c.a) FROM c",
        "SELECT * FROM c WHERE c.id = @missing", "SELECT * FROM c OFFSET 1", "SELECT c.n, COUNT(1) FROM c",
    ])
    func refuses(query: String) {
        #expect(throws: CosmosSyntaxError.self) {
            try CosmosEvaluator(query: try CosmosParser.parse(query), parameters: [:]).run(items)
        }
    }

    @Test func boundsTheNestingOfExpressions() {
        let deep = "SELECT * FROM c WHERE " + String(repeating: "(", count: 10_000) + "1"
        #expect(throws: CosmosSyntaxError.self) { try CosmosParser.parse(deep) }
    }

    @Test func textOfAParameterIsNeverCode() throws {
        let query = try CosmosParser.parse("SELECT VALUE c.id FROM c WHERE c.id = @id")
        #expect(try CosmosEvaluator(query: query, parameters: ["@id": "' OR true --"]).run(items).isEmpty)
    }
}
