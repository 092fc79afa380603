import AzureStorage
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// What is refused of resumable uploads, and what becomes of those that nobody goes on with.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct ResumableEndsFeatureTests {
    private typealias Calls = ResumableFeatureTests

    @Test func aWrongFieldIsNamedWithWhatItHasToBe() async throws {
        try await RunningProduct.with([.upload], settings: ["APUS_MAX_UPLOAD_BYTES": "5000"]) { product in
            let named = ["Upload-Metadata": Calls.metadata([("filename", "a.txt")])]
            func create(_ fields: [String: String], _ status: Int, _ field: String) async throws {
                let answer = try await product.send(
                    .upload, .post, "/api/uploads", fields: Calls.fields(named.merging(fields) { $1 }))
                #expect(
                    answer.status == status && answer.json["errors"]?[0]?["field"]?.string == field, "\(answer.text)")
                #expect(answer.fields["tus-resumable"] == "1.0.0" && answer.json["detail"]?.string != nil)
            }
            try await create([:], 400, "Upload-Length")
            try await create(["Upload-Length": "many"], 400, "Upload-Length")
            try await create(["Upload-Length": "0"], 400, "Upload-Length")
            try await create(["Upload-Length": "5001"], 413, "Upload-Length")
            try await create(["Upload-Length": "5", "Upload-Defer-Length": "1"], 400, "Upload-Defer-Length")
            try await create(["Upload-Defer-Length": "2"], 400, "Upload-Defer-Length")
            try await create(["Upload-Length": "5", "Upload-Metadata": "filename"], 400, "name")
            try await create(["Upload-Length": "5", "Upload-Concat": "half"], 400, "Upload-Concat")
            try await create(["Upload-Length": "5", "Upload-Checksum": "crc32 AA=="], 400, "Upload-Checksum")
            let chat = Calls.metadata([("filename", "a.txt"), ("chatId", UUIDv7.make())])
            try await create(["Upload-Length": "5", "Upload-Metadata": chat], 404, "chatId")
            #expect(try await product.send(.upload, .post, "/api/uploads").fields["tus-version"] == "1.0.0")
            #expect(try await product.sql.query("SELECT id FROM uploads").isEmpty)

            let address = try await Calls.begin(10, name: "a.txt", product)
            func patch(_ offset: String?, _ type: String?, _ body: String, _ status: Int, _ field: String?) async throws
            {
                var fields = Calls.version
                fields["Upload-Offset"] = offset
                fields["Content-Type"] = type
                let answer = try await product.send(.upload, .patch, address, fields: fields, body: body.bytes)
                #expect(
                    answer.status == status && answer.json["errors"]?[0]?["field"]?.string == field, "\(answer.text)")
            }
            let type = "application/offset+octet-stream"
            try await patch(nil, type, "abc", 400, "Upload-Offset")
            try await patch("1e3", type, "abc", 400, "Upload-Offset")
            try await patch("5", type, "abc", 409, "Upload-Offset")
            try await patch("0", "text/plain", "abc", 415, "Content-Type")
            try await patch("0", type, "abcdefghijk", 413, "Upload-Length")
            #expect(try await product.send(.upload, .head, address).status == 412)
            #expect(try await Calls.head(address, product).fields["upload-offset"] == "0")
            let options = try await product.send(.upload, .options, "/api/uploads")
            #expect(options.status == 204 && options.fields["tus-max-size"] == "5000")
            #expect(options.fields["tus-checksum-algorithm"] == "sha1,sha256,md5")
        }
    }

    @Test func whereNoPatchCanBeSentAPostDoes() async throws {
        try await RunningProduct.with([.upload]) { product in
            let address = try await Calls.begin(1000, product)
            let fields = Calls.fields([
                "X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0",
                "Content-Type": "application/offset+octet-stream",
            ])
            let answer = try await product.send(.upload, .post, address, fields: fields, body: Calls.text(1000))
            #expect(answer.status == 204 && answer.fields["upload-outcome"] == "new", "\(answer.text)")
            #expect(try await product.send(.upload, .post, address, fields: Calls.version).status == 405)
        }
    }

    @Test func whatCannotBeReadIsToldWithTheFirstBlockAndRemoved() async throws {
        try await RunningProduct.with([.upload]) { product in
            let address = try await Calls.begin(3_000_000, name: "photo.pdf", product)
            let answer = try await Calls.patch(address, [UInt8](repeating: 0, count: 1_200_000), at: 0, product)
            #expect(answer.status == 415 && answer.json["errors"]?[0]?["field"] == "file", "\(answer.text)")
            #expect(try await Calls.head(address, product).status == 404)
            #expect(try await product.sql.query("SELECT id FROM uploads").isEmpty)
        }
    }

    @Test func aNameThatIsTakenCanBeSettledWithoutSendingAnythingAgain() async throws {
        try await RunningProduct.with([.upload]) { product in
            let address = try await Calls.begin(2000, said: [("onExisting", "ask")], product)
            let first = try await product.added("Another text.", name: "Pump.txt")
            let asked = try await Calls.patch(address, Calls.text(2000), at: 0, product)
            #expect(asked.status == 409 && asked.json["existing"]?["id"]?.string == first, "\(asked.text)")
            let state = try await product.get(.upload, address).json
            #expect(state["state"] == "refused" && state["problem"]?["code"] == "name_exists")
            #expect(try await Calls.head(address, product).fields["upload-offset"] == "2000")
            let settled = try await Calls.patch(address + "?onExisting=replace", [], at: 2000, product)
            #expect(settled.status == 204 && settled.fields["upload-outcome"] == "new", "\(settled.text)")
            let id = try #require(settled.fields["upload-document-id"])
            #expect(try await product.document(id)["versionOf"]?.string == first)
            // Who begins another one is asked before anything is sent.
            let early = try await product.send(
                .upload, .post, "/api/uploads",
                fields: Calls.fields([
                    "Upload-Length": "9",
                    "Upload-Metadata": Calls.metadata([("filename", "Pump.txt"), ("onExisting", "ask")]),
                ]))
            #expect(early.status == 409 && early.json["code"] == "name_exists")
        }
    }

    @Test func aDocumentIsMadeAlthoughItsMakerHasDied() async throws {
        try await RunningProduct.with([.upload]) { product in
            let address = try await Calls.begin(1_500_000, said: [("onExisting", "ask")], product)
            let first = try await product.added("Another text.", name: "Pump.txt")
            #expect(try await Calls.patch(address, Calls.text(1_500_000), at: 0, product).status == 409)
            // As a process leaves it that has put the blob together, and was killed before it had entered it.
            #expect(try await product.send(.upload, .delete, "/api/documents/\(first)").status == 200)
            try await product.sql.query(
                "UPDATE uploads SET refusal = NULL, busy_until = now() + interval '1 second'")
            let busy = try await Calls.patch(address, [], at: 1_500_000, product)
            #expect(busy.status == 423 && busy.fields["retry-after"] == "1", "\(busy.text)")
            // Whoever asks has it gone on with.
            let isDone = try await eventually { try await product.get(.upload, address).json["state"] == "done" }
            #expect(isDone)
            let done = try await Calls.head(address, product)
            #expect(try await Calls.content(done, product) == Calls.text(1_500_000))
            #expect(try await product.get(.upload, "/api/documents").json["documents"]?.array?.count == 1)
        }
    }

    @Test func aDocumentIsMadeOnceAlthoughItsMessageCouldNotBeSentAtFirst() async throws {
        try await RunningProduct.with([.upload]) { product in
            let address = try await Calls.begin(2000, product)
            try await product.fault(["service": "queue", "status": 403, "count": 1, "method": "POST"])
            #expect(try await Calls.patch(address, Calls.text(2000), at: 0, product).status == 500)
            #expect(try await product.get(.upload, "/api/documents").json["documents"]?.array?.count == 1)
            #expect(try await product.queued().isEmpty)
            let again = try await Calls.patch(address, [], at: 2000, product)
            #expect(again.status == 204 && again.fields["upload-outcome"] == "new", "\(again.text)")
            #expect(try await product.queued() == [again.fields["upload-document-id"]].compactMap { $0 })
            #expect(try await Calls.content(again, product) == Calls.text(2000))
            #expect(try await product.get(.upload, "/api/documents").json["documents"]?.array?.count == 1)
        }
    }

    @Test func aDocumentStaysWholeThatWasMadeOfAnUploadWithoutBeingNotedWithIt() async throws {
        try await RunningProduct.with([.upload]) { product in
            for isSwept in [false, true] {
                let content = Array(Calls.text(1_200_000 + (isSwept ? 1 : 0)))
                let address = try await Calls.begin(content.count, product)
                let done = try await Calls.patch(address, content, at: 0, product)
                // As a process leaves it that was killed in between.
                try await product.sql.query(
                    "UPDATE uploads SET stage = 'open', document_id = NULL, outcome = NULL, refusal = '{}'")
                if isSwept {
                    try await product.sql.query("UPDATE uploads SET expires_at = now() - interval '1 second'")
                    #expect(try await product.invoke("tidy", ["timer": .string("{}")]) == 200)
                    #expect(try await Calls.head(address, product).status == 410)
                } else {
                    #expect(try await product.send(.upload, .delete, address, fields: Calls.version).status == 204)
                }
                #expect(try await Calls.content(done, product) == content)
            }
        }
    }

    @Test func whatHasExpiredIsRemovedAndStillKnownToHaveBeen() async throws {
        try await RunningProduct.with([.upload]) { product in
            let content = Calls.text(2_000_000)
            let address = try await Calls.begin(content.count, product)
            #expect(try await Calls.patch(address, Array(content[..<1_500_000]), at: 0, product).status == 204)
            let part = try await Calls.begin(1_100_000, also: ["Upload-Concat": "partial"], product)
            #expect(try await Calls.patch(part, Calls.text(1_100_000), at: 0, product).status == 204)
            let done = try await Calls.begin(100, product)
            let made = try await Calls.patch(done, Calls.text(100), at: 0, product)
            // A stray of an hour ago would be removed; what is being uploaded is not.
            #expect(try await product.invoke("tidy", ["timer": .string("{}")]) == 200)
            #expect(try await Calls.head(address, product).fields["upload-offset"] == "1500000")
            try await product.sql.query("UPDATE uploads SET expires_at = now() - interval '1 second'")
            for gone in [address, part, done] {
                #expect(try await Calls.head(gone, product).status == 410)
            }
            #expect(try await Calls.patch(address, [1], at: 1_500_000, product).status == 410)
            #expect(try await product.invoke("tidy", ["timer": .string("{}")]) == 200)
            let blobs = try await product.storage.blobs.list(BlobPaths.container, prefix: "default/")
            #expect(blobs.count == 1, "\(blobs)")
            #expect(
                try await product.sql.query("SELECT start FROM upload_blocks UNION SELECT start FROM upload_pieces")
                    .isEmpty)
            #expect(try await Calls.head(address, product).status == 410)
            #expect(try await Calls.content(made, product) == Calls.text(100))
            try await product.sql.query("UPDATE uploads SET expires_at = now() - interval '8 days'")
            #expect(try await product.invoke("tidy", ["timer": .string("{}")]) == 200)
            #expect(try await Calls.head(address, product).status == 404)
        }
    }

    @Test func thereAreOnlySoManyUnfinishedOnes() async throws {
        try await RunningProduct.with([.upload]) { product in
            try await product.sql.query(
                """
                INSERT INTO uploads (id, workspace_id, sees_everything, length, metadata, stage, expires_at)
                SELECT gen_random_uuid(), 'default', true, 10, '', 'open', now() + interval '1 hour'
                FROM generate_series(1, \(WorkspaceCatalog.mostUploadsOfAll))
                """)
            let answer = try await product.send(
                .upload, .post, "/api/uploads",
                fields: Calls.fields(["Upload-Length": "9", "Upload-Metadata": Calls.metadata([("filename", "a.txt")])])
            )
            #expect(answer.status == 409 && answer.json["code"] == "too_many_uploads", "\(answer.text)")
        }
    }
}
