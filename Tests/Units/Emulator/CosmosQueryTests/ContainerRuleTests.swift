import JSONCoding
import Testing

@testable import CosmosQuery

/// What a container's definition adds to its items, and subqueries that are about the whole container.
@Suite struct ContainerRuleTests {
    private func run(
        _ text: String, _ definition: JSONValue, over items: [JSONValue], _ parameters: [String: JSONValue] = [:]
    ) throws -> [JSONValue] {
        let query = try QueryParser.parse(text)
        let evaluator = Evaluator(
            parameters: parameters, now: QueryFixture.now, rules: try ContainerRules(definition: definition))
        return try evaluator.results(of: query, rows: evaluator.rows(of: query, over: items))
    }

    // MARK: - Computed properties

    private static let computed: JSONValue = [
        "computedProperties": [
            ["name": "cp_upper", "query": "SELECT VALUE UPPER(c.name) FROM c"],
            ["name": "shadow", "query": "SELECT VALUE p.a * 2 FROM products p"],
            ["name": "parts", "query": "SELECT VALUE StringSplit(c.name, '-') FROM c"],
        ]
    ]
    private static let items: [JSONValue] = [
        ["id": "0", "name": "a-b", "a": 1, "shadow": "own"], ["id": "1", "name": "B", "a": 2], ["id": "2"],
    ]

    @Test(
        arguments: [
            ("SELECT VALUE c.cp_upper FROM c", #"["A-B","B"]"#),
            ("SELECT VALUE root.cp_upper FROM root", #"["A-B","B"]"#),
            ("SELECT VALUE x.cp_upper FROM c AS x WHERE x['cp_upper'] = 'B'", #"["B"]"#),
            ("SELECT VALUE c[@name] FROM c WHERE c.id = '1'", #"["B"]"#),
            (
                "SELECT c.id, c.cp_upper FROM c ORDER BY c.cp_upper DESC",
                """
                [{"id":"1","cp_upper":"B"},{"id":"0","cp_upper":"A-B"},{"id":"2"}]
                """
            ),
            ("SELECT VALUE c.shadow FROM c", "[2,4]"),
            ("SELECT VALUE p FROM p IN c.parts", #"["a","b","B"]"#),
            ("SELECT VALUE p FROM c JOIN p IN c.parts WHERE c.id = '0'", #"["a","b"]"#),
            ("SELECT VALUE COUNT(1) FROM c GROUP BY c.cp_upper", "[1,1,1]"),
            ("SELECT VALUE EXISTS(SELECT VALUE p FROM p IN c.parts) FROM c", "[true,true,false]"),
            // Items as they are have none, and their parts neither.
            ("SELECT * FROM c WHERE c.id = '2'", #"[{"id":"2"}]"#),
            ("SELECT VALUE {c: c}.c.cp_upper FROM c", "[]"),
        ] as [(String, String)])
    func computedPropertiesAreLikeOthers(text: String, expected: String) throws {
        let found = try run(text, Self.computed, over: Self.items, ["@name": "cp_upper"])
        #expect(JSONValue.array(found).text == expected, "\(text)")
    }

    @Test(
        arguments: [
            "SELECT VALUE c.a FROM c WHERE c.a > 1", "SELECT c.a FROM c", "SELECT * FROM c", "SELECT VALUE 1",
            "SELECT VALUE t FROM c JOIN t IN c.tags", "SELECT VALUE t FROM t IN c.tags",
            "SELECT TOP 1 VALUE c.a FROM c",
            "SELECT DISTINCT VALUE c.a FROM c", "SELECT VALUE c.a FROM c ORDER BY c.a", "SELECT VALUE COUNT(1) FROM c",
            "SELECT VALUE c.a FROM c OFFSET 0 LIMIT 1", "SELECT VALUE c.a FROM c GROUP BY c.a",
            "SELECT VALUE (SELECT VALUE 1) FROM c", "SELECT VALUE RAND() FROM c", "SELECT VALUE NOW() FROM c",
            "SELECT VALUE GetCurrentTicksStatic() FROM c", "SELECT VALUE NOSUCH(c.a) FROM c", "nonsense",
        ] as [String])
    func otherDefinitionsAreRefused(text: String) {
        let definition: JSONValue = ["computedProperties": [["name": "x", "query": .string(text)]]]
        #expect(throws: QueryError.self, "\(text)") { try ContainerRules(definition: definition) }
    }

    @Test(
        arguments: [
            #"[{"name":"id","query":"SELECT VALUE 1 FROM c"}]"#, #"[{"name":"","query":"SELECT VALUE 1 FROM c"}]"#,
            #"[{"name":"x","query":"SELECT VALUE 1 FROM c"},{"name":"x","query":"SELECT VALUE 2 FROM c"}]"#,
            #"[{"name":"x"}]"#, #"[{"query":"SELECT VALUE 1 FROM c"}]"#, #"{"name":"x"}"#, "[1]",
        ] as [String])
    func namesAreUniqueAndNotReserved(list: String) throws {
        let definition: JSONValue = ["computedProperties": try QueryFixture.json(list)]
        #expect(throws: QueryError.self, "\(list)") { try ContainerRules(definition: definition) }
    }

    // MARK: - Vectors

    private static func policy(_ name: String) -> JSONValue {
        [
            "vectorEmbeddingPolicy": [
                "vectorEmbeddings": [
                    ["path": "/v", "dataType": "float32", "distanceFunction": .string(name), "dimensions": 2],
                    ["path": "/in/w", "dataType": "float32", "distanceFunction": .string(name), "dimensions": 2],
                ]
            ]
        ]
    }

    private static let vectors: [JSONValue] = [
        ["id": "short", "v": [1, 0], "in": ["w": [1, 0]]], ["id": "long", "v": [10, 1], "in": ["w": [10, 1]]],
        ["id": "off", "v": [0, 2], "in": ["w": [0, 2]]], ["id": "other", "v": [1, 0, 0]], ["id": "none"],
        ["id": "text", "v": "vector"],
    ]

    @Test(
        arguments: [
            ("cosine", ["short", "long", "off"]), ("dotproduct", ["long", "short", "off"]),
            ("euclidean", ["short", "off", "long"]),
        ] as [(String, [String])])
    func distancesAreOfTheContainersMeasure(name: String, order: [String]) throws {
        for path in ["c.v", "c.in.w", "c['in']['w']"] {
            for call in ["VectorDistance(\(path), [1, 0])", "VectorDistance([1, 0], \(path), true)"] {
                let found = try run(
                    "SELECT VALUE c.id FROM c ORDER BY \(call)", Self.policy(name), over: Self.vectors)
                #expect(found == order.map { .string($0) }, "\(name) \(call)")
            }
        }
        let options = "{distanceFunction: '\(name)'}"
        let asked = try run(
            "SELECT VALUE c.id FROM c ORDER BY VectorDistance(c.v, [1, 0], false, \(options))", Self.policy("cosine"),
            over: Self.vectors)
        #expect(asked == order.map { .string($0) })
        let plan = try QueryPlan(
            try QueryParser.parse("SELECT TOP 3 c.id FROM c ORDER BY VectorDistance(c.v, [1, 0])"), parameters: [:],
            rules: ContainerRules(definition: Self.policy(name)))
        let expected: JSONValue = name == "euclidean" ? ["Ascending"] : ["Descending"]
        #expect(try plan.json(ranges: [])["queryInfo"]?["orderBy"] == expected)
    }

    @Test func vectorsOfAnotherDimensionHaveNoDistance() throws {
        let found = try run(
            "SELECT VALUE VectorDistance(c.v, [1, 0, 0]) FROM c", Self.policy("dotproduct"), over: Self.vectors)
        #expect(found.isEmpty)
        // A container without a policy says nothing about dimensions.
        #expect(try run("SELECT VALUE VectorDistance(c.v, [1, 0, 0]) FROM c", [:], over: Self.vectors) == [1])
    }

    @Test(
        arguments: [
            #"{"path":"v","dataType":"float32","distanceFunction":"cosine","dimensions":2}"#,
            #"{"path":"/v","dataType":"float32","distanceFunction":"manhattan","dimensions":2}"#,
            #"{"path":"/v","dataType":"float64","distanceFunction":"cosine","dimensions":2}"#,
            #"{"path":"/v","dataType":"float32","distanceFunction":"cosine","dimensions":0}"#,
            #"{"path":"/v","dataType":"float32","distanceFunction":"cosine"}"#,
        ] as [String])
    func otherVectorPoliciesAreRefused(entry: String) throws {
        let definition: JSONValue = [
            "vectorEmbeddingPolicy": ["vectorEmbeddings": [try QueryFixture.json(entry)]]
        ]
        #expect(throws: QueryError.self, "\(entry)") { try ContainerRules(definition: definition) }
    }

    // MARK: - Subqueries in FROM

    private static let shop: [JSONValue] = [
        ["id": "1", "kind": "a", "tags": ["x", "y"]], ["id": "2", "kind": "a", "tags": ["y"]],
        ["id": "3", "kind": "b", "tags": []],
    ]

    @Test(
        arguments: [
            ("SELECT VALUE COUNT(1) FROM (SELECT DISTINCT VALUE c.kind FROM c)", "[2]"),
            ("SELECT COUNT(1) AS n FROM (SELECT DISTINCT c.kind FROM c) AS k", #"[{"n":2}]"#),
            ("SELECT VALUE k FROM (SELECT DISTINCT VALUE c.kind FROM c) AS k", #"["a","b"]"#),
            ("SELECT * FROM (SELECT c.id FROM c ORDER BY c.id DESC OFFSET 0 LIMIT 2) s", #"[{"id":"3"},{"id":"2"}]"#),
            ("SELECT VALUE s.n FROM (SELECT VALUE {n: COUNT(1)} FROM c) AS s", "[3]"),
            ("SELECT VALUE MAX(s.n) FROM (SELECT c.kind, COUNT(1) AS n FROM c GROUP BY c.kind) s", "[2]"),
            ("SELECT VALUE t FROM (SELECT TOP 1 * FROM c) AS i JOIN t IN i.tags", #"["x","y"]"#),
            ("SELECT VALUE i.id FROM (SELECT VALUE c FROM c) AS i WHERE i.kind = 'b'", #"["3"]"#),
            ("SELECT VALUE t FROM t IN (SELECT VALUE c.tags FROM c)", #"["x","y","y"]"#),
            ("SELECT VALUE COUNT(1) FROM (SELECT VALUE t FROM t IN (SELECT VALUE c.tags FROM c))", "[3]"),
            // In JOIN they are about one item, and IN goes through the lists that they give.
            ("SELECT VALUE COUNT(1) FROM c JOIN (SELECT VALUE t FROM t IN c.tags WHERE t = 'y')", "[2]"),
            ("SELECT VALUE n FROM c JOIN (SELECT VALUE COUNT(1) FROM t IN c.tags) AS n", "[2,1,0]"),
            (
                "SELECT c.id, m.name FROM c JOIN m IN (SELECT VALUE [{kind: 'b', name: 'B'}]) WHERE m.kind = c.kind",
                #"[{"id":"3","name":"B"}]"#
            ),
            ("SELECT VALUE t FROM c JOIN t IN (SELECT VALUE x FROM x IN c.tags)", #"["x","y","y"]"#),
        ] as [(String, String)])
    func subqueriesMayBegin(text: String, expected: String) throws {
        #expect(JSONValue.array(try run(text, [:], over: Self.shop)).text == expected, "\(text)")
        // What is sent to a range means the same.
        let again = try QueryParser.parse(text).text
        #expect(JSONValue.array(try run(again, [:], over: Self.shop)).text == expected, "\(again)")
    }

    @Test func clientsCannotMergeWhatASubqueryCounts() throws {
        func canBeMerged(_ text: String) throws -> Bool {
            QueryPlan(try QueryParser.parse(text), parameters: [:]).canBeMerged
        }
        #expect(try canBeMerged("SELECT VALUE s FROM (SELECT VALUE c.a FROM c WHERE c.b) AS s"))
        #expect(try !canBeMerged("SELECT VALUE COUNT(1) FROM (SELECT DISTINCT VALUE c.a FROM c)"))
        #expect(try !canBeMerged("SELECT VALUE s FROM (SELECT VALUE t FROM (SELECT TOP 1 * FROM c) AS t) AS s"))
        #expect(try canBeMerged("SELECT VALUE s FROM c JOIN (SELECT DISTINCT VALUE t FROM t IN c.a) AS s"))
    }

    // MARK: - Members

    @Test(
        arguments: [
            ("SELECT * FROM c WHERE c.a = c.b.x", ["a", "b"], nil), ("SELECT VALUE c.a FROM c", [], ["a"]),
            ("SELECT VALUE c FROM c", [], nil),
            ("SELECT x.b FROM c AS x WHERE x['d'] = 1 ORDER BY x.e", ["d", "e"], ["b", "d", "e"]),
            ("SELECT VALUE t FROM t IN c.tags", ["tags"], ["tags"]),
            ("SELECT VALUE COUNT(1) FROM c", [], []), ("SELECT VALUE COUNT(c) FROM c", [], nil),
            ("SELECT VALUE c[@p] FROM c", [], nil), ("SELECT VALUE 1 FROM c WHERE IS_DEFINED(c)", nil, nil),
            ("SELECT VALUE EXISTS(SELECT VALUE t FROM t IN c.l WHERE t = c.m) FROM c", [], ["l", "m"]),
            ("SELECT VALUE (SELECT VALUE c.z FROM c) FROM c", [], ["z"]),
            ("SELECT VALUE s.a FROM (SELECT VALUE c FROM c) AS s", nil, nil),
            ("SELECT VALUE c FROM c JOIN c IN c.list", ["list"], ["list"]),
        ] as [(String, [String]?, [String]?)])
    func queriesSayWhichMembersTheyTake(text: String, finding: [String]?, all: [String]?) throws {
        let query = try QueryParser.parse(text)
        #expect(query.members(ContainerRules(), withSelection: false) == finding.map(Set.init), "\(text)")
        #expect(query.members(ContainerRules(), withSelection: true) == all.map(Set.init), "\(text)")
    }
}
