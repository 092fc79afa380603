import HTTPMessages
import Markup
import SQLite
import Testing

@testable import AzureEmulator

/// What decides whether a blob may be read or changed, and what is beside its content: conditions, properties, tags,
/// snapshots, leases.
@Suite struct BlobStateTests {
    private let services: Services

    init() async throws {
        services = try Services()
        try await services.blob(.put, "docs?restype=container")
    }

    @discardableResult
    private func put(_ name: String, _ body: String, _ fields: HTTPFields = [:]) async throws -> Answer {
        var fields = fields
        fields["x-ms-blob-type"] = "BlockBlob"
        return try await services.blob(.put, "docs/" + name, fields, body)
    }

    // MARK: - Conditions

    @Test(
        arguments: [
            ("If-Match", "current", 200, 201), ("If-Match", "*", 200, 201), ("If-Match", "\"0x0\"", 412, 412),
            ("If-None-Match", "current", 304, 412), ("If-None-Match", "\"0x0\"", 200, 201),
            ("If-None-Match", "*", 400, 409),
            ("If-Modified-Since", "Fri, 20 Nov 2020 07:23:12 GMT", 200, 201),
            ("If-Modified-Since", "Fri, 20 Nov 2099 07:23:12 GMT", 304, 412),
            ("If-Unmodified-Since", "Fri, 20 Nov 2020 07:23:12 GMT", 412, 412),
            ("If-Unmodified-Since", "Fri, 20 Nov 2099 07:23:12 GMT", 200, 201),
            ("If-Modified-Since", "yesterday", 400, 400),
        ] as [(String, String, Int, Int)])
    func conditionsOfReadsAndWrites(name: String, value: String, read: Int, write: Int) async throws {
        let made = try await put("a", "one")
        let fields: HTTPFields = [name: value == "current" ? made.etag : value]
        #expect(try await services.blob(.get, "docs/a", fields).status == read)
        #expect(try await put("a", "two", fields).status == write)
        #expect(try await services.blob(.get, "docs/a").text == (write == 201 ? "two" : "one"))
    }

    @Test func notModifiedHasATagAndNoBody() async throws {
        let made = try await put("a", "one")
        let got = try await services.blob(.get, "docs/a", ["If-None-Match": made.etag])
        #expect(got.status == 304 && got.bytes.isEmpty && got.etag == made.etag)
        // Clients disagree about the quotes.
        let plain = made.etag.filter { $0 != "\"" }
        #expect(try await services.blob(.get, "docs/a", ["If-None-Match": plain]).status == 304)
        #expect(try await services.blob(.get, "docs/a", ["If-Match": "\"0x1\", \(made.etag)"]).status == 200)
        #expect(
            try await put("a", "x", ["If-Match": "\"0x1\", \(made.etag)"]).outcome
                == "400 MultipleConditionHeadersNotSupported")
    }

    @Test func ofManyCreatorsOneWins() async throws {
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try await put("race", "\(number)", ["If-None-Match": "*"]).status
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 201 } == 1 && statuses.count { $0 == 409 } == 19)
    }

    @Test func ofManyUpdatersOneWins() async throws {
        let tag = try await put("race", "start").etag
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<20 {
                group.addTask { try await put("race", "\(number)", ["If-Match": tag]).status }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 201 } == 1 && statuses.count { $0 == 412 } == 19)
    }

    @Test func aWriteThatNeedsABlobFindsNone() async throws {
        #expect(try await put("none", "x", ["If-Match": "*"]).outcome == "412 ConditionNotMet")
        #expect(try await services.blob(.head, "docs/none").status == 404)
    }

    // MARK: - Properties, metadata, tags

    @Test func settingPropertiesClearsWhatIsNotSent() async throws {
        let made = try await put(
            "a", "x", ["x-ms-blob-content-type": "text/plain", "x-ms-blob-content-language": "de", "x-ms-meta-k": "v"])
        let set = try await services.blob(.put, "docs/a?comp=properties", ["x-ms-blob-content-type": "text/html"])
        #expect(set.status == 200 && set.etag != made.etag)
        let head = try await services.blob(.head, "docs/a")
        #expect(head.fields["content-type"] == "text/html" && head.fields["content-language"] == nil)
        #expect(head.fields["content-md5"] == nil && head.fields["x-ms-meta-k"] == "v")
    }

    @Test func settingMetadataReplacesAll() async throws {
        try await put("a", "x", ["x-ms-meta-one": "1"])
        #expect(try await services.blob(.put, "docs/a?comp=metadata", ["x-ms-meta-Two": "2"]).status == 200)
        let got = try await services.blob(.get, "docs/a?comp=metadata")
        #expect(got.fields["x-ms-meta-two"] == "2" && got.fields["x-ms-meta-one"] == nil)
        let none = try await services.blob(.put, "docs/b?comp=metadata", ["x-ms-meta-k": "v"])
        #expect(none.outcome == "404 BlobNotFound")
    }

    @Test func tagsAreSetReadAndFound() async throws {
        for (name, colour, size) in [("a", "red", "1"), ("b", "red", "2"), ("c", "blue", "1")] {
            try await put(name, "x")
            let body =
                "<Tags><TagSet><Tag><Key>colour</Key><Value>\(colour)</Value></Tag><Tag><Key>size</Key><Value>\(size)</Value></Tag></TagSet></Tags>"
            #expect(try await services.blob(.put, "docs/\(name)?comp=tags", [:], body).status == 204)
        }
        let tags = try await services.blob(.get, "docs/a?comp=tags").xml["TagSet"]?.all("Tag") ?? []
        #expect(tags.compactMap { $0["Key"]?.text } == ["colour", "size"])
        #expect(try await services.blob(.head, "docs/a").fields["x-ms-tag-count"] == "2")
        func found(_ condition: String) async throws -> [String] {
            let answer = try await services.blob(.get, "?comp=blobs&where=" + percentEncoded(condition))
            #expect(answer.status == 200, "\(answer.text)")
            return try answer.xml["Blobs"]?.all("Blob").compactMap { $0["Name"]?.text } ?? []
        }
        #expect(try await found("\"colour\" = 'red'") == ["a", "b"])
        #expect(try await found("colour = 'red' AND size > '1'") == ["b"])
        #expect(try await found("@container = 'docs' AND size = '1'") == ["a", "c"])
        #expect(try await found("@container = 'other' AND size = '1'") == [])
        #expect(try await services.blob(.get, "docs/a", ["x-ms-if-tags": "colour = 'red'"]).status == 200)
        #expect(
            try await services.blob(.get, "docs/a", ["x-ms-if-tags": "colour = 'blue'"]).outcome
                == "412 ConditionNotMet")
        #expect(try await put("a", "new", ["x-ms-if-tags": "colour = 'blue'"]).outcome == "412 ConditionNotMet")
    }

    @Test func tagsHaveLimits() async throws {
        try await put("a", "x")
        func set(_ tags: [(String, String)]) async throws -> Int {
            let inner = tags.map { "<Tag><Key>\($0.0)</Key><Value>\($0.1)</Value></Tag>" }.joined()
            return try await services.blob(
                .put, "docs/a?comp=tags", [:], "<Tags><TagSet>\(inner)</TagSet></Tags>"
            ).status
        }
        #expect(try await set((0..<10).map { ("k\($0)", "v") }) == 204)
        #expect(try await set((0..<11).map { ("k\($0)", "v") }) == 400)
        #expect(try await set([("k", "1"), ("k", "2")]) == 400)
        #expect(try await set([("", "1")]) == 400)
        #expect(try await set([("k", String(repeating: "v", count: 257))]) == 400)
        #expect(try await services.blob(.put, "docs/a?comp=tags", [:], "<Tags>").status == 400)
        #expect(try await put("b", "x", ["x-ms-tags": "one=1&two=a%20b"]).status == 201)
        #expect(try await services.blob(.head, "docs/b").fields["x-ms-tag-count"] == "2")
    }

    @Test func tiersAreKept() async throws {
        try await put("a", "x", ["x-ms-access-tier": "Cool"])
        #expect(try await services.blob(.head, "docs/a").fields["x-ms-access-tier"] == "Cool")
        #expect(try await services.blob(.put, "docs/a?comp=tier", ["x-ms-access-tier": "Cold"]).status == 200)
        #expect(try await services.blob(.head, "docs/a").fields["x-ms-access-tier"] == "Cold")
        #expect(try await services.blob(.put, "docs/a?comp=tier", ["x-ms-access-tier": "Warm"]).status == 400)
    }

    // MARK: - Snapshots and deletion

    @Test func snapshotsStayAsTheyWere() async throws {
        try await put("a", "first", ["x-ms-meta-k": "1"])
        let made = try await services.blob(.put, "docs/a?comp=snapshot")
        let time = try #require(made.fields["x-ms-snapshot"])
        #expect(made.status == 201 && time.utf8.count == 28 && time.hasSuffix("Z"))
        try await put("a", "second")
        let again = try await services.blob(.put, "docs/a?comp=snapshot")
        #expect(again.fields["x-ms-snapshot"] != time)
        let old = try await services.blob(.get, "docs/a?snapshot=" + time)
        #expect(old.text == "first" && old.fields["x-ms-meta-k"] == "1")
        #expect(try await services.blob(.get, "docs/a").text == "second")
        #expect(try await services.blob(.delete, "docs/a").outcome == "409 SnapshotsPresent")
        #expect(try await services.blob(.delete, "docs/a?snapshot=" + time).status == 202)
        #expect(try await services.blob(.get, "docs/a?snapshot=" + time).outcome == "404 BlobNotFound")
        #expect(try await services.blob(.delete, "docs/a", ["x-ms-delete-snapshots": "only"]).status == 202)
        #expect(try await services.blob(.get, "docs/a").text == "second")
        try await services.blob(.put, "docs/a?comp=snapshot")
        #expect(try await services.blob(.delete, "docs/a", ["x-ms-delete-snapshots": "include"]).status == 202)
        #expect(try await services.blob(.get, "docs/a").status == 404)
    }

    @Test func whatIsDeletedIsGoneWithItsFile() async throws {
        let large = [UInt8](repeating: 7, count: 200_000)
        _ = try await services.storage(.blob, .put, "docs/a", ["x-ms-blob-type": "BlockBlob"], large)
        #expect(try services.stores.blobs.reader.query("SELECT 1 FROM contents").count == 1)
        #expect(try await services.blob(.delete, "docs/a").status == 202)
        #expect(try await services.blob(.delete, "docs/a").outcome == "404 BlobNotFound")
        #expect(try services.stores.blobs.reader.query("SELECT 1 FROM contents").isEmpty)
    }

    // MARK: - Leases

    @Test func writesToALeasedBlobNeedItsID() async throws {
        try await put("a", "x")
        let id = "6A4A5A5F-0000-4000-8000-000000000001"
        let taken = try await services.blob(
            .put, "docs/a?comp=lease",
            ["x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1", "x-ms-proposed-lease-id": id])
        #expect(taken.status == 201 && taken.fields["x-ms-lease-id"]?.lowercased() == id.lowercased())
        let head = try await services.blob(.head, "docs/a")
        #expect(head.fields["x-ms-lease-state"] == "leased" && head.fields["x-ms-lease-status"] == "locked")
        #expect(head.fields["x-ms-lease-duration"] == "infinite")
        for (target, fields) in [
            ("docs/a", ["x-ms-blob-type": "BlockBlob"] as HTTPFields), ("docs/a?comp=metadata", [:]),
            ("docs/a?comp=properties", [:]), ("docs/a?comp=block&blockid=QQ==", [:]),
        ] {
            var fields = fields
            let body = target.hasSuffix("a") || target.contains("block") ? "y" : ""
            #expect(try await services.blob(.put, target, fields, body).outcome == "412 LeaseIdMissing", "\(target)")
            fields["x-ms-lease-id"] = "6a4a5a5f-0000-4000-8000-000000000002"
            #expect(
                try await services.blob(.put, target, fields, body).outcome
                    == "412 LeaseIdMismatchWithBlobOperation", "\(target)")
            fields["x-ms-lease-id"] = id.lowercased()
            #expect(try await services.blob(.put, target, fields, body).status < 300, "\(target)")
        }
        #expect(try await services.blob(.get, "docs/a").status == 200)
        #expect(
            try await services.blob(.get, "docs/a", ["x-ms-lease-id": "6a4a5a5f-0000-4000-8000-000000000002"]).status
                == 412)
        #expect(
            try await services.blob(.put, "docs/a?comp=lease", ["x-ms-lease-action": "release", "x-ms-lease-id": id])
                .status == 200)
        #expect(
            try await put("a", "z", ["x-ms-lease-id": id]).outcome == "412 LeaseNotPresentWithBlobOperation")
    }

    @Test(
        arguments: [
            (["x-ms-lease-action": "acquire", "x-ms-lease-duration": "14"], "400 InvalidHeaderValue"),
            (["x-ms-lease-action": "acquire", "x-ms-lease-duration": "61"], "400 InvalidHeaderValue"),
            (["x-ms-lease-action": "acquire", "x-ms-lease-duration": "x"], "400 InvalidHeaderValue"),
            (["x-ms-lease-action": "steal"], "400 InvalidHeaderValue"),
            (["x-ms-lease-action": "break", "x-ms-lease-break-period": "61"], "400 InvalidHeaderValue"),
            (
                ["x-ms-lease-action": "renew", "x-ms-lease-id": "6a4a5a5f-0000-4000-8000-000000000001"],
                "409 LeaseIdMismatchWithLeaseOperation"
            ),
        ] as [([String: String], String)])
    func leasesThatCannotBe(given: [String: String], outcome: String) async throws {
        try await put("a", "x")
        var fields: HTTPFields = [:]
        for (name, value) in given { fields[name] = value }
        #expect(try await services.blob(.put, "docs/a?comp=lease", fields).outcome == outcome)
    }
}
