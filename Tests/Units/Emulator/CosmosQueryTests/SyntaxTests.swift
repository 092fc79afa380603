import JSONCoding
import Testing

@testable import CosmosQuery

/// What is no query, and where it says so.
@Suite struct SyntaxTests {
    @Test(
        arguments: [
            "", "   ", "SELECT", "SELECT FROM c", "SELECT * FROM", "SELECT * c", "SELECT * FROM c c2 c3",
            "SELECT *, c.id FROM c",
            "SELECT c. FROM c", "SELECT c.1 FROM c", "SELECT c[ FROM c", "SELECT c['a' FROM c", "SELECT c['a'b] FROM c",
            "SELECT VALUE FROM c", "SELECT VALUE c.id, c.n FROM c", "SELECT c.id AS FROM c", "SELECT c.id c.n FROM c",
            "SELECT * FROM c WHERE", "SELECT * FROM c WHERE AND", "SELECT * FROM c WHERE c.a =",
            "SELECT * FROM c WHERE = 1",
            "SELECT * FROM c WHERE c.a == 1", "SELECT * FROM c WHERE c.a IN ()x", "SELECT * FROM c WHERE c.a IN 1",
            "SELECT * FROM c WHERE c.a BETWEEN 1", "SELECT * FROM c WHERE c.a BETWEEN 1 OR 2",
            "SELECT * FROM c WHERE (c.a = 1",
            "SELECT * FROM c WHERE c.a = 1)", "SELECT * FROM c WHERE c.a NOT 1", "SELECT * FROM c WHERE c.a ? 1",
            "SELECT * FROM c GROUP c.a", "SELECT * FROM c ORDER BY", "SELECT * FROM c ORDER BY c.a UP",
            "SELECT * FROM c OFFSET 1", "SELECT * FROM c LIMIT 1", "SELECT * FROM c OFFSET 1 LIMIT",
            "SELECT TOP * FROM c",
            "SELECT TOP c.n * FROM c", "SELECT TOP -1 * FROM c", "SELECT * FROM c JOIN", "SELECT * FROM c JOIN t IN",
            "SELECT VALUE {a 1} FROM c", "SELECT VALUE {1: 2} FROM c", "SELECT VALUE [1, FROM c",
            "SELECT VALUE ABS(1 FROM c",
            "SELECT 'abc FROM c", "SELECT \"abc FROM c", "SELECT '\\x' FROM c", "SELECT '\\u12' FROM c",
            "SELECT 1.2.3 FROM c",
            "SELECT 1e FROM c", "SELECT # FROM c", "SELECT c.a; FROM c", "DELETE FROM c",
            "SELECT * FROM c; SELECT * FROM c",
            "UPDATE c SET c.a = 1", "SELECT * FROM c HAVING COUNT(1) > 1", "SELECT * FROM (SELECT * FROM c",
            "SELECT VALUE EXISTS(SELECT FROM c) FROM c",
        ] as [String])
    func isNoQuery(text: String) {
        #expect(QueryFixture.error(text) != nil, "\(text)")
    }

    @Test(
        arguments: [
            ("SELECT x.id FROM c", "SC2001"), ("SELECT c.id FROM c WHERE d.id = 1", "SC2001"),
            ("SELECT VALUE t FROM c JOIN t IN d.tags", "SC2001"), ("SELECT id FROM c", "SC2001"),
            ("SELECT VALUE NOSUCH(c.a) FROM c", "SC2005"), ("SELECT VALUE udf.mine(c.a) FROM c", "SC2001"),
            ("SELECT * FROM c JOIN t IN c.tags", "SC2040"), ("SELECT c.id, c.id FROM c", "SC2041"),
            ("SELECT c.a AS x, c.b AS x FROM c", "SC2041"), ("SELECT VALUE COUNT(1, 2) FROM c", "SC2006"),
            ("SELECT * FROM c WHERE COUNT(1) > 1", "SC2006"), ("SELECT c.id, COUNT(1) FROM c", "SC2103"),
            ("SELECT c.a, COUNT(1) FROM c GROUP BY c.b", "SC2103"), ("SELECT * FROM c GROUP BY c.a", "SC2103"),
            ("SELECT c.a FROM c GROUP BY c.a ORDER BY c.a", "SC2204"), ("SELECT VALUE @p FROM c", "SC1010"),
            ("SELECT * FROM c WHERE c.a = @missing", "SC1010"), ("SELECT TOP @p * FROM c", "SC1010"),
            ("SELECT TOP 1.5 * FROM c", "SC1010"), ("SELECT * FROM c OFFSET 99999999999 LIMIT 1", "SC1010"),
        ] as [(String, String)])
    func namesAndCountsThatAreWrong(text: String, code: String) {
        #expect(QueryFixture.error(text)?.code == code, "\(text)")
    }

    @Test(
        arguments: [
            ("SELECT * FROM c WHERE", 21..<21), ("SELECT * FRUM c", 9..<13),
            ("SELECT * FROM c WHERE c.a ==", 27..<28),
            ("SELECT # FROM c", 7..<8),
        ] as [(String, Range<Int>)])
    func saysWhere(text: String, range: Range<Int>) {
        #expect(QueryFixture.error(text)?.location == range, "\(text)")
    }

    @Test func namesWhatItMet() {
        #expect(
            QueryFixture.error("SELECT * FRUM c")?.message == "Syntax error, incorrect syntax near 'FRUM'.")
        #expect(QueryFixture.error("SELECT * FROM c WHERE")?.message.contains("end of the query") == true)
    }

    @Test func textsOfHalfAMegabyteAreTheLargest() {
        let text = "SELECT VALUE 1 FROM c"
        let limit = 512 * 1024
        #expect(QueryFixture.error(text + String(repeating: " ", count: limit - text.utf8.count)) == nil)
        #expect(QueryFixture.error(text + String(repeating: " ", count: limit - text.utf8.count + 1)) != nil)
    }

    @Test func tenJoinsAreTheMost() {
        func query(_ joins: Int) -> String {
            "SELECT VALUE 1 FROM c" + (0..<joins).map { " JOIN t\($0) IN c.tags" }.joined()
        }
        #expect(QueryFixture.error(query(10)) == nil)
        #expect(QueryFixture.error(query(11))?.code == "SC3020")
    }

    /// Deep nesting of every kind ends in an error, not in the end of the stack.
    @Test(arguments: ["(", "[", "{'a': ", "NOT ", "- ", "ABS(", "(SELECT VALUE "] as [String])
    func nestingIsBounded(part: String) {
        for depth in [10, 5_000] {
            let closing = part.contains("(") ? ")" : part == "[" ? "]" : part.hasPrefix("{") ? "}" : ""
            let text =
                "SELECT VALUE " + String(repeating: part, count: depth) + "1" + String(repeating: closing, count: depth)
                + " FROM c"
            #expect((QueryFixture.error(text) == nil) == (depth == 10), "\(part) \(depth)")
        }
    }

    @Test(
        arguments: [
            "SELECT VALUE c[\"order\"] FROM c", "SELECT VALUE c.from FROM c", "SELECT c.value, c.group FROM c",
            "SELECT * FROM c WHERE c.a=1AND c.b=2", "SELECT*FROM c", "SELECT\n*\tFROM\r\nc",
            "SELECT VALUE 'FROM' FROM c",
            "SELECT VALUE (c.a) FROM c", "SELECT * FROM c ORDER BY c.a, c.b DESC, c.d ASC",
            "SELECT VALUE {\"a\": 1, b: [2]} FROM c", "SELECT VALUE x FROM (SELECT VALUE 1) AS x",
            "SELECT VALUE ünï.a FROM ünï",
            "SELECT VALUE 1e+10 FROM c", "SELECT VALUE true ? 1 : 2 FROM c",
            "SELECT TOP 10 c.id FROM c WHERE c.x LIKE 'a%'",
        ] as [String])
    func isAQuery(text: String) {
        #expect(QueryFixture.error(text) == nil, "\(text)")
    }

    @Test func conditionsOfPatchesAreQueriesWithoutASelection() throws {
        let condition = try QueryParser.parseCondition("FROM c WHERE c.status = 'open'")
        let evaluator = Evaluator(parameters: [:], now: 0)
        #expect(try evaluator.results(of: condition, in: Scope(item: ["status": "open"])) == [true])
        #expect(try evaluator.results(of: condition, in: Scope(item: ["status": "shut"])).isEmpty)
        #expect(throws: QueryError.self) { try QueryParser.parseCondition("WHERE c.status = 'open' OR") }
    }
}
