import Chroma
import Digests
import HTTPMessages
import JSONCoding
import Testing

/// Bodies as values.
@Suite struct ParsingTests {
    private func json(_ text: String) throws -> JSONValue { try JSONParser.parse(text) }

    // MARK: - Records

    @Test func aBatchHasListsOfOneLength() throws {
        let batch = try RecordBatch(
            try json(
                """
                {"ids":["a","b"],"embeddings":[[1,2],[3,4]],"documents":["x",null],"uris":[null,"u"],
                 "metadatas":[{"k":1,"chroma:uri":"y"},null]}
                """), kind: .add)
        #expect(batch.ids == ["a", "b"] && batch.dimension == 2)
        #expect(batch.embeddings == [[1, 2], [3, 4]] && batch.documents == ["x", nil] && batch.uris == [nil, "u"])
        #expect(batch.metadatas?[0] == ["k": 1] && batch.metadatas?[1] == nil)
    }

    @Test func whatEachWriteMayLeaveOut() throws {
        let bare = try json("{\"ids\":[\"a\"]}")
        #expect(throws: ChromaError.self) { try RecordBatch(bare, kind: .add) }
        #expect(throws: ChromaError.self) { try RecordBatch(bare, kind: .upsert) }
        #expect(try RecordBatch(bare, kind: .update).dimension == nil)
        let some = try RecordBatch(try json("{\"ids\":[\"a\",\"b\"],\"embeddings\":[null,[1]]}"), kind: .update)
        #expect(some.embeddings?.count == 2 && some.dimension == 1)
        let nulls = try json("{\"ids\":[\"a\"],\"embeddings\":[[1]],\"metadatas\":[{\"k\":null}]}")
        #expect(throws: ChromaError.self) { try RecordBatch(nulls, kind: .add) }
        #expect(try RecordBatch(nulls, kind: .upsert).metadatas?[0]?["k"] == .null)
    }

    @Test(arguments: [[1.5, -0.0, 3.4028235e38], [0.1]] as [[Float]])
    func floatsComeWholeOutOfBase64(vector: [Float]) throws {
        let text = Base64.encode(vector.withUnsafeBytes { Array($0) })
        let batch = try RecordBatch(["ids": ["a"], "embeddings": [.string(text)]], kind: .add)
        #expect(batch.embeddings?[0]?.map(\.bitPattern) == vector.map(\.bitPattern))
    }

    @Test func queriesMayOverflowAndRecordsMayNot() throws {
        let numbers: [JSONValue] = [1, 1e39]
        #expect(try RecordBatch.queryVector(numbers)[1] == .infinity)
        let error = #expect(throws: ChromaError.self) { try RecordBatch.vector(numbers) }
        #expect(error?.message.contains("NaN or Infinity") == true)
        #expect(throws: ChromaError.self) { try RecordBatch.vector([]) }
        #expect(try RecordBatch.queryVector([]).isEmpty)
        #expect(throws: ChromaError.self) { try RecordBatch.queryVector(["x"]) }
    }

    @Test func listsOfIntegersAndFloatsBecomeFloats() throws {
        let body = try json(
            "{\"ids\":[\"a\"],\"embeddings\":[[1]],\"metadatas\":[{\"m\":[1,2.5],\"i\":[1,2],\"b\":[true],\"e\":[]}]}")
        let metadata = try RecordBatch(body, kind: .add).metadatas?[0]
        #expect(metadata?["m"] == [1.0, 2.5] && metadata?["i"] == [1, 2] && metadata?["b"] == [true])
    }

    // MARK: - Sparse vectors

    @Test(arguments: [
        ("{\"indices\":[1,5],\"values\":[0.5,2]}", true),
        ("{\"#type\":\"sparse_vector\",\"indices\":[],\"values\":[]}", true),
        ("{\"indices\":[1],\"values\":[1],\"tokens\":[\"w\"]}", true),
        ("{\"indices\":[1],\"values\":[1],\"tokens\":null}", true),
        ("{\"other\":1}", false), ("{\"#type\":\"x\",\"indices\":[1],\"values\":[1]}", false),
        ("{\"indices\":[1]}", false),
    ])
    func recognisesSparseVectors(text: String, isOne: Bool) throws {
        let object = try #require(try json(text).object)
        let read = try SparseVector(object, field: "f")
        #expect((read != nil) == isOne)
    }

    @Test(arguments: [
        ("{\"indices\":[5,1],\"values\":[1,2]}", 400), ("{\"indices\":[1,1],\"values\":[1,2]}", 400),
        ("{\"indices\":[1],\"values\":[1,2]}", 400), ("{\"indices\":[1],\"values\":[1],\"tokens\":[]}", 400),
        ("{\"indices\":[1],\"values\":[1e39]}", 400), ("{\"indices\":[-1],\"values\":[1]}", 422),
        ("{\"indices\":[4294967296],\"values\":[1]}", 422), ("{\"indices\":[1.5],\"values\":[1]}", 422),
        ("{\"indices\":[1],\"values\":[\"x\"]}", 422), ("{\"indices\":[1],\"values\":[1],\"tokens\":[5]}", 422),
        ("{\"#type\":\"sparse_vector\"}", 422),
    ])
    func refusesSparseVectors(text: String, status: Int) throws {
        let object = try #require(try json(text).object)
        let error = #expect(throws: ChromaError.self) { try SparseVector(object, field: "f") }
        #expect(error?.status.rawValue == status)
    }

    @Test func sparseVectorsAreWrittenAsTheyWereRead() throws {
        let text = "{\"#type\":\"sparse_vector\",\"indices\":[1,7],\"values\":[0.1,2.0],\"tokens\":[\"a\",\"b\"]}"
        let object = try #require(try json(text).object)
        let vector = try #require(try SparseVector(object, field: "f"))
        #expect(vector.json.text == text)
    }

    // MARK: - Filters

    @Test func clausesBecomeConditions() throws {
        #expect(try WhereFilter.parse(nil) == nil)
        #expect(try WhereFilter.parse(.null) == nil)
        #expect(try WhereFilter.parse(["k": 1]) == .compare(key: "k", .equal, 1))
        #expect(try WhereFilter.parse(["k": ["$nin": [1, 2]]]) == .isIn(key: "k", [1, 2], negated: true))
        #expect(try WhereFilter.parse(["k": ["$not_contains": "x"]]) == .contains(key: "k", "x", negated: true))
        #expect(try WhereFilter.parse(["#id": ["$ne": "a"]]) == .hasID(["a"], negated: true))
        #expect(
            try WhereFilter.parse(["#document": ["$not_contains": "x"]]) == .documentContains("x", negated: true))
        #expect(
            try WhereFilter.parse(["$or": [["a": 1], ["$and": []]]]) == .or([.compare(key: "a", .equal, 1), .and([])]))
    }

    @Test func filtersKnowWhatTheyNeed() throws {
        let plain = try #require(try WhereFilter.parse(["$and": [["a": 1], ["b": ["$in": ["x", "y"]]]]]))
        #expect(!plain.needsDocument && plain.operands.map(\.key) == ["a", "b"])
        let mixed = try #require(try WhereFilter.parse(["$or": [["a": 1], ["#document": ["$contains": "x"]]]]))
        #expect(mixed.needsDocument && mixed.operands.map(\.key) == ["a"])
        #expect(try WhereFilter.parseDocument(["$and": []])?.needsDocument == false)
    }

    @Test func nestingHasALimit() throws {
        func nested(_ depth: Int) -> JSONValue {
            (0..<depth).reduce(["k": 1]) { clause, _ in ["$and": [clause]] }
        }
        #expect(throws: Never.self) { try WhereFilter.parse(nested(63)) }
        #expect(throws: ChromaError.self) { try WhereFilter.parse(nested(64)) }
        #expect(throws: ChromaError.self) { try WhereFilter.parse(nested(10_000)) }
    }

    // MARK: - Requests

    @Test func readsKeepTheirDefaults() throws {
        let get = try GetRequest([:])
        #expect(get.selection.isEverything && get.offset == 0 && get.limit == nil)
        #expect(get.include.names == ["documents", "metadatas"])
        let query = try QueryRequest(["query_embeddings": []])
        #expect(query.count == 10 && query.vectors.isEmpty && query.include.names.contains("distances"))
        #expect(try DeleteRequest([:]).selection.isEverything)
        let search = try SearchRequest([:])
        #expect(search.rank == nil && search.filter == nil && search.limit == nil && search.selected.isEmpty)
    }

    @Test func theShapeOfAReadIsLookedAtFirst() throws {
        // Both are wrong; a caller learns of the shape.
        for body: JSONValue in [
            ["where": [:], "limit": "x"], ["where": [:], "ids": 5], ["where": [:], "include": 5],
        ] {
            let error = #expect(throws: ChromaError.self) { try GetRequest(body) }
            #expect(error?.status == .unprocessableContent)
        }
        let error = #expect(throws: ChromaError.self) {
            try QueryRequest(["query_embeddings": [[1], [1, 2]], "where": [:], "n_results": "x"])
        }
        #expect(error?.status == .unprocessableContent)
    }

    @Test func selectedKeysAreSortedAndStandOnce() throws {
        let search = try SearchRequest(["select": ["keys": ["b", "#score", "a", "b"]]])
        #expect(search.selected == ["#score", "a", "b"])
    }

    @Test func errorsHaveChromasForm() {
        let error = ChromaError.notFound("gone")
        #expect(error.json == ["error": "NotFoundError", "message": "gone"] && error.status == .notFound)
        #expect(error.description == "NotFoundError: gone")
        #expect(ChromaError.shape("a.b", "c").message.hasSuffix("target type: a.b: c"))
    }
}
