import JSONCoding
import Testing

@testable import CosmosQuery

/// Query plans as the SDKs' own baseline tests have them: what clients do for each kind of query, and the text that goes to
/// each range.
@Suite struct PlanTests {
    private static let filter = "({documentdb-formattableorderbyquery-filter})"

    private func info(_ text: String, _ parameters: [String: JSONValue] = [:]) throws -> JSONValue {
        let plan = try QueryPlan(try QueryParser.parse(text), parameters: parameters).json(ranges: [
            ["min": "", "max": "FF"]
        ])
        #expect(plan["partitionedQueryExecutionInfoVersion"] == 2)
        #expect(plan["queryRanges"] == [["min": "", "max": "FF"]])
        return try #require(plan["queryInfo"])
    }

    @Test(
        arguments: [
            "SELECT * FROM c", "SELECT c.id FROM c WHERE c.a = 1",
            "SELECT VALUE c.a FROM c JOIN t IN c.tags WHERE t = 'x'",
        ] as [String])
    func plainQueriesAreSentAsTheyAre(text: String) throws {
        let query = try QueryParser.parse(text)
        #expect(!QueryPlan(query, parameters: [:]).needsMerging)
        let info = try info(text)
        #expect(info["rewrittenQuery"] == "" && info["distinctType"] == "None" && info["top"] == .null)
        #expect(info["orderBy"] == [] && info["aggregates"] == [] && info["groupByExpressions"] == [])
    }

    @Test(
        arguments: [
            "SELECT * FROM c ORDER BY c.a", "SELECT TOP 1 * FROM c", "SELECT DISTINCT c.a FROM c",
            "SELECT * FROM c OFFSET 1 LIMIT 1", "SELECT VALUE COUNT(1) FROM c", "SELECT c.a FROM c GROUP BY c.a",
        ] as [String])
    func theseNeedMerging(text: String) throws {
        #expect(QueryPlan(try QueryParser.parse(text), parameters: [:]).needsMerging)
    }

    @Test func orderIsMergedByItsItems() throws {
        let info = try info("SELECT c.id FROM c WHERE c.a = 1 ORDER BY c.ts DESC, c.id")
        #expect(info["orderBy"] == ["Descending", "Ascending"])
        #expect(info["orderByExpressions"] == ["c.ts", "c.id"])
        let rewritten = try #require(info["rewrittenQuery"]?.string)
        #expect(rewritten.hasPrefix("SELECT c._rid, [{\"item\": c.ts}, {\"item\": c.id}] AS orderByItems, "))
        #expect(rewritten.contains("WHERE \(Self.filter) AND (c.a = 1)"))
        #expect(rewritten.hasSuffix("ORDER BY c.ts DESC, c.id ASC"))
    }

    /// A rewritten query has to run here, once the client has put its filter in the placeholder's place.
    @Test func rewrittenQueriesRun() throws {
        let items: [JSONValue] = [
            ["_rid": "r1", "id": "1", "n": 2, "k": "a"], ["_rid": "r2", "id": "2", "n": 1, "k": "b"],
        ]
        func rewritten(_ text: String) throws -> JSONValue {
            let query = try #require(try info(text)["rewrittenQuery"]?.string)
            return .array(
                try QueryFixture.run(
                    query.replacing("{documentdb-formattableorderbyquery-filter}", with: "true"), over: items))
        }
        #expect(
            try rewritten("SELECT VALUE c.id FROM c ORDER BY c.n").text
                == #"[{"_rid":"r2","orderByItems":[{"item":1}],"payload":"2"},{"_rid":"r1","orderByItems":[{"item":2}],"payload":"1"}]"#
        )
        #expect(try rewritten("SELECT VALUE COUNT(1) FROM c").text == #"[[{"item":2}]]"#)
        #expect(try rewritten("SELECT VALUE AVG(c.n) FROM c").text == #"[[{"item":{"sum":3,"count":2}}]]"#)
        #expect(try rewritten("SELECT VALUE MIN(c.n) FROM c").text == #"[[{"item":1,"item2":{"min":1,"count":2}}]]"#)
        #expect(try rewritten("SELECT VALUE MAX(c.n) FROM c").text == #"[[{"item":2,"item2":{"max":2,"count":2}}]]"#)
        #expect(
            try rewritten("SELECT c.k, COUNT(1) AS n FROM c GROUP BY c.k").text
                == #"[{"groupByItems":[{"item":"a"}],"payload":{"k":"a","n":{"item":1}}},{"groupByItems":[{"item":"b"}],"payload":{"k":"b","n":{"item":1}}}]"#
        )
        #expect(try rewritten("SELECT COUNT(1) FROM c").text == #"[{"payload":{"$1":{"item":2}}}]"#)
        #expect(try rewritten("SELECT VALUE c.id FROM c OFFSET 1 LIMIT 1").text == #"["1","2"]"#)
    }

    @Test(
        arguments: [
            ("SELECT VALUE COUNT(1) FROM c", "Count"), ("SELECT VALUE SUM(c.a) FROM c", "Sum"),
            ("SELECT VALUE AVG(c.a) FROM c", "Average"), ("SELECT VALUE MIN(c.a) FROM c", "Min"),
            ("SELECT VALUE MAX(c.a) FROM c", "Max"), ("SELECT VALUE COUNTIF(c.a) FROM c", "CountIf"),
        ] as [(String, String)])
    func aggregatesAreNamed(text: String, name: String) throws {
        let info = try info(text)
        #expect(info["aggregates"] == [.string(name)] && info["hasSelectValue"] == true)
    }

    @Test func namedAggregatesOfGroupsAreListed() throws {
        let info = try info("SELECT c.k, COUNT(1) AS n, MAX(c.a) AS m FROM c GROUP BY c.k")
        #expect(info["groupByExpressions"] == ["c.k"])
        #expect(info["groupByAliasToAggregateType"]?["n"] == "Count")
        #expect(info["groupByAliasToAggregateType"]?["m"] == "Max")
        #expect(info["aggregates"] == [] && info["hasSelectValue"] == false)
    }

    @Test func windowsAreWidened() throws {
        let info = try info("SELECT * FROM c ORDER BY c.a OFFSET @o LIMIT @l", ["@o": 5, "@l": 10])
        #expect(info["offset"] == 5 && info["limit"] == 10)
        #expect(info["rewrittenQuery"]?.string?.hasSuffix("OFFSET 0 LIMIT 15") == true)
        let plain = try self.info("SELECT * FROM c OFFSET 5 LIMIT 10")
        #expect(plain["rewrittenQuery"]?.string?.hasSuffix("OFFSET 0 LIMIT 15") == true)
    }

    @Test func topStaysInTheQuery() throws {
        let info = try info("SELECT TOP @n * FROM c", ["@n": 7])
        #expect(info["top"] == 7 && info["rewrittenQuery"] == "")
    }

    @Test func distinctSaysWhetherItIsOrdered() throws {
        #expect(try info("SELECT DISTINCT VALUE c.a FROM c")["distinctType"] == "Unordered")
        #expect(try info("SELECT DISTINCT VALUE c.a FROM c ORDER BY c.a")["distinctType"] == "Ordered")
    }

    @Test func vectorsAreOrderedWithoutStreaming() throws {
        let info = try info("SELECT TOP 3 c.id FROM c ORDER BY VectorDistance(c.v, [1, 2])")
        #expect(info["hasNonStreamingOrderBy"] == true && info["top"] == 3)
        #expect(info["rewrittenQuery"]?.string?.hasSuffix("ORDER BY VECTORDISTANCE(c.v, [1, 2])") == true)
    }

    /// Every construct is written so that reading it again gives the same expression.
    @Test(
        arguments: [
            "c.a", "c['b c']", "c['order']", "c.list[0]", "c[c.k]", "(c.a + 1) * 2", "-c.a", "NOT c.a",
            "c.a IN (1, 'x')",
            "c.a NOT IN (1)", "c.a BETWEEN 1 AND 2", "c.a NOT BETWEEN 1 AND 2", "c.a LIKE 'x%'",
            "c.a NOT LIKE 'x' ESCAPE '!'",
            "c.a ? 1 : 2", "c.a ?? 1", "UPPER(c.a)", "{'k': c.a, 'l m': [1, null, true]}", "undefined", "@p",
            "'it\\'s \\\\ \\n ü'",
            "EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t = 1)",
            "ARRAY(SELECT DISTINCT TOP 3 VALUE t FROM t IN c.tags)",
            "(SELECT VALUE COUNT(1) FROM t IN c.tags)", "c.a & 1 | 2 ^ 3", "c.a || 'x'", "1.5e-7", "~c.a",
        ] as [String])
    func expressionsSurviveBeingWritten(text: String) throws {
        func expression(_ text: String) throws -> Expression {
            try #require(try QueryParser.parse("SELECT VALUE \(text) FROM c").selected.first)
        }
        let first = try expression(text)
        #expect(try expression(first.text) == first, "\(first.text)")
    }
}
