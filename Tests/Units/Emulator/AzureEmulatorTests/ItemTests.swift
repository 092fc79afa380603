import HTTPMessages
import JSONCoding
import Testing

@testable import AzureEmulator

/// Items of Cosmos DB: single ones, conditions, patches, batches, keys, unique keys.
@Suite struct ItemTests {
    private let services: Services

    init() throws { services = try Services() }

    private static let key = #"["p"]"#
    private static let upsert: HTTPFields = ["x-ms-documentdb-is-upsert": "True"]

    private func create(
        _ path: String, _ item: JSONValue, partition: String = key, _ fields: HTTPFields = [:]
    ) async throws -> Answer {
        try await services.cosmos(.post, path + "/docs", partition: partition, fields, item)
    }

    private func read(_ path: String, _ id: String, partition: String = key) async throws -> Answer {
        try await services.cosmos(.get, "\(path)/docs/\(id)", partition: partition)
    }

    // MARK: - One item

    @Test func itemsHaveTheServicesMembersAndKeepTheirOwn() async throws {
        let path = try await services.container()
        let text =
            #"{"z":1,"id":"a","pk":"p","n":1.5,"big":9007199254740993,"u":"ü😀","list":[null,{}],"A":true}"#
        let made = try await create(path, try JSONParser.parse(text))
        #expect(made.status == 201 && made.text.hasPrefix(text.dropLast()))
        for name in ["_rid", "_self", "_etag", "_attachments", "_ts"] { #expect(made.json[name] != nil, "\(name)") }
        #expect(made.json["_etag"]?.string == made.etag && made.etag.hasPrefix("\""))
        #expect(made.json["_rid"]?.string?.utf8.count == 24)
        #expect(try await read(path, "a").text == made.text)
        // What a client sends back of them is no matter.
        let replaced = try await services.cosmos(
            .put, path + "/docs/a", partition: Self.key, [:],
            ["id": "a", "pk": "p", "_rid": "mine", "_etag": "\"mine\"", "_ts": 1])
        #expect(replaced.status == 200 && replaced.json["_rid"] == made.json["_rid"])
        #expect(replaced.etag != made.etag && replaced.json["_ts"] != 1 && replaced.json["z"] == nil)
    }

    @Test func statusesOfEachOperation() async throws {
        let path = try await services.container()
        let item: JSONValue = ["id": "a", "pk": "p"]
        #expect(try await create(path, item).status == 201)
        #expect(try await create(path, item).outcome == "409 Conflict")
        #expect(try await create(path, item, Self.upsert).status == 200)
        #expect(try await create(path, ["id": "b", "pk": "p"], Self.upsert).status == 201)
        #expect(
            try await services.cosmos(.put, path + "/docs/none", partition: Self.key, [:], ["id": "none", "pk": "p"])
                .status == 404)
        #expect(
            try await services.cosmos(.put, path + "/docs/a", partition: Self.key, [:], ["id": "b", "pk": "p"]).outcome
                == "400 BadRequest")
        #expect(try await services.cosmos(.delete, path + "/docs/a", partition: Self.key).status == 204)
        #expect(try await services.cosmos(.delete, path + "/docs/a", partition: Self.key).outcome == "404 NotFound")
        #expect(try await read(path, "a").outcome == "404 NotFound")
    }

    @Test func anItemMayAnswerWithNothing() async throws {
        let path = try await services.container()
        let made = try await create(path, ["id": "a", "pk": "p"], ["Prefer": "return=minimal"])
        #expect(made.status == 201 && made.bytes.isEmpty && !made.etag.isEmpty)
    }

    @Test(
        arguments: [
            ("a 1", 201), ("ü日本", 201), ("%", 201), ("+", 201), ("'\"", 201),
            (String(repeating: "i", count: 1023), 201),
            (String(repeating: "i", count: 1024), 400), ("a/b", 400), ("a\\b", 400), ("a?b", 400), ("a#b", 400),
            ("a ", 400),
            ("", 400),
        ] as [(String, Int)])
    func idsOfItems(id: String, status: Int) async throws {
        let path = try await services.container()
        #expect(try await create(path, ["id": .string(id), "pk": "p"]).status == status)
        guard status == 201 else { return }
        #expect(try await read(path, percentEncoded(id)).json["id"]?.string == id)
    }

    @Test(arguments: [JSONValue.object(["pk": "p"]), ["id": 1, "pk": "p"], [1], "text", nil] as [JSONValue])
    func itemsAreObjectsWithAnID(item: JSONValue) async throws {
        let path = try await services.container()
        #expect(try await create(path, item).outcome == "400 BadRequest")
    }

    @Test func itemsHaveALargestSize() async throws {
        let path = try await services.container()
        func item(_ count: Int) -> JSONValue {
            ["id": "a", "pk": "p", "text": .string(String(repeating: "x", count: count))]
        }
        #expect(try await create(path, item((2 << 20) - 100)).status == 201)
        #expect(try await create(path, item((2 << 20) + 2000), Self.upsert).outcome == "413 RequestEntityTooLarge")
    }

    // MARK: - Entity tags

    @Test func writesHonourEntityTags() async throws {
        let path = try await services.container()
        let old = try await create(path, ["id": "a", "pk": "p", "n": 1]).etag
        let new = try await create(path, ["id": "a", "pk": "p", "n": 2], Self.upsert).etag
        func attempt(_ method: HTTPMethod, _ tag: String, _ body: JSONValue?) async throws -> Int {
            try await services.cosmos(method, path + "/docs/a", partition: Self.key, ["If-Match": tag], body).status
        }
        let body: JSONValue = ["id": "a", "pk": "p", "n": 3]
        let patch: JSONValue = ["operations": [["op": "set", "path": "/n", "value": 3]]]
        #expect(try await attempt(.put, old, body) == 412)
        #expect(try await attempt(.patch, old, patch) == 412)
        #expect(try await attempt(.delete, old, nil) == 412)
        var fields = Self.upsert
        fields["If-Match"] = old
        #expect(try await create(path, body, fields).status == 412)
        #expect(try await read(path, "a").json["n"] == 2)
        #expect(try await attempt(.put, "*", body) == 200)
        #expect(try await attempt(.put, new, body) == 412)
        let current = try await read(path, "a").etag
        #expect(try await attempt(.delete, current, nil) == 204)
    }

    @Test func readsTellWhenNothingIsNew() async throws {
        let path = try await services.container()
        let tag = try await create(path, ["id": "a", "pk": "p"]).etag
        let same = try await services.cosmos(.get, path + "/docs/a", partition: Self.key, ["If-None-Match": tag])
        #expect(same.status == 304 && same.bytes.isEmpty && same.etag == tag)
        let other = try await services.cosmos(.get, path + "/docs/a", partition: Self.key, ["If-None-Match": "\"x\""])
        #expect(other.status == 200)
    }

    @Test func ofManyReplacementsOneWins() async throws {
        let path = try await services.container()
        let tag = try await create(path, ["id": "a", "pk": "p"]).etag
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<50 {
                group.addTask {
                    try await services.cosmos(
                        .put, path + "/docs/a", partition: Self.key, ["If-Match": tag],
                        ["id": "a", "pk": "p", "n": .int(Int64(number))]
                    ).status
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 412 } == 49)
    }

    // MARK: - Patches

    private static let original: JSONValue = [
        "id": "a", "pk": "p", "n": 1, "o": ["p": 1, "x/y": 2, "t~u": 3], "list": [1, 2, 3], "s": "text",
    ]

    @Test(
        arguments: [
            (#"{"op":"add","path":"/new","value":{"a":1}}"#, "new", #"{"a":1}"#),
            (#"{"op":"add","path":"/n","value":2}"#, "n", "2"),
            (#"{"op":"add","path":"/list/1","value":9}"#, "list", "[1,9,2,3]"),
            (#"{"op":"add","path":"/list/-","value":9}"#, "list", "[1,2,3,9]"),
            (#"{"op":"add","path":"/list/3","value":9}"#, "list", "[1,2,3,9]"),
            (#"{"op":"set","path":"/list/1","value":9}"#, "list", "[1,9,3]"),
            (#"{"op":"set","path":"/o/q","value":null}"#, "o", #"{"p":1,"x/y":2,"t~u":3,"q":null}"#),
            (#"{"op":"replace","path":"/o/p","value":"x"}"#, "o", #"{"p":"x","x/y":2,"t~u":3}"#),
            (#"{"op":"replace","path":"/o/x~1y","value":9}"#, "o", #"{"p":1,"x/y":9,"t~u":3}"#),
            (#"{"op":"replace","path":"/o/t~0u","value":9}"#, "o", #"{"p":1,"x/y":2,"t~u":9}"#),
            (#"{"op":"remove","path":"/list/0"}"#, "list", "[2,3]"),
            (#"{"op":"remove","path":"/o/p"}"#, "o", #"{"x/y":2,"t~u":3}"#),
            (#"{"op":"incr","path":"/n","value":5}"#, "n", "6"),
            (#"{"op":"incr","path":"/n","value":-1.5}"#, "n", "-0.5"),
            (#"{"op":"incr","path":"/fresh","value":7}"#, "fresh", "7"),
            (#"{"op":"move","from":"/n","path":"/moved"}"#, "moved", "1"),
            (#"{"op":"move","from":"/o/p","path":"/list/0"}"#, "list", "[1,1,2,3]"),
        ] as [(String, String, String)])
    func operationsOfAPatch(operation: String, member: String, expected: String) async throws {
        let path = try await services.container()
        _ = try await create(path, Self.original)
        let answer = try await services.cosmos(
            .patch, path + "/docs/a", partition: Self.key, ["Content-Type": "application/json-patch+json"],
            ["operations": [try JSONParser.parse(operation)]])
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.json[member]?.text == expected)
        #expect(try await read(path, "a").text == answer.text)
    }

    @Test(
        arguments: [
            #"{"op":"replace","path":"/none","value":1}"#, #"{"op":"remove","path":"/none"}"#,
            #"{"op":"remove","path":"/list/3"}"#, #"{"op":"set","path":"/list/9","value":1}"#,
            #"{"op":"add","path":"/none/deep","value":1}"#, #"{"op":"incr","path":"/s","value":1}"#,
            #"{"op":"incr","path":"/n","value":"1"}"#, #"{"op":"move","from":"/none","path":"/x"}"#,
            #"{"op":"move","from":"/o","path":"/o/inner"}"#, #"{"op":"set","path":"/id","value":"b"}"#,
            #"{"op":"set","path":"/pk","value":"q"}"#, #"{"op":"remove","path":"/pk"}"#,
            #"{"op":"set","path":"/_ts","value":1}"#,
            #"{"op":"copy","from":"/n","path":"/x"}"#, #"{"op":"set","path":"n","value":1}"#,
            #"{"op":"set","path":"/n"}"#,
            #"{"path":"/n","value":1}"#,
        ] as [String])
    func patchesThatCannotBe(operation: String) async throws {
        let path = try await services.container()
        _ = try await create(path, Self.original)
        let answer = try await services.cosmos(
            .patch, path + "/docs/a", partition: Self.key, [:],
            ["operations": [["op": "set", "path": "/n", "value": 99], try JSONParser.parse(operation)]])
        #expect(answer.outcome == "400 BadRequest")
        #expect(try await read(path, "a").json["n"] == 1)
    }

    @Test func patchesHaveConditionsAndALargestLength() async throws {
        let path = try await services.container()
        _ = try await create(path, Self.original)
        func patch(_ count: Int, _ condition: String) async throws -> String {
            let operations = (0..<count).map { _ in JSONValue.object(["op": "incr", "path": "/n", "value": 1]) }
            var body: JSONObject = ["operations": .array(operations)]
            if !condition.isEmpty { body["condition"] = .string(condition) }
            return try await services.cosmos(.patch, path + "/docs/a", partition: Self.key, [:], .object(body)).outcome
        }
        #expect(try await patch(10, "") == "200")
        #expect(try await patch(11, "") == "400 BadRequest")
        #expect(try await patch(0, "") == "400 BadRequest")
        #expect(try await patch(1, "from c where c.n = 11") == "200")
        #expect(try await patch(1, "from c where c.n = 11") == "412 PreconditionFailed")
        #expect(try await patch(1, "from c where") == "400 BadRequest")
        let list = try await services.cosmos(
            .patch, path + "/docs/a", partition: Self.key, [:], [["op": "set", "path": "/n", "value": 0]])
        #expect(list.json["n"] == 0)
    }

    // MARK: - Batches

    private func batch(_ path: String, _ operations: JSONValue) async throws -> Answer {
        try await services.cosmos(
            .post, path + "/docs", partition: Self.key,
            ["x-ms-cosmos-is-batch-request": "True", "x-ms-cosmos-batch-atomic": "True"], operations)
    }

    @Test func batchesSeeTheirOwnChanges() async throws {
        let path = try await services.container()
        let answer = try await batch(
            path,
            [
                ["operationType": "Create", "resourceBody": ["id": "a", "pk": "p", "n": 1]],
                ["operationType": "Upsert", "resourceBody": ["id": "b", "pk": "p"]],
                [
                    "operationType": "Patch", "id": "a",
                    "resourceBody": ["operations": [["op": "incr", "path": "/n", "value": 1]]],
                ],
                ["operationType": "Read", "id": "a"],
                ["operationType": "Replace", "id": "b", "resourceBody": ["id": "b", "pk": "p", "m": 2]],
                ["operationType": "Delete", "id": "a"],
            ])
        #expect(answer.status == 200)
        let statuses = answer.json.array?.compactMap { $0["statusCode"]?.int } ?? []
        #expect(statuses == [201, 201, 200, 200, 200, 204])
        #expect(answer.json[3]?["resourceBody"]?["n"] == 2 && answer.json[0]?["eTag"] != nil)
        #expect(try await read(path, "a").status == 404)
        #expect(try await read(path, "b").json["m"] == 2)
    }

    @Test func aBatchThatFailsLeavesNothing() async throws {
        let path = try await services.container()
        _ = try await create(path, ["id": "there", "pk": "p"])
        let answer = try await batch(
            path,
            [
                ["operationType": "Create", "resourceBody": ["id": "a", "pk": "p"]],
                ["operationType": "Delete", "id": "there"],
                ["operationType": "Replace", "id": "none", "resourceBody": ["id": "none", "pk": "p"]],
                ["operationType": "Create", "resourceBody": ["id": "b", "pk": "p"]],
            ])
        #expect(answer.status == 207)
        #expect(answer.json.array?.compactMap { $0["statusCode"]?.int } == [424, 424, 404, 424])
        #expect(try await read(path, "a").status == 404)
        #expect(try await read(path, "there").status == 200)
    }

    @Test func batchesHonourEntityTagsAndKeys() async throws {
        let path = try await services.container()
        _ = try await create(path, ["id": "a", "pk": "p"])
        func outcome(_ operation: JSONValue) async throws -> Int64? {
            try await batch(path, [operation]).json[0]?["statusCode"]?.int
        }
        #expect(try await outcome(["operationType": "Delete", "id": "a", "ifMatch": "\"x\""]) == 412)
        #expect(try await outcome(["operationType": "Create", "resourceBody": ["id": "b", "pk": "other"]]) == 400)
        #expect(try await outcome(["operationType": "Create", "resourceBody": ["id": "a", "pk": "p"]]) == 409)
    }

    @Test func batchesHaveLimits() async throws {
        let path = try await services.container()
        func operations(_ count: Int) -> JSONValue {
            .array(
                (0..<count).map { ["operationType": "Upsert", "resourceBody": ["id": .string("\($0)"), "pk": "p"]] })
        }
        #expect(try await batch(path, operations(100)).status == 200)
        #expect(try await batch(path, operations(101)).outcome == "400 BadRequest")
        for body: JSONValue in [
            [], ["operationType": "Read"], [["operationType": "Copy", "id": "a"]], [["operationType": "Create"]],
        ] {
            #expect(try await batch(path, body).outcome == "400 BadRequest")
        }
    }

    // MARK: - Partition and unique keys

    @Test func theSameIDMayBeInEveryPartition() async throws {
        let path = try await services.container()
        let keys: [(JSONValue?, String)] = [
            ("p", #"["p"]"#), ("", #"[""]"#), (.null, "[null]"), (nil, "[{}]"), (1, "[1]"), (true, "[true]"),
            (false, "[false]"),
            (1.5, "[1.5]"), ("1", #"["1"]"#), ("ü", #"["\u00fc"]"#),
        ]
        for (number, (value, header)) in keys.enumerated() {
            var item: JSONObject = ["id": "same", "n": .int(Int64(number))]
            item["pk"] = value
            #expect(try await create(path, .object(item), partition: header).status == 201, "\(header)")
        }
        for (number, (_, header)) in keys.enumerated() {
            #expect(try await read(path, "same", partition: header).json["n"]?.int == Int64(number), "\(header)")
        }
        #expect(try await read(path, "same", partition: "[1.0]").json["n"] == 4)
    }

    @Test(arguments: [(#"["q"]"#, 1001), (#"["p","q"]"#, 1001), ("[null]", 1001), ("[]", 1001)] as [(String, Int)])
    func theHeaderHasToFitTheItem(header: String, subStatus: Int) async throws {
        let path = try await services.container()
        let answer = try await create(path, ["id": "a", "pk": "p"], partition: header)
        #expect(answer.outcome == "400 BadRequest" && answer.fields["x-ms-substatus"] == "\(subStatus)")
    }

    @Test func keysAreNeededAndLimited() async throws {
        let path = try await services.container()
        let missing = try await services.cosmos(.post, path + "/docs", [:], ["id": "a", "pk": "p"])
        #expect(missing.outcome == "400 BadRequest")
        for header in ["p", "{}", "[", ""] {
            #expect(try await create(path, ["id": "a", "pk": "p"], partition: header).status == 400, "\(header)")
        }
        for (count, status) in [(2048, 201), (2049, 400)] {
            let key = String(repeating: "k", count: count)
            let answer = try await create(path, ["id": "a", "pk": .string(key)], partition: #"["\#(key)"]"#)
            #expect(answer.status == status)
        }
    }

    @Test func hierarchiesOfKeys() async throws {
        let path = try await services.container(paths: ["/tenant", "/user/name", "/session"])
        func item(_ id: String, _ user: JSONValue?) -> JSONValue {
            var item: JSONObject = ["id": .string(id), "tenant": "t", "session": 1]
            if let user { item["user"] = ["name": user] }
            return .object(item)
        }
        #expect(try await create(path, item("a", "u"), partition: #"["t","u",1]"#).status == 201)
        #expect(try await create(path, item("a", .null), partition: #"["t",null,1]"#).status == 201)
        #expect(try await create(path, item("a", nil), partition: #"["t",{},1]"#).status == 201)
        #expect(try await create(path, item("b", "u"), partition: #"["t","u"]"#).status == 400)
        #expect(try await read(path, "a", partition: #"["t",null,1]"#).json["user"]?["name"] == .null)
    }

    @Test func uniqueKeysAreUniqueInTheirPartition() async throws {
        let path = try await services.container(["uniqueKeyPolicy": ["uniqueKeys": [["paths": ["/mail", "/o/n"]]]]])
        func item(_ id: String, _ mail: JSONValue, _ number: JSONValue, _ pk: String = "p") -> JSONValue {
            ["id": .string(id), "pk": .string(pk), "mail": mail, "o": ["n": number]]
        }
        #expect(try await create(path, item("1", "a@x", 1)).status == 201)
        #expect(try await create(path, item("2", "a@x", 2)).status == 201)
        #expect(try await create(path, item("3", "a@x", 1)).outcome == "409 Conflict")
        #expect(try await create(path, item("3", "a@x", 1, "q"), partition: #"["q"]"#).status == 201)
        #expect(try await create(path, item("2", "a@x", 1), Self.upsert).outcome == "409 Conflict")
        #expect(try await create(path, item("1", "a@x", 1), Self.upsert).status == 200)
        try await services.cosmos(.delete, path + "/docs/1", partition: Self.key)
        #expect(try await create(path, item("3", "a@x", 1)).status == 201)
        let patched = try await services.cosmos(
            .patch, path + "/docs/2", partition: Self.key, [:], [["op": "set", "path": "/o/n", "value": 1]])
        #expect(patched.outcome == "409 Conflict")
    }

    @Test func aPartitionIsDeletedAsAWhole() async throws {
        let path = try await services.container()
        for (id, pk) in [("a", "p"), ("b", "p"), ("a", "q")] {
            _ = try await create(path, ["id": .string(id), "pk": .string(pk)], partition: #"["\#(pk)"]"#)
        }
        let answer = try await services.cosmos(
            .post, path + "/operations/partitionkeydelete", partition: Self.key, signed: ("colls", "dbs/d/colls/c"))
        #expect(answer.status == 200)
        #expect(try await read(path, "a").status == 404)
        #expect(try await read(path, "a", partition: #"["q"]"#).status == 200)
    }

    // MARK: - Time to live

    @Test(
        arguments: [
            (JSONValue.int(0), 400), (-2, 400), (1.5, 400), ("10", 400), (.int(2_147_483_648), 400), (-1, 201),
            (1, 201),
        ] as [(JSONValue, Int)])
    func livesOfItems(ttl: JSONValue, status: Int) async throws {
        let path = try await services.container(["defaultTtl": -1])
        #expect(try await create(path, ["id": "a", "pk": "p", "ttl": ttl]).status == status)
    }

    @Test func anItemsLifeNeedsTheContainersConsent() async throws {
        let path = try await services.container()
        _ = try await create(path, ["id": "a", "pk": "p", "ttl": 1])
        services.clock.advance(milliseconds: 10_000)
        #expect(try await read(path, "a").status == 200)
    }

    @Test func writingBeginsALifeAgain() async throws {
        let path = try await services.container(["defaultTtl": 1000])
        _ = try await create(path, ["id": "a", "pk": "p"])
        services.clock.advance(milliseconds: 800_000)
        _ = try await create(path, ["id": "a", "pk": "p"], Self.upsert)
        services.clock.advance(milliseconds: 800_000)
        #expect(try await read(path, "a").status == 200)
        services.clock.advance(milliseconds: 300_000)
        #expect(try await read(path, "a").status == 404)
        // The id is free though nothing has swept.
        #expect(try await create(path, ["id": "a", "pk": "p"]).status == 201)
    }
}
