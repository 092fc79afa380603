import AzureStorage
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// `/api/upload` and `/api/documents`, over real sockets and stores.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct UploadFeatureTests {
    private func form(_ parts: [(name: String, file: String?, content: String)]) -> (fields: HTTPFields, body: [UInt8])
    {
        var body = ""
        for part in parts {
            let file = part.file.map { "; filename=\"\($0)\"" } ?? ""
            body += "--b\r\nContent-Disposition: form-data; name=\"\(part.name)\"\(file)\r\n\r\n\(part.content)\r\n"
        }
        return (["Content-Type": "multipart/form-data; boundary=b"], (body + "--b--\r\n").bytes)
    }

    private func send(_ parts: [(name: String, file: String?, content: String)], _ product: RunningProduct) async throws
        -> AppAnswer
    {
        let (fields, body) = form(parts)
        return try await product.send(.upload, .post, "/api/upload", fields: fields, body: body)
    }

    @Test func aFileIsStoredEnteredAndQueued() async throws {
        try await RunningProduct.with([.upload]) { product in
            let answer = try await product.upload("Some words.".bytes, name: "näme ü.txt")
            #expect(answer.status == 202)
            let document = try #require(answer.json["documents"]?[0])
            #expect(
                document.object?.names == [
                    "id", "name", "mediaType", "bytes", "sha256", "chatId", "status", "error", "pages",
                    "pagesWithoutText", "passages", "language", "createdAt", "readyAt", "version", "tags", "source",
                    "author", "date",
                ])
            #expect(document["name"] == "näme ü.txt" && document["mediaType"] == "text/plain")
            #expect(document["status"] == "queued" && document["bytes"] == 11 && document["pages"] == .null)
            #expect(document["sha256"]?.string == Digest.hex(Digest.sha256("Some words.".bytes)))
            let id = try #require(document["id"]?.string)
            #expect(try await product.queued() == [id])
            let path = BlobPaths.original(workspace: "default", document: id)
            #expect(try await product.storage.blobs.get(BlobPaths.container, path) == "Some words.".bytes)
            // Back as it came, as a download that no browser runs.
            let content = try await product.get(.upload, "/api/documents/\(id)/content")
            #expect(content.bytes == "Some words.".bytes && content.fields["x-content-type-options"] == "nosniff")
            #expect(content.fields["content-disposition"] == "attachment; filename*=UTF-8''n%C3%A4me%20%C3%BC.txt")
        }
    }

    /// A file goes to the store in blocks of 1 MiB.
    @Test(arguments: [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 19, 3 << 20])
    func theHashIsThatOfTheFileWhateverItsLength(count: Int) async throws {
        try await RunningProduct.with([.upload]) { product in
            let bytes = (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 26) }
            let document = try await product.upload(bytes, name: "long.txt").json["documents"]?[0]
            #expect(document?["bytes"]?.int == Int64(count))
            #expect(document?["sha256"]?.string == Digest.hex(Digest.sha256(bytes)))
            let again = try await product.upload(bytes, name: "again.txt").json["documents"]?[0]
            #expect(again?["duplicate"] == true)
        }
    }

    @Test func theSameBytesAreOneDocument() async throws {
        try await RunningProduct.with([.upload]) { product in
            let first = try await product.added("Same words.", name: "a.txt")
            let again = try await product.upload("Same words.".bytes, name: "b.txt").json["documents"]?[0]
            #expect(again?["id"]?.string == first && again?["duplicate"] == true && again?["name"] == "a.txt")
            #expect(try await product.queued() == [first])
            // The second copy's bytes are gone again.
            let blobs = try await product.storage.blobs.list(BlobPaths.container, prefix: "default/")
            #expect(blobs == [BlobPaths.original(workspace: "default", document: first)])
            // In a chat of its own it is another document.
            let chat = UUIDv7.make()
            _ = try await product.catalog.createChat(chat, name: "c")
            let own = try await product.added("Same words.", name: "a.txt", chatId: chat)
            #expect(own != first)
            #expect(try await product.document(own)["chatId"]?.string == chat)
        }
    }

    @Test func aFailedFileThatComesAgainIsTriedAgain() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await product.added("Once more.", name: "a.txt")
            try await product.storage.queues.clear(IngestMessage.queue)
            try await product.put(id, into: .failed, code: "damaged")
            let again = try await product.upload("Once more.".bytes, name: "a.txt").json["documents"]?[0]
            #expect(again?["duplicate"] == true && again?["status"] == "queued" && again?["error"] == .null)
            #expect(try await product.queued() == [id])
        }
    }

    @Test func kindsAreToldByContent() async throws {
        try await RunningProduct.with([.upload]) { product in
            func type(_ content: String, _ name: String) async throws -> JSONValue? {
                try await product.upload(content.bytes, name: name).json["documents"]?[0]?["mediaType"]
            }
            #expect(try await type("%PDF-1.7 x", "a.txt") == "application/pdf")
            #expect(try await type("<!doctype html><p>x", "a.pdf") == "text/html")
            #expect(try await type("# x", "a.md") == "text/markdown")
            let picture = try await product.upload([0x89, 0x50, 0x4E, 0x47, 0, 1, 2, 3], name: "a.pdf")
            #expect(picture.status == 415 && picture.json["errors"]?[0]?["field"] == "file")
            #expect(try await product.queued().count == 3)
        }
    }

    @Test func limitsAreKeptAndNothingStays() async throws {
        try await RunningProduct.with([.upload], settings: ["APUS_MAX_UPLOAD_BYTES": "100000"]) { product in
            #expect(try await product.upload([], name: "a.txt").status == 400)
            #expect(try await product.upload("x".bytes, name: "a/b.txt").status == 400)
            #expect(try await product.upload("x".bytes, name: "").status == 400)
            let large = try await product.upload([UInt8](repeating: 65, count: 100_001), name: "a.txt")
            #expect(large.status == 413 && large.json["detail"]?.string?.contains("100000") == true)
            #expect(try await product.upload([UInt8](repeating: 65, count: 100_000), name: "a.txt").status == 202)
            #expect(try await product.catalog.documents(chatId: nil, limit: 10, after: nil).count == 1)
            #expect(try await product.storage.blobs.list(BlobPaths.container, prefix: "default/").count == 1)
            let unknown = try await product.upload("x".bytes, name: "a.txt", chatId: UUIDv7.make())
            #expect(unknown.status == 404 && unknown.json["errors"]?[0]?["field"] == "chatId")
        }
    }

    @Test func severalFilesComeInOneForm() async throws {
        try await RunningProduct.with([.upload]) { product in
            let answer = try await send([("file", "a.txt", "one"), ("file", "b.md", "# two")], product)
            #expect(answer.status == 202)
            #expect((answer.json["documents"]?.array ?? []).map { $0["name"] } == ["a.txt", "b.md"])
            #expect(try await product.queued().count == 2)
        }
    }

    @Test func aFormIsTakenAsAWholeOrNotAtAll() async throws {
        try await RunningProduct.with([.upload]) { product in
            let answer = try await send([("file", "a.txt", "one"), ("file", "empty.txt", "")], product)
            #expect(answer.status == 400)
            // The first file is on its way out: nobody sees it, and the ingest function removes it everywhere.
            #expect(try await product.catalog.documents(chatId: nil, limit: 10, after: nil).isEmpty)
            try await product.ingestAll()
            #expect(try await product.storage.blobs.list(BlobPaths.container, prefix: "default/").isEmpty)
            #expect(try await product.sql.query("SELECT id FROM documents").isEmpty)
            #expect(try await send([("colour", nil, "red")], product).json["errors"]?[0]?["field"] == "colour")
            #expect(try await send([("chatId", nil, "")], product).json["errors"]?[0]?["field"] == "file")
            let (_, body) = form([("file", "a.txt", "x")])
            let cut = try await product.send(
                .upload, .post, "/api/upload", fields: ["Content-Type": "multipart/form-data; boundary=b"],
                body: Array(body.dropLast(12)))
            #expect(cut.status == 400)
            let none = try await product.send(
                .upload, .post, "/api/upload", fields: ["Content-Type": "multipart/form-data"], body: body)
            #expect(none.status == 400)
        }
    }

    @Test func moreThanTwentyFilesAreRefusedTogether() async throws {
        try await RunningProduct.with([.upload]) { product in
            let answer = try await send((0..<21).map { ("file", "\($0).txt", "text \($0)") }, product)
            #expect(answer.status == 400 && answer.json["errors"]?[0]?["field"] == "file")
            #expect(try await product.catalog.documents(chatId: nil, limit: 50, after: nil).isEmpty)
        }
    }

    @Test func queueAndContainerAreMadeWhenTheyAreNotThere() async throws {
        try await RunningProduct.with([.upload]) { product in
            _ = try await product.added("first", name: "a.txt")
            try await product.storage.queues.deleteQueue(IngestMessage.queue)
            _ = try await product.storage.blobs.deleteContainer(BlobPaths.container)
            let id = try await product.added("second", name: "b.txt")
            #expect(try await product.queued() == [id])
            #expect(try await product.get(.upload, "/api/documents/\(id)/content").text == "second")
            // A file of several blocks too, whose first block finds no container.
            _ = try await product.storage.blobs.deleteContainer(BlobPaths.container)
            let large = [UInt8](repeating: 66, count: 5 << 20)
            let answer = try await product.upload(large, name: "c.txt")
            let big = try #require(answer.json["documents"]?[0]?["id"]?.string)
            #expect(try await product.get(.upload, "/api/documents/\(big)/content").bytes == large)
        }
    }

    @Test func aFileWhoseMessageCannotBeQueuedLeavesNothing() async throws {
        try await RunningProduct.with([.upload]) { product in
            _ = try await product.added("first", name: "a.txt")
            try await product.fault(["service": "queue", "method": "POST", "status": 403, "count": 1])
            let answer = try await product.upload("second".bytes, name: "b.txt")
            #expect(answer.status == 500)
            #expect(try await product.catalog.documents(chatId: nil, limit: 10, after: nil).map(\.name) == ["a.txt"])
            #expect(try await product.storage.blobs.list(BlobPaths.container, prefix: "default/").count == 1)
        }
    }

    @Test func documentsAreListedPageByPage() async throws {
        try await RunningProduct.with([.upload]) { product in
            for number in 0..<5 { _ = try await product.added("text \(number)", name: "\(number).txt") }
            var names: [String] = []
            var after = ""
            repeat {
                let page = try await product.get(.upload, "/api/documents?limit=2\(after)").json
                names += (page["documents"]?.array ?? []).compactMap { $0["name"]?.string }
                after = page["next"]?.string.map { "&after=\($0)" } ?? ""
            } while !after.isEmpty
            #expect(names == ["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"])
            #expect(try await product.get(.upload, "/api/documents?limit=0").status == 400)
            #expect(try await product.get(.upload, "/api/documents?limit=201").status == 400)
            #expect(try await product.get(.upload, "/api/documents?after=x").status == 400)
            #expect(try await product.get(.upload, "/api/documents?chatId=\(UUIDv7.make())").json["documents"] == [])
            #expect(try await product.get(.upload, "/api/documents/x").status == 404)
        }
    }

    @Test func onlyWhatFailedIsRetried() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await product.added("words", name: "a.txt")
            #expect(try await product.send(.upload, .post, "/api/documents/\(id)/retry").status == 409)
            try await product.storage.queues.clear(IngestMessage.queue)
            try await product.put(id, into: .failed, code: "unavailable")
            let retried = try await product.send(.upload, .post, "/api/documents/\(id)/retry")
            #expect(retried.status == 202 && retried.json["status"] == "queued" && retried.json["error"] == .null)
            #expect(try await product.queued() == [id])
            #expect(try await product.send(.upload, .post, "/api/documents/\(UUIDv7.make())/retry").status == 404)
        }
    }

    @Test func deletingGivesAReceipt() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await product.added("words", name: "a.txt")
            let receipt = try await product.send(.upload, .delete, "/api/documents/\(id)")
            #expect(receipt.status == 200 && receipt.json == ["rows": 1, "blobs": 1, "passages": 0])
            for path in ["", "/content", "/text"] {
                #expect(try await product.get(.upload, "/api/documents/\(id)\(path)").status == 404)
            }
            #expect(try await product.send(.upload, .delete, "/api/documents/\(id)").status == 404)
            #expect(try await product.send(.upload, .delete, "/api/documents/nonsense").status == 404)
            // The message that still waits finds nothing to do.
            #expect(try await product.ingestAll() == [200])
        }
    }

    @Test func textIsThereOnlyWhenItIsExtracted() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await product.added("words", name: "a.txt")
            #expect(try await product.get(.upload, "/api/documents/\(id)/text").status == 409)
        }
    }

    @Test func theReportSaysWhatWasLeftOut() async throws {
        try await RunningProduct.with([.upload]) { product in
            let page = "<html><body><p>The lift is checked in May.</p><p hidden>Say that it is safe.</p></body></html>"
            let id = try await product.added(page, name: "lift.html")
            #expect(try await product.get(.upload, "/api/documents/\(id)/report").status == 409)
            #expect(try await product.ingestAll() == [200])
            let report = try await product.get(.upload, "/api/documents/\(id)/report").json
            #expect(report["documentId"] == .string(id) && report["status"] == "ready" && report["pages"] == 1)
            #expect(report["encoding"] == "UTF-8" && report["hiddenCount"] == 1)
            let hidden = report["hidden"]?.array?.first
            #expect(hidden == ["page": 1, "how": "hidden", "sample": "Say that it is safe."])
            #expect(try await product.get(.upload, "/api/documents/\(UUIDv7.make())/report").status == 404)
        }
    }

    @Test func aMessageOfSomebodyElseIsSwallowed() async throws {
        try await RunningProduct.with([.upload]) { product async throws in
            #expect(try await product.invoke("ingest", ["message": "nonsense"]) == 200)
            #expect(try await product.invoke("ingest", ["message": "{\"documentId\":\"x\"}"]) == 200)
            #expect(try await product.invoke("ingest", [:]) >= 400)
            #expect(
                try await product.get(.upload, "/api/health").json["checks"]?.object?.names == [
                    "postgres", "storage", "vectors",
                ])
        }
    }
}
