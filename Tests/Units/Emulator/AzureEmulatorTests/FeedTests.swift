import HTTPMessages
import JSONCoding
import Telemetry
import Testing

@testable import AzureEmulator

/// Many items: lists, queries in pages, partitions and ranges, the change feed.
@Suite struct FeedTests {
    private let services: Services

    init() throws { services = try Services() }

    private static let isQuery: HTTPFields = [
        "Content-Type": "application/query+json", "x-ms-documentdb-isquery": "True",
    ]

    private func fill(_ path: String, _ count: Int, _ partitions: [String] = ["p"], on services: Services? = nil)
        async throws
    {
        for number in 0..<count {
            let pk = partitions[number % partitions.count]
            let item: JSONValue = [
                "id": .string("i\(number)"), "pk": .string(pk), "n": .int(Int64(number)), "k": .int(Int64(number % 3)),
            ]
            let made = try await (services ?? self.services).cosmos(
                .post, path + "/docs", partition: #"["\#(pk)"]"#, [:], item)
            #expect(made.status == 201)
        }
    }

    private func query(
        _ path: String, _ text: String, partition: String? = #"["p"]"#, _ fields: HTTPFields = [:],
        parameters: JSONValue = [], on services: Services? = nil
    ) async throws -> Answer {
        var fields = fields
        for field in Self.isQuery.all { fields[field.name] = field.value }
        return try await (services ?? self.services).cosmos(
            .post, path + "/docs", partition: partition, fields, ["query": .string(text), "parameters": parameters])
    }

    /// Everything a query gives, page by page; `between` runs after each page.
    private func pages(
        _ path: String, _ text: String, size: Int, between: (Int) async throws -> Void = { _ in }
    ) async throws -> [JSONValue] {
        var rows: [JSONValue] = []
        var token: String?
        var number = 0
        repeat {
            var fields: HTTPFields = ["x-ms-max-item-count": "\(size)"]
            fields["x-ms-continuation"] = token
            let answer = try await query(path, text, fields)
            #expect(answer.status == 200, "\(answer.text)")
            let page = answer.json["Documents"]?.array ?? []
            #expect(page.count <= size && answer.json["_count"]?.int == Int64(page.count))
            rows += page
            token = answer.fields["x-ms-continuation"]
            #expect((token?.utf8.count ?? 0) <= 1024)
            number += 1
            try await between(number)
        } while token != nil && number < 200
        return rows
    }

    // MARK: - Queries

    @Test(
        arguments: [
            "SELECT VALUE c.id FROM c", "SELECT VALUE c.id FROM c ORDER BY c.n DESC",
            "SELECT VALUE c.id FROM c ORDER BY c.k",
            "SELECT VALUE c.id FROM c ORDER BY c.k DESC, c.n", "SELECT VALUE c.id FROM c WHERE c.n > 5",
            "SELECT VALUE c.id FROM c ORDER BY c.none", "SELECT TOP 10 VALUE c.id FROM c ORDER BY c.n",
            "SELECT VALUE c.id FROM c ORDER BY c.n OFFSET 3 LIMIT 8", "SELECT DISTINCT VALUE c.k FROM c",
            "SELECT c.k, COUNT(1) AS n FROM c GROUP BY c.k", "SELECT VALUE x FROM c JOIN x IN [c.n, c.k]",
            "SELECT * FROM c OFFSET 18 LIMIT 9",
        ] as [String])
    func pagesOfEverySizeAreTheWhole(text: String) async throws {
        let path = try await services.container()
        try await fill(path, 20)
        let whole = try await query(path, text, ["x-ms-max-item-count": "-1"])
        #expect(whole.status == 200 && whole.fields["x-ms-continuation"] == nil)
        let rows = try #require(whole.json["Documents"]?.array)
        for size in [1, 3, 19, 20, 50] { #expect(try await pages(path, text, size: size) == rows, "\(size)") }
    }

    @Test func pagesGoOnBehindTheLastRowWhateverIsWritten() async throws {
        let path = try await services.container()
        try await fill(path, 10)
        let rows = try await pages(path, "SELECT VALUE c.n FROM c ORDER BY c.n", size: 3) { page in
            guard page == 1 else { return }
            // Before the place where the page ended, at it, and behind it.
            try await services.cosmos(.delete, path + "/docs/i0", partition: #"["p"]"#)
            try await services.cosmos(.delete, path + "/docs/i2", partition: #"["p"]"#)
            try await services.cosmos(.delete, path + "/docs/i5", partition: #"["p"]"#)
            try await services.cosmos(
                .post, path + "/docs", partition: #"["p"]"#, [:], ["id": "new", "pk": "p", "n": 7.5])
            try services.restart()
        }
        #expect(rows == [0, 1, 2, 3, 4, 6, 7, 7.5, 8, 9])
    }

    @Test func tokensAreOfTheirQuery() async throws {
        let path = try await services.container()
        try await fill(path, 5)
        let first = try await query(path, "SELECT * FROM c ORDER BY c.n", ["x-ms-max-item-count": "2"])
        let token = try #require(first.fields["x-ms-continuation"])
        for (text, token) in [
            ("SELECT * FROM c ORDER BY c.k", token), ("SELECT * FROM c ORDER BY c.n", "garbage"),
            ("SELECT * FROM c ORDER BY c.n", token + "x"), ("SELECT * FROM c", "e30"),
        ] {
            let answer = try await query(path, text, ["x-ms-continuation": token])
            #expect(answer.outcome == "400 BadRequest", "\(token)")
        }
        for size in ["0", "-2", "many"] {
            #expect(try await query(path, "SELECT * FROM c", ["x-ms-max-item-count": size]).status == 400)
        }
    }

    @Test func longSortKeysFitATokenToo() async throws {
        let path = try await services.container()
        for number in 0..<6 {
            let text = String(repeating: "x", count: 3_000) + "\(number)"
            try await services.cosmos(
                .post, path + "/docs", partition: #"["p"]"#, [:],
                ["id": .string("i\(number)"), "pk": "p", "s": .string(text)])
        }
        let rows = try await pages(path, "SELECT VALUE c.id FROM c ORDER BY c.s DESC", size: 2)
        #expect(rows == ["i5", "i4", "i3", "i2", "i1", "i0"])
    }

    @Test func parametersArePassedByName() async throws {
        let path = try await services.container()
        try await fill(path, 5)
        let found = try await query(
            path, "SELECT VALUE c.id FROM c WHERE c.n > @p AND c.n < @p1",
            parameters: [["name": "@p", "value": 1], ["name": "@p1", "value": 4]])
        #expect(found.json["Documents"] == ["i2", "i3"])
        let missing = try await query(path, "SELECT VALUE c.id FROM c WHERE c.n > @none")
        #expect(missing.outcome == "400 BadRequest")
        let unnamed = try await query(path, "SELECT * FROM c", parameters: [["name": "p", "value": 1]])
        #expect(unnamed.outcome == "400 BadRequest")
    }

    @Test func mistakesAreSaidInTheServicesWords() async throws {
        let path = try await services.container()
        let answer = try await query(path, "SELECT * FRUM c")
        #expect(answer.outcome == "400 BadRequest")
        let message = try #require(answer.json["message"]?.string)
        #expect(
            message.hasPrefix("Message: {\"errors\":[{\"severity\":\"Error\",\"location\":{\"start\":9,\"end\":13}"))
        #expect(message.contains("SC1001"))
    }

    // MARK: - Partitions

    @Test func queriesStayInTheirPartition() async throws {
        let path = try await services.container()
        try await fill(path, 12, ["p", "q", "r"])
        #expect(try await query(path, "SELECT VALUE COUNT(1) FROM c", partition: #"["q"]"#).json["Documents"] == [4])
        let refused = try await query(path, "SELECT * FROM c", partition: nil)
        #expect(refused.status == 400 && refused.fields["x-ms-substatus"] == "1004")
        let all = try await query(
            path, "SELECT VALUE COUNT(1) FROM c", partition: nil, ["x-ms-documentdb-query-enablecrosspartition": "True"]
        )
        #expect(all.json["Documents"] == [12])
    }

    /// What the ranges give of the rewritten query, merged, is what the lenient emulator gives directly.
    @Test func rangesTogetherAreTheWhole() async throws {
        let strict = try Services(ranges: 4)
        let path = try await strict.container()
        let partitions = (0..<12).map { "p\($0)" }
        try await fill(path, 36, partitions, on: strict)
        let cross: HTTPFields = ["x-ms-documentdb-query-enablecrosspartition": "True"]
        for text in [
            "SELECT VALUE c.id FROM c ORDER BY c.n", "SELECT TOP 3 * FROM c", "SELECT VALUE COUNT(1) FROM c",
            "SELECT DISTINCT c.k FROM c", "SELECT * FROM c OFFSET 1 LIMIT 2", "SELECT c.k FROM c GROUP BY c.k",
        ] {
            let refused = try await query(path, text, partition: nil, cross, on: strict)
            #expect(refused.status == 400 && refused.fields["x-ms-substatus"] == "1004", "\(text)")
        }
        #expect(try await query(path, "SELECT * FROM c", partition: nil, cross, on: strict).status == 200)
        var ids: [String] = []
        var counts: [Int64] = []
        for range in 0..<4 {
            let fields: HTTPFields = ["x-ms-documentdb-partitionkeyrangeid": "\(range)"]
            let rows = try await query(path, "SELECT VALUE c.id FROM c", partition: nil, fields, on: strict)
            ids += rows.json["Documents"]?.array?.compactMap(\.string) ?? []
            let count = try await query(
                path, "SELECT VALUE [{\"item\": COUNT(1)}] FROM c", partition: nil, fields, on: strict)
            counts.append(count.json["Documents"]?[0]?[0]?["item"]?.int ?? -1)
        }
        #expect(ids.count == 36 && Set(ids).count == 36 && counts.reduce(0, +) == 36)
        let gone = try await query(
            path, "SELECT * FROM c", partition: nil, ["x-ms-documentdb-partitionkeyrangeid": "9"], on: strict)
        #expect(gone.status == 410 && gone.fields["x-ms-substatus"] == "1002")
    }

    @Test func plansAreGivenToWhoAsks() async throws {
        let path = try await services.container()
        let answer = try await services.cosmos(
            .post, path + "/docs",
            ["Content-Type": "application/json", "x-ms-cosmos-is-query-plan-request": "True"],
            ["query": "SELECT * FROM c ORDER BY c.n DESC"])
        #expect(answer.status == 200 && answer.json["queryInfo"]?["orderBy"] == ["Descending"])
        #expect(answer.json["queryRanges"]?[0]?["max"] == "FF")
    }

    @Test func prefixesOfAHierarchySelectARange() async throws {
        let path = try await services.container(paths: ["/t", "/u"])
        for (t, u) in [("a", "1"), ("a", "2"), ("b", "1")] {
            let made = try await services.cosmos(
                .post, path + "/docs", partition: #"["\#(t)","\#(u)"]"#, [:],
                ["id": .string(t + u), "t": .string(t), "u": .string(u)])
            #expect(made.status == 201)
        }
        func ids(_ header: String) async throws -> [String] {
            try await query(path, "SELECT VALUE c.id FROM c", partition: header).json["Documents"]?.array?
                .compactMap(\.string).sorted() ?? []
        }
        #expect(try await ids(#"["a"]"#) == ["a1", "a2"])
        #expect(try await ids(#"["b"]"#) == ["b1"])
        #expect(try await ids(#"["a","2"]"#) == ["a2"])
        let epk = PartitionKey(["a"]).effective
        let ranged = try await query(
            path, "SELECT VALUE c.id FROM c", partition: nil, ["x-ms-start-epk": epk, "x-ms-end-epk": epk + "FF"])
        #expect(ranged.json["Documents"]?.array?.count == 2)
    }

    // MARK: - Lists

    @Test func listsComeInPages() async throws {
        let path = try await services.container()
        try await fill(path, 7)
        var ids: [String] = []
        var token: String?
        repeat {
            var fields: HTTPFields = ["x-ms-max-item-count": "3"]
            fields["x-ms-continuation"] = token
            let page = try await services.cosmos(.get, path + "/docs", partition: #"["p"]"#, fields)
            #expect(
                page.fields["x-ms-item-count"] == nil || page.fields["x-ms-item-count"] == page.json["_count"]?.text)
            ids += page.json["Documents"]?.array?.compactMap { $0["id"]?.string } ?? []
            token = page.fields["x-ms-continuation"]
        } while token != nil
        #expect(ids == (0..<7).map { "i\($0)" })
    }

    // MARK: - Change feed

    private func changes(_ path: String, after tag: String?, _ fields: HTTPFields = [:]) async throws -> (
        Answer, [String]
    ) {
        var fields = fields
        fields["A-IM"] = "Incremental Feed"
        fields["If-None-Match"] = tag
        let answer = try await services.cosmos(.get, path + "/docs", partition: #"["p"]"#, fields)
        return (answer, answer.json["Documents"]?.array?.compactMap { $0["id"]?.string } ?? [])
    }

    @Test func changesComeInTheirOrderAndOnce() async throws {
        let path = try await services.container()
        try await fill(path, 4)
        var (answer, ids) = try await changes(path, after: nil, ["x-ms-max-item-count": "3"])
        #expect(answer.status == 200 && ids == ["i0", "i1", "i2"])
        #expect(answer.json["Documents"]?[0]?["_lsn"] != nil)
        (answer, ids) = try await changes(path, after: answer.etag)
        #expect(ids == ["i3"])
        let place = answer.etag
        (answer, ids) = try await changes(path, after: place)
        #expect(answer.status == 304 && answer.bytes.isEmpty && answer.etag == place)
        // Of many changes to an item the last one shows; a deletion does not.
        for number in 0..<3 {
            try await services.cosmos(
                .post, path + "/docs", partition: #"["p"]"#, ["x-ms-documentdb-is-upsert": "True"],
                ["id": "i1", "pk": "p", "n": .int(Int64(100 + number))])
        }
        try await services.cosmos(.delete, path + "/docs/i2", partition: #"["p"]"#)
        try services.restart()
        (answer, ids) = try await changes(path, after: place)
        #expect(ids == ["i1"] && answer.json["Documents"]?[0]?["n"] == 102)
        (_, ids) = try await changes(path, after: nil)
        #expect(ids == ["i0", "i3", "i1"])
    }

    @Test func aFeedMayBeginNowOrAtATime() async throws {
        let path = try await services.container()
        try await fill(path, 2)
        let (now, none) = try await changes(path, after: "*")
        #expect(now.status == 304 && none.isEmpty)
        services.clock.advance(milliseconds: 60_000)
        let since = Timestamp.httpDate(seconds: services.clock.seconds - 10)
        try await services.cosmos(.post, path + "/docs", partition: #"["p"]"#, [:], ["id": "late", "pk": "p"])
        #expect(try await changes(path, after: now.etag).1 == ["late"])
        #expect(try await changes(path, after: nil, ["If-Modified-Since": since]).1 == ["late"])
        #expect(try await changes(path, after: nil, ["If-Modified-Since": "yesterday"]).0.status == 400)
        #expect(try await changes(path, after: "\"x\"").0.outcome == "400 BadRequest")
        let full = try await services.cosmos(
            .get, path + "/docs", partition: #"["p"]"#, ["A-IM": "Full-Fidelity Feed"])
        #expect(full.outcome == "400 BadRequest")
    }
}
