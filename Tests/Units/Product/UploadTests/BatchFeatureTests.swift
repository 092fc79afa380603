import AzureStorage
import Catalog
import Digests
import FoundationEssentials
import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing
import ZipArchives

/// `/api/documents/batch`: many files at once, each accepted or refused alone.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct BatchFeatureTests {
    private func batch(_ files: [(name: String, content: String)], _ product: RunningProduct) async throws -> AppAnswer
    {
        var body = ""
        for file in files {
            body += "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(file.name)\"\r\n\r\n"
            body += file.content + "\r\n"
        }
        return try await product.send(
            .upload, .post, "/api/documents/batch", fields: ["Content-Type": "multipart/form-data; boundary=b"],
            body: (body + "--b--\r\n").bytes)
    }

    private func archive(_ files: [(name: String, content: String)]) throws -> [UInt8] {
        let folder = try Fixtures.temporaryDirectory()
        let writer = ZipWriter()
        for (number, file) in files.enumerated() {
            let path = "\(folder)/\(number)"
            try file.content.write(toFile: path, atomically: false, encoding: .utf8)
            writer.add(file: path, as: file.name, mode: 0o644)
        }
        try writer.write(to: folder + "/all.zip")
        return try Fixtures.bytes(folder + "/all.zip")
    }

    private func job(_ answer: AppAnswer, _ product: RunningProduct) async throws -> JSONValue {
        let id = try #require(answer.json["job"]?["id"]?.string, "\(answer.text)")
        return try await product.get(.upload, "/api/jobs/\(id)").json
    }

    @Test func eachFileIsAcceptedOrRefusedAlone() async throws {
        try await RunningProduct.with([.upload]) { product in
            let old = try await product.added("Old words.", name: "old.txt")
            try await product.put(old, into: .ready)
            let answer = try await batch(
                [("a.txt", "First."), ("b.bin", "\u{0}\u{1}\u{2}\u{3}"), ("c.txt", ""), ("d.txt", "Old words.")],
                product)
            #expect(answer.status == 207)
            let items = try #require(answer.json["items"]?.array)
            #expect(items.map { $0["status"]?.int } == [202, 415, 400, 202])
            #expect(items.map { $0["number"]?.int } == [1, 2, 3, 4])
            #expect(items[1]["error"]?["detail"]?.string?.contains("b.bin") == true && items[1]["documentId"] == .null)
            #expect(items[3]["duplicate"] == true && items[3]["documentId"]?.string == old)
            var job = try await job(answer, product)
            #expect(job["kind"] == "batch" && job["counts"]?["total"] == 4 && job["counts"]?["refused"] == 2)
            #expect(job["state"] == "running" && job["counts"]?["waiting"] == 1 && job["counts"]?["ready"] == 1)
            let first = try #require(items[0]["documentId"]?.string)
            try await product.put(first, into: .extracting)
            job = try await self.job(answer, product)
            #expect(job["counts"]?["working"] == 1 && job["finishedAt"] == .null)
            try await product.put(first, into: .failed, code: "damaged")
            job = try await self.job(answer, product)
            #expect(job["state"] == "done" && job["progress"]?.double == 1 && job["finishedAt"]?.string != nil)
            let id = try #require(job["id"]?.string)
            let failed = try await product.get(.upload, "/api/jobs/\(id)/items?state=failed").json["items"]?.array
            #expect(failed?.map { $0["error"]?["code"]?.string } == ["damaged"])
        }
    }

    @Test func anArchiveBecomesItsFiles() async throws {
        try await RunningProduct.with([.upload]) { product in
            let bytes = try archive([
                ("report/one.txt", "One."), ("report/two.txt", "Two."), ("__MACOSX/._one.txt", "x"),
                ("report/.DS_Store", "x"), ("inner.zip", "PK\u{3}\u{4}"),
            ])
            let answer = try await product.send(
                .upload, .post, "/api/documents/batch", fields: ["Content-Type": "application/zip"], body: bytes)
            #expect(answer.status == 207)
            let items = try #require(answer.json["items"]?.array)
            #expect(items.map { $0["name"]?.string } == ["inner.zip", "one.txt", "two.txt"])
            #expect(items.map { $0["status"]?.int } == [415, 202, 202])
            let second = try #require(items[2]["documentId"]?.string)
            #expect(try await product.get(.upload, "/api/documents/\(second)/content").text == "Two.")
        }
    }

    @Test func whatIsNoArchiveIsRefusedAndTheOthersStay() async throws {
        try await RunningProduct.with([.upload]) { product in
            let answer = try await batch([("a.txt", "First."), ("b.zip", "no archive"), ("c.txt", "Third.")], product)
            let items = try #require(answer.json["items"]?.array)
            #expect(items.map { $0["status"]?.int } == [202, 422, 202])
            #expect(items[1]["name"] == "b.zip" && items[1]["error"]?["code"] == "damaged")
        }
    }

    @Test func aBatchThatIsCancelledTakesItsDocumentsBack() async throws {
        try await RunningProduct.with([.upload]) { product in
            let old = try await product.added("Old words.", name: "old.txt")
            let answer = try await batch([("a.txt", "First."), ("b.txt", "Second."), ("c.txt", "Old words.")], product)
            let ids = (answer.json["items"]?.array ?? []).compactMap { $0["documentId"]?.string }
            try await product.put(ids[1], into: .ready)
            let id = try #require(answer.json["job"]?["id"]?.string)
            let cancelled = try await product.post(.upload, "/api/jobs/\(id)/cancel", [:])
            #expect(cancelled.status == 200 && cancelled.json["state"] == "cancelled")
            #expect(cancelled.json["counts"]?["cancelled"] == 1 && cancelled.json["counts"]?["ready"] == 1)
            #expect(try await product.get(.upload, "/api/documents/\(ids[0])").status == 404)
            // What is ready, and what was there before, stays.
            #expect(try await product.document(ids[1])["status"] == "ready")
            #expect(try await product.document(old)["status"] == "queued")
            try await product.ingestAll()
            let blobs = try await product.storage.blobs.list(BlobPaths.container, prefix: "default/\(ids[0])/")
            #expect(blobs.isEmpty)
            #expect(try await product.post(.upload, "/api/jobs/\(id)/cancel", [:]).status == 409)
        }
    }

    @Test func whatAnotherBatchWaitsForAndWhatFailedBeforeIsNotTakenBack() async throws {
        try await RunningProduct.with([.upload]) { product in
            let first = try await batch([("a.txt", "First."), ("b.txt", "Second.")], product)
            let ids = (first.json["items"]?.array ?? []).compactMap { $0["documentId"]?.string }
            let second = try await batch([("a.txt", "First.")], product)
            #expect(second.json["items"]?[0]?["duplicate"] == true)
            try await product.put(ids[1], into: .failed, code: "damaged")
            let id = try #require(first.json["job"]?["id"]?.string)
            #expect(try await product.post(.upload, "/api/jobs/\(id)/retry", [:]).status == 202)
            let cancelled = try await product.post(.upload, "/api/jobs/\(id)/cancel", [:])
            #expect(cancelled.status == 200)
            #expect(try await product.document(ids[0])["status"] == "queued")
            #expect(try await product.document(ids[1])["status"] == "failed")
        }
    }

    @Test func moreFilesThanABatchHasAreRefusedByName() async throws {
        try await RunningProduct.with([.upload]) { product in
            let answer = try await batch((1...1002).map { ("\($0).txt", "") }, product)
            #expect(answer.status == 413 && answer.json["detail"]?.string?.contains("the first 1000, the job") == true)
            let jobs = try await product.get(.upload, "/api/jobs").json["jobs"]?.array
            #expect(jobs?.first?["counts"]?["refused"] == 1000 && jobs?.first?["state"] == "interrupted")
        }
    }

    @Test func aBatchIsNoChats() async throws {
        try await RunningProduct.with([.upload]) { product in
            let answer = try await product.send(
                .upload, .post, "/api/documents/batch?chatId=\(UUIDv7.make())",
                fields: ["Content-Type": "multipart/form-data; boundary=b"], body: "--b--\r\n".bytes)
            #expect(answer.status == 400 && answer.json["errors"]?[0]?["field"] == "chatId")
        }
    }

    @Test func aFormThatIsCutShortKeepsWhatCame() async throws {
        try await RunningProduct.with([.upload]) { product in
            let body =
                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nFirst.\r\n--b\r\nCont"
            let answer = try await product.send(
                .upload, .post, "/api/documents/batch", fields: ["Content-Type": "multipart/form-data; boundary=b"],
                body: body.bytes)
            #expect(answer.status == 400 && answer.json["detail"]?.string?.contains("1 file before that") == true)
            let jobs = try await product.get(.upload, "/api/jobs").json["jobs"]?.array
            #expect(jobs?.map { $0["state"]?.string } == ["interrupted"])
            #expect(jobs?.first?["counts"]?["waiting"] == 1)
        }
    }

    @Test func whereAStoreDoesNotAnswerTheRestIsRefusedAtOnce() async throws {
        try await RunningProduct.with([.upload]) { product in
            try await product.fault(["service": "blob", "status": 503, "count": 1000])
            let answer = try await batch((1...5).map { ("\($0).txt", "Text \($0).") }, product)
            #expect(answer.status == 207)
            #expect(answer.json["items"]?.array?.map { $0["status"]?.int } == [503, 503, 503, 503, 503])
        }
    }

    @Test(arguments: [
        ("text/plain", "words", 415), ("multipart/form-data", "x", 400), ("application/zip", "", 400),
        ("multipart/form-data; boundary=b", "--b--\r\n", 400),
    ])
    func whatIsNoBatchIsRefused(type: String, body: String, status: Int) async throws {
        try await RunningProduct.with([.upload]) { product in
            let answer = try await product.send(
                .upload, .post, "/api/documents/batch", fields: ["Content-Type": type], body: body.bytes)
            #expect(answer.status == status || answer.status == 207, "\(answer.text)")
            if answer.status == 207 { #expect(answer.json["items"]?[0]?["status"]?.int == 422) }
        }
    }
}
