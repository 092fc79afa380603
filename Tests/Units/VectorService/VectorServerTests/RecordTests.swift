import Digests
import HTTPMessages
import JSONCoding
import TestSupport
import Testing
import VectorServer

/// Writing records, and what merges.
@Suite struct RecordTests {
    private func read(_ fixture: APIFixture, _ path: String, _ id: String) async throws -> JSONValue {
        let answer = try await fixture.call(
            .post, path + "/get",
            ["ids": [.string(id)], "include": ["documents", "metadatas", "uris", "embeddings"]])
        return [
            "document": answer.json["documents"]?[0] ?? .null, "metadata": answer.json["metadatas"]?[0] ?? .null,
            "uri": answer.json["uris"]?[0] ?? .null, "embedding": answer.json["embeddings"]?[0] ?? .null,
        ]
    }

    @Test func theFirstOfTwoAddsWins() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection()
            let first = try await fixture.call(
                .post, path + "/add", ["ids": ["a", "a"], "embeddings": [[1], [2]], "documents": ["one", "two"]])
            #expect(first.status == 201 && first.json == [:])
            let again = try await fixture.call(
                .post, path + "/add", ["ids": ["a", "b"], "embeddings": [[3], [4]]])
            #expect(again.status == 201)
            #expect(try await read(fixture, path, "a")["document"] == "one")
            #expect(try await read(fixture, path, "a")["embedding"] == [1.0])
            #expect(try await fixture.count(path) == 2)
        }
    }

    @Test func upsertsApplyInOrderAndUpdatesIgnoreWhatIsNotThere() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection()
            let upsert = try await fixture.call(
                .post, path + "/upsert", ["ids": ["a", "a"], "embeddings": [[1], [2]], "documents": ["one", "two"]])
            #expect(upsert.status == 200 && upsert.json == [:])
            #expect(try await read(fixture, path, "a")["document"] == "two")
            let update = try await fixture.call(
                .post, path + "/update", ["ids": ["a", "none"], "documents": ["three", "x"]])
            #expect(update.status == 200)
            #expect(try await read(fixture, path, "a")["document"] == "three")
            #expect(try await fixture.count(path) == 1)
        }
    }

    @Test func updatesMerge() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            _ = try await fixture.call(
                .post, path + "/update",
                [
                    "ids": ["a", "b"], "embeddings": [nil, [7, 8, 9]], "documents": [nil, nil],
                    "metadatas": [["k": nil, "new": true], [:]], "uris": ["file:///a", nil],
                ])
            #expect(
                try await read(fixture, path, "a") == [
                    "document": "first text", "metadata": ["t": "x", "new": true], "uri": "file:///a",
                    "embedding": [1.0, 2.0, 3.0],
                ])
            #expect(
                try await read(fixture, path, "b") == [
                    "document": "second text", "metadata": ["k": 2.5], "uri": "file:///b",
                    "embedding": [7.0, 8.0, 9.0],
                ])
            // A record without metadata has none, and so has one whose keys are all gone.
            #expect(try await read(fixture, path, "c")["metadata"] == .null)
            _ = try await fixture.call(
                .post, path + "/update", ["ids": ["a"], "metadatas": [["t": nil, "new": nil]]])
            #expect(try await read(fixture, path, "a")["metadata"] == .null)
            // It can have metadata again.
            _ = try await fixture.call(.post, path + "/update", ["ids": ["a"], "metadatas": [["t": "y"]]])
            #expect(try await read(fixture, path, "a")["metadata"] == ["t": "y"])
        }
    }

    @Test func metadataKeepsItsTypes() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection()
            let text = """
                {"ids":["a"],"embeddings":[[1]],"metadatas":[{"b":true,"i":9007199254740993,"big":9223372036854775808,
                 "f":1.0,"e":1e2,"s":"x","mixed":[1,2.5],"list":["a","b"],"none":[],"chroma:document":"y"}]}
                """
            #expect(try await fixture.call(.post, path + "/add", bytes: Array(text.utf8)).status == 201)
            let stored = try await read(fixture, path, "a")["metadata"]
            #expect(
                stored == [
                    "b": true, "i": 9_007_199_254_740_993, "big": 9_223_372_036_854_775_808.0, "f": 1.0, "e": 100.0,
                    "s": "x", "mixed": [1.0, 2.5], "list": ["a", "b"],
                ])
            let raw = try await fixture.call(.post, path + "/get", ["include": ["metadatas"]])
            #expect(raw.text.contains("\"f\":1.0"))
        }
    }

    @Test func embeddingsMayComeAsBase64() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection()
            let floats: [Float] = [1.5, -2, 0.1]
            let text = Base64.encode(floats.withUnsafeBytes { Array($0) })
            let answer = try await fixture.call(
                .post, path + "/add", ["ids": ["a"], "embeddings": [.string(text)]])
            #expect(answer.status == 201)
            #expect(try await read(fixture, path, "a")["embedding"] == [1.5, -2.0, 0.1])
        }
    }

    @Test(arguments: [
        ("{\"ids\":[\"a\"]}", 422, "embeddings"), ("{\"embeddings\":[[1]]}", 422, "ids"),
        ("{\"ids\":[5],\"embeddings\":[[1]]}", 422, "ids"),
        ("{\"ids\":[\"a\"],\"embeddings\":null}", 422, "embeddings"),
        ("{\"ids\":[\"a\"],\"embeddings\":[null]}", 422, "embeddings[0]"),
        ("{\"ids\":[\"a\"],\"embeddings\":[[\"x\"]]}", 422, "numbers"),
        ("{\"ids\":[\"a\"],\"embeddings\":[[]]}", 400, "Each embedding must have at least 1 dimension"),
        ("{\"ids\":[\"a\"],\"embeddings\":[[1e39]]}", 400, "NaN or Infinity"),
        ("{\"ids\":[\"a\",\"b\"],\"embeddings\":[[1],[1,2]]}", 400, "Inconsistent dimensions in provided embeddings"),
        ("{\"ids\":[\"a\",\"b\"],\"embeddings\":[[1]]}", 400, "Inconsistent number of IDs"),
        ("{\"ids\":[\"a\"],\"embeddings\":[[1]],\"documents\":[\"x\",\"y\"]}", 400, "Inconsistent number of IDs"),
        ("{\"ids\":[\"\"],\"embeddings\":[[1]]}", 400, "Empty ID, ID must have at least one character"),
        ("{\"ids\":[\"a\"],\"embeddings\":[\"AAA\"]}", 400, "Invalid base64 string"),
        ("{\"ids\":[\"a\"],\"embeddings\":[\"AAAA\"]}", 400, "Invalid byte length: 3 bytes"),
        ("{\"ids\":[\"a\"],\"embeddings\":[\"AADAfw==\"]}", 400, "Non-finite float value at embedding index 0: NaN"),
        ("{\"ids\":[\"a\"],\"embeddings\":[[1]],\"documents\":[5]}", 422, "documents"),
        ("{\"ids\":[\"a\"],\"embeddings\":[[1]],\"uris\":5}", 422, "uris"),
        ("{\"ids\":[\"a\"],\"embeddings\":[[1]],\"metadatas\":[{\"a\":null}]}", 422, "metadatas[0].a"),
        ("{\"ids\":[\"a\"],\"embeddings\":[[1]],\"metadatas\":[{\"a\":[1,\"x\"]}]}", 422, "one type"),
        ("{\"ids\":[\"a\"],\"embeddings\":[[1]],\"metadatas\":[{\"a\":{\"b\":1}}]}", 422, "objects are not values"),
        ("{\"ids\":[\"a\"],\"embeddings\":[[1]],\"metadatas\":[{\"$a\":1}]}", 400, "Invalid metadata at index 0"),
        ("{\"ids\":[],\"embeddings\":[]}", 201, ""),
    ])
    func checksWhatIsAdded(body: String, status: Int, part: String) async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection()
            let answer = try await fixture.call(.post, path + "/add", bytes: Array(body.utf8))
            #expect(answer.status == status && answer.message.contains(part), "\(answer.text)")
            #expect(try await fixture.count(path) == 0)
        }
    }

    @Test func theShapeIsLookedAtBeforeTheCollectionAndTheContentsAfter() async throws {
        try await APIFixture.with { (fixture) async throws in
            let none = APIFixture.collections + "/00000000-0000-4000-8000-000000000000"
            #expect(try await fixture.call(.post, none + "/add", ["ids": 5]).status == 422)
            #expect(try await fixture.call(.post, none + "/add", ["ids": ["a"], "embeddings": [[]]]).status == 404)
            #expect(try await fixture.call(.post, none + "/get", ["limit": "x"]).status == 422)
            #expect(try await fixture.call(.post, none + "/get", ["where": [:]]).status == 404)
            #expect(try await fixture.call(.post, none + "/query", [:]).status == 422)
            #expect(
                try await fixture.call(.post, none + "/query", ["query_embeddings": [[1], [1, 2]]]).status == 404)
            #expect(try await fixture.call(.post, none + "/delete", ["ids": [1]]).status == 422)
            #expect(try await fixture.call(.post, none + "/delete", ["ids": []]).status == 404)
            #expect(try await fixture.call(.post, none + "/search", [:]).status == 422)
            #expect(try await fixture.call(.post, none + "/search", ["searches": [["limit": 5]]]).status == 404)
        }
    }

    @Test func theFirstVectorSetsTheDimension() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection()
            // What is refused sets nothing.
            _ = try await fixture.call(.post, path + "/add", ["ids": ["", "b"], "embeddings": [[1, 2], [3, 4]]])
            #expect(
                try await fixture.call(.post, path + "/add", ["ids": ["a"], "embeddings": [[1, 2, 3]]]).status == 201)
            let wrong = try await fixture.call(.post, path + "/upsert", ["ids": ["b"], "embeddings": [[1, 2]]])
            #expect(wrong.status == 400 && wrong.error == "InvalidArgumentError")
            #expect(wrong.message == "Collection expecting embedding with dimension of 3, got 2")
            #expect(try await fixture.call(.get, APIFixture.collections + "/docs").json["dimension"] == 3)
        }
    }

    @Test func schemasDiscoverTheKeysOfRecords() async throws {
        try await APIFixture.with { fixture in
            _ = try await fixture.sample()
            let keys = try await fixture.call(.get, APIFixture.collections + "/docs").json["schema"]?["keys"]
            #expect(keys?["k"]?["int"]?["int_inverted_index"]?["enabled"] == true)
            #expect(keys?["k"]?["float"]?["float_inverted_index"]?["enabled"] == true)
            #expect(keys?["t"]?["string"]?["string_inverted_index"]?["enabled"] == true)
            #expect(keys?["t"]?["int"] == nil)
        }
    }

    @Test func sparseVectorsAreRefusedWhereTheyAreSwitchedOff() async throws {
        let body: JSONValue = [
            "ids": ["a"], "embeddings": [[1]], "metadatas": [["s": ["indices": [1, 5], "values": [0.5, 1]]]],
        ]
        try await APIFixture.with { fixture in
            let path = try await fixture.collection()
            #expect(try await fixture.call(.post, path + "/add", body).status == 201)
            let stored = try await read(fixture, path, "a")["metadata"]
            #expect(stored?["s"]?["#type"] == "sparse_vector" && stored?["s"]?["indices"] == [1, 5])
        }
        var options = VectorAPI.Options()
        options.allowsSparse = false
        try await APIFixture.with(options) { fixture in
            let path = try await fixture.collection()
            let answer = try await fixture.call(.post, path + "/add", body)
            #expect(answer.status == 501)
            #expect(answer.message == "Unimplemented: Sparse vector is not supported for local chroma: s")
            let index: JSONValue = ["sparse_vector": ["sparse_vector_index": ["enabled": true, "config": [:]]]]
            let made = try await fixture.call(
                .post, APIFixture.collections,
                ["name": "sparse", "schema": ["defaults": [:], "keys": ["s": index]]])
            #expect(made.status == 400)
            #expect(made.message.contains("Sparse vector indexing is not enabled in local"))
        }
    }

    @Test func countsTakeAReadLevel() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            for level in ["index_and_wal", "index_only", "index_and_bounded_wal"] {
                #expect(try await fixture.call(.get, path + "/count?read_level=\(level)").json == 3)
            }
            #expect(try await fixture.call(.get, path + "/count?read_level=x").status == 400)
        }
    }
}
