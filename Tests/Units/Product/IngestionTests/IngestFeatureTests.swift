import AzureStorage
import Catalog
import ChromaClient
import Digests
import DocumentReading
import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing

/// The queue function `ingest`, called as the host calls it, with the real embedding model.
@Suite(.serialized, .enabled(if: RunningProduct.canSearch, "\(RunningProduct.noSearch)"))
struct IngestFeatureTests {
    private static let prose =
        "The swift is a bird of the air. It eats, drinks and sleeps on the wing, and hardly lands."

    private func uploaded(_ bytes: [UInt8], _ name: String, _ product: RunningProduct) async throws -> String {
        let answer = try await product.upload(bytes, name: name)
        return try #require(answer.json["documents"]?[0]?["id"]?.string, "\(answer.text)")
    }

    private func passages(_ id: String, _ product: RunningProduct) async throws -> Int {
        try await product.vectors.count(filter: ["documentId": .string(id)])
    }

    @Test func everyKindBecomesSearchable() async throws {
        try await RunningProduct.with([.upload]) { product in
            let files: [(String, [UInt8], Int, String)] = [
                ("a.txt", Self.prose.bytes, 1, "on the wing"),
                ("a.md", "# Swifts\n\n\(Self.prose)".bytes, 1, "# Swifts"),
                (
                    "a.html", "<html><head><title>no</title></head><body><p>\(Self.prose)</p></body></html>".bytes, 1,
                    "bird of the air"
                ), ("a.pdf", SampleFiles.pdf([Self.prose, "", "The third page."]), 3, "The third page."),
                ("a.docx", try SampleFiles.docx([Self.prose, "A second paragraph."]), 1, "A second paragraph."),
                ("a.pptx", try SampleFiles.pptx([Self.prose, "The second slide."]), 2, "The second slide."),
                ("a.xlsx", try Fixtures.bytes(Fixtures.library + "/price-list.xlsx"), 4, "SP-2514C"),
                (
                    "a.epub",
                    try SampleFiles.book(
                        manifest: ["a", "b"].map {
                            "<item id=\"\($0)\" href=\"\($0).xhtml\" media-type=\"application/xhtml+xml\"/>"
                        }.joined(), spine: "<itemref idref=\"b\"/><itemref idref=\"a\"/>",
                        [("OPS/a.xhtml", "<p>The last chapter.</p>"), ("OPS/b.xhtml", "<p>\(Self.prose)</p>")]),
                    2, "The last chapter."
                ),
                (
                    "a.odt",
                    try SampleFiles.openDocument(
                        "text", "<text:p>\(Self.prose)</text:p><text:p>One <text:soft-page-break/>more page.</text:p>"),
                    2, "more page."
                ),
                (
                    "a.ods",
                    try SampleFiles.openDocument(
                        "spreadsheet",
                        "<table:table table:name=\"Birds\"><table:table-row><table:table-cell><text:p>\(Self.prose)</text:p></table:table-cell></table:table-row></table:table>"
                    ),
                    1, "Birds"
                ),
                (
                    "a.odp",
                    try SampleFiles.openDocument(
                        "presentation",
                        "<draw:page><draw:frame><draw:text-box><text:p>\(Self.prose)</text:p></draw:text-box></draw:frame></draw:page><draw:page/>"
                    ),
                    2, "on the wing"
                ),
            ]
            var ids: [String] = []
            for file in files { ids.append(try await uploaded(file.1, file.0, product)) }
            #expect(try await product.ingestAll() == Array(repeating: 200, count: files.count))
            for (id, file) in zip(ids, files) {
                let document = try await product.document(id)
                #expect(document["status"] == "ready" && document["error"] == .null, "\(file.0) \(document.text)")
                #expect(document["pages"]?.int == Int64(file.2) && document["readyAt"]?.string != nil)
                #expect(document["passages"]?.int == Int64(try await passages(id, product)))
                let text = try await product.get(.upload, "/api/documents/\(id)/text").text
                #expect(text.contains(file.3), "\(file.0)")
            }
            #expect(try await product.document(ids[3])["pagesWithoutText"] == 1)
            let third = try await product.get(.upload, "/api/documents/\(ids[3])/text?page=3").json["pages"]?[0]
            #expect(third?["page"] == 3 && third?["text"]?.string?.contains("The third page.") == true)
            #expect(try await product.get(.upload, "/api/documents/\(ids[3])/text?page=4").status == 404)
            #expect(try await product.get(.upload, "/api/documents/\(ids[3])/text?page=x").status == 400)
        }
    }

    @Test func passagesCarryWhereTheyAreFrom() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await uploaded(SampleFiles.pdf(["First page here.", "Second page there."]), "a.pdf", product)
            try await product.ingestAll()
            let found = try await product.vectors.records(filter: ["documentId": .string(id)], limit: 10)
            #expect(found.map(\.id).sorted() == ["\(id):0", "\(id):1"])
            let second = try #require(found.first { $0.id == "\(id):1" })
            #expect(second.metadata["page"] == 2 && second.metadata["name"] == "a.pdf")
            #expect(second.metadata["chatId"] == nil && second.document == "Second page there.")
            let whole = "First page here.\u{c}Second page there."
            let start = Int(second.metadata["start"]?.int ?? 0)
            #expect(whole.unicodeScalars.dropFirst(start).starts(with: "Second page there.".unicodeScalars))
        }
    }

    @Test func whatCannotBeReadSaysWhy() async throws {
        try await RunningProduct.with([.upload]) { product in
            let files: [(String, [UInt8], String)] = [
                ("empty.pdf", SampleFiles.pdf(["", ""]), "no_text"),
                ("broken.pdf", "%PDF-1.7\nnonsense".bytes, "damaged"),
                ("blank.txt", "  \n \n".bytes, "no_text"), ("half.docx", "PK\u{3}\u{4}word/".bytes, "damaged"),
                (
                    "deep.html", ("<html><body>" + String(repeating: "<div>", count: 10_000) + "x").bytes, "too_complex"
                ), ("none.docx", try SampleFiles.zip([("[Content_Types].xml", "<Types/>")]), "damaged"),
            ]
            var ids: [String] = []
            for file in files { ids.append(try await uploaded(file.1, file.0, product)) }
            // What is wrong with a document is no failure of the function.
            #expect(try await product.ingestAll().allSatisfy { $0 == 200 })
            for (id, file) in zip(ids, files) {
                let document = try await product.document(id)
                #expect(document["status"] == "failed" && document["error"]?["code"]?.string == file.2, "\(file.0)")
                #expect(document["error"]?["detail"]?.string?.isEmpty == false)
                #expect(try await passages(id, product) == 0)
            }
        }
    }

    @Test func theSameMessageTwiceChangesNothing() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await uploaded(Self.prose.bytes, "a.txt", product)
            try await product.ingestAll()
            let before = try await product.document(id)
            let message: JSONValue = ["message": .string("{\"documentId\":\"\(id)\"}")]
            #expect(try await product.invoke("ingest", message) == 200)
            #expect(try await product.document(id) == before)
            #expect(try await passages(id, product) == 1)
        }
    }

    @Test func anInterruptedTryIsDoneAnew() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await uploaded(Self.prose.bytes, "a.txt", product)
            // A passage of an earlier try, with other borders.
            try await product.vectors.upsert([
                .init(
                    id: "\(id):7", embedding: [Float](repeating: 0.05, count: 384), document: "old",
                    metadata: ["documentId": .string(id), "page": 1, "start": 0, "end": 3])
            ])
            try await product.put(id, into: .embedding)
            try await product.ingestAll()
            let found = try await product.vectors.records(filter: ["documentId": .string(id)], limit: 10)
            #expect(found.map(\.id) == ["\(id):0"])
            #expect(try await product.document(id)["status"] == "ready")
        }
    }

    @Test func aServiceThatIsDownPutsTheDocumentOffAndItsDeliveriesAreNotUsedUp() async throws {
        try await RunningProduct.with([.upload], settings: ["APUS_EMBEDDINGS_URL": "http://127.0.0.1:9/v1"]) {
            product in
            let id = try await uploaded(Self.prose.bytes, "a.txt", product)
            let text = "{\"documentId\":\"\(id)\"}"
            // As many times as it may wait, on the last delivery too.
            for deliveries in [1, 5] {
                #expect(try await product.invoke("ingest", ["message": .string(text)], deliveries: deliveries) == 200)
                #expect(try await product.document(id)["status"] == "queued")
            }
            let late: JSONValue = ["message": .string("{\"documentId\":\"\(id)\",\"postponed\":20}")]
            #expect(try await product.invoke("ingest", late, deliveries: 1) >= 500)
            #expect(try await product.document(id)["status"] == "embedding")
            // The last delivery is the last try.
            #expect(try await product.invoke("ingest", late, deliveries: 5) == 200)
            let document = try await product.document(id)
            #expect(document["status"] == "failed" && document["error"]?["code"] == "unavailable")
        }
    }

    @Test func bytesThatAreGoneAreADamagedDocument() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await uploaded(Self.prose.bytes, "a.txt", product)
            _ = try await product.storage.blobs.delete(
                BlobPaths.container, BlobPaths.original(workspace: "default", document: id))
            try await product.ingestAll()
            #expect(try await product.document(id)["error"]?["code"] == "damaged")
        }
    }

    @Test func aDocumentThatIsDeletedMeanwhileLeavesNothing() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await uploaded(Self.prose.bytes, "a.txt", product)
            try await product.ingestAll()
            // Marked, and the deletion cut off: the waiting message finishes it.
            #expect(try await product.catalog.markDeleting(id))
            let message: JSONValue = ["message": .string("{\"documentId\":\"\(id)\"}")]
            #expect(try await product.invoke("ingest", message) == 200)
            #expect(try await passages(id, product) == 0)
            #expect(try await product.storage.blobs.list(BlobPaths.container, prefix: "default/").isEmpty)
            #expect(try await product.catalog.document(id) == nil)
            #expect(try await product.invoke("ingest", message) == 200)
        }
    }

    /// Passages of a long document, of which the first are there and the last are not.
    @Test func aDeletionWinsOverEmbedding() async throws {
        try await RunningProduct.with([.upload]) { product in
            let text = (0..<2000).map { "Ledger entry \($0): the depot in town \($0 % 97) stores \($0 * 7) crates." }
            let id = try await uploaded(text.joined(separator: "\u{c}").bytes, "ledger.txt", product)
            let message: JSONValue = ["message": .string("{\"documentId\":\"\(id)\"}")]
            async let ingestion = product.invoke("ingest", message)
            while try await passages(id, product) < 128 { try await Task.sleep(for: .milliseconds(20)) }
            let receipt = try await product.send(.upload, .delete, "/api/documents/\(id)")
            // At once, and for ever.
            #expect(try await passages(id, product) == 0)
            #expect(try await ingestion == 200)
            #expect(try await passages(id, product) == 0)
            let removed = try #require(receipt.json["passages"]?.int)
            #expect((128..<2000).contains(removed) && receipt.json["rows"] == 1 && receipt.json["blobs"] == 2)
            #expect(try await product.storage.blobs.list(BlobPaths.container, prefix: "default/").isEmpty)
            #expect(try await product.invoke("ingest", message) == 200)
        }
    }

    @Test func aDeletionEndsTheReadingProgram() async throws {
        try await RunningProduct.with([.upload]) { product in
            // So much text takes many seconds to be cut into passages.
            let text = String(repeating: "The depot keeps a ledger of what came and went. ", count: 200_000)
            let id = try await uploaded(text.bytes, "a.txt", product)
            let message: JSONValue = ["message": .string("{\"documentId\":\"\(id)\"}")]
            let watch = ContinuousClock.now
            async let ingestion = product.invoke("ingest", message)
            try #require(await eventually { try await product.document(id)["status"] != "queued" })
            #expect(try await product.document(id)["status"] == "extracting")
            let listing = ContinuousClock.now
            #expect(try await product.get(.upload, "/api/documents").status == 200)
            #expect(ContinuousClock.now - listing < .seconds(5))
            let receipt = try await product.send(.upload, .delete, "/api/documents/\(id)")
            #expect(receipt.json == ["rows": 1, "blobs": 1, "passages": 0])
            #expect(try await ingestion == 200)
            #expect(ContinuousClock.now - watch < .seconds(ReaderLimits.processorSeconds))
            #expect(try await product.storage.blobs.list(BlobPaths.container, prefix: "default/").isEmpty)
        }
    }

    /// A message that is delivered twice has two workers, of whom the second wins.
    @Test func twoWorkersLeaveOneSetOfPassages() async throws {
        try await RunningProduct.with([.upload]) { product in
            let text = (0..<400).map { "Ledger entry \($0) of the depot in town \($0 % 97)." }
            let id = try await uploaded(text.joined(separator: "\u{c}").bytes, "ledger.txt", product)
            let message: JSONValue = ["message": .string("{\"documentId\":\"\(id)\"}")]
            async let first = product.invoke("ingest", message)
            async let second = product.invoke("ingest", message)
            #expect(try await [first, second] == [200, 200])
            #expect(try await product.document(id)["status"] == "ready")
            #expect(try await passages(id, product) == 400)
        }
    }

    @Test func pagesComeOutOfTheStoredTextOneByOne() async throws {
        try await RunningProduct.with([.upload]) { product in
            let pages = ["One \"{[\\\" page.", "Two }]},{ \\\\\" pages.", "ä😀 three"]
            let id = try await uploaded(pages.joined(separator: "\u{c}").bytes, "a.txt", product)
            try await product.ingestAll()
            let whole = try await product.get(.upload, "/api/documents/\(id)/text").json["pages"]?.array ?? []
            #expect(whole.map { $0["text"]?.string } == pages)
            for number in 1...3 {
                let answer = try await product.get(.upload, "/api/documents/\(id)/text?page=\(number)")
                #expect(answer.json == ["pages": [whole[number - 1]]])
            }
            let none = try await product.get(.upload, "/api/documents/\(id)/text?page=4")
            #expect(none.status == 404 && none.json["detail"]?.string?.contains("has 3 pages") == true)
        }
    }

    @Test func theReceiptCountsWhatWasThere() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await uploaded(SampleFiles.pdf(["One page.", "Another page."]), "a.pdf", product)
            try await product.ingestAll()
            let receipt = try await product.send(.upload, .delete, "/api/documents/\(id)")
            #expect(receipt.json == ["rows": 1, "blobs": 2, "passages": 2])
        }
    }

    @Test func aRetriedDocumentGetsThroughOnceItsBytesAreThere() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await uploaded(Self.prose.bytes, "a.txt", product)
            let path = BlobPaths.original(workspace: "default", document: id)
            _ = try await product.storage.blobs.delete(BlobPaths.container, path)
            try await product.ingestAll()
            #expect(try await product.document(id)["status"] == "failed")
            try await product.storage.blobs.put(
                Self.prose.bytes, to: BlobPaths.container, path, contentType: "text/plain")
            #expect(try await product.send(.upload, .post, "/api/documents/\(id)/retry").status == 202)
            try await product.ingestAll()
            let document = try await product.document(id)
            #expect(document["status"] == "ready" && document["error"] == .null)
        }
    }

    @Test func aLongDocumentIsEmbeddedBatchByBatch() async throws {
        try await RunningProduct.with([.upload]) { product in
            let pages = (0..<70).map { "Page \($0) speaks of swift number \($0) and of nothing else." }
            let id = try await uploaded(pages.joined(separator: "\u{c}").bytes, "a.txt", product)
            try await product.ingestAll()
            let document = try await product.document(id)
            #expect(document["status"] == "ready" && document["pages"] == 70 && document["passages"] == 70)
            #expect(try await passages(id, product) == 70)
        }
    }
}
