import HTTPMessages
import JSONCoding
import TestSupport
import Testing

/// Filters as callers send them, against records of every type.
@Suite struct FilterTests {
    private static let values: [(id: String, value: JSONValue)] = [
        ("text", "x"), ("other", "y"), ("list", ["x", "y"]), ("int", 5), ("float", 5.5), ("true", true),
        ("ints", [1, 2]), ("floats", [1.0, 2.5]), ("large", 9_007_199_254_740_993),
    ]

    private func filled(_ fixture: APIFixture) async throws -> String {
        let path = try await fixture.collection()
        let ids = Self.values.map(\.id) + ["absent"]
        let answer = try await fixture.call(
            .post, path + "/add",
            [
                "ids": .strings(ids), "embeddings": .array(ids.indices.map { [.int(Int64($0)), 1] }),
                "documents": .array(ids.map { $0 == "absent" ? .null : .string("About \($0), 100% \\ of_it.") }),
                "metadatas": .array(Self.values.map { ["v": $0.value] } + [nil]),
            ])
        #expect(answer.status == 201)
        return path
    }

    private func ids(_ body: JSONValue, _ fixture: APIFixture, _ path: String) async throws -> [String] {
        let answer = try await fixture.call(.post, path + "/get", body)
        #expect(answer.status == 200, "\(answer.text)")
        return (answer.json["ids"]?.array ?? []).compactMap(\.string)
    }

    private static let all = values.map(\.id) + ["absent"]

    @Test(arguments: [
        ("{\"v\":\"x\"}", ["text"]), ("{\"v\":{\"$eq\":\"x\"}}", ["text"]),
        ("{\"v\":{\"$in\":[\"x\",\"y\"]}}", ["text", "other"]),
        ("{\"v\":{\"$contains\":\"x\"}}", ["list"]), ("{\"v\":5}", ["int"]), ("{\"v\":5.0}", ["int"]),
        ("{\"v\":{\"$lt\":5.25}}", ["int"]), ("{\"v\":{\"$gte\":5}}", ["int", "float", "large"]),
        ("{\"v\":{\"$lte\":5.5}}", ["int", "float"]), ("{\"v\":true}", ["true"]), ("{\"v\":\"5\"}", []),
        ("{\"v\":{\"$contains\":1}}", ["ints"]), ("{\"v\":{\"$contains\":1.0}}", ["floats"]),
        ("{\"v\":9007199254740993}", ["large"]), ("{\"v\":9007199254740992}", []),
        ("{\"v\":{\"$in\":[5.5,5]}}", ["int", "float"]), ("{\"#id\":\"int\"}", ["int"]),
        ("{\"#id\":{\"$in\":[\"int\",\"nobody\"]}}", ["int"]),
        ("{\"$and\":[{\"v\":{\"$gt\":0}},{\"v\":{\"$lt\":6}}]}", ["int", "float"]),
        ("{\"$or\":[{\"v\":\"x\"},{\"v\":5}]}", ["text", "int"]), ("{\"$or\":[]}", []),
        ("{\"$or\":[{\"v\":\"x\"},{\"#document\":{\"$contains\":\"About int,\"}}]}", ["text", "int"]),
        ("{\"#document\":{\"$regex\":\"^About t\"}}", ["text", "true"]), ("{\"none\":1}", []),
    ])
    func conditionsFindWhatTheySay(filter: String, expected: [String]) async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            #expect(try await ids(["where": try JSONParser.parse(filter)], fixture, path) == expected)
        }
    }

    @Test(arguments: [
        ("{\"v\":{\"$eq\":\"x\"}}", "{\"v\":{\"$ne\":\"x\"}}"), ("{\"v\":{\"$in\":[5,6]}}", "{\"v\":{\"$nin\":[5,6]}}"),
        ("{\"v\":{\"$contains\":\"x\"}}", "{\"v\":{\"$not_contains\":\"x\"}}"),
        ("{\"#id\":{\"$eq\":\"int\"}}", "{\"#id\":{\"$ne\":\"int\"}}"),
        ("{\"#id\":{\"$in\":[\"int\"]}}", "{\"#id\":{\"$nin\":[\"int\"]}}"),
        ("{\"#document\":{\"$contains\":\"int\"}}", "{\"#document\":{\"$not_contains\":\"int\"}}"),
        ("{\"#document\":{\"$regex\":\"i.t\"}}", "{\"#document\":{\"$not_regex\":\"i.t\"}}"),
    ])
    func negatedConditionsAreTheComplement(plain: String, negated: String) async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            let found = try await ids(["where": try JSONParser.parse(plain)], fixture, path)
            let others = try await ids(["where": try JSONParser.parse(negated)], fixture, path)
            #expect(!found.isEmpty && Self.all.filter { !found.contains($0) } == others)
        }
    }

    @Test func anEmptyConjunctionMatchesEverything() async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            #expect(try await ids(["where": ["$and": []]], fixture, path) == Self.all)
        }
    }

    @Test(arguments: [
        ("{\"$contains\":\"100% \\\\ of_it\"}", 9), ("{\"$contains\":\"about\"}", 0), ("{\"$contains\":\"\"}", 9),
        ("{\"$not_contains\":\"About\"}", 1), ("{\"$regex\":\"(?i)ABOUT\"}", 9), ("{\"$regex\":\"it\\\\.$\"}", 9),
        ("{\"$not_regex\":\".\"}", 1), ("{\"$and\":[{\"$contains\":\"text\"},{\"$contains\":\"About\"}]}", 1),
        ("{\"$or\":[{\"$contains\":\"text\"},{\"$contains\":\"true\"}]}", 2), ("{\"$and\":[]}", 10),
        ("{\"$or\":[]}", 0),
    ])
    func documentFilters(filter: String, count: Int) async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            #expect(try await ids(["where_document": try JSONParser.parse(filter)], fixture, path).count == count)
        }
    }

    @Test(arguments: [
        ("{\"$contains\":5}", "Invalid where document clause"), ("{\"$regex\":\"a(?=b)\"}", "Regex syntax errror: "),
        ("{\"$regex\":\"(?-u:\\\\d)\"}", "Byte pattern is not allowed"), ("{\"v\":1}", "Invalid where document clause"),
        ("[]", "Invalid where document clause"), ("{\"$and\":{}}", "Invalid where document clause"),
    ])
    func refusesDocumentFilters(filter: String, message: String) async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            let answer = try await fixture.call(
                .post, path + "/get", ["where_document": try JSONParser.parse(filter)])
            #expect(answer.status == 400 && answer.message.hasPrefix(message))
        }
    }

    @Test func aSwitchedOffIndexCannotBeFilteredBy() async throws {
        try await APIFixture.with { fixture in
            let off: JSONValue = ["enabled": false, "config": [:]]
            let schema: JSONValue = [
                "defaults": ["int": ["int_inverted_index": off]],
                "keys": [
                    "t": ["string": ["string_inverted_index": off]], "#document": ["string": ["fts_index": off]],
                ],
            ]
            let path = try await fixture.collection("docs", ["schema": schema])
            let add: JSONValue = [
                "ids": ["a"], "embeddings": [[1]], "documents": ["text"], "metadatas": [["t": "x", "n": 1, "f": 0.5]],
            ]
            #expect(try await fixture.call(.post, path + "/add", add).status == 201)
            let cases: [(JSONValue, String)] = [
                (["where": ["t": "x"]], "'t' with type 'Str' because indexing is disabled"),
                (["where": ["n": 1]], "'n' with type 'Int' because indexing is disabled"),
                (["where_document": ["$contains": "t"]], "Cannot filter using full-text search because FTS"),
            ]
            for (body, part) in cases {
                for operation in ["get", "delete"] {
                    let answer = try await fixture.call(.post, path + "/" + operation, body)
                    #expect(answer.status == 400 && answer.message.contains(part), "\(answer.text)")
                }
            }
            #expect(try await fixture.call(.post, path + "/get", ["where": ["f": 0.5]]).json["ids"] == ["a"])
        }
    }
}
