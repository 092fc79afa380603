import HTTPMessages
import JSONCoding
import TestSupport
import Testing
import VectorServer

/// Making, reading, changing and deleting collections.
@Suite struct CollectionTests {
    @Test func aNewCollectionShowsAllItsMembers() async throws {
        try await APIFixture.with { fixture in
            let answer = try await fixture.call(
                .post, APIFixture.collections,
                ["name": "docs", "metadata": ["owner": "x", "n": 1, "f": 0.5, "b": true]])
            #expect(answer.status == 200)
            let json = answer.json
            #expect(json["name"] == "docs" && json["metadata"] == ["owner": "x", "n": 1, "f": 0.5, "b": true])
            #expect(json["tenant"] == "default_tenant" && json["database"] == "default_database")
            #expect(json["dimension"] == .null && json["log_position"] == 0 && json["version"] == 0)
            let hnsw: JSONValue = [
                "space": "l2", "ef_construction": 100, "ef_search": 100, "max_neighbors": 16, "resize_factor": 1.2,
                "sync_threshold": 1000,
            ]
            #expect(json["configuration_json"]?["hnsw"] == hnsw)
            #expect(json["configuration_json"]?["spann"] == .null)
            #expect(json["configuration_json"]?["embedding_function"] == .null)
            #expect(json["schema"]?["defaults"]?["string"]?["fts_index"]?["enabled"] == false)
            let read = try await fixture.call(.get, APIFixture.collections + "/docs")
            #expect(read.json == json)
        }
    }

    @Test(arguments: [
        ("abc", true), ("a.b-c_d", true), ("A1b", true), ("left+right", true), ("ab", false), ("_abc", false),
        ("abc-", false), ("a..b", false), ("127.0.0.1", false), ("with space", false), ("äöü", false),
        ("a+b", false), ("one+two+three", false), (String(repeating: "a", count: 512), true),
        (String(repeating: "a", count: 513), false),
    ])
    func namesOfCollections(name: String, isValid: Bool) async throws {
        try await APIFixture.with { fixture in
            let answer = try await fixture.call(.post, APIFixture.collections, ["name": .string(name)])
            #expect(answer.status == (isValid ? 200 : 400))
            #expect(isValid || answer.message.hasPrefix("Validation error: name: Expected a name"))
        }
    }

    @Test(arguments: [
        ("{}", 422), ("[]", 422), ("{\"name\":null}", 422), ("{\"name\":\"docs\",\"get_or_create\":1}", 422),
        ("{\"name\":\"docs\",\"get_or_create\":null}", 200), ("{\"name\":\"docs\",\"unknown\":1}", 200),
        ("{\"name\":\"docs\",\"metadata\":{}}", 400), ("{\"name\":\"docs\",\"metadata\":{\"a\":null}}", 422),
        ("{\"name\":\"docs\",\"metadata\":{\"a\":[1]}}", 400), ("{\"name\":\"docs\",\"metadata\":{\"#a\":1}}", 400),
        ("{\"name\":\"docs\",\"metadata\":{\"\":1}}", 400), ("{\"name\":\"docs\",\"metadata\":{\"$a\":1}}", 400),
        ("{\"name\":\"docs\",\"metadata\":5}", 422), ("{\"name\":\"docs\",\"metadata\":{\"a\":{\"b\":1}}}", 422),
        ("{\"name\":\"docs\",\"configuration\":5}", 422),
        ("{\"name\":\"docs\",\"configuration\":{\"hnsw\":{\"space\":\"l3\"}}}", 422),
        ("{\"name\":\"docs\",\"configuration\":{\"hnsw\":{\"nonsense\":1}}}", 422),
        ("{\"name\":\"docs\",\"configuration\":{\"hnsw\":{\"ef_search\":-1}}}", 422),
        ("{\"name\":\"docs\",\"configuration\":{\"hnsw\":{},\"spann\":{}}}", 400),
        ("{\"name\":\"docs\",\"configuration\":{\"nonsense\":1}}", 200),
        ("{\"name\":\"docs\",\"metadata\":{\"hnsw:nonsense\":1}}", 400),
        ("{\"name\":\"docs\",\"metadata\":{\"hnsw:batch_size\":1}}", 400),
        ("{\"name\":\"docs\",\"schema\":{}}", 422), ("{\"name\":\"docs\",\"schema\":{\"defaults\":{}}}", 200),
    ])
    func bodiesThatMakeACollection(body: String, status: Int) async throws {
        try await APIFixture.with { fixture in
            let answer = try await fixture.call(.post, APIFixture.collections, bytes: Array(body.utf8))
            #expect(answer.status == status, "\(answer.text)")
            let error = [400: "InvalidArgumentError", 422: "ChromaError"][status] ?? ""
            #expect(answer.error == error)
        }
    }

    @Test func aNameThatIsTakenGetsTheOldOneOrARefusal() async throws {
        try await APIFixture.with { fixture in
            let first = try await fixture.call(
                .post, APIFixture.collections, ["name": "docs", "metadata": ["v": 1]])
            let again = try await fixture.call(.post, APIFixture.collections, ["name": "docs"])
            #expect(again.status == 409 && again.message == "Collection [docs] already exists")
            let got = try await fixture.call(
                .post, APIFixture.collections,
                [
                    "name": "docs", "get_or_create": true, "metadata": ["v": 2],
                    "configuration": ["hnsw": ["space": "cosine"]],
                ])
            #expect(got.status == 200 && got.json == first.json)
        }
    }

    @Test func manyWhoGetOrCreateAtOnceGetOne() async throws {
        try await APIFixture.with { fixture in
            let ids = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<32 {
                    group.addTask {
                        try await fixture.call(
                            .post, APIFixture.collections, ["name": "docs", "get_or_create": true]
                        ).json["id"]?.string
                    }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<32 {
                    group.addTask { try await fixture.call(.post, APIFixture.collections, ["name": "more"]).status }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 409 } == 31)
        }
    }

    @Test func databasesHaveToExist() async throws {
        try await APIFixture.with { fixture in
            let path = "/api/v2/tenants/default_tenant/databases/none/collections"
            let answer = try await fixture.call(.post, path, ["name": "docs"])
            #expect(answer.status == 400 && answer.message == "Database [none] does not exist")
            #expect(try await fixture.call(.get, path).json == [])
            #expect(try await fixture.call(.get, path + "/docs").status == 404)
            let short = "/api/v2/tenants/default_tenant/databases/no/collections"
            #expect(try await fixture.call(.get, short).status == 400)
        }
    }

    @Test func configurationAndOldMetadataKeysSetTheIndex() async throws {
        try await APIFixture.with { fixture in
            func hnsw(_ body: JSONObject) async throws -> JSONValue? {
                let path = try await fixture.collection("c\(Int.random(in: 0..<1_000_000_000))", body)
                let id = path.split(separator: "/").last ?? ""
                return try await fixture.call(.get, APIFixture.collections + "/by-id/\(id)")
                    .json["configuration_json"]?["hnsw"]
            }
            let given = try await hnsw(["configuration": ["hnsw": ["space": "cosine", "ef_search": 7]]])
            #expect(given?["space"] == "cosine" && given?["ef_search"] == 7 && given?["max_neighbors"] == 16)
            let old = try await hnsw(["metadata": ["hnsw:space": "ip", "hnsw:M": 8, "hnsw:search_ef": 50]])
            #expect(old?["space"] == "ip" && old?["max_neighbors"] == 8 && old?["ef_search"] == 50)
            let both = try await hnsw([
                "metadata": ["hnsw:space": "ip"], "configuration": ["hnsw": ["space": "cosine"]],
            ])
            #expect(both?["space"] == "cosine")
            let spann = try await hnsw(["configuration": ["spann": ["space": "cosine", "search_nprobe": 4]]])
            #expect(spann?["space"] == "cosine")
        }
    }

    @Test func anEmbeddingFunctionComesBackAsItWasSent() async throws {
        try await APIFixture.with { fixture in
            let function: JSONValue = ["type": "known", "name": "default", "config": ["a": [1, nil]]]
            let path = try await fixture.collection("docs", ["configuration": ["embedding_function": function]])
            let read = try await fixture.call(.get, APIFixture.collections + "/docs").json
            #expect(read["configuration_json"]?["embedding_function"] == function)
            let vector = read["schema"]?["keys"]?["#embedding"]?["float_list"]?["vector_index"]?["config"]
            #expect(vector?["embedding_function"] == function)
            let other: JSONValue = ["type": "known", "name": "other", "config": [:]]
            let change = try await fixture.call(.put, path, ["new_configuration": ["embedding_function": other]])
            #expect(change.json == [:])
            let changed = try await fixture.call(.get, APIFixture.collections + "/docs").json
            #expect(changed["configuration_json"]?["embedding_function"] == other)
        }
    }

    @Test func pagesAreDisjointAndComplete() async throws {
        try await APIFixture.with { fixture in
            for index in 0..<7 { _ = try await fixture.collection("docs\(index)") }
            func ids(_ query: String) async throws -> [String] {
                (try await fixture.call(.get, APIFixture.collections + query).json.array ?? [])
                    .compactMap { $0["id"]?.string }
            }
            let all = try await ids("")
            #expect(all.count == 7 && all == all.sorted())
            var paged: [String] = []
            for offset in stride(from: 0, to: 9, by: 3) { paged += try await ids("?limit=3&offset=\(offset)") }
            #expect(paged == all)
            #expect(try await fixture.call(.get, APIFixture.database + "/collections_count").json == 7)
            #expect(try await fixture.call(.get, APIFixture.collections + "?limit=-1").status == 400)
        }
    }

    @Test func readsByIDInEveryUsualSpelling() async throws {
        try await APIFixture.with { fixture in
            let id = try #require((try await fixture.collection()).split(separator: "/").last.map(String.init))
            let plain = id.filter { $0 != "-" }
            let braced = "%7B\(id)%7D"
            for spelling in [id, id.uppercased(), plain, braced, "urn:uuid:" + id] {
                #expect(
                    try await fixture.call(.get, APIFixture.collections + "/by-id/" + spelling).json["id"]
                        == .string(id))
                #expect(try await fixture.call(.get, APIFixture.collections + "/\(spelling)/count").json == 0)
            }
            let bad = try await fixture.call(.get, APIFixture.collections + "/by-id/xyz")
            #expect(
                bad.status == 400
                    && bad.message == "Validation error: collection_id: Invalid collection ID format, expected UUID")
            let badPath = try await fixture.call(.get, APIFixture.collections + "/xyz/count")
            #expect(badPath.status == 400 && badPath.message == "Collection ID is not a valid UUIDv4")
            let none = "00000000-0000-4000-8000-000000000000"
            let missing = try await fixture.call(.get, APIFixture.collections + "/by-id/" + none)
            #expect(missing.status == 404 && missing.message == "Collection [\(none)] does not exist")
        }
    }

    @Test func modifiesWhatIsGivenAndNothingElse() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.collection("docs", ["metadata": ["a": 1, "b": 2]])
            func read(_ name: String = "docs") async throws -> JSONValue {
                try await fixture.call(.get, APIFixture.collections + "/" + name).json
            }
            #expect(try await fixture.call(.put, path, [:]).json == [:])
            #expect(
                try await fixture.call(
                    .put, path, ["new_name": nil, "new_metadata": nil, "new_configuration": nil]
                ).status == 200)
            #expect(try await read()["metadata"] == ["a": 1, "b": 2])
            #expect(try await fixture.call(.put, path, ["new_metadata": ["c": 3, "a": nil]]).status == 200)
            #expect(try await read()["metadata"] == ["c": 3])
            // With its last key gone there is none.
            #expect(try await fixture.call(.put, path, ["new_metadata": ["c": nil]]).status == 200)
            #expect(try await read()["metadata"] == .null)
            #expect(try await fixture.call(.put, path, ["new_metadata": ["c": 3]]).status == 200)
            let change: JSONValue = ["new_configuration": ["hnsw": ["ef_search": 200, "num_threads": 3]]]
            #expect(try await fixture.call(.put, path, change).status == 200)
            let changed = try await read()
            #expect(changed["configuration_json"]?["hnsw"]?["ef_search"] == 200)
            let config = changed["schema"]?["keys"]?["#embedding"]?["float_list"]?["vector_index"]?["config"]
            #expect(config?["hnsw"]?["num_threads"] == 3)
            #expect(try await fixture.call(.put, path, ["new_name": "renamed"]).status == 200)
            #expect(try await read("renamed")["metadata"] == ["c": 3])
            #expect(try await fixture.call(.get, APIFixture.collections + "/docs").status == 404)
        }
    }

    @Test(arguments: [
        ("{\"new_name\":\"a\"}", 400, "Validation error: new_name: Expected"), ("{\"new_name\":5}", 422, "new_name"),
        ("{\"new_metadata\":{}}", 400, "Metadata cannot be empty"),
        ("{\"new_configuration\":{\"hnsw\":{\"space\":\"ip\"}}}", 422, "unknown field"),
        ("{\"new_configuration\":{\"hnsw\":{\"ef_construction\":5}}}", 422, "unknown field"),
        ("{\"new_configuration\":{\"hnsw\":{},\"spann\":{}}}", 400, "Multiple vector index configurations provided"),
        ("{\"new_configuration\":{\"embedding_function\":{\"type\":\"x\"}}}", 422, "unknown variant"),
        ("{\"new_configuration\":{\"embedding_function\":{\"type\":\"known\"}}}", 422, "missing field `name`"),
        ("{\"new_name\":\"other\"}", 409, "Collection [other] already exists"),
    ])
    func refusesModifications(body: String, status: Int, part: String) async throws {
        try await APIFixture.with { fixture in
            _ = try await fixture.collection("other")
            let path = try await fixture.collection("docs")
            let answer = try await fixture.call(.put, path, bytes: Array(body.utf8))
            #expect(answer.status == status && answer.message.contains(part), "\(answer.text)")
        }
    }

    @Test func aDeletedCollectionLeavesNothing() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            let id = path.split(separator: "/").last ?? ""
            // Only the name deletes; an id is a name that is not there.
            #expect(try await fixture.call(.delete, path).status == 404)
            #expect(try await fixture.call(.delete, APIFixture.collections + "/docs").json == [:])
            let missing = try await fixture.call(.delete, APIFixture.collections + "/docs")
            #expect(missing.status == 404 && missing.message == "Collection [docs] does not exist")
            for operation in ["get", "delete"] {
                let answer = try await fixture.call(.post, path + "/" + operation, [:])
                #expect(answer.status == 404 && answer.message == "Collection [\(id)] does not exist.")
            }
            let again = try await fixture.collection()
            #expect(again != path)
            #expect(try await fixture.call(.get, APIFixture.collections + "/docs").json["dimension"] == .null)
        }
    }

    @Test func oneTenantsIDOpensNothingElsewhere() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            let id = path.split(separator: "/").last ?? ""
            _ = try await fixture.call(.post, "/api/v2/tenants/acme/databases", ["name": "books"])
            let foreign = "/api/v2/tenants/acme/databases/books/collections/\(id)"
            #expect(try await fixture.call(.get, foreign + "/count").status == 404)
            #expect(try await fixture.call(.post, foreign + "/get", [:]).status == 404)
            #expect(try await fixture.call(.put, foreign, ["new_name": "mine"]).status == 404)
            #expect(
                try await fixture.call(.get, "/api/v2/tenants/acme/databases/books/collections/by-id/\(id)").status
                    == 404)
        }
    }

    @Test func aForkHasTheSameRecordsAndGoesItsOwnWay() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            let made = try await fixture.call(.post, path + "/fork", ["new_name": "copy"])
            #expect(made.status == 200 && made.json["name"] == "copy")
            let fork = APIFixture.collections + "/" + (made.json["id"]?.string ?? "")
            let read: JSONValue = ["include": ["documents", "embeddings", "metadatas", "uris"]]
            #expect(
                try await fixture.call(.post, fork + "/get", read).json
                    == fixture.call(.post, path + "/get", read).json)
            _ = try await fixture.call(.post, fork + "/delete", ["ids": ["a"]])
            #expect(try await fixture.count(fork) == 2)
            #expect(try await fixture.count(path) == 3)
            _ = try await fixture.call(.post, fork + "/fork", ["new_name": "second"])
            for one in [path, fork] { #expect(try await fixture.call(.get, one + "/fork_count").json == ["count": 2]) }
            let taken = try await fixture.call(.post, path + "/fork", ["new_name": "copy"])
            #expect(taken.status == 409 && taken.message == "Collection [copy] already exists")
            #expect(try await fixture.call(.post, path + "/fork", ["new_name": "x"]).status == 400)
            #expect(try await fixture.call(.post, path + "/fork", [:]).status == 422)
        }
    }

    @Test func tellsHowFarTheIndexIs() async throws {
        try await APIFixture.with { fixture in
            let empty = try await fixture.collection("empty")
            let none = try await fixture.call(.get, empty + "/indexing_status")
            #expect(
                none.json == [
                    "op_indexing_progress": 1.0, "num_unindexed_ops": 0, "num_indexed_ops": 0, "total_ops": 0,
                ])
            let path = try await fixture.sample()
            _ = try await fixture.call(.post, path + "/delete", ["ids": ["a"]])
            let some = try await fixture.call(.get, path + "/indexing_status")
            #expect(some.json["total_ops"] == 4 && some.json["op_indexing_progress"] == 1.0)
            #expect(try await fixture.call(.get, APIFixture.collections + "/docs").json["version"] == 2)
        }
    }
}
