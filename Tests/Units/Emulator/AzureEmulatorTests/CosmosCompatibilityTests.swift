import HTTPMessages
import JSONCoding
import Testing

@testable import AzureEmulator

/// What other clients of Cosmos DB do: resource ids, bulk requests, deep items, definitions that queries depend on.
@Suite struct CosmosCompatibilityTests {
    private static let key = #"["p"]"#
    private static let queryFields: HTTPFields = [
        "Content-Type": "application/query+json", "x-ms-documentdb-isquery": "True",
    ]

    private func query(
        _ services: Services, _ path: String, _ text: String, partition: String? = key, _ more: HTTPFields = [:]
    ) async throws -> Answer {
        var fields = Self.queryFields
        for field in more.all { fields[field.name] = field.value }
        return try await services.cosmos(.post, path + "/docs", partition: partition, fields, ["query": .string(text)])
    }

    // MARK: - Resource ids

    @Test func everythingIsAddressedByResourceID() async throws {
        let services = try Services()
        let path = try await services.container()
        let made = try await services.cosmos(.post, path + "/docs", partition: Self.key, [:], ["id": "a", "pk": "p"])
        let link = "/" + (made.json["_self"]?.string?.dropLast() ?? "")
        let rid = made.json["_rid"]?.string ?? ""
        #expect(HTTPTarget(link).segments?.count == 6 && link.hasSuffix("/docs/" + rid))
        for signed in [nil, ("docs", rid.lowercased())] {
            let read = try await services.cosmos(.get, link, partition: Self.key, signed: signed)
            #expect(read.status == 200 && read.text == made.text, "\(read.outcome)")
        }
        let replaced = try await services.cosmos(
            .put, link, partition: Self.key, [:], ["id": "a", "pk": "p", "n": 1], signed: ("docs", rid.lowercased()))
        #expect(replaced.status == 200 && replaced.json["_rid"]?.string == rid)
        let container = try await services.cosmos(.get, path).json
        let feed = "/" + (container["_self"]?.string ?? "") + "docs"
        let owner = container["_rid"]?.string?.lowercased() ?? ""
        let list = try await services.cosmos(.get, feed, partition: Self.key, signed: ("docs", owner))
        #expect(list.json["Documents"]?[0]?["n"] == 1)
        // An id may follow the container's resource id too. The ids of others mean nothing here.
        #expect(try await services.cosmos(.get, feed + "/a", partition: Self.key).status == 200)
        let other = try await services.container(id: "other")
        let elsewhere = try await services.cosmos(.get, other).json["_self"]?.string ?? ""
        for wrong in ["/\(elsewhere)docs/\(rid)", feed + "/AAAA"] {
            let answer = try await services.cosmos(.get, wrong, partition: Self.key)
            #expect(answer.outcome == "404 NotFound", "\(wrong)")
        }
        let gone = try await services.cosmos(.delete, link, partition: Self.key)
        #expect(gone.status == 204)
    }

    // MARK: - Bulk

    private static let bulk: HTTPFields = [
        "x-ms-cosmos-is-batch-request": "True", "x-ms-cosmos-batch-atomic": "False",
        "x-ms-cosmos-batch-continue-on-error": "True", "x-ms-cosmos-batch-ordered": "False",
        "x-ms-documentdb-partitionkeyrangeid": "0",
    ]

    private static func create(_ id: String, _ key: String) -> JSONValue {
        [
            "operationType": "Create", "partitionKey": .string("[\"\(key)\"]"),
            "resourceBody": ["id": .string(id), "pk": .string(key)],
        ]
    }

    @Test func bulkOperationsHaveKeysAndOutcomesOfTheirOwn() async throws {
        let services = try Services()
        let path = try await services.container()
        func send(_ operations: [JSONValue], _ more: HTTPFields = [:]) async throws -> (Int, [Int64?]) {
            var fields = Self.bulk
            for field in more.all { fields[field.name] = field.value }
            let answer = try await services.cosmos(.post, path + "/docs", fields, .array(operations))
            return (answer.status, (answer.json.array ?? []).map { $0["statusCode"]?.int })
        }
        #expect(try await send([Self.create("1", "p"), Self.create("2", "z")]) == (200, [201, 201]))
        let mixed: [JSONValue] = [
            Self.create("1", "p"), Self.create("3", "p"),
            ["operationType": "Read", "partitionKey": #"["z"]"#, "id": "2"],
            ["operationType": "Delete", "partitionKey": #"["z"]"#, "id": "none"],
            ["operationType": "Upsert", "partitionKey": ["z"], "resourceBody": ["id": "4", "pk": "z"]],
            // The key of the item is not the operation's.
            ["operationType": "Create", "partitionKey": #"["p"]"#, "resourceBody": ["id": "5", "pk": "z"]],
            ["operationType": "Create", "resourceBody": ["id": "6", "pk": "z"]],
        ]
        #expect(try await send(mixed) == (207, [409, 201, 200, 404, 201, 400, 400]))
        #expect(
            try await send(mixed, ["x-ms-cosmos-batch-continue-on-error": "False"])
                == (207, [409, 424, 424, 424, 424, 424, 424]))
        let all = try await query(
            services, path, "SELECT VALUE c.id FROM c ORDER BY c.id", partition: nil,
            ["x-ms-documentdb-query-enablecrosspartition": "True"])
        #expect(all.json["Documents"] == ["1", "2", "3", "4"])
    }

    @Test func bulkOperationsBelongToTheRangeThatIsAsked() async throws {
        let services = try Services(ranges: 4)
        let path = try await services.container()
        var outcomes: [Int64] = []
        for range in 0..<4 {
            var fields = Self.bulk
            fields["x-ms-documentdb-partitionkeyrangeid"] = String(range)
            let answer = try await services.cosmos(.post, path + "/docs", fields, [Self.create("1", "p")])
            outcomes.append(answer.json[0]?["statusCode"]?.int ?? 0)
        }
        #expect(outcomes.sorted() == [201, 410, 410, 410])
    }

    @Test(arguments: ["True", "False"]) func batchesOfHybridRowAreRefusedWithTheReason(isAtomic: String) async throws {
        let services = try Services()
        let path = try await services.container()
        var fields = Self.bulk
        fields["x-ms-cosmos-batch-atomic"] = isAtomic
        let sent = try await services.cosmosBytes(.post, path + "/docs", fields, [0x81, 0xFF, 0xFF, 0xFF, 0x7F, 0])
        #expect(sent.outcome == "501 NotImplemented")
        #expect(sent.json["message"]?.string?.contains("HybridRow") == true)
    }

    // MARK: - Nesting

    private static func nested(_ levels: Int) -> JSONValue {
        var value: JSONValue = 1
        for level in 0..<levels { value = level % 2 == 0 ? ["x": value] : [value] }
        return ["id": "a", "pk": "p", "deep": value]
    }

    @Test func itemsMayBeAsDeepAsTheServicesAre() async throws {
        let services = try Services()
        let path = try await services.container()
        let upsert: HTTPFields = ["x-ms-documentdb-is-upsert": "True"]
        for levels in [1, 100, 127, 128] {
            let item = Self.nested(levels)
            let made = try await services.cosmos(.post, path + "/docs", partition: Self.key, upsert, item)
            #expect(made.status < 300, "\(levels): \(made.text)")
            let found = try await query(services, path, "SELECT VALUE c.deep FROM c ORDER BY c.deep")
            #expect(found.text.contains("1") && found.status == 200)
            let patched = try await services.cosmos(
                .patch, path + "/docs/a", partition: Self.key, [:],
                ["operations": [["op": "set", "path": "/n", "value": 1]]])
            #expect(patched.status == 200, "\(levels)")
            let batch = try await services.cosmos(
                .post, path + "/docs", partition: Self.key, ["x-ms-cosmos-is-batch-request": "True"],
                [["operationType": "Upsert", "resourceBody": item]])
            #expect(batch.status == 200 && batch.text.contains("\"deep\":"), "\(levels)")
        }
        for levels in [129, 130] {
            let made = try await services.cosmos(
                .post, path + "/docs", partition: Self.key, upsert, Self.nested(levels))
            #expect(made.outcome == "400 BadRequest", "\(levels)")
        }
        let grown = try await services.cosmos(
            .patch, path + "/docs/a", partition: Self.key, [:],
            ["operations": [["op": "set", "path": "/deep/x/0/x", "value": Self.nested(128)["deep"] ?? 1]]])
        #expect(grown.outcome == "400 BadRequest")
    }

    // MARK: - Definitions

    @Test func computedPropertiesAndVectorPoliciesActInQueries() async throws {
        let services = try Services()
        let path = try await services.container([
            "computedProperties": [["name": "cp_upper", "query": "SELECT VALUE UPPER(c.name) FROM c"]],
            "vectorEmbeddingPolicy": [
                "vectorEmbeddings": [
                    ["path": "/v", "dataType": "float32", "distanceFunction": "euclidean", "dimensions": 2]
                ]
            ],
        ])
        let items: [(String, String, [JSONValue])] = [
            ("0", "abc", [1, 0]), ("1", "ABC", [10, 1]), ("2", "xyz", [0, 2]), ("3", "aBc", [1, 0, 0]),
        ]
        for (id, name, vector) in items {
            try await services.cosmos(
                .post, path + "/docs", partition: Self.key, [:],
                ["id": .string(id), "pk": "p", "name": .string(name), "v": .array(vector)])
        }
        func found(_ text: String) async throws -> JSONValue? {
            try await query(services, path, text).json["Documents"]
        }
        #expect(try await found("SELECT VALUE c.id FROM c WHERE c.cp_upper = 'ABC'") == ["0", "1", "3"])
        #expect(try await found("SELECT VALUE c.cp_upper FROM c ORDER BY c.cp_upper DESC OFFSET 0 LIMIT 1") == ["XYZ"])
        #expect(try await found("SELECT VALUE COUNT(1) FROM c GROUP BY c.cp_upper") == [3, 1])
        #expect(
            try await found("SELECT TOP 9 VALUE c.id FROM c ORDER BY VectorDistance(c.v, [1, 0])") == ["0", "2", "1"])
        #expect(try await found("SELECT * FROM c WHERE c.id = '0'")?[0]?["cp_upper"] == nil)
        // A container can get others later.
        let changed = try await services.cosmos(
            .put, path, [:],
            [
                "id": "c", "partitionKey": ["paths": ["/pk"], "kind": "Hash"],
                "computedProperties": [["name": "cp_upper", "query": "SELECT VALUE LENGTH(c.name) FROM c"]],
            ])
        #expect(changed.status == 200)
        #expect(try await found("SELECT VALUE c.cp_upper FROM c WHERE c.id = '0'") == [3])
    }

    @Test func definitionsThatQueriesCannotUseAreRefused() async throws {
        let services = try Services()
        try await services.cosmos(.post, "/dbs", [:], ["id": "d"])
        let parts: [JSONObject] = [
            ["computedProperties": [["name": "x", "query": "SELECT VALUE c.a FROM c WHERE c.b"]]],
            ["computedProperties": [["name": "_ts", "query": "SELECT VALUE c.a FROM c"]]],
            [
                "vectorEmbeddingPolicy": [
                    "vectorEmbeddings": [["path": "/v", "dimensions": 2, "distanceFunction": "far"]]
                ]
            ],
        ]
        for part in parts {
            var body = part
            body["id"] = "x"
            body["partitionKey"] = ["paths": ["/pk"], "kind": "Hash"]
            let made = try await services.cosmos(.post, "/dbs/d/colls", [:], .object(body))
            #expect(made.outcome == "400 BadRequest", "\(made.text)")
        }
        #expect(try await services.cosmos(.get, "/dbs/d/colls/x").status == 404)
    }

    // MARK: - Across partitions

    @Test func strictModeRefusesQueriesAcrossPartitionsThatDoNotAskForIt() async throws {
        for (ranges, subStatus) in [(4, nil), (1, "1004")] as [(Int, String?)] {
            let services = try Services(ranges: ranges)
            let path = try await services.container()
            let refused = try await query(services, path, "SELECT * FROM c", partition: nil)
            #expect(refused.outcome == "400 BadRequest" && refused.fields["x-ms-substatus"] == subStatus)
            let asked = try await query(
                services, path, "SELECT * FROM c", partition: nil,
                ["x-ms-documentdb-query-enablecrosspartition": "True"])
            #expect(asked.status == 200)
        }
        let services = try Services(ranges: 4)
        let path = try await services.container()
        let counted = "SELECT VALUE COUNT(1) FROM (SELECT DISTINCT VALUE c.a FROM c)"
        let refused = try await query(
            services, path, counted, partition: nil, ["x-ms-documentdb-query-enablecrosspartition": "True"])
        #expect(refused.outcome == "400 BadRequest")
        #expect(try await query(services, path, counted).json["Documents"] == [0])
    }

    // MARK: - Large partitions

    @Test func pagesOfALargePartitionAreInOrderAndWhole() async throws {
        let services = try Services()
        let path = try await services.container()
        let count = 1500
        for start in stride(from: 0, to: count, by: 100) {
            let operations = (start..<start + 100).map { number -> JSONValue in
                [
                    "operationType": "Create",
                    "resourceBody": [
                        "id": .string("\(number)"), "pk": "p", "n": .int(Int64(number * 7919 % count)),
                        "even": .bool(number % 2 == 0),
                    ],
                ]
            }
            try await services.cosmos(
                .post, path + "/docs", partition: Self.key, ["x-ms-cosmos-is-batch-request": "True"], .array(operations)
            )
        }
        // Holes between the items that are left.
        for number in stride(from: 0, to: count, by: 500) {
            try await services.cosmos(.delete, path + "/docs/\(number)", partition: Self.key)
        }
        for (text, expected) in [
            ("SELECT VALUE c.n FROM c ORDER BY c.n", Array(0..<count).filter { $0 % 500 != 0 }),
            ("SELECT VALUE c.n FROM c WHERE c.even ORDER BY c.n DESC", nil),
        ] as [(String, [Int]?)] {
            var found: [Int64] = []
            var token: String?
            repeat {
                var more: HTTPFields = ["x-ms-max-item-count": "400"]
                more["x-ms-continuation"] = token
                let page = try await query(services, path, text, more)
                found += (page.json["Documents"]?.array ?? []).compactMap(\.int)
                token = page.fields["x-ms-continuation"]
            } while token != nil
            if let expected {
                #expect(found == expected.map(Int64.init))
            } else {
                #expect(found.count == count / 2 - 3 && found == found.sorted(by: >))
            }
        }
    }
}
