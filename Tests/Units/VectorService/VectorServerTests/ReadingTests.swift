import HTTPMessages
import JSONCoding
import TestSupport
import Testing

/// `get`, `query` and `delete`.
@Suite struct ReadingTests {
    private func ids(_ answer: APIFixture.Answer) -> [String] {
        (answer.json["ids"]?.array ?? []).compactMap(\.string)
    }

    // MARK: - get

    @Test func getAnswersWithAllSixMembers() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            let answer = try await fixture.call(.post, path + "/get", [:])
            #expect(
                answer.json == [
                    "ids": ["a", "b", "c"], "embeddings": nil, "documents": ["first text", "second text", nil],
                    "uris": nil, "metadatas": [["k": 1, "t": "x"], ["k": 2.5], nil],
                    "include": ["documents", "metadatas"],
                ])
            #expect(answer.fields["content-type"] == "application/json")
            let all = try await fixture.call(.post, path + "/get", ["include": ["uris", "embeddings", "distances"]])
            #expect(
                all.json == [
                    "ids": ["a", "b", "c"], "embeddings": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [0.0, 1.0, 0.0]],
                    "documents": nil, "uris": [nil, "file:///b", nil], "metadatas": nil,
                    "include": ["uris", "embeddings", "distances"],
                ])
        }
    }

    @Test func getKeepsTheOrderOfInsertion() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            #expect(ids(try await fixture.call(.post, path + "/get", ["ids": ["c", "a", "x", "c"]])) == ["a", "c"])
            _ = try await fixture.call(.post, path + "/upsert", ["ids": ["a"], "embeddings": [[9, 9, 9]]])
            #expect(ids(try await fixture.call(.post, path + "/get", [:])) == ["a", "b", "c"])
            _ = try await fixture.call(.post, path + "/delete", ["ids": ["a"]])
            _ = try await fixture.call(.post, path + "/add", ["ids": ["a"], "embeddings": [[9, 9, 9]]])
            #expect(ids(try await fixture.call(.post, path + "/get", [:])) == ["b", "c", "a"])
        }
    }

    @Test(arguments: [
        ("{\"ids\":[]}", []), ("{\"ids\":null}", ["a", "b", "c"]), ("{\"limit\":2}", ["a", "b"]),
        ("{\"limit\":0}", []), ("{\"offset\":1}", ["b", "c"]), ("{\"offset\":1,\"limit\":1}", ["b"]),
        ("{\"offset\":9}", []), ("{\"limit\":null,\"offset\":null}", ["a", "b", "c"]),
        ("{\"where\":{\"k\":{\"$gt\":1}}}", ["b"]), ("{\"where\":{\"k\":{\"$gte\":1}},\"limit\":1}", ["a"]),
        ("{\"where_document\":{\"$contains\":\"second\"}}", ["b"]),
        ("{\"where\":{\"k\":{\"$gt\":0}},\"where_document\":{\"$contains\":\"first\"},\"ids\":[\"a\",\"b\"]}", ["a"]),
        ("{\"where\":null,\"where_document\":null}", ["a", "b", "c"]),
    ])
    func getSelects(body: String, expected: [String]) async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            let answer = try await fixture.call(.post, path + "/get", bytes: Array(body.utf8))
            #expect(answer.status == 200 && ids(answer) == expected)
        }
    }

    @Test(arguments: [
        ("{\"include\":[\"data\"]}", 422), ("{\"include\":null}", 422), ("{\"include\":\"documents\"}", 422),
        ("{\"limit\":-1}", 422), ("{\"limit\":1.5}", 422), ("{\"offset\":4294967296}", 422), ("{\"ids\":[1]}", 422),
        ("{\"ids\":\"a\"}", 422), ("{\"where\":{}}", 400), ("{\"where\":{\"a\":1,\"b\":2}}", 400),
        ("{\"where_document\":{}}", 400), ("{\"where_document\":{\"$regex\":\"(\"}}", 400),
    ])
    func getRefuses(body: String, status: Int) async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            let answer = try await fixture.call(.post, path + "/get", bytes: Array(body.utf8))
            #expect(answer.status == status)
            #expect(status == 422 ? answer.error == "ChromaError" : answer.error == "InvalidArgumentError")
        }
    }

    @Test func aCollectionWithoutRecordsAnswersEverything() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection()
            #expect(ids(try await fixture.call(.post, path + "/get", ["ids": ["a"]])).isEmpty)
            let query = try await fixture.call(.post, path + "/query", ["query_embeddings": [[1, 2], [3, 4]]])
            #expect(query.json["ids"] == [[], []] && query.json["distances"] == [[], []])
            #expect(try await fixture.call(.post, path + "/delete", ["where": ["k": 1]]).json == ["deleted": 0])
            #expect(try await fixture.count(path) == 0)
        }
    }

    // MARK: - query

    @Test func queryAnswersEachVectorByDistance() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            let answer = try await fixture.call(.post, path + "/query", ["query_embeddings": [[1, 2, 3], [0, 1, 0]]])
            #expect(
                answer.json == [
                    "ids": [["a", "c", "b"], ["c", "a", "b"]], "embeddings": nil,
                    "documents": [["first text", nil, "second text"], [nil, "first text", "second text"]], "uris": nil,
                    "metadatas": [[["k": 1, "t": "x"], nil, ["k": 2.5]], [nil, ["k": 1, "t": "x"], ["k": 2.5]]],
                    "distances": [[0.0, 11.0, 27.0], [0.0, 11.0, 68.0]],
                    "include": ["documents", "metadatas", "distances"],
                ])
        }
    }

    @Test(arguments: [
        ("l2", [1.0, 29.0, 2.0, 10.0]), ("cosine", [0.051316738, 1.1414213, 1.0, 0.051316738]),
        ("ip", [-2.0, 2.0, 1.0, -5.0]),
    ])
    func distancesAreThoseOfTheSpace(space: String, expected: [Double]) async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection("docs", ["configuration": ["hnsw": ["space": .string(space)]]])
            _ = try await fixture.call(
                .post, path + "/add",
                ["ids": ["a", "b", "c", "d"], "embeddings": [[1, 2], [3, -4], [0, 0], [2, 4]]])
            for (id, distance) in zip(["a", "b", "c", "d"], expected) {
                let answer = try await fixture.call(
                    .post, path + "/query",
                    ["query_embeddings": [[1, 1]], "ids": [.string(id)], "include": ["distances"]])
                let found = try #require(answer.json["distances"]?[0]?[0]?.double)
                #expect(abs(found - distance) < 1e-6)
            }
        }
    }

    @Test(arguments: [
        ("{\"query_embeddings\":[]}", "[]"), ("{\"query_embeddings\":[[0,1,0]],\"n_results\":0}", "[[]]"),
        ("{\"query_embeddings\":[[0,1,0]],\"n_results\":1}", "[[\"c\"]]"),
        ("{\"query_embeddings\":[[0,1,0]],\"n_results\":null}", "[[\"c\",\"a\",\"b\"]]"),
        ("{\"query_embeddings\":[[0,1,0]],\"where\":{\"k\":{\"$gt\":0}}}", "[[\"a\",\"b\"]]"),
        ("{\"query_embeddings\":[[0,1,0]],\"where\":{\"k\":99}}", "[[]]"),
        ("{\"query_embeddings\":[[0,1,0]],\"ids\":[\"b\"]}", "[[\"b\"]]"),
        ("{\"query_embeddings\":[[0,1,0]],\"ids\":[]}", "[[]]"),
        ("{\"query_embeddings\":[[0,1,0]],\"ids\":[\"b\",\"x\"],\"where\":{\"k\":{\"$gt\":0}}}", "[[\"b\"]]"),
        ("{\"query_embeddings\":[[0,1,0]],\"where_document\":{\"$contains\":\"text\"}}", "[[\"a\",\"b\"]]"),
    ])
    func querySelects(body: String, expected: String) async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            let answer = try await fixture.call(.post, path + "/query", bytes: Array(body.utf8))
            #expect(answer.status == 200 && answer.json["ids"]?.text == expected, "\(answer.text)")
        }
    }

    @Test(arguments: [
        ("{}", 422, "missing field `query_embeddings`"), ("{\"query_embeddings\":null}", 422, "query_embeddings"),
        ("{\"query_embeddings\":[5]}", 422, "expected lists of numbers"),
        ("{\"query_embeddings\":[[\"x\"]]}", 422, "expected numbers"),
        ("{\"query_embeddings\":[[1,2]]}", 400, "Collection expecting embedding with dimension of 3, got 2"),
        ("{\"query_embeddings\":[[1,2,3],[1,2]]}", 400, "Inconsistent dimensions in provided embeddings"),
        ("{\"query_embeddings\":[[1,2,3]],\"n_results\":-1}", 422, "n_results"),
        ("{\"query_embeddings\":[[1,2,3]],\"include\":[\"data\"]}", 422, "include"),
        ("{\"query_embeddings\":[[1,2,3]],\"ids\":[\"a\",\"x\"]}", 500, "Error finding id"),
    ])
    func queryRefuses(body: String, status: Int, part: String) async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            let answer = try await fixture.call(.post, path + "/query", bytes: Array(body.utf8))
            #expect(answer.status == status && answer.message.contains(part), "\(answer.text)")
            #expect(status != 500 || answer.error == "InternalError")
        }
    }

    @Test func aDistanceThatIsNoNumberIsNull() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            let answer = try await fixture.call(
                .post, path + "/query", bytes: Array("{\"query_embeddings\":[[1e39,0,0]]}".utf8))
            #expect(answer.status == 200 && answer.json["distances"] == [[nil, nil, nil]])
        }
    }

    @Test func numbersComeBackAsTheyWereSent() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection("docs", ["configuration": ["hnsw": ["space": "cosine"]]])
            _ = try await fixture.call(.post, path + "/add", ["ids": ["a"], "embeddings": [[3.5, 0.039999925, 1]]])
            let answer = try await fixture.call(.post, path + "/get", ["include": ["embeddings"]])
            #expect(answer.text.contains("[[3.5,0.039999925,1.0]]"))
        }
    }

    // MARK: - delete

    @Test(arguments: [
        ("{\"ids\":[\"a\",\"x\",\"a\"]}", 1, 2), ("{\"where\":{\"k\":{\"$gt\":0}}}", 2, 1),
        ("{\"where_document\":{\"$contains\":\"text\"}}", 2, 1),
        ("{\"ids\":[\"a\",\"c\"],\"where\":{\"k\":{\"$gt\":0}}}", 1, 2),
        ("{\"where\":{\"k\":{\"$gt\":0}},\"limit\":1}", 1, 2), ("{\"where\":{\"k\":{\"$gt\":0}},\"limit\":0}", 0, 3),
        ("{}", 0, 3), ("{\"ids\":null,\"where\":null,\"where_document\":null,\"limit\":null}", 0, 3),
    ])
    func deletesWhatIsSelected(body: String, deleted: Int64, left: Int64) async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            let answer = try await fixture.call(.post, path + "/delete", bytes: Array(body.utf8))
            #expect(answer.status == 200 && answer.json == ["deleted": .int(deleted)])
            #expect(try await fixture.count(path) == left)
        }
    }

    @Test func aLimitTakesTheFirstInOrder() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            _ = try await fixture.call(.post, path + "/delete", ["where": ["k": ["$gt": 0]], "limit": 1])
            #expect(ids(try await fixture.call(.post, path + "/get", [:])) == ["b", "c"])
        }
    }

    @Test(arguments: [
        ("{\"ids\":[]}", 400, "ids, where: Either ids or where must be specified"),
        ("{\"ids\":[\"a\"],\"limit\":1}", 400, "limit can only be specified when a where clause is provided"),
        ("{\"limit\":1}", 400, "limit can only be specified when a where clause is provided"),
        ("{\"limit\":\"x\"}", 422, "limit"), ("{\"where\":{\"$and\":5}}", 400, "Invalid where clause"),
    ])
    func deleteRefuses(body: String, status: Int, part: String) async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            let answer = try await fixture.call(.post, path + "/delete", bytes: Array(body.utf8))
            #expect(answer.status == status && answer.message.contains(part))
            #expect(try await fixture.count(path) == 3)
        }
    }
}
