import HTTPMessages
import JSONCoding
import TestSupport
import Testing

/// The Search API: rank expressions, pages, groups and what is selected.
@Suite struct SearchTests {
    private func filled(_ fixture: APIFixture) async throws -> String {
        let sparse: JSONValue = ["sparse_vector": ["sparse_vector_index": ["enabled": true, "config": [:]]]]
        let path = try await fixture.collection("docs", ["schema": ["defaults": [:], "keys": ["s": sparse]]])
        let answer = try await fixture.call(
            .post, path + "/add",
            [
                "ids": ["a", "b", "c", "d"], "embeddings": [[0, 0], [1, 0], [2, 0], [3, 0]],
                "documents": ["alpha", "beta", "gamma", nil],
                "metadatas": [
                    ["g": "x", "n": 3, "s": ["indices": [1, 2], "values": [1, 1]]],
                    ["g": "x", "n": 1, "s": ["indices": [2], "values": [4]]], ["g": "y", "n": 2], nil,
                ],
            ])
        #expect(answer.status == 201, "\(answer.text)")
        return path
    }

    private func search(_ fixture: APIFixture, _ path: String, _ text: String) async throws -> APIFixture.Answer {
        try await fixture.call(.post, path + "/search", bytes: Array("{\"searches\":[\(text)]}".utf8))
    }

    private static let near = "{\"$knn\":{\"query\":[0,0],\"limit\":4}}"
    private static let far = "{\"$knn\":{\"query\":[3,0],\"limit\":2}}"

    @Test(arguments: [
        ("{}", ["a", "b", "c", "d"], [0, 1, 2, 3]),
        ("{\"limit\":{\"offset\":1,\"limit\":2}}", ["b", "c"], [1, 2]),
        ("{\"rank\":\(near)}", ["a", "b", "c", "d"], [0, 1, 4, 9]),
        ("{\"rank\":\(near),\"limit\":{\"offset\":1,\"limit\":1}}", ["b"], [1]),
        ("{\"rank\":{\"$mul\":[{\"$val\":-1},\(near)]}}", ["d", "c", "b", "a"], [-9, -4, -1, 0]),
        ("{\"rank\":{\"$sum\":[\(near),\(far)]}}", ["c", "d"], [5, 9]),
        ("{\"rank\":{\"$sub\":{\"left\":\(near),\"right\":\(far)}}}", ["c", "d"], [3, 9]),
        ("{\"rank\":{\"$div\":{\"left\":\(near),\"right\":{\"$val\":2}}}}", ["a", "b", "c", "d"], [0, 0.5, 2, 4.5]),
        ("{\"rank\":{\"$max\":[\(near),{\"$val\":2}]}}", ["a", "b", "c", "d"], [2, 2, 4, 9]),
        ("{\"rank\":{\"$min\":[\(near),{\"$val\":2}]}}", ["a", "b", "c", "d"], [0, 1, 2, 2]),
        (
            "{\"rank\":{\"$abs\":{\"$sub\":{\"left\":\(near),\"right\":{\"$val\":4}}}}}", ["c", "b", "a", "d"],
            [0, 3, 4, 5]
        ),
        ("{\"rank\":{\"$exp\":{\"$mul\":[\(near),{\"$val\":0}]}}}", ["a", "b", "c", "d"], [1, 1, 1, 1]),
        (
            "{\"rank\":{\"$log\":{\"$sum\":[\(near),{\"$val\":1}]}}}", ["a", "b", "c", "d"],
            [0, 0.6931472, 1.6094379, 2.3025851]
        ),
        ("{\"rank\":{\"$knn\":{\"query\":[0,0],\"limit\":2,\"return_rank\":true}}}", ["a", "b"], [0, 1]),
        (
            "{\"rank\":{\"$sum\":[\(near),{\"$knn\":{\"query\":[3,0],\"limit\":1,\"default\":100}}]}}",
            ["d", "a", "b", "c"], [9, 100, 101, 104]
        ),
        ("{\"rank\":\(near),\"filter\":{\"g\":\"x\"}}", ["a", "b"], [0, 1]),
        ("{\"rank\":\(near),\"filter\":{}}", ["a", "b", "c", "d"], [0, 1, 4, 9]),
        ("{\"filter\":{\"#document\":{\"$contains\":\"mm\"}}}", ["c"], [0]),
        ("{\"filter\":{\"#id\":{\"$in\":[\"d\",\"b\"]}}}", ["b", "d"], [0, 1]),
        ("{\"rank\":{\"$knn\":{\"key\":\"s\",\"query\":{\"indices\":[1],\"values\":[2]}}}}", ["a"], [-1]),
        ("{\"rank\":{\"$knn\":{\"key\":\"s\",\"query\":{\"indices\":[2],\"values\":[1]}}}}", ["b", "a"], [-3, 0]),
        ("{\"rank\":{\"$val\":1}}", [], []),
    ])
    func scoresAsTheExpressionSays(text: String, ids: [String], scores: [Double]) async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            let selecting =
                text == "{}"
                ? "{\"select\":{\"keys\":[\"#score\"]}}" : text.dropLast() + ",\"select\":{\"keys\":[\"#score\"]}}"
            let answer = try await search(fixture, path, String(selecting))
            #expect(answer.json["ids"]?[0] == .strings(ids), "\(answer.text)")
            let found = (answer.json["scores"]?[0]?.array ?? []).compactMap(\.double)
            #expect(found.count == scores.count && zip(found, scores).allSatisfy { abs($0 - $1) < 1e-5 }, "\(found)")
        }
    }

    @Test func selectsWhatIsAskedFor() async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            let bare = try await search(fixture, path, "{}")
            #expect(
                bare.json == [
                    "ids": [["a", "b", "c", "d"]], "documents": [nil], "embeddings": [nil], "metadatas": [nil],
                    "scores": [nil], "select": [[]],
                ])
            let some = try await search(
                fixture, path, "{\"limit\":{\"limit\":4},\"select\":{\"keys\":[\"n\",\"#document\",\"#embedding\"]}}")
            #expect(some.json["documents"] == [["alpha", "beta", "gamma", nil]])
            #expect(some.json["metadatas"] == [[["n": 3], ["n": 1], ["n": 2], nil]])
            #expect(some.json["embeddings"]?[0]?[1] == [1.0, 0.0])
            #expect(some.json["select"] == [["#document", "#embedding", "n"]])
            let whole = try await search(fixture, path, "{\"select\":{\"keys\":[\"#metadata\"]}}")
            #expect(whole.json["metadatas"]?[0]?[2] == ["g": "y", "n": 2])
        }
    }

    @Test func answersEachSearchByItself() async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            let two = try await search(fixture, path, "{\"limit\":{\"limit\":1}},{\"limit\":{\"offset\":3}}")
            #expect(two.json["ids"] == [["a"], ["d"]])
            let none = try await search(fixture, path, "")
            #expect(none.json["ids"] == [] && none.json["select"] == [])
            let empty = try await fixture.collection("empty")
            #expect(try await search(fixture, empty, "{}").json["ids"] == [[]])
        }
    }

    @Test(arguments: [
        ("{\"keys\":[\"g\"],\"aggregate\":{\"$min_k\":{\"keys\":[\"#score\"],\"k\":1}}}", ["a", "c", "d"]),
        ("{\"keys\":[\"g\"],\"aggregate\":{\"$max_k\":{\"keys\":[\"#score\"],\"k\":1}}}", ["b", "c", "d"]),
        ("{\"keys\":[\"g\"],\"aggregate\":{\"$min_k\":{\"keys\":[\"n\"],\"k\":1}}}", ["b", "c", "d"]),
        ("{\"keys\":[\"g\"],\"aggregate\":{\"$min_k\":{\"keys\":[\"n\"],\"k\":2}}}", ["a", "b", "c", "d"]),
        ("{\"keys\":[\"none\"],\"aggregate\":{\"$max_k\":{\"keys\":[\"n\"],\"k\":2}}}", ["a", "c"]),
        ("{}", ["a", "b", "c", "d"]),
    ])
    func keepsTheBestOfEachGroup(grouping: String, expected: [String]) async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            let answer = try await search(fixture, path, "{\"rank\":\(Self.near),\"group_by\":\(grouping)}")
            #expect(answer.json["ids"]?[0] == .strings(expected), "\(answer.text)")
        }
    }

    @Test func reciprocalRanksAreFusedByExpressions() async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            func part(_ query: String) -> String {
                "{\"$div\":{\"left\":{\"$val\":1},\"right\":{\"$sum\":[{\"$val\":60},"
                    + "{\"$knn\":{\"query\":\(query),\"limit\":4,\"return_rank\":true}}]}}}"
            }
            let rank = "{\"$mul\":[{\"$val\":-1},{\"$sum\":[\(part("[0,0]")),\(part("[1,0]"))]}]}"
            let answer = try await search(
                fixture, path, "{\"rank\":\(rank),\"select\":{\"keys\":[\"#score\"]},\"limit\":{\"limit\":2}}")
            // a is first and second, b second and first: equal scores stand in the order of insertion.
            #expect(answer.json["ids"] == [["a", "b"]])
            let score = try #require(answer.json["scores"]?[0]?[0]?.double)
            #expect(abs(score + (1.0 / 60 + 1.0 / 61)) < 1e-6)
        }
    }

    @Test(arguments: [
        ("5", 422, "searches"), ("{\"rank\":{}}", 422, "exactly one key"), ("{\"rank\":{\"$nope\":1}}", 422, "unknown"),
        ("{\"rank\":{\"$knn\":{}}}", 422, "missing field `query`"), ("{\"rank\":{\"$val\":\"x\"}}", 422, "$val"),
        ("{\"rank\":{\"$knn\":{\"query\":[0,0],\"limit\":0}}}", 400, "$knn.limit must be at least 1"),
        ("{\"rank\":{\"$knn\":{\"query\":[0,0],\"limit\":-1}}}", 422, "rank.$knn.limit"),
        ("{\"rank\":{\"$knn\":{\"query\":\"text\"}}}", 422, "list of numbers or a sparse vector"),
        ("{\"rank\":{\"$knn\":{\"query\":[0,0,0]}}}", 400, "dimension of 2, got 3"),
        ("{\"rank\":{\"$knn\":{\"query\":[0,0],\"key\":\"s\"}}}", 400, "searched under #embedding, not under s"),
        (
            "{\"rank\":{\"$knn\":{\"query\":{\"indices\":[1],\"values\":[1]},\"key\":\"n\"}}}", 400,
            "no sparse vector index on n"
        ),
        ("{\"rank\":{\"$sub\":{\"left\":{\"$val\":1}}}}", 422, "`left` and `right`"),
        ("{\"limit\":{\"limit\":-1}}", 422, "limit.limit"), ("{\"limit\":{\"offset\":\"x\"}}", 422, "limit.offset"),
        ("{\"select\":{\"keys\":5}}", 422, "keys"), ("{\"select\":{}}", 422, "select.keys"),
        ("{\"filter\":{\"a\":1,\"b\":2}}", 400, "Invalid where clause"),
        (
            "{\"group_by\":{\"keys\":[\"g\"],\"aggregate\":{\"$min_k\":{\"keys\":[\"n\"],\"k\":1}}}}", 400,
            "requires a rank"
        ),
    ])
    func refusesSearches(text: String, status: Int, part: String) async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            let answer = try await search(fixture, path, text)
            #expect(answer.status == status && answer.message.contains(part), "\(answer.text)")
        }
    }

    @Test(arguments: [
        ("{\"keys\":[\"g\"]}", 400), ("{\"aggregate\":{\"$min_k\":{\"keys\":[\"n\"],\"k\":1}}}", 400),
        ("{\"keys\":[\"#score\"],\"aggregate\":{\"$min_k\":{\"keys\":[\"n\"],\"k\":1}}}", 400),
        ("{\"keys\":[\"g\"],\"aggregate\":{\"$avg\":{\"keys\":[\"n\"],\"k\":1}}}", 422),
        ("{\"keys\":[\"g\"],\"aggregate\":{\"$min_k\":{\"keys\":[],\"k\":1}}}", 400),
        ("{\"keys\":[\"g\"],\"aggregate\":{\"$min_k\":{\"keys\":[\"#document\"],\"k\":1}}}", 400),
        ("{\"keys\":[\"g\"],\"aggregate\":{\"$min_k\":{\"keys\":[\"n\"],\"k\":0}}}", 400),
        ("{\"keys\":[\"g\"],\"aggregate\":{\"$min_k\":{\"keys\":[\"n\"]}}}", 422),
    ])
    func refusesGroups(grouping: String, status: Int) async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            let answer = try await search(fixture, path, "{\"rank\":\(Self.near),\"group_by\":\(grouping)}")
            #expect(answer.status == status, "\(answer.text)")
        }
    }

    @Test func expressionsHaveADepth() async throws {
        try await APIFixture.with { fixture in
            let path = try await filled(fixture)
            func nested(_ depth: Int) -> String {
                String(repeating: "{\"$abs\":", count: depth) + "{\"$val\":1}" + String(repeating: "}", count: depth)
            }
            #expect(try await search(fixture, path, "{\"rank\":\(nested(60))}").status == 200)
            #expect(try await search(fixture, path, "{\"rank\":\(nested(64))}").status == 400)
        }
    }
}
