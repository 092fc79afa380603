import JSONCoding
import Testing

@testable import CosmosQuery

/// What becomes of many rows: joins, subqueries, groups, aggregates, order, windows.
@Suite struct RowsTests {
    private static let chats: [JSONValue] = [
        [
            "id": "a", "user": "ann", "n": 2, "tags": ["x", "y"],
            "messages": [["t": "hi", "parts": [1, 2]], ["t": "yo", "parts": [3]]],
        ],
        ["id": "b", "user": "bob", "n": 1, "tags": ["y"], "messages": []],
        ["id": "c", "user": "ann", "n": 3, "tags": []], ["id": "d", "n": "many"],
    ]

    private func rows(_ query: String, over items: [JSONValue] = chats) throws -> String {
        JSONValue.array(try QueryFixture.run(query, over: items)).text
    }

    @Test(
        arguments: [
            ("SELECT VALUE t FROM c JOIN t IN c.tags", #"["x","y","y"]"#),
            ("SELECT c.id, t FROM c JOIN t IN c.tags WHERE t = 'y'", #"[{"id":"a","t":"y"},{"id":"b","t":"y"}]"#),
            ("SELECT VALUE p FROM c JOIN m IN c.messages JOIN p IN m.parts", "[1,2,3]"),
            (
                "SELECT VALUE [t, m.t] FROM c JOIN t IN c.tags JOIN m IN c.messages",
                #"[["x","hi"],["x","yo"],["y","hi"],["y","yo"]]"#
            ),
            ("SELECT VALUE m.t FROM m IN c.messages", #"["hi","yo"]"#),
            ("SELECT VALUE p FROM p IN c.messages[0].parts", "[1,2]"),
            ("SELECT VALUE x FROM c.tags x", #"[["x","y"],["y"],[]]"#),
            ("SELECT VALUE s FROM c JOIN (SELECT VALUE t FROM t IN c.tags WHERE t = 'x') AS s", #"["x"]"#),
            ("SELECT VALUE t FROM c JOIN t IN (SELECT VALUE u FROM u IN c.tags)", #"["x","y","y"]"#),
            ("SELECT VALUE q.k FROM (SELECT VALUE {'k': c.id} FROM c) AS q WHERE q.k > 'b'", #"["c","d"]"#),
        ] as [(String, String)])
    func joins(query: String, expected: String) throws { #expect(try rows(query) == expected) }

    @Test(
        arguments: [
            ("SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t = 'y')", #"["a","b"]"#),
            ("SELECT VALUE c.id FROM c WHERE NOT EXISTS(SELECT VALUE t FROM t IN c.tags)", #"["c","d"]"#),
            (
                "SELECT VALUE ARRAY(SELECT VALUE UPPER(t) FROM t IN c.tags) FROM c WHERE c.id < 'c'",
                #"[["X","Y"],["Y"]]"#
            ),
            (
                "SELECT c.id, (SELECT VALUE COUNT(1) FROM t IN c.tags) AS n FROM c WHERE c.user = 'ann'",
                #"[{"id":"a","n":2},{"id":"c","n":0}]"#
            ),
            ("SELECT VALUE (SELECT VALUE MAX(p) FROM m IN c.messages JOIN p IN m.parts) FROM c", "[3]"),
            ("SELECT VALUE (SELECT c.id) FROM c WHERE c.id = 'a'", #"[{"id":"a"}]"#),
        ] as [(String, String)])
    func subqueries(query: String, expected: String) throws { #expect(try rows(query) == expected) }

    @Test(
        arguments: [
            ("COUNT(1)", "[4]"), ("COUNT(c.user)", "[3]"), ("COUNT(c.none)", "[0]"), ("COUNTIF(c.user = 'ann')", "[2]"),
            ("SUM(c.none)", "[0]"), ("SUM(c.n)", "[]"), ("AVG(c.n)", "[]"), ("AVG(c.none)", "[]"),
            ("MIN(c.id)", #"["a"]"#), ("MAX(c.id)", #"["d"]"#), ("MIN(c.none)", "[]"), ("MAX(c.n)", #"["many"]"#),
            ("MIN(c.n)", "[1]"), ("COUNT(1) + 1", "[5]"),
            ("{'n': COUNT(1), 'max': MAX(c.id)}", #"[{"n":4,"max":"d"}]"#),
            ("[MIN(c.id), MAX(c.id)]", #"[["a","d"]]"#),
        ] as [(String, String)])
    func aggregates(expression: String, expected: String) throws {
        #expect(try rows("SELECT VALUE \(expression) FROM c") == expected)
    }

    @Test(
        arguments: [
            ("SELECT VALUE SUM(c.n) FROM c WHERE IS_NUMBER(c.n)", "[6]"),
            ("SELECT VALUE AVG(c.n) FROM c WHERE IS_NUMBER(c.n)", "[2]"),
            ("SELECT VALUE SUM(t) FROM c JOIN t IN c.tags", "[]"),
            ("SELECT COUNT(1) AS n, AVG(c.none) AS mean FROM c", #"[{"n":4}]"#),
            ("SELECT VALUE COUNT(1) FROM c WHERE c.id = 'none'", "[0]"),
            ("SELECT VALUE SUM(c.n) FROM c WHERE c.id = 'none'", "[0]"),
            ("SELECT MIN(c.n) FROM c WHERE c.id = 'none'", "[{}]"),
            ("SELECT VALUE COUNT(1) FROM c JOIN t IN c.tags", "[3]"),
        ] as [(String, String)])
    func aggregatesOfSomeRowsAndOfNone(query: String, expected: String) throws { #expect(try rows(query) == expected) }

    @Test(
        arguments: [
            (
                "SELECT c.user, COUNT(1) AS n FROM c GROUP BY c.user",
                #"[{"user":"ann","n":2},{"user":"bob","n":1},{"n":1}]"#
            ),
            (
                "SELECT VALUE {'u': c.user, 'max': MAX(c.id)} FROM c GROUP BY c.user",
                #"[{"u":"ann","max":"c"},{"u":"bob","max":"b"},{"max":"d"}]"#
            ),
            ("SELECT c.user FROM c GROUP BY c.user", #"[{"user":"ann"},{"user":"bob"},{}]"#),
            ("SELECT COUNT(1) AS n FROM c GROUP BY IS_NUMBER(c.n), c.user", #"[{"n":2},{"n":1},{"n":1}]"#),
            ("SELECT t, COUNT(1) AS n FROM c JOIN t IN c.tags GROUP BY t", #"[{"t":"x","n":1},{"t":"y","n":2}]"#),
            ("SELECT c.user, COUNT(1) AS n FROM c WHERE c.id = 'none' GROUP BY c.user", "[]"),
        ] as [(String, String)])
    func groups(query: String, expected: String) throws { #expect(try rows(query) == expected) }

    @Test func numbersThatAreEqualAreOneGroup() throws {
        let items: [JSONValue] = [["k": 1], ["k": 1.0], ["k": "1"], ["k": nil], [:], ["k": nil]]
        #expect(
            try rows("SELECT COUNT(1) AS n FROM c GROUP BY c.k", over: items)
                == #"[{"n":2},{"n":1},{"n":2},{"n":1}]"#)
        #expect(try rows("SELECT DISTINCT VALUE c.k FROM c", over: items) == #"[1,"1",null]"#)
    }

    @Test(
        arguments: [
            ("SELECT DISTINCT VALUE c.user FROM c", #"["ann","bob"]"#),
            ("SELECT DISTINCT c.user FROM c", #"[{"user":"ann"},{"user":"bob"},{}]"#),
            ("SELECT DISTINCT VALUE t FROM c JOIN t IN c.tags", #"["x","y"]"#),
            ("SELECT DISTINCT TOP 1 VALUE c.user FROM c", #"["ann"]"#),
        ] as [(String, String)])
    func distinctRows(query: String, expected: String) throws { #expect(try rows(query) == expected) }

    @Test(
        arguments: [
            ("ORDER BY c.n", "bacd"), ("ORDER BY c.n ASC", "bacd"), ("ORDER BY c.n DESC", "dcab"),
            ("ORDER BY c.user, c.n DESC", "dcab"), ("ORDER BY c.user DESC, c.n", "bacd"), ("ORDER BY c.none", "abcd"),
            ("ORDER BY ARRAY_LENGTH(c.tags), c.id", "dcba"), ("ORDER BY c.id DESC OFFSET 1 LIMIT 2", "cb"),
            ("ORDER BY c.id OFFSET 0 LIMIT 0", ""), ("ORDER BY c.id OFFSET 9 LIMIT 2", ""), ("OFFSET 2 LIMIT 9", "cd"),
        ] as [(String, String)])
    func order(clause: String, expected: String) throws {
        let ids = try QueryFixture.run("SELECT VALUE c.id FROM c " + clause, over: Self.chats)
        #expect(ids.compactMap(\.string).joined() == expected)
    }

    /// undefined < null < false < true < numbers < strings < arrays < objects.
    @Test func ordersEveryTypeInItsPlace() throws {
        let values: [JSONValue?] = [
            nil, .null, false, true, -1.5, 0, 2, 10, "", "A", "a", "aa", "ä", "日", "😀", [], [1], [1, 2], ["a"], [:],
        ]
        var items: [JSONValue] = []
        for (place, value) in values.enumerated() {
            var item: JSONObject = ["place": .int(Int64(place))]
            item["v"] = value
            items.append(.object(item))
        }
        for shuffled in [items, items.reversed(), items.shuffled()] {
            let places = try QueryFixture.run("SELECT VALUE c.place FROM c ORDER BY c.v", over: shuffled)
            #expect(places.compactMap(\.int) == Array(0..<Int64(values.count)))
        }
    }

    @Test func equalKeysKeepTheOrderOfTheirRows() throws {
        let items = (0..<50).map { JSONValue.object(["id": .int($0), "k": .int($0 % 3)]) }
        let ids = try QueryFixture.run("SELECT VALUE c.id FROM c ORDER BY c.k", over: items).compactMap(\.int)
        #expect(
            ids == (0..<50).filter { $0 % 3 == 0 } + (0..<50).filter { $0 % 3 == 1 } + (0..<50).filter { $0 % 3 == 2 })
    }

    @Test(arguments: [("TOP 2", 2), ("TOP 0", 0), ("TOP 99", 4), ("TOP @n", 3)] as [(String, Int)])
    func topTakesTheFirst(clause: String, count: Int) throws {
        let found = try QueryFixture.run("SELECT \(clause) * FROM c", over: Self.chats, ["@n": 3])
        #expect(found == Array(Self.chats.prefix(count)))
    }

    @Test func windowsTakeParameters() throws {
        let found = try QueryFixture.run(
            "SELECT VALUE c.id FROM c ORDER BY c.id OFFSET @o LIMIT @l", over: Self.chats, ["@o": 1, "@l": 2])
        #expect(found == ["b", "c"])
    }

    @Test func nearestVectorsComeFirst() throws {
        let items: [JSONValue] = [
            ["id": "far", "v": [0, 1]], ["id": "near", "v": [1, 0.1]], ["id": "same", "v": [1, 0]],
        ]
        let found = try QueryFixture.run(
            "SELECT TOP 2 VALUE c.id FROM c ORDER BY VectorDistance(c.v, @q)", over: items, ["@q": [1, 0]])
        #expect(found == ["same", "near"])
    }

    @Test func joinsAreBounded() {
        let item: JSONValue = ["list": .array((0..<400).map { .int($0) })]
        let query = "SELECT VALUE COUNT(1) FROM c JOIN a IN c.list JOIN b IN c.list"
        #expect(QueryFixture.error(query, over: [item])?.code == "SC3021")
    }

    @Test func aScalarSubqueryHasOneValue() {
        let query = "SELECT VALUE (SELECT VALUE t FROM t IN c.tags) FROM c"
        #expect(QueryFixture.error(query, over: [["tags": [1, 2]]])?.code == "SC3040")
        #expect(QueryFixture.error(query, over: [["tags": [1]]]) == nil)
    }
}
