import Chroma
import HTTPMessages
import JSONCoding
import Testing

/// Configuration and schema of collections.
@Suite struct SchemaTests {
    private func schema(
        _ schema: JSONValue? = nil, configuration: JSONValue? = nil, metadata: JSONObject? = nil, sparse: Bool = true
    ) throws -> CollectionSchema {
        try CollectionSchema(configuration: configuration, schema: schema, metadata: metadata, allowsSparse: sparse)
    }

    private static let on: JSONValue = ["enabled": true, "config": [:]]

    @Test func theStandardSchemaIsComplete() throws {
        let standard = try schema()
        let numbers: JSONValue = [
            "ef_construction": 100, "max_neighbors": 16, "ef_search": 100,
            "num_threads": standard.vectorIndex["hnsw"]?["num_threads"] ?? .null, "batch_size": 100,
            "sync_threshold": 1000, "resize_factor": 1.2,
        ]
        let off: JSONValue = ["enabled": false, "config": [:]]
        let expected: JSONValue = [
            "defaults": [
                "string": ["fts_index": off, "string_inverted_index": Self.on],
                "float_list": ["vector_index": ["enabled": false, "config": ["space": "l2", "hnsw": numbers]]],
                "sparse_vector": [
                    "sparse_vector_index": [
                        "enabled": false, "config": ["embedding_function": ["type": "unknown"], "bm25": false],
                    ]
                ],
                "int": ["int_inverted_index": Self.on], "float": ["float_inverted_index": Self.on],
                "bool": ["bool_inverted_index": Self.on],
            ],
            "keys": [
                "#document": ["string": ["fts_index": Self.on, "string_inverted_index": off]],
                "#embedding": [
                    "float_list": [
                        "vector_index": [
                            "enabled": true,
                            "config": ["space": "l2", "source_key": "#document", "hnsw": numbers],
                        ]
                    ]
                ],
            ],
        ]
        #expect(JSONValue.object(standard.json) == expected)
        #expect(standard.space == .l2 && standard.parameter("ef_search") == 100 && standard.embeddingFunction == .null)
        #expect(standard.hnsw.names.count == 6 && standard.sparseKeys.isEmpty)
    }

    @Test func aSchemaThatSetsTheIndexShowsInTheConfiguration() throws {
        let given: JSONValue = [
            "defaults": [:],
            "keys": [
                "#embedding": [
                    "float_list": [
                        "vector_index": ["enabled": true, "config": ["space": "cosine", "hnsw": ["ef_search": 7]]]
                    ]
                ]
            ],
        ]
        let read = try schema(given)
        #expect(read.space == .cosine && read.parameter("ef_search") == 7 && read.parameter("max_neighbors") == 16)
        // A configuration with the defaults says nothing against it, one with others does.
        #expect(try schema(given, configuration: ["hnsw": ["space": "l2"]]).space == .cosine)
        let error = #expect(throws: ChromaError.self) { try schema(given, configuration: ["hnsw": ["space": "ip"]]) }
        #expect(error?.message.hasPrefix("Failed to reconcile schema: Cannot set both") == true)
    }

    @Test func anEmptySchemaLeavesTheWordToTheConfiguration() throws {
        let read = try schema(["defaults": [:]], configuration: ["hnsw": ["space": "ip"]])
        #expect(read.space == .ip)
        #expect(
            try schema(["defaults": [:], "key_overrides": ["n": ["int": ["int_inverted_index": Self.on]]]])
                .json["keys"]?["n"]?["int"]?["int_inverted_index"]?["enabled"] == true)
    }

    @Test(arguments: [
        (
            "{\"float_list\":{\"vector_index\":{\"enabled\":true,\"config\":{}}}}",
            "Vector index cannot be enabled by default"
        ),
        (
            "{\"sparse_vector\":{\"sparse_vector_index\":{\"enabled\":true,\"config\":{}}}}",
            "Sparse vector index cannot be enabled by default"
        ),
        ("{\"string\":{\"fts_index\":{\"enabled\":true,\"config\":{}}}}", "cannot be enabled by default"),
    ])
    func refusesDefaults(defaults: String, part: String) throws {
        let given: JSONValue = ["defaults": try JSONParser.parse(defaults)]
        let error = #expect(throws: ChromaError.self) { try schema(given) }
        #expect(error?.status == .badRequest && error?.message.contains(part) == true)
    }

    @Test(arguments: [
        ("{\"#other\":{}}", "key cannot begin with '#'"),
        ("{\"#document\":{\"int\":{}}}", "can only have string indexes"),
        ("{\"#embedding\":{\"string\":{}}}", "can only have a vector index"),
        (
            "{\"k\":{\"float_list\":{\"vector_index\":{\"enabled\":true,\"config\":{}}}}}",
            "only be enabled on #embedding"
        ),
        ("{\"k\":{\"string\":{\"fts_index\":{\"enabled\":true,\"config\":{}}}}}", "only be enabled on #document"),
        (
            "{\"#document\":{\"string\":{\"string_inverted_index\":{\"enabled\":true,\"config\":{}}}}}",
            "can not be enabled on #document"
        ),
        (
            "{\"#embedding\":{\"float_list\":{\"vector_index\":{\"enabled\":true,\"config\":{\"source_key\":\"title\"}}}}}",
            "can only source from #document"
        ),
        (
            "{\"s\":{\"sparse_vector\":{\"sparse_vector_index\":{\"enabled\":true,\"config\":{\"source_key\":\"t\"}}}}}",
            "embedding_function must also be provided"
        ),
        (
            "{\"s\":{\"sparse_vector\":{\"sparse_vector_index\":{\"enabled\":true,\"config\":{\"source_key\":\"#id\",\"embedding_function\":{\"type\":\"known\",\"name\":\"n\",\"config\":{}}}}}}}",
            "source_key cannot begin with '#'"
        ),
        (
            "{\"s\":{\"sparse_vector\":{\"sparse_vector_index\":{\"enabled\":true,\"config\":{}}}},\"t\":{\"sparse_vector\":{\"sparse_vector_index\":{\"enabled\":true,\"config\":{}}}}}",
            "At most one sparse vector index"
        ),
        (
            "{\"#embedding\":{\"float_list\":{\"vector_index\":{\"enabled\":true,\"config\":{\"hnsw\":{},\"spann\":{}}}}}}",
            "Both hnsw and spann"
        ),
    ])
    func refusesKeys(keys: String, part: String) throws {
        let given: JSONValue = ["defaults": [:], "keys": try JSONParser.parse(keys)]
        let error = #expect(throws: ChromaError.self) { try schema(given) }
        #expect(error?.status == .badRequest && error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        "5", "{}", "{\"defaults\":5}", "{\"defaults\":{},\"keys\":5}", "{\"defaults\":{},\"keys\":{\"k\":5}}",
        "{\"defaults\":{\"int\":5}}", "{\"defaults\":{\"int\":{\"int_inverted_index\":{\"enabled\":1,\"config\":{}}}}}",
        "{\"defaults\":{\"int\":{\"int_inverted_index\":{\"enabled\":true,\"config\":{\"x\":1}}}}}",
        "{\"defaults\":{\"sparse_vector\":{\"sparse_vector_index\":{\"enabled\":false,\"config\":{\"x\":1}}}}}",
        "{\"defaults\":{\"float_list\":{\"vector_index\":{\"enabled\":false,\"config\":{\"x\":1}}}}}",
        "{\"defaults\":{\"float_list\":{\"vector_index\":{\"enabled\":false,\"config\":{\"space\":\"l9\"}}}}}",
    ])
    func wrongShapesAreUnprocessable(text: String) throws {
        let given = try JSONParser.parse(text)
        let error = #expect(throws: ChromaError.self) { try schema(given) }
        #expect(error?.status == .unprocessableContent)
    }

    @Test func sparseKeysKnowTheirWeighing() throws {
        func keys(_ config: JSONValue) -> JSONValue {
            [
                "defaults": [:],
                "keys": ["s": ["sparse_vector": ["sparse_vector_index": ["enabled": true, "config": config]]]],
            ]
        }
        #expect(try schema(keys([:])).sparseKeys == ["s": false])
        #expect(try schema(keys(["bm25": true])).sparseKeys == ["s": true])
        let error = #expect(throws: ChromaError.self) { try schema(keys([:]), sparse: false) }
        #expect(error?.message.hasSuffix("Sparse vector indexing is not enabled in local") == true)
    }

    @Test func parametersOutOfReasonCountAsNone() throws {
        let large = try schema(configuration: ["hnsw": ["ef_search": 9_999_999_999]])
        #expect(large.parameter("ef_search") == 0 && large.parameter("unknown") == 0)
    }

    @Test func modificationsReachBothPlaces() throws {
        var read = try schema()
        try read.modify(["hnsw": ["ef_search": 9, "num_threads": nil], "embedding_function": ["type": "legacy"]])
        for place in [read.json["defaults"], read.json["keys"]?["#embedding"]] {
            let config = place?["float_list"]?["vector_index"]?["config"]
            #expect(config?["hnsw"]?["ef_search"] == 9 && config?["embedding_function"] == ["type": "legacy"])
        }
        #expect(read.space == .l2 && read.parameter("max_neighbors") == 16)
        let before = read
        #expect(throws: ChromaError.self) { try read.modify(["hnsw": ["space": "ip"]]) }
        try read.modify(["spann": ["search_nprobe": 3]])
        #expect(read == before)
    }

    @Test(
        arguments: [
            ("hnsw:space", "l9"), ("hnsw:M", "x"), ("hnsw:batch_size", 1), ("hnsw:sync_threshold", 1),
            ("hnsw:other", 5),
            ("hnsw:search_ef", -1), ("hnsw:space", 5),
        ] as [(String, JSONValue)])
    func oldKeysAreChecked(key: String, value: JSONValue) {
        let error = #expect(throws: ChromaError.self) { try schema(metadata: [key: value]) }
        #expect(error?.message == "Failed to parse hnsw parameters from segment metadata")
    }

    @Test func oldKeysAreLeftAloneBesideAConfiguration() throws {
        let read = try schema(configuration: ["hnsw": ["space": "cosine"]], metadata: ["hnsw:other": 5, "a": 1])
        #expect(read.space == .cosine)
    }
}
