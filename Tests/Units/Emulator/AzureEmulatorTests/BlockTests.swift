import AzureSignatures
import Digests
import HTTPMessages
import Markup
import SQLite
import Testing

@testable import AzureEmulator

/// Blobs made of blocks, copies within the emulator, and batches.
@Suite struct BlockTests {
    private let services: Services

    init() async throws {
        services = try Services()
        try await services.blob(.put, "docs?restype=container")
    }

    private func id(_ text: String) -> String { Base64.encode(text.bytes) }

    @discardableResult
    private func stage(_ block: String, _ body: String, _ fields: HTTPFields = [:], blob: String = "b") async throws
        -> Answer
    {
        try await services.blob(.put, "docs/\(blob)?comp=block&blockid=\(percentEncoded(id(block)))", fields, body)
    }

    /// Commits blocks given as kind and name.
    @discardableResult
    private func commit(_ blocks: [(String, String)], _ fields: HTTPFields = [:], blob: String = "b") async throws
        -> Answer
    {
        let list = blocks.map { "<\($0.0)>\(id($0.1))</\($0.0)>" }.joined()
        return try await services.blob(
            .put, "docs/\(blob)?comp=blocklist", fields,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>\(list)</BlockList>")
    }

    private func blocks(_ kind: String) async throws -> (committed: [String], uncommitted: [String]) {
        let tree = try await services.blob(.get, "docs/b?comp=blocklist&blocklisttype=\(kind)").xml
        func names(_ element: String) -> [String] {
            (tree[element]?.all("Block") ?? []).map { node in
                let name = Base64.decode(node["Name"]?.text ?? "").map { String(decoding: $0, as: UTF8.self) } ?? "?"
                return "\(name):\(node["Size"]?.text ?? "?")"
            }
        }
        return (names("CommittedBlocks"), names("UncommittedBlocks"))
    }

    @Test func theListGivesTheOrder() async throws {
        for (name, text) in [("3", "gamma"), ("1", "alpha"), ("2", "beta")] {
            let staged = try await stage(name, text)
            #expect(staged.status == 201 && staged.fields["etag"] == nil)
        }
        #expect(try await services.blob(.get, "docs/b").outcome == "404 BlobNotFound")
        #expect(try await blocks("all").uncommitted == ["1:5", "2:4", "3:5"])
        let done = try await commit([("Latest", "2"), ("Latest", "3"), ("Latest", "2"), ("Uncommitted", "1")])
        #expect(done.status == 201 && !done.etag.isEmpty)
        #expect(try await services.blob(.get, "docs/b").text == "betagammabetaalpha")
        let lists = try await blocks("all")
        #expect(lists.committed == ["2:4", "3:5", "2:4", "1:5"] && lists.uncommitted.isEmpty)
    }

    @Test func committedAndPendingBlocksMayBeMixed() async throws {
        try await stage("1", "one")
        try await stage("2", "two")
        try await commit([("Latest", "1"), ("Latest", "2")])
        try await stage("1", "ONE")
        try await stage("3", "THREE")
        #expect(try await services.blob(.get, "docs/b").text == "onetwo")
        #expect(try await commit([("Committed", "3")]).outcome == "400 InvalidBlockList")
        #expect(try await commit([("Uncommitted", "2")]).outcome == "400 InvalidBlockList")
        #expect(
            try await commit([("Committed", "1"), ("Latest", "1"), ("Committed", "2"), ("Uncommitted", "3")]).status
                == 201)
        #expect(try await services.blob(.get, "docs/b").text == "oneONEtwoTHREE")
    }

    @Test func whatIsNotNamedIsDropped() async throws {
        try await stage("1", "one")
        try await stage("2", "two")
        try await commit([("Latest", "1")])
        #expect(try await blocks("all").uncommitted.isEmpty)
        #expect(try await commit([("Latest", "2")]).outcome == "400 InvalidBlockList")
        #expect(try services.stores.blobs.reader.query("SELECT 1 FROM contents").count == 1)
    }

    @Test func anEmptyListIsAnEmptyBlob() async throws {
        try await stage("1", "one")
        #expect(try await commit([]).status == 201)
        let got = try await services.blob(.get, "docs/b")
        #expect(got.status == 200 && got.bytes.isEmpty)
    }

    @Test func stagingABlockAgainReplacesIt() async throws {
        try await stage("1", "old")
        try await stage("1", "new")
        try await commit([("Latest", "1")])
        #expect(try await services.blob(.get, "docs/b").text == "new")
    }

    @Test func aWholeBlobThrowsPendingBlocksAway() async throws {
        try await stage("1", "one")
        try await services.blob(.put, "docs/b", ["x-ms-blob-type": "BlockBlob"], "whole")
        #expect(try await commit([("Latest", "1")]).outcome == "400 InvalidBlockList")
        #expect(try await services.blob(.get, "docs/b").text == "whole")
    }

    @Test func idsAreBase64OfOneLength() async throws {
        try await stage("01", "x")
        #expect(try await stage("1", "x").outcome == "400 InvalidBlobOrBlock")
        #expect(
            try await services.blob(.put, "docs/b?comp=block&blockid=%21%21", [:], "x").outcome
                == "400 InvalidQueryParameterValue")
        #expect(try await stage(String(repeating: "i", count: 64), "x", blob: "long").status == 201)
        #expect(try await stage(String(repeating: "i", count: 65), "x", blob: "long").status == 400)
        #expect(try await services.blob(.put, "docs/b?comp=block", [:], "x").status == 400)
    }

    @Test func propertiesComeWithTheList() async throws {
        try await stage("1", "one")
        try await commit(
            [("Latest", "1")],
            [
                "Content-Type": "application/xml", "x-ms-blob-content-type": "text/plain", "x-ms-meta-k": "v",
                "x-ms-blob-content-md5": "AAAAAAAAAAAAAAAAAAAAAA==",
            ])
        let head = try await services.blob(.head, "docs/b")
        #expect(head.fields["content-type"] == "text/plain" && head.fields["x-ms-meta-k"] == "v")
        // It is stored as it is given.
        #expect(head.fields["content-md5"] == "AAAAAAAAAAAAAAAAAAAAAA==")
    }

    @Test func listsHonourConditions() async throws {
        try await stage("1", "one")
        let first = try await commit([("Latest", "1")], ["If-None-Match": "*"])
        #expect(first.status == 201)
        try await stage("2", "two")
        #expect(try await commit([("Latest", "2")], ["If-None-Match": "*"]).outcome == "409 BlobAlreadyExists")
        #expect(try await commit([("Latest", "2")], ["If-Match": "\"0x1\""]).outcome == "412 ConditionNotMet")
        #expect(try await commit([("Latest", "2")], ["If-Match": first.etag]).status == 201)
        #expect(try await services.blob(.get, "docs/b").text == "two")
    }

    @Test(
        arguments: ["", "<BlockList>", "<Blocks></Blocks>", "<BlockList><Newest>QQ==</Newest></BlockList>"] as [String])
    func listsThatAreNone(body: String) async throws {
        let answer = try await services.blob(.put, "docs/b?comp=blocklist", [:], body)
        #expect(answer.status == 400)
        #expect(try await services.blob(.head, "docs/b").status == 404)
    }

    @Test func checksumsOfBlocksAreChecked() async throws {
        let md5 = Services.md5("one")
        #expect(try await stage("1", "one", ["Content-MD5": md5]).fields["content-md5"] == md5)
        #expect(try await stage("2", "two", ["Content-MD5": md5]).outcome == "400 Md5Mismatch")
        #expect(try await blocks("uncommitted").uncommitted == ["1:3"])
    }

    @Test func rangesCrossBlocks() async throws {
        let parts = (0..<4).map { number in [UInt8](repeating: UInt8(65 + number), count: 70_000) }
        for (number, part) in parts.enumerated() {
            let path = "docs/b?comp=block&blockid=\(percentEncoded(id("\(number)")))"
            #expect(try await services.storage(.blob, .put, path, [:], part).status == 201)
        }
        try await commit((0..<4).map { ("Latest", "\($0)") })
        let whole = Array(parts.joined())
        #expect(try await services.blob(.get, "docs/b").bytes == whole)
        for range in [69_990..<70_010, 0..<1, 140_000..<210_001, 279_999..<280_000, 10..<279_990] {
            let got = try await services.blob(
                .get, "docs/b", ["x-ms-range": "bytes=\(range.lowerBound)-\(range.upperBound - 1)"])
            #expect(got.status == 206 && got.bytes == Array(whole[range]))
        }
    }

    // MARK: - Copies

    private func source(_ path: String) -> String { "http://127.0.0.1/devstoreaccount1/" + path }

    @Test func copiesTakeContentAndProperties() async throws {
        try await services.blob(
            .put, "docs/a",
            ["x-ms-blob-type": "BlockBlob", "x-ms-blob-content-type": "text/plain", "x-ms-meta-k": "v"],
            "content")
        let made = try await services.blob(.put, "docs/copy", ["x-ms-copy-source": source("docs/a")])
        #expect(made.status == 202 && made.fields["x-ms-copy-status"] == "success")
        let head = try await services.blob(.get, "docs/copy")
        #expect(head.text == "content" && head.fields["content-type"] == "text/plain")
        #expect(head.fields["x-ms-meta-k"] == "v" && head.fields["x-ms-copy-id"] == made.fields["x-ms-copy-id"])
        #expect(head.fields["x-ms-copy-progress"] == "7/7" && head.fields["x-ms-copy-source"] == source("docs/a"))
        // A copy stands by itself.
        try await services.blob(.delete, "docs/a")
        #expect(try await services.blob(.get, "docs/copy").text == "content")
        let replaced = try await services.blob(
            .put, "docs/copy2",
            ["x-ms-copy-source": source("docs/copy"), "x-ms-requires-sync": "True", "x-ms-meta-other": "w"])
        #expect(replaced.status == 202)
        let second = try await services.blob(.head, "docs/copy2")
        #expect(second.fields["x-ms-meta-other"] == "w" && second.fields["x-ms-meta-k"] == nil)
        #expect(
            try await services.blob(.put, "docs/copy?comp=copy&copyid=1", ["x-ms-copy-action": "abort"]).outcome
                == "409 NoPendingCopyOperation")
    }

    @Test(
        arguments: [
            ("docs/none", "404 CannotVerifyCopySource"), ("none/a", "404 CannotVerifyCopySource"),
            ("docs", "400 InvalidHeaderValue"),
        ] as [(String, String)])
    func copiesOfNothing(path: String, outcome: String) async throws {
        #expect(try await services.blob(.put, "docs/c", ["x-ms-copy-source": source(path)]).outcome == outcome)
    }

    @Test func copiesHonourConditionsOfBothSides() async throws {
        let a = try await services.blob(.put, "docs/a", ["x-ms-blob-type": "BlockBlob"], "a")
        try await services.blob(.put, "docs/b", ["x-ms-blob-type": "BlockBlob"], "b")
        func copy(_ name: String, _ value: String) async throws -> String {
            try await services.blob(.put, "docs/b", ["x-ms-copy-source": source("docs/a"), name: value]).outcome
        }
        #expect(try await copy("x-ms-source-if-match", "\"0x1\"") == "412 SourceConditionNotMet")
        #expect(try await copy("If-None-Match", "*") == "409 BlobAlreadyExists")
        #expect(try await copy("If-Match", "\"0x1\"") == "412 ConditionNotMet")
        #expect(try await services.blob(.get, "docs/b").text == "b")
        #expect(try await copy("x-ms-source-if-match", a.etag) == "202")
        #expect(try await services.blob(.get, "docs/b").text == "a")
    }

    @Test func anotherAccountsBlobHasToBeReadable() async throws {
        _ = try await services.storage(
            .blob, .put, "theirs?restype=container", account: Services.otherAccount, key: Services.otherKey)
        _ = try await services.storage(
            .blob, .put, "theirs/a", ["x-ms-blob-type": "BlockBlob"], "secret".bytes, account: Services.otherAccount,
            key: Services.secondKey)
        let url = "http://127.0.0.1/\(Services.otherAccount)/theirs/a"
        #expect(try await services.blob(.put, "docs/b", ["x-ms-copy-source": url]).status == 401)
        _ = try await services.storage(
            .blob, .put, "theirs?restype=container&comp=acl", ["x-ms-blob-public-access": "blob"],
            account: Services.otherAccount, key: Services.otherKey)
        #expect(try await services.blob(.put, "docs/b", ["x-ms-copy-source": url]).status == 202)
        #expect(try await services.blob(.get, "docs/b").text == "secret")
    }

    @Test func blocksMayComeFromABlob() async throws {
        try await services.blob(.put, "docs/a", ["x-ms-blob-type": "BlockBlob"], "hello world")
        let staged = try await services.blob(
            .put, "docs/b?comp=block&blockid=QQ==",
            ["x-ms-copy-source": source("docs/a"), "x-ms-source-range": "bytes=6-10"])
        #expect(staged.status == 201)
        try await commit([("Latest", "A")])
        #expect(try await services.blob(.get, "docs/b").text == "world")
        let put = try await services.blob(
            .put, "docs/c", ["x-ms-blob-type": "BlockBlob", "x-ms-copy-source": source("docs/a")])
        #expect(put.status == 201)
        #expect(try await services.blob(.get, "docs/c").text == "hello world")
        let behind = try await services.blob(
            .put, "docs/b?comp=block&blockid=QQ==",
            ["x-ms-copy-source": source("docs/a"), "x-ms-source-range": "bytes=11-12"])
        #expect(behind.outcome == "416 InvalidRange")
    }

    // MARK: - Batches

    /// One part of a batch, signed by itself and without a version.
    private func part(_ number: Int, _ method: HTTPMethod, _ path: String, _ fields: HTTPFields = [:]) throws -> String
    {
        let target = HTTPTarget("/\(DevelopmentAccount.storageName)/\(path)")
        // The clients end a path without parameters in a question mark and do not sign it.
        let signed = try Services.signed(method, target, fields)
        let lines = signed.all.map { "\($0.name): \($0.value)\r\n" }.joined()
        let mark = target.rawQuery == nil ? "?" : ""
        return
            "--batch_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: \(number)"
            + "\r\n\r\n\(method.rawValue) \(target.text)\(mark) HTTP/1.1\r\n\(lines)Content-Length: 0\r\n\r\n"
    }

    private func batch(_ parts: [String], target: String = "docs?restype=container&comp=batch") async throws -> Answer {
        try await services.blob(
            .post, target, ["Content-Type": "multipart/mixed; boundary=batch_1"], parts.joined() + "--batch_1--\r\n")
    }

    @Test func batchesDeleteWithAnAnswerForEach() async throws {
        for name in ["a", "b"] { try await services.blob(.put, "docs/" + name, ["x-ms-blob-type": "BlockBlob"], "x") }
        let parts = try [part(0, .delete, "docs/a"), part(1, .delete, "docs/none"), part(2, .delete, "docs/b")]
        let answer = try await batch(parts)
        #expect(answer.status == 202)
        #expect(answer.fields["content-type"]?.hasPrefix("multipart/mixed; boundary=batchresponse_") == true)
        let statuses = answer.text.split(separator: "\r\n").filter { $0.hasPrefix("HTTP/1.1") }.map {
            $0.dropFirst(9).prefix(3)
        }
        #expect(statuses == ["202", "404", "202"])
        #expect(answer.text.contains("Content-ID: 1\r\n") && answer.text.contains("x-ms-error-code: BlobNotFound"))
        for name in ["a", "b"] { #expect(try await services.blob(.head, "docs/" + name).status == 404) }
    }

    @Test func batchesSetTiers() async throws {
        try await services.blob(.put, "docs/a", ["x-ms-blob-type": "BlockBlob"], "x")
        let answer = try await batch(
            [try part(0, .put, "docs/a?comp=tier", ["x-ms-access-tier": "Cool"])], target: "?comp=batch")
        #expect(answer.status == 202 && answer.text.contains("HTTP/1.1 200"))
        #expect(try await services.blob(.head, "docs/a").fields["x-ms-access-tier"] == "Cool")
    }

    @Test func batchesDoNothingElse() async throws {
        #expect(try await batch([try part(0, .put, "docs/a?comp=metadata")]).status == 400)
        #expect(try await batch([try part(0, .get, "docs/a")]).status == 400)
        #expect(try await batch([]).status == 400)
        let many = try (0..<257).map { try part($0, .delete, "docs/\($0)") }
        #expect(try await batch(many).status == 400)
        let unsigned = await services.send(
            .blob, .post, "/devstoreaccount1/docs?restype=container&comp=batch",
            ["Content-Type": "multipart/mixed; boundary=batch_1", "x-ms-version": "2021-12-02"],
            (many[0] + "--batch_1--\r\n").bytes)
        #expect(unsigned.status == 401)
    }

    /// A part with a wrong signature fails by itself.
    @Test func partsAreAuthorizedOneByOne() async throws {
        try await services.blob(.put, "docs/a", ["x-ms-blob-type": "BlockBlob"], "x")
        let forged = try part(0, .delete, "docs/a").replacing("docs/a? ", with: "docs/a?timeout=1 ")
        let answer = try await batch([forged])
        #expect(answer.status == 202 && answer.text.contains("HTTP/1.1 403"))
        #expect(try await services.blob(.head, "docs/a").status == 200)
    }
}
